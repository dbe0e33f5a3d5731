//! The page on which a visit is moved, and what the board offers around it.

use super::super::{FormState, LANGS, sample};
use crate::i18n::Lang;
use crate::pages::Choice;
use crate::pages::board::Day;
use crate::pages::desk::Dispatch;
use crate::pages::map::Map;
use crate::pages::moving::{Moving, Visiting};
use crate::pages::week::Week;
use aftercare_app::people::Place;
use aftercare_app::planning::map::{BoardMap, MapOutlet, MapPerson, MapVisit};
use aftercare_app::planning::what_if::WhatIf;
use aftercare_domain::Role;
use askama::Template as _;

fn page(lang: Lang, about: Option<Visiting>, found: Option<WhatIf>, form: FormState) -> Moving {
    Moving {
        shell: sample::shell(lang, "/desk/dispatch/move", &Role::ALL),
        form,
        about,
        technicians: vec![Choice::new("1", "周师傅 · lamp")],
        technician: "1".into(),
        from: "2026-11-26T10:15".into(),
        day: 1,
        found,
    }
}

pub(super) fn all(lang: Lang) -> Vec<(&'static str, Result<String, askama::Error>)> {
    let mut pages = Vec::new();
    for step in ["proposed", "placed", "accepted", "agreed", "busy", ""] {
        let about = Some(sample::visiting(step));
        let page = page(lang, about, None, FormState::default());
        pages.push(("move", page.render()));
    }
    for kind in ["moves", "asks", "no_room"] {
        let about = Some(sample::visiting("agreed"));
        let form = sample::failed("", "", &["technician", "from"]);
        let page = page(lang, about, Some(sample::what_if(kind)), form);
        pages.push(("move", page.render()));
    }
    pages.push((
        "move",
        page(lang, None, None, FormState::default()).render(),
    ));
    pages.push(("dispatch", moved(lang).render()));
    pages.push(("week", week(lang).render()));
    pages.push(("map", map(lang).render()));
    let shell = sample::shell(lang, "/desk/dispatch/map", &Role::ALL);
    pages.push(("map", Map::of(shell, nowhere(), 0).render()));
    pages
}

/// The board after a visit was moved.
fn moved(lang: Lang) -> Dispatch {
    let board = sample::board();
    let id = board.rows[0].visits[1].work_order.to_string();
    Dispatch {
        shell: sample::shell(lang, "/desk/dispatch", &Role::ALL),
        form: FormState::default(),
        page: sample::page(Vec::new()),
        technicians: sample::technicians(),
        board: board.with_moved(&id),
    }
}

fn week(lang: Lang) -> Week {
    let mut plan = sample::plan();
    // Somebody who does not work on the day, and has a visit all the same.
    let mut other = plan.technicians[0].clone();
    other.works.clear();
    other.visits.truncate(1);
    plan.technicians.push(other);
    let shell = sample::shell(lang, "/desk/dispatch/week", &Role::ALL);
    Week::of(shell, &plan)
}

fn nowhere() -> BoardMap {
    BoardMap {
        midnight: sample::plan().midnight,
        outlets: Vec::new(),
        people: Vec::new(),
    }
}

/// A day with a visit whose place is known, one of which only the county is, and one that is to be asked.
fn map(lang: Lang) -> Map {
    let home = Place {
        latitude_e6: 30_250_000,
        longitude_e6: 120_170_000,
    };
    let places = [(Some(home), 0), (Some(home), 9_000), (None, 0)];
    let who = sample::plan().technicians.remove(0);
    let visits = who.visits.into_iter().zip(places);
    let visits = visits.map(|(visit, (place, radius_m))| MapVisit {
        visit,
        place,
        radius_m,
    });
    let places = BoardMap {
        outlets: vec![MapOutlet {
            name: "示例网点".into(),
            place: Place {
                latitude_e6: 30_300_000,
                ..home
            },
        }],
        people: vec![MapPerson {
            id: who.id,
            name: who.name,
            home,
            visits: visits.collect(),
        }],
        ..nowhere()
    };
    let shell = sample::shell(lang, "/desk/dispatch/map", &Role::ALL);
    Map::of(shell, places, 0)
}

#[test]
fn the_picture_shows_what_is_known_and_the_list_says_all_of_it() {
    let map = map(Lang::En);
    assert_eq!(map.count(), 2, "one is to be asked");
    let html = map.render().expect("renders");
    assert_eq!(html.matches("class=\"man\"").count(), 1);
    assert_eq!(html.matches("class=\"call").count(), 2);
    assert_eq!(html.matches("<ol class=\"queue\"><li>").count(), 1);
    assert!(html.contains("only the county is known"), "{html}");
    assert!(html.contains("the place is to be asked"), "{html}");
    // Nothing is asked of anybody else.
    assert!(!html.contains("http://") && !html.contains("https://"));
}

#[test]
fn the_week_counts_visits_and_hours_of_each_day_and_of_everybody() {
    let week = week(Lang::En);
    let (first, other) = (&week.rows[0], &week.rows[1]);
    // Three visits of an hour, each an hour on the way, in nine hours at work.
    let today = first.days[0];
    assert_eq!((today.visits, today.late), (3, 1));
    assert_eq!((today.percent(), today.is_over()), (Some(66), false));
    assert_eq!((first.days[1].visits, first.days[1].percent()), (0, None));
    assert_eq!(
        (other.days[0].percent(), other.days[0].is_over()),
        (None, true)
    );
    assert_eq!((week.total.days[0].visits, week.total.all.visits), (4, 4));
    let html = week.render().expect("renders");
    assert!(html.contains("66 %") && html.contains("1 late"), "{html}");
    assert!(html.contains("/desk/dispatch?day=6"));
}

#[test]
fn a_move_is_offered_only_where_it_can_be_and_says_first_what_comes_of_it() {
    for lang in LANGS {
        let html = |step: &str, kind: Option<&str>| {
            let found = kind.map(sample::what_if);
            let page = page(
                lang,
                Some(sample::visiting(step)),
                found,
                FormState::default(),
            );
            page.render().expect("renders")
        };
        let moves = "name=\"do\" value=\"move\"";
        assert!(!html("agreed", None).contains(moves), "nothing was asked");
        let told = html("agreed", Some("moves"));
        assert!(told.contains(moves) && told.contains("name=\"seen\" value=\"1-2-3-4-5\""));
        assert!(told.contains("AC-2611-0388"), "whose visit changes");
        // A visit can begin at any minute: browsers refuse what is between the steps of a field.
        assert!(!html("agreed", None).contains("step="));
        // A time that was agreed moves only through the customer.
        let asks = html("agreed", Some("asks"));
        assert!(!asks.contains(moves) && asks.contains("value=\"propose_times\""));
        assert!(!html("agreed", Some("no_room")).contains(moves));
        assert!(!html("busy", None).contains("mv-technician"));
        // The last move is taken back by a form of its own.
        let back = "name=\"do\" value=\"back\"";
        assert!(html("agreed", None).contains(back) && !html("proposed", None).contains(back));
    }
}

#[test]
fn a_day_without_visits_says_so_where_they_are_listed() {
    let nothing = "No visit on this day.";
    let mut page = moved(Lang::En);
    assert!(!page.render().expect("renders").contains(nothing));
    page.board = Day::of(sample::plan(), 6);
    assert!(page.render().expect("renders").contains(nothing));
}

#[test]
fn a_day_of_many_visits_lists_them_only_when_asked_to() {
    let mut page = moved(Lang::En);
    assert!(
        page.render()
            .expect("renders")
            .contains("id=\"visits\" open>")
    );
    let mut plan = sample::plan();
    let visits = &mut plan.technicians[0].visits;
    *visits = vec![visits[0].clone(); 61];
    page.board = Day::of(plan, 0);
    let html = page.render().expect("renders");
    assert!(html.contains("id=\"visits\"><summary>"), "{html}");
    // Everything is there all the same, and is jumped over by whoever comes with keys.
    assert_eq!(
        html.matches("/desk/dispatch/move?work_order=").count(),
        61 + page.board.waiting.len()
    );
    assert!(html.contains("href=\"#visits\">Skip the plan</a>"));
}

#[test]
fn where_there_are_many_technicians_each_row_does_not_list_them_all() {
    let mut page = moved(Lang::En);
    page.page = sample::page(sample::work_rows());
    let chosen = "<select class=\"in\" id=\"t-";
    assert!(page.render().expect("renders").contains(chosen));
    page.technicians = vec![page.technicians[0].clone(); 31];
    let html = page.render().expect("renders");
    assert!(!html.contains(chosen), "{html}");
    assert!(html.contains("Offer to the nearest") && html.contains("Choose somebody"));
    assert!(html.contains("name=\"action\" value=\"offer\""));
}

#[test]
fn the_board_offers_to_take_a_move_back_while_that_is_possible() {
    let html = moved(Lang::En).render().expect("renders");
    assert!(html.contains("name=\"do\" value=\"back\""), "{html}");
    let board = sample::board();
    let busy = board.rows[0].visits[2].work_order.to_string();
    assert_eq!(board.clone().with_moved(&busy).moved, None);
    assert_eq!(board.with_moved("nothing").moved, None);
    // Every visit that waits is moved from the list as well, for keys and for phones, and so is what fits nowhere.
    assert_eq!(html.matches("/desk/dispatch/move?work_order=").count(), 3);
    assert_eq!(html.matches("data-move=").count(), 2);
}
