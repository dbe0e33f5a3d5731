//! All packs of a tenant, by their days: which one is in force, and whether what a decision cites was.

use super::check::{Problems, cited_rule};
use super::{RulePack, Stage};
use crate::day::Day;
use crate::event::Citation;
use crate::law::{CITES_LAW, LawPack, Row, Standing, Status};
use crate::refused::Refused;
use std::sync::Arc;

/// What a tenant has published, and the law: what decisions are held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The law pack.
    pub law: Arc<LawPack>,
    /// The tenant's packs.
    pub shelf: Shelf,
}

/// Packs of a tenant in the order in which they take effect; drafts at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    packs: Vec<RulePack>,
}

impl Shelf {
    /// A shelf of packs: only sound ones can be on it.
    ///
    /// # Errors
    /// Whatever [`RulePack::check`] finds in one; `shelf_version_taken` for two packs of one id and version, `shelf_day_taken` for two that take
    /// effect on one day, `shelf_notice_too_short` for a pack whose notice is shorter than what it
    /// changes needs.
    pub fn new(mut packs: Vec<RulePack>, law: &LawPack) -> Result<Self, Vec<Refused>> {
        packs.sort_by_key(|pack| (pack.dates.effective.is_none(), pack.dates.effective));
        let mut wrong: Vec<Refused> = packs
            .iter()
            .filter_map(|pack| pack.check(law).err())
            .flatten()
            .collect();
        for (position, pack) in packs.iter().enumerate() {
            let (id, version) = (pack.id(), pack.version());
            let earlier = packs.get(..position).unwrap_or_default();
            if earlier
                .iter()
                .any(|other| other.id() == id && other.version() == version)
            {
                wrong.push(Refused::new(
                    "shelf_version_taken",
                    format!("规则包“{id}”的版本 {version} 出现两次。"),
                    format!("Version {version} of the pack `{id}` is there twice."),
                ));
            }
            let Some(old) = earlier.last().filter(|_| pack.dates.effective.is_some()) else {
                continue;
            };
            if old.dates.effective == pack.dates.effective {
                wrong.push(Refused::new(
                    "shelf_day_taken",
                    format!("规则包“{id}”与“{}”在同一天生效。", old.id()),
                    format!(
                        "The packs `{id}` and `{}` take effect on the same day.",
                        old.id()
                    ),
                ));
            }
            let needed = pack.notice_needed(old);
            if pack.dates.notice < needed {
                let days = needed.days();
                wrong.push(Refused::new(
                    "shelf_notice_too_short",
                    format!("规则包“{id}”版本 {version} 改变了双方可以依靠的内容，须公示 {days} 天。"),
                    format!("Version {version} of the pack `{id}` changes what the sides rely on: it needs {days} days of public notice."),
                ));
            }
        }
        if wrong.is_empty() {
            Ok(Self { packs })
        } else {
            Err(wrong)
        }
    }

    /// The shelf with one more pack, published for notice today.
    ///
    /// # Errors
    /// `shelf_not_today` for a draft, or for a pack that says that it was published on another day:
    /// notice cannot be given afterwards. `pack_law_unverified` for a rule of which every cited row of law is unknown on the
    /// day it takes effect: what was published before stays as it is. Otherwise as [`Self::new`].
    pub fn publish(&self, pack: RulePack, law: &LawPack, today: Day) -> Result<Self, Vec<Refused>> {
        if pack.dates.published != Some(today) {
            return Err(vec![Refused::new(
                "shelf_not_today",
                format!("公示日必须是今天（{today}）：公示不能事后补做。"),
                format!(
                    "The day of publication must be today ({today}): notice cannot be given afterwards."
                ),
            )]);
        }
        let mut wrong = unverified(&pack, law);
        let mut packs = self.packs.clone();
        packs.push(pack);
        match Self::new(packs, law) {
            Ok(shelf) if wrong.is_empty() => Ok(shelf),
            Ok(_) => Err(wrong),
            Err(more) => {
                wrong.extend(more);
                Err(wrong)
            }
        }
    }

    /// Every pack, in the order in which they take effect.
    #[must_use]
    pub fn packs(&self) -> &[RulePack] {
        &self.packs
    }

    /// The pack in force on a day.
    #[must_use]
    pub fn in_force_on(&self, day: Day) -> Option<&RulePack> {
        self.packs.iter().rev().find(|pack| {
            pack.dates
                .effective
                .is_some_and(|effective| effective <= day)
        })
    }

    /// The pack that a claim of that day goes by: the one in force, and before any was, the first
    /// that ever came into force.
    #[must_use]
    pub fn pack_of(&self, day: Day) -> Option<&RulePack> {
        self.in_force_on(day).or_else(|| {
            self.packs
                .first()
                .filter(|pack| pack.dates.effective.is_some())
        })
    }

    /// Where the pack at a position stands on a day.
    #[must_use]
    pub fn stage_on(&self, position: usize, day: Day) -> Option<Stage> {
        let pack = self.packs.get(position)?;
        let next = self
            .packs
            .get(position.saturating_add(1))
            .and_then(|next| next.dates.effective);
        Some(pack.dates.stage_on(day, next))
    }

    /// Refuses citations of which one names a rule or a law that was not in force on the day of the
    /// act, or none names one that was. A row of law whose dates or whose text nobody verified may
    /// stand beside one in force, and so may a human's own words (neither `pack:` nor `law:`, which
    /// are not judged): neither is enough. The version of a row of law is the day of the act.
    ///
    /// # Errors
    /// `citation_not_in_force` or `citation_missing_in_force`, with what was cited.
    pub fn check_citations(
        &self,
        citations: &[Citation],
        law: &LawPack,
        day: Day,
    ) -> Result<(), Refused> {
        let mut stands = false;
        for citation in citations {
            let Citation { rule, version } = citation;
            match self.cited(citation, law, day) {
                Cited::InForce => stands = true,
                Cited::Unverified | Cited::OwnWords => {}
                Cited::NotInForce => {
                    return Err(Refused::new(
                        "citation_not_in_force",
                        format!("“{rule}”（{version}）在 {day} 不是生效的规则或者法律。"),
                        format!(
                            "`{rule}` ({version}) was no rule or law in force on {day}: cite what was."
                        ),
                    ));
                }
                Cited::OtherDay => {
                    return Err(Refused::new(
                        "citation_not_in_force",
                        format!(
                            "“{rule}”引用的是 {version} 的法律，这里要用 {day} 的：版本写当天的日期。"
                        ),
                        format!(
                            "`{rule}` is cited as the law of {version}, and what counts is that of {day}: its version is that day."
                        ),
                    ));
                }
            }
        }
        if stands {
            Ok(())
        } else {
            Err(Refused::new(
                "citation_missing_in_force",
                format!(
                    "至少要引用一条在 {day} 生效的规则（pack:）或者法律（law:）；生效日期或者内容未核实的，只能与它并列。"
                ),
                format!(
                    "Cite at least one rule (pack:) or law (law:) that was in force on {day}. What nobody verified can only stand beside it."
                ),
            ))
        }
    }

    /// How a citation stands on the day of the act.
    fn cited(&self, citation: &Citation, law: &LawPack, day: Day) -> Cited {
        if let Some((id, rule)) = cited_rule(&citation.rule) {
            let is_in_force = self.in_force_on(day).is_some_and(|pack| {
                pack.id() == id && pack.version() == citation.version && pack.has(rule)
            });
            return if is_in_force {
                Cited::InForce
            } else {
                Cited::NotInForce
            };
        }
        let Some(id) = citation.rule.strip_prefix(CITES_LAW) else {
            return Cited::OwnWords;
        };
        let Some(row) = law.row(id) else {
            return Cited::NotInForce;
        };
        match row.validity.standing(day) {
            Standing::NotYet | Standing::Over => Cited::NotInForce,
            _ if citation.version != day.to_string() => Cited::OtherDay,
            _ if is_unverified(row, day) => Cited::Unverified,
            Standing::InForce | Standing::Unknown => Cited::InForce,
        }
    }
}

/// Whether nobody can say that a row of law holds on a day that its dates do not rule out, or what it says.
fn is_unverified(row: &Row, day: Day) -> bool {
    match row.validity.standing(day) {
        Standing::NotYet | Standing::Over => false,
        Standing::InForce => row.status == Status::Unknown,
        Standing::Unknown => true,
    }
}

/// Rules of a pack that rest on nothing that was verified on the day the pack takes effect: they could carry no decision.
fn unverified(pack: &RulePack, law: &LawPack) -> Vec<Refused> {
    let Some(day) = pack.dates.effective else {
        return Vec::new();
    };
    let mut problems = Problems {
        pack: pack.id(),
        found: Vec::new(),
    };
    for rule in &pack.rules {
        let unknown = |cited: &String| law.row(cited).is_some_and(|row| is_unverified(row, day));
        if !rule.cites.is_empty() && rule.cites.iter().all(unknown) {
            let rows = rule.cites.join(", ");
            problems.rule(
                "pack_law_unverified",
                &rule.id,
                &format!(
                    "引用的 {rows} 在 {day} 的效力或者内容都没有核实，撑不起任何决定；请至少再引用一条已核实、当天有效的法律。"
                ),
                &format!(
                    "whether what it cites ({rows}) holds on {day}, or what it says, was not verified, so it can carry no decision: cite at least one row that was verified and is in force then."
                ),
            );
        }
    }
    problems.found
}

/// What a citation is worth on a day.
#[derive(Clone, Copy)]
enum Cited {
    /// A rule or a law that was in force: it carries a decision.
    InForce,
    /// It did not exist, was not yet in force, or was over.
    NotInForce,
    /// A row of law, as that of another day.
    OtherDay,
    /// A row of law of which nobody can say whether it was in force, or what it says.
    Unverified,
    /// Neither a rule of a pack nor a row of law.
    OwnWords,
}
