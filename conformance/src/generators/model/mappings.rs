//! Mappings and namespaces: `process_memory_map`, `process_namespaces`.
//!
//! `/proc/PID/maps` (proc_pid_maps(5)): addresses of at least eight hexadecimal digits, what may be done, offset, device, inode,
//! and from column 74 on the path, in which only newlines are escaped. `/proc/PID/ns` (namespaces(7)): links to `KIND:[INODE]`.

use super::mounts::escaped;
use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "mappings", tables: &["process_memory_map", "process_namespaces"], needs: &[], generate };

#[derive(Debug)]
struct Processes(Vec<Process>);

#[derive(Debug)]
struct Process {
    pid: u32,
    mappings: Vec<Mapping>,
    /// In the order of [`KINDS`].
    namespaces: [Option<u64>; 7],
}

/// A mapping of memory.
#[derive(Debug)]
struct Mapping {
    start: u64,
    end: u64,
    permissions: &'static str,
    offset: u64,
    device: (u32, u32),
    inode: u64,
    name: Name,
}

/// What is mapped.
#[derive(Debug)]
enum Name {
    /// Memory without a name.
    Nothing,
    /// What the kernel calls it.
    Pseudo(Vec<u8>),
    /// A file that is there.
    File(Vec<u8>),
    /// A file that is gone.
    Deleted(Vec<u8>),
}

const KINDS: [&str; 7] = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];
const PSEUDO: [&[u8]; 5] = [b"[heap]", b"[stack]", b"[vdso]", b"[vvar]", b"[anon:my pool]"];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mut all = Vec::new();
    for (pid, network) in pool.networks.clone() {
        let mappings = (0..draw.count(1, 4)?).map(|_| mapping(draw, pool, pid)).collect::<Result<_>>()?;
        let mut namespaces = [None; 7];
        for (kind, namespace) in KINDS.iter().zip(&mut namespaces) {
            let other = if draw.odd(8)? { u64::MAX } else { draw.number(4_026_531_835, 4_026_531_838)? };
            *namespace = match *kind {
                "net" => network,
                // Zombies have left all but these.
                "pid" | "user" => Some(other),
                _ => network.map(|_| other),
            };
        }
        all.push(Process { pid, mappings, namespaces });
    }
    Ok(Box::new(Processes(all)))
}

fn mapping(draw: &mut Draw<'_, '_>, pool: &Pool, pid: u32) -> Result<Mapping> {
    let start = match draw.odd(3)? {
        true => draw.pick(&[0, 0x1000, 0xffff_ffff_ff60_0000, 0x7fff_ffff_f000])?,
        false => 0x5555_0000_0000 + (draw.number(0, 1 << 20)? << 12),
    };
    let end = start.saturating_add(0x1000 * draw.number(1, 64)?);
    let name = match draw.number(0, 7)? {
        0 | 1 => Name::Nothing,
        2 => Name::Pseudo(draw.pick(&PSEUDO)?.to_vec()),
        // A backslash in a path cannot be told from that of an escaped newline.
        3 | 4 => Name::File(draw.path(b"\\")?),
        5 => Name::File(draw.pick(&pool.paths)?),
        6 => Name::Deleted([format!("/gone/{pid}").as_bytes(), &draw.path(b"\\")?].concat()),
        _ => Name::Deleted(draw.pick(&[&b"/memfd:a b"[..], b"/SYSV00000000", b"/dev/zero"])?.to_vec()),
    };
    let name = match name {
        Name::File(path) if path.contains(&b'\\') => Name::Nothing,
        name => name,
    };
    let file = matches!(name, Name::File(_) | Name::Deleted(_));
    Ok(Mapping {
        start,
        end,
        permissions: draw.pick(&["r--p", "r-xp", "rw-p", "rw-s", "---p", "rwxp"])?,
        offset: if file { draw.size(u64::MAX)? & !0xfff } else { 0 },
        device: if file { draw.pick(&[(254, 0), (8, 17), (0, 1), (259, 1_048_575)])? } else { (0, 0) },
        inode: if file { draw.size(u64::MAX - 1)? + 1 } else { 0 },
        name,
    })
}

impl Mapping {
    fn line(&self) -> Vec<u8> {
        let Self { start, end, permissions, offset, device: (major, minor), inode, name } = self;
        let mut line =
            format!("{start:08x}-{end:08x} {permissions} {offset:08x} {major:02x}:{minor:02x} {inode} ").into_bytes();
        let (name, mark): (&[u8], &[u8]) = match name {
            Name::Nothing => (b"", b""),
            Name::Pseudo(name) | Name::File(name) => (name, b""),
            Name::Deleted(name) => (name, b" (deleted)"),
        };
        if !name.is_empty() {
            line.resize(line.len().max(73), b' ');
        }
        [&line[..], &escaped(name, b"\n"), mark, b"\n"].concat()
    }

    fn path(&self) -> &[u8] {
        match &self.name {
            Name::Nothing => b"",
            Name::Pseudo(name) | Name::File(name) | Name::Deleted(name) => name,
        }
    }
}

impl Part for Processes {
    fn render(&self, files: &mut Files) {
        for Process { pid, mappings, namespaces } in &self.0 {
            let maps: Vec<u8> = mappings.iter().flat_map(Mapping::line).collect();
            files.lines(format!("/proc/{pid}/maps"), maps);
            for (kind, namespace) in KINDS.iter().zip(namespaces) {
                if let Some(namespace) = namespace {
                    files.link(format!("/proc/{pid}/ns/{kind}"), format!("{kind}:[{namespace}]"));
                }
            }
            for mapping in mappings {
                if let Name::File(path) = &mapping.name {
                    files.file(&path[..], "\x7fELF");
                }
            }
        }
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![if table == "process_memory_map" { self.ask_maps() } else { self.ask_namespaces() }]
    }
}

impl Processes {
    fn ask_maps(&self) -> Question {
        let columns = &["pid", "start", "end", "permissions", "offset", "device", "inode", "path", "pseudo"];
        let mut question = Question::of("process_memory_map", columns);
        for process in &self.0 {
            for mapping in &process.mappings {
                let Mapping { start, end, permissions, offset, device: (major, minor), inode, name } = mapping;
                let (start, end, device) =
                    (format!("0x{start:08x}"), format!("0x{end:08x}"), format!("{major:02x}:{minor:02x}"));
                let pseudo = u32::from(matches!(name, Name::Pseudo(_)));
                let path = mapping.path();
                let row = cells![process.pid, start, end, permissions, offset, device, inode, path, pseudo];
                let file: &[u8] = if let Name::File(path) = name { path } else { b"/proc/self" };
                question.row(&[format!("/proc/{}", process.pid).as_bytes(), file], row);
            }
        }
        question
    }

    fn ask_namespaces(&self) -> Question {
        let columns = &[
            "pid",
            "cgroup_namespace",
            "ipc_namespace",
            "mnt_namespace",
            "net_namespace",
            "pid_namespace",
            "user_namespace",
            "uts_namespace",
        ];
        let mut question = Question::of("process_namespaces", columns);
        for Process { pid, namespaces, .. } in &self.0 {
            let mut row = cells![pid];
            row.extend(
                namespaces
                    .iter()
                    .map(|namespace| namespace.map(|inode| inode.to_string()))
                    .map(|n| super::ToValue::to_value(&n)),
            );
            question.row(&[format!("/proc/{pid}").as_bytes()], row);
        }
        question
    }
}
