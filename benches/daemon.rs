//! The daemon: what a second, a start and a day of its schedule cost, and a large result of which little changes.
//!
//! Time is what the daemon is told, so that a day passes as fast as its queries run. Its files lie in a directory of their own.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::panic,
    reason = "it has files of its own, and prints"
)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use plumb_agent::daemon::{Daemon, Start};
use plumb_agent::differ::Differ;
use plumb_agent::flags::{Flags, Origin};
use plumb_agent::logger::hub::Hub;
use plumb_agent::store::Store;
use plumb_host::{Host, Live};
use plumb_repo::synthetic;
use plumb_sql::Cell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

/// Whether everything is only tried, once: as criterion does it without `--bench` and with `--test`.
fn is_test() -> bool {
    let has = |wanted: &str| std::env::args().any(|arg| arg == wanted);
    has("--test") || !has("--bench")
}

/// A daemon whose clock stands until it is moved.
struct House {
    folder: tempfile::TempDir,
    clock: Arc<AtomicI64>,
    host: Arc<dyn Host>,
}

impl House {
    /// A multiple of all intervals below.
    const START: i64 = 1_795_392_000;

    fn new(schedule: &[String], host: impl Host + 'static) -> Done<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("log"))?;
        std::fs::write(folder.path().join("c.conf"), format!(r#"{{"schedule": {{{}}}}}"#, schedule.join(",")))?;
        Ok(Self { folder, clock: Arc::new(AtomicI64::new(Self::START)), host: Arc::new(host) })
    }

    fn start(&self) -> Done<Daemon> {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let mut flags = Flags::default();
        for (name, value) in [
            ("config_path", path("c.conf").as_str()),
            ("logger_path", &path("log")),
            ("database_path", &path("db")),
            ("logger_stderr", "false"),
            ("schedule_splay_percent", "0"),
            // What is slowed down tells nothing of what it costs.
            ("watchdog_level", "-1"),
        ] {
            flags.set(name, value, Origin::CommandLine)?;
        }
        let clock = Arc::clone(&self.clock);
        Ok(Daemon::start(Start {
            flags,
            host: Arc::clone(&self.host),
            tables: plumb_tables::registry(),
            hub: Arc::new(Hub::new()),
            clock: Arc::new(move || clock.load(Ordering::Relaxed)),
            watcher: None,
        })?)
    }

    /// Lets time pass, and everything that is due then be done.
    fn pass(&self, daemon: &mut Daemon, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
        daemon.advance();
        daemon.settle();
    }

    fn logged(&self, log: &str) -> usize {
        let text = std::fs::read(self.folder.path().join("log").join(log)).unwrap_or_default();
        text.iter().filter(|byte| **byte == b'\n').count()
    }
}

/// What schedules of this kind ask.
const QUERIES: [&str; 25] = [
    "select * from time",
    "select * from uptime",
    "select * from os_version",
    "select * from system_info",
    "select * from load_average",
    "select * from memory_info",
    "select pid, name, state from processes",
    "select * from mounts",
    "select * from interface_addresses",
    "select * from routes",
    "select * from users",
    "select * from groups",
    "select * from etc_hosts",
    "select * from etc_services where port = 80",
    "select * from listening_ports",
    "select * from process_open_sockets",
    "select count(*) as c from deb_packages",
    "select * from kernel_info",
    "select * from cpu_time",
    "select pid, version from osquery_info",
    "select name, value from osquery_flags",
    "select * from dns_resolvers",
    "select * from crontab",
    "select path, size from file where directory = '/etc'",
    "select sha256 from hash where path = '/etc/passwd'",
];

/// Each of the queries as a snapshot and as a differential one.
fn fifty(interval: impl Fn(usize) -> u32) -> Vec<String> {
    let each = |(number, sql): (usize, &&str)| {
        let every = interval(number);
        let snapshot = format!(r#""snap{number}": {{"query": "{sql}", "interval": {every}, "snapshot": true}}"#);
        [snapshot, format!(r#""diff{number}": {{"query": "{sql}", "interval": {every}}}"#)]
    };
    QUERIES.iter().enumerate().flat_map(each).collect()
}

fn fifty_every_second(c: &mut Criterion) {
    let mut run = || -> Done<()> {
        let house = House::new(&fifty(|_| 1), Live::new()?)?;
        let mut daemon = house.start()?;
        house.pass(&mut daemon, 1);
        assert!(house.logged("osqueryd.snapshots.log") >= QUERIES.len());
        let mut group = c.benchmark_group("this machine");
        group.sample_size(20).throughput(Throughput::Elements(50));
        group.bench_function("50 queries that are due every second, a second", |b| {
            b.iter(|| house.pass(&mut daemon, 1));
        });
        group.finish();
        tell_memory("the daemon after them");
        daemon.end();
        Ok(())
    };
    done(run());
}

fn a_day(c: &mut Criterion) {
    let mut run = || -> Done<()> {
        let day = if is_test() { 3600 } else { 86_400 };
        let minutes = |number| [60, 300, 600, 900, 3600].get(number % 5).copied().unwrap_or(60);
        let runs: u64 = (0..QUERIES.len()).map(|number| 2 * day / u64::from(minutes(number))).sum();
        let mut group = c.benchmark_group("a made-up machine");
        group.sample_size(10).throughput(Throughput::Elements(runs));
        group.bench_function("a day of 50 queries, due every minute to every hour", |b| {
            b.iter_batched(
                || House::new(&fifty(minutes), synthetic::processes(100, 4)),
                |house| {
                    let run = || -> Done<()> {
                        let house = house?;
                        let mut daemon = house.start()?;
                        (0..day / 60).for_each(|_| house.pass(&mut daemon, 60));
                        let snapshots = u64::try_from(house.logged("osqueryd.snapshots.log"))?;
                        assert!(snapshots >= runs / 2, "{snapshots} of {runs}");
                        daemon.end();
                        Ok(())
                    };
                    done(run());
                },
                BatchSize::PerIteration,
            );
        });
        group.finish();
        Ok(())
    };
    done(run());
}

fn start(c: &mut Criterion) {
    let mut group = c.benchmark_group("a made-up machine");
    group.sample_size(20);
    for (what, is_new) in [("the first start to the first result", true), ("a later start to the next result", false)] {
        group.bench_function(what, |b| {
            b.iter_batched(
                || -> Done<House> {
                    // Of fifty queries two are due.
                    let due = |number| if number == 0 { 60 } else { 86_400 };
                    let house = House::new(&fifty(due), synthetic::processes(100, 4))?;
                    house.clock.fetch_add(30, Ordering::Relaxed);
                    if !is_new {
                        let mut daemon = house.start()?;
                        house.pass(&mut daemon, 60);
                        daemon.end();
                    }
                    Ok(house)
                },
                |house| {
                    let run = || -> Done<(Daemon, House)> {
                        let house = house?;
                        let before = house.logged("osqueryd.snapshots.log");
                        let mut daemon = house.start()?;
                        house.pass(&mut daemon, 60);
                        assert!(house.logged("osqueryd.snapshots.log") > before);
                        Ok((daemon, house))
                    };
                    // Its end is not measured.
                    done(run())
                },
                BatchSize::PerIteration,
            );
        });
    }
}

/// A result of which the first ten rows are new each time.
fn differ(c: &mut Criterion) {
    let mut run = || -> Done<()> {
        let rows: u64 = if is_test() { 10_000 } else { 1_000_000 };
        let folder = tempfile::tempdir()?;
        let mut store = Store::open(folder.path(), 0)?.store;
        ask(&mut store, rows, 0)?;
        let written = || size(folder.path());
        let mut group = c.benchmark_group("differ");
        group.sample_size(10).throughput(Throughput::Elements(rows));
        let mut stamp = 0;
        group.bench_function("a million rows of which ten change", |b| {
            b.iter(|| {
                stamp += 1;
                ask(&mut store, rows, stamp)
            });
        });
        group.finish();
        println!("store: {} MiB", written()? >> 20);
        tell_memory("the process after them");
        Ok(())
    };
    done(run());
}

/// Asks once more and keeps the result.
fn ask(store: &mut Store, rows: u64, stamp: i64) -> Done<()> {
    let mut differ = Differ::new(store, "big", 0)?;
    differ.begin(["id", "path", "size", "stamp"]);
    let mut path = String::new();
    for row in 0..rows {
        use std::fmt::Write as _;
        path.clear();
        write!(path, "/usr/lib/some/path/{row}.so")?;
        let number = i64::try_from(row)?;
        differ.row(|column| match column {
            0 => Cell::Int(number),
            1 => Cell::Text(path.as_bytes()),
            2 => Cell::Int(number * 37),
            _ => Cell::Int(if row < 10 { stamp } else { 0 }),
        })?;
    }
    let changes = differ.finish("select")?;
    assert_eq!(changes.counts(), if changes.first { (rows, 0) } else { (10, 10) });
    Ok(changes.commit(store)?)
}

fn size(folder: &Path) -> Done<u64> {
    let mut size = 0;
    for entry in std::fs::read_dir(folder)? {
        size += entry?.metadata()?.len();
    }
    Ok(size)
}

/// Prints what criterion does not measure.
fn tell_memory(what: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let fields = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    println!("memory of {what}: {}", fields.collect::<Vec<_>>().join(", "));
}

/// A bench has nothing to measure when it fails.
fn done<T>(result: Done<T>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

criterion_group!(benches, differ, start, a_day, fifty_every_second);
criterion_main!(benches);
