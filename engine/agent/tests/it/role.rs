//! What processes do that tests have started.

use crate::lab::actor;
use plumb_agent::flags::{Flags, Origin};
use plumb_agent::process::{Notifier, Pidfile, Side, Signal, daemonize, listen};
use plumb_agent::watch::{Program, Worker, run};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// The role; words behind the first one are its own.
pub(crate) const ROLE: &str = "PLUMB_TEST_ROLE";

/// Where it writes.
pub(crate) const FOLDER: &str = "PLUMB_TEST_FOLDER";

/// The folder's file with flags of a watcher, one `name=value` a line.
pub(crate) const FLAGS: &str = "PLUMB_TEST_FLAGS";

/// How many bytes a hog takes.
const HOARD: usize = 150 << 20;

pub(crate) fn play() {
    let role = std::env::var(ROLE).unwrap();
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let (name, rest) = role.split_once(' ').unwrap_or((&role, ""));
    match name {
        "watcher" => watcher(rest, &folder),
        "worker" => worker(rest, &folder),
        "holder" => holder(&folder),
        "background" => background(&folder),
        _ => panic!("no such role: {role}"),
    }
}

/// Adds a line to a file, at once.
fn write(folder: &Path, name: &str, line: &str) {
    let mut file = std::fs::File::options().append(true).create(true).open(folder.join(name)).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Watches over workers that do what the rest says.
fn watcher(rest: &str, folder: &Path) {
    let mut flags = Flags::default();
    for setting in std::env::var(FLAGS).unwrap_or_default().split(' ').filter(|setting| !setting.is_empty()) {
        let (name, value) = setting.split_once('=').unwrap();
        flags.set(name, value, Origin::CommandLine).unwrap();
    }
    let mut command = actor(&std::env::current_exe().unwrap(), &format!("worker {rest}"), folder);
    std::os::unix::process::CommandExt::arg0(&mut command, "osqueryd");
    let (sender, signals) = channel();
    listen(&Signal::WATCHER, move |signal| {
        let _ = sender.send(signal);
    })
    .unwrap();
    let program = Program::new(command, vec!["--some".into(), "words".into()]);
    let notifier = Notifier::from_environment();
    let code = run(&flags, program, &signals, &notifier, &|severity, _, text| {
        write(folder, "said", &format!("{severity:?} {text}"));
    });
    exit(code);
}

fn worker(rest: &str, folder: &Path) {
    let deaf = rest.contains("deaf");
    // As a program does that reads its input.
    let _stdin = std::io::stdin().lock();
    let mut worker = Worker::of_environment().expect("a worker");
    let words = worker.words().unwrap();
    let watcher = worker.watcher();
    let relay = worker.follow(|| exit(0)).unwrap();
    let heard = folder.to_owned();
    listen(&Signal::DAEMON, move |signal| {
        write(&heard, "heard", &format!("{signal:?}"));
        if signal.is_end() && !deaf {
            exit(0);
        }
    })
    .unwrap();
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    write(folder, "workers", &format!("{} {watcher} {}", std::process::id(), words.join(" ")));
    // One that never gets so far as to have loggers, but for the second.
    if !rest.contains("shut") || crate::lab::lines(&folder.join("workers")).len() == 2 {
        let folder = folder.to_owned();
        relay.open(move |status| write(&folder, "relayed", &format!("{:?} {}", status.severity, status.text)));
    }
    for part in rest.split(' ') {
        match part {
            "hog" => drop(std::hint::black_box(vec![1_u8; HOARD].leak())),
            "spin" => spin_in_threads(),
            _ => {
                if let Some(code) = part.strip_prefix("exit:") {
                    exit(code.parse().unwrap());
                }
            }
        }
    }
    forever();
}

fn holder(folder: &Path) {
    let held = Pidfile::take(&folder.join("pidfile"), false).unwrap();
    listen(&[Signal::Interrupt], |_| ()).unwrap();
    write(folder, "holding", &std::process::id().to_string());
    forever();
    drop(held);
}

fn background(folder: &Path) {
    if daemonize().unwrap() == Side::Starter {
        write(folder, "started", &std::process::id().to_string());
        exit(0);
    }
    let session = rustix::process::getsid(None).unwrap().as_raw_nonzero();
    let directory = std::env::current_dir().unwrap();
    let stdin = std::fs::read_link("/proc/self/fd/0").unwrap();
    write(folder, "inside", &format!("{} {session} {} {}", std::process::id(), directory.display(), stdin.display()));
    exit(0);
}

/// One thread that is nice may get less than a hundredth of a busy machine.
fn spin_in_threads() {
    (0..8).for_each(|_| drop(std::thread::spawn(spin)));
}

fn spin() {
    let mut number = 1_u64;
    loop {
        number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

/// Longer than any test: a process that nobody ends does not stay for ever.
fn forever() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(300) {
        std::thread::park_timeout(Duration::from_secs(300));
    }
}
