//! Nobody's photo is published without two people, a notice and fifteen days; whatever is disputed counts for nothing.

use aftercare_exchange::limits::{APPEAL_S, CORRECTION_S, DAY_S, LIFE_DAYS, REPLY_DAYS};
use aftercare_exchange::{
    Colleague, Command, End, GroupId, Judgement, Nearness, Process, Refused, Shows, Stage, Tag,
};
use proptest::prelude::*;

const US: GroupId = GroupId(1);
const OTHERS: GroupId = GroupId(2);
const FAR: Nearness = Nearness {
    catalogue: false,
    accepted_claims: 0,
};
const BEGIN_S: u64 = 1_000;
const REPLY_S: u64 = REPLY_DAYS as u64 * DAY_S;
const LIFE_S: u64 = LIFE_DAYS as u64 * DAY_S;

fn begin() -> Process {
    let judgement = Judgement {
        by: Colleague(1),
        at_s: BEGIN_S,
        is_final: true,
    };
    Process::begin(US, judgement).unwrap()
}

fn confirm(by: u128) -> Command {
    Command::Confirm {
        by: Colleague(by),
        shows: Shows::default(),
    }
}

const PUBLISH: Command = Command::Publish { by: Colleague(1) };

fn go(process: Process, commands: &[Command], at_s: u64) -> Process {
    commands.iter().fold(process, |process, &command| {
        process.carry_out(command, FAR, at_s).unwrap()
    })
}

fn noticed() -> Process {
    go(
        begin(),
        &[confirm(1), confirm(2), Command::GiveNotice],
        BEGIN_S,
    )
}

fn published() -> Process {
    go(noticed(), &[PUBLISH], BEGIN_S + REPLY_S)
}

fn refused(process: Process, command: Command, at_s: u64) -> Refused {
    process.carry_out(command, FAR, at_s).unwrap_err()
}

#[test]
fn only_a_final_decision_begins() {
    let judgement = Judgement {
        by: Colleague(1),
        at_s: 0,
        is_final: false,
    };
    assert_eq!(Process::begin(US, judgement), Err(Refused::NotFinal));
}

#[test]
fn two_people_confirm_and_one_is_not_two() {
    let one = go(begin(), &[confirm(1)], BEGIN_S);
    assert_eq!(refused(one, confirm(1), BEGIN_S), Refused::SamePerson);
    assert!(matches!(
        refused(one, Command::GiveNotice, BEGIN_S),
        Refused::NotNow(_)
    ));
    assert_eq!(go(one, &[confirm(2)], BEGIN_S).stage(), Stage::Cleared);
}

#[test]
fn a_photo_that_shows_somebody_is_never_published() {
    for (face, document, address, home) in [
        (true, false, false, false),
        (false, true, false, false),
        (false, false, true, false),
        (false, false, false, true),
    ] {
        let shows = Shows {
            face,
            document,
            address,
            home,
        };
        for before in [&[][..], &[confirm(1)]] {
            let ended = go(begin(), before, BEGIN_S);
            let ended = go(
                ended,
                &[Command::Confirm {
                    by: Colleague(3),
                    shows,
                }],
                BEGIN_S,
            );
            assert_eq!(ended.stage(), Stage::Ended(End::ShowsSomebody));
            assert_eq!(refused(ended, PUBLISH, BEGIN_S + REPLY_S), Refused::Ended);
            assert_eq!(ended.tag_at(BEGIN_S), None, "it never was in the list");
        }
    }
}

#[test]
fn whoever_sent_it_has_fifteen_days_and_is_read() {
    let early = BEGIN_S + REPLY_S - 1;
    assert_eq!(refused(noticed(), PUBLISH, early), Refused::ReplyTime);
    let replied = go(noticed(), &[Command::Reply], early);
    assert_eq!(refused(replied, PUBLISH, early + 1), Refused::ReplyOpen);
    let right = go(replied, &[Command::ConsiderReply { stands: false }], early);
    assert_eq!(right.stage(), Stage::Ended(End::NotUpheld));
    let wrong = go(
        replied,
        &[Command::ConsiderReply { stands: true }, PUBLISH],
        early + 1,
    );
    assert!(wrong.counts_at(early + 1));
}

#[test]
fn a_photo_that_many_may_have_is_neither_noticed_nor_published() {
    let cleared = go(begin(), &[confirm(1), confirm(2)], BEGIN_S);
    for (nearness, rule) in [
        (
            Nearness {
                catalogue: true,
                accepted_claims: 0,
            },
            "near_catalogue",
        ),
        (
            Nearness {
                catalogue: false,
                accepted_claims: 2,
            },
            "near_accepted",
        ),
    ] {
        let notice = cleared.carry_out(Command::GiveNotice, nearness, BEGIN_S);
        assert_eq!(notice.unwrap_err().rule(), rule);
        let publication = noticed().carry_out(PUBLISH, nearness, BEGIN_S + REPLY_S);
        assert_eq!(publication.unwrap_err().rule(), rule);
    }
    let one = Nearness {
        catalogue: false,
        accepted_claims: 1,
    };
    assert!(cleared.carry_out(Command::GiveNotice, one, BEGIN_S).is_ok());
}

#[test]
fn a_dispute_freezes_at_once_and_silence_withdraws_within_72_hours() {
    let at_s = BEGIN_S + REPLY_S + DAY_S;
    let disputed = go(published(), &[Command::Dispute], at_s);
    assert!(!disputed.counts_at(at_s));
    assert_eq!(disputed.tag_at(at_s), Some(Tag::Disputed));
    assert_eq!(disputed.tag_at(at_s + CORRECTION_S), Some(Tag::Withdrawn));
    let late = Command::Answer { stands: true };
    assert_eq!(refused(disputed, late, at_s + CORRECTION_S), Refused::Ended);
    let admitted = go(disputed, &[Command::Answer { stands: false }], at_s + 1);
    assert_eq!(admitted.tag_at(at_s + 1), Some(Tag::FalsePositive));
}

#[test]
fn an_appeal_is_decided_by_another_group_or_for_the_person() {
    let at_s = BEGIN_S + REPLY_S + DAY_S;
    let appealed = go(
        published(),
        &[Command::Dispute, Command::Answer { stands: true }],
        at_s,
    );
    assert!(!appealed.counts_at(at_s));
    let decide = |body, stands| Command::DecideAppeal { body, stands };
    assert_eq!(
        refused(appealed, decide(US, true), at_s),
        Refused::OwnAppeal
    );
    assert_eq!(
        refused(appealed, decide(US, false), at_s),
        Refused::OwnAppeal
    );
    assert!(go(appealed, &[decide(OTHERS, true)], at_s).counts_at(at_s));
    let wrong = go(appealed, &[decide(OTHERS, false)], at_s);
    assert_eq!(wrong.tag_at(at_s), Some(Tag::FalsePositive));
    assert_eq!(appealed.tag_at(at_s + APPEAL_S), Some(Tag::Withdrawn));
}

#[test]
fn twelve_months_end_it_whatever_happened() {
    let since_s = BEGIN_S + REPLY_S;
    assert!(published().counts_at(since_s + LIFE_S - 1));
    assert_eq!(published().tag_at(since_s + LIFE_S), Some(Tag::Expired));
    let disputed = go(published(), &[Command::Dispute], since_s + LIFE_S - 1);
    assert_eq!(disputed.tag_at(since_s + LIFE_S), Some(Tag::Expired));
}

#[test]
fn nobody_is_shown_by_debug() {
    assert_eq!(format!("{:?}", Colleague(4_711)), "Colleague");
}

fn any_command() -> impl Strategy<Value = Command> {
    let person = (0_u128..3).prop_map(Colleague);
    prop_oneof![
        6 => (person.clone(), prop::bool::weighted(0.05)).prop_map(|(by, face)| Command::Confirm {
            by,
            shows: Shows { face, ..Shows::default() },
        }),
        3 => Just(Command::GiveNotice),
        1 => Just(Command::Reply),
        1 => prop::bool::weighted(0.8).prop_map(|stands| Command::ConsiderReply { stands }),
        4 => person.prop_map(|by| Command::Publish { by }),
        2 => Just(Command::Dispute),
        2 => any::<bool>().prop_map(|stands| Command::Answer { stands }),
        2 => (0_u16..3, any::<bool>()).prop_map(|(body, stands)| Command::DecideAppeal {
            body: GroupId(body),
            stands,
        }),
        1 => Just(Command::Withdraw),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Over random sequences: nothing counts that did not go the whole way, nothing disputed counts, the end is the end.
    #[test]
    fn what_counts_went_the_whole_way(
        steps in prop::collection::vec((any_command(), 0_u64..6 * DAY_S, 0_u32..3, prop::bool::weighted(0.05)), 0..60),
    ) {
        let mut process = begin();
        let mut at_s = BEGIN_S;
        let (mut people, mut noticed_s, mut replies, mut disputed) = (Vec::new(), None, 0_u32, false);
        for (command, passes_s, accepted_claims, catalogue) in steps {
            at_s += passes_s;
            let nearness = Nearness { catalogue, accepted_claims };
            let before = process;
            let ended = matches!(process.stage_at(at_s), Stage::Ended(_));
            let Ok(next) = process.carry_out(command, nearness, at_s) else {
                prop_assert_eq!(process, before);
                continue;
            };
            prop_assert!(!ended, "something followed on the end");
            process = next;
            match command {
                Command::Confirm { by, .. } => people.push(by),
                Command::GiveNotice => noticed_s = Some(at_s),
                Command::Reply => replies += 1,
                Command::ConsiderReply { .. } => replies = 0,
                Command::Publish { .. } => {
                    prop_assert!(people.len() == 2 && people[0] != people[1]);
                    prop_assert!(noticed_s.is_some_and(|noticed_s| at_s >= noticed_s + REPLY_S));
                    prop_assert_eq!(replies, 0);
                    prop_assert!(nearness.check().is_ok());
                }
                Command::Dispute => disputed = true,
                Command::DecideAppeal { body, stands } => {
                    prop_assert_ne!(body, US);
                    disputed = !stands;
                }
                Command::Answer { .. } | Command::Withdraw => {}
            }
            prop_assert!(!(disputed && process.counts_at(at_s)), "a disputed item counts");
            // Whatever it is now, a year later it does not count.
            prop_assert!(!process.counts_at(at_s + LIFE_S));
        }
    }

    /// No time is earlier than the one before.
    #[test]
    fn time_does_not_run_backward(back_s in 1_u64..BEGIN_S) {
        let refused = begin().carry_out(confirm(1), FAR, BEGIN_S - back_s);
        prop_assert_eq!(refused, Err(Refused::TimeRunsBackward));
    }
}

#[test]
fn what_was_never_published_has_no_tag() {
    let let_be = go(noticed(), &[Command::Withdraw], BEGIN_S);
    assert_eq!(let_be.stage(), Stage::Ended(End::NotUpheld));
    assert_eq!(let_be.tag_at(BEGIN_S), None);
    let taken_back = go(published(), &[Command::Withdraw], BEGIN_S + REPLY_S);
    assert_eq!(taken_back.tag_at(BEGIN_S + REPLY_S), Some(Tag::Withdrawn));
}
