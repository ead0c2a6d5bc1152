//! Notes: what was odd on the way to the rows.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Something that was met while a table was collected and that a person may want to know: an unreadable file, a
/// malformed line, a missing power. A note never stops a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The table.
    pub table: &'static str,
    /// The file or source, as text for people.
    pub source: String,
    /// What was wrong with it.
    pub reason: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.table, self.source, self.reason)
    }
}

/// The notes of a statement: all are counted, the first few are kept.
#[derive(Debug, Default)]
pub struct Notes {
    count: AtomicU64,
    kept: Mutex<Vec<Note>>,
    warnings: Mutex<Vec<String>>,
}

impl Notes {
    /// How many notes are kept whole.
    pub const KEPT: usize = 100;

    /// Adds a note.
    pub fn add(&self, table: &'static str, source: &[u8], reason: impl fmt::Display) {
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        if before < Self::KEPT as u64 {
            let source = String::from_utf8_lossy(source).into_owned();
            let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            kept.push(Note { table, source, reason: reason.to_string() });
        }
    }

    /// Adds a line that a person must see.
    pub fn warn(&self, line: String) {
        let mut warnings = self.warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if warnings.len() < Self::KEPT && warnings.last() != Some(&line) {
            warnings.push(line);
        }
    }

    /// Takes the lines that a person must see.
    #[must_use]
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// How many notes there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Takes the kept notes.
    #[must_use]
    pub fn take(&self) -> Vec<Note> {
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
