//! What a member has on paper when it publishes: the steps of one photo, from the final decision to the publication. They
//! are carried out again by the rules, one after the other at their times, and nothing is published that they refuse.

use super::limits::{DOSSIER_BYTES_MAX, NAME_CHARS_MAX, REPLIES_MAX};
use crate::failure::{bad_input, bytes_of};
use aftercare_exchange::{
    Colleague, Command, Day, GroupId, Judgement, Nearness, Process, Refused, Shows,
};
use serde::Deserialize;
use std::path::Path;

/// The steps, as the member writes them. Names are the member's own and go nowhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dossier {
    decision: Decision,
    looks: Vec<LookAt>,
    noticed_at_s: u64,
    #[serde(default)]
    replies: Vec<Reply>,
    published_by: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    /// Which claim, in the member's own log.
    reference: String,
    by: String,
    at_s: u64,
    #[serde(rename = "final")]
    is_final: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookAt {
    by: String,
    at_s: u64,
    face: bool,
    document: bool,
    address: bool,
    home: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    at_s: u64,
    #[serde(default)]
    considered: Option<Considered>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Considered {
    at_s: u64,
    stands: bool,
}

/// The days that are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// Of the final decision.
    pub judged_on: Day,
    /// Of the notice.
    pub noticed_on: Day,
}

impl Dossier {
    /// Reads the file.
    ///
    /// # Errors
    /// Bad input with the place.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let named = path.display();
        let bytes = bytes_of(path, DOSSIER_BYTES_MAX + 1)?;
        if bytes.len() as u64 > DOSSIER_BYTES_MAX {
            return Err(bad_input(format!(
                "{named}: more than {DOSSIER_BYTES_MAX} bytes"
            )));
        }
        let dossier: Self = serde_json::from_slice(&bytes)
            .map_err(|error| bad_input(format!("{named}: {error}")))?;
        if dossier.replies.len() > REPLIES_MAX {
            return Err(bad_input(format!(
                "{named}: more than {REPLIES_MAX} replies"
            )));
        }
        let people = dossier.people().into_iter();
        for name in people.chain([dossier.decision.reference.as_str()]) {
            if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX {
                return Err(bad_input(format!(
                    "{named}: `by`, `published_by` and `reference` have 1 to {NAME_CHARS_MAX} characters"
                )));
            }
        }
        Ok(dossier)
    }

    fn people(&self) -> Vec<&str> {
        let mut people = vec![self.decision.by.as_str(), self.published_by.as_str()];
        people.extend(self.looks.iter().map(|look| look.by.as_str()));
        people
    }

    /// Somebody of the file; the same name is the same person.
    fn colleague(&self, name: &str) -> Colleague {
        let place = self
            .people()
            .iter()
            .position(|known| known.trim() == name.trim());
        Colleague(place.unwrap_or_default() as u128)
    }

    /// Carries the steps out, the last of them the publication now.
    ///
    /// # Errors
    /// The rule that says no.
    pub fn carry_out(
        &self,
        group: GroupId,
        nearness: Nearness,
        now_s: u64,
    ) -> Result<Days, Refused> {
        let judgement = Judgement {
            by: self.colleague(&self.decision.by),
            at_s: self.decision.at_s,
            is_final: self.decision.is_final,
        };
        let mut process = Process::begin(group, judgement)?;
        let mut steps: Vec<(u64, Command)> = self
            .looks
            .iter()
            .map(|look| {
                let shows = Shows {
                    face: look.face,
                    document: look.document,
                    address: look.address,
                    home: look.home,
                };
                let by = self.colleague(&look.by);
                (look.at_s, Command::Confirm { by, shows })
            })
            .collect();
        steps.push((self.noticed_at_s, Command::GiveNotice));
        for reply in &self.replies {
            steps.push((reply.at_s, Command::Reply));
            if let Some(considered) = &reply.considered {
                let stands = considered.stands;
                steps.push((considered.at_s, Command::ConsiderReply { stands }));
            }
        }
        // In the order of their times; those of one second stay as they are written.
        steps.sort_by_key(|&(at_s, _)| at_s);
        if steps.last().is_some_and(|&(at_s, _)| at_s > now_s) {
            return Err(Refused::NotNow("a step of it lies in the future"));
        }
        let by = self.colleague(&self.published_by);
        steps.push((now_s, Command::Publish { by }));
        for (at_s, step) in steps {
            process = process.carry_out(step, nearness, at_s)?;
        }
        Ok(Days {
            judged_on: Day::of(self.decision.at_s),
            noticed_on: Day::of(self.noticed_at_s),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aftercare_exchange::limits::DAY_S;
    use serde_json::{Value, json};

    const NOW_S: u64 = 20_000 * DAY_S;

    fn whole() -> Value {
        let look = |by: &str| {
            json!({
                "by": by, "at_s": NOW_S - 19 * DAY_S,
                "face": false, "document": false, "address": false, "home": false,
            })
        };
        json!({
            "decision": {"reference": "claim 7", "by": "r1", "at_s": NOW_S - 20 * DAY_S, "final": true},
            "looks": [look("r1"), look("r2")],
            "noticed_at_s": NOW_S - 16 * DAY_S,
            "published_by": "r1",
        })
    }

    fn judged(dossier: &Value) -> Result<Days, &'static str> {
        let dossier: Dossier = serde_json::from_value(dossier.clone()).expect("a dossier");
        dossier
            .carry_out(GroupId(1), Nearness::default(), NOW_S)
            .map_err(Refused::rule)
    }

    #[test]
    fn what_went_its_way_is_published_with_its_days() {
        let days = Days {
            judged_on: Day(19_980),
            noticed_on: Day(19_984),
        };
        assert_eq!(judged(&whole()), Ok(days));
    }

    #[test]
    fn what_did_not_go_its_way_is_refused() {
        for (place, value, rule) in [
            ("/decision/final", json!(false), "not_final"),
            ("/looks/1/by", json!(" r1"), "same_person"),
            ("/looks/1/home", json!(true), "ended"),
            ("/noticed_at_s", json!(NOW_S - 14 * DAY_S), "reply_time"),
            ("/noticed_at_s", json!(NOW_S + DAY_S), "not_now"),
            (
                "/looks/0/at_s",
                json!(NOW_S - 21 * DAY_S),
                "time_runs_backward",
            ),
        ] {
            let mut dossier = whole();
            *dossier.pointer_mut(place).expect("there") = value;
            assert_eq!(judged(&dossier), Err(rule), "{place}");
        }
        let mut one_look = whole();
        one_look["looks"].as_array_mut().expect("a list").pop();
        assert_eq!(judged(&one_look), Err("not_now"));
    }

    #[test]
    fn a_reply_is_considered_first() {
        let mut dossier = whole();
        let at_s = NOW_S - DAY_S;
        dossier["replies"] = json!([{ "at_s": at_s }]);
        assert_eq!(judged(&dossier), Err("reply_open"));
        dossier["replies"] =
            json!([{ "at_s": at_s, "considered": {"at_s": at_s, "stands": false} }]);
        assert_eq!(judged(&dossier), Err("ended"));
        dossier["replies"] =
            json!([{ "at_s": at_s, "considered": {"at_s": at_s, "stands": true} }]);
        assert!(judged(&dossier).is_ok());
    }
}
