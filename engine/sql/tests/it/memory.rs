//! The bound of all memory that SQLite uses, in a process of its own: it holds for all tests of one.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "starts this program again")]

use crate::fixture::{ROWS, ask, engine_with};
use plumb_sql::{Budget, ResultColumn, Row, Sink, SqlError};
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

#[test]
fn who_holds_most_is_to_blame() {
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    let output = again.args(["--ignored", "--exact", "memory::in_a_process_of_its_own"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Holds the row that it is given until it hears something.
struct Held(Sender<()>, Receiver<()>);

impl Sink for Held {
    fn begin(&mut self, _: &[ResultColumn]) -> io::Result<()> {
        Ok(())
    }
    fn row(&mut self, _: &Row<'_>) -> io::Result<()> {
        let _ = self.0.send(());
        let _ = self.1.recv();
        Ok(())
    }
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
#[ignore = "started by the other"]
fn in_a_process_of_its_own() {
    const MIB: usize = 1 << 20;
    plumb_sql::bound_memory(64 * MIB, 0);
    let budget = Budget { memory: Some(1024 * MIB), ..Budget::default() };
    // A text of so many MiB; while it is made there is half as much besides.
    let of = |mib: usize| format!("SELECT hex(randomblob({}))", mib * MIB / 2);
    for (others, asked, blamed) in [(36, 22, Some(false)), (4, 52, Some(true)), (4, 22, None)] {
        let ((held, holds), (go, gone)) = (channel(), channel());
        let sql = of(others);
        let other = std::thread::spawn(move || engine_with(ROWS, budget).run(&sql, &mut Held(held, gone)).is_ok());
        holds.recv().unwrap();
        let result = ask(&mut engine_with(ROWS, budget), &of(asked)).0;
        let found = result.err().map(|error| {
            assert_eq!(error.code(), 7, "{error}");
            let said = error.to_string();
            if let Some((_, held)) = said.split_once("other queries hold ") {
                let (held, rest) = held.split_once(' ').unwrap();
                assert!((others..64).contains(&held.parse::<usize>().unwrap()), "{said}");
                assert_eq!(rest, "of the 64 MiB that SQLite may use");
            }
            matches!(error, SqlError::Budget { .. })
        });
        assert_eq!(found, blamed, "{others} {asked}");
        go.send(()).unwrap();
        assert!(other.join().unwrap());
    }
}
