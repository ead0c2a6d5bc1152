//! Mounts: `mounts`.
//!
//! proc_pid_mounts(5): `device path type options 0 0`. The kernel escapes space, tab, newline and backslash in octal,
//! in devices and types `#` too, and in the values of options `,` and `=`. Those last stay escaped: decoded, they would change
//! what the list of options says.

use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;

/// See the module.
pub static SUBJECT: Subject = Subject { name: "mounts", tables: &["mounts"], needs: &[], generate };

/// A mount.
#[derive(Clone, Debug)]
struct Mount {
    device: Device,
    path: Vec<u8>,
    kind: &'static str,
    options: Vec<Opt>,
}

/// What is mounted.
#[derive(Clone, Debug)]
enum Device {
    /// A name, or a path at which there is nothing.
    Name(Vec<u8>),
    /// A device file.
    Node(Vec<u8>),
    /// A link, its target as written, and where that leads.
    Link(Vec<u8>, Vec<u8>, Vec<u8>),
}

/// An option, with a value if it has one.
#[derive(Clone, Debug)]
struct Opt(&'static str, Option<Vec<u8>>);

#[derive(Debug)]
struct Mounts(Vec<Mount>);

const MOUNTS: &[u8] = b"/proc/mounts";
const KINDS: [&str; 6] = ["ext4", "tmpfs", "proc", "cgroup2", "fuse.sshfs", "overlay"];
const OPTIONS: [&str; 8] = ["rw", "ro", "relatime", "nosuid", "noexec", "lowerdir", "subvol", "context"];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mounts = (0..draw.count(2, 6)?).map(|_| mount(draw, pool)).collect::<Result<_>>()?;
    Ok(Box::new(Mounts(mounts)))
}

fn mount(draw: &mut Draw<'_, '_>, pool: &Pool) -> Result<Mount> {
    let device = match draw.number(0, 3)? {
        // Some names are also names of directories of the root, to which a relative path leads: those are left out.
        0 => Device::Name([&b"//192.0.2.5/"[..], &draw.word(b"/")?].concat()),
        1 => Device::Node([&b"/dev/"[..], draw.pick(&[&b"sda1"[..], b"vda", b"nvme0n1p2"])?].concat()),
        2 => {
            // A link leads to one place, so its name begins with the number of that.
            let number = draw.number(0, 3)?.to_string().into_bytes();
            let link = [&b"/dev/mapper/"[..], &number, &draw.file_name(b"")?].concat();
            let node = [&b"/dev/dm-"[..], &number].concat();
            let target = if draw.chance(2)? { [&b".."[..], &node[4..]].concat() } else { node.clone() };
            Device::Link(link, target, node)
        }
        _ if draw.odd(6)? => Device::Name(Vec::new()),
        _ => Device::Name(draw.pick(&[&b"tmpfs"[..], b"none", b"overlay"])?.to_vec()),
    };
    let path = match draw.number(0, 3)? {
        0 => b"/".to_vec(),
        _ if draw.odd(6)? => [&b"/gone/"[..], &draw.file_name(b"")?, b" (deleted)"].concat(),
        1 => draw.pick(&pool.paths)?,
        _ => draw.path(b"")?,
    };
    let mut options = vec![Opt(if draw.chance(3)? { "ro" } else { "rw" }, None)];
    for _ in 0..draw.count(0, 3)? {
        let value = draw.chance(2)?;
        let value = if value { Some(draw.text(b"")?) } else { None };
        options.push(Opt(draw.pick(&OPTIONS)?, value));
    }
    let automounter = draw.odd(8)?;
    if automounter && draw.chance(2)? {
        options.push(Opt("ignore", None));
    }
    Ok(Mount { device, path, kind: if automounter { "autofs" } else { draw.pick(&KINDS)? }, options })
}

/// Text with some bytes as `\` and three octal digits: the kernel's `seq_escape`.
pub fn escaped(text: &[u8], which: &[u8]) -> Vec<u8> {
    let byte = |byte: &u8| match which.contains(byte) {
        true => format!("\\{byte:03o}").into_bytes(),
        false => vec![*byte],
    };
    text.iter().flat_map(byte).collect()
}

impl Device {
    fn name(&self) -> &[u8] {
        match self {
            Self::Name(name) | Self::Node(name) | Self::Link(name, ..) => name,
        }
    }

    fn resolved(&self) -> &[u8] {
        match self {
            Self::Name(name) | Self::Node(name) | Self::Link(_, _, name) => name,
        }
    }
}

impl Mount {
    /// The options; their values with more or less of it escaped.
    fn options(&self, which: &[u8]) -> Vec<u8> {
        let one = |Opt(name, value): &Opt| match value {
            Some(value) => [name.as_bytes(), b"=", &escaped(value, which)].concat(),
            None => name.as_bytes().to_vec(),
        };
        self.options.iter().map(one).collect::<Vec<_>>().join(&b","[..])
    }

    fn is_hidden(&self) -> bool {
        self.kind == "autofs" && self.options.iter().any(|option| option.0 == "ignore")
    }
}

impl Part for Mounts {
    fn render(&self, files: &mut Files) {
        let line = |mount: &Mount| {
            let (device, path) = (escaped(mount.device.name(), b" \t\n\\#"), escaped(&mount.path, b" \t\n\\"));
            let fields = [&device, &path, mount.kind.as_bytes(), &mount.options(b",= \t\n\\"), b"0 0\n"];
            fields.join(&b' ')
        };
        files.lines(MOUNTS, self.0.iter().flat_map(line).collect::<Vec<u8>>());
        for mount in &self.0 {
            match &mount.device {
                Device::Name(_) => {}
                Device::Node(path) => files.file(&path[..], b""),
                Device::Link(path, target, node) => {
                    files.link(&path[..], &target[..]);
                    files.file(&node[..], b"");
                }
            }
        }
    }

    fn ask(&self, _: &str) -> Vec<Question> {
        let mut question = Question::of("mounts", &["device", "device_alias", "path", "type", "flags"]);
        for mount in self.0.iter().filter(|mount| !mount.is_hidden()) {
            let (device, alias) = (mount.device.name(), mount.device.resolved());
            let mut sources = vec![MOUNTS];
            if !matches!(mount.device, Device::Name(_)) {
                sources.extend([device, alias]);
            }
            let options = mount.options(b",=");
            question.row(&sources, cells![device, alias, mount.path, mount.kind, options]);
        }
        vec![question]
    }
}
