//! Somebody who reads the log, and keeps what it says.

use super::Rows;
use super::expected::multiset;
use super::lines::{Groups, LoggedRow, shown};
use std::collections::BTreeMap;

type Multiset = BTreeMap<LoggedRow, u64>;

/// What is known of a query from its lines alone, by epoch.
#[derive(Debug, Default)]
pub(super) struct Replay(BTreeMap<i64, State>);

/// What the lines of an epoch said so far.
#[derive(Debug, Default)]
struct State {
    /// The counter of the last lines; none before there were any.
    counter: Option<i64>,
    /// What was there before them.
    before: Multiset,
    /// What was there after them.
    after: Multiset,
}

impl Replay {
    /// Applies the lines of a run, and compares with what is really there. As in osquery, a first result without rows leaves
    /// no line in the format of events: this reader is told of it.
    pub(super) fn apply(
        &mut self,
        (epoch, counter, first): (i64, i64, bool),
        groups: Groups,
        current: &Rows,
        numerics: bool,
    ) -> Result<(), String> {
        let state = self.0.entry(epoch).or_default();
        if first || !groups.is_empty() {
            state.take(counter, groups)?;
        }
        let current: Vec<LoggedRow> = current.iter().map(|row| shown(row, numerics)).collect();
        let current = multiset(&current);
        // Lines of a run that was not stored say what was there then.
        let found = if state.counter > Some(counter) { &state.before } else { &state.after };
        if *found == current {
            return Ok(());
        }
        Err(format!("the log does not lead to the result\n  log:    {found:?}\n  result: {current:?}"))
    }
}

impl State {
    fn take(&mut self, counter: i64, groups: Groups) -> Result<(), String> {
        if counter == 0 {
            self.before.clear();
        } else if self.counter != Some(counter) {
            self.before = std::mem::take(&mut self.after);
        }
        self.counter = Some(counter);
        self.after = self.before.clone();
        for row in groups.removed {
            match self.after.get_mut(&row) {
                Some(count) if *count > 1 => *count -= 1,
                Some(_) => drop(self.after.remove(&row)),
                None => return Err(format!("a row is removed that was not there: {row:?}")),
            }
        }
        for row in groups.added {
            *self.after.entry(row).or_default() += 1;
        }
        Ok(())
    }
}
