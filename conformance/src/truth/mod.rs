//! *ground_truth*: what tables say about this very host, held against what independent programs say about it.
//!
//! A [`Truth`] is a declaration: a program, how to read what it prints, the SQL that gives the same columns, and how
//! closely they must agree. The program is asked, then the agent, then the program again; only what the program says
//! twice is judged ([`judge`]). Finds: rows that are missing or made up, columns that mean something else than they say,
//! units, signedness, escapes; whatever a parser and its author have misunderstood together.

mod accounts;
mod files;
pub mod judge;
mod network;
mod packages;
mod process;
mod program;
mod read;
mod scene;
mod sockets;
mod system;
mod tree;

pub use program::Failure;
pub use scene::Scene;

use crate::Verdict;
use crate::answer::{Row, lossy};
use crate::engines::Engine;
use judge::{Findings, judge};
use std::time::Duration;

/// How closely a column must agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// The same text. Where the program says two different things, the column of that row is not judged.
    Same,
    /// A number not further than this below the smaller, or above the larger, of the program's two numbers. With 0 it is
    /// the rule for counters, which only grow.
    Within(f64),
    /// The same, in percent of those numbers.
    Percent(f64),
    /// A path that the kernel marks when its file is gone, as long as the process lives. Another file may have taken its place
    /// since (a program that was built anew): whether it has, the program cannot say, so the missing mark is not judged there.
    Mark,
}

/// How a program is started.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// By itself, with arguments.
    Args(&'static [&'static str]),
    /// From a script for sh(1): where patterns must be expanded, or it is asked once for each of many things.
    Script(&'static str),
}

/// A program that vouches for a table. In arguments, scripts and SQL, `{pid}` stands for this process, and `{tree}`,
/// `{root}` and `{child}` for what the [`Scene`] has made.
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    /// Its name.
    pub name: &'static str,
    /// The table it vouches for.
    pub table: &'static str,
    /// The program.
    pub program: &'static str,
    /// The Debian package that has the program.
    pub package: &'static str,
    /// How it is started.
    pub run: Run,
    /// Reads what it prints: rows with the columns of `sql`. A column that a row lacks is not judged in that row.
    pub read: fn(&[u8]) -> Vec<Row>,
    /// What the agent is asked.
    pub sql: &'static str,
    /// The columns that tell rows apart. Rows that share a key are compared as a multiset.
    pub key: &'static [&'static str],
    /// Columns that need not agree to the letter.
    pub loose: &'static [(&'static str, Rule)],
    /// Whether the program leaves out rows that are there.
    pub partial: bool,
    /// Whether the rows come and go, and change, all the time. Then a difference counts only if it shows in every one
    /// of [`ROUNDS`] rounds: between two samples, a value can leave and come back.
    pub volatile: bool,
}

impl Truth {
    /// Defaults for the fields that most truths leave alone.
    const EMPTY: Self = Self {
        name: "",
        table: "",
        program: "",
        package: "",
        run: Run::Args(&[]),
        read: |_| Vec::new(),
        sql: "",
        key: &[],
        loose: &[],
        partial: false,
        volatile: false,
    };
}

/// How often what changes all the time is looked at.
pub const ROUNDS: u32 = 3;

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Every truth about this very host, table by table.
pub fn all() -> impl Iterator<Item = &'static Truth> {
    let lists = [
        accounts::TRUTHS,
        files::TRUTHS,
        network::TRUTHS,
        packages::TRUTHS,
        process::TRUTHS,
        sockets::TRUTHS,
        system::TRUTHS,
    ];
    lists.into_iter().flatten()
}

/// The truths about [`Scene::root`]: the agent must be asked about that directory as its host.
pub fn in_a_tree() -> impl Iterator<Item = &'static Truth> {
    tree::TRUTHS.iter()
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the agent agrees with the program.
    pub verdict: Verdict,
    /// Rows that were judged.
    pub judged: usize,
    /// Rows, and single values, that were not: the program itself did not say the same twice.
    pub unsteady: usize,
}

impl Outcome {
    fn skip(why: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skip(why.into()), judged: 0, unsteady: 0 }
    }
}

/// Differences that are shown.
const SHOWN: usize = 12;

impl Truth {
    /// Asks the program and the agent about this host.
    pub fn check(&self, scene: &Scene, engine: &mut dyn Engine) -> Outcome {
        let mut last: Option<Findings> = None;
        for _ in 0..if self.volatile { ROUNDS } else { 1 } {
            let mut findings = match self.round(scene, engine) {
                Ok(findings) => findings,
                Err(outcome) => return outcome,
            };
            if let Some(before) = last {
                findings.differences.retain(|place, _| before.differences.contains_key(place));
            }
            let settled = findings.differences.is_empty();
            last = Some(findings);
            if settled {
                break;
            }
        }
        let Findings { judged, unsteady, differences } = last.unwrap_or_default();
        let verdict = if let Some((_, first)) = differences.first_key_value() {
            let shown: Vec<&str> = differences.values().take(SHOWN).map(String::as_str).collect();
            debug_assert!(!first.is_empty());
            let (count, program, sql) = (differences.len(), self.program, scene.fill(self.sql));
            Verdict::Fail(format!("{count} differences between {program} (-) and {sql} (+)\n{}", shown.join("\n")))
        } else if judged == 0 {
            Verdict::Skip("no rows".to_owned())
        } else {
            Verdict::Pass
        };
        Outcome { verdict, judged, unsteady }
    }

    /// Lies about the agent's answer that the program would not give away: see [`judge::unnoticed`]. What changes between the two samples
    /// cannot be held against an answer: a lie counts only if it would go unnoticed every time.
    ///
    /// # Errors
    /// When the program or the agent gives no answer.
    pub fn unnoticed_lies(&self, scene: &Scene, engine: &mut dyn Engine) -> Result<Vec<String>, Outcome> {
        let mut lies: Option<Vec<String>> = None;
        for _ in 0..ROUNDS {
            let [before, answer, after] = self.answers(scene, engine)?;
            let unnoticed = judge::unnoticed(self, &before, &answer, &after);
            let still = match lies {
                Some(lies) => lies.into_iter().filter(|lie| unnoticed.contains(lie)).collect(),
                None => unnoticed,
            };
            if still.is_empty() {
                return Ok(still);
            }
            lies = Some(still);
        }
        Ok(lies.unwrap_or_default())
    }

    fn round(&self, scene: &Scene, engine: &mut dyn Engine) -> Result<Findings, Outcome> {
        let [before, answer, after] = self.answers(scene, engine)?;
        Ok(judge(self, &before, &answer, &after))
    }

    /// What the program says, what the agent says, and what the program says then.
    fn answers(&self, scene: &Scene, engine: &mut dyn Engine) -> Result<[Vec<Row>; 3], Outcome> {
        let sample = || self.sample(scene).map_err(|failure| Outcome::skip(failure.to_string()));
        let before = sample()?;
        let sql = scene.fill(self.sql);
        let failed = |error| Outcome { verdict: Verdict::Fail(format!("{sql}: {error}")), judged: 0, unsteady: 0 };
        let answer = engine.ask(&sql).map_err(failed)?;
        let after = sample()?;
        // An agent that speaks JSON cannot say all bytes; then the program must not either.
        if answer.iter().flat_map(Row::values).flatten().any(|cell| is_replaced(cell)) {
            return Ok([lossy(before), answer, lossy(after)]);
        }
        Ok([before, answer, after])
    }

    fn sample(&self, scene: &Scene) -> Result<Vec<Row>, Failure> {
        let (program, args) = match self.run {
            Run::Args(args) => (self.program, args.iter().map(|arg| scene.fill(arg)).collect()),
            Run::Script(script) => {
                program::find(self.program, self.package)?;
                ("sh", vec!["-c".to_owned(), scene.fill(script)])
            }
        };
        program::output(program, self.package, &args, PATIENCE).map(|bytes| (self.read)(&bytes))
    }
}

/// Whether something stands for bytes that were not UTF-8.
fn is_replaced(cell: &[u8]) -> bool {
    let mark = char::REPLACEMENT_CHARACTER.to_string();
    cell.windows(mark.len()).any(|window| window == mark.as_bytes())
}

#[cfg(test)]
mod tests;
