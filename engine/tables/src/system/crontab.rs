//! `crontab`: what cron runs.
//!
//! Sources: `/etc/crontab`, `/etc/cron.d`, and the users' tables where the systems keep them (crontab(5)).

use crate::namespace;
use plumb_formats::crontab::{Entry, crontab};
use plumb_host::join;
use plumb_host::{FileKind, Follow};
use plumb_schema::{Column, Cx, Ops, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

/// An entry and the table it stands in.
pub struct Row {
    entry: Entry,
    path: Arc<[u8]>,
    namespace: i64,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "crontab",
    doc: "Commands that cron runs, and when.",
    on: Platforms::POSIX,
    columns: &[
        Col::text   ("event",        "Nickname of a schedule (`@reboot`, `@daily` …); then the five fields are empty", |r| text(&r.entry.event)),
        Col::text   ("minute",       "Minutes",                                          |r| text(&r.entry.schedule[0])),
        Col::text   ("hour",         "Hours",                                            |r| text(&r.entry.schedule[1])),
        Col::text   ("day_of_month", "Days of the month",                                |r| text(&r.entry.schedule[2])),
        Col::text   ("month",        "Months",                                           |r| text(&r.entry.schedule[3])),
        Col::text   ("day_of_week",  "Days of the week",                                 |r| text(&r.entry.schedule[4])),
        Col::text   ("command",      "What runs; in system tables the user comes first", |r| text(&r.entry.command)),
        Col::text   ("path",         "The table's file",                                 |r| text(&r.path)),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the tables are read", |r| Some(r.namespace))
            .on(Platforms::LINUX).additional().hidden().parameter(Ops::EQ),
    ],
    scan,
    ..Table::EMPTY
};

/// Directories of tables: of packages; of users on macOS, on RPM systems, on SUSE and on Debian.
const DIRS: [&[u8]; 5] =
    [b"/etc/cron.d", b"/var/at/tabs", b"/var/spool/cron", b"/var/spool/cron/tabs", b"/var/spool/cron/crontabs"];

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Row> {
    Box::new(namespace::each(cx, request).flat_map(|(namespace, cx)| {
        let listing = Arc::clone(&cx);
        let files = DIRS.iter().flat_map(move |dir| tables(&listing, dir));
        std::iter::once(b"/etc/crontab".to_vec()).chain(files).flat_map(move |path| entries(&cx, path, namespace))
    }))
}

/// The files of a directory. Hidden ones are no tables; all others count, backups too, since the crons of
/// distributions differ in which they run.
fn tables(cx: &Arc<Cx>, dir: &[u8]) -> Vec<Vec<u8>> {
    let names = cx.open_dir(dir).map(|handle| cx.names(&*handle, dir)).unwrap_or_default();
    let is_file = |path: &[u8], kind: FileKind| match kind {
        FileKind::Directory => false,
        FileKind::Regular => true,
        _ => cx.host.root().stat(path, Follow::Yes).is_ok_and(|stat| stat.kind() == FileKind::Regular),
    };
    names
        .into_iter()
        .filter(|(name, _)| !name.starts_with(b"."))
        .map(|(name, kind)| (join(dir, &name), kind))
        .filter(|(path, kind)| is_file(path, *kind))
        .map(|(path, _)| path)
        .collect()
}

fn entries(cx: &Arc<Cx>, path: Vec<u8>, namespace: i64) -> impl Iterator<Item = Row> + use<> {
    let entries = crontab(&cx.read(&path).unwrap_or_default(), &mut |odd| cx.note(&path, odd));
    let path: Arc<[u8]> = path.into();
    entries.into_iter().map(move |entry| Row { entry, path: Arc::clone(&path), namespace })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, equals, rows};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .file("/etc/crontab", b"# c\nX=1\n17 *\t* * *\troot\tcd / && x\n1 2\n@reboot root \xff\n")
            .file("/etc/cron.d/job.bak", "1 1 1 1 1 root x")
            .file("/etc/cron.d/.placeholder", "1 1 1 1 1 root no\n")
            .link("/etc/cron.d/link", "../linked")
            .file("/etc/linked", "2 2 2 2 2 root y\n")
            .link("/etc/cron.d/to-dir", "/var")
            .link("/etc/cron.d/dangling", "/none")
            .node("/etc/cron.d/fifo", FileKind::Fifo)
            .file("/var/spool/cron/dana", "5 5 * * * /usr/bin/true\n")
            .file("/var/spool/cron/crontabs/al", "@daily z\n")
            .link("/proc/7/root", "/srv/c")
            .file("/srv/c/etc/crontab", "3 3 3 3 3 inner\n")
    }

    #[test]
    fn all_tables() {
        check(
            &TABLE,
            host(),
            &["event", "minute", "hour", "day_of_month", "month", "day_of_week", "command", "path"],
            &[
                &["", "17", "*", "*", "*", "*", "root cd / && x", "/etc/crontab"],
                &["@reboot", "", "", "", "", "", "root \u{fffd}", "/etc/crontab"],
                &["", "1", "1", "1", "1", "1", "root x", "/etc/cron.d/job.bak"],
                &["", "2", "2", "2", "2", "2", "root y", "/etc/cron.d/link"],
                &["", "5", "5", "*", "*", "*", "/usr/bin/true", "/var/spool/cron/dana"],
                &["@daily", "", "", "", "", "", "z", "/var/spool/cron/crontabs/al"],
            ],
        );
        assert_eq!(rows(&TABLE, host(), &["path"], Vec::new()).1.len(), 1, "the short line");
    }

    #[test]
    fn inside_a_container() {
        let inside = vec![equals("pid_with_namespace", "7")];
        assert_eq!(rows(&TABLE, host(), &["command", "pid_with_namespace"], inside).0, [["inner", "7"]]);
    }
}
