//! What the program says.

use std::io::Write as _;

/// Prints a text. Whoever no longer reads it (`| head`) does not want the rest.
pub(crate) fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
