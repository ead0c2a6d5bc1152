//! Processes and what belongs to them.

use super::read::{cell, change, columns, epoch, lines, row, text, words, words_and_rest, zero_ended};
use super::{Rule, Run, Truth};
use crate::answer::Row;

/// This process is left out: it runs while it answers and waits while ps(1) looks, with more threads.
const PS: Truth = Truth { table: "processes", program: "ps", package: "procps", volatile: true, ..Truth::EMPTY };
const FIND: Truth = Truth { program: "find", package: "findutils", volatile: true, ..Truth::EMPTY };
const GREP: Truth = Truth { program: "grep", package: "grep", volatile: true, ..Truth::EMPTY };

pub(super) static TRUTHS: &[Truth] = &[
    Truth {
        name: "processes: ps",
        run: Run::Args(&[
            "-N",
            "-p",
            "{pid}",
            "-wwo",
            "pid=,ppid=,pgid=,ruid=,euid=,svuid=,rgid=,egid=,svgid=,nlwp=,ni=,comm=",
        ]),
        read: |out| {
            let names =
                ["pid", "parent", "pgroup", "uid", "euid", "suid", "gid", "egid", "sgid", "threads", "nice", "name"];
            columns(out, &names).into_iter().map(process).collect()
        },
        sql: "select pid, parent, pgroup, uid, euid, suid, gid, egid, sgid, threads, nice, trim(name) as name from processes where pid <> {pid}",
        key: &["pid"],
        ..PS
    },
    Truth {
        name: "processes: ps, state",
        run: Run::Args(&["-N", "-p", "{pid}", "-o", "pid=,stat="]),
        read: |out| {
            let first = |state: &[u8]| state.first().and_then(|letter| cell([*letter]));
            columns(out, &["pid", "state"]).into_iter().map(|row| change(row, "state", first)).collect()
        },
        sql: "select pid, state from processes where pid <> {pid}",
        key: &["pid"],
        ..PS
    },
    Truth {
        name: "processes: ps, sizes and times",
        run: Run::Args(&["-N", "-p", "{pid}", "-wwo", "pid=,rss=,vsz=,cputimes=,lstart="]),
        read: |out| {
            columns(out, &["pid", "rss", "vsz", "time", "start"])
                .into_iter()
                .map(|row| change(row, "start", started))
                .collect()
        },
        sql: "select pid, coalesce(resident_size, 0) / 1024 as rss, coalesce(total_size, 0) / 1024 as vsz, \
              (user_time + system_time) / 1000 as time, start_time as start from processes where pid <> {pid}",
        key: &["pid"],
        loose: &[
            // The kernel counts pages by processor and adds up now and then.
            ("rss", Rule::Within(2048.0)),
            ("vsz", Rule::Within(0.0)),
            ("time", Rule::Within(0.0)),
            // Ticks since a boot that is known to the second.
            ("start", Rule::Within(1.0)),
        ],
        ..PS
    },
    Truth {
        name: "processes: find, places",
        table: "processes",
        run: Run::Script(
            "exec find /proc/[0-9]*/exe /proc/[0-9]*/cwd /proc/[0-9]*/root -maxdepth 0 -printf '%p\\0%l\\0' 2>/dev/null",
        ),
        read: |out| zero_ended(out, &["place", "target"]),
        sql: "select '/proc/' || pid || '/exe' as place, path || case on_disk when 0 then ' (deleted)' else '' end as target from processes \
              union all select '/proc/' || pid || '/cwd', cwd from processes \
              union all select '/proc/' || pid || '/root', root from processes",
        key: &["place"],
        loose: &[("target", Rule::Mark)],
        // Links that lead nowhere, of the kernel's threads, are not told.
        partial: true,
        ..FIND
    },
    Truth {
        name: "processes: grep, arguments",
        table: "processes",
        run: Run::Script("exec grep -aHZz '' /proc/[0-9]*/cmdline 2>/dev/null"),
        read: arguments,
        sql: "select pid, cmdline from processes",
        key: &["pid"],
        partial: true,
        ..GREP
    },
    Truth {
        name: "processes: grep, names",
        table: "processes",
        run: Run::Script("exec grep -aHZz '' /proc/[0-9]*/comm 2>/dev/null"),
        read: |out| zero_ended(out, &["file", "name"]).iter().filter_map(name).collect(),
        sql: "select pid, name from processes",
        key: &["pid"],
        ..GREP
    },
    Truth {
        name: "processes: grep, control groups",
        table: "processes",
        run: Run::Script("exec grep -aH '^0::' /proc/[0-9]*/cgroup 2>/dev/null"),
        read: |out| lines(out).filter_map(|line| of_process(line, ":0::", "cgroup_path")).collect(),
        sql: "select pid, cgroup_path from processes",
        key: &["pid"],
        partial: true,
        ..GREP
    },
    Truth {
        name: "processes: grep, bytes read",
        table: "processes",
        run: Run::Script("exec grep -aH '^read_bytes' /proc/[0-9]*/io 2>/dev/null"),
        read: |out| lines(out).filter_map(|line| of_process(line, ":read_bytes: ", "disk_bytes_read")).collect(),
        sql: "select pid, disk_bytes_read from processes",
        key: &["pid"],
        loose: &[("disk_bytes_read", Rule::Within(0.0))],
        partial: true,
        ..GREP
    },
    Truth {
        name: "process_envs: grep",
        table: "process_envs",
        run: Run::Script("exec grep -aHZz '' /proc/[0-9]*/environ 2>/dev/null"),
        read: |out| zero_ended(out, &["file", "entry"]).iter().filter_map(variable).collect(),
        sql: "select pid, key, value from process_envs",
        key: &["pid", "key"],
        ..GREP
    },
    Truth {
        name: "process_namespaces: find",
        table: "process_namespaces",
        run: Run::Script("exec find /proc/[0-9]*/ns -mindepth 1 -printf '%p %l\\n' 2>/dev/null"),
        read: |out| lines(out).filter_map(namespace).collect(),
        sql: "select * from (select pid, 'cgroup' as kind, cgroup_namespace as inode from process_namespaces \
              union all select pid, 'ipc', ipc_namespace from process_namespaces \
              union all select pid, 'mnt', mnt_namespace from process_namespaces \
              union all select pid, 'net', net_namespace from process_namespaces \
              union all select pid, 'pid', pid_namespace from process_namespaces \
              union all select pid, 'user', user_namespace from process_namespaces \
              union all select pid, 'uts', uts_namespace from process_namespaces) where inode is not null",
        key: &["pid", "kind"],
        ..FIND
    },
    Truth {
        // Without this process, which holds open what it answers from.
        name: "process_open_files: find",
        table: "process_open_files",
        run: Run::Script(
            "exec find /proc/[0-9]*/fd -mindepth 1 ! -path '/proc/{pid}/*' -printf '%p\\0%l\\0' 2>/dev/null",
        ),
        read: |out| zero_ended(out, &["file", "path"]).iter().filter_map(open_file).collect(),
        sql: "select pid, fd, path from process_open_files where path like '/%' \
              and pid <> {pid}",
        key: &["pid", "fd", "path"],
        ..FIND
    },
    Truth {
        name: "process_open_files: lsof",
        table: "process_open_files",
        program: "lsof",
        package: "lsof",
        run: Run::Args(&["-nPw", "-p", "{pid},{child}", "-F", "pftn0"]),
        read: listed,
        sql: "select pid, fd, path from process_open_files where pid in ({pid}, {child}) and path like '/%' \
              and path not like '% (deleted)' and path not like '/proc%'",
        key: &["pid", "fd", "path"],
        volatile: true,
        ..Truth::EMPTY
    },
    Truth {
        name: "process_open_pipes: find",
        table: "process_open_pipes",
        run: Run::Script("exec find /proc/[0-9]*/fd -mindepth 1 -lname 'pipe:*' -printf '%p %l %m\\n' 2>/dev/null"),
        read: |out| lines(out).filter_map(pipe).collect(),
        sql: "select distinct pid, fd, inode, mode from process_open_pipes where type = 'anonymous'",
        key: &["pid", "fd", "inode"],
        ..FIND
    },
    Truth {
        name: "process_open_pipes: lsof",
        table: "process_open_pipes",
        program: "lsof",
        package: "lsof",
        // With the other ends.
        run: Run::Args(&["-nPwE", "-p", "{pid},{child}", "-F", "pfatin0"]),
        read: pipe_ends,
        sql: "select pid, fd, mode, inode, partner_pid, partner_fd, partner_mode from process_open_pipes \
              where pid in ({pid}, {child}) and type = 'anonymous' and partner_pid is not null",
        key: &["pid", "fd", "inode", "partner_pid", "partner_fd"],
        volatile: true,
        ..Truth::EMPTY
    },
    Truth {
        name: "process_memory_map: pmap",
        table: "process_memory_map",
        program: "pmap",
        package: "procps",
        run: Run::Args(&["-X", "-p", "{child}"]),
        read: |out| lines(out).filter_map(mapping).collect(),
        sql: "select start, permissions, offset, device, inode, path from process_memory_map where pid = {child}",
        key: &["start"],
        ..Truth::EMPTY
    },
];

/// What ps(1) writes otherwise: zombies are marked, real-time processes have no nice value, and what is not ASCII, or
/// cannot be shown, is replaced by signs.
fn process(mut row: Row) -> Row {
    if row.get("name").and_then(Option::as_deref).is_some_and(|name| name.contains(&b'?') || name.contains(&b'.')) {
        row.remove("name");
    }
    if row.get("nice").and_then(Option::as_deref) == Some(b"-") {
        row.remove("nice");
    }
    change(row, "name", |name| cell(name.strip_suffix(b" <defunct>").unwrap_or(name)))
}

/// `Mon Nov 23 05:40:14 2026`
fn started(start: &[u8]) -> Option<Vec<u8>> {
    let start = text(start);
    let [_, month, day, time, year] = *start.split_whitespace().collect::<Vec<_>>() else { return None };
    let month = "JanFebMarAprMayJunJulAugSepOctNovDec".find(month)? / 3 + 1;
    Some(epoch(&format!("{year}-{month:02}-{day:0>2} {time}"))?.to_string().into_bytes())
}

/// The number in `/proc/123/…`, and what follows it.
fn pid(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/proc/")?.split_once('/')
}

/// `/proc/123/file`, a sign, a value.
fn of_process(line: &[u8], sign: &str, name: &str) -> Option<Row> {
    let line = text(line);
    let (file, value) = line.split_once(sign)?;
    Some(row([("pid", cell(pid(file)?.0)), (name, cell(value))]))
}

/// The file's name and one argument, again and again.
fn arguments(out: &[u8]) -> Vec<Row> {
    let mut rows: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for found in zero_ended(out, &["file", "argument"]) {
        let (Some(Some(file)), Some(Some(argument))) = (found.get("file"), found.get("argument")) else { continue };
        match rows.last_mut().filter(|(last, _)| last == file) {
            Some((_, line)) => {
                line.push(b' ');
                line.extend_from_slice(argument);
            }
            None => rows.push((file.clone(), argument.clone())),
        }
    }
    let one =
        |(file, line): (Vec<u8>, Vec<u8>)| Some(row([("pid", cell(pid(&text(&file))?.0)), ("cmdline", cell(line))]));
    rows.into_iter().filter_map(one).collect()
}

/// The whole file, with a newline at its end.
fn name(found: &Row) -> Option<Row> {
    let file = text(found.get("file")?.as_deref()?);
    let name = found.get("name")?.as_deref()?;
    Some(row([("pid", cell(pid(&file)?.0)), ("name", cell(name.strip_suffix(b"\n").unwrap_or(name)))]))
}

fn variable(found: &Row) -> Option<Row> {
    let file = text(found.get("file")?.as_deref()?);
    let entry = found.get("entry")?.as_deref()?;
    let sign = entry.iter().position(|byte| *byte == b'=').unwrap_or(entry.len());
    let (key, value) = entry.split_at(sign);
    Some(row([("pid", cell(pid(&file)?.0)), ("key", cell(key)), ("value", cell(value.get(1..).unwrap_or_default()))]))
}

/// `/proc/1/ns/mnt mnt:[4026531841]`
fn namespace(line: &[u8]) -> Option<Row> {
    const KINDS: [&str; 7] = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];
    let line = text(line);
    let (path, link) = line.split_once(' ')?;
    let (pid, kind) = pid(path)?;
    let kind = kind.strip_prefix("ns/").filter(|kind| KINDS.contains(kind))?;
    let inode = link.split_once('[')?.1.strip_suffix(']')?;
    Some(row([("pid", cell(pid)), ("kind", cell(kind)), ("inode", cell(inode))]))
}

fn open_file(found: &Row) -> Option<Row> {
    let file = text(found.get("file")?.as_deref()?);
    let (pid, fd) = pid(&file)?;
    let path = found.get("path")?.as_deref().filter(|path| path.starts_with(b"/"))?;
    Some(row([("pid", cell(pid)), ("fd", cell(fd.strip_prefix("fd/")?)), ("path", cell(path))]))
}

/// A descriptor as lsof(8) writes it, field by field: `p123`, `f3`, `ar`, `tREG`, `i7`, `n/path`, each ended by a zero
/// byte. The name comes last; a process is named once for all its descriptors.
#[derive(Clone, Default)]
struct Listed {
    pid: Vec<u8>,
    fd: Vec<u8>,
    access: Vec<u8>,
    kind: Vec<u8>,
    inode: Vec<u8>,
    name: Vec<u8>,
}

/// The descriptors, without what is in use but has no descriptor.
fn descriptors(out: &[u8]) -> Vec<Listed> {
    let mut last = Listed::default();
    let mut all = Vec::new();
    for field in out.split(|byte| *byte == 0) {
        let Some((sign, value)) = field.trim_ascii_start().split_first() else { continue };
        let value = value.to_vec();
        match sign {
            b'p' => last.pid = value,
            b'f' => last = Listed { pid: last.pid, fd: value, ..Listed::default() },
            b'a' => last.access = value,
            b't' => last.kind = value,
            b'i' => last.inode = value,
            b'n' if last.fd.iter().all(u8::is_ascii_digit) => all.push(Listed { name: value, ..last.clone() }),
            _ => {}
        }
    }
    all
}

/// Files that have a name: not deleted ones, which it tells otherwise.
fn listed(out: &[u8]) -> Vec<Row> {
    let is_file = |found: &Listed| matches!(found.kind.as_slice(), b"REG" | b"DIR" | b"CHR" | b"BLK" | b"FIFO");
    let has_name =
        |name: &[u8]| name.starts_with(b"/") && !name.starts_with(b"/proc") && !name.ends_with(b" (deleted)");
    let files = descriptors(out).into_iter().filter(|found| is_file(found) && has_name(&found.name));
    files.map(|found| row([("pid", Some(found.pid)), ("fd", Some(found.fd)), ("path", Some(found.name))])).collect()
}

/// `pipe 123,cat,0r 456,two words,7w`: the descriptors on the same pipe. Those open for the same are no partners.
fn pipe_ends(out: &[u8]) -> Vec<Row> {
    let mode = |access: &str| cell(if access == "u" { "rw" } else { access });
    let mut rows = Vec::new();
    for found in descriptors(out).into_iter().filter(|found| found.kind == b"FIFO") {
        let (name, access) = (text(&found.name), text(&found.access));
        let Some(ends) = name.strip_prefix("pipe ") else { continue };
        // A program's name can hold anything; what ends with a descriptor and its mode is an end.
        let mut pid = "";
        for part in ends.split([' ', ',']) {
            let digits = part.trim_end_matches(['r', 'w', 'u']);
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            match part.strip_prefix(digits) {
                Some("") if is_number && pid.is_empty() => pid = part,
                Some(partner) if is_number && partner.len() == 1 && !pid.is_empty() => {
                    if partner != access || access == "u" {
                        rows.push(row([
                            ("pid", cell(&found.pid)),
                            ("fd", cell(&found.fd)),
                            ("mode", mode(&access)),
                            ("inode", cell(&found.inode)),
                            ("partner_pid", cell(pid)),
                            ("partner_fd", cell(digits)),
                            ("partner_mode", mode(partner)),
                        ]));
                    }
                    pid = "";
                }
                _ => {}
            }
        }
    }
    rows
}

/// `/proc/7/fd/3 pipe:[123] 500`
fn pipe(line: &[u8]) -> Option<Row> {
    let line = text(line);
    let [path, link, mode] = *line.split(' ').collect::<Vec<_>>() else { return None };
    let (pid, fd) = pid(path)?;
    let mode = match mode.as_bytes().first()? {
        b'5' => "r",
        b'3' => "w",
        _ => "rw",
    };
    let inode = link.strip_prefix("pipe:[")?.strip_suffix(']')?;
    Some(row([("pid", cell(pid)), ("fd", cell(fd.strip_prefix("fd/")?)), ("inode", cell(inode)), ("mode", cell(mode))]))
}

/// Address, permissions, offset, device, inode, many numbers, and the path.
fn mapping(line: &[u8]) -> Option<Row> {
    let (head, rest) = words_and_rest(line, 5);
    let [start, permissions, offset, device, inode] = *head.as_slice() else { return None };
    if !permissions.ends_with(b"p") && !permissions.ends_with(b"s") {
        return None;
    }
    let start = u64::from_str_radix(&text(start), 16).ok()?;
    let offset = u64::from_str_radix(&text(offset), 16).ok()?;
    let path =
        words(rest).skip_while(|word| word.iter().all(u8::is_ascii_digit)).map(text).collect::<Vec<_>>().join(" ");
    Some(row([
        ("start", cell(format!("0x{start:08x}"))),
        ("permissions", cell(permissions)),
        ("offset", cell(offset.to_string())),
        ("device", cell(device)),
        ("inode", cell(inode)),
        ("path", cell(path)),
    ]))
}
