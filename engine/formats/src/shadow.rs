//! `/etc/shadow` (shadow(5)), read as the C library reads it: a line that it refuses is no account.

use crate::Odd;
use crate::lines::lines;
use std::borrow::Cow;

/// A line of `/etc/shadow`. Numbers are -1 where the field is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadow {
    /// Login name.
    pub name: Vec<u8>,
    /// The hashed password, or what stands for it.
    pub password: Vec<u8>,
    /// Days from the epoch to the last change of the password.
    pub last_change: i64,
    /// Days between changes, at least.
    pub min: i64,
    /// Days between changes, at most.
    pub max: i64,
    /// Days of warning before the password expires.
    pub warning: i64,
    /// Days after that until the account is disabled.
    pub inactive: i64,
    /// Days from the epoch to the day on which the account expires.
    pub expire: i64,
    /// The reserved field, if it is not empty.
    pub flag: Option<i64>,
}

impl Shadow {
    /// What the password field says: `not_set`, `locked`, `empty` or `active`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self.password.as_slice() {
            b"" => "empty",
            b"!!" => "not_set",
            [b'!' | b'*' | b'x', ..] => "locked",
            _ => "active",
        }
    }

    /// The method of the hash, as crypt(5) marks it: `6` of `$6$salt$…`.
    #[must_use]
    pub fn algorithm(&self) -> Option<&[u8]> {
        let rest = self.password.strip_prefix(b"$")?;
        let method = rest.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').next()?;
        let ended = rest.get(method.len()) == Some(&b'$');
        (ended && !method.is_empty()).then_some(method)
    }
}

/// The accounts of a shadow file, in file order. Comments, blank lines and NIS entries (`+…`, `-…`) are passed over.
pub fn shadow(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<Shadow> {
    let mut rows = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        let line = line.trim_ascii_start();
        if matches!(line.first(), None | Some(b'#' | b'+' | b'-')) {
            continue;
        }
        match account(line) {
            Ok(row) => rows.push(row),
            Err(reason) => odd(Odd { line: index + 1, reason: Cow::Borrowed(reason) }),
        }
    }
    rows
}

/// The old form ends after the fifth field; otherwise eight fields are needed, and the ninth may be missing.
fn account(line: &[u8]) -> Result<Shadow, &'static str> {
    const NUMBER: &str = "a field is not a number";
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
    let [name, password, change, min, max, rest @ ..] = fields.as_slice() else {
        return Err("fewer than five fields");
    };
    if rest.is_empty() && max.is_empty() {
        return Err("ends after the fourth field");
    }
    let number = |field: &&[u8]| signed(field).ok_or(NUMBER);
    let (warning, inactive, expire, flag) = match rest {
        [] => (-1, -1, -1, None),
        [only] if only.trim_ascii_start().is_empty() => (-1, -1, -1, None),
        [_, _, []] => return Err("ends after the seventh field"),
        [warning, inactive, expire] => (number(warning)?, number(inactive)?, number(expire)?, None),
        [warning, inactive, expire, flag] => {
            let flag = if flag.is_empty() { None } else { Some(i64::from(unsigned(flag).ok_or(NUMBER)?)) };
            (number(warning)?, number(inactive)?, number(expire)?, flag)
        }
        [_] | [_, _] => return Err("fewer than eight fields"),
        _ => return Err("more than nine fields"),
    };
    Ok(Shadow {
        name: name.to_vec(),
        password: password.to_vec(),
        last_change: number(change)?,
        min: number(min)?,
        max: number(max)?,
        warning,
        inactive,
        expire,
        flag,
    })
}

/// A 32-bit number, written unsigned and meant signed; -1 if the field is empty.
fn signed(field: &[u8]) -> Option<i64> {
    if field.is_empty() {
        return Some(-1);
    }
    unsigned(field).map(|number| i64::from(number.cast_signed()))
}

fn unsigned(field: &[u8]) -> Option<u32> {
    std::str::from_utf8(field.trim_ascii_start()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Option<Shadow> {
        shadow(line.as_bytes(), &mut |_| {}).pop()
    }

    fn numbers(line: &str) -> Option<[i64; 6]> {
        one(line).map(|row| [row.last_change, row.min, row.max, row.warning, row.inactive, row.expire])
    }

    /// Each was given to fgetspent(3) of glibc 2.36.
    #[test]
    fn lines_as_the_library_reads_them() {
        for (line, expect) in [
            ("a:x:1:2:3:4:5:6:", Some([1, 2, 3, 4, 5, 6])),
            ("a:x:1:2:3:4:5:6", Some([1, 2, 3, 4, 5, 6])),
            ("a:x:::::::", Some([-1; 6])),
            ("a:x:1:0:99999", Some([1, 0, 99_999, -1, -1, -1])),
            ("a:x:1:0:99999:", Some([1, 0, 99_999, -1, -1, -1])),
            ("a:x:1:0:99999: ", Some([1, 0, 99_999, -1, -1, -1])),
            ("a:x::::", Some([-1; 6])),
            ("  a:x:1:2:3: 4:+5:6:", Some([1, 2, 3, 4, 5, 6])),
            ("a:x:2147483648:4294967295:00005:0:0:0:", Some([-2_147_483_648, -1, 5, 0, 0, 0])),
            ("a:x:4294967296::::::", None),
            ("a:x:-1::::::", None),
            ("a:x:5 ::::::", None),
            ("a:x:0x5::::::", None),
            ("a:x:1:0:2:3:4:5:6", Some([1, 0, 2, 3, 4, 5])),
            ("a:x:1:0:2:3:4:5:x", None),
            ("a:x:1:0:2:3:4:5:4294967296", None),
            ("a:x:1:0:2:3:4:5:6:7", None),
            ("a:x:1:0:2:3:4:", None),
            ("a:x:1:0:2:3:4", None),
            ("a:x:1:0:2:3", None),
            ("a:x:1:0:2 ", None),
            ("a:x:1:0", None),
            ("a:x:::", None),
            ("a", None),
            ("#a:x:1:2:3:4:5:6:", None),
            ("+a:x:1:2:3:4:5:6:", None),
            ("", None),
        ] {
            assert_eq!(numbers(line), expect, "{line:?}");
        }
    }

    #[test]
    fn passwords() {
        for (password, status, algorithm) in [
            ("", "empty", None),
            ("!!", "not_set", None),
            ("!", "locked", None),
            ("!$6$s$h", "locked", None),
            ("*", "locked", None),
            ("x", "locked", None),
            ("$6$salt$hash", "active", Some("6")),
            ("$y$j9T$s$h", "active", Some("y")),
            ("$2b$10$h", "active", Some("2b")),
            ("$$x", "active", None),
            ("$md5,rounds=5$s$h", "active", None),
            ("$6", "active", None),
            ("abJnggxhB/yWI", "active", None),
        ] {
            let row = one(&format!("a:{password}:::::::")).expect("an account");
            assert_eq!(row.status(), status, "{password}");
            assert_eq!(row.algorithm(), algorithm.map(str::as_bytes), "{password}");
        }
        assert_eq!(one("a:x:::::::4294967295").expect("an account").flag, Some(4_294_967_295));
    }

    #[test]
    fn a_bad_line_loses_only_itself() {
        let mut odd = Vec::new();
        let rows = shadow(b"a:x:::::::\n\nb:x\n\xff:\xfe:1::::::\n", &mut |o| odd.push(o.line));
        assert_eq!(rows.iter().map(|row| row.name.as_slice()).collect::<Vec<_>>(), [b"a".as_slice(), b"\xff"]);
        assert_eq!(odd, [3]);
    }
}
