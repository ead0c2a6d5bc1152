//! Odd contents, made from valid ones.

use arbitrary::{Result, Unstructured};

/// What tends to surprise a parser.
pub(super) const TOKENS: &[&[u8]] = &[
    b"",
    b"0",
    b"-1",
    b"1",
    b"+5",
    b"007",
    b" ",
    b"\t",
    b"\0",
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    "\u{feff}".as_bytes(),
    "\u{661}".as_bytes(),
    "\u{202e}e\u{301}".as_bytes(),
    b"127",
    b"255",
    b"256",
    b"65535",
    b"65536",
    b"2147483647",
    b"2147483648",
    b"-2147483649",
    b"4294967295",
    b"4294967296",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551615",
    b"18446744073709551616",
    b"99999999999999999999999999999999999999999",
    b"ffffffff",
    b"ffffffffffffffff",
    b"fffffffffffffffff",
    b"0x",
    b"0xffffffffffffffff",
    b"1e400",
    b"-1e-5",
    b"nan",
    b"inf",
    b".",
    b"..",
    b"../../../..",
    b"/",
    b"//",
    b"~",
    b"*",
    b"%%",
    b"?[!]",
    b"\\",
    b"\\\n",
    b"\\0",
    b"\\777",
    b"'",
    b"\"",
    b"\"\\\"",
    b"`",
    b"$(id)",
    b"#",
    b";",
    b":",
    b"::::::::::",
    b"=",
    b"==",
    b",",
    b",,,,",
    b"(",
    b")) ((",
    b"[",
    b"]:",
    b"@",
    b"!",
    b"\r",
    b"\r\n",
    b"\n",
    b"\n\n\n",
    b"::1",
    b"::ffff:1.2.3.4",
    b"1.2.3.4.5",
    b"999.1.1.1/99",
    b"0.0.0.0/0",
    b"fe80::1%eth0",
    b"00:00:00:00:00:00:00:00",
    b"%h",
    b"%s%n%d",
    b"(deleted)",
    b"@include ",
    b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];

/// A long line of a hostile file, and the longest.
const LONG: (usize, usize) = (16 << 10, 1 << 20);

/// The longest content that is usually made by repetition, and now and then.
const REPEATED: (usize, usize) = (4 << 10, 64 << 10);

/// One of [`TOKENS`].
///
/// # Errors
/// Never: an exhausted input means the first.
pub(crate) fn token(u: &mut Unstructured<'_>) -> Result<&'static [u8]> {
    u.choose(TOKENS).copied()
}

/// A content made odd. `other` is one to borrow from.
///
/// # Errors
/// When the bytes run out where they must not.
pub(crate) fn attacked(u: &mut Unstructured<'_>, now: &[u8], other: &[u8]) -> Result<Vec<u8>> {
    let mut content = now.to_vec();
    for _ in 0..u.int_in_range(1..=3)? {
        content = once(u, content, other)?;
        if u.is_empty() || content.len() > LONG.0 {
            break;
        }
    }
    Ok(content)
}

fn once(u: &mut Unstructured<'_>, mut content: Vec<u8>, other: &[u8]) -> Result<Vec<u8>> {
    match u.int_in_range(0..=13)? {
        0 => content = raw(u)?,
        1 => {
            let end = place(u, &content)?;
            content.truncate(end);
        }
        2 | 3 => {
            let (at, with) = (place(u, &content)?, token(u)?);
            content.splice(at..at, with.iter().copied());
        }
        4 => {
            let (at, with) = (place(u, &content)?, raw(u)?);
            let end = content.len().min(at + with.len());
            content.splice(at..end, with);
        }
        5..=7 => content = field(u, &content)?,
        8 => content = lines(u, &content, other)?,
        9 => {
            let ends: &[u8] = u.choose::<&[u8]>(&[b"", b"\r\n", b"\0", b" ", b"\n\n", b"\r"])?;
            content = content.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(ends);
        }
        10 => content = other.to_vec(),
        11 => {
            let at = place(u, &content)?;
            if let Some(byte) = content.get_mut(at) {
                *byte = u.arbitrary()?;
            }
        }
        12 => {
            let most = if u.arbitrary::<u8>()? == 9 { REPEATED.1 } else { REPEATED.0 };
            content = content.repeat(u.int_in_range(0..=20)?.min(most / content.len().max(1)));
        }
        // Long lines are slow, so they are rare, and the longest ones rarer.
        _ if u.arbitrary::<u8>()? & 63 == 9 => {
            let long = if u.arbitrary::<u8>()? & 63 == 9 { LONG.1 } else { LONG.0 };
            let (at, byte) = (place(u, &content)?, u.arbitrary()?);
            content.splice(at..at, std::iter::repeat_n(byte, long));
        }
        _ => {
            content.pop();
        }
    }
    Ok(content)
}

fn place(u: &mut Unstructured<'_>, content: &[u8]) -> Result<usize> {
    u.int_in_range(0..=content.len())
}

fn raw(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let length = u.int_in_range(0..=200_usize)?.min(u.len());
    Ok(u.bytes(length)?.to_vec())
}

/// Puts a token, or nothing, in the place of one field.
fn field(u: &mut Unstructured<'_>, content: &[u8]) -> Result<Vec<u8>> {
    let parts = |byte: &u8| b" \t\n:=,;/()[]|\0".contains(byte);
    let starts: Vec<usize> = (0..content.len())
        .filter(|at| {
            content.get(*at).is_some_and(|byte| !parts(byte))
                && at.checked_sub(1).is_none_or(|before| content.get(before).is_some_and(parts))
        })
        .collect();
    if starts.is_empty() {
        return Ok(token(u)?.to_vec());
    }
    let start = *u.choose(&starts)?;
    let rest = content.get(start..).unwrap_or_default();
    let length = rest.iter().position(parts).unwrap_or(rest.len());
    let mut content = content.to_vec();
    content.splice(start..start + length, token(u)?.iter().copied());
    Ok(content)
}

/// Some lines of two contents in any order, some of them twice.
fn lines(u: &mut Unstructured<'_>, content: &[u8], other: &[u8]) -> Result<Vec<u8>> {
    let all: Vec<&[u8]> =
        content.split_inclusive(|byte| *byte == b'\n').chain(other.split_inclusive(|byte| *byte == b'\n')).collect();
    let mut out = Vec::new();
    for _ in 0..u.int_in_range(0..=12)? {
        if all.is_empty() {
            break;
        }
        out.extend_from_slice(u.choose(&all)?);
    }
    Ok(out)
}
