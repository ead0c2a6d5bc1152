//! What is odd about a configuration.

use super::json::{Node, Value};
use super::marks::{Asked, Asks, Marks};
use super::text::{Place, Text};
use std::fmt;
use std::ops::Range;

/// The most that is told of one source.
pub(super) const MOST: usize = 500;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Something is other than it was probably meant.
    Warning,
    /// What it is about cannot be used at all: the source, or a query.
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

impl Diagnostic {
    /// The line for the status log: what is odd first, as osquery's users know it, then where.
    #[must_use]
    pub fn line(&self) -> String {
        let Place { line, column } = self.place;
        let help = self.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        format!("{} ({}:{line}:{column}{help})", self.message, self.source)
    }

    pub(super) fn new(weight: Weight, text: &Text, span: &Range<usize>, message: String) -> Self {
        Self { weight, source: text.source.clone(), place: text.start(span), message, help: None }
    }
}

/// Collects what is odd about one source, and what it asks.
#[derive(Debug)]
pub(super) struct Notes<'t> {
    pub(super) text: &'t Text,
    pub(super) found: Vec<Diagnostic>,
    pub(super) marks: Marks,
}

impl<'t> Notes<'t> {
    pub(super) fn new(text: &'t Text) -> Self {
        Self { text, found: Vec::new(), marks: Marks::default() }
    }

    pub(super) fn warn(&mut self, span: &Range<usize>, message: String, help: Option<String>) {
        self.tell(Weight::Warning, span, message, help);
    }

    pub(super) fn error(&mut self, span: &Range<usize>, message: String, help: Option<String>) {
        self.tell(Weight::Error, span, message, help);
    }

    /// Whether no more is told.
    pub(super) const fn is_full(&self) -> bool {
        self.found.len() >= MOST
    }

    fn tell(&mut self, weight: Weight, span: &Range<usize>, message: String, help: Option<String>) {
        // Whoever makes more mistakes does not read on, and each costs a look at the text.
        if !self.is_full() {
            self.found.push(Diagnostic { help, ..Diagnostic::new(weight, self.text, span, message) });
        }
    }

    /// Remembers where SQL stands.
    pub(super) fn ask(&mut self, kind: Asks, what: impl Into<String>, span: &Range<usize>) {
        self.marks.asked.push(Asked { kind, what: what.into(), span: span.clone(), platforms: Vec::new() });
    }

    /// Remembers where the strings of a list stand, which are SQL.
    pub(super) fn ask_all(&mut self, kind: Asks, what: &str, node: &Node) {
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for item in items.iter().filter(|item| matches!(item.value, Value::Text(_))) {
            self.ask(kind, what, &item.span);
        }
    }
}
