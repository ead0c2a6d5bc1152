//! The shell, run in this process over a fixture host, as a transcript.

use crate::rows::escape;
use plumb::{Interrupts, Machine, Streams, Terminals, shell_main};
use plumb_agent::flags::Flags;
use plumb_conformance::fixtures::{Fixture, folder};
use plumb_host::Host;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, Cursor, Write};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

/// The host that is asked about.
const HOST: &str = "debian-server";

fn host() -> Arc<dyn Host> {
    static LOADED: LazyLock<Arc<dyn Host>> = LazyLock::new(|| {
        let all = Fixture::all(&folder()).expect("fixture hosts");
        let fixture = all.iter().find(|fixture| fixture.name == HOST).expect("the host");
        Arc::new(fixture.load().expect("an archive"))
    });
    Arc::clone(&LOADED)
}

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        masked(&escape(&self.0.borrow(), &['\n']))
    }
}

/// Runs the shell and tells what was given, what came out, what was said and, if it is not 0, the exit code.
pub(crate) fn transcript(args: &[&str], stdin: &str) -> String {
    let (stdout, stderr) = (Shared::default(), Shared::default());
    let streams = Streams {
        stdin: Box::new(Cursor::new(stdin.as_bytes().to_vec())),
        stdout: Box::new(stdout.clone()),
        stderr: Box::new(stderr.clone()),
        terminals: Terminals::default(),
    };
    let open = |_: &Flags| Ok(host());
    let machine = Machine {
        tables: &plumb_tables::registry,
        open: &open,
        interrupts: Interrupts::default(),
        owns_process: false,
    };
    let words = ["plumbi"].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
    let code = shell_main(words, streams, machine);

    let quoted: String = args.iter().map(|arg| format!(" {}", shell_word(arg))).collect();
    let mut text = format!("$ plumbi{quoted}\n");
    for line in stdin.lines() {
        let _ = writeln!(text, "< {line}");
    }
    text.push_str(&whole_lines(&stdout.text()));
    if !stderr.text().is_empty() {
        let _ = write!(text, "[stderr]\n{}", whole_lines(&stderr.text()));
    }
    if code != 0 {
        let _ = writeln!(text, "[exit code {code}]");
    }
    text
}

/// As it could be typed.
fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn whole_lines(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}[no newline]\n") }
}

/// Without what differs from build to build and run to run: versions, times, places in the source, the user's home.
#[allow(clippy::disallowed_methods, reason = "the shell's own environment")]
fn masked(text: &str) -> String {
    let home = format!("{}/.osquery/", std::env::var("HOME").unwrap_or_default());
    let text = text
        .replace(&format!("plumb {}", env!("CARGO_PKG_VERSION")), "plumb VERSION")
        .replace(&format!(" version {}", env!("CARGO_PKG_VERSION")), " version VERSION")
        .replace(plumb_sql::Engine::sqlite_version(), "VERSION")
        .replace(&home, "HOME/.osquery/");
    text.split_inclusive('\n').map(masked_line).collect()
}

fn masked_line(line: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    match line.split_once("] ") {
        // A status line: W1123 03:52:13.374650 14671 file.rs:10] text
        Some((head, text)) if head.get(1..5).is_some_and(digits) => {
            format!("{}] {text}", head.get(..1).unwrap_or_default())
        }
        _ if line.starts_with("Run Time: ") => line.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect(),
        _ => line.to_owned(),
    }
}
