//! Inspects pictures together in a child process. The driver that speaks to the child is plain code
//! that waits; it runs on a thread of its own and asks back for the bytes of a picture when the child
//! needs them, so that a claim's files are never in memory all at once.

use crate::error::AppError;
use aftercare_evidence::child::{FRAME_PREFIX_BYTES, body_bytes, run_child};
use aftercare_evidence::driver::{
    ChildGone, ClaimFiles, DriveError, Driven, Transport, Wanted, inspect_claim,
};
use aftercare_evidence::inspect::{PhotoInspection, Picture, Unread};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::io::{PipeReader, PipeWriter, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Where the bytes of pictures come from.
#[async_trait]
pub trait Source: Send + Sync {
    /// The bytes of a picture, or why there are none; asked again when a child had to be replaced.
    async fn read(&self, picture: &Picture) -> Result<Vec<u8>, Unread>;
}

/// Pictures to inspect together, and for how long.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// What is compared with what.
    pub files: ClaimFiles,
    /// What is wanted besides findings.
    pub wanted: Wanted,
    /// For how long in all; what is not read by then is answered for like any unreadable file, and named
    /// ([`Inspected::late`]).
    pub within: Duration,
    /// Whether somebody waits for the answer.
    pub urgent: bool,
}

/// What came of an inspection.
pub struct Inspected {
    /// The answers.
    pub driven: Driven,
    /// The names of photos whose answer lacks something only because the time was over: nothing may be concluded from it,
    /// least of all that the file cannot be read.
    pub late: BTreeSet<String>,
}

/// Drives `transport` through an inspection; gives it back for the next one.
///
/// # Errors
/// When no child can be started, or it answers nonsense.
pub(crate) async fn drive<T: Transport + Send + 'static>(
    mut transport: Within<T>,
    files: ClaimFiles,
    wanted: Wanted,
    source: &dyn Source,
) -> Result<(T, Inspected), AppError> {
    let is_over = Arc::clone(&transport.is_over);
    let (send, mut asked) = mpsc::channel::<(Picture, oneshot::Sender<Result<Vec<u8>, Unread>>)>(1);
    let mut work = tokio::task::spawn_blocking(move || {
        let mut read = |picture: &Picture| {
            let (reply, answer) = oneshot::channel();
            send.blocking_send((picture.clone(), reply))
                .map_err(|_| given_up(picture))?;
            answer.blocking_recv().map_err(|_| given_up(picture))?
        };
        let mut late = BTreeSet::new();
        let mut told = |photo: &PhotoInspection| {
            if is_over.load(Ordering::SeqCst) {
                late.insert(photo.photo.name.clone());
            }
        };
        let driven = inspect_claim(&mut transport, &files, wanted, &mut read, &mut told);
        driven.map(|driven| (transport.transport, Inspected { driven, late }))
    });
    let done = loop {
        tokio::select! {
            Some((picture, reply)) = asked.recv() => {
                // The thread that asked waits for it, unless it failed for another reason.
                let _ = reply.send(source.read(&picture).await);
            }
            done = &mut work => break done,
        }
    };
    done.map_err(|error| AppError::internal(format!("inspection: {error}")))?
        .map_err(|error: DriveError| AppError::internal(format!("inspection: {error}")))
}

/// Nobody waits for the answer any more.
fn given_up(picture: &Picture) -> Unread {
    Unread {
        name: picture.name.clone(),
        zh: "核对已取消。".to_owned(),
        en: "the check was given up.".to_owned(),
    }
}

/// A transport that has so much time for everything.
pub(crate) struct Within<T> {
    transport: T,
    until: Instant,
    /// Set once something was not asked because the time was over.
    is_over: Arc<AtomicBool>,
}

impl<T> Within<T> {
    /// `transport`, for so long.
    pub(crate) fn new(transport: T, within: Duration) -> Self {
        Self {
            transport,
            until: Instant::now() + within,
            is_over: Arc::default(),
        }
    }
}

impl<T: Transport> Transport for Within<T> {
    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, ChildGone> {
        if Instant::now() >= self.until {
            // What is left is answered for like files that cannot be read, and is named as late.
            self.is_over.store(true, Ordering::SeqCst);
            return Err(ChildGone::Died);
        }
        self.transport.ask(request)
    }
}

/// The child's work on a thread of this process: for tests and tools on trusted files.
pub(crate) struct ThreadTransport {
    to: PipeWriter,
    from: PipeReader,
}

impl ThreadTransport {
    /// Starts the thread; it ends with the transport.
    ///
    /// # Errors
    /// When there are no pipes to be had.
    pub(crate) fn new() -> Result<Self, AppError> {
        let pipe = || std::io::pipe().map_err(|error| AppError::internal(format!("pipe: {error}")));
        let ((input, to), (from, output)) = (pipe()?, pipe()?);
        std::thread::spawn(move || {
            if let Err(error) = run_child(input, output) {
                tracing::error!(%error, "reading a picture in this process failed");
            }
        });
        Ok(Self { to, from })
    }

    fn exchange(&mut self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        self.to.write_all(request)?;
        let mut prefix = [0; FRAME_PREFIX_BYTES];
        self.from.read_exact(&mut prefix)?;
        let body = body_bytes(&prefix)?;
        let mut frame = prefix.to_vec();
        frame.resize(FRAME_PREFIX_BYTES + body, 0);
        self.from.read_exact(&mut frame[FRAME_PREFIX_BYTES..])?;
        Ok(frame)
    }
}

impl Transport for ThreadTransport {
    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, ChildGone> {
        self.exchange(request).map_err(|_| ChildGone::Died)
    }
}
