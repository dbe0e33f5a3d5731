//! Invented codes of faults and of what was done.

use super::{failed, shell};
use crate::i18n::Lang;
use crate::pages::FormState;
use crate::pages::codes::Codes;
use aftercare_app::codes::{CodeBook, CodeSaid, ServiceCode};
use aftercare_domain::Role;
use askama::Template as _;

fn code(class: &str, code: &str) -> ServiceCode {
    ServiceCode {
        class: class.into(),
        skill: "lamp".into(),
        service: if class == "action" { "" } else { "repair" }.into(),
        code: code.into(),
        zh: "电源板无输出".into(),
        en: "No output".into(),
        retired: code == "OLD",
    }
}

/// What a technician chooses of.
pub fn code_book() -> CodeBook {
    CodeBook(vec![
        code("action", "SWAP"),
        code("diagnosis", "E1"),
        code("diagnosis", "OLD"),
    ])
}

/// A code as it was chosen; some have no words.
pub fn said(code: &str) -> CodeSaid {
    code_book().said("diagnosis", ("lamp", "repair"), code)
}

/// The page with codes and without.
pub fn codes(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let fields = ["class", "skill", "service", "code", "zh", "en"];
    let of = |form: FormState, codes: Vec<ServiceCode>| {
        let page = Codes {
            shell: shell(lang, "/desk/codes", &Role::ALL),
            form,
            codes,
        };
        ("codes", page.render())
    };
    vec![
        of(failed("", "", &fields), code_book().0),
        of(FormState::default(), Vec::new()),
    ]
}
