//! The machine, its kernel, mounts, memory and clocks.

use super::read::{cell, columns, lines, named, row, separated, text, words, words_and_rest, zero_ended};
use super::{Rule, Run, Truth, read::json_cell};
use crate::answer::{Cell, Row};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const AWK: Truth = Truth { program: "awk", package: "mawk", ..Truth::EMPTY };
const MIB: f64 = 1_048_576.0;

pub(super) static TRUTHS: &[Truth] = &[
    Truth {
        name: "mounts: findmnt",
        table: "mounts",
        program: "findmnt",
        package: "util-linux",
        run: Run::Args(&["-r", "-n", "-v", "--kernel", "-o", "SOURCE,TARGET,FSTYPE,OPTIONS"]),
        read: file_systems,
        sql: "select device, path, type, flags from mounts",
        key: &["path", "device", "type"],
        ..Truth::EMPTY
    },
    Truth {
        name: "mounts: stat -f",
        table: "mounts",
        program: "stat",
        package: "coreutils",
        // Looking at what the automounter keeps would mount it.
        run: Run::Script(
            "cut -d' ' -f2,3 /proc/mounts | while read -r path type; do test \"$type\" = autofs || \
             stat -f --printf '%n\\0%s\\0%b\\0%f\\0%a\\0%c\\0%d\\0' \"$(printf %b \"$path\")\"; done",
        ),
        read: |out| {
            zero_ended(
                out,
                &["path", "blocks_size", "blocks", "blocks_free", "blocks_available", "inodes", "inodes_free"],
            )
        },
        sql: "select path, blocks_size, blocks, blocks_free, blocks_available, inodes, inodes_free from mounts where type <> 'autofs'",
        key: &["path"],
        loose: &[
            ("blocks_free", Rule::Percent(1.0)),
            ("blocks_available", Rule::Percent(1.0)),
            ("inodes_free", Rule::Percent(1.0)),
        ],
        volatile: true,
        ..Truth::EMPTY
    },
    Truth {
        name: "system_controls: sysctl -a",
        table: "system_controls",
        program: "sysctl",
        package: "procps",
        run: Run::Args(&["-e", "-a"]),
        read: parameters,
        sql: "select name, current_value from system_controls",
        key: &["name"],
        // Parameters that have been given up are not listed.
        partial: true,
        volatile: true,
        ..Truth::EMPTY
    },
    Truth {
        name: "memory_info: free",
        table: "memory_info",
        program: "free",
        package: "procps",
        run: Run::Args(&["-b", "-w"]),
        read: memory,
        sql: "select memory_total, memory_free, memory_available, buffers, swap_total, swap_free from memory_info",
        loose: &[
            ("memory_free", Rule::Within(64.0 * MIB)),
            ("memory_available", Rule::Within(64.0 * MIB)),
            ("buffers", Rule::Within(16.0 * MIB)),
            ("swap_free", Rule::Within(16.0 * MIB)),
        ],
        volatile: true,
        ..Truth::EMPTY
    },
    Truth {
        name: "memory_info: vmstat -s",
        table: "memory_info",
        program: "vmstat",
        package: "procps",
        run: Run::Args(&["-s", "-S", "K"]),
        read: counters,
        sql: "select active / 1024 as active, inactive / 1024 as inactive, memory_total / 1024 as total, buffers / 1024 as buffers, \
              swap_total / 1024 as swap_total from memory_info",
        loose: &[
            ("active", Rule::Within(65536.0)),
            ("inactive", Rule::Within(65536.0)),
            ("buffers", Rule::Within(16384.0)),
        ],
        volatile: true,
        ..Truth::EMPTY
    },
    Truth {
        name: "load_average: uptime",
        table: "load_average",
        program: "uptime",
        package: "procps",
        run: Run::Args(&[]),
        read: load,
        sql: "select period, average from load_average",
        key: &["period"],
        // It prints two decimals.
        loose: &[("average", Rule::Within(0.006))],
        volatile: true,
        ..Truth::EMPTY
    },
    Truth {
        name: "uptime: awk",
        table: "uptime",
        run: Run::Args(&[
            "{ s = int($1); print int(s / 86400), int(s / 3600) % 24, int(s / 60) % 60, s }",
            "/proc/uptime",
        ]),
        read: |out| columns(out, &["days", "hours", "minutes", "total_seconds"]),
        sql: "select days, hours, minutes, total_seconds from uptime",
        loose: &[("total_seconds", Rule::Within(0.0))],
        ..AWK
    },
    Truth {
        name: "cpu_time: awk",
        table: "cpu_time",
        run: Run::Args(&["/^cpu[0-9]/ { sub(/^cpu/, \"\"); print }", "/proc/stat"]),
        read: |out| {
            let names =
                ["core", "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"];
            columns(out, &names)
        },
        sql: "select * from cpu_time",
        key: &["core"],
        // Idle time is estimated while a processor idles, and can run back a little.
        loose: &[
            ("user", Rule::Within(0.0)),
            ("nice", Rule::Within(0.0)),
            ("system", Rule::Within(0.0)),
            ("idle", Rule::Within(5.0)),
            ("iowait", Rule::Within(5.0)),
            ("irq", Rule::Within(0.0)),
            ("softirq", Rule::Within(0.0)),
            ("steal", Rule::Within(0.0)),
        ],
        volatile: true,
        ..AWK
    },
    Truth {
        name: "time: date",
        table: "time",
        program: "date",
        package: "coreutils",
        run: Run::Args(&["-u", "+%s%t%A%t%Y%t%-m%t%-d%t%-H%t%-M%t%-S%t%a %b %e %T %Y UTC%t%Y-%m-%dT%H:%M:%SZ"]),
        read: |out| {
            let names =
                ["unix_time", "weekday", "year", "month", "day", "hour", "minutes", "seconds", "timestamp", "datetime"];
            separated(out, b'\t', &names)
        },
        sql: "select unix_time, weekday, year, month, day, hour, minutes, seconds, timestamp, datetime from time",
        loose: &[("unix_time", Rule::Within(0.0))],
        volatile: true,
        ..Truth::EMPTY
    },
    Truth {
        name: "time: date, local",
        table: "time",
        program: "date",
        package: "coreutils",
        run: Run::Script("unset TZ; date +%Z"),
        read: |out| columns(out, &["local_timezone"]),
        sql: "select local_timezone from time",
        ..Truth::EMPTY
    },
    Truth {
        name: "os_version: sh",
        table: "os_version",
        program: "sh",
        package: "dash",
        run: Run::Script(
            // The older files of these families count for more than this one.
            "test -e /etc/redhat-release -o -e /etc/gentoo-release && exit; . /etc/os-release; printf '%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\n' \"$NAME\" \"$VERSION\" \"$ID\" \"$ID_LIKE\" \
             \"$VERSION_CODENAME\" \"${VERSION_ID%%.*}\" \"$(uname -m)\"",
        ),
        read: |out| {
            let names = ["name", "version", "platform", "platform_like", "codename", "major", "arch"];
            let mut rows = separated(out, b'\t', &names);
            // Without one, the table takes what a derived distribution says of its origin.
            rows.iter_mut().for_each(|row| row.retain(|name, cell| name != "codename" || cell.as_deref() != Some(b"")));
            rows
        },
        sql: "select name, version, platform, platform_like, codename, major, arch from os_version",
        ..Truth::EMPTY
    },
    Truth {
        name: "kernel_info: uname",
        table: "kernel_info",
        program: "uname",
        package: "coreutils",
        run: Run::Args(&["-r"]),
        read: |out| columns(out, &["version"]),
        sql: "select version from kernel_info",
        ..Truth::EMPTY
    },
    Truth {
        name: "kernel_info: awk",
        table: "kernel_info",
        run: Run::Args(&[
            "{ for (i = 1; i <= NF; i++) if ($i ~ /^root=/) d = substr($i, 6); else if ($i !~ /^BOOT_IMAGE=/) a = a (a ? \" \" : \"\") $i; \
             print d \"\\t\" a }",
            "/proc/cmdline",
        ]),
        read: |out| separated(out, b'\t', &["device", "arguments"]),
        sql: "select device, arguments from kernel_info",
        ..AWK
    },
    Truth {
        name: "kernel_modules: lsmod",
        table: "kernel_modules",
        program: "lsmod",
        package: "kmod",
        run: Run::Args(&[]),
        read: |out| columns(out, &["name", "size", ""]).into_iter().skip(1).collect(),
        sql: "select name, size from kernel_modules",
        key: &["name"],
        ..Truth::EMPTY
    },
    Truth {
        name: "system_info: lscpu -p",
        table: "system_info",
        program: "lscpu",
        package: "util-linux",
        run: Run::Args(&["-p=CORE,SOCKET"]),
        read: processors,
        sql: "select cpu_logical_cores, cpu_physical_cores, cpu_sockets from system_info",
        ..Truth::EMPTY
    },
    Truth {
        name: "system_info: lscpu",
        table: "system_info",
        program: "lscpu",
        package: "util-linux",
        run: Run::Args(&["-J"]),
        read: processor,
        sql: "select cpu_brand, cpu_subtype, cpu_type from system_info",
        ..Truth::EMPTY
    },
    Truth {
        name: "system_info: uname, free",
        table: "system_info",
        program: "free",
        package: "procps",
        run: Run::Script("uname -n; free -b | awk '/^Mem:/ { print $2 }'"),
        read: |out| vec![named(&["computer_name", "physical_memory"], lines(out))],
        sql: "select computer_name, physical_memory from system_info",
        ..Truth::EMPTY
    },
    Truth {
        name: "crontab: awk",
        table: "crontab",
        run: Run::Script(
            "for file in /etc/crontab /etc/cron.d/*; do test -f \"$file\" && awk '/^[ \\t]*(#|$)/ || /^[ \\t]*[A-Za-z_]+[ \\t]*=/ { next } \
             { print FILENAME \"\\t\" $0 }' \"$file\"; done",
        ),
        read: |out| lines(out).filter_map(job).collect(),
        sql: "select path, event, minute, hour, day_of_month, month, day_of_week, command from crontab where path like '/etc/%'",
        key: &["path", "command", "event", "minute", "hour"],
        ..AWK
    },
    Truth {
        name: "crontab: crontab -l",
        table: "crontab",
        program: "crontab",
        package: "cron",
        run: Run::Script(
            "test $(id -u) = 0 && crontab -l | awk '/^[ \\t]*(#|$)/ || /^[ \\t]*[A-Za-z_]+[ \\t]*=/ { next } { print \"/var/spool/cron/crontabs/root\t\" $0 }'",
        ),
        read: |out| lines(out).filter_map(job).collect(),
        sql: "select path, event, minute, hour, day_of_month, month, day_of_week, command from crontab where path = '/var/spool/cron/crontabs/root'",
        key: &["path", "command", "event", "minute", "hour"],
        ..Truth::EMPTY
    },
];

/// Fields between single spaces; what would break that is written as `\x20`.
fn file_systems(out: &[u8]) -> Vec<Row> {
    let decoded = |(name, cell): (String, Cell)| (name, cell.map(|cell| unescaped(&cell)));
    let rows = separated(out, b' ', &["device", "path", "type", "flags"]).into_iter();
    rows.map(|row| row.into_iter().map(decoded).collect()).collect()
}

fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut parts = field.split(|byte| *byte == b'\\');
    let mut out = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let code = part.strip_prefix(b"x").and_then(|rest| rest.split_at_checked(2));
        match code.and_then(|(digits, rest)| Some((u8::from_str_radix(&text(digits), 16).ok()?, rest))) {
            Some((byte, rest)) => {
                out.push(byte);
                out.extend_from_slice(rest);
            }
            None => {
                out.push(b'\\');
                out.extend_from_slice(part);
            }
        }
    }
    out
}

/// What is open on the whole machine, sysctl(8) and its own files included.
const COUNTS: [&str; 4] = ["fs.dentry-state", "fs.file-nr", "fs.inode-nr", "fs.inode-state"];

/// `name = value`, once for each line of a value. A dot in a part of a name is written as a slash.
fn parameters(out: &[u8]) -> Vec<Row> {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines(out) {
        let line = text(line);
        if let Some((name, value)) = line.split_once(" =") {
            values.entry(name.replace('/', ".")).or_default().push(value.strip_prefix(' ').unwrap_or(value).to_owned());
        }
    }
    values.retain(|name, _| !COUNTS.contains(&name.as_str()));
    let one = |(name, lines): (String, Vec<String>)| {
        row([("name", cell(name)), ("current_value", cell(lines.join("\n").trim()))])
    };
    values.into_iter().map(one).collect()
}

/// The table of free(1): columns by their headings.
fn memory(out: &[u8]) -> Vec<Row> {
    let mut found = Row::new();
    let mut lines = lines(out);
    let headings: Vec<&[u8]> = lines.next().map(|line| words(line).collect()).unwrap_or_default();
    for line in lines {
        let (name, rest) = words_and_rest(line, 1);
        let wanted: &[(&[u8], &str)] = match name.first() {
            Some(&b"Mem:") => &[
                (b"total", "memory_total"),
                (b"free", "memory_free"),
                (b"buffers", "buffers"),
                (b"available", "memory_available"),
            ],
            Some(&b"Swap:") => &[(b"total", "swap_total"), (b"free", "swap_free")],
            _ => continue,
        };
        for (heading, value) in headings.iter().zip(words(rest)) {
            let column = wanted.iter().find(|(name, _)| name == heading);
            found.extend(column.map(|(_, column)| ((*column).to_owned(), cell(value))));
        }
    }
    if found.is_empty() { Vec::new() } else { vec![found] }
}

/// `  24684096 K total memory`
fn counters(out: &[u8]) -> Vec<Row> {
    let names = [
        ("total memory", "total"),
        ("active memory", "active"),
        ("inactive memory", "inactive"),
        ("buffer memory", "buffers"),
        ("total swap", "swap_total"),
    ];
    let found = lines(out).filter_map(|line| {
        let (head, rest) = words_and_rest(line, 2);
        let (_, column) = names.iter().find(|(name, _)| name.as_bytes() == rest)?;
        Some(((*column).to_owned(), cell(head.first()?)))
    });
    vec![found.collect()]
}

/// `… load average: 8.51, 6.93, 4.65`
fn load(out: &[u8]) -> Vec<Row> {
    let line = text(out);
    let Some((_, averages)) = line.trim().split_once("load average: ") else { return Vec::new() };
    let pairs = ["1m", "5m", "15m"].into_iter().zip(averages.split(", "));
    pairs.map(|(period, average)| row([("period", cell(period)), ("average", cell(average))])).collect()
}

/// `core,socket`, once for each thread.
fn processors(out: &[u8]) -> Vec<Row> {
    let threads = || lines(out).filter(|line| !line.starts_with(b"#"));
    let cores: BTreeSet<&[u8]> = threads().collect();
    let sockets: BTreeSet<&[u8]> = threads().filter_map(|line| line.rsplit(|byte| *byte == b',').next()).collect();
    vec![row([
        ("cpu_logical_cores", cell(threads().count().to_string())),
        ("cpu_physical_cores", cell(cores.len().to_string())),
        ("cpu_sockets", cell(sockets.len().to_string())),
    ])]
}

fn processor(out: &[u8]) -> Vec<Row> {
    let whole: Value = serde_json::from_slice(out).unwrap_or_default();
    let names = [("Model name:", "cpu_brand"), ("Model:", "cpu_subtype"), ("Architecture:", "cpu_type")];
    let mut found = Row::new();
    // Newer versions nest the fields.
    let mut left = vec![&whole["lscpu"]];
    while let Some(list) = left.pop() {
        for field in list.as_array().into_iter().flatten() {
            let column = names.iter().find(|(name, _)| field["field"] == *name);
            found.extend(column.map(|(_, column)| ((*column).to_owned(), json_cell(&field["data"]))));
            left.push(&field["children"]);
        }
    }
    if found.is_empty() { Vec::new() } else { vec![found] }
}

/// A file's name, a tab, and a line of crontab(5).
fn job(line: &[u8]) -> Option<Row> {
    let line = text(line);
    let (path, line) = line.split_once('\t')?;
    let mut words = line.split_whitespace();
    let names = ["minute", "hour", "day_of_month", "month", "day_of_week"];
    let mut found = row([("path", cell(path))]);
    if line.trim_start().starts_with('@') {
        found.insert("event".to_owned(), cell(words.next()?));
        found.extend(names.map(|name| (name.to_owned(), None)));
    } else {
        found.insert("event".to_owned(), None);
        for name in names {
            found.insert(name.to_owned(), cell(words.next()?));
        }
    }
    found.insert("command".to_owned(), cell(words.collect::<Vec<_>>().join(" ")));
    Some(found)
}
