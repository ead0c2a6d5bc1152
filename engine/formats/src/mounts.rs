//! `/proc/PID/mounts` (fstab(5), proc_pid_mounts(5)): one mount a line, octal escapes.

use crate::Odd;
use crate::lines::lines;
use std::borrow::Cow;

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// What is mounted: a device, a share, or just a name.
    pub device: Vec<u8>,
    /// Where.
    pub path: Vec<u8>,
    /// The type of file system.
    pub kind: Vec<u8>,
    /// Options, separated by commas.
    pub options: Vec<u8>,
}

impl Mount {
    /// Whether one of the options is `name`.
    #[must_use]
    pub fn has_option(&self, name: &[u8]) -> bool {
        self.options.split(|byte| *byte == b',').any(|option| option == name)
    }
}

/// The mounts of a file, in order. Blank lines and comments are passed over.
pub fn mounts(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<Mount> {
    let mut rows = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        // The kernel writes `#` as \043, so that a bare one can only begin a comment.
        if line.trim_ascii().is_empty() || line.first() == Some(&b'#') {
            continue;
        }
        match mount(line) {
            Some(row) => rows.push(row),
            None => odd(Odd { line: index + 1, reason: Cow::Borrowed("no mount point") }),
        }
    }
    rows
}

fn mount(line: &[u8]) -> Option<Mount> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    // A device may have an empty name; then the line begins with the separator.
    let device = line.split(blank).next()?;
    let mut rest = line.get(device.len()..)?.split(blank).filter(|field| !field.is_empty());
    Some(Mount {
        device: unescape(device),
        path: unescape(rest.next()?),
        kind: rest.next().map(unescape).unwrap_or_default(),
        // A comma or an equals sign in a value would otherwise look like what separates options.
        options: rest.next().map(|options| unescape_but(options, b",=")).unwrap_or_default(),
    })
}

/// Turns `\` and three octal digits into the byte they stand for, and `\\` into one backslash; leaves everything else.
#[must_use]
pub fn unescape(field: &[u8]) -> Vec<u8> {
    unescape_but(field, b"")
}

/// As [`unescape`], but leaves some bytes escaped.
fn unescape_but(field: &[u8], keep: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    loop {
        rest = match rest {
            [head @ b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] => {
                let byte = ((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0');
                match keep.contains(&byte) {
                    true => out.extend([*head, *a, *b, *c]),
                    false => out.push(byte),
                }
                tail
            }
            [b'\\', b'\\', tail @ ..] => {
                out.push(b'\\');
                tail
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
            [] => return out,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (field, expect) in [
            (r"/mnt/with\040space", "/mnt/with space"),
            (r"\011\012\134\043", "\t\n\\#"),
            (r"a\\040", r"a\040"),
            (r"\400\04\x", r"\400\04\x"),
            (r"end\", r"end\"),
            ("", ""),
        ] {
            assert_eq!(unescape(field.as_bytes()), expect.as_bytes(), "{field}");
        }
        assert_eq!(unescape(br"\377"), [0xff]);
        assert_eq!(unescape_but(br"lower=a\054b\075\040\134", b",="), br"lower=a\054b\075 \");
    }

    #[test]
    fn fields_of_lines() {
        let mut odd = Vec::new();
        let file =
            b"/dev/sda1 / ext4 rw,noatime 0 0\n\n# c\nalone\n /empty tmpfs rw 0 0\nx\t/y\n\xff /\xfe\r z ignore,rw";
        let rows = mounts(file, &mut |o| odd.push(o.line));
        let seen: Vec<[&[u8]; 4]> =
            rows.iter().map(|row| [&row.device, &row.path, &row.kind, &row.options].map(Vec::as_slice)).collect();
        let expect: [[&[u8]; 4]; 4] = [
            [b"/dev/sda1", b"/", b"ext4", b"rw,noatime"],
            [b"", b"/empty", b"tmpfs", b"rw"],
            [b"x", b"/y", b"", b""],
            [b"\xff", b"/\xfe\r", b"z", b"ignore,rw"],
        ];
        assert_eq!(seen, expect);
        assert_eq!(odd, [4]);
        assert_eq!(rows.iter().map(|row| row.has_option(b"ignore")).collect::<Vec<_>>(), [false, false, false, true]);
    }
}
