//! Processes: `processes`, `process_envs`.
//!
//! proc(5). In `stat` the name stands raw between parentheses, whatever it contains; in `status` newlines and backslashes
//! of it are escaped. Kernel threads and zombies have no memory, no executable and no arguments. A deleted executable
//! has ` (deleted)` behind its path. Times are in ticks of 10 ms.

use super::pool::MOST_TICKS;
use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;
use plumb_host::Access;

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "processes", tables: &["processes", "process_envs"], needs: &[], generate };

#[derive(Debug)]
struct Processes {
    boot: i64,
    /// `/proc/stat`, which has the time of the start.
    proc_stat: String,
    all: Vec<Process>,
}

/// A process.
#[derive(Clone, Debug)]
struct Process {
    pid: u32,
    name: Vec<u8>,
    state: u8,
    parent: u32,
    group: i32,
    uids: [u32; 4],
    gids: [u32; 4],
    threads: u32,
    nice: i64,
    ticks: [u64; 2],
    start: u64,
    /// Nothing for kernel threads and zombies.
    user: Option<User>,
    /// Bytes read, written and not written after all; unknown where it may not be read.
    io: Option<[u64; 3]>,
    cgroup: Cgroups,
}

/// Control groups (cgroups(7)): the process's place in the unified hierarchy counts, else in systemd's, else in the first.
#[derive(Clone, Debug)]
enum Cgroups {
    Unified(Vec<u8>),
    Systemd(Vec<u8>),
    Others(Vec<u8>),
    /// A kernel without them.
    None,
}

/// What only programs have.
#[derive(Clone, Debug)]
struct User {
    kilobytes: [u64; 2],
    arguments: Vec<Vec<u8>>,
    environment: Vec<Vec<u8>>,
    exe: Exe,
    cwd: Vec<u8>,
    root: Vec<u8>,
}

/// An executable.
#[derive(Clone, Debug)]
enum Exe {
    There(Vec<u8>),
    Deleted(Vec<u8>),
    /// Deleted, and another one put in its place.
    Replaced(Vec<u8>),
    /// The link cannot be read.
    Secret,
}

/// The most kilobytes of an address space of 57 bits.
const MOST_KILOBYTES: u64 = 1 << 47;
const EACCES: i32 = 13;

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let all = pool.pids.iter().map(|pid| process(draw, pool, *pid)).collect::<Result<_>>()?;
    Ok(Box::new(Processes { boot: pool.boot, proc_stat: pool.proc_stat(), all }))
}

fn process(draw: &mut Draw<'_, '_>, pool: &Pool, pid: u32) -> Result<Process> {
    let mut name = draw.word(b"")?;
    name.truncate(15);
    let kernel = draw.chance(5)?;
    let mut ids = || -> Result<[u32; 4]> {
        let real = draw.pick(&pool.ids)?;
        let other = if draw.chance(4)? { draw.pick(&pool.ids)? } else { real };
        Ok([real, other, draw.pick(&[real, other])?, draw.pick(&pool.ids)?])
    };
    let (uids, gids) = (ids()?, ids()?);
    let user = if kernel { None } else { Some(user(draw, pool, pid)?) };
    Ok(Process {
        pid,
        name,
        state: draw.pick(if kernel { b"IZX" } else { b"SRDTtP" })?,
        parent: if pid == 1 || draw.chance(6)? { 0 } else { draw.pick(&pool.pids)? },
        group: if draw.odd(8)? { -1 } else { draw.pick(&pool.pids)?.cast_signed() },
        uids,
        gids,
        threads: if draw.odd(8)? { 0 } else { draw.small(1, 300)? },
        nice: i64::from(draw.small(0, 39)?) - 20,
        ticks: [draw.size(MOST_TICKS)?, draw.size(MOST_TICKS)?],
        start: draw.number(0, 100_000_000)?,
        user,
        io: if draw.chance(4)? {
            None
        } else {
            let most = i64::MAX.unsigned_abs();
            Some([draw.size(u64::MAX)?, draw.size(most)?, draw.size(most)?])
        },
        cgroup: cgroups(draw)?,
    })
}

fn user(draw: &mut Draw<'_, '_>, pool: &Pool, pid: u32) -> Result<User> {
    let argument = |draw: &mut Draw<'_, '_>| if draw.odd(4)? { Ok(Vec::new()) } else { draw.word(b"") };
    let arguments = (0..draw.count(1, 4)?).map(|_| argument(draw)).collect::<Result<_>>()?;
    let environment = (0..draw.count(0, 4)?).map(|_| variable(draw)).collect::<Result<_>>()?;
    let path = if draw.odd(2)? { draw.path(b"")? } else { draw.pick(&pool.paths)? };
    let exe = match draw.number(0, 7)? {
        0..=3 => Exe::There(path),
        // So that nobody else's executable is there.
        4 | 5 => Exe::Deleted([format!("/gone/{pid}").as_bytes(), &path].concat()),
        6 => Exe::Replaced([format!("/new/{pid}").as_bytes(), &path].concat()),
        _ => Exe::Secret,
    };
    let mut place = || -> Result<Vec<u8>> {
        Ok(match draw.number(0, 3)? {
            0 | 1 => b"/".to_vec(),
            2 => draw.pick(&pool.paths)?,
            _ => [&draw.path(b"")?[..], b" (deleted)"].concat(),
        })
    };
    let (cwd, root) = (place()?, place()?);
    let kilobytes = [draw.size(MOST_KILOBYTES)?, draw.size(MOST_KILOBYTES)?];
    Ok(User { kilobytes, arguments, environment, exe, cwd, root })
}

fn cgroups(draw: &mut Draw<'_, '_>) -> Result<Cgroups> {
    let path = if draw.chance(3)? { b"/".to_vec() } else { [&b"/system.slice/"[..], &draw.file_name(b"\n")?].concat() };
    Ok(match draw.number(0, 9)? {
        0..=5 => Cgroups::Unified(path),
        6 | 7 => Cgroups::Systemd(path),
        8 => Cgroups::Others(path),
        _ => Cgroups::None,
    })
}

impl Cgroups {
    fn path(&self) -> Option<&[u8]> {
        match self {
            Self::Unified(path) | Self::Systemd(path) | Self::Others(path) => Some(path),
            Self::None => None,
        }
    }

    /// `/proc/PID/cgroup`: the hierarchies from the youngest to the oldest, the unified one last.
    fn file(&self) -> Vec<u8> {
        let lines: [&[u8]; 3] = match self {
            Self::Unified(path) => [b"9:name=systemd:/init.scope\n1:cpu,cpuacct:/x:0::y\n0::", path, b"\n"],
            Self::Systemd(path) => [b"3:pids:/p\n2:name=systemd:", path, b"\n1:cpu:/c\n"],
            Self::Others(path) => [b"5:memory:", path, b"\n1:cpu:/c\n"],
            Self::None => [b"", b"", b""],
        };
        lines.concat()
    }
}

/// A variable of an environment; what is not `KEY=VALUE` is legal too.
fn variable(draw: &mut Draw<'_, '_>) -> Result<Vec<u8>> {
    let key = draw.pick(&[&b"PATH"[..], b"HOME", b"LANG", b"LD_PRELOAD"])?;
    Ok(match draw.odd(3)? {
        true => draw.pick(&[&b"bare"[..], b"=value", b"A==", b"A=b=c", b"A=", b"A=\xff\n"])?.to_vec(),
        false => [key, b"=", &draw.text(b"")?].concat(),
    })
}

impl Exe {
    fn link(&self) -> Option<Vec<u8>> {
        match self {
            Self::There(path) => Some(path.clone()),
            Self::Deleted(path) | Self::Replaced(path) => Some([path, &b" (deleted)"[..]].concat()),
            Self::Secret => None,
        }
    }

    fn path(&self) -> Option<&[u8]> {
        match self {
            Self::There(path) | Self::Deleted(path) | Self::Replaced(path) => Some(path),
            Self::Secret => None,
        }
    }

    fn on_disk(&self) -> i64 {
        match self {
            Self::There(_) | Self::Replaced(_) => 1,
            Self::Deleted(_) => 0,
            Self::Secret => -1,
        }
    }
}

impl Process {
    fn dir(&self) -> String {
        format!("/proc/{}", self.pid)
    }

    /// The 52 fields of proc_pid_stat(5).
    fn stat(&self) -> Vec<u8> {
        let Self { pid, parent, group, threads, nice, ticks: [user, system], start, .. } = self;
        let (virt, resident) =
            self.user.as_ref().map_or((0, 0), |user| (user.kilobytes[1] << 10, user.kilobytes[0] >> 2));
        let before =
            format!(") {} {parent} {group} 7 0 -1 4194304 101 2 3 4 {user} {system} 11 12 ", char::from(self.state));
        let after = format!(
            "{} {nice} {threads} 0 {start} {virt} {resident} 18446744073709551615 1 2 3 0 0 0 16781312 134234626 0 0 0 17 1 0 0 0 0 0 4 5 6 7 8 9 10 0\n",
            20 + nice
        );
        [format!("{pid} (").as_bytes(), &self.name, before.as_bytes(), after.as_bytes()].concat()
    }

    fn status(&self) -> Vec<u8> {
        let mut name = Vec::new();
        for byte in &self.name {
            match byte {
                b'\n' => name.extend(b"\\n"),
                b'\\' => name.extend(b"\\\\"),
                _ => name.push(*byte),
            }
        }
        let ids = |ids: [u32; 4]| ids.map(|id| id.to_string()).join("\t");
        let Self { pid, parent, threads, uids, gids, .. } = self;
        let mut rest = format!(
            "\nUmask:\t0022\nState:\t{} (somehow)\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t{parent}\nTracerPid:\t0\n\
             Uid:\t{}\nGid:\t{}\nFDSize:\t256\nGroups:\t \n",
            char::from(self.state),
            ids(*uids),
            ids(*gids)
        );
        if let Some(User { kilobytes: [resident, total], .. }) = &self.user {
            rest += &format!(
                "VmPeak:\t{total:>8} kB\nVmSize:\t{total:>8} kB\nVmLck:\t       0 kB\nVmHWM:\t{resident:>8} kB\n\
                 VmRSS:\t{resident:>8} kB\nRssAnon:\t     116 kB\nVmSwap:\t       0 kB\n"
            );
        }
        rest += &format!("Threads:\t{threads}\nSigQ:\t0/96365\nnonvoluntary_ctxt_switches:\t0\n");
        [b"Name:\t", &name[..], rest.as_bytes()].concat()
    }

    fn render(&self, files: &mut Files) {
        let at = |name: &str| format!("{}/{name}", self.dir());
        files.file(at("stat"), self.stat());
        files.file(at("status"), self.status());
        match self.io {
            Some([read, written, cancelled]) => files.file(
                at("io"),
                format!(
                    "rchar: 6976\nwchar: 1\nsyscr: 10\nsyscw: 0\nread_bytes: {read}\nwrite_bytes: {written}\n\
                     cancelled_write_bytes: {cancelled}\n"
                ),
            ),
            None => {
                files.file(at("io"), "");
                files.fault(at("io"), Access::Open, EACCES);
            }
        }
        files.file(at("cgroup"), self.cgroup.file());
        let end = |parts: &[Vec<u8>]| parts.iter().flat_map(|part| [&part[..], b"\0"].concat()).collect::<Vec<_>>();
        let Some(user) = &self.user else {
            files.file(at("cmdline"), "");
            files.file(at("environ"), "");
            return;
        };
        files.file(at("cmdline"), end(&user.arguments));
        files.file(at("environ"), end(&user.environment));
        files.link(at("cwd"), &user.cwd[..]);
        files.link(at("root"), &user.root[..]);
        match user.exe.link() {
            Some(link) => files.link(at("exe"), link),
            None => {
                files.link(at("exe"), "");
                files.fault(at("exe"), Access::Read, EACCES);
            }
        }
        if let Exe::There(path) | Exe::Replaced(path) = &user.exe {
            files.file(&path[..], "\x7fELF");
        }
    }
}

impl Part for Processes {
    fn render(&self, files: &mut Files) {
        files.file("/proc/stat", &self.proc_stat[..]);
        self.all.iter().for_each(|process| process.render(files));
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![if table == "processes" { self.ask_processes() } else { self.ask_envs() }]
    }
}

impl Processes {
    fn ask_processes(&self) -> Question {
        let mut question = Question::of(
            "processes",
            &[
                "pid",
                "name",
                "path",
                "cmdline",
                "state",
                "cwd",
                "root",
                "uid",
                "gid",
                "euid",
                "egid",
                "suid",
                "sgid",
                "on_disk",
                "wired_size",
                "resident_size",
                "total_size",
                "user_time",
                "system_time",
                "disk_bytes_read",
                "disk_bytes_written",
                "start_time",
                "parent",
                "pgroup",
                "threads",
                "nice",
                "cgroup_path",
            ],
        );
        for process in &self.all {
            let Process { pid, name, uids, gids, user, ticks, .. } = process;
            let exe = user.as_ref().map(|user| &user.exe);
            let path = exe.and_then(Exe::path);
            let arguments = user.as_ref().map(|user| user.arguments.join(&b' ')).unwrap_or_default();
            let bytes = user.as_ref().map(|user| user.kilobytes.map(|kilobytes| kilobytes << 10));
            let written = process.io.map(|io| io[1].cast_signed() - io[2].cast_signed());
            let dir = process.dir();
            let sources = [dir.as_bytes(), b"/proc/stat", path.unwrap_or(dir.as_bytes())];
            let row = cells![
                pid,
                name,
                path,
                arguments,
                [process.state][..],
                user.as_ref().map(|user| &user.cwd),
                user.as_ref().map(|user| &user.root),
                uids[0],
                gids[0],
                uids[1],
                gids[1],
                uids[2],
                gids[2],
                exe.map_or(-1, Exe::on_disk),
                0,
                bytes.map(|bytes| bytes[0]),
                bytes.map(|bytes| bytes[1]),
                ticks[0] * 10,
                ticks[1] * 10,
                process.io.map(|io| io[0]),
                written,
                self.boot + process.start.cast_signed() / 100,
                process.parent,
                process.group,
                process.threads,
                process.nice,
                process.cgroup.path(),
            ];
            question.row(&sources, row);
        }
        question
    }

    fn ask_envs(&self) -> Question {
        let mut question = Question::of("process_envs", &["pid", "key", "value"]);
        for process in &self.all {
            for entry in process.user.iter().flat_map(|user| &user.environment) {
                let equals = entry.iter().position(|byte| *byte == b'=');
                let (key, value) = match equals {
                    Some(at) => (&entry[..at], Some(&entry[at + 1..])),
                    None => (&entry[..], None),
                };
                question.row(&[process.dir().as_bytes()], cells![process.pid, key, value]);
            }
        }
        question
    }
}
