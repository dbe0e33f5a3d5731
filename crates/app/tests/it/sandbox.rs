//! A sandbox lives through days in a moment, only forward, and says so; who serves people cannot.

use crate::world::{START, World, claim_input};
use aftercare_app::clock::{Clock, DemoClock, ManualClock, SandboxClock, SystemClock};
use aftercare_app::error::ErrorKind;
use aftercare_app::limits::SANDBOX_AHEAD_MS_MAX;
use aftercare_app::lists::Paging;
use aftercare_domain::Timestamp;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use std::sync::Arc;

#[test]
fn the_clock_of_a_sandbox_goes_on_from_where_it_was_moved_and_never_back() {
    let clock = DemoClock::new(START);
    assert!(clock.sandbox().is_none(), "the stories move it themselves");
    clock.release();
    let sandbox = clock.sandbox().expect("a demo that serves");
    let ahead = Timestamp(SystemClock.now().0.max(START.0)).plus_ms(2 * DAY_MS);
    sandbox.move_to(ahead);
    assert!(clock.now() >= ahead);
    assert!(sandbox.ahead_ms() > DAY_MS);
    let moved = clock.now();
    sandbox.move_to(START);
    assert!(clock.now() >= moved, "it never goes back");
    // It runs: it does not stand until the machine comes up to it.
    std::thread::sleep(std::time::Duration::from_millis(5));
    assert!(clock.now() > moved);
    assert!(
        SystemClock.sandbox().is_none(),
        "a real clock is nobody's to move"
    );
}

/// The clock of a sandbox that stands until it is moved, so that the test is exact.
struct Standing(ManualClock);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sandbox(&self) -> Option<&dyn SandboxClock> {
        Some(self)
    }
}

impl SandboxClock for Standing {
    fn ahead_ms(&self) -> i64 {
        self.now().since_ms(START)
    }

    fn move_to(&self, time: Timestamp) {
        self.0.advance_to(time);
    }
}

#[tokio::test]
async fn a_claim_lives_through_two_days_in_a_sandbox_and_the_log_says_it() {
    let world = World::new().await;
    let clock = Arc::new(Standing(ManualClock::new(START)));
    let app = world.with_clock(clock).await;
    let input = claim_input("A1", "周示范", "13800000002");
    let filed = app.file_claim(world.tenant, None, input, Vec::new(), None);
    let case = filed.await.unwrap().case;
    app.settle().await.unwrap();
    let state = || async {
        let detail = app.case_detail(&world.reviewer, case).await.unwrap();
        detail.claims[0].state.clone()
    };
    assert_eq!(state().await, "merchant_window");
    for (name, who) in world.everybody() {
        if name != "admin" {
            let refused = app.move_sandbox(who, 1).await.unwrap_err();
            assert_eq!(refused.kind, ErrorKind::Forbidden, "{name}");
        }
    }
    for hours in [0, -48, 721] {
        let refused = app.move_sandbox(&world.admin, hours).await.unwrap_err();
        assert_eq!(refused.rule, "sandbox_hours");
    }
    assert_eq!(app.now(), START, "nothing moved it");
    app.move_sandbox(&world.admin, 49).await.unwrap();
    assert_eq!(app.now(), START.plus_ms(49 * HOUR_MS));
    assert_eq!(app.sandbox_ahead_ms(), Some(49 * HOUR_MS));
    assert_eq!(state().await, "human_review");
    // What ran out did so at its own time, not when the clock was moved.
    let detail = app.case_detail(&world.reviewer, case).await.unwrap();
    let mut timeline = detail.timeline.iter();
    let silent = timeline.find(|entry| entry.event == "merchant_silent.v1");
    assert_eq!(silent.unwrap().at, START.plus_ms(48 * HOUR_MS));
    let paging = Paging {
        limit: Some(200),
        ..Paging::default()
    };
    let log = app.log_page(&world.auditor, &paging).await.unwrap();
    let mut entries = log.items.iter();
    let said = |name: &str| name == "sandbox_clock_moved.v1";
    let moved = entries.find(|entry| entry.name.as_deref().is_some_and(said));
    assert_eq!(moved.expect("the log says it").at, START);
    // Five years are enough.
    let end = START.plus_ms(SANDBOX_AHEAD_MS_MAX);
    let far = world.with_clock(Arc::new(Standing(ManualClock::new(end))));
    let refused = far.await.move_sandbox(&world.admin, 1).await;
    assert_eq!(refused.unwrap_err().rule, "sandbox_too_far");
}

#[tokio::test]
async fn nobody_moves_a_real_clock() {
    let world = World::new().await;
    let refused = world.app.move_sandbox(&world.admin, 48).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(world.app.sandbox_ahead_ms(), None);
}
