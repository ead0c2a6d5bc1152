//! Text to hosts.

use super::blocks::Block;
use super::escape::{unescape, unhex};
use super::stat::Field;
use super::write::{ACCESSES, ERRORS, KINDS, NETLINK};
use super::{HostText, Item, TextError, Thing};
use plumb_host::{Access, Dump, Moment, Stat};
use std::sync::Arc;

/// Words that begin a block of a host.
pub(crate) fn is_kind(word: &str) -> bool {
    ["file", "nul", "escaped", "hex", "dir", "link", "stat", "xattr", "fail", "clock"].contains(&word)
        || KINDS.iter().any(|(kind, _)| *kind == word)
        || word == NETLINK
}

/// A host from its blocks.
pub(crate) fn host<'t>(blocks: impl IntoIterator<Item = Block<'t>>) -> Result<HostText, TextError> {
    let mut host = HostText::default();
    for block in blocks {
        add(&mut host, &block).map_err(|what| TextError::new(block.line, what))?;
    }
    Ok(host)
}

fn add(host: &mut HostText, block: &Block<'_>) -> Result<(), String> {
    let (kind, rest) = split_word(block.header);
    if kind == "clock" {
        host.clock = Some(moment(rest)?);
        return Ok(());
    }
    if kind == NETLINK {
        host.dumps.push(dump(rest, &block.content)?);
        return Ok(());
    }
    if !is_kind(kind) {
        return Err(format!("{kind:?} is no kind of block that a host has"));
    }
    let (path, rest) = split_word(rest);
    let path = unescape(path)?;
    if !path.starts_with(b"/") {
        return Err(format!("a path should stand behind {kind}, and begin with a slash"));
    }
    if matches!(kind, "stat" | "xattr" | "fail") {
        let known = host.items.iter().rposition(|item| item.path == path);
        let place = known.unwrap_or_else(|| {
            host.items.push(Item { path, ..Item::default() });
            host.items.len() - 1
        });
        return host.items.get_mut(place).map_or(Ok(()), |item| more(item, kind, rest)).and(empty(block));
    }
    let (thing, mode) = thing(kind, rest, block)?;
    let stat = mode.map(|mode| (Field::MODE, i128::from(mode))).into_iter().collect();
    host.items.push(Item { path, thing: Some(thing), stat, ..Item::default() });
    Ok(())
}

fn empty(block: &Block<'_>) -> Result<(), String> {
    if block.content.trim().is_empty() { Ok(()) } else { Err("nothing should stand below this header".to_owned()) }
}

/// What stands at a path, and its mode.
fn thing(kind: &str, rest: &str, block: &Block<'_>) -> Result<(Thing, Option<u32>), String> {
    if kind == "link" {
        empty(block)?;
        return Ok((Thing::Link(unescape(rest)?), None));
    }
    let (mut mode, mut unended) = (None, false);
    for word in rest.split_ascii_whitespace() {
        match (word, u32::from_str_radix(word, 8)) {
            ("unended", _) => unended = true,
            (_, Ok(octal)) if octal <= 0o7777 => mode = Some(octal),
            _ => return Err(format!("{word:?} is neither an octal mode nor the word unended")),
        }
    }
    let node = KINDS.iter().find(|(name, _)| *name == kind).map(|(_, kind)| Thing::Node(*kind));
    let fixed = if kind == "dir" { Some(Thing::Dir) } else { node };
    if let Some(thing) = fixed {
        empty(block)?;
        return Ok((thing, mode));
    }
    let bytes = bytes(kind, &block.content, unended)?;
    Ok((Thing::File(Arc::from(bytes)), mode))
}

/// The bytes that a text stands for.
pub(crate) fn bytes(kind: &str, content: &str, unended: bool) -> Result<Vec<u8>, String> {
    let text = if unended { content.strip_suffix('\n').unwrap_or(content) } else { content };
    match kind {
        "file" => Ok(text.as_bytes().to_vec()),
        "nul" => Ok(text.bytes().map(|byte| if byte == b'\n' { 0 } else { byte }).collect()),
        "escaped" => unescape(text),
        "hex" => unhex(text),
        other => Err(format!("{other:?} is no way to write bytes: file, nul, escaped, hex")),
    }
}

/// More that is said of a path.
fn more(item: &mut Item, kind: &str, rest: &str) -> Result<(), String> {
    match kind {
        "stat" => {
            for word in rest.split_ascii_whitespace() {
                let (name, value) = word.split_once('=').ok_or_else(|| format!("{word:?} should be NAME=VALUE"))?;
                let field = Field::named(name).ok_or_else(|| format!("stat has no field {name:?}"))?;
                let radix = if name == "mode" { 8 } else { 10 };
                let number = i128::from_str_radix(value, radix).ok();
                let number = number.filter(|number| field.set(&mut Stat::default(), *number));
                item.stat.retain(|(known, _)| *known != field);
                item.stat.push((field, number.ok_or_else(|| format!("{value:?} is no {name}"))?));
            }
        }
        "xattr" => {
            let (name, value) = split_word(rest);
            item.xattrs.push((unescape(name)?, unescape(value)?));
        }
        _ => {
            let (access, error) = split_word(rest);
            let known = ERRORS.iter().find(|(name, _)| *name == error).map(|(_, errno)| *errno);
            let errno = known.or_else(|| error.parse().ok());
            let errno = errno.ok_or_else(|| format!("{error:?} is no error: a number, or a name like EACCES"))?;
            let named = ACCESSES.iter().find(|(name, _)| *name == access).map(|(_, access)| *access);
            match (access, named) {
                ("all", _) => item.faults.extend(Access::ALL.map(|access| (access, errno))),
                (_, Some(access)) => item.faults.push((access, errno)),
                _ => return Err(format!("{access:?} is no access: all, open, read, list, stat, walk, xattrs")),
            }
        }
    }
    Ok(())
}

fn moment(text: &str) -> Result<Moment, String> {
    let (secs, nanos) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let digits = nanos.len() <= 9 && nanos.bytes().all(|byte| byte.is_ascii_digit());
    let nanos = if digits { format!("{nanos:0<9}").parse().ok() } else { None };
    let moment = secs.parse().ok().zip(nanos).map(|(secs, nanos)| Moment { secs, nanos });
    moment.ok_or_else(|| format!("{text:?} should be seconds since 1970, with a point before parts of them"))
}

/// A request of netlink, and the datagrams of the answer.
fn dump(request: &str, content: &str) -> Result<Dump, String> {
    let (protocol, rest) = split_word(request);
    let (kind, rest) = split_word(rest);
    let (body, namespace) = split_word(rest);
    let numbers = protocol.parse().ok().zip(kind.parse().ok());
    let (protocol, kind) = numbers
        .ok_or_else(|| format!("{protocol:?} and {kind:?} should be the numbers of a protocol and of a request"))?;
    let body = match body {
        "-" => Vec::new(),
        "" => return Err("the body of the request should stand here, or a dash for none".to_owned()),
        digits => unhex(digits)?,
    };
    let datagrams = content.split("\n\n").map(unhex).filter(|datagram| datagram.as_ref() != Ok(&Vec::new()));
    Ok(Dump { protocol, kind, body, namespace: unescape(namespace)?, datagrams: datagrams.collect::<Result<_, _>>()? })
}

/// The first word, and what stands behind the blank after it.
pub(crate) fn split_word(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}
