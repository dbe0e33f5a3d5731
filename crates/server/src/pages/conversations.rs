//! The desk's conversations, and the texts that it uses.

use crate::pages::{Choice, FormState, Shell};
use aftercare_app::assistant::Drafts;
use aftercare_app::conversations::{
    Colleague, ConversationDetail, ConversationList, ConversationView,
};
use aftercare_app::desk_texts::{DeskText, FilledReply, LANGS, Place};
use aftercare_domain::audit::DeskTextKind;
use askama::Template;

/// `GET /desk/conversations`. Each conversation posts `do` to `/desk/conversations/{case}`: `take` or `give_back`.
#[derive(Debug, Template)]
#[template(path = "desk_conversations.html")]
pub struct Conversations {
    pub shell: Shell,
    pub form: FormState,
    pub list: ConversationList,
}

impl Conversations {
    /// The three parts of the page with the keys of their headings.
    fn parts(&self) -> [(&'static str, &[ConversationView]); 3] {
        [
            ("talk-mine", self.list.mine.as_slice()),
            ("talk-free", self.list.free.as_slice()),
            ("talk-others", self.list.others.as_slice()),
        ]
    }

    /// Whether the reader has it.
    fn is_mine(&self, row: &ConversationView) -> bool {
        self.list.mine.iter().any(|mine| mine.case == row.case)
    }
}

/// What stands on the page of a case about its conversation, for whoever answers claimants: posts `do` to
/// `/desk/conversations/{case}`, for `hand_over` with `to` and `note`, for `phoned` and `nothing_asked` with `until`; `suggest` asks
/// for drafts, and `use` with `text` puts one into the form of a message.
#[derive(Clone, Debug)]
pub struct Talk {
    pub detail: ConversationDetail,
    pub replies: Vec<FilledReply>,
    /// Whether drafts can be asked for.
    pub suggests: bool,
    /// The host that is asked then, where something leaves.
    pub host: Option<String>,
    /// Drafts that were asked for.
    pub drafts: Option<Drafts>,
}

impl Talk {
    /// To whom it can be handed, whoever is there first.
    #[must_use]
    pub fn colleagues(&self, shell: &Shell) -> Vec<Choice> {
        let label = |colleague: &Colleague| {
            if colleague.here {
                shell.t1("talk-here", "name", &colleague.name)
            } else {
                shell.t1("talk-away", "name", &colleague.name)
            }
        };
        let all = self.detail.colleagues.iter();
        all.map(|colleague| Choice::new(colleague.user.to_string(), label(colleague)))
            .collect()
    }

    /// Whether the reader may take it.
    #[must_use]
    pub fn may_take(&self) -> bool {
        !self.detail.mine
            && self
                .detail
                .holder
                .as_ref()
                .is_none_or(|holder| !holder.here)
    }

    /// Until when the reader has read, as the form sends it.
    #[must_use]
    pub fn until(&self) -> String {
        let last = self.detail.last_at;
        last.map_or_else(String::new, |at| at.0.to_string())
    }
}

/// `GET /desk/replies` and `GET /desk/scripts`: posts `id`, `version`, `lang`, `title`, `body`, `withdrawn`, and for questions
/// `product` and `category`, to the same path; `?text=` fills the form with one of them.
#[derive(Debug, Template)]
#[template(path = "desk_texts.html")]
pub struct Texts {
    pub shell: Shell,
    pub form: FormState,
    pub kind: DeskTextKind,
    pub texts: Vec<DeskText>,
    pub products: Vec<Choice>,
    /// Whether the reader may change them.
    pub keeps: bool,
}

impl Texts {
    const fn is_reply(&self) -> bool {
        matches!(self.kind, DeskTextKind::Reply)
    }

    /// The key of a text about this kind of texts.
    fn key(&self, part: &str) -> String {
        self.shell.t(&format!("{}-{part}", self.kind.name()))
    }

    fn langs(&self) -> Vec<Choice> {
        LANGS
            .map(|tag| Choice::new(tag, self.shell.word("textlang", tag)))
            .to_vec()
    }

    /// What can be filled in, with what it stands for.
    fn places(&self) -> Vec<Choice> {
        Place::ALL
            .map(|place| {
                let name = place.name();
                Choice::new(format!("{{{name}}}"), self.shell.word("textplace", name))
            })
            .to_vec()
    }
}
