//! System calls that a dead file server can hold for ever, with a deadline.
//!
//! A call that hangs in the kernel cannot be taken back: its thread stays until the server answers. So each path has at most
//! one such thread, and all paths together at most [`MOST`]; what would need another is refused at once.

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Threads that may hang at one time.
const MOST: usize = 16;

/// Paths that are being asked.
static ASKED: Mutex<BTreeSet<Vec<u8>>> = Mutex::new(BTreeSet::new());

/// The answer of a call about a path, if it comes in time.
pub(super) fn within<T: Send + 'static>(
    path: &[u8],
    patience: Duration,
    call: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let turn = Turn::take(path)?;
    let (sender, receiver) = channel();
    std::thread::Builder::new().name("statvfs".to_owned()).spawn(move || {
        let answer = call();
        drop(turn);
        // Nobody waits for an answer that comes too late.
        let _ = sender.send(answer);
    })?;
    receiver.recv_timeout(patience).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// The right to ask about a path, until it is dropped.
struct Turn(Vec<u8>);

impl Turn {
    fn take(path: &[u8]) -> io::Result<Self> {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= MOST || !asked.insert(path.to_vec()) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(Self(path.to_vec()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        ASKED.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::Barrier;

    #[test]
    fn what_hangs_is_asked_once() {
        let long = Duration::from_secs(60);
        assert_eq!(within(b"/quick", long, || Ok(7)).unwrap(), 7);
        assert_eq!(within(b"/quick", long, || Ok(8)).unwrap(), 8, "its turn is over");
        let error = within(b"/quick", long, || Err::<i32, _>(io::ErrorKind::NotFound.into())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);

        let dead = Arc::new(Barrier::new(2));
        let server = Arc::clone(&dead);
        let hangs = move || {
            server.wait();
            Ok(())
        };
        let error = within(b"/hangs", Duration::from_millis(20), hangs).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let again = within(b"/hangs", long, || Ok(())).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::TimedOut, "no second thread");
        assert_eq!(within(b"/other", long, || Ok(1)).unwrap(), 1);
        dead.wait();
    }
}
