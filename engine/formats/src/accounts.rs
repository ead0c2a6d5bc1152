//! `/etc/passwd` (passwd(5)), `/etc/group` (group(5)): fields separated by colons.

use crate::Odd;
use crate::lines::lines;
use std::borrow::Cow;

/// A line of `/etc/passwd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passwd {
    /// Login name.
    pub name: Vec<u8>,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// The comment (GECOS) field.
    pub gecos: Vec<u8>,
    /// Home directory.
    pub home: Vec<u8>,
    /// Login shell: the rest of the line, colons included, as the C library has it.
    pub shell: Vec<u8>,
}

/// A line of `/etc/group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Group name.
    pub name: Vec<u8>,
    /// Group id.
    pub gid: u32,
    /// Login names of members.
    pub members: Vec<Vec<u8>>,
}

/// The accounts of a passwd file, in file order. Comments, blank lines and NIS entries (`+…`, `-…`) are passed over.
pub fn passwd(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<Passwd> {
    records(bytes, odd, |fields| {
        let [name, _password, uid, gid, rest @ ..] = fields else { return Err("fewer than four fields") };
        let field = |index: usize| rest.get(index).map_or_else(Vec::new, |field| field.to_vec());
        Ok(Passwd {
            name: name.to_vec(),
            uid: id(uid).ok_or("the user id is not a number")?,
            gid: id(gid).ok_or("the group id is not a number")?,
            gecos: field(0),
            home: field(1),
            shell: rest.get(2..).unwrap_or_default().join(&b':'),
        })
    })
}

/// The groups of a group file, in file order; otherwise as [`passwd`].
pub fn group(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<Group> {
    records(bytes, odd, |fields| {
        let [name, _password, gid, rest @ ..] = fields else { return Err("fewer than three fields") };
        // The rest of the line, as the C library has it: a colon makes no name a member.
        let members = rest.join(&b':');
        Ok(Group {
            name: name.to_vec(),
            gid: id(gid).ok_or("the group id is not a number")?,
            members: members
                .split(|byte| *byte == b',')
                .map(trim)
                .filter(|m| !m.is_empty())
                .map(<[u8]>::to_vec)
                .collect(),
        })
    })
}

fn records<T>(bytes: &[u8], odd: &mut dyn FnMut(Odd), parse: impl Fn(&[&[u8]]) -> Result<T, &'static str>) -> Vec<T> {
    let mut rows = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        let line = trim(line);
        if matches!(line.first(), None | Some(b'#' | b'+' | b'-')) {
            continue;
        }
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
        match parse(&fields) {
            Ok(row) => rows.push(row),
            Err(reason) => odd(Odd { line: index + 1, reason: Cow::Borrowed(reason) }),
        }
    }
    rows
}

fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_start()
}

fn id(field: &[u8]) -> Option<u32> {
    std::str::from_utf8(field).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwd_lines() {
        let mut odd = Vec::new();
        let file =
            b"root:x:0:0:root:/root:/bin/bash\n# c\n\n+nis\nbad:x:y:0\nshort:x:1\nmin:x:5:6\n\xff:x:7:8:\xfe:/:/x\n\
            more:x:9:9:g:/:/bin/sh:-c:x";
        let rows = passwd(file, &mut |o| odd.push(o.line));
        let names: Vec<_> = rows.iter().map(|r| (r.name.as_slice(), r.uid, r.gid, r.shell.as_slice())).collect();
        assert_eq!(
            names,
            [
                (b"root".as_slice(), 0, 0, b"/bin/bash".as_slice()),
                (b"min", 5, 6, b""),
                (b"\xff", 7, 8, b"/x"),
                (b"more", 9, 9, b"/bin/sh:-c:x")
            ]
        );
        assert_eq!(odd, [5, 6]);
    }

    #[test]
    fn group_lines() {
        let rows = group(b"a:x:1:b,,c\nb:x:2:\nc:x:3\nd:x:4:b,c:d,e\n", &mut |_| {});
        let members: Vec<usize> = rows.iter().map(|row| row.members.len()).collect();
        assert_eq!(members, [2, 0, 0, 3]);
        assert_eq!(rows[3].members, [&b"b"[..], b"c:d", b"e"]);
    }
}
