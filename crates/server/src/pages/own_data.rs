//! What a person asks of the data about themselves: the page, and the copy that they take away.

use crate::i18n::Lang;
use crate::pages::{FormState, Shell};
use aftercare_app::AppError;
use aftercare_app::consents::OwnConsent;
use aftercare_app::own_data::{ErasureDetail, OwnData};
use askama::Template;

/// `GET /c/{token}/data`: posts nothing to the same path for the copy, and `do` (`ask`, `cancel`, or
/// `withdraw` with `purpose`, a consent) to `/c/{token}/erasure`.
#[derive(Debug, Template)]
#[template(path = "own_data.html")]
pub struct OwnDataPage {
    pub shell: Shell,
    pub form: FormState,
    pub token: String,
    /// Number of the case.
    pub number: String,
    /// Name, number and address are destroyed.
    pub shredded: bool,
    /// Whether they came with the code that was sent to their phone.
    pub by_phone: bool,
    pub erasure: Option<ErasureDetail>,
    /// Uses that rest on consent.
    pub consents: Vec<OwnConsent>,
}

impl OwnDataPage {
    /// Whether a request waits, or is carried out bit by bit.
    fn is_pending(&self) -> bool {
        self.erasure
            .as_ref()
            .is_some_and(|erasure| erasure.ended_at.is_none())
    }
}

/// The copy as people read it: one page without a second file.
#[derive(Debug, Template)]
#[template(path = "own_data_sheet.html")]
pub struct OwnDataSheet<'a> {
    shell: Shell,
    own: &'a OwnData,
}

impl<'a> OwnDataSheet<'a> {
    /// The copy in a language.
    #[must_use]
    pub fn new(lang: Lang, own: &'a OwnData) -> Self {
        Self {
            shell: Shell {
                lang,
                now: own.made_at,
                path: String::new(),
                query: String::new(),
                once: false,
                staff: None,
                toast: None,
                hotline: None,
                sandbox: None,
            },
            own,
        }
    }

    /// The rules of the page, within it.
    fn styles(&self) -> String {
        format!("<style>{}</style>", aftercare_report::sheets())
    }

    /// The page.
    ///
    /// # Errors
    /// A template that does not render, which is our fault.
    pub fn html(&self) -> Result<String, AppError> {
        self.render()
            .map_err(|error| AppError::internal(format!("template: {error}")))
    }
}
