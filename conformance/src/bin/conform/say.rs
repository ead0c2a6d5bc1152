//! What the program says.
//!
//! Whoever no longer reads it (`| head`) does not want the rest: what was begun is done quietly to its end. That a text could
//! not be written for any other reason is remembered, so that nobody takes half of it for the whole.

use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

/// Why standard output could not be written.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints a text.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            LOST.get_or_init(|| error.to_string());
        }
        _ => {}
    }
}

/// Why something that was said is lost, if it is.
pub(crate) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Tells what went wrong, where somebody listens.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "conform: {message}");
}
