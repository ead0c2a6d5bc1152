//! `/proc/PID/maps` (proc(5)): `start-end perms offset major:minor inode      path`.

use crate::Odd;
use crate::lines::{lines, split_once};
use std::borrow::Cow;

/// A mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping<'a> {
    /// First address.
    pub start: u64,
    /// First address after it.
    pub end: u64,
    /// `rwxp`, with `-` for what is not allowed and `s` for shared.
    pub permissions: &'a [u8; 4],
    /// Offset in the file, in bytes.
    pub offset: u64,
    /// `major:minor` of the file system, hexadecimal as written.
    pub device: &'a [u8],
    /// Inode of the file; 0 if there is none.
    pub inode: u64,
    /// The file, or a name such as `[heap]`; empty for anonymous memory. Newlines are unescaped, the kernel's mark
    /// ` (deleted)` is left.
    pub path: Cow<'a, [u8]>,
}

/// The mappings of a process.
pub fn maps<'a>(bytes: &'a [u8], odd: &mut dyn FnMut(Odd)) -> Vec<Mapping<'a>> {
    let mut mappings = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        match mapping(line) {
            Some(mapping) => mappings.push(mapping),
            None => odd(Odd { line: index + 1, reason: Cow::Borrowed("not a memory mapping") }),
        }
    }
    mappings
}

fn mapping(line: &[u8]) -> Option<Mapping<'_>> {
    let (range, rest) = split_once(line, b' ')?;
    let (permissions, rest) = split_once(rest, b' ')?;
    let (offset, rest) = split_once(rest, b' ')?;
    let (device, rest) = split_once(rest, b' ')?;
    // The kernel writes a space after the inode even if no path follows; be content without.
    let (inode, path) = split_once(rest, b' ').unwrap_or((rest, b""));
    let (start, end) = split_once(range, b'-')?;
    split_once(device, b':')?;
    Some(Mapping {
        start: hex(start)?,
        end: hex(end)?,
        permissions: permissions.try_into().ok()?,
        offset: hex(offset)?,
        device,
        inode: std::str::from_utf8(inode).ok()?.parse().ok()?,
        path: unescape(pad(path)),
    })
}

/// Paths stand in a column of their own, after any number of spaces.
fn pad(path: &[u8]) -> &[u8] {
    let start = path.iter().position(|byte| *byte != b' ').unwrap_or(path.len());
    path.get(start..).unwrap_or_default()
}

/// The only byte that the kernel escapes here is the newline.
fn unescape(path: &[u8]) -> Cow<'_, [u8]> {
    const NEWLINE: &[u8] = br"\012";
    if !path.windows(NEWLINE.len()).any(|window| window == NEWLINE) {
        return Cow::Borrowed(path);
    }
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        match rest.strip_prefix(NEWLINE) {
            Some(after) => {
                out.push(b'\n');
                rest = after;
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(out)
}

fn hex(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (tail, path) in [
            ("", ""),
            (" ", ""),
            ("                  [heap]", "[heap]"),
            ("                  /a b  c (deleted)", "/a b  c (deleted)"),
            ("  [anon: x y ]", "[anon: x y ]"),
            (r"  /a\012b\134", "/a\nb\\134"),
        ] {
            let line = format!("7f07f8d38000-7f07f8d5e000 r-xp 00026000 fe:00 326279{tail}\n");
            let mut odd = 0;
            let found = maps(line.as_bytes(), &mut |_| odd += 1);
            let expect = Mapping {
                start: 0x7f07_f8d3_8000,
                end: 0x7f07_f8d5_e000,
                permissions: b"r-xp",
                offset: 0x26000,
                device: b"fe:00",
                inode: 326_279,
                path: path.as_bytes().into(),
            };
            assert_eq!((found.as_slice(), odd), ([expect].as_slice(), 0), "{tail:?}");
        }
    }

    #[test]
    fn odd_lines_lose_only_themselves() {
        let good = "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]";
        for bad in [
            "",
            "x",
            "1-2 rwxp 0 0:0",
            "1 rwxp 0 0:0 0",
            "1-2 rwxp 0 00 0",
            "1-2 rw 0 0:0 0",
            "1-2 rwxp z 0:0 0",
            "1-2 rwxp 0 0:0 -1",
            "1-+2 rwxp 0 0:0 1",
            "11111111111111111-2 rwxp 0 0:0 1",
        ] {
            let mut odd = Vec::new();
            let text = format!("{bad}\n{good}");
            let found = maps(text.as_bytes(), &mut |o| odd.push(o.line));
            assert_eq!((found.len(), odd), (1, vec![1]), "{bad:?}");
        }
        assert_eq!(maps(b"", &mut |_| panic!("nothing is odd about no mappings")), []);
    }
}
