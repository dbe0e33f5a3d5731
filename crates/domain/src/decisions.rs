//! What anybody who holds the events of a case can check of its decisions: that each cites a rule with its version, is signed by a
//! reviewer, and rests on evidence that came to the case before it. The decider refuses any other; this reads what was written, so
//! that nobody has to take that on trust.

use crate::actor::Role;
use crate::event::{Body, Citation, Event};
use crate::ids::EvidenceId;
use std::collections::BTreeSet;
use std::fmt;

/// Decisions that cite what they have to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// How many, proposals and decisions on appeals among them.
    pub count: usize,
    /// How many of them name no piece of evidence: they rest on what both sides said.
    pub on_words_alone: usize,
}

/// A decision that does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfounded {
    /// Which event of the case it is, from 1.
    pub version: usize,
    /// What it lacks.
    pub lacks: Lacks,
}

/// What a decision lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacks {
    /// It cites no rule, or one without its version.
    Rule,
    /// Nobody signed it who reviews claims.
    Reviewer,
    /// It rests on evidence that had not come to the case.
    Evidence(EvidenceId),
}

impl fmt::Display for Unfounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {} of the case is a decision that ", self.version)?;
        match self.lacks {
            Lacks::Rule => f.write_str("cites no rule with its version"),
            Lacks::Reviewer => f.write_str("no reviewer signed"),
            Lacks::Evidence(id) => {
                write!(f, "rests on the evidence {id}, which had not come to it")
            }
        }
    }
}

fn is_cited(citations: &[Citation]) -> bool {
    let is_whole = |citation: &Citation| {
        !citation.rule.trim().is_empty() && !citation.version.trim().is_empty()
    };
    !citations.is_empty() && citations.iter().all(is_whole)
}

/// Counts the decisions among the events of one case, which are all of it up to the last one, in their order.
///
/// # Errors
/// The first decision that lacks something.
pub fn check<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<Decisions, Unfounded> {
    let mut came: BTreeSet<EvidenceId> = BTreeSet::new();
    let mut found = Decisions::default();
    for (event, version) in events.into_iter().zip(1..) {
        let (reviewer, citations, evidence) = match &event.body {
            Body::RepairRequested { evidence, .. }
            | Body::WorkDone { evidence, .. }
            | Body::WorkPhotosAdded { evidence, .. }
            | Body::ClaimFiled { evidence, .. }
            | Body::EvidenceAdded { evidence, .. } => {
                came.extend(evidence.iter().map(|file| file.evidence));
                continue;
            }
            Body::ClaimDecided {
                reviewer,
                citations,
                evidence,
                ..
            }
            | Body::DecisionProposed {
                reviewer,
                citations,
                evidence,
                ..
            }
            | Body::AppealDecided {
                reviewer,
                citations,
                evidence,
                ..
            } => (reviewer, citations, evidence),
            _ => continue,
        };
        let lacks = |lacks| Unfounded { version, lacks };
        if !is_cited(citations) {
            return Err(lacks(Lacks::Rule));
        }
        if reviewer.role != Role::Reviewer || event.by.human().is_none() {
            return Err(lacks(Lacks::Reviewer));
        }
        if let Some(unknown) = evidence.iter().find(|id| !came.contains(id)) {
            return Err(lacks(Lacks::Evidence(*unknown)));
        }
        found.count += 1;
        found.on_words_alone += usize::from(evidence.is_empty());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Actor, Human};
    use crate::event::Verdict;
    use crate::evidence::Envelope;
    use crate::ids::{ClaimId, UserId};
    use crate::time::Timestamp;
    use uuid::Uuid;

    const PHOTO: EvidenceId = EvidenceId(Uuid::from_u128(7));

    fn decided(role: Role, citations: Vec<Citation>, evidence: Vec<EvidenceId>) -> Event {
        let reviewer = Human {
            user: UserId(Uuid::from_u128(1)),
            role,
        };
        Event {
            at: Timestamp(1),
            by: Actor::Human(reviewer),
            body: Body::ClaimDecided {
                claim: ClaimId(Uuid::from_u128(2)),
                reviewer,
                verdict: Verdict::Rejected,
                reasons: Envelope(vec![1]),
                citations,
                evidence,
            },
            told_at: None,
        }
    }

    fn rule(version: &str) -> Vec<Citation> {
        vec![Citation {
            rule: "pack:default/7".to_owned(),
            version: version.to_owned(),
        }]
    }

    #[test]
    fn a_decision_cites_a_rule_a_reviewer_and_what_came_to_the_case() {
        let good = decided(Role::Reviewer, rule("2"), Vec::new());
        assert_eq!(
            check([&good]),
            Ok(Decisions {
                count: 1,
                on_words_alone: 1
            })
        );
        for (event, lacks) in [
            (decided(Role::Reviewer, Vec::new(), vec![]), Lacks::Rule),
            (decided(Role::Reviewer, rule(" "), vec![]), Lacks::Rule),
            (decided(Role::Merchant, rule("2"), vec![]), Lacks::Reviewer),
            (
                decided(Role::Reviewer, rule("2"), vec![PHOTO]),
                Lacks::Evidence(PHOTO),
            ),
            (
                Event {
                    by: Actor::System,
                    ..good.clone()
                },
                Lacks::Reviewer,
            ),
        ] {
            assert_eq!(check([&good, &event]), Err(Unfounded { version: 2, lacks }));
        }
    }
}
