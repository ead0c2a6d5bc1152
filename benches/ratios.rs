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
        println!("\n{} of {} targets met", bench.met, bench.targets);
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
            let tables = synthetic::crowded(extra);
            plumb::shell_main(
                words.collect(),
                streams,
                Machine { tables, open: &open, interrupts: Interrupts::default() },
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
        met: u32,
        targets: u32,
    }

    /// How a figure is judged.
    enum Target {
        Ratio(f64),
        /// Milliseconds of CPU.
        Millis(f64),
        /// Milliseconds of CPU more than the floor.
        Above(f64),
        None,
    }

    type Section = fn(&mut Bench) -> Done;

    impl Bench {
        fn new(words: Vec<String>) -> Result<Self, Box<dyn std::error::Error>> {
            let sizes = words.iter().find_map(|word| word.strip_prefix("processes="));
            let sizes = sizes.unwrap_or("100,1000,2000,10000").split(',').map(str::parse).collect::<Result<_, _>>()?;
            let wanted = words.iter().filter_map(|word| word.split('=').next()).map(str::to_owned).collect();
            let (program, live) = (std::env::current_exe()?, Arc::new(Live::new()?));
            Ok(Self { wanted, sizes, program, live, place: Place::new()?, met: 0, targets: 0 })
        }

        fn all(&mut self) -> Done {
            println!("| what | floor | here | here / floor (quartiles) | target | |");
            println!("|---|---|---|---|---|---|");
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

        fn judge(&mut self, met: Option<bool>) -> &'static str {
            self.targets += u32::from(met.is_some());
            self.met += u32::from(met == Some(true));
            match met {
                Some(true) => "met",
                Some(false) => "**missed**",
                None => "",
            }
        }

        fn pair(&mut self, what: &str, target: Target, pair: &Pair) {
            let [low, middle, high] = pair.ratio;
            let work = pair.work.as_secs_f64() * 1e3;
            let (target, met) = match target {
                Target::Ratio(most) => (format!("≤ {most} ×"), Some(middle <= most)),
                Target::Millis(most) => (format!("≤ {most} ms"), Some(work <= most)),
                Target::Above(most) => (format!("≤ {most} ms more"), Some(pair.above <= most)),
                Target::None => (String::new(), None),
            };
            let (floor, work) = (show(pair.floor), show(pair.work));
            let met = self.judge(met);
            println!("| {what} | {floor} | {work} | {middle:.2} ({low:.2}–{high:.2}) | {target} | {met} |");
        }

        fn figure(&mut self, what: &str, figure: &str, target: &str, met: Option<bool>) {
            let met = self.judge(met);
            println!("| {what} | | {figure} | | {target} | {met} |");
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

        fn memory(&mut self, what: &str, kib: u64, most: f64) {
            let mib = kib as f64 / 1024.0;
            self.figure(what, &format!("{mib:.1} MiB"), &format!("≤ {most} MiB"), Some(mib <= most));
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
                self.pair(what, Target::Millis(4.0), &Pair { floor, work, ratio, above: 0.0 });
                let kib = self.shell(extra, &["--json", "select 1"]);
                self.memory("… its memory at most", kib, 10.0);
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
            let pair = measure::pair(9, 1, || floor::walk(&root, false), || answer::json(&mut engine, &count));
            self.pair(&format!("count(*) of {entries} files by LIKE '…/%%'"), Target::Ratio(2.2), &pair);
            let pair = measure::pair(
                7,
                1,
                || floor::walk(&root, true),
                || {
                    assert_eq!(answer::json(&mut engine, &columns), entries);
                },
            );
            self.pair("path, size, mode, mtime, uid of them, as JSON", Target::Ratio(2.0), &pair);
            let first = format!("select path {like} limit 10");
            let pair = measure::pair(
                15,
                1,
                || self.shell("0", &["--json", "select 1"]),
                || self.shell("0", &["--json", &first]),
            );
            self.pair("the first ten, beside `select 1`", Target::Above(2.0), &pair);
            let kib = self.shell("0", &["--json", &columns]);
            self.memory("memory at most, five columns of all", kib, 20.0);
            Ok(())
        }

        fn json(&mut self) -> Done {
            let connection = rusqlite::Connection::open_in_memory()?;
            let mut engine = answer::engine(plumb_tables::registry(), Arc::clone(&self.live));
            let mut nowhere = std::io::sink();
            let work = |engine: &mut _| assert_eq!(answer::json(engine, json::QUERY), json::ROWS.unsigned_abs());
            let pair = measure::pair(9, 1, || json::from_sqlite(&connection, &mut nowhere), || work(&mut engine));
            self.pair(
                "200,000 rows as JSON, beside the same SQL and a loop that prints the bytes",
                Target::Ratio(2.0),
                &pair,
            );
            let pair = measure::pair(9, 1, || json::bare(&mut nowhere), || work(&mut engine));
            self.pair("the same beside the loop alone", Target::None, &pair);
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
            self.pair("sha256 of 256 MiB, beside a loop with the same library", Target::Ratio(1.1), &pair);
            let path = blob.to_string_lossy().into_owned();
            for (program, args) in [("sha256sum", vec![path.as_str()]), ("openssl", vec!["dgst", "-sha256", &path])] {
                if scene::run(Path::new(program), &args).is_none() {
                    continue;
                }
                let pair = measure::pair(7, 1, || scene::run(Path::new(program), &args), &mut work);
                self.pair(&format!("the same beside the program {program}"), Target::None, &pair);
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
            self.figure("join on name, 400 processes of one name (160,000 pairs)", &show(same), "≤ 50 ms", met);
            let sizes = [100, 1000, 10_000].map(|count| (f64::from(count), cost(count, 4)));
            let text = sizes.map(|(count, time)| format!("{count}: {}", show(time))).join(", ");
            let growth = measure::exponent(sizes[0], sizes[2]);
            let what = "join on name, four processes a name";
            self.figure(what, &format!("{text}; grows with exponent {growth:.2}"), "≤ 1.2", Some(growth <= 1.2));
            Ok(())
        }

        fn million(&mut self) -> Done {
            let registry = plumb_schema::Registry::new([&synthetic::MILLION as &'static dyn plumb_schema::AnyTable]);
            let mut engine = answer::engine(registry, Arc::clone(&self.live));
            let queries = ["count(*)", "sum(value)", "value, half, name"];
            for what in queries {
                let query = format!("select {what} from million");
                let samples = (0..5).map(|_| measure::time(|| answer::json(&mut engine, &query)).0);
                let time = measure::median(samples.collect());
                let rate = 1.0 / time.as_secs_f64();
                self.figure(
                    &format!("a million rows: {what}"),
                    &format!("{}, {rate:.1} M rows/s", show(time)),
                    "",
                    None,
                );
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
                self.pair(&format!("{have} processes: *"), Target::Ratio(1.5), &all);
                self.pair(&format!("{have} processes: pid, name"), Target::Ratio(1.7), &lean);
                self.pair(&format!("{have} processes: count(*)"), Target::None, &count);
                self.pair(&format!("{have} processes: one by pid"), Target::None, &point);
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
            self.figure("2,000 processes left join process_open_sockets", &show(time), "≤ 300 ms", met);
            let kib = self.shell("0", &["--json", "select * from processes"]);
            self.memory("memory at most, * of 2,000 processes", kib, 20.0);
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

    fn show(time: Duration) -> String {
        let millis = time.as_secs_f64() * 1e3;
        if millis < 1.0 { format!("{:.0} µs", millis * 1e3) } else { format!("{millis:.1} ms") }
    }
}
