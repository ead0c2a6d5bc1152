//! The kernel: `kernel_info`, `kernel_modules`, `system_controls`.
//!
//! proc(5): `/proc/version`, `/proc/cmdline` (spaces within double quotation marks separate nothing), `/proc/modules` (users
//! of a module with a comma behind each). `/proc/sys` (proc_sys(5)): a file a parameter. sysctl.d(5): files in the order of
//! their names, of equal names that in `/etc` counts, `/etc/sysctl.conf` last; the last line about a parameter wins.

use super::files::Meta;
use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;
use std::collections::BTreeMap;

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "kernel", tables: &["kernel_info", "kernel_modules", "system_controls"], needs: &[], generate };

#[derive(Debug)]
struct Kernel {
    release: Vec<u8>,
    image: Option<Vec<u8>>,
    root: Option<Vec<u8>>,
    arguments: Vec<Vec<u8>>,
    modules: Vec<Module>,
    shared: Vec<(String, Vec<u8>)>,
    /// By path below `/proc/sys`.
    controls: BTreeMap<Vec<u8>, Control>,
    configured: BTreeMap<&'static str, Vec<Line>>,
}

#[derive(Debug)]
struct Module {
    name: String,
    size: u64,
    users: Vec<&'static str>,
    permanent: bool,
    state: &'static str,
    address: u64,
    taint: &'static str,
}

#[derive(Debug)]
struct Control {
    /// Unknown if it can only be written.
    value: Option<Vec<u8>>,
}

/// A line of a configuration file.
#[derive(Debug)]
enum Line {
    Set { name: Vec<u8>, equals: &'static str, before: &'static str, value: Vec<u8> },
    Noise(&'static str),
}

/// Parameters with the separators that their names may have.
const NAMES: [&str; 7] = [
    "kernel/pid_max",
    "kernel/core_pattern",
    "net/ipv4/ip_forward",
    "net/ipv4/tcp_rmem",
    "net/ipv4/conf/eth0.100/rp_filter",
    "vm/swappiness",
    "fs/file-nr",
];
/// Files in the order in which they count; the first two have one name.
const FILES: [&str; 5] = [
    "/etc/sysctl.d/10-a.conf",
    "/usr/lib/sysctl.d/10-a.conf",
    "/usr/lib/sysctl.d/50-b.conf",
    "/etc/sysctl.d/99-z.conf",
    "/etc/sysctl.conf",
];
const NOISE: [&str; 5] = ["# vm.swappiness = 1", "; vm.swappiness = 2", "", "   ", "vm.swappiness"];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mut modules = Vec::new();
    for place in 0..draw.count(1, 5)? {
        modules.push(module(draw, place)?);
    }
    let mut controls = BTreeMap::new();
    for name in NAMES {
        if draw.chance(2)? {
            let value = if draw.chance(8)? { None } else { Some(value(draw)?) };
            controls.insert(name.as_bytes().to_vec(), Control { value });
        }
    }
    let mut configured: BTreeMap<&'static str, Vec<Line>> = BTreeMap::new();
    for file in FILES {
        for _ in 0..draw.count(0, 3)? {
            configured.entry(file).or_default().push(line(draw)?);
        }
    }
    let word = b"\n\" \t";
    Ok(Box::new(Kernel {
        release: pool.release.clone(),
        image: if draw.chance(4)? { None } else { Some([b"/boot/vmlinuz-", &pool.release[..]].concat()) },
        root: match draw.number(0, 3)? {
            0 => None,
            1 => Some(b"/dev/mapper/vg-root".to_vec()),
            _ => Some(b"UUID=33221100-5544-7766-8899-aabbccddeeff".to_vec()),
        },
        arguments: (0..draw.count(0, 4)?)
            .map(|_| match draw.odd(3)? {
                true => Ok([&b"dyndbg=\"file "[..], &draw.word(word)?, b" +p\""].concat()),
                false => Ok(draw.pick(&[&b"ro"[..], b"quiet", b"console=ttyS0,115200n8", b"x.root=1"])?.to_vec()),
            })
            .collect::<Result<_>>()?,
        modules,
        shared: pool.proc_sys(),
        controls,
        configured,
    }))
}

fn module(draw: &mut Draw<'_, '_>, place: usize) -> Result<Module> {
    let users = [&[][..], &["nf_nat"], &["nf_nat", "xt_conntrack"], &["nf_nat", "nft_ct", "nft_nat"]];
    Ok(Module {
        name: format!("{}{place}", draw.pick(&["nf_conntrack", "ext4", "dm_mod"])?),
        size: draw.size(u32::MAX.into())?,
        users: draw.pick(&users)?.to_vec(),
        permanent: draw.chance(5)?,
        state: if draw.chance(5)? { draw.pick(&["Loading", "Unloading"])? } else { "Live" },
        address: if draw.chance(2)? { 0 } else { draw.size(u64::MAX)? },
        taint: if draw.odd(3)? { " (OE)" } else { "" },
    })
}

/// Text of a line without blanks around it.
fn value(draw: &mut Draw<'_, '_>) -> Result<Vec<u8>> {
    let text = match draw.number(0, 3)? {
        0 => b"4096\t131072\t6291456".to_vec(),
        1 => draw.text(b"\n\r\x0b\x0c")?,
        _ => draw.size(u64::MAX)?.to_string().into_bytes(),
    };
    Ok(text.trim_ascii().to_vec())
}

fn line(draw: &mut Draw<'_, '_>) -> Result<Line> {
    if draw.chance(5)? {
        // The last of these is an error, and the others are nothing.
        return Ok(Line::Noise(draw.pick(&NOISE)?));
    }
    let path = draw.pick(&NAMES)?;
    let dots: String = path
        .chars()
        .map(|c| {
            if c == '/' {
                '.'
            } else if c == '.' {
                '/'
            } else {
                c
            }
        })
        .collect();
    let name = if draw.odd(3)? { path.to_owned() } else { dots };
    Ok(Line::Set {
        name: name.into_bytes(),
        equals: if draw.odd(2)? { draw.pick(&["=", " =", "\t= \t", "= "])? } else { " = " },
        before: if draw.odd(4)? { draw.pick(&["-", " ", "\t"])? } else { "" },
        value: match value(draw)? {
            empty if empty.is_empty() => b"0".to_vec(),
            value => value,
        },
    })
}

impl Module {
    fn used_by(&self) -> String {
        let users = self.users.iter().copied().chain(self.permanent.then_some("[permanent]"));
        let users: Vec<&str> = users.collect();
        if users.is_empty() { "-".to_owned() } else { users.join(",") }
    }

    fn line(&self) -> String {
        let Self { name, size, users, state, address, taint, .. } = self;
        let comma = if self.used_by() == "-" { "" } else { "," };
        format!("{name} {size} {} {}{comma} {state} 0x{address:016x}{taint}\n", users.len(), self.used_by())
    }
}

const VERSION: &str = "/proc/version";
const CMDLINE: &str = "/proc/cmdline";
const MODULES: &str = "/proc/modules";

impl Part for Kernel {
    fn render(&self, files: &mut Files) {
        let rest = b" (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0) 12.2.0) #1 SMP Debian 6.1.76-1\n";
        files.file(VERSION, [b"Linux version ", &self.release[..], rest].concat());
        // The boot loader's word first, the root somewhere among the others.
        let (before, after) = self.arguments.split_at(self.arguments.len() / 2);
        let named = |name: &str, value: &Option<Vec<u8>>| Some([name.as_bytes(), b"=", value.as_ref()?].concat());
        let words: Vec<Vec<u8>> = named("BOOT_IMAGE", &self.image)
            .into_iter()
            .chain(before.iter().cloned())
            .chain(named("root", &self.root))
            .chain(after.iter().cloned())
            .collect();
        files.file(CMDLINE, [words.join(&b' '), b"\n".to_vec()].concat());
        files.lines(MODULES, self.modules.iter().map(Module::line).collect::<String>());
        Pool::render_proc_sys(&self.shared, files);
        for (path, control) in &self.controls {
            let path = [b"/proc/sys/", &path[..]].concat();
            match &control.value {
                Some(value) => files.file(path, [&value[..], b"\n"].concat()),
                None => {
                    files.file(&path[..], b"");
                    files.meta(path, Meta::of_mode(0o200));
                }
            }
        }
        for (file, lines) in &self.configured {
            let line = |line: &Line| match line {
                Line::Noise(text) => [text.as_bytes(), b"\n"].concat(),
                Line::Set { name, equals, before, value } => {
                    [before.as_bytes(), name, equals.as_bytes(), value, b"\n"].concat()
                }
            };
            files.file(*file, lines.iter().flat_map(line).collect::<Vec<u8>>());
        }
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![match table {
            "kernel_info" => self.ask_info(),
            "kernel_modules" => self.ask_modules(),
            _ => self.ask_controls(),
        }]
    }
}

impl Kernel {
    fn ask_info(&self) -> Question {
        let mut question = Question::of("kernel_info", &["version", "arguments", "path", "device"]);
        let sources = [VERSION.as_bytes(), CMDLINE.as_bytes(), b"/proc/sys/kernel"];
        question.row(&sources, cells![self.release, self.arguments.join(&b' '), self.image, self.root]);
        question
    }

    fn ask_modules(&self) -> Question {
        let mut question = Question::of("kernel_modules", &["name", "size", "used_by", "status", "address"]);
        for module in &self.modules {
            let address = format!("0x{:016x}", module.address);
            question
                .row(&[MODULES.as_bytes()], cells![module.name, module.size, module.used_by(), module.state, address]);
        }
        question
    }

    fn ask_controls(&self) -> Question {
        let columns = &["name", "oid", "subsystem", "current_value", "config_value", "type"];
        let mut question = Question::of("system_controls", columns);
        let shared = self.shared.iter().map(|(path, value)| (path.as_bytes(), Some(value)));
        let own = self.controls.iter().map(|(path, control)| (&path[..], control.value.as_ref()));
        for (path, value) in shared.chain(own) {
            let name: Vec<u8> = path.iter().map(|byte| if *byte == b'/' { b'.' } else { *byte }).collect();
            let subsystem = path.split(|byte| *byte == b'/').next().unwrap_or_default();
            let file = [b"/proc/sys/", path].concat();
            question.row(
                &[&file, b"/etc", b"/usr/lib"],
                cells![name, "", subsystem, value, self.config_value(path), "string"],
            );
        }
        question
    }

    /// What the last line about a parameter says, in the files that count.
    fn config_value(&self, path: &[u8]) -> Option<&[u8]> {
        let dots: Vec<u8> = path
            .iter()
            .map(|byte| match byte {
                b'/' => b'.',
                b'.' => b'/',
                other => *other,
            })
            .collect();
        let hidden = |file: &str| file == FILES[1] && self.configured.contains_key(FILES[0]);
        let files = FILES.iter().filter(|file| !hidden(file)).filter_map(|file| self.configured.get(file));
        let mut values = files.flatten().filter_map(|line| match line {
            Line::Set { name, value, .. } if *name == path || *name == dots => Some(&value[..]),
            _ => None,
        });
        values.next_back()
    }
}
