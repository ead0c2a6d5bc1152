//! *generated*: statements made from bytes, over the small host. The first byte of an input chooses:
//!
//! * `a`, `b`, `c` …: a question of the oracle at that place of [`QUESTIONS`], those that need nothing but SQL.
//! * Those behind them, up to `p`: a query must give the same rows over virtual tables and over plain copies of them (see
//!   [`super::materialized`]).
//!
//! Any other byte stands for one of these sixteen letters.
//!
//! Finds: rows lost or doubled by pushdown, caching and column masks; wrong affinity and collation; conditions that lose rows.

use super::materialized::Pair;
use super::{QUESTIONS, tally};
use crate::Verdict;
use crate::engines::embedded::Embedded;
use crate::generators::agent::Agent;
use crate::generators::host::small;
use crate::generators::query::Material;
use arbitrary::Unstructured;
use plumb_host::Host;
use std::cell::RefCell;
use std::sync::Arc;

/// First bytes that differ.
const LETTERS: u8 = 16;

/// The engines go on from one input to the next.
struct Engines {
    pair: Pair,
    alone: Embedded,
    /// What the engine says of itself: questions may name every column that it shows.
    learnt: Material,
}

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    thread_local! {
        static ENGINES: RefCell<Option<Engines>> = const { RefCell::new(None) };
    }
    let mut engines = match ENGINES.take().map_or_else(engines, Ok) {
        Ok(engines) => engines,
        Err(error) => return Verdict::Fail(format!("no engines: {error}")),
    };
    let (first, rest) = bytes.split_first().unwrap_or((&b'p', bytes));
    let u = &mut Unstructured::new(rest);
    let verdict = super::caught(|| Ok(engines.run(*first, u).unwrap_or_else(|error| Verdict::Skip(error.to_string()))))
        .unwrap_or_else(Verdict::Fail);
    // What panicked is not used again.
    if !matches!(verdict, Verdict::Fail(_)) {
        ENGINES.set(Some(engines));
    }
    verdict
}

impl Engines {
    fn run(&mut self, first: u8, u: &mut Unstructured<'_>) -> arbitrary::Result<Verdict> {
        match QUESTIONS.get(usize::from(first.wrapping_sub(b'a') % LETTERS)) {
            None => {
                tally::property("materialized");
                let sql = self.pair.query(u)?;
                Ok(self.pair.compare(&sql))
            }
            Some((name, question)) => {
                tally::property(name);
                Ok(question(&self.learnt, u)?.ask(&mut self.alone))
            }
        }
    }
}

/// Engines over the small host. Joins of large tables take long and find nothing that small ones do not.
fn engines() -> Result<Engines, String> {
    const LARGE: usize = 30;
    let host: Arc<dyn Host> = Arc::new(small::small());
    let mut pair = Pair::new(Arc::clone(&host))?;
    pair.retain(|table| table.rows <= LARGE);
    let mut alone = Embedded::new(host)?;
    let mut learnt = Agent::learn(&mut alone)?.material;
    learnt.tables.retain(|table| table.rows <= LARGE && table.name != "time");
    Ok(Engines { pair, alone, learnt })
}

/// How inputs begin, one of each property.
#[must_use]
pub fn beginnings() -> Vec<Vec<u8>> {
    (b'a'..b'p').take(QUESTIONS.len()).chain([b'p']).map(|letter| vec![letter]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::bytes;
    use crate::oracles::tally::Tally;

    #[test]
    fn every_property_tells_something() {
        let mut tally = Tally::default();
        for seed in 0..100 {
            for beginning in beginnings() {
                let verdict = tally.run(check, &[beginning, bytes(seed, 400)].concat());
                assert!(!matches!(verdict, Verdict::Fail(_)), "seed {seed}: {verdict:?}");
            }
        }
        assert_eq!(tally.properties(), QUESTIONS.len() + 1);
        assert_eq!(tally.quiet(60), []);
    }
}
