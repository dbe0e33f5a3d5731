//! The list proves itself, every member reads the same, and what is corrected works everywhere within 72 hours.

use aftercare_exchange::limits::{
    APPEAL_S, CORRECTION_S, DAY_S, LIFE_DAYS, MAX_ACTS_A_DAY, MAX_AHEAD_S, MAX_PUBLISHED_A_DAY,
    REPLY_DAYS,
};
use aftercare_exchange::{
    Act, ActRequest, AppendError, Counts, Day, Effect, Entry, GroupId, How, List, MemberId,
    MemberKey, Nearness, Page, Question, ReadRequest, Refused, Replica, Seat, SyncError, Tag, What,
    audit,
};
use aftercare_ledger::{Checkpoint, SigningKey, Tree, consistency_proof};
use proptest::prelude::*;

use crate::samples::{Desk, NAME, Picture, TODAY, at_s, key_of, list};

fn key() -> SigningKey {
    SigningKey::generate(NAME).unwrap()
}

fn page(list: &List, key: &SigningKey, from: u64, limit: usize) -> Page {
    let checkpoint = list.checkpoint(key).unwrap();
    list.page(from, limit, &checkpoint, list.register().len())
        .unwrap()
}

fn publish(list: &mut Desk, seed: u64, publisher: u16) -> u64 {
    let item = Picture::new(seed).item(publisher);
    list.append(at_s(0), What::Published { item }).unwrap()
}

fn rule(error: AppendError) -> &'static str {
    match error {
        AppendError::Refused(refused) => refused.rule(),
        AppendError::Bad(bad) => panic!("{bad}"),
    }
}

/// A member that has taken all of the list.
fn member(list: &List, key: &SigningKey) -> Replica {
    let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
    sync(&mut replica, list, key, at_s(0), 1_000);
    replica
}

fn sync(replica: &mut Replica, list: &List, key: &SigningKey, now_s: u64, limit: usize) {
    while replica
        .take(&page(list, key, replica.cursor(), limit), now_s)
        .unwrap()
        > 0
    {}
}

fn found(replica: &Replica, picture: &Picture, now_s: u64) -> Vec<u64> {
    let found = replica.matches(&picture.query(), now_s, |_| true);
    found.into_iter().map(|found| found.item).collect()
}

#[test]
fn published_on_one_platform_matches_on_another_until_it_is_taken_back() {
    let (mut list, key) = (list(), key());
    let item = publish(&mut list, 1, 1);
    let mut replica = member(&list, &key);
    let matches = replica.matches(&Picture::new(1).part(30).query(), at_s(0), |_| true);
    assert_eq!(matches[0].item, item);
    assert!(matches!(matches[0].how, How::Part { .. }));
    let effect = replica.effect(&Picture::new(1).query(), at_s(0), |_| true);
    let Effect::HumanLooks(look) = effect else {
        panic!("nothing was found");
    };
    assert_eq!(look.window_hours(), 48);
    assert_eq!(
        replica.effect(&Picture::new(2).query(), at_s(0), |_| true),
        Effect::Nothing
    );

    let disputed = What::Disputed {
        by: MemberId(3),
        item,
    };
    list.append(at_s(1), disputed).unwrap();
    sync(&mut replica, &list, &key, at_s(1), 1_000);
    assert!(
        found(&replica, &Picture::new(1), at_s(1)).is_empty(),
        "frozen"
    );
    let answered = What::Answered {
        by: MemberId(1),
        item,
    };
    list.append(at_s(1), answered).unwrap();
    let upheld = What::Upheld {
        by: MemberId(2),
        item,
    };
    list.append(at_s(1), upheld).unwrap();
    sync(&mut replica, &list, &key, at_s(1), 1_000);
    assert_eq!(found(&replica, &Picture::new(1), at_s(1)), [item]);
    let ended = What::Ended {
        by: MemberId(1),
        item,
        tag: Tag::Withdrawn,
    };
    list.append(at_s(1), ended).unwrap();
    sync(&mut replica, &list, &key, at_s(1), 1_000);
    assert!(
        found(&replica, &Picture::new(1), at_s(1)).is_empty(),
        "withdrawn"
    );
    assert_eq!(
        replica.register().item(item).unwrap().tag,
        Some(Tag::Withdrawn)
    );
}

#[test]
fn a_member_that_is_cut_off_stops_matching_after_72_hours() {
    let (mut list, key) = (list(), key());
    let item = publish(&mut list, 1, 1);
    let mut replica = member(&list, &key);
    let last_s = list.register().last_s();
    assert_eq!(
        found(&replica, &Picture::new(1), last_s + CORRECTION_S),
        [item]
    );
    assert!(found(&replica, &Picture::new(1), last_s + CORRECTION_S + 1).is_empty());
    // The operator is back: a beat is enough.
    list.append(at_s(4), What::Beat).unwrap();
    sync(&mut replica, &list, &key, at_s(4), 1_000);
    assert_eq!(found(&replica, &Picture::new(1), at_s(4)), [item]);
}

#[test]
fn items_expire_by_themselves_after_twelve_months() {
    let (mut list, key) = (list(), key());
    let item = publish(&mut list, 1, 1);
    let life_days = u64::from(LIFE_DAYS);
    list.append(at_s(life_days - 1), What::Beat).unwrap();
    let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
    sync(&mut replica, &list, &key, at_s(life_days - 1), 1_000);
    assert_eq!(
        found(&replica, &Picture::new(1), at_s(life_days - 1)),
        [item]
    );
    assert!(found(&replica, &Picture::new(1), at_s(life_days)).is_empty());
    let late = What::Disputed {
        by: MemberId(2),
        item,
    };
    assert_eq!(
        rule(list.append(at_s(life_days), late).unwrap_err()),
        "ended"
    );
}

#[test]
fn a_member_refuses_what_resembles_its_own_photos_and_tells_the_others() {
    let (mut list, key) = (list(), key());
    let item = publish(&mut list, 1, 1);
    let mut replica = member(&list, &key);
    let far = Nearness {
        catalogue: false,
        accepted_claims: 1,
    };
    assert_eq!(replica.object(item, far, MemberId(2)), None);
    let near = Nearness {
        catalogue: true,
        accepted_claims: 0,
    };
    assert_eq!(replica.object(99, near, MemberId(2)), None);
    let told = replica.object(item, near, MemberId(2)).unwrap();
    assert!(
        found(&replica, &Picture::new(1), at_s(0)).is_empty(),
        "before the operator knows"
    );
    list.append(at_s(0), told).unwrap();
    assert_eq!(list.register().item(item).unwrap().tag, Some(Tag::Disputed));
    // The others decide that it stands: it counts here as well, in a copy that ran on and in one that was kept.
    let by = MemberId(1);
    list.append(at_s(0), What::Answered { by, item }).unwrap();
    let by = MemberId(3);
    list.append(at_s(0), What::Upheld { by, item }).unwrap();
    let checkpoint = list.checkpoint(&key).unwrap();
    let mut kept = Replica::new(key.verifier(), Vec::new(), 0);
    kept.pass_over(item);
    kept.restore(list.entries(), &checkpoint).unwrap();
    sync(&mut replica, &list, &key, at_s(0), 1_000);
    for copy in [replica, kept] {
        assert_eq!(found(&copy, &Picture::new(1), at_s(0)), [item]);
    }
}

#[test]
fn the_days_of_an_item_follow_each_other() {
    let mut list = list();
    let mut refused = |judged: u32, noticed: u32| {
        let mut item = Picture::new(1).item(1);
        (item.judged_on, item.noticed_on) = (Day(judged), Day(noticed));
        rule(list.append(at_s(0), What::Published { item }).unwrap_err())
    };
    let noticed = TODAY.0 - REPLY_DAYS;
    assert_eq!(refused(noticed, noticed + 1), "days", "one day too early");
    assert_eq!(
        refused(noticed + 1, noticed),
        "days",
        "judged after the notice"
    );
    assert_eq!(
        refused(TODAY.0 - LIFE_DAYS, noticed),
        "days",
        "older than it may get"
    );
}

#[test]
fn each_may_do_its_own_only() {
    let mut list = list();
    let item = publish(&mut list, 1, 1);
    let end = |by, tag| What::Ended {
        by: MemberId(by),
        item,
        tag,
    };
    let mut refused = |what| rule(list.append(at_s(0), what).unwrap_err());
    assert_eq!(refused(end(2, Tag::Withdrawn)), "not_publisher");
    assert_eq!(refused(end(2, Tag::FalsePositive)), "not_publisher");
    assert_eq!(refused(end(1, Tag::Disputed)), "not_now");
    assert_eq!(refused(end(1, Tag::Expired)), "not_now");
    assert_eq!(refused(end(9, Tag::Withdrawn)), "no_member");
    assert_eq!(
        refused(What::Upheld {
            by: MemberId(2),
            item
        }),
        "not_now"
    );
    assert_eq!(
        refused(What::Disputed {
            by: MemberId(2),
            item: 77
        }),
        "no_item"
    );
    assert_eq!(
        refused(What::Published {
            item: Picture::new(2).item(9)
        }),
        "no_member"
    );
    assert_eq!(
        refused(What::Published {
            item: Picture::new(1).item(4)
        }),
        "published_already"
    );
    assert_eq!(refused(What::Founded { seats: Vec::new() }), "not_now");
    list.append(
        at_s(0),
        What::Disputed {
            by: MemberId(1),
            item,
        },
    )
    .unwrap();
    let own = What::Upheld {
        by: MemberId(4),
        item,
    };
    assert_eq!(rule(list.append(at_s(0), own).unwrap_err()), "own_appeal");
    let early = end(2, Tag::FalsePositive);
    assert_eq!(rule(list.append(at_s(0), early).unwrap_err()), "not_now");
    let answered = What::Answered {
        by: MemberId(4),
        item,
    };
    list.append(at_s(0), answered).unwrap();
    list.append(at_s(0), end(2, Tag::FalsePositive)).unwrap();
    assert_eq!(
        rule(list.append(at_s(0), end(1, Tag::Withdrawn)).unwrap_err()),
        "ended"
    );
}

/// Whoever objects is a side, and the publisher is the other one: neither decides, and nobody does before the publisher was heard.
#[test]
fn a_dispute_is_decided_by_a_third_group_after_the_publisher_was_heard() {
    let mut list = list();
    let item = publish(&mut list, 1, 1);
    let upheld = |by| What::Upheld {
        by: MemberId(by),
        item,
    };
    let wrong = |by| What::Ended {
        by: MemberId(by),
        item,
        tag: Tag::FalsePositive,
    };
    let disputed = What::Disputed {
        by: MemberId(2),
        item,
    };
    list.append(at_s(0), disputed).unwrap();
    let refused = |list: &mut Desk, what| rule(list.append(at_s(0), what).unwrap_err());
    for what in [upheld(3), wrong(3)] {
        assert_eq!(
            refused(&mut list, what),
            "not_now",
            "nobody heard the publisher"
        );
    }
    for what in [upheld(2), wrong(2)] {
        assert_eq!(refused(&mut list, what), "own_dispute");
    }
    let answered = What::Answered {
        by: MemberId(1),
        item,
    };
    list.append(at_s(0), answered).unwrap();
    for what in [upheld(2), wrong(2)] {
        assert_eq!(refused(&mut list, what), "own_dispute");
    }
    list.append(at_s(0), upheld(3)).unwrap();
    // Another objection is another side: who objected before may decide that one.
    let disputed = What::Disputed {
        by: MemberId(3),
        item,
    };
    let answered = What::Answered {
        by: MemberId(4),
        item,
    };
    for what in [disputed, answered, wrong(2)] {
        list.append(at_s(0), what).unwrap();
    }
    let tag = list.register().item(item).unwrap().tag;
    assert_eq!(tag, Some(Tag::FalsePositive));
}

#[test]
fn a_group_publishes_so_many_a_day() {
    let mut list = list();
    let mut item = Picture::new(1).item(1);
    item.print.words.clear();
    for number in 0..MAX_PUBLISHED_A_DAY {
        let mut item = item.clone();
        item.sha256.0[..4].copy_from_slice(&number.to_be_bytes());
        list.append(at_s(0), What::Published { item }).unwrap();
    }
    assert_eq!(
        rule(
            list.append(at_s(0), What::Published { item: item.clone() })
                .unwrap_err()
        ),
        "too_many"
    );
    // Another member of the group is the same group; another group, and another day, are not.
    item.publisher = MemberId(4);
    assert_eq!(
        rule(
            list.append(at_s(0), What::Published { item: item.clone() })
                .unwrap_err()
        ),
        "too_many"
    );
    item.publisher = MemberId(2);
    list.append(at_s(0), What::Published { item: item.clone() })
        .unwrap();
    item.publisher = MemberId(1);
    list.append(at_s(1), What::Published { item }).unwrap();
}

#[test]
fn whoever_is_admitted_in_a_page_may_act_in_it() {
    let (mut list, key) = (list(), key());
    let seat = Seat {
        member: MemberId(9),
        group: GroupId(9),
        key: MemberKey::of(key_of(9)),
    };
    for by in [1, 2] {
        let voted = What::Voted {
            by: MemberId(by),
            question: Question::Admit(seat),
            yes: true,
        };
        list.append(at_s(0), voted).unwrap();
    }
    let item = publish(&mut list, 1, 9);
    let replica = member(&list, &key);
    assert_eq!(found(&replica, &Picture::new(1), at_s(0)), [item]);
}

#[test]
fn a_long_page_is_read_like_short_ones_and_its_wrong_entry_is_named() {
    let (mut list, key) = (list(), key());
    for seed in 0..300 {
        publish(&mut list, seed, 1 + u16::try_from(seed % 3).unwrap());
    }
    let long = member(&list, &key);
    let mut short = Replica::new(key.verifier(), Vec::new(), 0);
    sync(&mut short, &list, &key, at_s(0), 7);
    assert_eq!(
        (long.root(), long.register()),
        (short.root(), short.register())
    );
    let mut page = page(&list, &key, 0, 1_000);
    page.entries[200] = page.entries[200].replacen("published", "publisht", 1);
    let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
    assert!(matches!(
        replica.take(&page, at_s(0)),
        Err(SyncError::Bad { index: 200, .. })
    ));
}

#[test]
fn no_group_fills_the_log() {
    let mut list = list();
    let question = Question::Suspend(MemberId(3));
    let vote = |by| What::Voted {
        by: MemberId(by),
        question,
        yes: false,
    };
    for _ in 0..MAX_ACTS_A_DAY {
        list.append(at_s(0), vote(1)).unwrap();
    }
    for by in [1, 4] {
        assert_eq!(
            rule(list.append(at_s(0), vote(by)).unwrap_err()),
            "too_many_acts",
            "member {by} of the same group"
        );
    }
    list.append(at_s(0), vote(2)).unwrap();
    list.append(at_s(1), vote(1)).unwrap();
}

#[test]
fn a_clock_that_was_set_back_stops_nothing() {
    let mut list = list();
    list.append(at_s(2), What::Beat).unwrap();
    list.append(at_s(1), What::Beat).unwrap();
    assert_eq!(list.register().last_s(), at_s(2));
}

#[test]
fn a_list_is_made_again_from_what_was_kept() {
    let mut list = list();
    publish(&mut list, 1, 1);
    list.append(at_s(1), What::Beat).unwrap();
    let again = List::restored(NAME, list.entries().iter().map(String::as_str)).unwrap();
    assert_eq!(
        (again.root(), again.register()),
        (list.root(), list.register())
    );
    let mut cut: Vec<&str> = list.entries().iter().map(String::as_str).collect();
    cut.remove(0);
    assert!(matches!(
        List::restored(NAME, cut),
        Err(SyncError::Refused { index: 0, .. })
    ));
    assert!(matches!(
        List::restored(NAME, ["{"]),
        Err(SyncError::Bad { index: 0, .. })
    ));
}

#[test]
fn a_list_that_changed_or_is_another_or_older_one_is_not_taken() {
    let (mut list, key) = (list(), key());
    publish(&mut list, 1, 1);
    let old = page(&list, &key, 0, 1_000);
    let old_empty = page(&list, &key, 2, 1_000);
    publish(&mut list, 2, 2);
    let now_s = at_s(0);
    let mut replica = member(&list, &key);
    let root = replica.root();

    assert!(matches!(
        replica.take(&old, now_s),
        Err(SyncError::Shorter { size: 2, known: 3 })
    ));
    assert!(matches!(
        replica.take(&old_empty, now_s),
        Err(SyncError::Shorter { .. })
    ));
    list.append(now_s, What::Beat).unwrap();
    let good = page(&list, &key, 3, 1_000);
    let mut changed = good.clone();
    changed.entries[0] = changed.entries[0].replace("beat", "Beat");
    assert!(replica.take(&changed, now_s).is_err());
    let mut missing = good.clone();
    missing.entries.clear();
    assert!(matches!(
        replica.take(&missing, now_s),
        Err(SyncError::Ledger(_))
    ));
    let mut elsewhere = good.clone();
    elsewhere.from = 2;
    assert!(matches!(
        replica.take(&elsewhere, now_s),
        Err(SyncError::OtherPlace { from: 2, wanted: 3 })
    ));
    let mut more = good.clone();
    more.entries.push(good.entries[0].clone());
    assert!(matches!(replica.take(&more, now_s), Err(SyncError::Beyond)));
    let other = SigningKey::generate(NAME).unwrap();
    assert!(matches!(
        replica.take(&page(&list, &other, 3, 1_000), now_s),
        Err(SyncError::Ledger(_))
    ));
    assert!(matches!(
        replica.take(&good, now_s - DAY_S),
        Err(SyncError::Bad { index: 3, .. })
    ));
    assert_eq!(
        (replica.root(), replica.cursor()),
        (root, 3),
        "nothing was taken"
    );
    assert_eq!(replica.take(&good, now_s), Ok(0));
}

#[test]
fn two_lists_of_one_size_are_seen() {
    let key = key();
    let fork = |seed| {
        let mut list = list();
        publish(&mut list, seed, 1);
        publish(&mut list, seed + 1, 1);
        list
    };
    let (one, other) = (fork(1), fork(5));
    let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
    // The founding entry is the same; the checkpoint of one list is kept until it is reached.
    assert_eq!(replica.take(&page(&one, &key, 0, 1), at_s(0)), Ok(2));
    let forked = page(&other, &key, 1, 1_000);
    assert!(matches!(
        replica.take(&forked, at_s(0)),
        Err(SyncError::Ledger(_))
    ));
    assert_eq!(replica.take(&page(&one, &key, 1, 1_000), at_s(0)), Ok(0));
}

#[test]
fn a_state_that_too_few_witnesses_saw_is_not_taken() {
    let (list, key) = (list(), key());
    let witness = SigningKey::generate("witness.example/one").unwrap();
    let mut replica = Replica::new(key.verifier(), vec![witness.witness_verifier()], 1);
    let mut page = page(&list, &key, 0, 1_000);
    let few = SyncError::TooFewWitnesses {
        found: 0,
        wanted: 1,
    };
    assert_eq!(replica.take(&page, at_s(0)), Err(few));
    let checkpoint = Checkpoint::open(&page.checkpoint, &[key.verifier()]).unwrap();
    page.checkpoint
        .push_str(&checkpoint.cosign(&witness, at_s(0)));
    assert_eq!(replica.take(&page, at_s(0)), Ok(0));
}

/// The page of an operator that writes one more entry, whatever the rules say, signed and proved as it should be.
fn forced(list: &List, key: &SigningKey, entry: &Entry) -> Page {
    let text = String::from_utf8(entry.to_bytes().unwrap()).unwrap();
    let entries = vec![list.entries()[0].clone(), text];
    let tree: Tree = entries
        .iter()
        .map(|entry| Entry::leaf(entry.as_bytes()))
        .collect();
    let checkpoint = Checkpoint {
        origin: key.name().to_owned(),
        size: 2,
        root: tree.root(),
        extensions: Vec::new(),
    };
    Page {
        from: 0,
        entries,
        checkpoint: checkpoint.sign(key).unwrap(),
        proof: consistency_proof(&tree, 2, 2).unwrap(),
    }
}

#[test]
fn an_operator_cannot_write_what_a_rule_forbids() {
    let (list, key) = (list(), key());
    // A photo without its fifteen days.
    let mut item = Picture::new(1).item(1);
    item.noticed_on = TODAY;
    let what = What::Published { item };
    let act = list.signed(&what);
    let entry = Entry {
        at_s: at_s(0),
        what,
        act,
    };
    let page = forced(&list, &key, &entry);
    let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
    let broken = SyncError::Refused {
        index: 1,
        refused: Refused::Days,
    };
    assert_eq!(replica.take(&page, at_s(0)), Err(broken.clone()));
    assert_eq!(replica.take(&page, at_s(0)), Err(broken), "for good");
    assert!(!replica.is_fresh(at_s(0)));
}

#[test]
fn an_operator_cannot_make_up_or_repeat_what_a_member_does() {
    let (list, key) = (list(), key());
    let what = What::Published {
        item: Picture::new(1).item(1),
    };
    let of = |act| {
        let entry = Entry {
            at_s: at_s(0),
            what: what.clone(),
            act,
        };
        let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
        match replica.take(&forced(&list, &key, &entry), at_s(0)) {
            Err(SyncError::Refused { index: 1, refused }) => refused.rule(),
            other => panic!("{other:?}"),
        }
    };
    let sign = |member, origin, number| Act::sign(key_of(member), origin, number, &what).unwrap();
    assert_eq!(of(None), "not_signed");
    assert_eq!(of(Some(sign(2, NAME, 1))), "not_signed", "another member");
    assert_eq!(
        of(Some(sign(1, "other.example/list", 1))),
        "not_signed",
        "for another list"
    );
    assert_eq!(of(Some(sign(1, NAME, 2))), "number", "one is left out");
    let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
    let entry = Entry {
        at_s: at_s(0),
        what: what.clone(),
        act: Some(sign(1, NAME, 1)),
    };
    assert_eq!(
        replica.take(&forced(&list, &key, &entry), at_s(0)),
        Ok(0),
        "and as it should be, it is taken"
    );
}

#[test]
fn an_act_that_comes_twice_stands_once_and_has_one_receipt() {
    let (mut list, key) = (list(), key());
    let what = What::Published {
        item: Picture::new(1).item(1),
    };
    let act = list.signed(&what).unwrap();
    let request = ActRequest { what, act };
    assert_eq!(list.known(&request), None);
    let place = list
        .0
        .append(at_s(0), request.what.clone(), Some(act))
        .unwrap();
    assert_eq!(list.known(&request), Some(place));
    assert_eq!(
        rule(
            list.0
                .append(at_s(0), request.what.clone(), Some(act))
                .unwrap_err()
        ),
        "number"
    );
    let checkpoint = list.checkpoint(&key).unwrap();
    let receipt = list
        .receipt(place, &checkpoint, list.register().len())
        .unwrap();
    assert_eq!(receipt.verify(&key.verifier(), &request), Ok(place));
    let other = What::Disputed {
        by: MemberId(2),
        item: place,
    };
    let other = ActRequest {
        act: list.signed(&other).unwrap(),
        what: other,
    };
    assert!(receipt.verify(&key.verifier(), &other).is_err());
    let mut changed = receipt.clone();
    changed.entry = changed
        .entry
        .replacen("\"judged_on\":", "\"judged_on\": ", 1);
    assert!(changed.verify(&key.verifier(), &request).is_err());
    assert!(
        receipt
            .verify(&SigningKey::generate(NAME).unwrap().verifier(), &request)
            .is_err(),
        "another operator's key"
    );
}

#[test]
fn a_silent_publisher_and_silent_judges_withdraw_an_item() {
    let mut list = list();
    let (first, second) = (publish(&mut list, 1, 1), publish(&mut list, 2, 1));
    for item in [first, second] {
        let by = MemberId(2);
        list.append(at_s(1), What::Disputed { by, item }).unwrap();
    }
    let disputed_s = list.register().last_s();
    let answer = |by| What::Answered {
        by: MemberId(by),
        item: second,
    };
    assert_eq!(
        rule(list.append(at_s(2), answer(2)).unwrap_err()),
        "not_publisher"
    );
    list.append(at_s(2), answer(4)).unwrap();
    assert_eq!(
        rule(list.append(at_s(2), answer(1)).unwrap_err()),
        "not_now"
    );
    let tag = |list: &List, item, at_s| list.register().item(item).unwrap().tag_at(at_s);
    let late_s = disputed_s + CORRECTION_S;
    assert_eq!(tag(&list, first, late_s - 1), Some(Tag::Disputed));
    assert_eq!(tag(&list, first, late_s), Some(Tag::Withdrawn));
    assert_eq!(tag(&list, second, late_s), Some(Tag::Disputed));
    assert_eq!(
        tag(&list, second, at_s(2) + APPEAL_S),
        Some(Tag::Withdrawn),
        "nobody decided"
    );
    let upheld = What::Upheld {
        by: MemberId(3),
        item: first,
    };
    assert_eq!(
        rule(list.append(late_s, upheld).unwrap_err()),
        "ended",
        "for good"
    );
    let counts = Counts::of(list.register(), late_s);
    assert_eq!((counts.items, counts.disputed, counts.withdrawn), (2, 1, 1));
    assert_eq!(counts.years[&2_024].ever_disputed, 2);
    assert_eq!((counts.members, counts.groups), (4, 3));
}

#[test]
fn only_members_read_the_list_and_only_now() {
    let list = list();
    let now_s = at_s(0);
    let ask = |member: u16, key: u16, at_s| {
        ReadRequest::sign(key_of(key), NAME, MemberId(member), 0, at_s)
            .check(list.register(), now_s)
            .map_err(Refused::rule)
    };
    assert_eq!(ask(1, 1, now_s), Ok(()));
    assert_eq!(ask(1, 2, now_s), Err("not_signed"));
    assert_eq!(ask(9, 9, now_s), Err("no_member"));
    assert_eq!(ask(1, 1, now_s - MAX_AHEAD_S - 1), Err("other_time"));
    let mut other = ReadRequest::sign(key_of(1), NAME, MemberId(1), 0, now_s);
    other.from = 7;
    assert!(other.check(list.register(), now_s).is_err());
}

#[test]
fn a_kept_copy_is_the_one_that_was_signed_or_none() {
    let (mut list, key) = (list(), key());
    let item = publish(&mut list, 1, 1);
    let checkpoint = list.checkpoint(&key).unwrap();
    assert_eq!(list.continues(&checkpoint, &key.verifier()), Ok(2));
    let kept: Vec<&str> = list.entries().iter().map(String::as_str).collect();
    let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
    replica.restore(kept.iter().copied(), &checkpoint).unwrap();
    assert_eq!(
        (replica.root(), replica.register()),
        (list.root(), list.register())
    );
    assert_eq!(found(&replica, &Picture::new(1), at_s(0)), [item]);
    for part in [&kept[..1], &[kept[0], kept[1], kept[1]][..]] {
        let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
        assert!(replica.restore(part.iter().copied(), &checkpoint).is_err());
    }
    let shorter = List::restored(NAME, kept[..1].iter().copied()).unwrap();
    assert!(shorter.continues(&checkpoint, &key.verifier()).is_err());
}

#[test]
fn an_audit_checks_every_entry_and_what_was_signed() {
    let (mut list, key) = (list(), key());
    let item = publish(&mut list, 1, 1);
    let checkpoint = list.checkpoint(&key).unwrap();
    let by = MemberId(2);
    list.append(at_s(1), What::Disputed { by, item }).unwrap();
    let kept: Vec<&str> = list.entries().iter().map(String::as_str).collect();
    let log = key.verifier();
    let check = |entries: &[&str], note: &str, quorum| {
        audit(&log, &[], quorum, entries.iter().copied(), note).map_err(|error| match error {
            SyncError::Bad { index, .. } | SyncError::Refused { index, .. } => Some(index),
            _ => None,
        })
    };
    let audited = check(&kept, &checkpoint, 0).unwrap();
    assert_eq!(&audited.register, list.register());
    assert_eq!((audited.signed, audited.register.len()), (2, 3));
    // Less than was signed, an entry by nobody, another text of the same entry, no witness where one is asked for.
    assert_eq!(check(&kept[..1], &checkpoint, 0).unwrap_err(), None);
    let unsigned = kept[2].replace("\"signature\":\"", "\"signature\":\"AAAA");
    assert_eq!(
        check(&[kept[0], kept[1], &unsigned], &checkpoint, 0).unwrap_err(),
        Some(2)
    );
    let other = kept[2].replacen(':', ": ", 1);
    assert_eq!(
        check(&[kept[0], kept[1], &other], &checkpoint, 0).unwrap_err(),
        Some(2)
    );
    assert_eq!(check(&kept, &checkpoint, 1).unwrap_err(), None);
    let foreign = list
        .checkpoint(&SigningKey::generate(NAME).unwrap())
        .unwrap();
    assert_eq!(check(&kept, &foreign, 0).unwrap_err(), None);
}

#[test]
fn a_cursor_beyond_the_list_is_refused() {
    let (list, key) = (list(), key());
    let checkpoint = list.checkpoint(&key).unwrap();
    assert!(list.page(2, 10, &checkpoint, 1).is_err());
    assert!(list.page(0, 10, &checkpoint, 2).is_err());
    assert_eq!(
        list.page(1, 10, &checkpoint, 1).unwrap().entries,
        Vec::<String>::new()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However a list grew and in whatever pages it is read, every member ends where the operator is.
    #[test]
    fn every_member_reads_the_same(
        steps in prop::collection::vec((0_u8..7, 1_u16..5, 0_u64..12, 0_u64..3), 1..60),
        limits in prop::collection::vec(1_usize..9, 1..4),
    ) {
        let (mut list, key) = (list(), key());
        let mut early = Replica::new(key.verifier(), Vec::new(), 0);
        let mut days = 0;
        for (kind, by, about, passes) in steps {
            days += passes;
            let by = MemberId(by);
            let what = match kind {
                0 | 1 => {
                    let mut item = Picture::new(about).item(by.0);
                    item.noticed_on = Day::of(at_s(days));
                    item.noticed_on.0 -= REPLY_DAYS;
                    item.judged_on = item.noticed_on;
                    What::Published { item }
                }
                2 => What::Disputed { by, item: about },
                3 => What::Upheld { by, item: about },
                4 => What::Ended { by, item: about, tag: Tag::Withdrawn },
                5 => What::Answered { by, item: about },
                _ => What::Beat,
            };
            let before = (list.root(), list.register().clone());
            if list.append(at_s(days), what).is_err() {
                prop_assert_eq!((list.root(), list.register()), (before.0, &before.1));
            }
            let limit = limits[usize::try_from(about).unwrap() % limits.len()];
            early.take(&page(&list, &key, early.cursor(), limit), at_s(days)).unwrap();
        }
        sync(&mut early, &list, &key, at_s(days), limits[0]);
        let mut late = Replica::new(key.verifier(), Vec::new(), 0);
        sync(&mut late, &list, &key, at_s(days), 1_000);
        for replica in [&early, &late] {
            prop_assert_eq!(replica.root(), list.root());
            prop_assert_eq!(replica.register(), list.register());
        }
        for seed in 0..12 {
            let picture = Picture::new(seed);
            let one = found(&early, &picture, at_s(days));
            prop_assert_eq!(&one, &found(&late, &picture, at_s(days)));
            for item in one {
                let held = list.register().item(item).unwrap();
                prop_assert!(held.counts_at(at_s(days)) && held.item.sha256 == picture.sha256);
            }
        }
    }

    /// No change of a byte of the list goes through.
    #[test]
    fn no_changed_byte_is_taken(place in any::<prop::sample::Index>(), flip in 1_u8..128) {
        let (mut list, key) = (list(), key());
        publish(&mut list, 1, 1);
        let mut page = page(&list, &key, 0, 1_000);
        let mut bytes = page.entries[1].clone().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        prop_assume!(bytes.is_ascii());
        page.entries[1] = String::from_utf8(bytes).unwrap();
        let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
        prop_assert!(replica.take(&page, at_s(0)).is_err());
        prop_assert_eq!(replica.root(), aftercare_ledger::empty_root());
    }
}

#[test]
fn the_sentence_speaks_about_the_photo_and_comes_after_the_blind_verdict() {
    let (mut list, key) = (list(), key());
    publish(&mut list, 1, 1);
    let replica = member(&list, &key);
    let Effect::HumanLooks(look) = replica.effect(&Picture::new(1).query(), at_s(0), |_| true)
    else {
        panic!("nothing was found");
    };
    let (chinese, english) = look.sentence(aftercare_exchange::BlindVerdictGiven);
    assert!(chinese.contains("照片") && english.contains("photo"));
    for word in ["buyer", "person who", "account", "买家"] {
        assert!(!english.contains(word) && !chinese.contains(word));
    }
}
