//! Which queries are due at which second.
//!
//! A query runs when the Unix time is a multiple of its interval. So that not all hosts of a fleet ask at once, intervals
//! are varied by a few percent; the varied one is remembered, so that a restart does not change it.

use crate::config::query::{Query, Scheduled};
use crate::store::{Store, StoreError};

/// Where varied intervals are remembered.
const DOMAIN: &str = "configurations";

/// A query with its interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in logs and tables; that of a pack's query has the pack's before it.
    pub name: String,
    /// The name of its pack.
    pub pack: String,
    /// Who looks after it.
    pub oncall: Option<String>,
    /// The query, under its own name.
    pub query: Query,
    /// Seconds between two runs, as they are wanted.
    pub interval: u64,
    /// Seconds between two runs, as they are.
    pub every: u64,
}

/// How intervals are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intervals {
    /// Of queries that name none.
    pub default: u64,
    /// Percent by which they are varied; none with 0.
    pub splay: u64,
}

/// All queries that may run on this machine.
#[derive(Clone, Debug, Default)]
pub struct Timetable {
    entries: Vec<Entry>,
}

impl Timetable {
    /// Of queries. `random` gives a number between two.
    ///
    /// # Errors
    /// What the store says.
    pub fn new(
        queries: impl IntoIterator<Item = Scheduled>,
        intervals: Intervals,
        store: &Store,
        mut random: impl FnMut(u64, u64) -> u64,
    ) -> Result<Self, StoreError> {
        let mut entries = Vec::new();
        for Scheduled { name, pack, oncall, query } in queries {
            let interval = query.interval.unwrap_or(intervals.default).max(1);
            let every = varied(&name, interval, intervals.splay, store, &mut random)?;
            entries.push(Entry { name, pack, oncall, query, interval, every });
        }
        // Those that are wanted at the start first, the smallest number first.
        let order = |entry: &Entry| (entry.query.startup_priority.is_none(), entry.query.startup_priority);
        entries.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.name.cmp(&b.name)));
        Ok(Self { entries })
    }

    /// All of them, in the order in which they run when they are due together.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Those that run once at the start.
    pub fn at_start(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.query.startup_priority.is_some())
    }

    /// Those that are due at a second.
    pub fn due(&self, second: i64) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| second.rem_euclid(signed(entry.every)) == 0)
    }

    /// The first second after another at which something is due.
    #[must_use]
    pub fn next(&self, after: i64) -> Option<i64> {
        let next = |entry: &Entry| {
            let every = signed(entry.every);
            after.saturating_sub(after.rem_euclid(every)).saturating_add(every)
        };
        self.entries.iter().map(next).min()
    }
}

fn signed(interval: u64) -> i64 {
    i64::try_from(interval).unwrap_or(i64::MAX).max(1)
}

/// The interval of a query on this machine: the remembered one while the wanted one is the same.
fn varied(
    name: &str,
    interval: u64,
    percent: u64,
    store: &Store,
    random: &mut impl FnMut(u64, u64) -> u64,
) -> Result<u64, StoreError> {
    let by = interval.saturating_mul(percent.min(100)) / 100;
    if by == 0 {
        return Ok(interval);
    }
    let key = format!("interval.{name}");
    let (least, most) = ((interval - by).max(1), interval.saturating_add(by));
    if let Some((wanted, every)) = store.get(DOMAIN, &key)?.and_then(|bytes| remembered(&bytes))
        && wanted == interval
        && (least..=most).contains(&every)
    {
        return Ok(every);
    }
    let every = random(least, most).clamp(least, most);
    store.put(DOMAIN, &key, format!("{interval}:{every}").as_bytes())?;
    Ok(every)
}

/// `WANTED:VARIED`.
fn remembered(bytes: &[u8]) -> Option<(u64, u64)> {
    let (wanted, every) = std::str::from_utf8(bytes).ok()?.split_once(':')?;
    Some((wanted.parse().ok()?, every.parse().ok()?))
}

/// Goes through the seconds at which something is due, also those that passed while queries ran.
#[derive(Clone, Copy, Debug)]
pub struct Ticker {
    /// The last second that was handled.
    done: i64,
    most_drift: i64,
}

/// What the clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// A second has come: what is due in it runs now.
    Run(i64),
    /// The schedule lagged too far, or the clock was set forward by so many seconds: what was due in them is left out.
    Skipped(i64),
    /// The clock was set back by so many seconds.
    Back(i64),
    /// Nothing until a second; with none, ever.
    Wait(Option<i64>),
}

impl Ticker {
    /// A ticker that begins with a second and follows at most so many seconds late.
    #[must_use]
    pub fn new(now: i64, most_drift: u64) -> Self {
        Self { done: now.saturating_sub(1), most_drift: i64::try_from(most_drift).unwrap_or(i64::MAX) }
    }

    /// What to do at a time, when `next` tells the first second after another at which something is due. Call it until it
    /// says [`Tick::Wait`].
    pub fn tick(&mut self, now: i64, next: impl Fn(i64) -> Option<i64>) -> Tick {
        if now < self.done {
            let back = self.done.saturating_sub(now);
            self.done = now.saturating_sub(1);
            return Tick::Back(back);
        }
        match next(self.done) {
            Some(due) if due <= now => {
                let late = now.saturating_sub(due);
                if late > self.most_drift {
                    self.done = now.saturating_sub(1);
                    return Tick::Skipped(late);
                }
                self.done = due;
                Tick::Run(due)
            }
            due => {
                self.done = now;
                Tick::Wait(due)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;
    use crate::config::query::MAIN;
    use crate::config::text::Text;

    fn queries(text: &str) -> Vec<Scheduled> {
        let source = Source::read(&Text::new("c", text.as_bytes())).expect("JSON");
        let main = |query: Query| Scheduled { name: query.name.clone(), pack: MAIN.to_owned(), oncall: None, query };
        source.schedule.into_iter().map(main).collect()
    }

    const SCHEDULE: &str = r#"{"schedule": {
        "b": {"query": "x", "interval": 3}, "a": {"query": "x", "interval": 6}, "d": {"query": "x"},
        "late": {"query": "x", "interval": 6, "startup_priority": 9}, "early": {"query": "x", "interval": 6, "startup_priority": -1}}}"#;

    #[test]
    fn order_and_seconds() {
        let store = Store::in_memory().unwrap();
        let intervals = Intervals { default: 3600, splay: 0 };
        let table = Timetable::new(queries(SCHEDULE), intervals, &store, |_, _| panic!("nothing is varied")).unwrap();
        let names = |entries: Vec<&Entry>| entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(table.entries().iter().collect()), ["early", "late", "a", "b", "d"]);
        assert_eq!(names(table.at_start().collect()), ["early", "late"]);
        assert_eq!(names(table.due(9).collect()), ["b"]);
        assert_eq!(names(table.due(12).collect()), ["early", "late", "a", "b"]);
        assert_eq!(names(table.due(7200).collect()).len(), 5);
        for (after, next) in [(0, 3), (1, 3), (3, 6), (7199, 7200), (-4, -3)] {
            assert_eq!(table.next(after), Some(next), "{after}");
        }
        assert_eq!(Timetable::default().next(0), None);
    }

    #[test]
    fn varied_intervals_are_remembered() {
        let store = Store::in_memory().unwrap();
        let every = |interval: u64, splay: u64, number: u64| {
            let text = format!(r#"{{"schedule": {{"q": {{"query": "x", "interval": {interval}}}}}}}"#);
            let intervals = Intervals { default: 3600, splay };
            let table = Timetable::new(queries(&text), intervals, &store, |least, most| {
                assert_eq!((least, most), (interval - interval * splay / 100, interval + interval * splay / 100));
                number
            });
            table.unwrap().entries()[0].every
        };
        assert_eq!(every(60, 10, 56), 56);
        assert_eq!(every(60, 10, 61), 56, "a restart");
        assert_eq!(store.get(DOMAIN, "interval.q").unwrap().as_deref(), Some(&b"60:56"[..]));
        assert_eq!(every(100, 10, 95), 95, "another interval");
        assert_eq!(every(100, 1, 100), 100, "95 is now too far off");
        assert_eq!(every(9, 10, 0), 9, "ten percent are less than a second");
        store.put(DOMAIN, "interval.q", b"rubbish").unwrap();
        assert_eq!(every(60, 10, 1_000_000), 66);
    }

    #[test]
    fn ticks() {
        let mut ticker = Ticker::new(100, 5);
        // Something is due at even seconds.
        let next = |after: i64| Some(after - after.rem_euclid(2) + 2);
        for (now, expect) in [
            (100, Tick::Run(100)),
            (100, Tick::Wait(Some(102))),
            (101, Tick::Wait(Some(102))),
            // Queries took three seconds.
            (105, Tick::Run(102)),
            (105, Tick::Run(104)),
            (105, Tick::Wait(Some(106))),
            // Too far behind.
            (112, Tick::Skipped(6)),
            (112, Tick::Run(112)),
            (112, Tick::Wait(Some(114))),
            // The clock was set back.
            (50, Tick::Back(62)),
            (50, Tick::Run(50)),
            (50, Tick::Wait(Some(52))),
        ] {
            assert_eq!(ticker.tick(now, next), expect, "{now}");
        }
        assert_eq!(ticker.tick(1000, |_| None), Tick::Wait(None));
        assert_eq!(ticker.tick(1000, |after| Some(after + 1)), Tick::Wait(Some(1001)));
    }
}
