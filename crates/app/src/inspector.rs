//! A child process that reads hostile files, from outside: started when it is needed, killed when it takes too long.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use aftercare_evidence::driver::{ChildGone, Transport};
use aftercare_media::child::Frame;

use crate::limits::INSPECT_REQUEST_MS_MAX;

/// `aftercare child` behind two pipes; blocking, so an asynchronous caller runs it on a thread for blocking work.
#[derive(Debug)]
pub struct ChildTransport {
    program: PathBuf,
    arguments: &'static [&'static str],
    limit: Duration,
    running: Option<Running>,
}

/// A process and the two threads that write to it and read from it, so that neither pipe can hold the caller.
#[derive(Debug)]
struct Running {
    child: Child,
    requests: Sender<Vec<u8>>,
    answers: Receiver<Vec<u8>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl ChildTransport {
    /// Children are started as `program child`.
    #[must_use]
    pub const fn new(program: PathBuf) -> Self {
        Self::with_limit(program, Duration::from_millis(INSPECT_REQUEST_MS_MAX))
    }

    /// The same with another limit of time for one request.
    #[must_use]
    pub const fn with_limit(program: PathBuf, limit: Duration) -> Self {
        Self::with_arguments(program, &["child"], limit)
    }

    /// Children are started as `program` with `arguments`.
    pub(crate) const fn with_arguments(
        program: PathBuf,
        arguments: &'static [&'static str],
        limit: Duration,
    ) -> Self {
        Self {
            program,
            arguments,
            limit,
            running: None,
        }
    }

    fn start(&self) -> Result<Running, ChildGone> {
        let failed =
            |why: String| ChildGone::NotStarted(format!("{}: {why}", self.program.display()));
        let mut child = Command::new(&self.program)
            .args(self.arguments)
            // Nothing of this process's environment (keys, paths) is the child's business.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("it has no pipes".to_owned()));
        };
        let (requests, to_write) = channel::<Vec<u8>>();
        let (read, answers) = channel();
        std::thread::spawn(move || {
            for request in to_write {
                if stdin
                    .write_all(&request)
                    .and_then(|()| stdin.flush())
                    .is_err()
                {
                    break;
                }
            }
        });
        std::thread::spawn(move || {
            while let Ok(Some(frame)) = Frame::read(&mut stdout) {
                let Ok(bytes) = frame.encode() else { break };
                if read.send(bytes).is_err() {
                    break;
                }
            }
        });
        Ok(Running {
            child,
            requests,
            answers,
        })
    }
}

impl Transport for ChildTransport {
    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, ChildGone> {
        let running = match self.running.take() {
            Some(running) => running,
            None => self.start()?,
        };
        // A child that has died meanwhile does not answer either.
        let _ = running.requests.send(request.to_vec());
        match running.answers.recv_timeout(self.limit) {
            Ok(answer) => {
                self.running = Some(running);
                Ok(answer)
            }
            // Dropping it kills it.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(ChildGone::Died),
        }
    }
}
