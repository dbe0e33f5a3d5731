//! The tracks one by one. Every sentence is about acts, amounts and papers.

use super::amounts::{by_province, reached_by};
use super::{
    Advice, Age, Amounts, Band, Change, Cited, Matter, Missing, Reached, TierAnswer, TierFigure,
    Track, TrackKind, TrackStanding,
};
use crate::day::Day;
use crate::event::Citation;
use crate::law::{LawPack, Read, Row, RowOn, SideBySide, Standing, Status, Tiers, Value};
use crate::money::Fen;
use crate::words::Words;
use std::collections::BTreeSet;

/// Topics that are compared between act and decision.
const COMPARED: &[&str] = &[
    "public_security_fraud",
    "public_security_fraud_serious",
    "public_security_repeat",
    "public_security_leniency",
    "public_security_minors",
    "public_security_limitation",
    "public_security_case_time",
    "records_sealed",
    "buyer_fabrication",
    "police_referral",
    "malicious_returns",
    "criminal_fraud",
];

struct Bench<'a> {
    law: &'a LawPack,
    matter: &'a Matter,
    amounts: Amounts,
    /// The latest act.
    act: Option<Day>,
    decision: Option<Day>,
    missing: BTreeSet<Missing>,
}

pub(super) fn advise(law: &LawPack, matter: &Matter) -> Advice {
    let mut bench = Bench {
        law,
        matter,
        amounts: Amounts::of(law, matter),
        act: matter.acts.iter().filter_map(|act| act.on).max(),
        decision: matter.decision_on,
        missing: BTreeSet::new(),
    };
    let tracks = if matter.found.is_empty() {
        bench.missing.insert(Missing::HumanFinding);
        vec![bench.dispute()]
    } else {
        bench.note_missing();
        let mut tracks = vec![bench.civil(), bench.public_security(), bench.criminal()];
        if matter.over_network != Some(false) {
            tracks.push(bench.network_sanction());
            tracks.push(bench.network_criminal());
        }
        if matter.between_businesses == Some(true) {
            tracks.push(bench.competition());
        }
        tracks
    };
    let changes = match (bench.act, bench.decision) {
        (Some(act), Some(decision)) if !matter.found.is_empty() => law
            .side_by_side(COMPARED, act, decision, matter.province.as_deref())
            .into_iter()
            .map(|both| change(&both, act, decision))
            .collect(),
        _ => Vec::new(),
    };
    let mut notes = notes();
    if !changes.is_empty() {
        notes.push(Words::new(
            "行为之后规定有过修改：下面并列两个日期的规定，适用哪一个由人比较决定（行政处罚法第三十七条）。",
            "The rules changed after the act: both days stand side by side below, and a human compares which applies (article 37 of the Administrative Penalty Law).",
        ));
    }
    Advice {
        law: Citation {
            rule: format!("law-pack:{}", law.id),
            version: law.version.clone(),
        },
        found: matter
            .found
            .iter()
            .map(|found| found.what)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        tracks,
        amounts: bench.amounts,
        changes,
        missing: bench.missing.into_iter().collect(),
        notes,
    }
}

fn notes() -> Vec<Words> {
    vec![
        Words::new(
            "这是供人参考的建议，由一名有权限的人签字后才能使用；它只谈行为和材料，不对任何人下结论。",
            "This is advice, and a human with the right to do so signs it before it is used; it speaks about acts and papers and concludes nothing about anybody.",
        ),
        Words::new(
            "是否违法、是否构成犯罪，只由有权机关认定；本建议不是法律意见，须由律师核对。",
            "Whether a law was broken is for the competent authority alone; this is no legal opinion, and a lawyer has to check it.",
        ),
        Words::new(
            "治安处罚记录依法封存：不要询问、索取或者保存。",
            "Records of public-security penalties are sealed by law: do not ask for, obtain or keep them.",
        ),
    ]
}

fn change(both: &SideBySide<'_>, act: Day, decision: Day) -> Change {
    let cited = |rows: &[RowOn<'_>], day: Day| rows.iter().map(|on| Cited::of(*on, day)).collect();
    Change {
        topic: both.topic.to_owned(),
        at_act: cited(&both.at_act, act),
        at_decision: cited(&both.at_decision, decision),
    }
}

impl Bench<'_> {
    fn note_missing(&mut self) {
        let matter = self.matter;
        let gaps = [
            (matter.acts.is_empty(), Missing::Acts),
            (
                matter.acts.iter().any(|act| act.on.is_none()),
                Missing::DayOfAct,
            ),
            (self.amounts.unknown > 0, Missing::Obtained),
            (
                matter.acts.iter().any(|act| act.dealt_with.is_none()),
                Missing::DealtWith,
            ),
            (matter.province.is_none(), Missing::Province),
            (matter.decision_on.is_none(), Missing::DayOfDecision),
            (matter.known_on.is_none(), Missing::DayKnown),
            (matter.over_network.is_none(), Missing::OverNetwork),
            (matter.age.is_none(), Missing::Age),
            (matter.repaid.is_none(), Missing::Repaid),
        ];
        self.missing
            .extend(gaps.into_iter().filter(|gap| gap.0).map(|gap| gap.1));
    }

    /// The day whose law is cited: of the latest act, else of the decision, else of the finding.
    fn day(&self) -> Option<Day> {
        self.act
            .or(self.decision)
            .or_else(|| self.matter.found.iter().map(|found| found.on).max())
    }

    /// Rows by id, as far as they are not yet, or not any more, the law of the day.
    fn rows(&self, ids: &[&str], day: Option<Day>) -> Vec<Cited> {
        let Some(day) = day else {
            return Vec::new();
        };
        ids.iter()
            .filter_map(|id| self.law.row(id))
            .map(|row| RowOn {
                row,
                standing: row.validity.standing(day),
            })
            .filter(|on| matches!(on.standing, Standing::InForce | Standing::Unknown))
            .map(|on| Cited::of(on, day))
            .collect()
    }

    /// Rows by topic on a day.
    fn topics(&self, topics: &[&str], day: Option<Day>) -> Vec<Cited> {
        let Some(day) = day else {
            return Vec::new();
        };
        topics
            .iter()
            .flat_map(|topic| {
                self.law
                    .topic_on(topic, day, self.matter.province.as_deref())
            })
            .map(|on| Cited::of(on, day))
            .collect()
    }

    fn track(&self, kind: TrackKind) -> Track {
        Track {
            kind,
            standing: TrackStanding::CannotTell,
            why: Vec::new(),
            cites: Vec::new(),
            tiers: None,
            until: None,
        }
    }

    fn dispute(&self) -> Track {
        let mut track = self.track(TrackKind::Dispute);
        track.standing = TrackStanding::Candidate;
        track.why.push(Words::new(
            "没有人工认定，这仍是一件普通的售后争议：按消费者权益保护法的退换货规定办理。",
            "No human has found anything, so this is an ordinary after-sales dispute: the rules on return and exchange apply.",
        ));
        track.cites = self.topics(
            &["quality_return", "no_reason_return", "dispute_ways"],
            self.act.or(self.decision),
        );
        track
    }

    fn civil(&self) -> Track {
        let mut track = self.track(TrackKind::Civil);
        track.cites = self.topics(&["revocation", "revocation_time", "remedies"], self.day());
        let years = |id: &str| match self.law.row(id).and_then(|row| row.value) {
            Some(Value::Years { count }) => Some(count.saturating_mul(12)),
            _ => None,
        };
        let by_known = self
            .matter
            .known_on
            .zip(years("civil_code/152-1"))
            .map(|(known, months)| known.plus_months(months));
        let by_act = self
            .act
            .zip(years("civil_code/152-2"))
            .map(|(act, months)| act.plus_months(months));
        track.until = match (by_known, by_act) {
            (Some(known), Some(act)) => Some(known.min(act)),
            (one, other) => one.or(other),
        };
        let over = match (track.until, self.decision) {
            (Some(until), Some(decision)) => decision > until,
            _ => false,
        };
        track.standing = if over {
            TrackStanding::OutOfTime
        } else {
            TrackStanding::Candidate
        };
        track.why.push(if over {
            Words::new(
                "请求撤销的期限按所给日期已经届满；返还和赔偿的其他依据由律师核对。",
                "By the dates given the time to ask for revocation is over; a lawyer checks other grounds for restitution and damages.",
            )
        } else {
            Words::new(
                "可以请求法院或者仲裁机构撤销，并要求返还和赔偿。",
                "A court or an arbitral body may be asked to revoke, with restitution and damages.",
            )
        });
        track
    }

    fn public_security(&self) -> Track {
        let mut track = self.track(TrackKind::PublicSecurity);
        track.cites = self.topics(
            &[
                "public_security_fraud",
                "public_security_fraud_serious",
                "public_security_limitation",
                "public_security_leniency",
                "buyer_fabrication",
            ],
            self.act,
        );
        track
            .cites
            .extend(self.topics(&["temporal_rule", "police_referral"], self.decision));
        if self.act.is_none() {
            track.why.push(Words::new(
                "没有行为日期，无法确定适用哪一部治安管理处罚法。",
                "Without the day of the act it cannot be told which public-security law applies.",
            ));
            return track;
        }
        if self.matter.age == Some(Age::Under14) {
            track
                .cites
                .extend(self.topics(&["public_security_minors"], self.act));
            track.standing = TrackStanding::NotReached;
            track.why.push(Words::new(
                "行为时不满十四周岁的不予处罚。",
                "Under 14 at the time there is no penalty.",
            ));
            return track;
        }
        self.note_youth(&mut track, "public_security_minors");
        self.note_repayment(&mut track);
        let until = self
            .act
            .zip(self.months_of("public_security_limitation"))
            .map(|(act, months)| act.plus_months(months));
        track.until = until;
        let discovered = self.matter.reported_on.or(self.decision);
        if let (Some(until), Some(discovered)) = (until, discovered)
            && discovered > until
        {
            track.standing = TrackStanding::OutOfTime;
            track.why.push(Words::new(
                "自最后一个行为起六个月内没有被公安机关发现的，不再处罚；按所给日期已经超过。",
                "There is no penalty if the police did not discover it within six months of the last act; by the dates given that time is over.",
            ));
            return track;
        }
        track.standing = TrackStanding::Candidate;
        track.why.push(Words::new(
            "有权机关如果认定这些行为属于以欺骗方式取得财物，治安管理处罚法可以适用；处罚种类和轻重由其决定。",
            "If the competent authority finds that property was obtained by deceit, public-security law may apply; the kind and weight of a penalty is its decision.",
        ));
        track
    }

    /// Months of the first row of a topic on the day of the act.
    fn months_of(&self, topic: &str) -> Option<u32> {
        let rows: Vec<&Row> = self
            .law
            .topic_on(topic, self.act?, None)
            .into_iter()
            .map(|on| on.row)
            .collect();
        rows.iter().find_map(|row| match row.value {
            Some(Value::Months { count }) => Some(count),
            _ => None,
        })
    }

    fn criminal(&mut self) -> Track {
        let mut track = self.track(TrackKind::Criminal);
        track.cites = self.topics(
            &[
                "criminal_fraud",
                "fraud_threshold_band",
                "fraud_attempt",
                "fraud_leniency",
            ],
            self.act,
        );
        if self.matter.acts.len() > 1 {
            track
                .cites
                .extend(self.topics(&["fraud_cumulation"], self.act));
        }
        if self.is_below_criminal_age(&mut track) {
            return track;
        }
        self.note_youth(&mut track, "criminal_age");
        self.note_repayment(&mut track);
        let Some(act) = self.act else {
            track.why.push(Words::new(
                "没有行为日期，无法对照数额标准。",
                "Without the day of the act no number can be compared.",
            ));
            return track;
        };
        let province = self.matter.province.as_deref();
        let answer = by_province(self.law, self.amounts.together, province, act);
        let attempt = by_province(self.law, self.amounts.largest_attempt, province, act);
        let unknown_amounts = self.amounts.unknown > 0;
        track.standing = criminal_standing(&answer, &attempt, unknown_amounts);
        if track.standing == TrackStanding::CannotTell && !unknown_amounts {
            self.missing.insert(Missing::ProvinceNumber);
        }
        track.why.push(tier_words(&answer));
        if self.matter.acts.len() > 1 {
            track.why.push(Words::new(
                "这里把没有被处理过的行为的金额相加；累计的依据只见于二手资料，须由律师核对。",
                "Amounts of acts that were not dealt with are added up here; the basis for that was read second-hand only, and a lawyer has to check it.",
            ));
        }
        if self.amounts.largest_attempt > Fen::ZERO {
            track.why.push(Words::new(
                "没有取得财物的行为，以数额巨大的财物为目标或者情节严重时才定罪处罚。",
                "An act that obtained nothing counts only if it aimed at a huge amount or the circumstances were serious.",
            ));
        }
        track.tiers = Some(answer);
        track
    }

    fn is_below_criminal_age(&self, track: &mut Track) -> bool {
        if !matches!(self.matter.age, Some(Age::Under14 | Age::Under16)) {
            return false;
        }
        track.cites.extend(self.topics(&["criminal_age"], self.act));
        track.standing = TrackStanding::NotReached;
        track.why.push(Words::new(
            "行为时不满十六周岁的，不承担这一项刑事责任。",
            "Under 16 at the time there is no criminal liability for this.",
        ));
        true
    }

    /// Under 18 the law is lighter.
    fn note_youth(&self, track: &mut Track, topic: &str) {
        if matches!(self.matter.age, Some(Age::Under16 | Age::Under18)) {
            track.cites.extend(self.topics(&[topic], self.act));
            track.why.push(Words::new(
                "行为时不满十八周岁的，从轻或者减轻。",
                "Under 18 at the time the law is lighter.",
            ));
        }
    }

    /// What was paid back counts in favor.
    fn note_repayment(&self, track: &mut Track) {
        if self.matter.repaid == Some(true) {
            track.why.push(Words::new(
                "已经退还，是可以从宽的情形之一。",
                "It was paid back, which is one ground for leniency.",
            ));
        }
    }

    fn contested() -> Words {
        Words::new(
            "网上虚假退款是否属于“电信网络诈骗”有争议，不能自动认定；这里只并列显示。",
            "Whether a false refund request online is \"telecom and network fraud\" is contested and never decided here; it is shown beside the others.",
        )
    }

    fn network_sanction(&self) -> Track {
        let mut track = self.track(TrackKind::NetworkSanction);
        track.standing = TrackStanding::Contested;
        track.why.push(Self::contested());
        track.cites = self.rows(&["anti_telecom_fraud/2", "anti_telecom_fraud/38"], self.act);
        track
    }

    fn network_criminal(&self) -> Track {
        let mut track = self.track(TrackKind::NetworkCriminal);
        track.standing = TrackStanding::Contested;
        track.why.push(Self::contested());
        track.cites = self.rows(
            &[
                "anti_telecom_fraud/2",
                "telecom_opinion/1",
                "telecom_opinion/cumulation",
            ],
            self.act,
        );
        if self.is_below_criminal_age(&mut track) {
            return track;
        }
        let row = self.law.row("telecom_opinion/1");
        if let (Some(row), Some(act)) = (row, self.act)
            && let Some(Value::Tiers {
                large,
                huge,
                special,
            }) = row.value
        {
            let amount = self.amounts.within_network_window;
            let tiers = Tiers {
                large: Read::Known(large),
                huge: Read::Known(huge),
                special: Read::Known(special),
            };
            let reached = reached_by(amount, tiers);
            track.tiers = Some(TierAnswer {
                amount,
                band: Band {
                    least: reached,
                    most: reached,
                },
                figures: vec![TierFigure {
                    area: None,
                    tiers,
                    status: row.status,
                    standing: row.validity.standing(act),
                    note: Words::new(row.zh.as_str(), row.en.as_str()),
                    reached,
                }],
            });
        }
        track
    }

    fn competition(&self) -> Track {
        let mut track = self.track(TrackKind::Competition);
        track.cites = self.topics(&["malicious_returns"], self.act);
        track.standing = if self.act.is_none() {
            TrackStanding::CannotTell
        } else if track.cites.is_empty() {
            TrackStanding::NotReached
        } else {
            TrackStanding::Candidate
        };
        track.why.push(Words::new(
            "经营者对其他经营者恶意退货，自2025年修订的反不正当竞争法施行起有专门规定；普通消费者不在其内。",
            "Malicious returns by one business to another have a rule of their own since the revision of 2025 took effect; consumers are not addressed.",
        ));
        track
    }
}

/// How the criminal track stands by what was obtained and by what was only aimed at.
fn criminal_standing(
    answer: &TierAnswer,
    attempt: &TierAnswer,
    unknown_amounts: bool,
) -> TrackStanding {
    let obtained = if answer.band.least >= Reached::Large {
        TrackStanding::Candidate
    } else {
        match answer.reached() {
            Reached::Below => TrackStanding::NotReached,
            Reached::Unknown => TrackStanding::CannotTell,
            Reached::Large | Reached::Huge | Reached::Special => TrackStanding::Candidate,
        }
    };
    let aimed = match attempt.reached() {
        Reached::Huge | Reached::Special => TrackStanding::Candidate,
        Reached::Unknown if attempt.band.most >= Reached::Huge => TrackStanding::CannotTell,
        _ => TrackStanding::NotReached,
    };
    match (obtained, aimed) {
        (TrackStanding::Candidate, _) | (_, TrackStanding::Candidate) => TrackStanding::Candidate,
        (TrackStanding::NotReached, TrackStanding::NotReached) if !unknown_amounts => {
            TrackStanding::NotReached
        }
        _ => TrackStanding::CannotTell,
    }
}

fn tier_words(answer: &TierAnswer) -> Words {
    let amount = answer.amount;
    if answer.band.most == Reached::Below {
        return Words::new(
            format!("相加金额 {amount} 低于各省可能确定的最低起点。"),
            format!("Together {amount}, below the lowest number that any province may have set."),
        );
    }
    if answer.band.least >= Reached::Large {
        return Words::new(
            format!("相加金额 {amount} 不低于各省可能确定的最高起点；具体档次见省级数额。"),
            format!(
                "Together {amount}, at or above the highest number that any province may have set; the tier follows from the province's numbers."
            ),
        );
    }
    let read = answer
        .figures
        .iter()
        .any(|figure| figure.status != Status::Unknown);
    if read {
        Words::new(
            format!(
                "相加金额 {amount}，是否达到起点取决于省级数额；已读到的数额是否仍有效，没有核对过。"
            ),
            format!(
                "Together {amount}: whether it reaches the start depends on the province's number; whether the number that was read still holds was not checked."
            ),
        )
    } else {
        Words::new(
            format!("相加金额 {amount}，是否达到起点取决于省级数额，而该省数额未知。"),
            format!(
                "Together {amount}: whether it reaches the start depends on the province's number, which is unknown."
            ),
        )
    }
}
