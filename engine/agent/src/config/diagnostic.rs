//! What is odd about a configuration.

use super::text::{Place, Text};
use std::fmt;
use std::ops::Range;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Something is other than it was probably meant.
    Warning,
    /// The source cannot be used.
    Error,
}

/// Something odd, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub weight: Weight,
    /// The source.
    pub source: String,
    /// Where in it.
    pub place: Place,
    /// What is odd.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Warning => "warning",
            Weight::Error => "error",
        };
        let Place { line, column } = self.place;
        write!(f, "{}:{line}:{column}: {weight}: {}", self.source, self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, " ({help})"))
    }
}

/// Collects what is odd about one source.
#[derive(Debug)]
pub(super) struct Notes<'t> {
    pub(super) text: &'t Text,
    pub(super) found: Vec<Diagnostic>,
}

impl Notes<'_> {
    pub(super) fn warn(&mut self, span: &Range<usize>, message: String, help: Option<String>) {
        let (source, place) = (self.text.source.clone(), self.text.start(span));
        self.found.push(Diagnostic { weight: Weight::Warning, source, place, message, help });
    }
}
