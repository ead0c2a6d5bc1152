//! A hostile host: the files that a table reads, odd in a few places.

use super::chosen::{chosen, condition};
use super::dumps;
use super::powers::{Numbers, Powers};
use super::small::{self, Item};
use super::{Subject, ancestors, attacked, token};
use crate::generators::netlink::harm::{harm, tell_dump};
use crate::generators::netlink::{MULTI, framed};
use arbitrary::{Result, Unstructured};
use plumb_host::{Access, Dump, FileKind, Mem, Moment, join};
use plumb_schema::Constraint;
use std::fmt::Write as _;
use std::sync::Arc;

/// A hostile host and a question about it.
#[derive(Debug)]
pub struct Hostile {
    /// The host.
    pub host: Arc<Powers>,
    /// The constraints that a constrained table needs, and sometimes others.
    pub chosen: Vec<Constraint>,
    /// Whether what is listed can be looked up: not where stat fails.
    pub steady: bool,
    changes: Changes,
}

/// Makes a hostile host for a table.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn hostile(u: &mut Unstructured<'_>, subject: &Subject) -> Result<Hostile> {
    // Now and then there is nothing but what is attacked.
    let changes = Changes { bare: u.arbitrary::<u8>()? == 0xba, ..Changes::default() };
    let mut maker = Maker { subject, changes };
    let mut host = Powers::new(Mem::new());
    for _ in 0..u.int_in_range(1..=4)? {
        maker.attack(u, &mut host)?;
        if u.is_empty() {
            break;
        }
    }
    let chosen = chosen(u, subject)?;
    host.files = maker.files();
    let changes = maker.changes;
    let steady = !changes.late.iter().any(|late| matches!(late, Late::Fault(_, Access::Stat, _)));
    Ok(Hostile { host: Arc::new(host), chosen, steady, changes })
}

/// What is odd, in the order in which it came to be.
#[derive(Debug, Default)]
struct Changes {
    /// Whether there is nothing else.
    bare: bool,
    things: Vec<(Vec<u8>, Thing)>,
    late: Vec<Late>,
    now: Option<Moment>,
    /// What netlink answers; nothing where there is none.
    netlink: Option<Vec<Dump>>,
}

/// What stands at a path of a hostile host.
#[derive(Clone, Debug)]
enum Thing {
    Item(Item),
    Node(FileKind),
    /// Nothing, and nothing below it.
    Gone,
}

/// A change that comes after all files are there.
#[derive(Clone, Debug)]
enum Late {
    /// One kind of access to a file fails.
    Fault(Vec<u8>, Access, i32),
    /// A directory is seen and lets nobody in. Half-closed ones would make a table that opens the directory differ from
    /// itself when it reads by path.
    Closed(Vec<u8>, i32),
    Meta(Vec<u8>, i64),
}

struct Maker<'s> {
    subject: &'s Subject,
    changes: Changes,
}

const KINDS: [FileKind; 6] =
    [FileKind::Fifo, FileKind::Directory, FileKind::Socket, FileKind::Character, FileKind::Block, FileKind::Regular];

/// ENOENT, EACCES, EIO, ESRCH, EINTR, EPERM, EINVAL, ELOOP, ENOTDIR, ESTALE, ENODEV, EOPNOTSUPP.
pub(crate) const ERRNOS: [i32; 12] = [2, 13, 5, 3, 4, 1, 22, 40, 20, 116, 19, 95];

/// Integers that tend to surprise.
pub(crate) const NUMBERS: [i64; 14] = [
    0,
    1,
    -1,
    2,
    i64::MIN,
    i64::MAX,
    u32::MAX as i64,
    i32::MIN as i64,
    4_294_967_296,
    1_700_000_000,
    4096,
    65_534,
    253_402_300_800,
    -62_167_219_201,
];

impl Maker<'_> {
    /// A path that the table asks for: mostly one that is there.
    fn path(&self, u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
        let (items, missing) = (&self.subject.items, &self.subject.missing);
        if !missing.is_empty() && (items.is_empty() || u.ratio(1, 8)?) {
            return u.choose(missing).cloned();
        }
        Ok(if items.is_empty() { b"/etc/passwd".to_vec() } else { u.choose(items)?.0.clone() })
    }

    /// A path on the way to one that the table asks for, or that one.
    fn way(&self, u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
        let path = self.path(u)?;
        let back = u.int_in_range(0..=2)?;
        let steps: Vec<&[u8]> = ancestors(&path).collect();
        Ok(steps.iter().rev().nth(back).map_or_else(|| path.clone(), |step| step.to_vec()))
    }

    fn attack(&mut self, u: &mut Unstructured<'_>, host: &mut Powers) -> Result<()> {
        match u.int_in_range(0..=21)? {
            0..=9 => {
                let path = self.path(u)?;
                let content = self.content(u, &path)?;
                self.set(path, Thing::Item(Item::plain(content)));
            }
            10 => {
                let (path, target) = (self.way(u)?, self.target(u)?);
                self.set(path, Thing::Item(Item::Link(target)));
            }
            11 => {
                let (path, kind) = (self.way(u)?, *u.choose(&KINDS)?);
                self.set(path, Thing::Node(kind));
            }
            12 => {
                let (path, access, errno) = (self.path(u)?, *u.choose(&Access::ALL)?, *u.choose(&ERRNOS)?);
                self.changes.late.push(Late::Fault(path, access, errno));
            }
            13 => {
                let path = self.way(u)?;
                self.changes.late.push(Late::Meta(path, *u.choose(&NUMBERS)?));
            }
            14 => {
                let path = self.way(u)?;
                self.changes.things.retain(|(there, _)| !there.starts_with(&path));
                self.set(path, Thing::Gone);
            }
            15 | 16 => self.sibling(u)?,
            17 => {
                let (path, errno) = (self.way(u)?, *u.choose(&ERRNOS)?);
                self.changes.late.push(Late::Closed(path, errno));
            }
            18 => {
                let secs = *u.choose(&NUMBERS)?;
                self.changes.now = Some(Moment { secs, nanos: 999_999_999 });
            }
            _ => match u.int_in_range(0..=7)? {
                0..=3 => powers(u, host)?,
                _ => self.changes.netlink = Some(netlink(u)?),
            },
        }
        Ok(())
    }

    fn set(&mut self, path: Vec<u8>, thing: Thing) {
        self.changes.things.push((path, thing));
    }

    /// What stands at a path now, if the table asks for it.
    fn now(&self, path: &[u8]) -> Option<&Item> {
        match self.changes.things.iter().rfind(|(there, _)| there == path) {
            Some((_, Thing::Item(item))) => Some(item),
            Some(_) => None,
            None => {
                let place = self.subject.items.binary_search_by(|(there, _)| there.as_slice().cmp(path)).ok()?;
                self.subject.items.get(place).map(|(_, item)| item)
            }
        }
    }

    fn content(&self, u: &mut Unstructured<'_>, path: &[u8]) -> Result<Vec<u8>> {
        let now = match self.now(path) {
            Some(Item::File(content, _)) => content,
            _ => self.other(u)?,
        };
        let other = self.other(u)?;
        attacked(u, now, other)
    }

    /// The content of one of the table's files.
    fn other(&self, u: &mut Unstructured<'_>) -> Result<&[u8]> {
        let contents = &self.subject.contents;
        if contents.is_empty() { Ok(b"0\n") } else { Ok(&**u.choose(contents)?) }
    }

    fn target(&self, u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
        Ok(match u.int_in_range(0..=7)? {
            0..=2 => self.way(u)?,
            3 => b"..".to_vec(),
            4 => b"/".to_vec(),
            5 => b"/dev/null (deleted)".to_vec(),
            6 => [*u.choose(&[&b"socket:["[..], b"pipe:[", b"net:[", b"mnt:[", b"anon_inode:["])?, token(u)?, b"]"]
                .concat(),
            _ => token(u)?.to_vec(),
        })
    }

    /// Something beside what the table asks for, with an odd name: under its directory, or under the one above.
    fn sibling(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let (path, up) = (self.path(u)?, u.int_in_range(0..=3)?);
        let steps: Vec<&[u8]> = path.split(|byte| *byte == b'/').skip(1).collect();
        let place = steps.len().saturating_sub(1 + up);
        let name = match u.int_in_range(0..=3)? {
            0 => [steps.get(place).copied().unwrap_or_default(), token(u)?].concat(),
            1 => u.int_in_range(0..=99_999)?.to_string().into_bytes(),
            _ => token(u)?.to_vec(),
        };
        let mut renamed = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            renamed = join(&renamed, if at == place { &name } else { step });
        }
        let renamed = [b"/", &renamed[..]].concat();
        let item = self.now(&path).cloned().unwrap_or_else(|| Item::plain(&b"0\n"[..]));
        self.set(renamed, Thing::Item(item));
        Ok(())
    }

    /// The files: those that the table reads, and then what is odd.
    fn files(&self) -> Mem {
        let Changes { bare, things, late, now, netlink } = &self.changes;
        let gone = |path: &[u8]| things.iter().any(|(at, thing)| matches!(thing, Thing::Gone) && path.starts_with(at));
        let mut mem = if *bare {
            Mem::new()
        } else if things.iter().any(|(_, thing)| matches!(thing, Thing::Gone)) {
            let left = self.subject.items.iter().filter(|(path, _)| !gone(path));
            left.fold(Mem::new(), |mem, (path, item)| small::put(mem, path, item))
        } else {
            self.subject.files.clone()
        };
        for (path, thing) in things {
            mem = match thing {
                Thing::Item(item) => small::put(mem, path, item),
                Thing::Node(kind) => mem.node(path, *kind),
                Thing::Gone => mem,
            };
        }
        for late in late {
            mem = match late {
                Late::Fault(path, access, errno) => mem.fail_on(path, *access, *errno),
                Late::Closed(path, errno) => [Access::Open, Access::Walk, Access::List]
                    .iter()
                    .fold(mem, |mem, access| mem.fail_on(path, *access, *errno)),
                Late::Meta(path, number) => mem.meta(path, |stat| odd_stat(stat, *number)),
            };
        }
        let mem = netlink.iter().flatten().cloned().fold(mem, Mem::dumped);
        match now {
            Some(now) => mem.clock(*now),
            None => mem,
        }
    }
}

fn powers(u: &mut Unstructured<'_>, host: &mut Powers) -> Result<()> {
    match u.int_in_range(0..=3)? {
        0 => {
            host.live = true;
            host.own_pid = Some(*u.choose(&[1, 42, 0, u32::MAX])?);
        }
        1 => host.own_ids = (*u.choose(&[1000, 0, u32::MAX])?, 0),
        2 => host.env = Some(token(u)?.to_vec()),
        _ => {
            let count = *u.choose(&[0, 1, 4096, u64::MAX, 1 << 63, u64::from(u32::MAX)])?;
            let load = *u.choose(&[0.5, f64::NAN, f64::INFINITY, -1.0, 1e308])?;
            host.numbers = Some(Numbers { name: token(u)?.to_vec(), count, load });
        }
    }
    Ok(())
}

/// Netlink's valid answers, some of them attacked: what the messages say, and how they are told.
fn netlink(u: &mut Unstructured<'_>) -> Result<Vec<Dump>> {
    let mut dumps = dumps::valid().to_vec();
    for _ in 0..u.int_in_range(0..=4)? {
        let place = u.choose_index(dumps.len())?;
        let Some(dump) = dumps.get_mut(place) else { continue };
        if u.ratio(1, 3)? {
            harm(u, dump)?;
            continue;
        }
        // Most harm to a message is done to what it says: it comes to the table.
        let messages = dumps::messages();
        let (kind, body) = u.choose(&messages)?;
        let body = attacked(u, body, body)?;
        dump.datagrams.insert(0, framed(&(*kind, body), MULTI, Dump::SEQUENCE));
    }
    Ok(dumps)
}

#[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "any number will do")]
fn odd_stat(stat: &mut plumb_host::Stat, number: i64) {
    let wide = number as u64;
    (stat.size, stat.ino, stat.nlink, stat.rdev, stat.blocks) = (wide, wide, wide, wide, wide);
    (stat.uid, stat.gid, stat.mode) = (number as u32, number as u32, number as u32);
    (stat.atime, stat.mtime, stat.ctime, stat.btime) = (number, number, number, Some(number));
}

impl Hostile {
    /// What is odd about it, for people.
    #[must_use]
    pub fn tell(&self) -> String {
        let (host, mut told) = (&self.host, String::new());
        let Changes { bare, things, late, now, netlink } = &self.changes;
        if *bare {
            told.push_str("there is nothing but\n");
        }
        for (path, thing) in things {
            let _ = writeln!(told, "{}: {}", path.escape_ascii(), tell(thing));
        }
        for late in late {
            let _ = writeln!(told, "{}", late.tell());
        }
        let (live, pid, ids) = (host.live, host.own_pid, host.own_ids);
        let _ = writeln!(told, "live {live}, own pid {pid:?}, own ids {ids:?}, now {now:?}");
        if let Some(env) = &host.env {
            let _ = writeln!(told, "every variable is {:?}", env.escape_ascii().to_string());
        }
        if let Some(numbers) = &host.numbers {
            let _ = writeln!(told, "kernel: {numbers:?}");
        }
        let valid = dumps::valid();
        for dump in netlink.iter().flatten().filter(|dump| !valid.contains(dump)) {
            let _ = writeln!(told, "netlink, as far as it is not as usual: {}", tell_dump(dump));
        }
        if netlink.is_some() {
            told.push_str("netlink answers\n");
        }
        if !self.chosen.is_empty() {
            let _ = writeln!(told, "asked{}", condition(&self.chosen));
        }
        told
    }
}

impl Late {
    fn tell(&self) -> String {
        match self {
            Self::Fault(path, access, errno) => format!("{}: {access:?} fails with error {errno}", path.escape_ascii()),
            Self::Closed(path, errno) => format!("{}: closed with error {errno}", path.escape_ascii()),
            Self::Meta(path, number) => format!("{}: all numbers of stat are {number}", path.escape_ascii()),
        }
    }
}

fn tell(thing: &Thing) -> String {
    match thing {
        Thing::Gone => "gone, and all that begins with it".to_owned(),
        Thing::Node(kind) => format!("{kind:?}"),
        Thing::Item(Item::Dir) => "an empty directory".to_owned(),
        Thing::Item(Item::Link(target)) => format!("link to {}", target.escape_ascii()),
        Thing::Item(Item::File(content, _)) if content.len() > 4000 => {
            format!("{} bytes that begin with {}", content.len(), content.get(..400).unwrap_or_default().escape_ascii())
        }
        Thing::Item(Item::File(content, _)) => format!("b\"{}\"", content.escape_ascii()),
    }
}
