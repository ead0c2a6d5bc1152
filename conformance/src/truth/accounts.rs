//! Users, groups and logins.

use super::read::{cell, change, columns, epoch, lines, row, separated, text, words};
use super::{Run, Truth};
use crate::answer::Row;

pub(super) static TRUTHS: &[Truth] = &[
    Truth {
        name: "users: getent passwd",
        table: "users",
        program: "getent",
        package: "libc-bin",
        run: Run::Args(&["-s", "files", "passwd"]),
        read: |out| {
            let names = ["username", "", "uid", "gid", "description", "directory", "shell"];
            // What refers to NIS has no numbers, and is no account.
            separated(out, b':', &names).into_iter().filter(|row| !is(row, "uid", b"")).collect()
        },
        // getent(1) does not print a shell with a colon in it.
        sql: "select username, uid, gid, description, directory, shell from users where shell not like '%:%'",
        key: &["username"],
        ..Truth::EMPTY
    },
    Truth {
        name: "users: id",
        table: "users",
        program: "id",
        package: "coreutils",
        run: Run::Script(
            "getent -s files passwd | cut -d: -f1 | grep '^[^-+]' | sort | uniq -u | while read -r user; do \
             echo \"$user $(id -u -- \"$user\") $(id -g -- \"$user\")\"; done",
        ),
        read: |out| columns(out, &["username", "uid", "gid"]),
        // As signed numbers. A name that is there twice is always the first to id(1).
        sql: "select username, uid_signed & 0xffffffff as uid, gid_signed & 0xffffffff as gid from users \
              where username <> '' and shell not like '%:%' group by username having count(*) = 1",
        key: &["username"],
        ..Truth::EMPTY
    },
    Truth {
        name: "groups: getent group",
        table: "groups",
        program: "getent",
        package: "libc-bin",
        run: Run::Args(&["-s", "files", "group"]),
        read: first_of_each_gid,
        sql: "select groupname, gid from groups",
        key: &["groupname"],
        ..Truth::EMPTY
    },
    Truth {
        name: "user_groups: id -G",
        table: "user_groups",
        program: "id",
        package: "coreutils",
        run: Run::Script(
            "getent -s files passwd | awk -F: '/^[^-+:]/ { n[$3]++; name[$3] = $1 } \
             END { for (uid in n) if (n[uid] == 1) print uid, name[uid] }' | while read -r uid user; do \
             echo \"$uid $(id -G -- \"$user\")\"; done",
        ),
        read: groups_of_users,
        // Whose groups they are is not told where users share a number.
        sql: "select uid & 0xffffffff as uid, gid from user_groups where uid in \
              (select uid_signed from users where username <> '' and shell not like '%:%' group by uid_signed having count(*) = 1)",
        key: &["uid", "gid"],
        ..Truth::EMPTY
    },
    Truth {
        name: "shadow: getent shadow",
        table: "shadow",
        program: "getent",
        package: "libc-bin",
        run: Run::Args(&["-s", "files", "shadow"]),
        read: ages,
        sql: "select username, last_change, min, max, warning, inactive, expire from shadow",
        key: &["username"],
        ..Truth::EMPTY
    },
    Truth {
        name: "shadow: passwd -S",
        table: "shadow",
        program: "passwd",
        package: "passwd",
        run: Run::Args(&["-S", "-a"]),
        read: |out| {
            // What refers to NIS is no account.
            let is_account = |row: &Row| !matches!(row.get("username"), Some(Some(name)) if name.starts_with(b"+") || name.starts_with(b"-"));
            columns(out, &["username", "status", ""]).into_iter().filter(is_account).collect()
        },
        // It goes by /etc/passwd, and takes its `x` for a password where there is no other.
        sql: "select username, case coalesce(password_status, 'active') when 'active' then 'P' when 'empty' then 'NP' else 'L' end as status \
              from users left join shadow using (username)",
        key: &["username"],
        ..Truth::EMPTY
    },
    Truth {
        name: "last: utmpdump",
        table: "last",
        program: "utmpdump",
        package: "util-linux",
        run: Run::Args(&["/var/log/wtmp"]),
        read: |out| logins(out).into_iter().filter(|row| is(row, "type", b"7") || is(row, "type", b"8")).collect(),
        sql: "select username, tty, pid, type, time, host from last",
        key: &["tty", "pid", "type", "time"],
        ..Truth::EMPTY
    },
    Truth {
        name: "logged_in_users: utmpdump",
        table: "logged_in_users",
        program: "utmpdump",
        package: "util-linux",
        run: Run::Args(&["/run/utmp"]),
        read: |out| {
            let rename = |row: Row| {
                row.into_iter()
                    .map(|(name, cell)| (if name == "username" { "user".to_owned() } else { name }, cell))
                    .collect()
            };
            logins(out)
                .into_iter()
                .filter(|row| !is(row, "pid", b"1"))
                .map(rename)
                .map(|row| change(row, "type", |kind| cell(kind_name(kind))))
                .collect()
        },
        sql: "select user, tty, pid, type, time, host from logged_in_users",
        key: &["tty", "pid", "type", "time"],
        ..Truth::EMPTY
    },
];

/// The table has one group a number: the first.
fn first_of_each_gid(out: &[u8]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for found in separated(out, b':', &["groupname", "", "gid"]) {
        if !rows.iter().any(|row| row.get("gid") == found.get("gid")) && !is(&found, "gid", b"") {
            rows.push(found);
        }
    }
    rows
}

/// `uid gid gid gid …`
fn groups_of_users(out: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in lines(out) {
        let mut words = words(line);
        let Some(uid) = words.next() else { continue };
        rows.extend(words.map(|gid| row([("uid", cell(uid)), ("gid", cell(gid))])));
    }
    rows
}

/// Lines of shadow(5). An empty field is -1.
fn ages(out: &[u8]) -> Vec<Row> {
    let names = ["username", "", "last_change", "min", "max", "warning", "inactive", "expire"];
    let filled = |row: Row| {
        row.into_iter()
            .map(|(name, value)| (name, value.filter(|value| !value.is_empty()).or_else(|| cell("-1"))))
            .collect()
    };
    separated(out, b':', &names).into_iter().map(filled).collect()
}

/// `[7] [00123] [ts/0] [user    ] [pts/0       ] [host   ] [address] [time]`
fn logins(out: &[u8]) -> Vec<Row> {
    let row = |line: &[u8]| {
        let line = text(line);
        let fields: Vec<&str> = line.trim().strip_prefix('[')?.strip_suffix(']')?.split("] [").map(str::trim).collect();
        let [kind, pid, _, user, tty, host, _, time] = fields.as_slice() else { return None };
        Some(row([
            ("type", cell(kind)),
            ("pid", cell(pid.parse::<i64>().ok()?.to_string())),
            ("username", cell(user)),
            ("tty", cell(tty)),
            ("host", cell(host)),
            ("time", cell(epoch(time)?.to_string())),
        ]))
    };
    lines(out).filter_map(row).collect()
}

fn is(row: &Row, name: &str, value: &[u8]) -> bool {
    row.get(name).and_then(Option::as_deref) == Some(value)
}

fn kind_name(kind: &[u8]) -> &'static str {
    match kind {
        b"0" => "empty",
        b"1" => "runlevel",
        b"2" => "boot_time",
        b"3" => "new_time",
        b"4" => "old_time",
        b"5" => "init",
        b"6" => "login",
        b"7" => "user",
        b"8" => "dead",
        _ => "accounting",
    }
}
