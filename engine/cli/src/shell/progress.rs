//! A sign of life on standard error for statements that take long: how many rows there are so far.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(1);
const TURN: Duration = Duration::from_millis(120);
const WHEEL: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/// Shows itself after a second, until it is dropped.
pub(super) struct Progress {
    rows: Arc<AtomicU64>,
    /// Dropped to end the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts to wait. Only for a terminal on which nothing else is written meanwhile.
    pub(super) fn start() -> Self {
        let rows = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = channel::<()>();
        let seen = Arc::clone(&rows);
        let show = move || {
            let started = Instant::now();
            let mut wait = PATIENCE;
            let mut turns = WHEEL.iter().cycle();
            let mut shown = false;
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = TURN;
                shown = true;
                let wheel = turns.next().copied().unwrap_or(' ');
                write_status(&status(wheel, seen.load(Ordering::Relaxed), started.elapsed()));
            }
            if shown {
                write_status("");
            }
        };
        let thread = std::thread::Builder::new().name("progress".to_owned()).stack_size(128 * 1024).spawn(show).ok();
        Self { rows, stop: Some(stop), thread }
    }

    /// Tells how many rows there are.
    pub(super) fn set(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // Waits until the line is cleared. There is nothing to tell of a panic there.
            let _ = thread.join();
        }
    }
}

fn status(wheel: char, rows: u64, elapsed: Duration) -> String {
    let plural = if rows == 1 { "" } else { "s" };
    format!("{wheel} {rows} row{plural}, {} s (Ctrl-C stops)", elapsed.as_secs())
}

/// Replaces the terminal's current line. A terminal that is gone needs no progress.
fn write_status(text: &str) {
    let _ = std::io::stderr().write_all(format!("\r\x1b[K{text}").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text() {
        assert_eq!(status('x', 1, Duration::from_millis(1999)), "x 1 row, 1 s (Ctrl-C stops)");
        assert_eq!(status('x', 20, Duration::from_secs(70)), "x 20 rows, 70 s (Ctrl-C stops)");
    }

    #[test]
    fn ends_when_dropped() {
        let progress = Progress::start();
        progress.set(5);
        drop(progress);
    }
}
