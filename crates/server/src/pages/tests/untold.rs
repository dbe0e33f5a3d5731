//! Whoever was not told is shown with what to do about it, in both languages, and only what can be done.

use super::{LANGS, sample};
use crate::i18n::find;
use aftercare_domain::Role;
use askama::Template as _;

/// The section of a case's page, from its heading on.
fn section(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("id=\"untold\"")?;
    rest.split("</section>").next()
}

#[test]
fn whoever_was_not_told_is_shown_with_what_to_do() {
    for lang in LANGS {
        let said = |key: &str| find(lang, key, &[]).expect("words");
        for case in sample::cases(&[]) {
            for (shredded, closed) in [(false, false), (true, false), (false, true)] {
                let mut case = case.clone();
                case.person.shredded = shredded;
                case.closed = closed;
                let shell = sample::shell(lang, "/desk/cases/1", &[Role::Agent]);
                let mut page = sample::case_page(shell, &case, Vec::new());
                let html = page.render().expect("renders");
                let told = section(&html).expect("a section");
                for key in [
                    "untold-refused",
                    "untold-silent",
                    "untold-technician",
                    "untold-desk",
                ] {
                    assert!(told.contains(&said(key)), "{key}: {told}");
                }
                let corrects = told.contains("href=\"#correct-phone\"");
                assert_eq!(corrects, !shredded && !closed, "{told}");
                assert!(told.contains("href=\"#person\""), "{told}");
                page.untold.clear();
                let html = page.render().expect("renders");
                assert!(section(&html).is_none(), "nothing where everybody was told");
            }
        }
    }
}
