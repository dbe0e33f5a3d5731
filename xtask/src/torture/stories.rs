//! What clients live through, as in the demo: repairs are reported with photos and spoken about, a technician comes and repairs,
//! claims are filed with photos, merchants answer, a reviewer decides. Nothing here waits for the system's own work, which goes
//! on beside it and is killed as well.

use std::sync::atomic::Ordering;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use super::content;
use super::http::{Request, Response};
use super::people::{Crew, PAID_FEN, People, order_number};
use super::random::Random;
use super::server::get;
use super::traffic::{self, Acknowledged, Acted, Deed, Shared};

/// Statements on one case, at most.
const STATEMENTS_MAX: u64 = 8;

/// How long after the report a visit is agreed on, and how long it may take, in milliseconds.
const VISIT_AFTER_MS: i64 = 3_600_000;
const VISIT_MS: i64 = 7_200_000;

/// How many stories there are; clients take them in turn.
const STORIES: u64 = 4;

/// One client: lives through stories until it is told to stop, and gives what it was told. `place` is its number, and how many
/// clients there are.
pub(crate) fn client(
    shared: &Shared,
    people: &People,
    place: (u32, u32),
    random: Random,
) -> Vec<Acknowledged> {
    let (name, clients) = place;
    let mut client = Client {
        shared,
        people,
        name,
        clients,
        random,
        requests: 0,
        claims: 0,
        kept: Vec::new(),
        last: None,
    };
    if let Err(error) = client.live() {
        shared.fail(format!("client {name}: {error:#}"));
    }
    client.kept
}

struct Client<'a> {
    shared: &'a Shared,
    people: &'a People,
    name: u32,
    clients: u32,
    random: Random,
    /// Requests so far: each has a key of its own.
    requests: u64,
    /// Claims so far: each has an order of its own.
    claims: u32,
    kept: Vec<Acknowledged>,
    /// The request that was acknowledged last, and its answer.
    last: Option<(Request, Response)>,
}

/// A case that was opened, and the session of its claimant.
struct Opened {
    case: String,
    token: String,
}

/// What a story needs of a case that it reads.
#[derive(Deserialize)]
struct Detail {
    opened_at: i64,
    work_orders: Vec<WorkOrder>,
}

#[derive(Deserialize)]
struct WorkOrder {
    offers: Vec<Offer>,
}

#[derive(Deserialize)]
struct Offer {
    id: String,
    technician: String,
    answer: String,
}

impl Client<'_> {
    fn live(&mut self) -> Result<()> {
        let people = self.people;
        // Not all of them begin with the same one.
        let mut turn = u64::from(self.name);
        while !self.shared.stopped() {
            match (&people.crew, turn % STORIES) {
                (Some(crew), 1) => self.visited(crew)?,
                (Some(crew), 2) if self.has_order(crew) => self.shown(crew)?,
                (Some(crew), 3) if self.has_order(crew) => {
                    // Every other one is heard and decided, the others are agreed to.
                    let is_agreed = (turn / STORIES) % 2 == 1;
                    self.answered(crew, is_agreed)?;
                }
                _ => self.reported()?,
            }
            turn += 1;
        }
        Ok(())
    }

    /// A report, with a photo where there is somebody to look at it, and what is said about it.
    fn reported(&mut self) -> Result<()> {
        let key = self.key();
        let words = format!("洗衣机不转 / the drum does not turn, {key}.");
        let request = traffic::repair(&self.people.program, &key, &words);
        let photo = self.people.crew.is_some().then(|| self.random.next());
        let opened = self.open(Deed::Repair, &key, request, words, photo)?;
        for _ in 0..=self.random.below(STATEMENTS_MAX) {
            if self.shared.stopped() {
                break;
            }
            self.say(&opened)?;
        }
        Ok(())
    }

    /// A repair from its report to the customer's word that it is done.
    fn visited(&mut self, crew: &Crew) -> Result<()> {
        let key = self.key();
        let words = format!("台灯不亮 / the lamp stays dark, {key}.");
        let body = traffic::report("lamp", &words);
        let path = "/api/v1/repairs".to_owned();
        let request = traffic::once(path, &self.people.program, &key, &body);
        let Opened { case, token } = self.open(Deed::Repair, &key, request, words, None)?;
        let technician = crew.technician.as_str();
        self.act(
            Deed::Offer,
            (&case, &crew.desk),
            None,
            |_| json!({ "action": "offer", "work_order": null, "technician": crew.technician_id }),
        )?;
        let detail = self.detail(&case, &crew.desk)?;
        let offer = detail
            .work_orders
            .iter()
            .flat_map(|order| &order.offers)
            .rfind(|offer| offer.answer == "open" && offer.technician == crew.technician_id)
            .with_context(|| format!("case {case}: nothing is offered to the technician"))?
            .id
            .clone();
        self.act(
            Deed::Accept,
            (&case, technician),
            None,
            |_| json!({ "action": "accept_offer", "work_order": null, "offer": offer }),
        )?;
        let from = detail.opened_at + VISIT_AFTER_MS;
        self.act(Deed::Schedule, (&case, technician), None, |_| {
            json!({ "action": "schedule", "work_order": null, "from": from, "until": from + VISIT_MS })
        })?;
        self.act(
            Deed::SetOut,
            (&case, technician),
            None,
            |_| json!({ "action": "set_out", "work_order": null }),
        )?;
        self.act(
            Deed::Arrive,
            (&case, technician),
            None,
            |_| json!({ "action": "arrive", "work_order": null }),
        )?;
        self.act(Deed::Diagnose, (&case, technician), None, |words| {
            json!({ "action": "diagnose", "work_order": null, "fault_code": "POWER-02", "note": words })
        })?;
        self.act(
            Deed::StartWork,
            (&case, technician),
            None,
            |_| json!({ "action": "start_work", "work_order": null }),
        )?;
        let photo = Some(self.random.next());
        self.act(Deed::Finish, (&case, technician), photo, |words| {
            json!({ "action": "finish", "work_order": null, "outcome": "fixed", "note": words })
        })?;
        self.act(
            Deed::Confirm,
            (&case, &token),
            None,
            |_| json!({ "action": "confirm_work", "work_order": null }),
        )
    }

    /// A claim with a photo, which the system checks in its own time, and a word about it.
    fn shown(&mut self, crew: &Crew) -> Result<()> {
        let photo = Some(self.random.next());
        let opened = self.claim(crew, photo)?;
        self.say(&opened)
    }

    /// A claim that the merchant agrees to, or that both sides are heard about and a reviewer decides. It has no photo: nobody
    /// decides while one is being checked, and a check that was killed is taken up again minutes later.
    fn answered(&mut self, crew: &Crew, is_agreed: bool) -> Result<()> {
        let Opened { case, token } = self.claim(crew, None)?;
        if is_agreed {
            return self.act(
                Deed::Agree,
                (&case, &crew.merchant),
                None,
                |_| json!({ "action": "agree", "claim": null }),
            );
        }
        self.act(
            Deed::Contest,
            (&case, &crew.merchant),
            None,
            |words| json!({ "action": "contest", "claim": null, "statement": words }),
        )?;
        for side in [&token, &crew.merchant] {
            self.act(
                Deed::CloseRound,
                (&case, side),
                None,
                |_| json!({ "action": "close_round", "claim": null }),
            )?;
        }
        self.act(
            Deed::TakeReview,
            (&case, &crew.reviewer),
            None,
            |_| json!({ "action": "take_review", "claim": null }),
        )?;
        self.act(Deed::Decide, (&case, &crew.reviewer), None, |words| {
            json!({
                "action": "decide",
                "claim": null,
                "grant": false,
                "resolution": null,
                "reasons": words,
                "citations": [{ "rule": "pack:default/evidence", "version": "1" }],
                "evidence": [],
            })
        })
    }

    /// Whether there is an order left for this client.
    fn has_order(&self, crew: &Crew) -> bool {
        self.next_order() < crew.orders
    }

    /// Orders are dealt out like cards.
    fn next_order(&self) -> u32 {
        self.claims
            .saturating_mul(self.clients)
            .saturating_add(self.name)
    }

    fn claim(&mut self, crew: &Crew, photo: Option<u64>) -> Result<Opened> {
        if !self.has_order(crew) {
            bail!("no order is left to claim about");
        }
        let order = order_number(self.next_order());
        self.claims += 1;
        let key = self.key();
        let words = format!("收到就有裂纹 / it came with a crack, {key}.");
        let body = json!({
            "order_number": order,
            "line": null,
            "reason": "damaged",
            "ask": { "kind": "refund", "amount": PAID_FEN },
            "statement": words,
            "person": traffic::person(),
            "consent": traffic::consent(),
        });
        let path = "/api/v1/claims".to_owned();
        let request = traffic::once(path, &self.people.program, &key, &body);
        self.open(Deed::Claim, &key, request, words, photo)
    }

    /// The claimant writes on the case.
    fn say(&mut self, opened: &Opened) -> Result<()> {
        self.act(
            Deed::Statement,
            (&opened.case, &opened.token),
            None,
            |words| json!({ "action": "say", "text": words }),
        )
    }

    fn key(&mut self) -> String {
        self.requests += 1;
        format!("drill-{}-{}", self.name, self.requests)
    }

    /// Opens a case, and a session for its claimant.
    fn open(
        &mut self,
        deed: Deed,
        key: &str,
        request: Request,
        words: String,
        photo: Option<u64>,
    ) -> Result<Opened> {
        let request = match photo {
            Some(seed) => traffic::with_photo(request, seed)?,
            None => request,
        };
        let response = self.send(&request)?;
        let acknowledged = traffic::opened(deed, key, &response)?;
        let case = acknowledged.case.clone();
        self.keep(Acknowledged {
            words: Some(words),
            photo,
            ..acknowledged
        });
        let token = traffic::session_of(self.shared, &response)?;
        Ok(Opened { case, token })
    }

    /// Does one thing on a case, as the one whose token that is. `action` gets words that stand nowhere else, to say or not.
    fn act(
        &mut self,
        deed: Deed,
        (case, token): (&str, &str),
        photo: Option<u64>,
        action: impl FnOnce(&str) -> Value,
    ) -> Result<()> {
        let key = self.key();
        let words = format!("{} {key}.", deed.kind());
        let action = action(&words);
        let is_said = action.to_string().contains(&words);
        let path = format!("/api/v1/cases/{case}/actions");
        let mut request = traffic::once(path, token, &key, &action);
        if let Some(seed) = photo {
            request = traffic::with_photo(request, seed)?;
        }
        let response = self.send(&request)?;
        let acted: Acted = traffic::read(&response, 200)
            .with_context(|| format!("{deed:?} on the case {case}"))?;
        self.keep(Acknowledged {
            deed,
            key,
            case: acted.case,
            seq: acted.seq,
            leaf: acted.leaf,
            words: is_said.then_some(words),
            photo,
        });
        Ok(())
    }

    fn keep(&mut self, acknowledged: Acknowledged) {
        self.kept.push(acknowledged);
        self.shared.acknowledged.fetch_add(1, Ordering::SeqCst);
    }

    fn detail(&self, case: &str, token: &str) -> Result<Detail> {
        let request = get(&format!("/api/v1/cases/{case}"), Some(token));
        let (response, _) = self.shared.exchange(&request)?;
        traffic::read(&response, 200)
    }

    /// Sends a request until it is answered. When that took more than one try, the server was down in between: then the
    /// request that was acknowledged before it is sent again as well, and must get the answer that it had; and what it did must
    /// be there to read.
    fn send(&mut self, request: &Request) -> Result<Response> {
        let (response, again) = self.shared.exchange(request)?;
        if again > 0
            && let Some((before, answered)) = &self.last
        {
            let (now, _) = self.shared.exchange(before)?;
            if now != *answered {
                bail!(
                    "DOUBLED: sent again with the same key and body, {} was answered with {} {} instead of {} {}",
                    before.path,
                    now.status,
                    now.body,
                    answered.status,
                    answered.body
                );
            }
            self.shared.replayed.fetch_add(1, Ordering::SeqCst);
            if let (Some(crew), Some(last)) = (&self.people.crew, self.kept.last()) {
                let seen = content::of_case(self.shared, crew, &[last], false)?;
                if let Some(problem) = seen.problems.first() {
                    bail!("after a restart: {problem}");
                }
            }
        }
        self.last = Some((request.clone(), response.clone()));
        Ok(response)
    }
}
