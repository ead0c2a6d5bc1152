//! Findings as cases.

use super::ask::Asked;
use super::rows::Table;
use super::{Answer, Case, CaseHost, Class, Failure, Law, Step, Trouble};
use crate::hosttext::{Detail, of_mem};
use crate::oracles::TARGETS;
use crate::{Verdict, hosttext::HostText};
use plumb_host::{Host, Mem, Recording};
use std::sync::Arc;

/// The most that is kept of a host, in bytes.
const MOST: usize = 256 << 20;

/// A case of a query that was asked about a host. It holds the files that were read to answer it.
///
/// With an oracle that has a [`Law`], the law is what the case demands. With another one the case holds this agent's own
/// answer: whoever keeps it must put what is right in its place.
///
/// # Errors
/// When the host's files alone do not show the same: the kernel, the network or the time are needed too.
pub fn from_query(host: Arc<dyn Host>, sql: &str, oracle: &str, note: &str) -> Result<Case, String> {
    let law = Law::named(oracle);
    let recording = Arc::new(Recording::new(host, MOST));
    let found = outcome(Arc::clone(&recording) as Arc<dyn Host>, law, sql);
    if recording.left_out() > 0 {
        return Err(format!("more than {} MiB were read to answer this", MOST >> 20));
    }
    let recording = Arc::into_inner(recording).ok_or("the host is still in use")?;
    let mem = recording.into_mem();
    for detail in [Detail::Owners, Detail::Times, Detail::All] {
        let files = of_mem(&mem, detail);
        let again = outcome(Arc::new(files.mem()), law, sql);
        if again == found {
            return Ok(case(files, &found, sql, oracle, note));
        }
    }
    Err("the files that were read do not show it again: what else the host says matters too".to_owned())
}

/// A case of a question of an oracle that needs nothing but SQL: of the statement that shows what is wrong.
///
/// # Errors
/// When none of them does, by the law of this oracle.
pub fn from_question(host: &Arc<dyn Host>, oracle: &str, statements: &[String], note: &str) -> Result<Case, String> {
    let law = Law::named(oracle);
    let fails = |sql: &&String| matches!(outcome(Arc::clone(host), law, sql), Outcome::Broken(_));
    let sql = statements.iter().find(fails).ok_or("no statement alone shows what is wrong")?;
    from_query(Arc::clone(host), sql, oracle, note)
}

/// A case of an input that a fuzzer found.
///
/// # Errors
/// When there is no such target.
pub fn from_fuzz(target: &str, bytes: &[u8]) -> Result<Case, String> {
    let known = TARGETS.iter().find(|(name, _)| *name == target);
    let (_, run) = known.ok_or_else(|| format!("there is no fuzz target {target}"))?;
    let about = match run(bytes) {
        Verdict::Fail(why) => why,
        Verdict::Pass => "This held when the case was made.".to_owned(),
        Verdict::Skip(why) => format!("This told nothing when the case was made: {why}"),
    };
    Ok(Case { about, input: Some((target.to_owned(), bytes.to_vec())), ..Case::default() })
}

/// What a query shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// The law holds, or tells nothing.
    Held,
    /// The law is broken in this way.
    Broken(Class),
    /// There is no law, and this is the answer.
    Answer(Result<Table, String>),
}

fn outcome(host: Arc<dyn Host>, law: Option<Law>, sql: &str) -> Outcome {
    let ask = || -> Result<Outcome, Trouble> {
        let mut asked = Asked::embedded(Arc::clone(&host))?;
        match law {
            Some(law) => law.check(&mut asked, sql).map(|()| Outcome::Held),
            None => asked.ask(sql).map(Outcome::Answer),
        }
    };
    match ask() {
        Ok(outcome) => outcome,
        Err(Trouble::Skip(_)) => Outcome::Held,
        Err(Trouble::Fail(Failure { class, .. })) => Outcome::Broken(class),
    }
}

fn case(files: HostText, found: &Outcome, sql: &str, oracle: &str, note: &str) -> Case {
    let answer = match found {
        Outcome::Answer(Ok(table)) => {
            Some(Answer::Rows { columns: table.columns.clone(), rows: table.rows.clone(), ordered: false })
        }
        Outcome::Answer(Err(error)) => Some(Answer::Refusal(error.clone())),
        Outcome::Held | Outcome::Broken(_) => None,
    };
    Case {
        about: note.to_owned(),
        oracle: oracle.to_owned(),
        host: CaseHost::inline(files),
        steps: vec![Step { sql: sql.to_owned(), answer }],
        input: None,
    }
}

/// The files that an engine reads of a host in memory when it is asked something.
pub(super) fn read_files(mem: Mem, sql: &str, law: Law) -> Result<HostText, String> {
    from_query(Arc::new(mem), sql, law.name(), "").map(|case| case.host.files)
}
