//! Failures that are alike are one finding: a bug that shows four hundred times is told once.

use super::Trial;
use crate::Verdict;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Kinds of findings that are kept of one oracle; more are counted.
const KINDS: usize = 20;

/// What did not hold, alike failures together.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The first such trial.
    pub trial: Trial,
    /// How many there were.
    pub count: usize,
    /// What was found, without the query.
    pub diff: String,
    /// The smallest form that still fails, once it was sought.
    pub smaller: Option<Smaller>,
    /// The file that holds it.
    pub case: Option<PathBuf>,
}

impl Finding {
    /// The smallest query that was seen to fail.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        let smaller = self.smaller.as_ref().and_then(|smaller| smaller.query.as_deref());
        smaller.or(self.trial.query.as_deref())
    }

    /// What the oracle says of it.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.smaller.as_ref().map_or(&self.diff, |smaller| &smaller.diff)
    }
}

/// A smaller form of a failing trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smaller {
    /// The query, if that is what was made smaller.
    pub query: Option<String>,
    /// What the oracle says of it.
    pub diff: String,
}

/// Findings in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    list: Vec<Finding>,
    more: BTreeMap<&'static str, usize>,
}

impl Findings {
    pub(super) fn add(&mut self, trial: Trial) {
        let Verdict::Fail(why) = &trial.verdict else { return };
        let diff = without_query(why, trial.query.as_deref());
        let alike = shape(&diff);
        let same = |finding: &&mut Finding| {
            (finding.trial.suite, finding.trial.oracle) == (trial.suite, trial.oracle)
                && finding.trial.tables == trial.tables
                && shape(&finding.diff) == alike
        };
        if let Some(known) = self.list.iter_mut().find(same) {
            known.count += 1;
        } else if self.list.iter().filter(|finding| finding.trial.oracle == trial.oracle).count() < KINDS {
            self.list.push(Finding { trial, count: 1, diff, smaller: None, case: None });
        } else {
            *self.more.entry(trial.oracle).or_default() += 1;
        }
    }

    pub(super) fn list(&self) -> &[Finding] {
        &self.list
    }

    pub(super) fn list_mut(&mut self) -> &mut [Finding] {
        &mut self.list
    }

    pub(super) fn more(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.more.iter().map(|(oracle, count)| (*oracle, *count))
    }
}

/// Oracles say what they asked, then what they saw; the query is shown by itself.
fn without_query(why: &str, query: Option<&str>) -> String {
    let rest = query.and_then(|query| why.strip_prefix(query)).unwrap_or(why);
    rest.trim_matches('\n').to_owned()
}

/// What is left of a text when numbers and quoted values are not told apart.
#[must_use]
pub fn shape(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(400));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if out.len() >= 400 {
            break;
        }
        match c {
            '"' | '\'' => {
                let mut slash = false;
                for inner in chars.by_ref() {
                    if inner == c && !slash {
                        break;
                    }
                    slash = inner == '\\' && !slash;
                }
                out.push('…');
            }
            c if c.is_ascii_digit() => {
                while chars.next_if(char::is_ascii_digit).is_some() {}
                out.push('N');
            }
            c => out.push(c),
        }
    }
    let mut lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    lines.dedup();
    lines.join("\n")
}
