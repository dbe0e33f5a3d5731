//! Members are admitted and suspended by two thirds of the groups, one weight each.

use aftercare_exchange::limits::MAX_OPEN_ADMISSIONS_A_GROUP;
use aftercare_exchange::{GroupId, MemberId, MemberKey, Membership, Question, Refused, Seat};
use proptest::prelude::*;

use crate::samples::seats;

fn founded() -> Membership {
    Membership::founded(&seats()).unwrap()
}

fn admit(member: u16, group: u16) -> Question {
    Question::Admit(Seat {
        member: MemberId(member),
        group: GroupId(group),
        key: MemberKey([7; 32]),
    })
}

#[test]
fn two_thirds_of_the_groups_admit_a_member() {
    let mut members = founded();
    assert_eq!(members.vote(MemberId(1), admit(9, 9), true), Ok(false));
    // The other member of the same group adds no weight.
    assert_eq!(members.vote(MemberId(4), admit(9, 9), true), Ok(false));
    assert_eq!(members.vote(MemberId(2), admit(9, 9), true), Ok(true));
    assert_eq!(members.group(MemberId(9)), Ok(GroupId(9)));
    assert_eq!(
        members.vote(MemberId(3), admit(9, 9), true),
        Err(Refused::AlreadyMember)
    );
}

#[test]
fn a_member_is_suspended_by_the_other_groups_and_stays_out() {
    let mut members = founded();
    let question = Question::Suspend(MemberId(1));
    assert!(matches!(
        members.vote(MemberId(4), question, false),
        Err(Refused::NotNow(_))
    ));
    assert_eq!(members.vote(MemberId(2), question, true), Ok(false));
    assert_eq!(members.vote(MemberId(3), question, true), Ok(true));
    assert_eq!(members.group(MemberId(1)), Err(Refused::NoMember));
    assert_eq!(members.group_ever(MemberId(1)), Some(GroupId(1)));
    assert_eq!(
        members.vote(MemberId(1), admit(9, 9), true),
        Err(Refused::NoMember)
    );
    assert_eq!(
        members.vote(MemberId(2), admit(1, 7), true),
        Err(Refused::AlreadyMember)
    );
}

/// Questions that nobody agrees with stay open: whoever opens many of them shuts no door, neither to the others nor to the
/// question about itself.
#[test]
fn a_group_that_asks_without_end_stops_nobody_else() {
    let mut members = founded();
    let most = u16::try_from(MAX_OPEN_ADMISSIONS_A_GROUP).unwrap();
    for number in 0..most {
        assert_eq!(
            members.vote(MemberId(1), admit(1_000 + number, 50), number % 2 == 0),
            Ok(false)
        );
    }
    for by in [1, 4] {
        assert!(matches!(
            members.vote(MemberId(by), admit(5_000, 50), true),
            Err(Refused::NotNow(_))
        ));
    }
    // What is open can still be voted on, and the others go on.
    assert_eq!(members.vote(MemberId(1), admit(1_000, 50), true), Ok(false));
    assert_eq!(members.vote(MemberId(2), admit(9, 9), true), Ok(false));
    assert_eq!(members.vote(MemberId(3), admit(9, 9), true), Ok(true));
    for (by, decided) in [(2, false), (3, true)] {
        let question = Question::Suspend(MemberId(1));
        assert_eq!(members.vote(MemberId(by), question, true), Ok(decided));
    }
    assert_eq!(members.group(MemberId(1)), Err(Refused::NoMember));
}

#[test]
fn two_groups_found_no_exchange() {
    let two: Vec<Seat> = seats()
        .into_iter()
        .filter(|seat| seat.group != GroupId(3))
        .collect();
    assert_eq!(Membership::founded(&two), Err(Refused::TooFewFounders));
    let mut twice = seats();
    twice.push(twice[0]);
    assert_eq!(Membership::founded(&twice), Err(Refused::TooFewFounders));
}

proptest! {
    /// However often and about whatever the members of one group vote, nothing is decided by them alone.
    #[test]
    fn one_group_alone_decides_nothing(
        votes in prop::collection::vec((0_u16..2, 0_u16..12, any::<bool>(), any::<bool>()), 0..200),
        more in 0_u16..40,
    ) {
        let mut seats = seats();
        seats.extend((0..more).map(|number| Seat { member: MemberId(100 + number), group: GroupId(1), key: MemberKey([1; 32]) }));
        let mut members = Membership::founded(&seats).unwrap();
        let before: Vec<Seat> = members.active().collect();
        for (by, about, suspend, yes) in votes {
            let by = MemberId(if by == 0 { 1 } else { 4 });
            let question = if suspend { Question::Suspend(MemberId(about)) } else { admit(about, 1) };
            prop_assert_ne!(members.vote(by, question, yes), Ok(true));
        }
        prop_assert_eq!(members.active().collect::<Vec<_>>(), before);
    }
}
