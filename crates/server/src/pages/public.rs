//! Pages of the person with the problem, and the doors: landing, report, claim, tracking, sign-in.

use crate::pages::field::{Cards, Times};
use crate::pages::{Choice, FormState, Shell};
use aftercare_app::checking::{Checked, Verdict};
use aftercare_app::history::HistoryDetail;
use aftercare_app::prices::Price;
use aftercare_app::views::{CaseDetail, IntakeReceipt};
use aftercare_app::visit_terms::VisitTerms;
use aftercare_app::wording::Words;
use aftercare_domain::rules::Rules;
use askama::Template;

/// `GET /`: what can be done here.
#[derive(Debug, Template)]
#[template(path = "landing.html")]
pub struct Landing {
    pub shell: Shell,
    /// Name of the business.
    pub tenant_name: String,
}

/// `GET /report`: asks for a visit. Posts multipart to `/report`: `product`, `skill`, `kind`,
/// `description`, `county`, `address`, `name`, `phone`, `from`, `until`, `urgent`, `order_number`,
/// `photos`, `notice_version`, `purposes`.
#[derive(Debug, Template)]
#[template(path = "report.html")]
pub struct Report {
    pub shell: Shell,
    pub form: FormState,
    /// Product ids and names.
    pub products: Vec<Choice>,
    /// Division codes and names.
    pub counties: Vec<Choice>,
    pub notice_version: String,
    /// What cancelling costs, and not being there.
    pub terms: Vec<Words>,
}

/// `GET /claim`: asks for a refund. Posts multipart to `/claim`: `order_number`, `line`, `reason`,
/// `ask_kind`, `ask_amount` (yuan), `statement`, `name`, `phone`, `address`, `photos`,
/// `notice_version`, `purposes`.
#[derive(Debug, Template)]
#[template(path = "claim.html")]
pub struct ClaimPage {
    pub shell: Shell,
    pub form: FormState,
    /// Lines of the order, when it has several and one must be chosen.
    pub lines: Vec<Choice>,
    pub notice_version: String,
    /// The clocks of the rules in force today.
    pub clocks: Rules,
}

/// After an intake: number, link, code and the place in the log; shown once.
#[derive(Debug, Template)]
#[template(path = "done.html")]
pub struct Done {
    pub shell: Shell,
    pub receipt: IntakeReceipt,
    /// The link as the person keeps it, with the scheme and host.
    pub full_link: String,
}

/// After a phone number was put right: the new link and its digits, shown once.
#[derive(Debug, Template)]
#[template(path = "phone_corrected.html")]
pub struct PhoneCorrected {
    pub shell: Shell,
    pub receipt: IntakeReceipt,
    /// The link as the person keeps it, with the scheme and host.
    pub full_link: String,
}

/// `GET /c/{token}`: asks for the six digits. Posts `code` to the same path.
#[derive(Debug, Template)]
#[template(path = "code.html")]
pub struct CodeEntry {
    pub shell: Shell,
    pub form: FormState,
    pub token: String,
}

/// `GET /follow`: the person has the link's token or the whole link. Posts `link` and `code`.
#[derive(Debug, Template)]
#[template(path = "follow.html")]
pub struct Follow {
    pub shell: Shell,
    pub form: FormState,
}

/// `GET /c/{token}/case`: the claimant's case with every form that is offered now.
#[derive(Debug, Template)]
#[template(path = "track.html")]
pub struct Track {
    pub shell: Shell,
    /// `form.action` names the form that failed.
    pub form: FormState,
    pub token: String,
    pub case: CaseDetail,
    pub prices: Vec<Price>,
    /// Counties to choose from, once the address of the form that puts it right leaves its county open.
    pub counties: Vec<Choice>,
    pub times: Times,
    pub cards: Cards,
    /// What the shop knows of earlier outcomes, and what it uses them for.
    pub history: HistoryDetail,
    /// The language and the quiet hours, as they stand or came back; posts them to `/c/{token}/own`.
    pub own: FormState,
}

impl Track {
    /// What cancelling costs, and not being there.
    fn terms(&self) -> Vec<Words> {
        VisitTerms::of(&self.prices).sentences()
    }
}

/// `GET /login`: posts `login` and `password` to `/login`.
#[derive(Debug, Template)]
#[template(path = "login.html")]
pub struct Login {
    pub shell: Shell,
    pub form: FormState,
    /// Path to go on to, posted back as `next`.
    pub next: String,
}

/// `GET /invite/{token}`: posts `password` and `password_again` to the same path.
#[derive(Debug, Template)]
#[template(path = "invite.html")]
pub struct Invite {
    pub shell: Shell,
    pub form: FormState,
    pub token: String,
    pub login: String,
}

/// `GET /desk/password`: posts `old_password`, `password` and `password_again` to the same path.
#[derive(Debug, Template)]
#[template(path = "own_password.html")]
pub struct OwnPassword {
    pub shell: Shell,
    pub form: FormState,
}

/// `GET /verify`: posts `receipt` (a file), `text`, or `number` and `hash` to the same path.
#[derive(Debug, Template)]
#[template(path = "verify.html")]
pub struct Verify {
    pub shell: Shell,
    pub form: FormState,
    /// What came of it.
    pub checked: Option<Checked>,
    /// The verifier key of the log.
    pub key: String,
    /// The latest signed state; empty before there is one.
    pub checkpoint: String,
    /// Scheme and host, as the reader reached us.
    pub address: String,
}

impl Verify {
    /// Whether the log holds it.
    const fn holds(&self, checked: &Checked) -> bool {
        matches!(checked.verdict, Verdict::Held)
    }

    /// How the answer looks: only a log that lost something is marked as wrong.
    const fn look(&self, checked: &Checked) -> &'static str {
        match checked.verdict {
            Verdict::Held => "go",
            Verdict::Gone => "stop",
            Verdict::NotSigned | Verdict::SignedByOthers | Verdict::Changed | Verdict::NotThere => {
                "time"
            }
        }
    }
}

/// Anything that went wrong, in words.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub shell: Shell,
    /// What happened, as a heading.
    pub title: String,
    /// What it means and what to do.
    pub detail: String,
    /// To quote when asking for help.
    pub reference: String,
}

impl ErrorPage {
    /// The page of the customer's case, where something of it was asked for: its address is known by nobody by heart.
    fn case(&self) -> Option<String> {
        let (token, _) = self.shell.path.strip_prefix("/c/")?.split_once('/')?;
        Some(self.shell.case_claimant(token))
    }
}
