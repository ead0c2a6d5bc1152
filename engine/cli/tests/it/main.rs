//! The shell as its users meet it: arguments and input in; standard output, standard error and exit code out.

mod arguments;
mod commands;
#[cfg(target_os = "linux")]
mod completions;
mod config;
#[cfg(target_os = "linux")]
mod daemon;
mod output;
#[cfg(target_os = "linux")]
mod profile;
#[cfg(target_os = "linux")]
mod service;
mod trouble;
#[cfg(target_os = "linux")]
mod watched;

use plumb::{Interrupts, Machine, Streams, Terminals, shell_main};
use plumb_host::{Host, Mem};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

/// A writer whose reader has gone after some bytes.
struct Head(usize);

impl Write for Head {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn host() -> Arc<dyn Host> {
    Arc::new(
        Mem::new()
            .file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nmail:x:8:8::/var/mail:/bin/sh\n")
            .file("/etc/hostname", "fixture\n"),
    )
}

fn run_to(stdout: Box<dyn Write>, args: &[&str], stdin: &str) -> (i32, String) {
    run_with(stdout, args, stdin, Interrupts::default())
}

fn run_with(stdout: Box<dyn Write>, args: &[&str], stdin: &str, interrupts: Interrupts) -> (i32, String) {
    let stderr = Shared::default();
    let args = ["plumbi"].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
    let streams = Streams {
        stdin: Box::new(io::Cursor::new(stdin.as_bytes().to_vec())),
        stdout,
        stderr: Box::new(stderr.clone()),
        terminals: Terminals::default(),
    };
    let open = |_: &plumb_agent::flags::Flags| Ok(host());
    let machine = Machine { tables: &plumb_tables::registry, open: &open, interrupts, owns_process: false };
    let code = shell_main(args, streams, machine);
    (code, without_times(&stderr.text()))
}

/// Status lines reduced to their severity and text.
fn without_times(text: &str) -> String {
    let shorten = |line: &str| match line.split_once("] ") {
        Some((head, text))
            if head.starts_with(['I', 'W', 'E']) && head.get(1..5).is_some_and(|d| d.parse::<u32>().is_ok()) =>
        {
            format!("{}] {text}\n", &head[..1])
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(shorten).collect()
}

fn run(args: &[&str], stdin: &str) -> (i32, String, String) {
    let stdout = Shared::default();
    let (code, stderr) = run_to(Box::new(stdout.clone()), args, stdin);
    (code, stdout.text(), stderr)
}

/// Arguments, input, exit code, standard output, standard error.
type Case<'a> = (&'a [&'a str], &'a str, i32, &'a str, &'a str);

fn check(cases: &[Case<'_>]) {
    for (args, stdin, code, stdout, stderr) in cases {
        let got = run(args, stdin);
        assert_eq!(
            (got.0, got.1.as_str(), got.2.as_str()),
            (*code, *stdout, *stderr),
            "\n{args:?}\n{stdin}\n--- stdout\n{}\n--- stderr\n{}",
            got.1,
            got.2
        );
    }
}

const A: &str = "SELECT 1 AS i, 'plain' AS t UNION ALL SELECT NULL, ''";
const B: &str = "SELECT 9 n,'é漢字😀' s,x'00ff41' b,1.5 r UNION ALL SELECT 10,'line1\nline2',x'',1e20 UNION ALL SELECT \
                 11,'a\"b|c,d''e\\f\ttab',NULL,3.0";
const BOX_A: &str = "+---+-------+\n| i | t     |\n+---+-------+\n| 1 | plain |\n|   |       |\n+---+-------+\n";
const JSON_A: &str = "[\n  {\"i\":\"1\",\"t\":\"plain\"},\n  {\"i\":\"\",\"t\":\"\"}\n]\n";
