//! Places for what takes much memory: so many at once, and a few for each sender, who keep theirs until all of the answer is sent.

use aftercare_app::{AppError, ErrorKind};
use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// A place that somebody has, until it is dropped.
#[derive(Debug)]
pub struct Place {
    _own: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

/// Places of one kind.
#[derive(Debug)]
pub struct Places {
    all: Arc<Semaphore>,
    each: usize,
    /// Those who have or await a place.
    senders: Mutex<HashMap<String, Arc<Semaphore>>>,
}

fn full() -> AppError {
    AppError::new(
        ErrorKind::Unavailable,
        "busy",
        "现在同时办理的太多，请半分钟后再试。",
        "Too much of this is under way right now. Please try again in half a minute.",
    )
}

impl Places {
    /// So many places, and so many of them for one sender.
    #[must_use]
    pub fn new(all: usize, each: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all)),
            each,
            senders: Mutex::default(),
        }
    }

    /// The places of a sender. Whoever has none and awaits none is forgotten.
    fn of(&self, sender: &str) -> Arc<Semaphore> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = senders.get(sender) {
            return Arc::clone(own);
        }
        senders.retain(|_, own| Arc::strong_count(own) > 1);
        let own = Arc::new(Semaphore::new(self.each));
        senders.insert(sender.to_owned(), Arc::clone(&own));
        own
    }

    /// A place at once.
    ///
    /// # Errors
    /// `Unavailable` when there is none.
    pub fn take(&self, sender: &str) -> Result<Place, AppError> {
        let own = self.of(sender).try_acquire_owned().map_err(|_| full())?;
        let of_all = Arc::clone(&self.all)
            .try_acquire_owned()
            .map_err(|_| full())?;
        Ok(Place {
            _own: own,
            _of_all: of_all,
        })
    }

    /// A place, waited for a while.
    ///
    /// # Errors
    /// `Unavailable` when none was given back in time.
    pub async fn wait(&self, sender: &str, most: Duration) -> Result<Place, AppError> {
        let place = async {
            // One's own first: whoever waits for it must not hold what others wait for.
            let own = self.of(sender).acquire_owned().await.ok()?;
            let of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
            Some(Place {
                _own: own,
                _of_all: of_all,
            })
        };
        timeout(most, place).await.ok().flatten().ok_or_else(full)
    }
}

/// The body of an answer, with the place of whoever asked for it.
struct Held {
    body: Body,
    _place: Place,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body)
            .poll_frame(context)
            .map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The answer, which gives the place back when it is sent or nobody reads it any more.
#[must_use]
pub fn held(response: Response, place: Place) -> Response {
    response.map(|body| {
        Body::new(Held {
            body,
            _place: place,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_sender_has_a_few_places_and_all_together_so_many() {
        let places = Places::new(5, 2);
        let one: Vec<_> = (0..9).filter_map(|_| places.take("one").ok()).collect();
        assert_eq!(one.len(), 2);
        let others: Vec<_> = (0..9)
            .filter_map(|number| places.take(&format!("other {number}")).ok())
            .collect();
        assert_eq!(others.len(), 3);
        assert_eq!(
            places.take("late").map(drop).map_err(|error| error.rule),
            Err("busy".to_owned())
        );
        drop((one, others));
        places.take("later").expect("all was given back");
        let known = places.senders.lock().expect("no panic").len();
        assert!(known <= 1, "who is gone is forgotten: {known}");
    }

    #[tokio::test]
    async fn a_place_is_kept_until_the_answer_is_sent() {
        let places = Places::new(1, 1);
        let answer = held(
            Response::new(Body::from("text")),
            places.take("one").expect("a place"),
        );
        let soon = Duration::from_millis(1);
        assert!(places.wait("two", soon).await.is_err());
        drop(answer);
        places.wait("two", soon).await.expect("a place");
    }
}
