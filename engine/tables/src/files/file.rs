//! `file`: files by path, by pattern, or by directory.
//!
//! Source: the directories themselves (getdents(2)) and stat(2), which is asked of a file only when a column wants what
//! the directory does not say.

use super::chosen::chosen;
use super::place::Found;
use plumb_host::FileKind;
use plumb_schema::{Collation, Column, Cost, Cx, Ops, Platforms, Request, Rows, Table, Type, owned, text};
use std::sync::Arc;

type Col = Column<Found>;

const LINUX: Platforms = Platforms::LINUX;
const MACOS: Platforms = Platforms::MACOS;
const WINDOWS: Platforms = Platforms::WINDOWS;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Found> = Table {
    name: "file",
    doc: "Files of any kind, by path, by pattern or by directory. A pattern takes `%` for one component of a path, and `%%` at its end for everything below.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("path",        "Path as asked for; a directory found by LIKE ends with a slash", |f| text(f.path())).key().optimized().required(PATHS),
        Col::text   ("directory",   "Directory that holds the file, as asked for",          |f| text(f.directory())).optimized().required(PATHS),
        Col::text   ("filename",    "Name within the directory",                            |f| text(f.filename())),
        Col::bigint ("inode",       "Inode number",                                         |f| int(f.stat()?.ino)),
        Col::bigint ("uid",         "ID of the owner",                                      |f| int(f.stat()?.uid)),
        Col::bigint ("gid",         "ID of the group",                                      |f| int(f.stat()?.gid)),
        Col::text   ("mode",        "Permissions, four octal digits",                       |f| owned(format!("{:04o}", f.stat()?.mode & 0o7777))),
        Col::bigint ("device",      "Device number of a device node, otherwise 0",          |f| int(f.stat()?.rdev)),
        Col::bigint ("size",        "Bytes",                                                |f| int(f.stat()?.size)),
        Col::integer("block_size",  "Bytes that are best read at once",                     |f| int(f.stat()?.blksize)),
        Col::bigint ("atime",       "Last access, in seconds since the epoch",              |f| Some(f.stat()?.atime)),
        Col::bigint ("mtime",       "Last change of the content, in seconds since the epoch", |f| Some(f.stat()?.mtime)),
        Col::bigint ("ctime",       "Last change of the inode, in seconds since the epoch", |f| Some(f.stat()?.ctime)),
        Col::bigint ("btime",       "Creation, in seconds since the epoch, where the file system keeps it", |f| f.stat()?.btime),
        Col::integer("hard_links",  "Number of hard links",                                 |f| int(f.stat()?.nlink)),
        Col::integer("symlink",     "1 for a symbolic link: the other columns then tell of its target", |f| Some(f.is_link().into())),
        Col::text   ("type",        "regular, directory, fifo, socket, character, block, or unknown (a link that leads nowhere)", |f| text(kind(f))),
        Col::text   ("symlink_target_path", "Text of a symbolic link",                      |f| if f.is_link() { f.link_text().map(Into::into) } else { text("") }),
        Col::foreign(WINDOWS, Type::Text, "attributes",               "Attributes, a letter each (attrib)"),
        Col::foreign(WINDOWS, Type::Text, "volume_serial",            "Serial number of the volume"),
        Col::foreign(WINDOWS, Type::Text, "file_id",                  "ID of the file on its volume"),
        Col::foreign(WINDOWS, Type::Text, "file_version",             "Version of the file").collate(Collation::Version),
        Col::foreign(WINDOWS, Type::Text, "product_version",          "Version of the product it belongs to").collate(Collation::Version),
        Col::foreign(WINDOWS, Type::Text, "original_filename",        "Name that the file was built with"),
        Col::foreign(WINDOWS, Type::Text, "shortcut_target_path",     "What a shortcut leads to"),
        Col::foreign(WINDOWS, Type::Text, "shortcut_target_type",     "Type of the shortcut's target"),
        Col::foreign(WINDOWS, Type::Text, "shortcut_target_location", "Folder of the shortcut's target"),
        Col::foreign(WINDOWS, Type::Text, "shortcut_start_in",        "Working directory that the shortcut sets"),
        Col::foreign(WINDOWS, Type::Text, "shortcut_run",             "Window that the shortcut opens"),
        Col::foreign(WINDOWS, Type::Text, "shortcut_comment",         "Comment of the shortcut"),
        Col::foreign(MACOS,   Type::Text, "bsd_flags",                "Flags of the file (chflags)"),
        Col::integer("pid_with_namespace", "Process in whose mount namespace the file is",  |f| Some(f.view().pid)).on(LINUX).additional().hidden().parameter(Ops::EQ),
        Col::text   ("mount_namespace_id", "Number of that namespace",                      |f| text(&f.view().namespace)).on(LINUX).hidden(),
    ],
    scan,
    // By one request a path comes once, or in several spellings of `directory`: OR removes duplicates by path.
    unique: true,
    cost: Cost { rows: 1000, row: 10 },
    ..Table::EMPTY
};

/// What `path` and `directory` can be compared with. GLOB is let through and chooses nothing, as ever.
pub(super) const PATHS: Ops = Ops::EQ.and(Ops::LIKE).and(Ops::GLOB);

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Found> {
    chosen(cx, request)
}

fn int(number: impl TryInto<i64>) -> Option<i64> {
    number.try_into().ok()
}

fn kind(file: &Found) -> &'static str {
    match file.kind() {
        FileKind::Regular => "regular",
        FileKind::Directory => "directory",
        FileKind::Symlink => "symlink",
        FileKind::Fifo => "fifo",
        FileKind::Socket => "socket",
        FileKind::Character => "character",
        FileKind::Block => "block",
        FileKind::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cx, equals, like, rows};
    use plumb_host::{Access, FileKind, Mem};
    use plumb_schema::{AnyTable, Constraint, Op};
    use std::collections::HashSet;
    use std::io::ErrorKind;

    /// A running agent in a directory of its own.
    #[derive(Debug)]
    struct Here(Mem);

    impl plumb_host::Host for Here {
        fn root(&self) -> &dyn plumb_host::Dir {
            self.0.root()
        }
        fn now(&self) -> plumb_host::Moment {
            self.0.now()
        }
        fn is_live(&self) -> bool {
            true
        }
        fn own_pid(&self) -> Option<u32> {
            Some(9)
        }
    }

    /// Relative paths begin where the agent stands; a tree that is only looked at has no such place but its root.
    #[test]
    fn relative_paths_begin_where_the_agent_stands() {
        let host = || host().link("/proc/9/cwd", "/R/a").file("/a/root.txt", "");
        for (constraint, here, looked_at) in [
            (equals("path", "1.txt"), vec!["1.txt"], vec![]),
            (equals("path", "b/2.txt"), vec!["b/2.txt"], vec![]),
            (equals("path", "a/root.txt"), vec![], vec!["a/root.txt"]),
        ] {
            assert_eq!(rows(&TABLE, Here(host()), &["path"], vec![constraint.clone()]).0.concat(), here);
            assert_eq!(rows(&TABLE, host(), &["path"], vec![constraint]).0.concat(), looked_at);
        }
    }

    /// The tree over which the real answers were recorded.
    fn host() -> Mem {
        Mem::new()
            .file("/R/r.txt", "root")
            .file("/R/.hid", "")
            .file("/R/a/1.txt", "1")
            .file("/R/a/b/2.txt", "2")
            .file("/R/a/b/c/3.txt", "3")
            .file("/R/a/b/c/d/4.txt", "4")
            .file("/R/x/y/5.txt", "5")
            .link("/R/lnk", "a")
            .link("/R/lf", "r.txt")
            .link("/R/dangling", "nope")
            .link("/R/loop/up", "..")
            .node("/R/fifo", FileKind::Fifo)
            .file("/R/sp ace", "")
            .file("/R/per%cent", "")
            .file("/R/under_score", "")
            .file("/R/underXscore", "")
            .file("/R/st*r", "")
    }

    /// The paths of an answer, sorted, as they come out of SQLite: it compares the rows with patterns again.
    fn paths(host: Mem, constraints: Vec<Constraint>) -> Vec<String> {
        let (found, notes) = rows(&TABLE, host, &["path", "directory"], constraints.clone());
        assert_eq!(notes, [], "{constraints:?}");
        let holds = |row: &[String]| {
            constraints.iter().all(|constraint| {
                let cell = &row[usize::from(constraint.column == "directory")];
                constraint.values.iter().any(|value| {
                    let value = String::from_utf8_lossy(value.as_text().unwrap()).into_owned();
                    if constraint.op == Op::Like {
                        sqlite_like(value.as_bytes(), cell.as_bytes())
                    } else {
                        value == *cell
                    }
                })
            })
        };
        let mut paths: Vec<String> = found.iter().filter(|row| holds(row)).map(|row| row[0].clone()).collect();
        paths.sort();
        let count = paths.len();
        paths.dedup();
        assert_eq!(paths.len(), count, "a path twice: {constraints:?}");
        paths
    }

    fn sqlite_like(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            ([b'%', rest @ ..], _) => (0..=text.len()).any(|from| sqlite_like(rest, &text[from..])),
            ([b'_', rest @ ..], [_, text @ ..]) => sqlite_like(rest, text),
            ([p, rest @ ..], [t, text @ ..]) => p.eq_ignore_ascii_case(t) && sqlite_like(rest, text),
            _ => false,
        }
    }

    const LEVEL: [&str; 13] = [
        "/R/a/",
        "/R/dangling",
        "/R/fifo",
        "/R/lf",
        "/R/lnk/",
        "/R/loop/",
        "/R/per%cent",
        "/R/r.txt",
        "/R/sp ace",
        "/R/st*r",
        "/R/underXscore",
        "/R/under_score",
        "/R/x/",
    ];

    #[test]
    fn by_path() {
        for (path, expect) in [
            ("/R/a", true),
            ("/R/a/", true),
            ("/R/./a/../r.txt", true),
            ("R/r.txt", true),
            ("r.txt", false),
            ("/R/nope", false),
            ("/R/r.txt/", false),
            ("/R/r.txt/x", false),
            ("/R/*", false),
            ("", false),
            ("/R/a\0", false),
        ] {
            let expect = if expect { vec![path] } else { vec![] };
            assert_eq!(paths(host(), vec![equals("path", path)]), expect, "{path}");
        }
        let list = Constraint {
            values: ["/R/a", "/R/lf", "/none", "/R/a"]
                .map(|text| plumb_schema::Value::Text(text.as_bytes().into()))
                .into(),
            ..equals("path", "")
        };
        assert_eq!(paths(host(), vec![list]), ["/R/a", "/R/lf"]);
        assert_eq!(paths(host(), vec![]), [""; 0]);
        let glob = Constraint { op: Op::Glob, ..equals("path", "/R/*") };
        let (found, notes) = rows(&TABLE, host(), &["path"], vec![glob]);
        assert_eq!((found.len(), notes.len()), (0, 1), "{notes:?}");
    }

    #[test]
    fn by_pattern() {
        let cases: [(&str, &[&str]); 25] = [
            ("/R/%", &LEVEL),
            ("/R/%/%", &["/R/a/1.txt", "/R/a/b/", "/R/lnk/1.txt", "/R/lnk/b/", "/R/loop/up/", "/R/x/y/"]),
            ("/R/%/1.txt", &["/R/a/1.txt", "/R/lnk/1.txt"]),
            (
                "/R/a/%%",
                &[
                    "/R/a/1.txt",
                    "/R/a/b/",
                    "/R/a/b/2.txt",
                    "/R/a/b/c/",
                    "/R/a/b/c/3.txt",
                    "/R/a/b/c/d/",
                    "/R/a/b/c/d/4.txt",
                ],
            ),
            ("/R/%%/4.txt", &[]),
            ("/R/%%/1.txt", &["/R/a/1.txt", "/R/lnk/1.txt"]),
            ("/R/%.txt", &["/R/r.txt"]),
            ("/R/%%.txt", &["/R/r.txt"]),
            ("/R/under_score", &["/R/under_score"]),
            ("/R/_.txt", &[]),
            ("%/hostname", &[]),
            ("%/r.txt", &["/R/r.txt"]),
            ("/R/*", &[]),
            ("/R/{a,x}/%", &[]),
            ("/R/[ar]%", &[]),
            ("/R/R%", &[]),
            ("/r/%", &[]),
            ("/R/a", &[]),
            ("/R/a/", &["/R/a/"]),
            ("/R/lf", &["/R/lf"]),
            ("/R/%/", &["/R/a/", "/R/lnk/", "/R/loop/", "/R/x/"]),
            ("/R/.%", &["/R/../", "/R/./", "/R/.hid"]),
            ("R/%.txt", &["R/r.txt"]),
            ("%", &["R/"]),
            ("", &[]),
        ];
        for (pattern, expect) in cases {
            assert_eq!(paths(host(), vec![like("path", pattern)]), expect, "{pattern}");
        }
    }

    #[test]
    fn by_recursive_pattern() {
        let all = paths(host(), vec![like("path", "/R/%%")]);
        for path in LEVEL.iter().chain(&["/R/a/b/c/d/4.txt", "/R/x/y/5.txt", "/R/loop/up/", "/R/loop/up/.hid"]) {
            assert!(all.contains(&(*path).to_owned()), "{path} of {all:?}");
        }
        // The loop is gone round once, and what was entered before is only listed.
        for path in ["/R/.hid", "/R/loop/up/loop/up/", "/R/loop/up/a/1.txt", "/R/lnk/1.txt"] {
            assert!(!all.contains(&path.to_owned()), "{path}");
        }
        assert_eq!(all.len(), 13 + 6 + 2 + 1 + 1 + 13 + 1, "{all:?}");
        assert_eq!(paths(host(), vec![like("path", "/R/x%%")]), ["/R/x/", "/R/x/y/", "/R/x/y/5.txt"]);
        assert_eq!(paths(host(), vec![like("path", "/R/.%%")]), ["/R/../", "/R/./", "/R/.hid"]);
        let hidden = Mem::new().file("/d/e/.f/.g", "");
        assert_eq!(paths(hidden, vec![like("path", "/d/%%")]), ["/d/e/", "/d/e/.f/", "/d/e/.f/.g"]);
    }

    #[test]
    fn by_directory() {
        let mut bare: Vec<String> = LEVEL.iter().map(|path| path.trim_end_matches('/').to_owned()).collect();
        bare.push("/R/.hid".to_owned());
        bare.sort();
        assert_eq!(paths(host(), vec![equals("directory", "/R")]), bare);
        assert_eq!(paths(host(), vec![equals("directory", "/R/")]), bare);
        for directory in ["/R/r.txt", "/R/fifo", "/none", "", "/R/dangling"] {
            assert_eq!(paths(host(), vec![equals("directory", directory)]), [""; 0], "{directory}");
        }
        assert_eq!(
            paths(host(), vec![like("directory", "/R/%")]),
            ["/R/a/1.txt", "/R/a/b", "/R/lnk/1.txt", "/R/lnk/b", "/R/loop/up", "/R/x/y"]
        );
        let all = paths(host(), vec![like("directory", "/R/%%")]);
        for path in ["/R/a/b/c/d/4.txt", "/R/x/y/5.txt", "/R/loop/up/.hid", "/R/loop/up/a/1.txt"] {
            assert!(all.contains(&path.to_owned()), "{path} of {all:?}");
        }
        assert_eq!(paths(host(), vec![like("directory", "/R")]), [""; 0]);
    }

    #[test]
    fn by_several() {
        for (constraints, expect) in [
            (vec![equals("path", "/R/lf"), like("path", "/R/%")], &["/R/lf"][..]),
            (vec![equals("path", "/R/lf"), like("path", "/R/a/%")], &[]),
            (vec![equals("path", "/R/lf"), equals("path", "/R/a")], &[]),
            (vec![equals("path", "/R/lf"), equals("directory", "/R")], &["/R/lf"]),
            (vec![equals("path", "/R/lf"), equals("directory", "/R/")], &["/R/lf"]),
            (vec![equals("path", "/R/lf"), equals("directory", "/")], &[]),
            (vec![equals("path", "/R/a/"), equals("directory", "/R/a")], &["/R/a/"]),
            (vec![equals("path", "/R/lf"), like("directory", "/%")], &["/R/lf"]),
            (vec![like("path", "/R/%.txt"), like("path", "/R/r%")], &["/R/r.txt"]),
            (vec![like("path", "/R/.h%"), like("path", "/R/%%")], &["/R/.hid"]),
            (vec![like("path", "/R/%"), equals("directory", "/R/x")], &["/R/x/", "/R/x/y"]),
            (vec![like("path", "/R/%"), like("directory", "/R/x%")], &["/R/x/", "/R/x/y"]),
        ] {
            assert_eq!(paths(host(), constraints.clone()), expect, "{constraints:?}");
        }
    }

    #[test]
    fn columns() {
        let host = || {
            host()
                .meta("/R/r.txt", |stat| (stat.uid, stat.gid, stat.mode, stat.btime) = (7, 8, 0o4644, Some(5)))
                .node("/R/dev", FileKind::Character)
                .meta("/R/dev", |stat| stat.rdev = 259)
        };
        const COLUMNS: [&str; 8] =
            ["directory", "filename", "type", "symlink", "symlink_target_path", "mode", "size", "uid"];
        for (path, expect) in [
            ("/R/r.txt", ["/R", "r.txt", "regular", "0", "", "4644", "4", "7"]),
            ("/R/lf", ["/R", "lf", "regular", "1", "r.txt", "4644", "4", "7"]),
            ("/R/dangling", ["/R", "dangling", "unknown", "1", "nope", "0777", "4", "0"]),
            ("/R/lnk", ["/R", "lnk", "directory", "1", "a", "0755", "4096", "0"]),
            ("/R/lnk/", ["/R/lnk", ".", "directory", "0", "", "0755", "4096", "0"]),
            ("/R/fifo", ["/R", "fifo", "fifo", "0", "", "0644", "0", "0"]),
            ("//R/fifo", ["//R/", "fifo", "fifo", "0", "", "0644", "0", "0"]),
        ] {
            assert_eq!(rows(&TABLE, host(), &COLUMNS, vec![equals("path", path)]).0, [expect], "{path}");
            if !path.starts_with("//") {
                let (listed, _) = rows(&TABLE, host(), &COLUMNS, vec![like("path", "/R/%")]);
                let marked = path == "/R/lnk";
                assert_eq!(listed.iter().any(|row| *row == expect), !marked, "{path} in {listed:?}");
            }
        }
        let (found, _) = rows(&TABLE, host(), &["device", "btime", "attributes"], vec![equals("path", "/R/dev")]);
        assert_eq!(found, [["259", "NULL", "NULL"]]);
        let (found, _) = rows(&TABLE, host(), &["device", "btime"], vec![equals("path", "/R/lf")]);
        assert_eq!(found, [["0", "5"]]);
    }

    #[test]
    fn bytes_that_are_no_text() {
        let host = Mem::new().file(b"/d/\xff\n", "x");
        let (cx, _) = cx("file", host);
        let request = Request::new(vec!["path", "size"], vec![like("path", "/d/%")]);
        let found: Vec<Vec<u8>> = (TABLE.scan)(&cx, &request).map(|row| row.path().to_vec()).collect();
        assert_eq!(found, [b"/d/\xff\n"]);
    }

    /// A row that is kept keeps its path, although the memory is used again for rows that are not.
    #[test]
    fn rows_may_be_kept() {
        let (cx, _) = cx("file", host());
        let kept: Vec<Found> = (TABLE.scan)(&cx, &Request::new(vec!["path"], vec![like("path", "/R/%%")])).collect();
        let paths: HashSet<&[u8]> = kept.iter().map(Found::path).collect();
        assert_eq!(paths.len(), kept.len());
        assert!(kept.iter().all(|row| row.stat().is_some()));
    }

    #[test]
    fn errors_lose_nothing_else() {
        let host = host().fail_on("/R/a", Access::List, ErrorKind::PermissionDenied);
        let (found, notes) = rows(&TABLE, host, &["path"], vec![like("path", "/R/%%")]);
        assert!(found.contains(&vec!["/R/x/y/5.txt".to_owned()]));
        assert_eq!(notes.len(), 1, "{notes:?}");
        let host = super::tests::host().fail_on("/R/r.txt", Access::Stat, ErrorKind::PermissionDenied);
        let (found, _) = rows(&TABLE, host, &["filename", "size"], vec![like("path", "/R/r%")]);
        assert_eq!(found, [["r.txt", "NULL"]]);
    }

    #[test]
    fn deeper_than_a_path_can_be_long() {
        let mut path = "/deep".to_owned();
        for _ in 0..60 {
            path += "/";
            path += &"n".repeat(100);
        }
        let (found, notes) =
            rows(&TABLE, Mem::new().file(&path, "x"), &["path", "size"], vec![like("path", "/deep/%%")]);
        assert_eq!(notes, []);
        assert!(found.contains(&vec![path, "1".to_owned()]));
    }

    #[test]
    fn names_only_need_no_stat() {
        let host = || Mem::new().file("/d/f", "x").fail_on("/d/f", Access::Stat, ErrorKind::PermissionDenied);
        let columns = ["path", "directory", "filename", "type", "symlink"];
        for constraint in [like("path", "/d/%"), equals("directory", "/d")] {
            let (found, notes) = rows(&TABLE, host(), &columns, vec![constraint]);
            assert_eq!(
                (found, notes.len()),
                (vec![["/d/f", "/d", "f", "regular", "0"].map(str::to_owned).to_vec()], 0)
            );
        }
    }

    #[test]
    fn inside_a_container() {
        let host = Mem::new()
            .link("/proc/7/root", "/srv/c")
            .link("/proc/7/ns/mnt", "mnt:[4026531999]")
            .file("/srv/c/etc/inner", "")
            .file("/etc/outer", "");
        let constraints = vec![like("path", "/etc/%"), equals("pid_with_namespace", "7")];
        let (found, _) = rows(&TABLE, host, &["path", "pid_with_namespace", "mount_namespace_id"], constraints);
        assert_eq!(found, [["/etc/inner", "7", "4026531999"]]);
    }

    #[test]
    fn the_key_is_path_and_namespace() {
        let table: &dyn AnyTable = &TABLE;
        let key: Vec<&str> = (0..table.width()).filter(|at| table.is_key(*at)).map(|at| table.spec(at).name).collect();
        assert_eq!(key, ["path", "pid_with_namespace"]);
    }
}
