//! Files of `/proc/PID` (proc(5)).

use crate::lines::{fields, int, lines, split_once};

/// `/proc/PID/stat`, the fields that tables use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// The command's name, without its parentheses; newline and backslash escaped as the kernel writes them.
    pub comm: Vec<u8>,
    /// One letter.
    pub state: u8,
    /// Parent's process id.
    pub ppid: i64,
    /// Process group.
    pub pgrp: i64,
    /// Controlling terminal, as a device number.
    pub tty: i64,
    /// Ticks spent in user mode.
    pub utime: i64,
    /// Ticks spent in kernel mode.
    pub stime: i64,
    /// Nice value.
    pub nice: i64,
    /// Number of threads.
    pub threads: i64,
    /// Ticks after boot at which the process started.
    pub start: i64,
    /// Bytes of virtual memory.
    pub vsize: i64,
}

impl Stat {
    /// Reads the one line. The name may contain anything, parentheses and newlines included: it ends at the last `)`.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let open = bytes.iter().position(|byte| *byte == b'(')?;
        let close = bytes.iter().rposition(|byte| *byte == b')')?;
        let comm = bytes.get(open + 1..close)?.to_vec();
        let mut rest = fields(bytes.get(close + 1..)?);
        let state = *rest.next()?.first()?;
        let numbers: Vec<i64> = rest.map(|field| int(field).unwrap_or(0)).collect();
        // Field 4 of the manual page is at place 0 here.
        let number = |field: usize| numbers.get(field - 4).copied();
        Some(Self {
            comm,
            state,
            ppid: number(4)?,
            pgrp: number(5)?,
            tty: number(7)?,
            utime: number(14)?,
            stime: number(15)?,
            nice: number(19)?,
            threads: number(20)?,
            start: number(22)?,
            vsize: number(23).unwrap_or(0),
        })
    }
}

/// `/proc/PID/status`, the fields that tables use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Real, effective, saved and file system user id.
    pub uids: [Option<i64>; 4],
    /// Real, effective, saved and file system group id.
    pub gids: [Option<i64>; 4],
    /// Resident memory in bytes; kernel threads have none.
    pub rss: Option<i64>,
    /// Virtual memory in bytes; kernel threads have none.
    pub size: Option<i64>,
}

impl Status {
    /// Reads the file; what is not there stays unknown.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut status = Self::default();
        for line in lines(bytes) {
            let Some((key, value)) = split_once(line, b':') else { continue };
            match key {
                b"Uid" => status.uids = four(value),
                b"Gid" => status.gids = four(value),
                b"VmRSS" => status.rss = kib(value),
                b"VmSize" => status.size = kib(value),
                _ => {}
            }
        }
        status
    }
}

fn four(value: &[u8]) -> [Option<i64>; 4] {
    let mut numbers = fields(value).map(int);
    [(); 4].map(|()| numbers.next().flatten())
}

fn kib(value: &[u8]) -> Option<i64> {
    int(fields(value).next()?)?.checked_mul(1024)
}

/// The value of a `key: value` line, trimmed (`/proc/PID/io`, `/proc/meminfo`, `/proc/cpuinfo` …).
#[must_use]
pub fn value<'a>(bytes: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    lines(bytes)
        .filter_map(|line| split_once(line, b':'))
        .find(|(name, _)| name.trim_ascii() == key)
        .map(|(_, v)| v.trim_ascii())
}

/// The path of the unified hierarchy in `/proc/PID/cgroup` (cgroups(7)), else systemd's, else the first.
#[must_use]
pub fn cgroup_path(bytes: &[u8]) -> Option<&[u8]> {
    let entries = lines(bytes).filter_map(|line| {
        let (id, rest) = split_once(line, b':')?;
        let (controllers, path) = split_once(rest, b':')?;
        let rank = match (id, controllers) {
            (b"0", b"") => 0,
            (_, b"name=systemd") => 1,
            _ => 2,
        };
        Some((rank, path))
    });
    entries.min_by_key(|(rank, _)| *rank).map(|(_, path)| path)
}

/// Seconds since the epoch at which the system booted: `btime` of `/proc/stat`.
#[must_use]
pub fn boot_time(proc_stat: &[u8]) -> Option<i64> {
    lines(proc_stat).find_map(|line| int(line.strip_prefix(b"btime ")?.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_names() {
        let tail = b" S 1 638 638 0 -1 4194560 298 0 0 0 7 8 0 0 20 -5 3 0 322862 2400256 266";
        for name in ["bash", ") (a b", "12) S 1 1", "", "a\nb"] {
            let line = [b"638 (", name.as_bytes(), b")", tail.as_slice()].concat();
            let stat = Stat::parse(&line).expect(name);
            assert_eq!(stat.comm, name.as_bytes());
            assert_eq!((stat.state, stat.ppid, stat.utime, stat.stime), (b'S', 1, 7, 8));
            assert_eq!((stat.nice, stat.threads, stat.start, stat.vsize), (-5, 3, 322_862, 2_400_256));
        }
        for broken in ["", "1", "1 (x", "1 (x)", "1 (x) S 1", ")(", "1 (x) "] {
            assert_eq!(Stat::parse(broken.as_bytes()), None, "{broken:?}");
        }
    }

    #[test]
    fn status_fields() {
        let status =
            Status::parse(b"Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\nVmRSS:\t  10 kB\nVmSize:\t99999999999999999999 kB");
        assert_eq!(status.uids, [Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(status.gids, [Some(5), None, None, None]);
        assert_eq!((status.rss, status.size), (Some(10_240), None));
    }

    #[test]
    fn cgroups() {
        for (file, expect) in [
            ("0::/a\n", Some("/a")),
            ("9:name=systemd:/s\n1:cpu:/c\n0::/u:v\n", Some("/u:v")),
            ("1:cpu:/c\n9:name=systemd:/s\n", Some("/s")),
            ("1:cpu:/c\n", Some("/c")),
            ("", None),
            ("junk", None),
        ] {
            assert_eq!(cgroup_path(file.as_bytes()), expect.map(str::as_bytes), "{file:?}");
        }
    }
}
