//! Pages of the merchant: claims to answer, the nearest deadline first, and one claim.

use crate::pages::{FormState, Shell};
use aftercare_app::lists::InboxPart;
use aftercare_app::views::{CaseDetail, ClaimRow, Page};
use askama::Template;

/// `GET /desk/inbox`: claims that wait for the merchant, `?part=running` for those that wait for others, `?part=ended`
/// for those that are over.
#[derive(Debug, Template)]
#[template(path = "inbox.html")]
pub struct Inbox {
    pub shell: Shell,
    pub part: InboxPart,
    pub page: Page<ClaimRow>,
}

impl Inbox {
    /// The part of the pager's query that keeps the tab.
    fn query(&self) -> String {
        format!("part={}&", self.part.name())
    }
}

/// `GET /desk/inbox/{case}`: one claim with its answer forms. Forms post to `/desk/cases/{case}/act`
/// with `next` set to this page.
#[derive(Debug, Template)]
#[template(path = "inbox_case.html")]
pub struct InboxCase {
    pub shell: Shell,
    pub form: FormState,
    pub case: CaseDetail,
    /// The list beside it.
    pub rows: Vec<ClaimRow>,
}
