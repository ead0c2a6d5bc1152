//! Cases: a host, queries and their answers, in a file that people read. `conformance/corpus/*.case` are run by
//! `cargo test`, on every engine that can answer about such a host.
//!
//! A case is text in blocks, as a host is (see [`hosttext`](crate::hosttext)):
//!
//! ```text
//! === about
//! A lookup by name once compared case, though the column does not.
//! === oracle materialized
//! === host linux
//! === file /etc/passwd
//! root:x:0:0:root:/root:/bin/bash
//! === query
//! SELECT username, uid FROM users WHERE uid = '0'
//! === answer
//! username | uid
//! 'root'   | 0
//! ```
//!
//! | header | what stands below it |
//! |---|---|
//! | `about` | what went wrong, or what must not: for people |
//! | `oracle NAME` | nothing: which oracle found it, and whose law holds where no answer is given |
//! | `host PLATFORM [small\|FIXTURE]` | the blocks of the host's files; they are put onto the small host or a fixture host, if one is named |
//! | `query` | statements; the answer is that of the last |
//! | `answer [ordered]` | columns, and rows as literals of SQL; see [`Answer`] |
//! | `refusal` | a part of the error that the query is refused with |
//! | `input TARGET [escaped\|nul\|hex] [unended]` | an input of a fuzz target, instead of queries |
//!
//! A query without an answer must hold the law of its oracle: *materialized* (as over plain copies of the tables),
//! *determinism*, *tlp*, *norec*, *pushdown*, *limit_prefix*. Lines of content that begin with `=== ` have a backslash before them.

mod answer;
mod ask;
mod both;
mod law;
mod make;
mod replay;
mod rows;
mod small;
mod text;

pub use answer::{Answer, Value};
pub use ask::{Kind, plumbi};
pub use both::{BothWays, both_ways};
pub use law::Law;
pub use make::{from_fuzz, from_query, from_question};
pub use replay::replay;
pub use small::shrink;

use crate::Verdict;
use crate::fixtures::{self, Fixture};
use crate::generators::host::small::files as small_files;
use crate::hosttext::{HostText, TextError};
use crate::oracles::TARGETS;
use plumb_host::Mem;
use std::fmt::Write as _;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// What went wrong, for people.
    pub about: String,
    /// The oracle that found it; empty if none did.
    pub oracle: String,
    /// The host.
    pub host: CaseHost,
    /// Queries in the order in which they are asked.
    pub steps: Vec<Step>,
    /// The input of a fuzz target, and the target's name.
    pub input: Option<(String, Vec<u8>)>,
}

/// A host, as a case tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseHost {
    /// The system whose tables are asked.
    pub platform: Platform,
    /// What the files are put onto.
    pub base: Base,
    /// The files.
    pub files: HostText,
}

/// A system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Platform {
    /// Linux.
    #[default]
    Linux,
    /// macOS.
    Darwin,
    /// Windows.
    Windows,
}

impl Platform {
    const ALL: [(&str, Self); 3] = [("linux", Self::Linux), ("darwin", Self::Darwin), ("windows", Self::Windows)];

    /// Its name in cases.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, platform)| *platform == self).map_or("linux", |(name, _)| name)
    }

    fn is_here(self) -> bool {
        match self {
            Self::Linux => cfg!(target_os = "linux"),
            Self::Darwin => cfg!(target_os = "macos"),
            Self::Windows => cfg!(windows),
        }
    }
}

/// A host that is there already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// Nothing.
    #[default]
    Empty,
    /// `hosts/small.txt`.
    Small,
    /// A fixture host, by its name.
    Fixture(String),
}

/// A query and what it should give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// One or more statements.
    pub sql: String,
    /// What the last one gives; without it, the law of the case's oracle must hold.
    pub answer: Option<Answer>,
}

impl CaseHost {
    /// A host that consists of its own files only.
    #[must_use]
    pub fn inline(files: HostText) -> Self {
        Self { files, ..Self::default() }
    }

    /// The host in memory.
    ///
    /// # Errors
    /// When a fixture host is not there.
    pub fn mem(&self) -> Result<Mem, String> {
        let base = match &self.base {
            Base::Empty => Mem::new(),
            Base::Small => small_files(),
            Base::Fixture(name) => {
                let all = Fixture::all(&fixtures::folder()).map_err(|error| error.to_string())?;
                let fixture = all.iter().find(|fixture| fixture.name == *name);
                let fixture = fixture.ok_or_else(|| format!("there is no fixture host {name}"))?;
                fixture.load().map_err(|error| error.to_string())?
            }
        };
        Ok(self.files.onto(base))
    }
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// Where the text is none.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        text::read(text)
    }

    /// The text of a case.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::write(self)
    }

    /// The law that queries without an answer must hold.
    #[must_use]
    pub fn law(&self) -> Option<Law> {
        Law::named(&self.oracle)
    }

    /// Asks an engine and judges what it says. What an engine cannot be asked is a skip.
    #[must_use]
    pub fn run(&self, kind: &Kind) -> Verdict {
        match self.judge(kind) {
            Ok(()) => Verdict::Pass,
            Err(Trouble::Skip(why)) => Verdict::Skip(why),
            Err(Trouble::Fail(failure)) => Verdict::Fail(failure.text),
        }
    }

    fn judge(&self, kind: &Kind) -> Result<(), Trouble> {
        if let Some((target, bytes)) = &self.input {
            return fuzzed(target, bytes, kind);
        }
        if !self.host.platform.is_here() {
            return Err(Trouble::Skip(format!("asks a {} host", self.host.platform.name())));
        }
        let mut asked = ask::Asked::new(self, kind)?;
        for step in &self.steps {
            match &step.answer {
                Some(answer) => asked.check(&step.sql, answer)?,
                None => {
                    let law = self.law().ok_or_else(|| Trouble::Skip("neither an answer nor a law".to_owned()))?;
                    law.check(&mut asked, &step.sql)?;
                }
            }
        }
        if self.steps.is_empty() { Err(Trouble::Skip("nothing is asked".to_owned())) } else { Ok(()) }
    }
}

fn fuzzed(target: &str, bytes: &[u8], kind: &Kind) -> Result<(), Trouble> {
    if *kind != Kind::Embedded {
        return Err(Trouble::Skip("an input of a fuzz target is for this code only".to_owned()));
    }
    let (_, run) = TARGETS
        .iter()
        .find(|(name, _)| *name == target)
        .ok_or_else(|| Failure::new(Class::Other, format!("there is no fuzz target {target}")))?;
    match run(bytes) {
        Verdict::Pass => Ok(()),
        Verdict::Skip(why) => Err(Trouble::Skip(why)),
        Verdict::Fail(why) => Err(Failure::new(Class::Other, why).into()),
    }
}

/// Why a case does not hold, or does not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    Skip(String),
    Fail(Failure),
}

/// What did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure {
    class: Class,
    text: String,
}

/// Kinds of failures: shrinking must not turn one into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Rows are missing.
    Missing,
    /// There are rows too many.
    Extra,
    /// Rows differ.
    Rows,
    /// The order differs.
    Order,
    /// What should be answered is refused.
    Refused,
    /// What should be refused is answered, or for another reason.
    Answered,
    /// Another.
    Other,
}

impl Failure {
    fn new(class: Class, text: impl Into<String>) -> Self {
        Self { class, text: text.into() }
    }

    /// With the query before it.
    fn of(class: Class, sql: &str, text: &str) -> Self {
        let mut shown = String::new();
        let _ = write!(shown, "{}\n{text}", sql.trim_end());
        Self::new(class, shown)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Fail(failure)
    }
}

#[cfg(test)]
mod tests;
