//! How fast a member takes what is new. It runs small; `AFTERCARE_ITEMS=100000` and `--release` are what the goal speaks of.

use aftercare_exchange::limits::{LIFE_DAYS, MAX_PAGE_ENTRIES, MAX_PUBLISHED_A_DAY, REPLY_DAYS};
use aftercare_exchange::{Day, Replica, What};
use aftercare_ledger::SigningKey;
use std::time::{Duration, Instant};

use crate::samples::{NAME, Picture, at_s, list};

/// Bytes of the keypoints of a real photo.
const VERIFICATION_BYTES: usize = 7_600;
const PUBLISHERS: [u16; 3] = [1, 2, 3];
/// The goal for a hundred thousand.
const TIME_MAX: Duration = Duration::from_secs(10);

#[test]
fn a_hundred_thousand_new_items_are_taken_within_ten_seconds() {
    let count: u32 = std::env::var("AFTERCARE_ITEMS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000);
    let a_day = MAX_PUBLISHED_A_DAY * 3;
    assert!(count / a_day < LIFE_DAYS, "more than can be published");
    let mut list = list();
    let key = SigningKey::generate(NAME).unwrap();
    let picture = Picture::new(1);
    for number in 0..count {
        let days = u64::from(number / a_day);
        let publisher = PUBLISHERS[usize::try_from(number % 3).unwrap()];
        let mut item = picture.item(publisher);
        item.sha256.0[..4].copy_from_slice(&number.to_be_bytes());
        item.print.pdq.0[0] = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for (word, place) in item.print.words.iter_mut().zip(0_u32..) {
            word.key = number.wrapping_mul(2_654_435_761).rotate_left(place) >> 8;
        }
        item.print.verification = vec![number.to_be_bytes()[3]; VERIFICATION_BYTES];
        item.noticed_on = Day(Day::of(at_s(days)).0 - REPLY_DAYS);
        item.judged_on = item.noticed_on;
        list.append(at_s(days), What::Published { item }).unwrap();
    }
    let now_s = list.register().last_s();
    let checkpoint = list.checkpoint(&key).unwrap();
    let size = list.register().len();
    let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
    let mut taken = Duration::ZERO;
    loop {
        let page = list
            .page(replica.cursor(), MAX_PAGE_ENTRIES, &checkpoint, size)
            .unwrap();
        // What comes over the wire is read, too.
        let bytes = serde_json::to_vec(&page).unwrap();
        let start = Instant::now();
        let page = serde_json::from_slice(&bytes).unwrap();
        let left = replica.take(&page, now_s).unwrap();
        taken += start.elapsed();
        if left == 0 {
            break;
        }
    }
    assert_eq!(replica.register().items().count(), count as usize);
    println!("{count} new items taken in {:.2} s", taken.as_secs_f64());
    assert!(taken <= TIME_MAX, "{count} items took {taken:?}");
}
