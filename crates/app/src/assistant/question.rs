//! What an assistant is asked and what it answers: texts alone. Nothing here, nor in its neighbors, can reach a case, a person, a
//! photo or anybody who sends.

use super::masks::Masks;
use aftercare_domain::Timestamp;
use async_trait::async_trait;
use serde::Serialize;
use utoipa::ToSchema;

/// Who wrote a line of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    Customer,
    Desk,
}

/// A message of the conversation.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    pub by: Speaker,
    pub text: String,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({:?}, ..)", self.by)
    }
}

/// A text of the desk that may be the reply, its places filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// `zh-CN` or `en`.
    pub lang: String,
    pub title: String,
    pub text: String,
    /// Questions of a call rather than a reply.
    pub asks: bool,
}

/// A question to an assistant. It has no finding, no verdict, no photo and nothing that was opened of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub at: Timestamp,
    /// State of the latest thing on the case, where it says nothing of photos that wait for a look.
    pub state: String,
    /// The clock that ends next, and when, where a customer may be told of it.
    pub due: Option<(String, Timestamp)>,
    /// The visit that was agreed, such as `2026-11-25 14:00–16:00`.
    pub visit: Option<String>,
    pub product: Option<String>,
    /// What was written, the latest last.
    pub lines: Vec<Line>,
    pub ready: Vec<Ready>,
    /// Names of colleagues and technicians on the case: they do not leave.
    pub names: Vec<String>,
    /// What lists show of the customer's name: its first character.
    pub initial: Option<char>,
}

impl Question {
    /// What the customer wrote last, the latest last.
    pub(super) fn asked(&self, most: usize) -> Vec<&str> {
        let said = self
            .lines
            .iter()
            .filter(|line| line.by == Speaker::Customer);
        let mut said: Vec<&str> = said.map(|line| line.text.as_str()).collect();
        let before = said.len().saturating_sub(most);
        said.split_off(before)
    }

    /// The language that the customer writes.
    pub(super) fn lang(&self) -> &'static str {
        let asked = self.asked(1).concat();
        let latin = asked.chars().any(|c| c.is_ascii_alphabetic());
        if latin && !asked.chars().any(is_han) {
            "en"
        } else {
            "zh-CN"
        }
    }

    /// What is due and when the visit is, in words for the customer.
    pub(super) fn facts(&self) -> Vec<String> {
        let en = self.lang() == "en";
        let visit = self.visit.as_ref().map(|visit| {
            if en {
                format!("The visit is agreed for {visit} (China time).")
            } else {
                format!("上门时间约在 {visit}（北京时间）。")
            }
        });
        let due = self.due.as_ref().map(|(_, at)| {
            let at = at.to_china_minute();
            if en {
                format!("The next step of your case is due by {at} (China time).")
            } else {
                format!("您这件事的下一步最晚在 {at}（北京时间）前进行。")
            }
        });
        visit.into_iter().chain(due).collect()
    }
}

pub(super) const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// A draft of a reply. It is text beside the box in which a colleague writes; whoever wants to say it sends a message themselves.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Draft {
    /// `reply`, `script`, `facts` or `provider`.
    pub source: String,
    /// Title of the text of the desk, or the host that was asked; empty for facts.
    pub from: String,
    pub text: String,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draft({} {}, ..)", self.source, self.from)
    }
}

/// Why there is no draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoDraft {
    /// It is asked by others now, or did not answer a moment ago.
    Busy,
    /// It did not answer, or with an error.
    NoAnswer(String),
    /// What would be sent, or what was answered, is not to be used.
    NotUsable(&'static str),
}

impl NoDraft {
    /// The stable name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::NoAnswer(_) => "no_answer",
            Self::NotUsable(_) => "not_usable",
        }
    }
}

/// What leaves this machine for a question, and what was taken out of it before.
pub struct Parcel {
    pub(super) body: Vec<u8>,
    pub(super) masks: Masks,
}

impl Parcel {
    /// The bytes that are sent.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Suggests what a colleague might reply.
#[async_trait]
pub trait Assistant: Send + Sync {
    /// Who answers: `built_in`, or the host that is asked.
    fn provider(&self) -> &str;

    /// What would leave this machine for the question; none where nothing does. It is in the log before it does.
    ///
    /// # Errors
    /// Nothing is to be sent now, or this is not to be sent.
    fn parcel(&self, question: &Question) -> Result<Option<Parcel>, NoDraft>;

    /// Drafts, the likeliest first.
    ///
    /// # Errors
    /// Why there is none.
    async fn suggest(
        &self,
        question: &Question,
        parcel: Option<Parcel>,
    ) -> Result<Vec<Draft>, NoDraft>;
}
