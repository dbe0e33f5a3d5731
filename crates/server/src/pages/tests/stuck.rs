//! What a page says to whoever is stuck: what was refused and where, with what was entered, and that nothing was found.

use super::{pages, sample};
use crate::i18n::Lang;
use crate::pages::FormState;
use crate::pages::cores::Cores;
use crate::pages::desk::{Cases, Catalogue, Users};
use crate::pages::inbox::InboxCase;
use crate::pages::technicians::Technicians;
use aftercare_app::cores::CoreParts;
use aftercare_domain::Role;
use askama::Template as _;

/// The pages of that name.
fn named(name: &str) -> Vec<String> {
    let all = pages(Lang::En).into_iter();
    all.filter_map(|(of, html)| (of == name).then_some(html))
        .collect()
}

#[test]
fn what_was_chosen_stays_chosen_so_that_nothing_is_written_of_another() {
    let mut cases = sample::cases(&["read_evidence"]).into_iter();
    let case = cases.find(|case| !case.claims.is_empty());
    let case = case.expect("a claim");
    let claim = case.claims.last().expect("a claim");
    let photo = claim.evidence.last().expect("a photo").id.to_string();
    let mut form = sample::failed("read_evidence", &claim.id.to_string(), &["serial"]);
    form.lists.insert("evidence".into(), vec![photo.clone()]);
    let html = InboxCase {
        shell: sample::shell(Lang::En, "/desk/inbox/x", &Role::ALL),
        form,
        case: case.clone(),
        rows: Vec::new(),
    }
    .render()
    .expect("renders");
    assert!(html.contains(&format!("value=\"{photo}\" selected")));

    let products = sample::products();
    let product = products.last().expect("a product").id.to_string();
    let mut form = sample::failed("photo", "", &["product", "photos"]);
    form.lists.insert("product".into(), vec![product.clone()]);
    let html = Catalogue {
        shell: sample::shell(Lang::En, "/desk/catalogue", &Role::ALL),
        form,
        products,
        prices: Vec::new(),
        photos: Vec::new(),
        imported: None,
        rejected: Vec::new(),
    }
    .render()
    .expect("renders");
    assert!(html.contains(&format!("value=\"{product}\" selected")));
    assert!(html.contains("id=\"p-product-e\""));
}

#[test]
fn a_refused_tariff_comes_back_as_it_was_entered() {
    let forms: Vec<String> = named("settlement")
        .into_iter()
        .filter(|html| html.contains("id=\"t-labor-e\""))
        .collect();
    assert_eq!(forms.len(), 1);
    for field in ["base_repair", "labor"] {
        let input = format!("name=\"{field}\" type=\"text\" value=\"x\"");
        assert!(forms.iter().all(|html| html.contains(&input)), "{field}");
    }
}

#[test]
fn refused_groups_come_back_as_they_were_entered() {
    let users = sample::accounts();
    let user = users.first().expect("an account").id.to_string();
    let html = Users {
        shell: sample::shell(Lang::En, "/desk/users", &Role::ALL),
        form: sample::failed("groups", &user, &["groups"]),
        users,
        groups: Vec::new(),
        invitation: None,
        full_link: String::new(),
    }
    .render()
    .expect("renders");
    assert!(html.contains(&format!("id=\"roles-{user}-groups-e\"")));
    assert_eq!(
        html.matches("name=\"groups\" type=\"text\" value=\"x\"")
            .count(),
        1
    );
}

#[test]
fn a_list_without_anything_says_why() {
    let cases = |open_only, found, form| {
        Cases {
            shell: sample::shell(Lang::En, "/desk/cases", &Role::ALL),
            page: sample::page(Vec::new()),
            open_only,
            form,
            found,
        }
        .render()
        .expect("renders")
    };
    let none = "There are no cases yet.";
    assert!(cases(false, false, FormState::default()).contains(none));
    assert!(cases(true, false, FormState::default()).contains("No case is open."));
    let refused = sample::failed("", "", &["sought"]);
    assert!(!cases(false, false, refused).contains(none));
    let sought = cases(false, true, FormState::default());
    assert!(sought.contains("No case has this number.") && !sought.contains(none));
    assert!(sought.contains("class=\"btn\" href=\"/desk/intake\""));
    let technicians = |q: &str| {
        Technicians {
            shell: sample::shell(Lang::En, "/desk/technicians", &Role::ALL),
            form: FormState::default(),
            technicians: Vec::new(),
            needs: Vec::new(),
            more: 0,
            q: q.into(),
        }
        .render()
        .expect("renders")
    };
    let import = "Import technicians";
    assert!(technicians("").contains(import) && !technicians("fan").contains(import));
    assert!(technicians("fan").contains("href=\"/desk/technicians\">Show all technicians</a>"));
}

#[test]
fn what_does_not_come_back_is_not_done_by_one_tap() {
    for (page, sends) in [
        ("own application", "value=\"withdraw\""),
        ("tokens", "/revoke\""),
    ] {
        let offered: Vec<String> = named(page)
            .into_iter()
            .filter(|html| html.contains(sends))
            .collect();
        assert!(!offered.is_empty(), "{page}");
        for html in offered {
            let before = html.split(sends).next().unwrap_or_default();
            let folded = before.rfind("<details") > before.rfind("</details>");
            assert!(folded, "{page}: {html}");
        }
    }
}

#[test]
fn whoever_came_from_their_jobs_gets_back_to_them() {
    let page = |roles: &[Role]| {
        Cores {
            shell: sample::shell(Lang::En, "/desk/cores", roles),
            form: FormState::default(),
            state: "owed".into(),
            cores: Vec::new(),
            parts: CoreParts { parts: Vec::new() },
            outlets: Vec::new(),
        }
        .render()
        .expect("renders")
    };
    let [jobs, parts] = ["/desk/jobs?which=done", "/desk/parts"].map(|to| format!("href=\"{to}\""));
    let technician = page(&[Role::Technician]);
    assert!(technician.contains(&jobs) && !technician.contains(&parts));
    assert!(page(&[Role::Dispatcher]).contains(&parts));
}

#[test]
fn a_library_is_loaded_where_something_needs_it() {
    let mut asking = 0;
    for (name, html) in pages(Lang::En) {
        let asks = html.contains(" hx-post=");
        asking += usize::from(asks);
        // A part of a page is none.
        if html.contains("<head>") {
            assert_eq!(html.contains("htmx.min"), asks, "{name}");
        }
    }
    assert!(asking > 0);
}
