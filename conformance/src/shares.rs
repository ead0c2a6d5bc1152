//! How much of the time each table takes. A table that is slow to read is asked about too, but it must leave the others theirs.

use std::collections::BTreeMap;
use std::time::Duration;

/// How many times an even part of the time a table may take.
const TIMES: u32 = 3;
/// What nobody is denied.
const FREE: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shares {
    costs: BTreeMap<String, Duration>,
    spent: BTreeMap<String, Duration>,
    whole: Duration,
    /// Whether there is no bound: somebody chose the tables, and wants to wait for them.
    free: bool,
}

impl Shares {
    /// Of tables, with what it costs to read each once.
    pub(crate) fn new(costs: BTreeMap<String, Duration>, free: bool) -> Self {
        Self { costs, free, ..Self::default() }
    }

    /// A question about some tables took so long: each is charged in proportion to what it costs.
    pub(crate) fn add(&mut self, tables: &[String], took: Duration) {
        let cost = |table: &String| self.costs.get(table).copied().unwrap_or_default().max(Duration::from_micros(1));
        let all: Duration = tables.iter().map(cost).sum();
        for table in tables {
            let part = took.mul_f64(cost(table).as_secs_f64() / all.as_secs_f64());
            *self.spent.entry(table.clone()).or_default() += part;
        }
        self.whole += took;
    }

    /// The first of some tables that has had its share.
    pub(crate) fn used_up<'t>(&self, tables: &'t [String]) -> Option<&'t str> {
        let count = u32::try_from(self.costs.len()).unwrap_or(u32::MAX);
        let over = |table: &&String| {
            let spent = self.spent.get(*table).copied().unwrap_or_default();
            spent > FREE && spent.saturating_mul(count) > self.whole.saturating_mul(TIMES)
        };
        tables.iter().find(over).filter(|_| !self.free).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_table_leaves_the_others_their_time() {
        let costs: BTreeMap<String, Duration> =
            (0..10).map(|n| (format!("t{n}"), Duration::from_millis(if n == 0 { 400 } else { 1 }))).collect();
        let names: Vec<String> = costs.keys().cloned().collect();
        let mut shares = Shares::new(costs.clone(), false);
        let mut free = Shares::new(costs, true);
        let (mut slow, mut others) = (0, 0);
        for place in (0..2000).map(|n| n % names.len()) {
            let table = &names[place..=place];
            if shares.used_up(table).is_some() {
                continue;
            }
            *(if place == 0 { &mut slow } else { &mut others }) += 1;
            let took = Duration::from_millis(if place == 0 { 400 } else { 1 });
            shares.add(table, took);
            free.add(table, took);
            assert_eq!(free.used_up(table), None);
        }
        // What is free, and then three tenths.
        assert!((5..20).contains(&slow) && others == 1800, "{slow} {others}");
        // A join is the slow table's, nearly.
        let mut joined = shares.clone();
        joined.add(&names[..2], Duration::from_secs(100));
        assert_eq!(joined.used_up(&names[..2]), Some("t0"));
        assert_eq!(joined.used_up(&names[1..]), None);
    }
}
