//! Files, their data and digests.

use super::read::{cell, change, separated, text, zero_ended};
use super::{Run, Truth};
use crate::answer::Row;

/// What `file` tells of a file, for find(1): links followed where they lead somewhere.
const FIND: Truth = Truth { program: "find", package: "findutils", table: "file", ..Truth::EMPTY };
const STAT: Truth = Truth { program: "stat", package: "coreutils", table: "file", ..Truth::EMPTY };
const HASH: Truth = Truth { package: "coreutils", table: "hash", ..Truth::EMPTY };

pub(super) static TRUTHS: &[Truth] = &[
    Truth {
        name: "file: find, a directory",
        run: Run::Args(&[
            "{tree}",
            "-mindepth",
            "1",
            "-maxdepth",
            "1",
            "!",
            "-type",
            "l",
            "-printf",
            "%p\\0%h\\0%f\\0%i\\0%U\\0%G\\0%m\\0%s\\0%n\\0%y\\0%T@\\0%C@\\0",
        ]),
        read: |out| {
            let names = [
                "path",
                "directory",
                "filename",
                "inode",
                "uid",
                "gid",
                "mode",
                "size",
                "hard_links",
                "type",
                "mtime",
                "ctime",
            ];
            zero_ended(out, &names).into_iter().map(found).collect()
        },
        sql: "select path, directory, filename, inode, uid, gid, mode, size, hard_links, type, mtime, ctime from file \
              where directory = '{tree}' and symlink = 0",
        key: &["path"],
        ..FIND
    },
    Truth {
        name: "file: find, links",
        run: Run::Args(&["{tree}", "-maxdepth", "1", "-type", "l", "-printf", "%p\\0%l\\0"]),
        read: |out| zero_ended(out, &["path", "symlink_target_path"]),
        sql: "select path, symlink_target_path from file where directory = '{tree}' and symlink = 1",
        key: &["path"],
        ..FIND
    },
    Truth {
        name: "file: find, a whole tree",
        run: Run::Args(&[
            "{tree}",
            "-mindepth",
            "1",
            "!",
            "-type",
            "l",
            "!",
            "-name",
            ".*",
            "-printf",
            "%p\\0%i\\0%y\\0",
        ]),
        read: |out| zero_ended(out, &["path", "inode", "type"]).into_iter().map(found).collect(),
        // Directories found so end with a slash, which makes them no links; hidden files are not found.
        sql: "select rtrim(path, '/') as path, inode, type from file where path like '{tree}/%%' and symlink = 0 \
              and path <> '{tree}/link to folder/'",
        key: &["path"],
        ..FIND
    },
    Truth {
        name: "file: find, a pattern",
        run: Run::Args(&[
            "/usr/share",
            "-mindepth",
            "2",
            "-maxdepth",
            "2",
            "-type",
            "f",
            "-name",
            "[a-m]*",
            "-printf",
            "%p\\0%s\\0",
        ]),
        read: |out| zero_ended(out, &["path", "size"]),
        sql: "select path, size from file where path like '/usr/share/%/%' and type = 'regular' and symlink = 0 and filename glob '[a-m]*'",
        key: &["path"],
        ..FIND
    },
    Truth {
        name: "file: stat",
        // Names of every kind: devices, links in the way, directories, links that lead to what is told of.
        run: Run::Args(&[
            "-L",
            "--printf",
            "%n\\0%i\\0%u\\0%g\\0%a\\0%s\\0%r\\0%o\\0%W\\0%X\\0%Y\\0%Z\\0%h\\0",
            "/dev/null",
            "/dev/tty",
            "/bin/sh",
            "/etc/passwd",
            "/usr/bin/../bin/env",
            "/tmp",
            "{tree}/plain",
            "{tree}/link",
            "{tree}/link to folder",
            "{tree}/link to a device",
            "{tree}/link to folder/deep/../deep/deeper/leaf",
            "{tree}/fifo",
            "{tree}/listener",
            "{tree}/percent%",
        ]),
        read: |out| {
            let names = [
                "path",
                "inode",
                "uid",
                "gid",
                "mode",
                "size",
                "device",
                "block_size",
                "btime",
                "atime",
                "mtime",
                "ctime",
                "hard_links",
            ];
            zero_ended(out, &names).into_iter().map(found).collect()
        },
        sql: "select path, inode, uid, gid, mode, size, device, block_size, coalesce(btime, 0) as btime, atime, mtime, ctime, hard_links from file \
              where path in ('/dev/null', '/dev/tty', '/bin/sh', '/etc/passwd', '/usr/bin/../bin/env', '/tmp', '{tree}/plain', \
              '{tree}/link', '{tree}/link to folder', '{tree}/link to a device', '{tree}/link to folder/deep/../deep/deeper/leaf', \
              '{tree}/fifo', '{tree}/listener', '{tree}/percent%')",
        key: &["path"],
        ..STAT
    },
    Truth {
        name: "hash: sha256sum",
        program: "sha256sum",
        run: Run::Script("find -L '{tree}' -mindepth 1 -maxdepth 1 -type f -exec sha256sum -z {} +"),
        read: |out| digests(out, "sha256"),
        sql: "select path, sha256 from hash where directory = '{tree}' and sha256 is not null",
        key: &["path"],
        ..HASH
    },
    Truth {
        name: "hash: sha1sum",
        program: "sha1sum",
        run: Run::Script("find '{tree}' -mindepth 1 -xtype f ! -name '.*' -exec sha1sum -z {} +"),
        read: |out| digests(out, "sha1"),
        // What may not be read has a row without digests.
        sql: "select path, sha1 from hash where path like '{tree}/%%' and sha1 is not null",
        key: &["path"],
        ..HASH
    },
    Truth {
        name: "hash: md5sum",
        program: "md5sum",
        run: Run::Script("find -L /usr/bin -maxdepth 1 -type f -name 'd*' -exec md5sum -z {} +"),
        read: |out| digests(out, "md5"),
        sql: "select path, md5 from hash where path like '/usr/bin/d%'",
        key: &["path"],
        ..HASH
    },
    Truth {
        name: "suid_bin: find",
        table: "suid_bin",
        program: "find",
        package: "findutils",
        // A link to such a program counts too; a link to a directory is not followed.
        run: Run::Script(
            "for folder in /bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin /tmp; do test -d $folder && \
             find $folder/ -xtype f '(' -type l -o -perm /6000 ')' -exec stat -L --printf '%n\\t%U\\t%G\\t%a\\n' {} +; done",
        ),
        read: |out| {
            let rows = separated(out, b'\t', &["path", "username", "groupname", "permissions"]);
            rows.into_iter().filter_map(special).collect()
        },
        sql: "select path, username, groupname, permissions from suid_bin",
        key: &["path"],
        ..Truth::EMPTY
    },
];

/// A program with one of the bits; names are left out where stat(1) knows none.
fn special(row: Row) -> Option<Row> {
    let mode = row.get("permissions")?.as_deref().filter(|mode| mode.len() == 4)?;
    let letters = match mode.first()? {
        b'6' | b'7' => "SG",
        b'4' | b'5' => "S",
        b'2' | b'3' => "G",
        _ => return None,
    };
    let mut row = change(row, "permissions", |_| cell(letters));
    row = change(row, "path", |path| cell(text(path).replace("//", "/")));
    row.retain(|_, cell| cell.as_deref() != Some(b"UNKNOWN"));
    Some(row)
}

/// What find(1) and stat(1) write otherwise: modes without leading zeros, types as letters, times with a fraction.
fn found(row: Row) -> Row {
    let mode = |mode: &[u8]| cell(format!("{:0>4}", String::from_utf8_lossy(mode)));
    let kind = |letter: &[u8]| {
        cell(match letter {
            b"f" => "regular",
            b"d" => "directory",
            b"p" => "fifo",
            b"s" => "socket",
            b"c" => "character",
            b"b" => "block",
            _ => "unknown",
        })
    };
    let whole = |time: &[u8]| cell(time.split(|byte| *byte == b'.').next().unwrap_or_default());
    let row = change(change(row, "mode", mode), "type", kind);
    change(change(row, "mtime", whole), "ctime", whole)
}

/// `digest  name`, each ended by a zero byte.
fn digests(out: &[u8], name: &str) -> Vec<Row> {
    let split = |row: Row| {
        let line = row.get("line").cloned().flatten().unwrap_or_default();
        let place = line.windows(2).position(|pair| pair == b"  ").unwrap_or(line.len());
        let (digest, path) = line.split_at(place);
        super::read::row([(name, cell(digest)), ("path", cell(path.get(2..).unwrap_or_default()))])
    };
    zero_ended(out, &["line"]).into_iter().map(split).collect()
}
