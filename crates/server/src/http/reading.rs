//! How slowly an answer may be read: the mirror of [`crate::http::patience`]. A reader who stops, or takes a byte at a time,
//! holds the memory of what is sent to them.

use crate::http::patience::patience;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// A connection that is given up when the other side takes too slowly what is written. Only the time in which something waits
/// to be taken counts: a stream that has nothing to say may stay open.
pub(crate) struct Reading<S> {
    stream: S,
    taken_bytes: u64,
    /// Waits that are over, all together.
    waited: Duration,
    /// The wait that is not: since when, and until when it may go on.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    /// How long a wait may last after so many bytes and so much waiting.
    patience: fn(u64, Duration) -> Duration,
}

impl<S> Reading<S> {
    pub(crate) const fn new(stream: S) -> Self {
        Self {
            stream,
            taken_bytes: 0,
            waited: Duration::ZERO,
            waiting: None,
            patience,
        }
    }

    /// What came of writing, or that it took too long.
    fn watched<T>(
        &mut self,
        context: &mut Context<'_>,
        came: Poll<io::Result<T>>,
        bytes: impl FnOnce(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(done) = came {
            if let Some((since, _)) = self.waiting.take() {
                self.waited += since.elapsed();
            }
            if let Ok(done) = &done {
                self.taken_bytes += u64::try_from(bytes(done)).unwrap_or(u64::MAX);
            }
            return Poll::Ready(done);
        }
        let patience = (self.patience)(self.taken_bytes, self.waited);
        let (_, until) = self.waiting.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + patience)))
        });
        if until.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the answer was read too slowly",
        )))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Reading<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Reading<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let came = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(context, came, |taken| *taken)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let came = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watched(context, came, |taken| *taken)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let came = Pin::new(&mut self.stream).poll_flush(context);
        self.watched(context, came, |()| 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let came = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watched(context, came, |()| 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::BODY_IDLE_SECONDS_MAX;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// As for everybody, but a hundred times as fast.
    fn short(taken_bytes: u64, waited: Duration) -> Duration {
        patience(taken_bytes, waited * 100) / 100
    }

    #[tokio::test]
    async fn who_does_not_read_is_let_go_and_who_reads_slowly_is_not() {
        let (ours, theirs) = tokio::io::duplex(4_096);
        let started = Instant::now();
        let mut stream = Reading::new(ours);
        stream.patience = short;
        let error = stream.write_all(&[0; 1 << 16]).await;
        assert_eq!(
            error.map_err(|error| error.kind()),
            Err(io::ErrorKind::TimedOut)
        );
        let least = Duration::from_millis(10 * BODY_IDLE_SECONDS_MAX);
        assert!(started.elapsed() >= least);
        drop(theirs);

        // A bad line, with a pause every time.
        let (ours, mut theirs) = tokio::io::duplex(4_096);
        let reader = tokio::spawn(async move {
            let mut read = vec![0; 8_192];
            let mut all = 0;
            while let Ok(bytes @ 1..) = theirs.read(&mut read).await {
                all += bytes;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            all
        });
        let mut stream = Reading::new(ours);
        stream.patience = short;
        stream.write_all(&[0; 1 << 18]).await.expect("all of it");
        drop(stream);
        assert_eq!(reader.await.expect("no panic"), 1 << 18);
    }
}
