//! Codes of what was found and done, as they are in the events.

use crate::world::{WORK, World, diagnose, finish, start_work};
use aftercare_domain::command::Command;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::limits::ACTIONS_MAX;

fn done(codes: &[&str]) -> Command {
    let mut command = finish(WorkOutcome::Fixed);
    if let Command::FinishWork { actions, .. } = &mut command {
        *actions = codes.iter().map(|code| (*code).to_owned()).collect();
    }
    command
}

#[test]
fn a_repair_knows_what_was_found_last_and_what_was_done() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(start_work());
    assert_eq!(world.refused(done(&["SWAP", " "])), "text_missing");
    let many = vec!["SWAP"; ACTIONS_MAX + 1];
    assert_eq!(world.refused(done(&many)), "text_too_long");
    world.run(done(&["SWAP", "TEST"]));
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.diagnosis.as_deref(), Some("E21"));
    assert_eq!(order.actions, ["SWAP", "TEST"]);
}
