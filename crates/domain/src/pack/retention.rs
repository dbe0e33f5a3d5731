//! How long things stay: periods of a pack, counted from the end of a case, with bounds that the law gives. Order facts and
//! decisions have no period here, nor have photos and texts where the pack names none: they stay three years at least, and
//! nothing ends them by itself.

use super::check::Problems;
use crate::audit::CaseParty;
use crate::time::DAY_MS;
use crate::words::Words;

/// How long order facts and what was said and shown about them stay at least, in days: three years (电子商务法 31).
pub const RECORDS_DAYS_MIN: u32 = 1_096;
/// The longest period of photos and texts: ten years.
pub const RECORDS_DAYS_MAX: u32 = 3_653;
/// The shortest and the longest time after the end of a case for which photos and texts stay where the pack ends them.
pub const CONTENT_DAYS: (u32, u32) = (RECORDS_DAYS_MIN, RECORDS_DAYS_MAX);
/// The shortest and the longest time after the end of a case for which name, number, address and place of a person stay.
pub const CONTACT_DAYS: (u32, u32) = (30, RECORDS_DAYS_MIN);
/// The same of clips.
pub const CLIPS_DAYS: (u32, u32) = (30, RECORDS_DAYS_MIN);

/// The same of what a party reads a case with, where that ends before the texts.
pub const READING_DAYS: (u32, u32) = (30, RECORDS_DAYS_MAX);

/// Periods of a pack, in days from the end of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Name, number, address and place of a person. Where somebody only bought: from delivery, or payment.
    pub contact_days: u32,
    /// Clips; their stills stay with the photos.
    pub clips_days: u32,
    /// Photos and what was made of them, if they end.
    pub photos_days: Option<u32>,
    /// What was written in a case, if it ends: no earlier than the photos, which lie under the same key.
    pub texts_days: Option<u32>,
    /// What the claimant reads the case with, if that ends before its texts.
    pub claimant_days: Option<u32>,
    /// What the merchant reads it with.
    pub merchant_days: Option<u32>,
    /// What technicians read it with.
    pub technician_days: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            contact_days: 365,
            clips_days: 90,
            photos_days: None,
            texts_days: None,
            claimant_days: None,
            merchant_days: None,
            technician_days: None,
        }
    }
}

impl Retention {
    /// For how long after its end a party reads a case, where that ends before the texts. The tenant's reading ends with them.
    #[must_use]
    pub const fn reading_days(&self, party: CaseParty) -> Option<u32> {
        match party {
            CaseParty::Claimant => self.claimant_days,
            CaseParty::Merchant => self.merchant_days,
            CaseParty::Technician => self.technician_days,
            CaseParty::Tenant => None,
        }
    }

    /// Each period that there is with its name in a pack, its bounds and what it is about.
    #[must_use]
    pub fn periods(&self) -> Vec<(&'static str, u32, (u32, u32), Words)> {
        let photos = Words::new(
            "照片、视频画面和由它们生成的图",
            "photos, stills and what was made of them",
        );
        let texts = Words::new("案件中写下的文字", "what was written in a case");
        let all = [
            (
                "contact",
                Some(self.contact_days),
                CONTACT_DAYS,
                Words::new(
                    "姓名、电话、地址和位置",
                    "name, phone number, address and place",
                ),
            ),
            (
                "clips",
                Some(self.clips_days),
                CLIPS_DAYS,
                Words::new("视频原件", "clips"),
            ),
            ("photos", self.photos_days, CONTENT_DAYS, photos),
            ("texts", self.texts_days, CONTENT_DAYS, texts),
        ];
        let readings = CaseParty::ALL.map(|party| {
            let what = match party {
                CaseParty::Claimant => Words::new(
                    "申请人本人可查看案件的文字和照片",
                    "texts and photos, for the claimant",
                ),
                CaseParty::Merchant => Words::new(
                    "商家可查看案件的文字和照片",
                    "texts and photos, for the merchant",
                ),
                CaseParty::Technician => Words::new(
                    "师傅可查看案件的文字和照片",
                    "texts and photos, for technicians",
                ),
                CaseParty::Tenant => Words::new(
                    "本店可查看案件的文字和照片",
                    "texts and photos, for the shop itself",
                ),
            };
            (party.name(), self.reading_days(party), READING_DAYS, what)
        });
        all.into_iter()
            .chain(readings)
            .filter_map(|(name, days, bounds, what)| Some((name, days?, bounds, what)))
            .collect()
    }

    /// Puts the period of that name; `false` when there is none of that name.
    pub(super) fn put(&mut self, name: &str, days: u32) -> bool {
        match name {
            "contact" => self.contact_days = days,
            "clips" => self.clips_days = days,
            "photos" => self.photos_days = Some(days),
            "texts" => self.texts_days = Some(days),
            "claimant" => self.claimant_days = Some(days),
            "merchant" => self.merchant_days = Some(days),
            "technician" => self.technician_days = Some(days),
            _ => return false,
        }
        true
    }

    pub(super) fn check(&self, problems: &mut Problems<'_>) {
        for (name, days, (least, most), what) in self.periods() {
            if !(least..=most).contains(&days) {
                problems.whole(
                    "pack_retention_not_valid",
                    &format!("保存期限 {name}（{}）须在 {least} 到 {most} 天之间，现在是 {days} 天。", what.zh),
                    &format!("the period `{name}` ({}) has to be between {least} and {most} days, and is {days}.", what.en),
                );
            }
        }
        if self
            .texts_days
            .is_some_and(|texts| self.photos_days.is_none_or(|photos| photos > texts))
        {
            problems.whole(
                "pack_retention_not_valid",
                "照片（photos）要和文字（texts）一起到期或者更早到期：它们用同一把密钥封存。",
                "`photos` has to end with `texts` or before: both lie under the same key.",
            );
        }
        for party in CaseParty::ALL {
            let (reading, texts) = (self.reading_days(party), self.texts_days);
            if reading
                .zip(texts)
                .is_some_and(|(reading, texts)| reading > texts)
            {
                let name = party.name();
                problems.whole(
                    "pack_retention_not_valid",
                    &format!(
                        "{name} 查看的期限不能长于文字（texts）的期限：文字到期后谁也打不开。"
                    ),
                    &format!(
                        "`{name}` has to end with `texts` or before: nobody reads them after that."
                    ),
                );
            }
        }
    }
}

/// Whole days of a span in milliseconds.
pub(super) fn whole_days(ms: i64) -> Option<u32> {
    (ms % DAY_MS == 0)
        .then(|| u32::try_from(ms / DAY_MS).ok())
        .flatten()
}
