//! Work on many things on a few threads; the results come in the order of the things.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Threads used when the machine has more cores than a laptop.
const MAX_THREADS: usize = 16;

/// How many threads [`map`] uses.
#[must_use]
pub fn threads() -> usize {
    std::thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(MAX_THREADS)
}

/// `work` on every one of `things`. Each is taken by the next free thread.
pub fn map<Thing: Sync, Answer: Send>(
    things: &[Thing],
    work: impl Fn(&Thing) -> Answer + Sync,
) -> Vec<Answer> {
    let next = AtomicUsize::new(0);
    let answers: Vec<Mutex<Option<Answer>>> = things.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..threads().min(things.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(thing), Some(slot)) = (things.get(at), answers.get(at)) else {
                        break;
                    };
                    let answer = work(thing);
                    if let Ok(mut slot) = slot.lock() {
                        *slot = Some(answer);
                    }
                }
            });
        }
    });
    answers
        .into_iter()
        .filter_map(|slot| slot.into_inner().ok().flatten())
        .collect()
}
