//! Hostile hosts: the files that a table reads, and what its kernel says, made odd in a few places.
//!
//! Which files those are is not listed anywhere: each table is run once over the small host (`hosts/small.txt`) by
//! something that writes down what is asked for. Everything there starts out valid, so that one odd thing meets a table
//! that otherwise has rows; then a few attacks change contents, links, kinds, names, errors and metadata.

pub mod asked;
mod content;
pub mod powers;
pub mod small;

use crate::oracles::table_laws::Subject as Reading;
use arbitrary::{Result, Unstructured};
use asked::Asked;
pub(crate) use content::{attacked, token};
use plumb_host::{Access, FileKind, Host, Mem, Moment, join, parent};
use plumb_schema::{AnyTable, Constraint, Op, Ops, Options, Platforms, Spec, Type, Value};
use powers::{Answers, Numbers, Powers};
use small::Item;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

/// A table and the part of the small host that it reads.
pub struct Subject {
    /// The table.
    pub table: &'static dyn AnyTable,
    /// What it asks for and is there, and links on the way.
    items: Vec<(Vec<u8>, Item)>,
    /// What it asks for and is not there.
    missing: Vec<Vec<u8>>,
}

impl Subject {
    /// Whether there are files that it reads.
    #[must_use]
    pub fn reads(&self) -> bool {
        !self.items.is_empty()
    }
}

/// Paths of a table that are attacked; the rest of a large table repeats them.
const MOST_PATHS: usize = 150;

/// Every table, by name, with what it reads.
pub fn subjects() -> &'static BTreeMap<&'static str, Subject> {
    static SUBJECTS: OnceLock<BTreeMap<&'static str, Subject>> = OnceLock::new();
    SUBJECTS.get_or_init(|| {
        plumb_tables::registry().on(Platforms::CURRENT).map(|table| (table.name(), subject(table))).collect()
    })
}

fn subject(table: &'static dyn AnyTable) -> Subject {
    let (mut items, mut missing) = (BTreeMap::new(), Vec::new());
    let there: BTreeMap<&[u8], &Item> = small::items().iter().map(|(path, item)| (path.as_slice(), item)).collect();
    for path in ask(table) {
        let mut place = path.clone();
        // Links on the way belong to it.
        for _ in 0..8 {
            let link = ancestors(&place).find_map(|at| match there.get(at) {
                Some(Item::Link(target)) => Some((at.to_vec(), target.clone())),
                _ => None,
            });
            let Some((at, target)) = link else { break };
            items.insert(at.clone(), Item::Link(target.clone()));
            let below = place.get(at.len()..).unwrap_or_default().to_vec();
            place = [resolved(&at, &target), below].concat();
        }
        match there.get(place.as_slice()) {
            Some(item) => drop(items.insert(place, (*item).clone())),
            None if there.keys().any(|path| path.starts_with(&join(&place, b""))) => {}
            None => missing.push(path),
        }
    }
    Subject { table, items: items.into_iter().take(MOST_PATHS).collect(), missing }
}

/// What a table asks for on the small host. With no kernel to ask it has to read.
fn ask(table: &'static dyn AnyTable) -> Vec<Vec<u8>> {
    if table.is_constrained() {
        return small::items()
            .iter()
            .map(|(path, _)| path.clone())
            .filter(|path| !path.starts_with(b"/proc/1/"))
            .collect();
    }
    let host = Arc::new(Asked::new(Arc::new(small::small().files)));
    let shared = Arc::clone(&host) as Arc<dyn Host>;
    for pid in [None, Some(42)] {
        let namespace = pid.map(|pid| Constraint { column: NAMESPACE, op: Op::Eq, values: vec![Value::Int(pid)] });
        let chosen: Vec<Constraint> =
            namespace.into_iter().filter(|_| table.specs().any(|spec| spec.name == NAMESPACE)).collect();
        Reading { host: &shared, table, chosen: &chosen }.whole();
    }
    host.paths()
}

const NAMESPACE: &str = "pid_with_namespace";

/// A path and the directories on the way to it, shortest first.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/').map(|(place, _)| place);
    slashes.chain([path.len()]).filter_map(|end| path.get(..end))
}

/// Where a link leads, by its text alone.
fn resolved(link: &[u8], target: &[u8]) -> Vec<u8> {
    let mut at = if target.starts_with(b"/") { b"/".to_vec() } else { parent(link).to_vec() };
    for name in target.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".") {
        at = if name == b".." { parent(&at).to_vec() } else { join(&at, name) };
    }
    at
}

/// A hostile host and a question about it.
#[derive(Debug)]
pub struct Hostile {
    /// The host.
    pub host: Powers,
    /// The constraints that a constrained table needs, and sometimes others.
    pub chosen: Vec<Constraint>,
    /// Whether what is listed can be looked up: not where stat fails.
    pub steady: bool,
    /// What is odd about it, for people.
    pub told: String,
}

/// Makes a hostile host for a table.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn hostile(u: &mut Unstructured<'_>, subject: &Subject) -> Result<Hostile> {
    let mut maker = Maker { subject, files: BTreeMap::new(), late: Vec::new(), told: String::new(), host: None };
    // Now and then there is nothing but what is attacked.
    let bare = u.arbitrary::<u8>()? == 0xba;
    for (path, item) in subject.items.iter().filter(|_| !bare) {
        maker.files.insert(path.clone(), Thing::Item(item.clone()));
    }
    let mut host = Powers::new(Mem::new());
    for _ in 0..u.int_in_range(1..=8)? {
        maker.attack(u, &mut host)?;
        if u.is_empty() {
            break;
        }
    }
    let chosen = chosen(u, subject)?;
    maker.finish(host, chosen)
}

/// What stands at a path of a hostile host.
#[derive(Clone, Debug)]
enum Thing {
    Item(Item),
    Node(FileKind),
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

impl Late {
    fn tell(&self) -> String {
        match self {
            Self::Fault(path, access, errno) => format!("{}: {access:?} fails with error {errno}", path.escape_ascii()),
            Self::Closed(path, errno) => format!("{}: closed with error {errno}", path.escape_ascii()),
            Self::Meta(path, number) => format!("{}: all numbers of stat are {number}", path.escape_ascii()),
        }
    }
}

struct Maker<'s> {
    subject: &'s Subject,
    files: BTreeMap<Vec<u8>, Thing>,
    late: Vec<Late>,
    told: String,
    host: Option<Moment>,
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
    /// A path that the table asks for, whether it is there or not.
    fn path(&self, u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
        let (items, missing) = (&self.subject.items, &self.subject.missing);
        let place = u.int_in_range(0..=(items.len() + missing.len()).saturating_sub(1))?;
        let found = items.get(place).map(|(path, _)| path).or_else(|| missing.get(place - items.len()));
        Ok(found.cloned().unwrap_or_else(|| b"/etc/passwd".to_vec()))
    }

    /// A path on the way to one that the table asks for, or that one.
    fn way(&self, u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
        let path = self.path(u)?;
        let steps: Vec<&[u8]> = ancestors(&path).collect();
        let back = u.int_in_range(0..=2)?;
        Ok(steps.iter().rev().nth(back).map_or(path.clone(), |step| step.to_vec()))
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
                self.late.push(Late::Fault(path, access, errno));
            }
            13 => {
                let path = self.way(u)?;
                self.late.push(Late::Meta(path, *u.choose(&NUMBERS)?));
            }
            14 => {
                let path = self.way(u)?;
                self.files.retain(|there, _| !there.starts_with(&path));
                let _ = writeln!(self.told, "{}: gone", path.escape_ascii());
            }
            15 | 16 => self.sibling(u)?,
            17 => {
                let (path, errno) = (self.way(u)?, *u.choose(&ERRNOS)?);
                self.late.push(Late::Closed(path, errno));
            }
            18 => {
                let secs = *u.choose(&NUMBERS)?;
                self.host = Some(Moment { secs, nanos: 999_999_999 });
            }
            _ => self.powers(u, host)?,
        }
        Ok(())
    }

    fn content(&self, u: &mut Unstructured<'_>, path: &[u8]) -> Result<Vec<u8>> {
        let now = match self.files.get(path) {
            Some(Thing::Item(Item::File(content, _))) => content,
            _ => self.other(u)?,
        };
        let other = self.other(u)?;
        attacked(u, now, other)
    }

    /// The content of one of the table's files.
    fn other(&self, u: &mut Unstructured<'_>) -> Result<&[u8]> {
        let contents: Vec<&[u8]> = self
            .subject
            .items
            .iter()
            .filter_map(|(_, item)| if let Item::File(content, _) = item { Some(&**content) } else { None })
            .collect();
        if contents.is_empty() { Ok(b"0\n") } else { u.choose(&contents).copied() }
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
        let thing = self.files.get(&path).cloned().unwrap_or(Thing::Item(Item::plain(&b"0\n"[..])));
        self.set(renamed, thing);
        Ok(())
    }

    fn powers(&mut self, u: &mut Unstructured<'_>, host: &mut Powers) -> Result<()> {
        match u.int_in_range(0..=7)? {
            0 => {
                host.live = true;
                host.own_pid = Some(*u.choose(&[1, 42, 0, u32::MAX])?);
            }
            1 => host.own_ids = (*u.choose(&[1000, 0, u32::MAX])?, 0),
            2 => host.env = Some(token(u)?.to_vec()),
            3 => {
                let count = *u.choose(&[0, 1, 4096, u64::MAX, 1 << 63, u64::from(u32::MAX)])?;
                let load = *u.choose(&[0.5, f64::NAN, f64::INFINITY, -1.0, 1e308])?;
                host.numbers = Some(Numbers { name: token(u)?.to_vec(), count, load });
            }
            _ => host.answers = Some(answers(u)?),
        }
        Ok(())
    }

    fn set(&mut self, path: Vec<u8>, thing: Thing) {
        self.files.insert(path, thing);
    }

    fn finish(mut self, mut host: Powers, chosen: Vec<Constraint>) -> Result<Hostile> {
        let valid: BTreeMap<&[u8], &Item> = self.subject.items.iter().map(|(path, item)| (&path[..], item)).collect();
        let mut mem = Mem::new();
        for (path, thing) in &self.files {
            mem = match thing {
                Thing::Item(item) => small::put(mem, path, item),
                Thing::Node(kind) => mem.node(path, *kind),
            };
            let same = matches!(thing, Thing::Item(item) if valid.get(&path[..]) == Some(&item));
            if !same {
                let _ = writeln!(self.told, "{}: {}", path.escape_ascii(), tell(thing));
            }
        }
        for late in &self.late {
            let _ = writeln!(self.told, "{}", late.tell());
            mem = match late {
                Late::Fault(path, access, errno) => mem.fail_on(path, *access, *errno),
                Late::Closed(path, errno) => [Access::Open, Access::Walk, Access::List]
                    .iter()
                    .fold(mem, |mem, access| mem.fail_on(path, *access, *errno)),
                Late::Meta(path, number) => mem.meta(path, |stat| odd_stat(stat, *number)),
            };
        }
        if let Some(now) = self.host {
            mem = mem.clock(now);
        }
        let steady = !self.late.iter().any(|late| matches!(late, Late::Fault(_, Access::Stat, _)));
        self.tell_powers(&host, &chosen);
        host.files = mem;
        Ok(Hostile { host, chosen, steady, told: self.told })
    }

    fn tell_powers(&mut self, host: &Powers, chosen: &[Constraint]) {
        let (live, pid, ids) = (host.live, host.own_pid, host.own_ids);
        let _ = writeln!(self.told, "live {live}, own pid {pid:?}, own ids {ids:?}, now {:?}", self.host);
        if let Some(env) = &host.env {
            let _ = writeln!(self.told, "every variable is {:?}", env.escape_ascii().to_string());
        }
        if let Some(numbers) = &host.numbers {
            let _ = writeln!(self.told, "kernel: {numbers:?}");
        }
        let valid = Answers::valid().messages.len();
        if let Some(answers) = &host.answers {
            let _ = writeln!(self.told, "netlink: the valid messages, then error {:?}, and", answers.error);
            for (kind, message) in answers.messages.iter().skip(valid) {
                let _ = writeln!(self.told, "  of kind {kind}: b\"{}\"", message.escape_ascii());
            }
        }
        if !chosen.is_empty() {
            let _ = writeln!(self.told, "asked{}", condition(chosen));
        }
    }
}

#[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "any number will do")]
fn odd_stat(stat: &mut plumb_host::Stat, number: i64) {
    let wide = number as u64;
    (stat.size, stat.ino, stat.nlink, stat.rdev, stat.blocks) = (wide, wide, wide, wide, wide);
    (stat.uid, stat.gid, stat.mode) = (number as u32, number as u32, number as u32);
    (stat.atime, stat.mtime, stat.ctime, stat.btime) = (number, number, number, Some(number));
}

fn tell(thing: &Thing) -> String {
    match thing {
        Thing::Node(kind) => format!("{kind:?}"),
        Thing::Item(Item::Dir) => "an empty directory".to_owned(),
        Thing::Item(Item::Link(target)) => format!("link to {}", target.escape_ascii()),
        Thing::Item(Item::File(content, _)) if content.len() > 4000 => {
            format!("{} bytes that begin with {}", content.len(), content.get(..400).unwrap_or_default().escape_ascii())
        }
        Thing::Item(Item::File(content, _)) => format!("b\"{}\"", content.escape_ascii()),
    }
}

/// Netlink's valid messages, some of them attacked.
fn answers(u: &mut Unstructured<'_>) -> Result<Answers> {
    let mut answers = Answers::valid();
    let all = answers.messages.clone();
    for _ in 0..u.int_in_range(0..=4)? {
        let (kind, message) = u.choose(&all)?;
        answers.messages.push((*kind, attacked(u, message, message)?));
    }
    if u.arbitrary::<u8>()? & 7 == 7 {
        answers.error = Some(*u.choose(&ERRNOS)?);
    }
    Ok(answers)
}

/// The constraints of the question: one that is required, if any is, and now and then another.
fn chosen(u: &mut Unstructured<'_>, subject: &Subject) -> Result<Vec<Constraint>> {
    let usable: Vec<&Spec> = subject.table.specs().filter(|spec| spec.parameter && spec.uses != Ops::NONE).collect();
    let required: Vec<&Spec> = usable.iter().copied().filter(|spec| spec.options.contains(Options::REQUIRED)).collect();
    let mut chosen = Vec::new();
    if !required.is_empty() {
        let spec = *u.choose(&required)?;
        chosen.push(constraint(u, subject, spec)?);
    }
    if !usable.is_empty() && u.arbitrary::<u8>()? & 3 == 3 {
        let spec = *u.choose(&usable)?;
        chosen.push(constraint(u, subject, spec)?);
    }
    Ok(chosen)
}

fn constraint(u: &mut Unstructured<'_>, subject: &Subject, spec: &Spec) -> Result<Constraint> {
    const OPS: [(Ops, Op); 7] = [
        (Ops::EQ, Op::Eq),
        (Ops::LIKE, Op::Like),
        (Ops::GLOB, Op::Glob),
        (Ops::GT, Op::Gt),
        (Ops::GE, Op::Ge),
        (Ops::LT, Op::Lt),
        (Ops::LE, Op::Le),
    ];
    let usable: Vec<Op> = OPS.iter().filter(|(uses, _)| spec.uses.contains(*uses)).map(|(_, op)| *op).collect();
    let op = *u.choose(&usable)?;
    let count = if op == Op::Eq { u.int_in_range(1..=3)? } else { 1 };
    let values = (0..count).map(|_| value(u, subject, spec, op)).collect::<Result<_>>()?;
    Ok(Constraint { column: spec.name, op, values })
}

fn value(u: &mut Unstructured<'_>, subject: &Subject, spec: &Spec, op: Op) -> Result<Value<'static>> {
    if spec.kind != Type::Text {
        return Ok(match u.int_in_range(0..=3)? {
            0 => Value::Int(42),
            1 => Value::Int(*u.choose(&NUMBERS)?),
            2 => Value::Real(1.5),
            _ => Value::Text(token(u)?.to_vec().into()),
        });
    }
    let place = u.int_in_range(0..=subject.items.len().saturating_sub(1))?;
    let path = subject.items.get(place).map_or(&b"/etc/passwd"[..], |(path, _)| path);
    let text = match (u.int_in_range(0..=9)?, op) {
        (0..=3, Op::Eq) => path.to_vec(),
        (0..=4, _) => join(parent(path), u.choose(&[&b"%"[..], b"%%", b"*", b"?%", b"_%", b"[a-z]*", b"%/%"])?),
        (5, _) => join(parent(path), b""),
        (6, _) => join(path, token(u)?),
        (7, _) => [parent(path), b"/../", path, b"//."].concat(),
        (8, _) => [token(u)?, b"%", token(u)?].concat(),
        _ => token(u)?.to_vec(),
    };
    Ok(Value::Text(text.into()))
}

/// Constraints as a WHERE clause; empty without any.
#[must_use]
pub fn condition(chosen: &[Constraint]) -> String {
    let one = |constraint: &Constraint| {
        let values: Vec<String> = constraint.values.iter().map(literal).collect();
        let word = match constraint.op {
            Op::Eq => return format!("\"{}\" IN ({})", constraint.column, values.join(", ")),
            Op::Like => "LIKE",
            Op::Glob => "GLOB",
            Op::Gt => ">",
            Op::Ge => ">=",
            Op::Lt => "<",
            Op::Le => "<=",
        };
        format!("\"{}\" {word} {}", constraint.column, values.join(""))
    };
    let all: Vec<String> = chosen.iter().map(one).collect();
    if all.is_empty() { String::new() } else { format!(" WHERE {}", all.join(" AND ")) }
}

/// A value as an SQL literal, whatever its bytes.
#[must_use]
pub fn literal(value: &Value<'_>) -> String {
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(int) => int.to_string(),
        Value::Real(real) => format!("{real:?}"),
        Value::Text(text) => format!("CAST(x'{}' AS TEXT)", hex(text)),
        Value::Blob(bytes) => format!("x'{}'", hex(bytes)),
    }
}

#[cfg(test)]
mod tests;
