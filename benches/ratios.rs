//! What questions cost beside their floors, with targets: `cargo bench --bench ratios [-- NAME…]`.
//!
//! Prints a table and writes nothing. Names choose sections (`start`, `files`,
//! `json`, `hash`, `join`, `million`, `processes`); `processes=100,2000` also the sizes of the crowd.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it prints")]

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("The floors are Linux system calls: there is nothing to compare here.");
}

#[cfg(target_os = "linux")]
fn main() -> linux::Done {
    linux::main()
}

#[cfg(target_os = "linux")]
mod linux {
    use plumb::{Interrupts, Machine, Streams, Terminals};
    use plumb_host::{Host, Live};
    use plumb_repo::measure::{self, Pair};
    use plumb_repo::report::{Report, Target, show};
    use plumb_repo::scene::{self, Crowd, Place};
    use plumb_repo::{answer, floor, json, synthetic};
    use sha2::{Digest as _, Sha256};
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::time::Duration;

    pub(super) type Done = Result<(), Box<dyn std::error::Error>>;

    /// In a child: be the shell, with so many tables more than there are.
    const SHELL: &str = "--shell";
    /// In a child: be a program that does nothing.
    const NOTHING: &str = "--nothing";

    pub(super) fn main() -> Done {
        scene::wait_if_asked();
        let args: Vec<String> = std::env::args().skip(1).collect();
        match args.first().map(String::as_str) {
            Some(NOTHING) => return Ok(()),
            Some(SHELL) => return be_shell(args),
            _ => {}
        }
        let measures = args.iter().any(|arg| arg == "--bench" || !arg.starts_with('-'));
        if !measures {
            // `cargo test --all-targets` runs this too: there is nothing to test.
            return Ok(());
        }
        let mut bench = Bench::new(args.into_iter().filter(|arg| !arg.starts_with('-')).collect())?;
        bench.all()?;
        bench.report.end();
        Ok(())
    }

    /// Runs the shell in this process, and tells the most memory that it had on standard error.
    fn be_shell(args: Vec<String>) -> Done {
        let mut args = args.into_iter().skip(1);
        let extra: usize = args.next().unwrap_or_default().parse()?;
        let words = std::iter::once("plumbi".to_owned()).chain(args);
        let code = if extra == 0 {
            plumb::main(words.map(Into::into))
        } else {
            let streams = Streams {
                stdin: Box::new(std::io::empty()),
                stdout: Box::new(std::io::stdout()),
                stderr: Box::new(std::io::stderr()),
                terminals: Terminals::default(),
            };
            let open = |_: &_| Live::new().map(|host| Arc::new(host) as Arc<dyn Host>).map_err(|e| e.to_string());
            let tables = || synthetic::crowded(extra);
            plumb::shell_main(
                words.collect(),
                streams,
                Machine { tables: &tables, open: &open, interrupts: Interrupts::default(), owns_process: false },
            )
        };
        eprintln!("\npeak {} code {code}", peak_kib().unwrap_or(0));
        Ok(())
    }

    #[allow(clippy::disallowed_methods, reason = "of this process")]
    fn peak_kib() -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
    }

    struct Bench {
        wanted: Vec<String>,
        sizes: Vec<usize>,
        program: PathBuf,
        live: Arc<dyn Host>,
        place: Place,
        report: Report,
    }

    type Section = fn(&mut Bench) -> Done;

    impl Bench {
        fn new(words: Vec<String>) -> Result<Self, Box<dyn std::error::Error>> {
            let sizes = words.iter().find_map(|word| word.strip_prefix("processes="));
            let sizes = sizes.unwrap_or("100,1000,2000,10000").split(',').map(str::parse).collect::<Result<_, _>>()?;
            let wanted = words.iter().filter_map(|word| word.split('=').next()).map(str::to_owned).collect();
            let (program, live) = (std::env::current_exe()?, Arc::new(Live::new()?));
            Ok(Self { wanted, sizes, program, live, place: Place::new()?, report: Report::begin() })
        }

        fn all(&mut self) -> Done {
            let sections: [(&str, Section); 7] = [
                ("start", Self::start),
                ("files", Self::files),
                ("json", Self::json),
                ("hash", Self::hash),
                ("join", Self::join),
                ("million", Self::million),
                ("processes", Self::processes),
            ];
            for (name, section) in sections {
                if self.wanted.is_empty() || self.wanted.iter().any(|wanted| wanted == name) {
                    section(self)?;
                }
            }
            Ok(())
        }

        /// Runs the shell as a program of its own. Answers the most memory that it had, in KiB.
        fn shell(&self, extra: &str, words: &[&str]) -> u64 {
            let args: Vec<&str> = [SHELL, extra].iter().chain(words).copied().collect();
            let told = scene::run(&self.program, &args).unwrap_or_default();
            let told = String::from_utf8_lossy(&told).into_owned();
            let peak = told.rsplit_once("\npeak ").and_then(|(_, rest)| rest.trim_end().strip_suffix(" code 0"));
            peak.and_then(|kib| kib.parse().ok()).unwrap_or_else(|| complain(&told))
        }

        fn nothing(&self) {
            let _ = scene::run(&self.program, &[NOTHING]);
        }

        fn start(&mut self) -> Done {
            for (extra, what) in [("0", "start, `select 1`"), ("300", "the same with 300 more tables")] {
                // Only the child counts.
                let mut samples = [Vec::new(), Vec::new()];
                for _ in 0..21 {
                    samples[0].push(child(|| self.nothing()));
                    samples[1].push(child(|| self.shell(extra, &["--json", "select 1"])));
                }
                let ratio = samples[0].iter().zip(&samples[1]).map(|(a, b)| b.as_secs_f64() / a.as_secs_f64());
                let ratio = measure::quartiles(ratio.collect());
                let [floor, work] = samples.map(measure::median);
                self.report.pair(what, Target::Millis(4.0), &Pair { floor, work, ratio, above: 0.0 });
                let kib = self.shell(extra, &["--json", "select 1"]);
                self.report.memory("… its memory at most", kib, 10.0);
            }
            Ok(())
        }

        fn files(&mut self) -> Done {
            let root = self.place.tree()?;
            let entries = floor::walk(&root, false)?;
            let like = format!("from file where path like '{}/%%'", root.display());
            let count = format!("select count(*) {like}");
            let columns = format!("select path, size, mode, mtime, uid {like}");
            let mut engine = answer::engine(plumb_tables::registry(), Arc::clone(&self.live));
            assert_eq!(answer::number(&mut engine, &count).unsigned_abs(), entries);
            let pair = measure::pair(9, 1, || floor::walk(&root, false), || answer::json(&mut engine, &count));
            self.report.pair(&format!("count(*) of {entries} files by LIKE '…/%%'"), Target::Ratio(2.2), &pair);
            let pair = measure::pair(
                7,
                1,
                || floor::walk(&root, true),
                || {
                    assert_eq!(answer::json(&mut engine, &columns), entries);
                },
            );
            self.report.pair("path, size, mode, mtime, uid of them, as JSON", Target::Ratio(2.0), &pair);
            let twice = format!(
                "select count(*) from file a join file b on a.inode = b.inode \
                 where a.path like '{0}/%%' and b.path like '{0}/%%'",
                root.display()
            );
            assert_eq!(answer::number(&mut engine, &twice).unsigned_abs(), entries);
            let pair = measure::pair(5, 1, || floor::walk(&root, true), || answer::json(&mut engine, &twice));
            self.report.pair("they joined with themselves by inode", Target::None, &pair);
            let first = format!("select path {like} limit 10");
            let pair = measure::pair(
                15,
                1,
                || self.shell("0", &["--json", "select 1"]),
                || self.shell("0", &["--json", &first]),
            );
            self.report.pair("the first ten, beside `select 1`", Target::Above(2.0), &pair);
            let kib = self.shell("0", &["--json", &columns]);
            self.report.memory("memory at most, five columns of all", kib, 20.0);
            Ok(())
        }

        fn json(&mut self) -> Done {
            let connection = rusqlite::Connection::open_in_memory()?;
            let mut engine = answer::engine(plumb_tables::registry(), Arc::clone(&self.live));
            let mut nowhere = std::io::sink();
            let work = |engine: &mut _| assert_eq!(answer::json(engine, json::QUERY), json::ROWS.unsigned_abs());
            let pair = measure::pair(9, 1, || json::from_sqlite(&connection, &mut nowhere), || work(&mut engine));
            self.report.pair(
                "200,000 rows as JSON, beside the same SQL and a loop that prints the bytes",
                Target::Ratio(2.0),
                &pair,
            );
            let pair = measure::pair(9, 1, || json::bare(&mut nowhere), || work(&mut engine));
            self.report.pair("the same beside the loop alone", Target::None, &pair);
            Ok(())
        }

        fn hash(&mut self) -> Done {
            let blob = self.place.blob(256)?;
            let query = format!("select sha256 from hash where path = '{}'", blob.display());
            let mut engine = answer::engine(plumb_tables::registry(), Arc::clone(&self.live));
            let hash = || {
                let mut state = Sha256::new();
                let read = floor::read_file(&blob, |piece| state.update(piece));
                (read, state.finalize())
            };
            let mut work = || answer::json(&mut engine, &query);
            let pair = measure::pair(7, 1, hash, &mut work);
            self.report.pair("sha256 of 256 MiB, beside a loop with the same library", Target::Ratio(1.1), &pair);
            let path = blob.to_string_lossy().into_owned();
            for (program, args) in [("sha256sum", vec![path.as_str()]), ("openssl", vec!["dgst", "-sha256", &path])] {
                if scene::run(Path::new(program), &args).is_none() {
                    continue;
                }
                let pair = measure::pair(7, 1, || scene::run(Path::new(program), &args), &mut work);
                self.report.pair(&format!("the same beside the program {program}"), Target::None, &pair);
            }
            Ok(())
        }

        fn join(&mut self) -> Done {
            let query = "select count(*) from processes a join processes b on a.name = b.name";
            let cost = |count: u32, share: u32| {
                let host = Arc::new(synthetic::processes(count, share));
                let mut engine = answer::engine(plumb_tables::registry(), host);
                let samples = (0..7).map(|_| measure::time(|| answer::json(&mut engine, query)).0);
                measure::median(samples.collect())
            };
            let same = cost(400, u32::MAX);
            let met = Some(same <= Duration::from_millis(50));
            self.report.figure("join on name, 400 processes of one name (160,000 pairs)", &show(same), "≤ 50 ms", met);
            let sizes = [100, 1000, 10_000].map(|count| (f64::from(count), cost(count, 4)));
            let text = sizes.map(|(count, time)| format!("{count}: {}", show(time))).join(", ");
            let growth = measure::exponent(sizes[0], sizes[2]);
            let what = "join on name, four processes a name";
            self.report.figure(what, &format!("{text}; grows with exponent {growth:.2}"), "≤ 1.2", Some(growth <= 1.2));
            Ok(())
        }

        fn million(&mut self) -> Done {
            let registry = plumb_schema::Registry::new([&synthetic::MILLION as &'static dyn plumb_schema::AnyTable]);
            let mut engine = answer::engine(registry, Arc::clone(&self.live));
            answer::json(&mut engine, "create table ordinary as select value, half, name from million");
            for what in ["count(value)", "sum(value)", "max(name)", "value, half, name"] {
                // One engine answers both, in turn.
                let engine = std::cell::RefCell::new(&mut engine);
                let ask = |table: &str| answer::json(&mut engine.borrow_mut(), &format!("select {what} from {table}"));
                let pair = measure::pair(7, 1, || ask("ordinary"), || ask("million"));
                let rate = 1.0 / pair.work.as_secs_f64();
                let what = format!("a million rows, {what} ({rate:.1} M rows/s), beside an ordinary table of SQLite");
                self.report.pair(&what, Target::None, &pair);
            }
            Ok(())
        }

        fn processes(&mut self) -> Done {
            let mut crowd = Crowd::new()?;
            for size in self.sizes.clone() {
                let have = crowd.grow(size)?;
                let rounds = if have > 5000 { 5 } else { 9 };
                let times = u32::try_from(2000 / have.max(1)).unwrap_or(1).max(1);
                let mut engine = answer::engine(plumb_tables::registry(), Arc::clone(&self.live));
                let mut ask = |sql: &str| answer::json(&mut engine, sql);
                let all = measure::pair(rounds, times, floor::processes_all, || ask("select * from processes"));
                let lean =
                    measure::pair(rounds, times, floor::processes_stat, || ask("select pid, name from processes"));
                let count =
                    measure::pair(rounds, times * 10, floor::processes_count, || ask("select count(*) from processes"));
                let own = std::process::id();
                let point = format!("select * from processes where pid = {own}");
                let point = measure::pair(9, 200, || floor::processes_point(own), || ask(&point));
                self.report.pair(&format!("{have} processes: *"), Target::Ratio(1.5), &all);
                self.report.pair(&format!("{have} processes: pid, name"), Target::Ratio(1.7), &lean);
                self.report.pair(&format!("{have} processes: count(*)"), Target::None, &count);
                self.report.pair(&format!("{have} processes: one by pid"), Target::None, &point);
                if size == 2000 {
                    self.two_thousand(&mut engine);
                }
            }
            Ok(())
        }

        fn two_thousand(&mut self, engine: &mut plumb_sql::Engine) {
            let query = "select count(*) from processes p left join process_open_sockets s on p.pid = s.pid";
            let samples = (0..5).map(|_| measure::time(|| answer::json(engine, query)).0);
            let time = measure::median(samples.collect());
            let met = Some(time <= Duration::from_millis(300));
            self.report.figure("2,000 processes left join process_open_sockets", &show(time), "≤ 300 ms", met);
            let kib = self.shell("0", &["--json", "select * from processes"]);
            self.report.memory("memory at most, * of 2,000 processes", kib, 20.0);
        }
    }

    /// CPU time of the children alone.
    fn child<T>(run: impl FnOnce() -> T) -> Duration {
        let before = measure::children_cpu();
        run();
        measure::children_cpu() - before
    }

    fn complain(told: &str) -> u64 {
        eprintln!("the shell failed: {told}");
        std::process::exit(1);
    }
}
