//! Typed models of machines: a machine is made from bytes, rendered into files exactly as the kernel and the tools write
//! them, and knows what SQL over those files must answer. That is an oracle without a second implementation.
//!
//! # How to add a subject
//!
//! A subject is one file beside this one: what a handful of tables is about.
//!
//! 1. Make a type for the *facts* (a process, an account), not for the lines of a file.
//! 2. `generate(draw, pool)` draws them. Constants come from the [`Pool`] (ids, names, inodes …), so that tables relate to
//!    each other and equal values occur. Ask [`Draw::odd`] before anything nasty: *valid* settings never say yes. When the
//!    bytes run out, every draw gives its first choice, so counts must shrink to their least.
//! 3. Implement [`Part`]: `render` writes the files, quoting as their writer quotes; `ask` gives for a table of the subject
//!    the questions and the rows that the facts mean. Write it from proc(5) and the other manuals, never from the parser
//!    or the table: independence is the point. A row names its *sources*, the paths without which it may change.
//! 4. Add `pub static SUBJECT` to [`SUBJECTS`]. A column that the facts cannot know is simply not asked for; a table
//!    of which more than a third is not asked for needs a reason in [`PARTLY`].
//!
//! The tests of `oracles::model_roundtrip` pick the tables up by themselves.

pub mod accounts;
pub mod apt;
pub mod damage;
pub mod deb;
pub mod descriptors;
pub mod draw;
pub mod files;
pub mod hardware;
pub mod kernel;
pub mod keys;
pub mod logins;
mod manner;
pub mod mappings;
pub mod mounts;
pub mod names;
pub mod network;
pub mod pool;
pub mod processes;
pub mod release;
pub mod resources;
pub mod rules;
pub mod sockets;
pub mod tree;

pub use draw::{Draw, Settings};
pub use files::Files;
pub use pool::Pool;

use arbitrary::{Result, Unstructured};
use plumb_host::{Host, Mem};
use std::fmt::Debug;
use std::sync::Arc;

/// A cell that a model expects.
pub type Value = plumb_schema::Value<'static>;

/// A kind of facts, and the tables that tell them.
pub struct Subject {
    /// Its name.
    pub name: &'static str,
    /// Its tables.
    pub tables: &'static [&'static str],
    /// Subjects that have to be there before it.
    pub needs: &'static [&'static Subject],
    /// Draws the facts.
    pub generate: fn(&mut Draw<'_, '_>, &mut Pool) -> Result<Box<dyn Part>>,
}

/// The facts of a subject.
pub trait Part: Debug + Send + Sync {
    /// Writes the files that tell them.
    fn render(&self, files: &mut Files);
    /// What to ask about them through a table of the subject, and what it must answer.
    fn ask(&self, table: &str) -> Vec<Question>;
}

/// A question and the answer that a model expects.
#[derive(Clone, Debug)]
pub struct Question {
    /// The table that is in question; it may be read under another name in `from`.
    pub table: &'static str,
    /// Columns to ask for.
    pub columns: &'static [&'static str],
    /// What follows FROM.
    pub from: String,
    /// Other tables that `from` names.
    pub with: &'static [&'static str],
    /// The rows, in any order.
    pub rows: Vec<Expected>,
}

/// A row that a model expects.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// Its cells, in the order of the question's columns.
    pub cells: Vec<Value>,
    /// Paths of files and directories on which it depends.
    pub sources: Vec<Vec<u8>>,
}

impl Question {
    /// A question about a whole table.
    #[must_use]
    pub fn of(table: &'static str, columns: &'static [&'static str]) -> Self {
        Self { table, columns, from: table.to_owned(), with: &[], rows: Vec::new() }
    }

    /// Adds a row that depends on some files.
    pub fn row(&mut self, sources: &[&[u8]], cells: Vec<Value>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "cells of {}", self.table);
        let sources = sources.iter().map(|source| source.to_vec()).collect();
        self.rows.push(Expected { cells, sources });
    }
}

/// What a cell is made of.
pub trait ToValue {
    /// The cell.
    fn to_value(&self) -> Value;
}

macro_rules! whole_numbers {
    ($($kind:ty),*) => { $(impl ToValue for $kind {
        fn to_value(&self) -> Value {
            // What no column can hold is unknown.
            i64::try_from(*self).map_or(Value::Null, Value::Int)
        }
    })* };
}
whole_numbers!(i32, i64, u16, u32, u64, usize);

macro_rules! texts {
    ($($kind:ty),*) => { $(impl ToValue for $kind {
        fn to_value(&self) -> Value {
            let bytes: &[u8] = self.as_ref();
            Value::Text(bytes.to_vec().into())
        }
    })* };
}
texts!(str, String, [u8], Vec<u8>);

impl ToValue for f64 {
    fn to_value(&self) -> Value {
        Value::Real(*self)
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value {
        (*self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

/// The cells of a row.
macro_rules! cells {
    ($($cell:expr),* $(,)?) => { vec![$($crate::generators::model::ToValue::to_value(&$cell)),*] };
}
pub(crate) use cells;

/// All subjects. Those that others need come first.
pub static SUBJECTS: &[&Subject] = &[
    &accounts::SUBJECT,
    &apt::SUBJECT,
    &deb::SUBJECT,
    &descriptors::SUBJECT,
    &kernel::SUBJECT,
    &keys::SUBJECT,
    &logins::SUBJECT,
    &mappings::SUBJECT,
    &mounts::SUBJECT,
    &names::SUBJECT,
    &network::SUBJECT,
    &processes::SUBJECT,
    &release::SUBJECT,
    &resources::SUBJECT,
    &hardware::SUBJECT,
    &rules::SUBJECT,
    &sockets::SUBJECT,
    &tree::SUBJECT,
];

/// Tables of which the model does not know more than a third of the columns, and why.
pub static PARTLY: &[(&str, &str)] =
    &[("mounts", "sizes are the kernel's word (statvfs), and a host in memory has no kernel to ask")];

/// The subject that has a table.
#[must_use]
pub fn subject(table: &str) -> Option<&'static Subject> {
    SUBJECTS.iter().copied().find(|subject| subject.tables.contains(&table))
}

/// The tables of all subjects.
pub fn tables() -> impl Iterator<Item = &'static str> {
    SUBJECTS.iter().flat_map(|subject| subject.tables.iter().copied())
}

/// A machine.
#[derive(Debug)]
pub struct Machine {
    /// What its parts share.
    pub pool: Pool,
    parts: Vec<(&'static str, Box<dyn Part>)>,
}

impl Machine {
    /// A machine with all subjects.
    ///
    /// # Errors
    /// When the bytes run out where they must not.
    pub fn generate(u: &mut Unstructured<'_>, settings: &Settings) -> Result<Self> {
        Self::with(u, settings, SUBJECTS)
    }

    /// A machine that has only what a table reads.
    ///
    /// # Errors
    /// As [`Machine::generate`].
    pub fn for_table(u: &mut Unstructured<'_>, settings: &Settings, table: &str) -> Result<Self> {
        Self::with(u, settings, subject(table).as_slice())
    }

    fn with(u: &mut Unstructured<'_>, settings: &Settings, subjects: &[&'static Subject]) -> Result<Self> {
        let mut draw = Draw::new(u, settings);
        let mut machine = Self { pool: Pool::generate(&mut draw)?, parts: Vec::new() };
        for subject in subjects {
            machine.add(&mut draw, subject)?;
        }
        Ok(machine)
    }

    fn add(&mut self, draw: &mut Draw<'_, '_>, subject: &'static Subject) -> Result<()> {
        for needed in subject.needs {
            self.add(draw, needed)?;
        }
        if self.part(subject.name).is_none() {
            let part = (subject.generate)(draw, &mut self.pool)?;
            self.parts.push((subject.name, part));
        }
        Ok(())
    }

    fn part(&self, subject: &str) -> Option<&dyn Part> {
        self.parts.iter().find(|(name, _)| *name == subject).map(|(_, part)| &**part)
    }

    /// Its files.
    #[must_use]
    pub fn files(&self) -> Files {
        let mut files = Files::new(self.pool.clock());
        self.parts.iter().for_each(|(_, part)| part.render(&mut files));
        files
    }

    /// It as a host.
    #[must_use]
    pub fn render(&self) -> Mem {
        self.files().mem()
    }

    /// What a table must answer; nothing if the machine lacks its subject.
    #[must_use]
    pub fn expect(&self, table: &str) -> Vec<Question> {
        let part = subject(table).and_then(|subject| self.part(subject.name));
        part.map(|part| part.ask(table)).unwrap_or_default()
    }
}

/// A whole machine from a seed, as a model and as a host.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn host(seed: u64, settings: &Settings) -> Result<(Machine, Arc<dyn Host>)> {
    machine(seed, settings).map(|(machine, files)| (machine, Arc::new(files.mem()) as Arc<dyn Host>))
}

/// A whole machine from a seed, as a model and as the files that tell it, damaged under *hostile* settings.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn machine(seed: u64, settings: &Settings) -> Result<(Machine, Files)> {
    /// Enough for all subjects.
    const BYTES: usize = 40_000;
    let bytes = super::bytes(seed, BYTES);
    let mut u = Unstructured::new(&bytes);
    let machine = Machine::generate(&mut u, settings)?;
    let mut files = machine.files();
    if settings.hostile {
        damage::damage(&mut u, &mut files)?;
    }
    Ok((machine, files))
}
