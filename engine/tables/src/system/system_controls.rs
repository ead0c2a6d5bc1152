//! `system_controls`: parameters of the running kernel, and what the configuration would make of them.
//!
//! Sources: `/proc/sys` (proc_sys(5)); `/etc/sysctl.conf` and the files of `sysctl.d` (sysctl.d(5)). A parameter without
//! read permission for anyone (a trigger) is listed but never opened.

use plumb_formats::sysctl::Settings;
use plumb_host::{Dir, FileKind, Follow, Limit, join};
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, Type, owned, text};
use std::sync::Arc;

/// A parameter: a file below `/proc/sys`.
pub struct Control {
    cx: Arc<Cx>,
    sys: Arc<dyn Dir>,
    path: Vec<u8>,
}

type Col = Column<Control>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Control> = Table {
    name: "system_controls",
    doc: "Parameters of the running kernel (sysctl).",
    on: Platforms::POSIX,
    columns: &[
        Col::text("name",          "Name with dots: net.ipv4.ip_forward",                 |c| owned(name(&c.path))).index_text(by_name),
        Col::text("oid",           "Number in the MIB; Linux has none",                   |_| text("")).additional(),
        Col::text("subsystem",     "First part of the name",                              |c| text(subsystem(&c.path))).additional().seek_text(by_subsystem),
        Col::text("current_value", "Value now, without white space around it",            |c| c.value().map(Into::into)),
        Col::text("config_value",  "Value that sysctl.conf and sysctl.d give it",         |c| c.configured().map(Into::into)),
        Col::text("type",          "Type of the value; always string on Linux",           |_| text("string")),
        Col::foreign(Platforms::MACOS, Type::Text, "field_name", "Field of a parameter that is a structure"),
    ],
    scan,
    cost: Cost { rows: 1000, row: 10 },
    ..Table::EMPTY
};

const ROOT: &[u8] = b"/proc/sys";

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Control> {
    walk(cx, |_| true)
}

fn by_subsystem(cx: &Arc<Cx>, wanted: &[u8], _: &Request) -> Rows<Control> {
    let wanted = wanted.to_vec();
    walk(cx, move |directory| subsystem(directory) == wanted)
}

fn by_name(cx: &Arc<Cx>, name: &[u8], _: &Request) -> Rows<Control> {
    let Some(sys) = open(cx) else { return Box::new(std::iter::empty()) };
    let mut found = Vec::new();
    if !name.contains(&b'/') && name.contains(&b'.') {
        look_up(cx, &*sys, &[], name, &mut found);
    }
    let cx = Arc::clone(cx);
    Box::new(found.into_iter().map(move |path| Control { cx: Arc::clone(&cx), sys: Arc::clone(&sys), path }))
}

fn open(cx: &Cx) -> Option<Arc<dyn Dir>> {
    cx.open_dir(ROOT).map(Arc::from)
}

fn name(path: &[u8]) -> Vec<u8> {
    path.iter().map(|byte| if *byte == b'/' { b'.' } else { *byte }).collect()
}

fn subsystem(path: &[u8]) -> &[u8] {
    path.split(|byte| matches!(byte, b'/' | b'.')).next().unwrap_or_default()
}

/// Finds the files whose name is `left` below a directory. A dot can also be part of a file's name (`eth0.100`), so every
/// dot is tried as a separator where it leads to a directory.
fn look_up(cx: &Cx, sys: &dyn Dir, directory: &[u8], left: &[u8], found: &mut Vec<Vec<u8>>) {
    for (at, _) in left.iter().enumerate().filter(|(_, byte)| **byte == b'.') {
        if let (Some(first), Some(rest)) = (left.get(..at), left.get(at + 1..))
            && kind_of(cx, sys, directory, first) == Some(FileKind::Directory)
        {
            look_up(cx, sys, &join(directory, first), rest, found);
        }
    }
    if !directory.is_empty() && kind_of(cx, sys, directory, left) == Some(FileKind::Regular) {
        found.push(join(directory, left));
    }
}

/// What a directory has under a name. Where that cannot be asked, the listing says it, as it does for a scan.
fn kind_of(cx: &Cx, sys: &dyn Dir, directory: &[u8], name: &[u8]) -> Option<FileKind> {
    if name.is_empty() || name == b"." || name == b".." {
        return None;
    }
    match sys.stat(&join(directory, name), Follow::No) {
        Ok(stat) => Some(stat.kind()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(_) => {
            let dir = if directory.is_empty() { None } else { Some(sys.open_dir(directory).ok()?) };
            let listed = cx.names(dir.as_deref().unwrap_or(sys), &join(ROOT, directory));
            listed.into_iter().find_map(|(listed, kind)| (listed == name).then_some(kind))
        }
    }
}

/// All parameters of the directories at the top that are wanted, directory by directory.
fn walk(cx: &Arc<Cx>, wanted: impl Fn(&[u8]) -> bool) -> Rows<Control> {
    let Some(sys) = open(cx) else {
        cx.note(ROOT, "not there");
        return Box::new(std::iter::empty());
    };
    let mut entries = cx.names(&*sys, ROOT);
    // Parameters are in directories; there are none at the top.
    entries.retain(|(name, kind)| matches!(kind, FileKind::Directory | FileKind::Unknown) && wanted(name));
    entries.reverse();
    Box::new(Walk { cx: Arc::clone(cx), sys, left: entries })
}

/// What is still to be visited, the next one last.
struct Walk {
    cx: Arc<Cx>,
    sys: Arc<dyn Dir>,
    left: Vec<(Vec<u8>, FileKind)>,
}

impl Iterator for Walk {
    type Item = Control;

    fn next(&mut self) -> Option<Control> {
        loop {
            let (path, kind) = self.left.pop()?;
            match self.kind(&path, kind) {
                FileKind::Directory => self.enter(&path),
                FileKind::Regular if path.contains(&b'/') => {
                    return Some(Control { cx: Arc::clone(&self.cx), sys: Arc::clone(&self.sys), path });
                }
                _ => {}
            }
        }
    }
}

impl Walk {
    fn kind(&self, path: &[u8], kind: FileKind) -> FileKind {
        match kind {
            FileKind::Unknown => self.sys.stat(path, Follow::No).map_or(kind, |stat| stat.kind()),
            known => known,
        }
    }

    fn enter(&mut self, path: &[u8]) {
        match self.sys.open_dir(path) {
            Ok(dir) => {
                let entries = self.cx.names(&*dir, &join(ROOT, path)).into_iter().rev();
                self.left.extend(entries.map(|(name, kind)| (join(path, &name), kind)));
            }
            Err(error) => self.cx.note_error(&join(ROOT, path), &error),
        }
    }
}

impl Control {
    fn value(&self) -> Option<Vec<u8>> {
        const READABLE: u32 = 0o444;
        const EIO: i32 = 5;
        let stat = self.sys.stat(&self.path, Follow::No).ok()?;
        if stat.mode & READABLE == 0 {
            return None;
        }
        let (mut text, limit) = (Vec::new(), Limit { bytes: Cx::WHOLE_FILE, cancel: self.cx.cancel() });
        match self.sys.read(&self.path, &mut text, limit) {
            Ok(_) => Some(text.trim_ascii().to_vec()),
            // So the kernel says that a parameter (net.ipv6.conf.*.stable_secret) has not been given a value yet.
            Err(error) if error.raw_os_error() == Some(EIO) => None,
            Err(error) => {
                self.cx.note_error(&join(ROOT, &self.path), &error);
                None
            }
        }
    }

    fn configured(&self) -> Option<Vec<u8>> {
        self.cx.memo(settings).value(&self.path).map(<[u8]>::to_vec)
    }
}

/// The settings as they are made at boot: of files with one name that of the first directory counts, then they are taken
/// in the order of their names, and `/etc/sysctl.conf` last.
fn settings(cx: &Cx) -> Settings {
    const DIRECTORIES: [&[u8]; 5] =
        [b"/etc/sysctl.d", b"/run/sysctl.d", b"/usr/local/lib/sysctl.d", b"/usr/lib/sysctl.d", b"/lib/sysctl.d"];
    let mut files = std::collections::BTreeMap::new();
    for directory in DIRECTORIES {
        let Some(dir) = cx.open_dir(directory) else { continue };
        for (name, _) in cx.names(&*dir, directory) {
            if name.ends_with(b".conf") {
                files.entry(name.clone()).or_insert_with(|| join(directory, &name));
            }
        }
    }
    let mut settings = Settings::default();
    for path in files.into_values().chain([b"/etc/sysctl.conf".to_vec()]) {
        // A link to /dev/null switches off the file of that name in later directories.
        let kind = cx.host.root().stat(&path, Follow::Yes).map(|stat| stat.kind());
        if matches!(kind, Ok(FileKind::Character | FileKind::Directory)) {
            continue;
        }
        if let Some(text) = cx.read(&path) {
            settings.add(&text, &mut |odd| cx.note(&path, odd));
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_seeks, cx, rows};
    use plumb_host::{Access, Mem};
    use plumb_schema::{AnyTable, Value};

    fn host() -> Mem {
        Mem::new()
            .file("/proc/sys/kernel/ostype", " Linux\n")
            .file("/proc/sys/kernel/sem", "1\t2\t3\n")
            .file("/proc/sys/net/ipv4/conf/eth0.100/mtu", "1500\n")
            .file("/proc/sys/net/ipv4/ip_forward", "0\n")
            .file("/proc/sys/net/ipv4/route/flush", "secret")
            .meta("/proc/sys/net/ipv4/route/flush", |stat| stat.mode = 0o100_200)
            .file("/proc/sys/top", "not a parameter")
            .link("/proc/sys/vm/loop", "..")
            .node("/proc/sys/vm/fifo", FileKind::Fifo)
            .file("/proc/sys/vm/raw", b"\xff\0 ")
            .dir("/proc/sys/empty")
    }

    fn by(column: usize, value: &str) -> Vec<String> {
        let (cx, _) = cx("system_controls", host());
        let request = Request::all((&TABLE as &dyn AnyTable).specs());
        let mut found = TABLE.pick(&cx, column, &Value::Text(value.as_bytes().into()), &request).unwrap();
        std::iter::from_fn(|| found.advance().then(|| crate::testing::cell(&found.value(0)))).collect()
    }

    #[test]
    fn parameters() {
        check(
            &TABLE,
            host(),
            &["name", "subsystem", "current_value", "oid", "type"],
            &[
                &["kernel.ostype", "kernel", "Linux", "", "string"],
                &["kernel.sem", "kernel", "1\t2\t3", "", "string"],
                &["net.ipv4.conf.eth0.100.mtu", "net", "1500", "", "string"],
                &["net.ipv4.ip_forward", "net", "0", "", "string"],
                &["net.ipv4.route.flush", "net", "NULL", "", "string"],
                &["vm.raw", "vm", "\u{fffd}\0", "", "string"],
            ],
        );
        check_seeks(&TABLE, host());
    }

    #[test]
    fn what_cannot_be_read() {
        let host = Mem::new()
            .file("/proc/sys/a/denied", "x")
            .fail_on("/proc/sys/a/denied", Access::Open, std::io::ErrorKind::PermissionDenied)
            .file("/proc/sys/a/unset", "x")
            .fail_on("/proc/sys/a/unset", Access::Open, 5);
        let (found, notes) = rows(&TABLE, host, &["name", "current_value"], vec![]);
        assert_eq!(found, [["a.denied", "NULL"], ["a.unset", "NULL"]]);
        assert_eq!(notes.iter().map(|note| note.source.as_str()).collect::<Vec<_>>(), ["/proc/sys/a/denied"]);
        assert_eq!(rows(&TABLE, Mem::new(), &["name"], vec![]).1.len(), 1);
    }

    #[test]
    fn a_parameter_that_can_only_be_listed_is_found_by_name_too() {
        let host = Mem::new()
            .file("/proc/sys/a/b/listed", "x")
            .fail_on("/proc/sys/a/b/listed", Access::Stat, std::io::ErrorKind::PermissionDenied)
            .fail_on("/proc/sys/a", Access::Stat, std::io::ErrorKind::PermissionDenied);
        check(&TABLE, host.clone(), &["name", "current_value"], &[&["a.b.listed", "NULL"]]);
        check_seeks(&TABLE, host);
    }

    #[test]
    fn seeks_read_only_what_they_must() {
        for (name, expect) in [
            ("kernel.ostype", vec!["kernel.ostype"]),
            ("net.ipv4.conf.eth0.100.mtu", vec!["net.ipv4.conf.eth0.100.mtu"]),
            ("kernel", vec![]),
            ("kernel/ostype", vec![]),
            ("top", vec![]),
            ("vm.loop.kernel.ostype", vec![]),
            ("kernel...top", vec![]),
            (".kernel.ostype", vec![]),
            ("....", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(by(0, name), expect, "{name}");
        }
        assert_eq!(by(2, "vm"), ["vm.raw"]);
        assert!(by(2, "..").is_empty() && by(2, "").is_empty());
    }

    #[test]
    fn configuration() {
        let host = host()
            .file("/etc/sysctl.conf", "net.ipv4.ip_forward = 1\n")
            .file("/etc/sysctl.d/20-a.conf", "net.ipv4.ip_forward=2\nkernel/ostype=x\n")
            .file("/run/sysctl.d/10-b.conf", "kernel.ostype=y\nvm.raw=z\n")
            .file("/usr/lib/sysctl.d/20-a.conf", "kernel.sem=hidden by the one in /etc\n")
            .file("/usr/lib/sysctl.d/50-null.conf", "kernel.sem=masked\n")
            .link("/etc/sysctl.d/50-null.conf", "/dev/null")
            .node("/dev/null", FileKind::Character)
            .file("/etc/sysctl.d/readme.txt", "vm.raw=no\n")
            .file("/lib/sysctl.d/1.conf", "net.ipv4.*.eth0.100.mtu=no\nnet.ipv4.conf.*.mtu=9000\n?\n");
        let (found, notes) = rows(&TABLE, host, &["name", "config_value"], vec![]);
        let set: Vec<&[String]> = found.iter().map(Vec::as_slice).filter(|row| row[1] != "NULL").collect();
        assert_eq!(
            set,
            [
                ["kernel.ostype", "x"],
                ["net.ipv4.conf.eth0.100.mtu", "9000"],
                ["net.ipv4.ip_forward", "1"],
                ["vm.raw", "z"],
            ]
        );
        assert_eq!(notes.len(), 1, "the line that is only a question mark");
    }
}
