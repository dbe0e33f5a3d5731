//! How slowly the body of a request may come. A phone with a bad line takes its time; a body that stops, or comes a byte at a
//! time, holds room for photos that everybody else waits for.

use crate::limits::{BODY_BYTES_PER_SECOND_MIN, BODY_GRACE_SECONDS, BODY_IDLE_SECONDS_MAX};
use aftercare_app::{AppError, ErrorKind};
use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// The body stopped, or came too slowly.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the body of the request came too slowly")]
pub struct TooSlow;

/// A body that is given up when it comes too slowly. Only the time that is spent waiting for it counts, so that what we do
/// with what came is not the sender's fault.
pub struct Patient {
    body: Body,
    came_bytes: u64,
    /// Waits that are over, all together.
    waited: Duration,
    /// The wait that is not: since when, and until when it may go on.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    given_up: bool,
}

impl Patient {
    /// Nothing of it has come yet.
    #[must_use]
    pub fn new(body: Body) -> Self {
        Self {
            body,
            came_bytes: 0,
            waited: Duration::ZERO,
            waiting: None,
            given_up: false,
        }
    }
}

/// How long a wait that begins now may last: less than a silence, and no longer than what came has earned.
pub(crate) fn patience(came_bytes: u64, waited: Duration) -> Duration {
    let earned = Duration::from_secs(BODY_GRACE_SECONDS)
        + Duration::from_secs(came_bytes / BODY_BYTES_PER_SECOND_MIN);
    earned
        .saturating_sub(waited)
        .min(Duration::from_secs(BODY_IDLE_SECONDS_MAX))
}

impl HttpBody for Patient {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.given_up {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            if let Some((since, _)) = self.waiting.take() {
                self.waited += since.elapsed();
            }
            if let Some(Ok(frame)) = &frame {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                self.came_bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let patience = patience(self.came_bytes, self.waited);
        let (_, until) = self.waiting.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + patience)))
        });
        if until.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.given_up = true;
        Poll::Ready(Some(Err(TooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What is answered when reading failed because the body came too slowly; `None` when it failed otherwise.
#[must_use]
pub fn too_slow(error: &(dyn Error + 'static)) -> Option<AppError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return Some(AppError::new(
                ErrorKind::Unavailable,
                "too_slow",
                "网络太慢，内容没有传完，也没有提交。请换一个网络，或稍后再试。",
                "The connection is too slow: the content did not arrive completely, and nothing was taken. Please use another network or try again later.",
            ));
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use http_body_util::BodyExt as _;

    /// How long a body is waited for of which so many bytes come after each pause; `None` when all of it comes.
    fn given_up_after(pieces: u32, bytes: u64, pause: Duration) -> Option<Duration> {
        let (mut came, mut waited) = (0, Duration::ZERO);
        for _ in 0..pieces {
            let most = patience(came, waited);
            if most < pause {
                return Some(waited + most);
            }
            waited += pause;
            came += bytes;
        }
        None
    }

    #[test]
    fn a_slow_phone_gets_its_photo_through() {
        let second = Duration::from_secs(1);
        // A megabyte in four minutes, and a line that is gone for a while every time.
        assert_eq!(given_up_after(240, 4_200, second), None);
        assert_eq!(given_up_after(20, 1 << 18, second * 14), None);
    }

    #[test]
    fn a_body_that_stops_or_drips_is_given_up() {
        let seconds = Duration::from_secs;
        assert_eq!(given_up_after(9, 0, seconds(60)), Some(seconds(15)));
        assert_eq!(given_up_after(9, 1 << 20, seconds(60)), Some(seconds(15)));
        let dripping = given_up_after(1_000_000, 1, Duration::from_millis(500));
        assert_eq!(dripping, Some(seconds(15)));
        let creeping = given_up_after(1_000_000, 2_048, seconds(1));
        assert!(
            creeping.is_some_and(|after| after <= seconds(31)),
            "{creeping:?}"
        );
    }

    #[tokio::test]
    async fn a_body_that_was_too_slow_is_told_from_one_that_broke() {
        let read = async |body: Body| body.collect().await.map(drop).unwrap_err();
        let broken = stream::iter([Err::<Bytes, _>(std::io::Error::other("x"))]);
        let broken = Body::new(Patient::new(Body::from_stream(broken)));
        assert!(too_slow(&read(broken).await).is_none());
        let mut slow = Patient::new(Body::from_stream(
            stream::pending::<Result<Bytes, BoxError>>(),
        ));
        slow.waited = Duration::from_secs(BODY_GRACE_SECONDS);
        let error = too_slow(&read(Body::new(slow)).await);
        assert_eq!(error.map(|error| error.rule).as_deref(), Some("too_slow"));
    }
}
