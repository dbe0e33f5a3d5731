//! Address → division: one pass finds every name of every year, chains of names are weighed, and what is left open
//! is told instead of decided.

mod answer;
mod chain;
mod typo;

use crate::atlas::{Atlas, UnitId};
use crate::date::Date;
use crate::limits::{MAX_CANDIDATES, MAX_MATCHES};
use crate::rest::Rest;
use crate::text::Folded;
use crate::unit::{Code, Level};

/// How sure an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every level is written, as it is called today.
    Exact,
    /// A level is missing or shortened, and only one reading is left.
    Inferred,
    /// A name is misspelled, and only one reading is near.
    Corrected,
    /// The names are of an earlier time, and one division took the place.
    Superseded,
    /// Several readings are equally good, or a division was split and nothing says which part.
    Ambiguous,
    /// The parts contradict each other; the best reading is filled in.
    Conflict,
    /// No division is recognized, or none precise enough.
    Unknown,
}

/// The parts of an answer that have a place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    Province,
    City,
    County,
    Town,
    Road,
    Number,
    Building,
    Unit,
    Room,
}

/// Bytes of the input that a part was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub part: Part,
    pub start: u32,
    pub end: u32,
}

/// One reason, in both languages; `id` is stable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub id: &'static str,
    pub zh: String,
    pub en: String,
}

/// What an address says.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution<'a> {
    pub status: Status,
    /// The county, or the prefecture where it has no counties or the address names a zone of it.
    pub code: Option<Code>,
    /// Nine digits, as the statistics number towns.
    pub town_code: Option<u32>,
    /// The codes between which the text does not decide; sorted.
    pub candidates: Vec<Code>,
    /// The one of them in which a landline in the text rings: to be asked about first, not decided.
    pub likely: Option<Code>,
    pub province: Option<&'a str>,
    pub city: Option<&'a str>,
    pub county: Option<&'a str>,
    pub town: Option<&'a str>,
    pub rest: Rest<'a>,
    pub spans: Vec<Span>,
    pub why: Vec<Why>,
    /// The most precise division of the answer, at any level.
    pub unit: Option<UnitId>,
}

/// A name in the text: characters `start..end`, and the node of the tree of names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Match {
    pub start: usize,
    pub end: usize,
    pub node: u32,
}

/// One text under work.
pub(crate) struct Reading<'a> {
    pub atlas: &'a Atlas,
    pub day: Date,
    pub text: Folded,
    pub matches: Vec<Match>,
}

/// Scores within this of the best are a tie. In-force names stand [`chain::IN_FORCE`] above those that are not.
const TIE: f32 = 0.5;

impl Atlas {
    /// What division an address lies in, seen on a day ([`Date::LATEST`] for today's divisions).
    #[must_use]
    pub fn resolve<'a>(&'a self, input: &'a str, day: Date) -> Resolution<'a> {
        let text = Folded::of(input, &self.chars);
        let mut matches = Vec::with_capacity(48);
        for start in 0..text.len() {
            if matches.len() >= MAX_MATCHES {
                break;
            }
            self.names.walk(
                text.chars.get(start..).unwrap_or_default(),
                |length, node| {
                    matches.push(Match {
                        start,
                        end: start + length,
                        node,
                    });
                },
            );
        }
        let reading = Reading {
            atlas: self,
            day,
            text,
            matches,
        };
        let mut chains = reading.chains();
        reading.add_corrections(&mut chains);
        chains.truncate(MAX_CANDIDATES);
        let best = chains
            .iter()
            .map(|chain| chain.score)
            .fold(f32::NEG_INFINITY, f32::max);
        chains.retain(|chain| chain.score > best - TIE);
        answer::answer(&reading, input, chains)
    }
}

impl Reading<'_> {
    pub(crate) fn level(&self, id: UnitId) -> Level {
        self.atlas.unit(id).level
    }
}
