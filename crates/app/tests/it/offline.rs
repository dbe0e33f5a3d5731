//! A day in a basement: what a technician did without a network arrives late, in order and once, and nobody's work is lost.

use crate::exits::in_state;
use crate::world::{World, cracked_mug, damage};
use aftercare_app::act::How;
use aftercare_app::actions::Action;
use aftercare_app::engine::IdempotencyKey;
use aftercare_app::views::{Acted, CaseDetail};
use aftercare_app::{AppError, Principal};
use aftercare_domain::Timestamp;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{HOUR_MS, MINUTE_MS};

/// One act of the queue of a phone: its key, the time of the phone, what was done, and photos.
struct Kept {
    key: u8,
    at: Timestamp,
    action: Action,
    photos: Vec<Vec<u8>>,
}

async fn send(
    world: &World,
    who: &Principal,
    case: CaseId,
    kept: &Kept,
) -> Result<Acted, AppError> {
    let key = IdempotencyKey {
        scope: "queue".to_owned(),
        key: format!("act-{}", kept.key),
        body_hash: [kept.key; 32],
    };
    let photos = kept.photos.iter().cloned().map(damage).collect();
    let how = How {
        told_at: Some(kept.at),
        ..How::default()
    };
    let done = world
        .app
        .act_so(who, case, kept.action.clone(), photos, Some(key), how)
        .await;
    world.app.settle().await.unwrap();
    done
}

async fn detail(world: &World, case: CaseId) -> CaseDetail {
    let seen = world.app.case_detail(&world.technician, case).await;
    seen.unwrap()
}

fn day(from: Timestamp) -> Vec<Kept> {
    let steps = [
        (Action::SetOut { work_order: None }, None),
        (Action::Arrive { work_order: None }, None),
        (Action::AddPhotos { work_order: None }, Some(3)),
        (
            Action::Diagnose {
                work_order: None,
                fault_code: "E1".to_owned(),
                note: "水泵不转。".to_owned(),
            },
            None,
        ),
        (Action::StartWork { work_order: None }, None),
        (
            Action::Finish {
                work_order: None,
                outcome: WorkOutcome::Fixed,
                actions: Vec::new(),
                note: String::new(),
            },
            Some(4),
        ),
    ];
    let steps = steps.into_iter().zip(0_u8..);
    steps
        .map(|((action, photo), index)| Kept {
            key: index + 1,
            at: from.plus_ms(i64::from(index) * 10 * MINUTE_MS),
            action,
            photos: photo.map(cracked_mug).into_iter().collect(),
        })
        .collect()
}

#[tokio::test]
async fn a_day_in_a_basement_arrives_once_with_the_times_of_the_phone() {
    let world = World::new().await;
    let case = in_state(&world, "scheduled").await.case;
    let from = world.app.now().plus_ms(-2 * HOUR_MS);
    let queue = day(from);
    let mut answers = Vec::new();
    for kept in &queue {
        answers.push(send(&world, &world.technician, case, kept).await.unwrap());
    }
    let seen = detail(&world, case).await;
    assert_eq!(seen.work_orders[0].state, "done");
    assert_eq!(seen.work_orders[0].evidence.len(), 2, "before and after");
    // The phone was killed before it read the answers: everything comes again and changes nothing.
    for (kept, answer) in queue.iter().zip(&answers) {
        let again = send(&world, &world.technician, case, kept).await.unwrap();
        assert_eq!((again.version, again.seq), (answer.version, answer.seq));
    }
    let again = detail(&world, case).await;
    assert_eq!(again.version, seen.version);
    let told = |name: &str| {
        let mut entries = again.timeline.iter();
        let entry = entries.find(|entry| entry.event == name).unwrap();
        (entry.told_at, entry.at)
    };
    let now = world.app.now();
    assert_eq!(told("technician_en_route.v1"), (Some(from), now));
    assert_eq!(
        told("technician_arrived.v1"),
        (Some(from.plus_ms(10 * MINUTE_MS)), now),
        "shown beside our time, which the clocks go by"
    );
    // What follows by itself was not done by the phone.
    let mut of_the_system = again.timeline.iter().filter(|entry| entry.who == "system");
    assert!(of_the_system.clone().count() > 0);
    assert!(of_the_system.all(|entry| entry.told_at.is_none()));
}

#[tokio::test]
async fn two_who_work_on_one_job_offline_both_keep_their_words() {
    let world = World::new().await;
    let case = in_state(&world, "arrived").await.case;
    let at = world.app.now().plus_ms(-HOUR_MS);
    let found = |key: u8, code: &str, note: &str| Kept {
        key,
        at,
        action: Action::Diagnose {
            work_order: None,
            fault_code: code.to_owned(),
            note: note.to_owned(),
        },
        photos: Vec::new(),
    };
    let one = found(1, "E1", "水泵不转。");
    let two = found(2, "E3", "加热管断了。");
    for kept in [&one, &two] {
        send(&world, &world.technician, case, kept).await.unwrap();
    }
    let start = Kept {
        key: 3,
        at,
        action: Action::StartWork { work_order: None },
        photos: Vec::new(),
    };
    send(&world, &world.technician, case, &start).await.unwrap();
    // The third comes after the work began: refused with a reason, and kept as a note.
    let three = found(4, "E5", "还有漏水。");
    let refused = send(&world, &world.technician, case, &three).await;
    assert_eq!(refused.unwrap_err().rule, "not_arrived");
    let note = Kept {
        key: 5,
        at,
        action: Action::Say {
            text: "检测：E5，还有漏水。".to_owned(),
            draft: String::new(),
        },
        photos: Vec::new(),
    };
    send(&world, &world.technician, case, &note).await.unwrap();
    let seen = detail(&world, case).await;
    let texts: Vec<&str> = seen
        .timeline
        .iter()
        .filter_map(|entry| entry.text.as_deref())
        .collect();
    for words in ["水泵不转。", "加热管断了。", "检测：E5，还有漏水。"] {
        assert!(texts.contains(&words), "{words}: {texts:?}");
    }
}
