//! What clients do: stories of cases, step by step, as the demo's people do them. Every step is one durable command over the
//! API with a key of its own, by which it is carried out once: events, projections, sealed texts, the answer that is kept,
//! messages and jobs, in one transaction.
//!
//! No photo is sent: checking one is computing in a process of its own, and measured in `bench/evidence`.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::http::{Ask, Connection, JSON, Who};
use crate::process;
use crate::shop::{By, Shop};

/// The version of the notice that a claimant agreed to, as the pages show it.
const NOTICE: &str = "2026-11-26";
const HOUR_MS: u64 = 60 * 60 * 1_000;
/// What is asked back, in fen: many claims of one order are paid before its price is used up.
const ASKED_FEN: u32 = 100;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    FileForRefund,
    FileForReturn,
    Report,
    Contest,
    NothingFromClaimant,
    NothingFromMerchant,
    Agree,
    AcceptOffer,
    TakeReview,
    Decide,
    ShipReturn,
    ReceiveReturn,
    Offer,
    Agreed,
    Moved,
    SetOut,
    Arrive,
    Diagnose,
    StartWork,
    Finish,
    Confirm,
    Withdraw,
}

impl Step {
    /// The word of the demo's mix, and the command.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FileForRefund | Self::FileForReturn => "file: claim",
            Self::Report => "file: repair",
            Self::Contest => "answer: contest",
            Self::NothingFromClaimant => "answer: nothing to add (claimant)",
            Self::NothingFromMerchant => "answer: nothing to add (merchant)",
            Self::Agree => "answer: agree",
            Self::AcceptOffer => "answer: accept a visit",
            Self::TakeReview => "decide: take the review",
            Self::Decide => "decide",
            Self::ShipReturn => "move: goods sent",
            Self::ReceiveReturn => "move: goods received",
            Self::Offer => "move: offer to a technician",
            Self::Agreed => "move: visit agreed",
            Self::Moved => "move: visit at another time",
            Self::SetOut => "move: set out",
            Self::Arrive => "move: arrive",
            Self::Diagnose => "move: diagnose",
            Self::StartWork => "move: start work",
            Self::Finish => "move: finish",
            Self::Confirm => "answer: confirm the work",
            Self::Withdraw => "answer: withdraw",
        }
    }

    const fn by(self) -> By {
        match self {
            Self::FileForRefund
            | Self::FileForReturn
            | Self::Report
            | Self::NothingFromClaimant
            | Self::ShipReturn
            | Self::Moved
            | Self::Confirm
            | Self::Withdraw => By::Agent,
            Self::Contest | Self::NothingFromMerchant | Self::Agree | Self::ReceiveReturn => {
                By::Merchant
            }
            Self::TakeReview | Self::Decide => By::Reviewer,
            Self::Offer | Self::Agreed => By::Dispatcher,
            Self::AcceptOffer
            | Self::SetOut
            | Self::Arrive
            | Self::Diagnose
            | Self::StartWork
            | Self::Finish => By::Technician,
        }
    }

    /// Whether it opens a case.
    const fn opens(self) -> bool {
        matches!(
            self,
            Self::FileForRefund | Self::FileForReturn | Self::Report
        )
    }
}

/// A way that a case goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Both sides are heard and a reviewer decides.
    Disputed,
    /// The merchant agrees, the goods go back, and the money is paid.
    Agreed,
    /// A technician comes.
    Visited,
    /// The claim is taken back.
    Withdrawn,
    /// The claim waits for the merchant.
    Waiting,
    /// The claim waits for a reviewer.
    Heard,
    /// The repair waits for somebody who comes.
    Reported,
}

impl Way {
    pub const fn steps(self) -> &'static [Step] {
        match self {
            Self::Disputed => &[
                Step::FileForRefund,
                Step::Contest,
                Step::NothingFromClaimant,
                Step::NothingFromMerchant,
                Step::TakeReview,
                Step::Decide,
            ],
            Self::Agreed => &[
                Step::FileForReturn,
                Step::Agree,
                Step::ShipReturn,
                Step::ReceiveReturn,
            ],
            Self::Visited => &[
                Step::Report,
                Step::Offer,
                Step::AcceptOffer,
                Step::Agreed,
                Step::Moved,
                Step::SetOut,
                Step::Arrive,
                Step::Diagnose,
                Step::StartWork,
                Step::Finish,
                Step::Confirm,
            ],
            Self::Withdrawn => &[Step::FileForRefund, Step::Withdraw],
            Self::Waiting => &[Step::FileForRefund],
            Self::Heard => &[
                Step::FileForRefund,
                Step::Contest,
                Step::NothingFromClaimant,
                Step::NothingFromMerchant,
            ],
            Self::Reported => &[Step::Report],
        }
    }
}

/// Which ways the cases of a load go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mix {
    /// File, answer, decide, move: every other claim is disputed and decided, the others are agreed on and the goods move.
    Claims,
    /// The same, and every fifth case is a repair whose technician is chosen by the live plan, comes, and repairs.
    Stories,
    /// A shop that has been there for a while: of a thousand cases 600 are paid, 198 withdrawn; 100 wait for the merchant, 50 for
    /// a reviewer, 50 are decided, 2 are repairs that wait for somebody.
    Shop,
}

impl Mix {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claims => "claims",
            Self::Stories => "stories",
            Self::Shop => "shop",
        }
    }

    /// The way of the case of that number.
    pub const fn way(self, number: u64) -> Way {
        match self {
            Self::Stories if number % 5 == 4 => Way::Visited,
            Self::Claims | Self::Stories if number % 2 == 0 => Way::Disputed,
            Self::Claims | Self::Stories => Way::Agreed,
            Self::Shop => match number % 20 {
                _ if number % 500 == 499 => Way::Reported,
                0..=11 => Way::Agreed,
                12 | 13 => Way::Waiting,
                14 => Way::Heard,
                15 => Way::Disputed,
                _ => Way::Withdrawn,
            },
        }
    }
}

/// A case on its way.
#[derive(Debug)]
pub struct Story {
    way: Way,
    number: u64,
    at: usize,
    pub case: String,
    offer: String,
}

impl Story {
    pub const fn new(way: Way, number: u64) -> Self {
        Self {
            way,
            number,
            at: 0,
            case: String::new(),
            offer: String::new(),
        }
    }

    pub const fn way(&self) -> Way {
        self.way
    }

    /// The next step; none at its end.
    pub fn next(&self) -> Option<Step> {
        self.way.steps().get(self.at).copied()
    }

    /// Reads what the next step names, as a person does on a page: a read, which is no command.
    pub async fn look(&mut self, shop: &Shop, connection: &mut Connection) -> Result<()> {
        if self.next() != Some(Step::AcceptOffer) {
            return Ok(());
        }
        let path = format!("/api/v1/cases/{}", self.case);
        let who = Who::Token(shop.token(By::Dispatcher, self.number));
        let detail: Value = connection.wanted(200, Ask::get(&path, who)).await?.json()?;
        let technician = shop.technician(self.number);
        let offers = detail["work_orders"][0]["offers"].as_array();
        let open = offers.into_iter().flatten().find(|offer| {
            offer["answer"] == "open" && offer["technician"].as_str() == Some(technician)
        });
        let id = open.and_then(|offer| offer["id"].as_str());
        self.offer = id.context("the offer is not there")?.to_owned();
        Ok(())
    }

    /// Carries out the next step; what it was, and how long its answer took.
    pub async fn go_on(&mut self, shop: &Shop, connection: &mut Connection) -> Result<(Step, f64)> {
        let step = self.next().context("the story is over")?;
        let (path, body) = self.request(step, shop)?;
        let body = serde_json::to_vec(&body)?;
        let who = Who::Token(shop.token(step.by(), self.number));
        let ask = Ask {
            key: Some(format!("{}-{}-{}", shop.run(), self.number, self.at)),
            ..Ask::post(&path, who, JSON, body)
        };
        let expected = if step.opens() { 201 } else { 200 };
        let sent = Instant::now();
        let answer = connection
            .wanted(expected, ask)
            .await
            .with_context(|| step.name())?;
        let took_ms = sent.elapsed().as_secs_f64() * 1e3;
        if step.opens() {
            let receipt: Value = answer.json()?;
            let case = receipt["case"]
                .as_str()
                .context("a receipt without a case")?;
            case.clone_into(&mut self.case);
        }
        self.at += 1;
        Ok((step, took_ms))
    }

    fn request(&self, step: Step, shop: &Shop) -> Result<(String, Value)> {
        if step.opens() {
            return Ok(match step {
                Step::Report => ("/api/v1/repairs".to_owned(), self.repair()),
                _ => ("/api/v1/claims".to_owned(), self.claim(step, shop)),
            });
        }
        ensure!(!self.case.is_empty(), "no case was opened");
        let path = format!("/api/v1/cases/{}/actions", self.case);
        Ok((path, self.action(step, shop)?))
    }

    fn person(&self) -> Value {
        json!({
            "name": "压测样",
            "phone": format!("139{:08}", self.number % 100_000_000),
            "address": format!("杭州西湖区样板路 {} 号", self.number % 900 + 1),
            "place": {
                "latitude_e6": 30_150_000 + self.number * 7_919 % 200_000,
                "longitude_e6": 120_000_000 + self.number * 104_729 % 280_000,
            },
        })
    }

    fn claim(&self, step: Step, shop: &Shop) -> Value {
        let kind = if step == Step::FileForReturn {
            "return"
        } else {
            "refund"
        };
        json!({
            "order_number": shop.order(self.number),
            "reason": "damaged",
            "ask": { "kind": kind, "amount": ASKED_FEN },
            "statement": "收到时杯身有一道裂纹，包装没有破。",
            "person": self.person(),
            "consent": { "notice_version": NOTICE, "purposes": ["handle_the_case"] },
        })
    }

    fn repair(&self) -> Value {
        json!({
            "kind": "repair", "skill": "lamp", "county": "330106", "description": "灯不亮。",
            "person": self.person(),
            "consent": { "notice_version": NOTICE, "purposes": ["handle_the_case"] },
        })
    }

    /// A window of two hours that begins so many hours from now.
    fn window(&self, hours: u64) -> Result<(u64, u64)> {
        let now = process::now()?;
        let from = u64::try_from(now.as_millis())? + (hours + self.number % 200) * HOUR_MS;
        Ok((from, from + 2 * HOUR_MS))
    }

    fn action(&self, step: Step, shop: &Shop) -> Result<Value> {
        Ok(match step {
            Step::Contest => {
                json!({ "action": "contest", "statement": "发货前拍过整杯照片，杯身完好。" })
            }
            Step::NothingFromClaimant | Step::NothingFromMerchant => {
                json!({ "action": "close_round" })
            }
            Step::Agree => json!({ "action": "agree" }),
            Step::AcceptOffer => json!({ "action": "accept_offer", "offer": self.offer }),
            Step::TakeReview => json!({ "action": "take_review" }),
            Step::Decide => json!({
                "action": "decide",
                "grant": false,
                "reasons": "没有照片，看不出收到时的情况。7 天内可以补充材料申诉。",
                "citations": [{ "rule": "pack:default/evidence", "version": "1" }],
            }),
            Step::ShipReturn => {
                json!({ "action": "ship_return", "waybill": format!("压测快递 {}", self.number) })
            }
            Step::ReceiveReturn => json!({ "action": "receive_return", "as_described": true }),
            Step::Offer => {
                json!({ "action": "offer", "technician": shop.technician(self.number) })
            }
            Step::Agreed | Step::Moved => {
                let hours = if step == Step::Agreed { 24 } else { 48 };
                let (from, until) = self.window(hours)?;
                json!({ "action": "schedule", "from": from, "until": until })
            }
            Step::SetOut => json!({ "action": "set_out" }),
            Step::Arrive => json!({ "action": "arrive" }),
            Step::Diagnose => {
                json!({ "action": "diagnose", "fault_code": "POWER", "note": "电源板没有输出。" })
            }
            Step::StartWork => json!({ "action": "start_work" }),
            Step::Finish => {
                json!({ "action": "finish", "outcome": "fixed", "note": "更换电源板，试灯正常。" })
            }
            Step::Confirm => json!({ "action": "confirm_work" }),
            Step::Withdraw => json!({ "action": "withdraw_claim" }),
            Step::FileForRefund | Step::FileForReturn | Step::Report => {
                anyhow::bail!("{} opens a case", step.name())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_begins_with_what_opens_a_case_and_does_so_once() {
        for way in [
            Way::Disputed,
            Way::Agreed,
            Way::Visited,
            Way::Withdrawn,
            Way::Waiting,
            Way::Heard,
            Way::Reported,
        ] {
            let opening: Vec<bool> = way.steps().iter().map(|step| step.opens()).collect();
            assert!(opening[0], "{way:?}");
            assert!(!opening[1..].contains(&true), "{way:?}");
        }
    }

    #[test]
    fn every_word_of_the_mix_is_in_it() {
        let words = |mix: Mix| {
            let steps = (0..20).flat_map(|number| mix.way(number).steps());
            let words = steps.map(|step| step.name().split(':').next().unwrap_or_default());
            words.collect::<std::collections::BTreeSet<_>>()
        };
        let asked = ["answer", "decide", "file", "move"];
        assert!(words(Mix::Claims).into_iter().eq(asked));
        assert!(words(Mix::Stories).into_iter().eq(asked));
        let repairs = (0..100).filter(|number| Mix::Stories.way(*number) == Way::Visited);
        assert_eq!(repairs.count(), 20);
        assert!((0..100).all(|number| Mix::Claims.way(number) != Way::Visited));
    }

    #[test]
    fn a_shop_has_cases_of_every_kind_in_its_proportion() {
        let count = |way: Way| {
            let cases = 0..1_000;
            cases.filter(|number| Mix::Shop.way(*number) == way).count()
        };
        let found = [
            (Way::Agreed, 600),
            (Way::Withdrawn, 198),
            (Way::Waiting, 100),
            (Way::Heard, 50),
            (Way::Disputed, 50),
            (Way::Reported, 2),
        ];
        for (way, asked) in found {
            assert_eq!(count(way), asked, "{way:?}");
        }
    }
}
