//! `shell_history`: what users typed into their shells.
//!
//! Sources, below the home directories: `.bash_history`, `.zsh_history`, `.zhistory`, `.history`, `.sh_history`,
//! `.ash_history`, and the files of macOS's `.bash_sessions`. They are read in pieces, each line is a row.

use crate::homes::{self, Home};
use crate::stream::Lines;
use plumb_formats::shell_history::History;
use plumb_host::FileKind;
use plumb_host::join;
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

/// A line of a history.
pub struct Row {
    uid: u32,
    time: i64,
    command: Vec<u8>,
    file: Arc<[u8]>,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "shell_history",
    doc: "Lines of the shell histories of users, by default of the user that asks.",
    on: Platforms::POSIX,
    columns: &[
        Col::bigint ("uid",          "User to whom the history belongs",                    |r| Some(r.uid.into())).additional().optimized().seek(by_uid),
        Col::integer("time",         "Seconds since the epoch; 0 when the history does not say", |r| Some(r.time)),
        Col::text   ("command",      "The line, without its timestamp",                     |r| text(&r.command)),
        Col::text   ("history_file", "Path of the history",                                 |r| text(&r.file)),
    ],
    scan,
    cost: Cost { rows: 5000, row: 1 },
    user_data: true,
    ..Table::EMPTY
};

const FILES: [&[u8]; 6] =
    [b".bash_history", b".zsh_history", b".zhistory", b".history", b".sh_history", b".ash_history"];

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<Row> {
    rows(cx, homes::own(cx))
}

fn by_uid(cx: &Arc<Cx>, uid: i64, _request: &Request) -> Rows<Row> {
    rows(cx, homes::of(cx, uid))
}

fn rows(cx: &Arc<Cx>, homes: Vec<Home>) -> Rows<Row> {
    let cx = Arc::clone(cx);
    Box::new(homes.into_iter().flat_map(move |home| {
        let cx = Arc::clone(&cx);
        let uid = home.uid;
        histories(&cx, &home).flat_map(move |path| lines(&cx, uid, path))
    }))
}

/// Paths at which the histories of a user are, if they are.
fn histories(cx: &Arc<Cx>, home: &Home) -> impl Iterator<Item = Vec<u8>> + use<> {
    let files: Vec<Vec<u8>> = FILES.iter().map(|name| home.path(name)).collect();
    let cx = Arc::clone(cx);
    let sessions = home.path(b".bash_sessions");
    let sessions = std::iter::once_with(move || {
        let names = cx.open_dir(&sessions).map(|dir| cx.names(&*dir, &sessions)).unwrap_or_default();
        names
            .into_iter()
            .filter(|(name, kind)| *kind != FileKind::Directory && name.ends_with(b".history"))
            .filter(|(name, _)| !name.starts_with(b"."))
            .map(move |(name, _)| join(&sessions, &name))
    });
    files.into_iter().chain(sessions.flatten())
}

fn lines(cx: &Arc<Cx>, uid: u32, path: Vec<u8>) -> impl Iterator<Item = Row> + use<> {
    let mut lines = Lines::open(cx, &path);
    let mut history = History::default();
    let file: Arc<[u8]> = path.into();
    std::iter::from_fn(move || {
        let lines = lines.as_mut()?;
        loop {
            if let Some(entry) = history.line(lines.advance()?) {
                let command = entry.command.to_vec();
                return Some(Row { uid, time: entry.time, command, file: Arc::clone(&file) });
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::homes::rows_of;
    use crate::testing::{check_seeks, rows};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .file(
                "/etc/passwd",
                "root:x:0:0::/root:\nal:x:1000:1000::/home/al/:\nno:x:7:7:::\nrel:x:7:7::here:\ndup0:x:0:0::/root:\n",
            )
            .file("/root/.bash_history", "#1700000000\nls\nb")
            .file("/home/al/.zsh_history", b": 99999999999:0;caf\xc3\n\nx\n")
            .file("/home/al/.ash_history", "ash\n")
            .file("/home/al/.python_history", "no\n")
            .file("/home/al/.bash_sessions/B.history", "b\n")
            .file("/home/al/.bash_sessions/A.history", "#5\na\n")
            .file("/home/al/.bash_sessions/.C.history", "no\n")
            .file("/home/al/.bash_sessions/D.historynew", "no\n")
            .dir("/home/al/.sh_history")
    }

    const COLUMNS: [&str; 4] = ["uid", "time", "command", "history_file"];

    #[test]
    fn of_the_user_that_asks() {
        let (found, notes) = rows(&TABLE, host(), &COLUMNS, Vec::new());
        let file = "/root/.bash_history";
        let twice = [["0", "1700000000", "ls", file], ["0", "0", "b", file]].repeat(2);
        assert_eq!((found, notes), (twice.iter().map(|row| row.map(str::to_owned).to_vec()).collect(), vec![]));
    }

    #[test]
    fn of_users_asked_for() {
        let (found, notes) = rows_of(&TABLE, host(), 1000, &COLUMNS, Vec::new());
        assert_eq!(
            found,
            [
                ["1000", "99999999999", "caf\u{fffd}", "/home/al/.zsh_history"],
                ["1000", "0", "", "/home/al/.zsh_history"],
                ["1000", "0", "x", "/home/al/.zsh_history"],
                ["1000", "0", "ash", "/home/al/.ash_history"],
                ["1000", "5", "a", "/home/al/.bash_sessions/A.history"],
                ["1000", "0", "b", "/home/al/.bash_sessions/B.history"],
            ]
        );
        assert_eq!(notes.len(), 1, "a directory where a history should be");
        for (uid, count) in [(0, 4), (7, 0), (-1, 0), (i64::MAX, 0)] {
            assert_eq!(rows_of(&TABLE, host(), uid, &["uid"], Vec::new()).0.len(), count, "{uid}");
        }
        check_seeks(&TABLE, host());
    }

    #[test]
    fn a_long_history_comes_line_by_line() {
        let content = ": 1700000000:0;command\n".repeat(50_000);
        let host = host().file("/root/.zsh_history", content);
        let (cx, _statement) = crate::testing::cx("shell_history", host);
        assert_eq!(scan(&cx, &Request::default()).filter(|row| row.command == b"command").count(), 100_000);
    }
}
