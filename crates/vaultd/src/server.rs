//! The socket: who may connect, for how long, and how many at once.

use crate::error::KeeperError;
use crate::keeper::Keeper;
use crate::limits::{CONNECTIONS_MAX, TRANSFER_MS_MAX};
use crate::wire::{Asked, Refusal, Reply, WireError, read_frame, write_frame};
use std::future::Future;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Bits by which others than the owner could put a socket of theirs into the folder.
const OTHERS_WRITE: u32 = 0o022;
/// In such a folder only owners remove their files.
const STICKY: u32 = 0o1000;

/// Who is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peers {
    /// The account whose processes may ask, as the kernel says it of them.
    pub uid: u32,
    /// Whether the group of the folder may connect: where that account is another one than ours.
    pub group: bool,
}

/// A socket that is listened on; it is removed with this.
#[derive(Debug)]
pub struct Bound {
    listener: UnixListener,
    path: PathBuf,
    peers: Peers,
}

impl Drop for Bound {
    fn drop(&mut self) {
        // One that stays behind is taken for what it is at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Listens on a path. A socket that a killed process left there is removed, one that somebody listens on is not.
///
/// # Errors
/// A path that is in use or is no socket, a folder into which others can write.
pub async fn bind(path: &Path, peers: Peers) -> Result<Bound, KeeperError> {
    let wrong = |why: String| KeeperError::Socket {
        path: path.to_owned(),
        why,
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let about = std::fs::metadata(folder)
        .map_err(|error| wrong(format!("its folder {}: {error}", folder.display())))?;
    if about.mode() & OTHERS_WRITE != 0 && about.mode() & STICKY == 0 {
        return Err(wrong(format!(
            "others can write into its folder {}, and could listen in its place: chmod go-w",
            folder.display()
        )));
    }
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(wrong(error.to_string())),
        Ok(about) if !about.file_type().is_socket() => {
            return Err(wrong("it is there, and is no socket".to_owned()));
        }
        Ok(_) => match UnixStream::connect(path).await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path).map_err(|error| wrong(error.to_string()))?;
                tracing::info!(socket = %path.display(), "a socket that nobody listens on any more was removed");
            }
            Ok(_) => return Err(wrong("another process listens on it".to_owned())),
            Err(error) => return Err(wrong(error.to_string())),
        },
    }
    let listener = UnixListener::bind(path).map_err(|error| wrong(error.to_string()))?;
    let bound = Bound {
        listener,
        path: path.to_owned(),
        peers,
    };
    let mode = if peers.group { 0o660 } else { 0o600 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .map_err(|error| wrong(error.to_string()))?;
    Ok(bound)
}

/// Answers until `stop` is ready, and what was asked by then. `now_ms` gives the time, in milliseconds since 1970 (UTC).
///
/// # Errors
/// What the system says of the socket.
pub async fn serve(
    bound: Bound,
    keeper: Arc<Keeper>,
    now_ms: impl Fn() -> i64 + Send + Sync + Clone + 'static,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let mut stop = std::pin::pin!(stop);
    let at_once = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut answering = JoinSet::new();
    loop {
        // Who comes while so many are answered waits in the queue of the kernel.
        let room = tokio::select! {
            room = Arc::clone(&at_once).acquire_owned() => room,
            () = &mut stop => break,
        };
        let Ok(room) = room else { break };
        let stream = tokio::select! {
            accepted = bound.listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Such as too many open files: it passes.
                    tracing::error!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(TRANSFER_MS_MAX / 50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let (keeper, now_ms, peers) = (Arc::clone(&keeper), now_ms.clone(), bound.peers);
        answering.spawn(async move {
            if let Err(error) = answer(stream, keeper, now_ms, peers).await {
                tracing::warn!(%error, "a request could not be answered");
            }
            drop(room);
        });
        while answering.try_join_next().is_some() {}
    }
    while answering.join_next().await.is_some() {}
    Ok(())
}

async fn within<T>(what: impl Future<Output = Result<T, WireError>>) -> Result<T, WireError> {
    match tokio::time::timeout(Duration::from_millis(TRANSFER_MS_MAX), what).await {
        Ok(done) => done,
        Err(_) => Err(std::io::Error::from(ErrorKind::TimedOut).into()),
    }
}

async fn answer(
    mut stream: UnixStream,
    keeper: Arc<Keeper>,
    now_ms: impl Fn() -> i64 + Send + 'static,
    peers: Peers,
) -> Result<(), WireError> {
    let peer = stream.peer_cred()?;
    let reply = if peer.uid() == peers.uid {
        let bytes = within(read_frame(&mut stream)).await?;
        match Asked::from_bytes(&bytes) {
            Ok(Asked { request, .. }) => {
                let answered =
                    tokio::task::spawn_blocking(move || keeper.answer(now_ms(), request));
                answered.await.map_err(std::io::Error::other)?
            }
            Err(error) => Reply::now(Err(Refusal::new("bad_request", error.to_string())), None),
        }
    } else {
        // Nothing of it is read, and nothing of the ledger is told.
        tracing::warn!(
            uid = peer.uid(),
            expected = peers.uid,
            "a process of another account was refused"
        );
        Reply::now(
            Err(Refusal::new(
                "not_yours",
                "only processes of the account that was named with --peer are answered",
            )),
            None,
        )
    };
    within(async {
        let bytes = reply.to_bytes()?;
        write_frame(&mut stream, &bytes).await
    })
    .await
}
