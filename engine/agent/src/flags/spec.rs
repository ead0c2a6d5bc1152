//! What a flag is.

use super::FlagError;
use std::borrow::Cow;

/// The type of a flag's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On or off.
    Bool,
    /// A signed 32-bit integer.
    Int32,
    /// An unsigned 32-bit integer.
    Uint32,
    /// An unsigned 64-bit integer.
    Uint64,
    /// Any text.
    Text,
}

impl Kind {
    /// Its name in messages and in `osquery_flags`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int32 => "int32",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Text => "string",
        }
    }

    /// A value as the flag keeps it (`true`, `false`, decimal numbers); `None` when it is not of this type.
    pub(super) fn normalise(self, value: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Bool => bool_value(value).map(|on| Cow::Borrowed(if on { "true" } else { "false" })),
            Self::Int32 => integer(value)?.try_into().ok().map(|n: i32| n.to_string().into()),
            Self::Uint32 => integer(value)?.try_into().ok().map(|n: u32| n.to_string().into()),
            Self::Uint64 => integer(value)?.try_into().ok().map(|n: u64| n.to_string().into()),
            Self::Text => Some(value.into()),
        }
    }
}

fn bool_value(value: &str) -> Option<bool> {
    const YES: [&str; 5] = ["1", "t", "true", "y", "yes"];
    const NO: [&str; 5] = ["0", "f", "false", "n", "no"];
    let is = |words: [&str; 5]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    if is(YES) {
        Some(true)
    } else if is(NO) {
        Some(false)
    } else {
        None
    }
}

/// Decimal or `0x…`, with a sign, after blanks: what strtoull(3) would take whole.
fn integer(value: &str) -> Option<i128> {
    let value = value.trim_start();
    let (negative, digits) = match value.as_bytes().first()? {
        b'-' => (true, value.get(1..)?),
        b'+' => (false, value.get(1..)?),
        _ => (false, value),
    };
    let (digits, base) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None => (digits, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = i128::from(u64::from_str_radix(digits, base).ok()?);
    Some(if negative { -number } else { number })
}

/// Who may set a flag, and where it is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Only the command line and flag files.
    Cli,
    /// The configuration too.
    Option,
    /// The configuration too, but `--help` does not list it.
    Hidden,
    /// Only the shell's command line.
    Shell,
    /// Part of the grammar itself (`--flagfile`), or a switch of the program: not a row of `osquery_flags`.
    Program,
}

/// One flag.
#[derive(Clone, Copy, Debug)]
pub struct FlagSpec {
    /// Its name, without dashes.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Its value when nobody sets it.
    pub default: &'static str,
    /// Who may set it.
    pub scope: Scope,
    /// What it does.
    pub doc: &'static str,
}

impl FlagSpec {
    /// Whether `osquery_flags` and lists of changed flags show it: the grammar's own and one-letter flags are left out.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.scope != Scope::Program && self.name.len() > 1
    }

    /// Checks a value and brings it into the form that the flag keeps.
    ///
    /// # Errors
    /// When it is not of the flag's type, or out of its range.
    pub fn check<'v>(&self, value: &'v str) -> Result<Cow<'v, str>, FlagError> {
        let illegal = || FlagError::Illegal { value: value.to_owned(), kind: self.kind.name(), name: self.name };
        let value = self.kind.normalise(value).ok_or_else(illegal)?;
        if is_valid(self.name, &value) {
            Ok(value)
        } else {
            Err(FlagError::Refused { value: value.into_owned(), name: self.name })
        }
    }
}

/// Whether a value of the right type is in the flag's range.
fn is_valid(name: &str, value: &str) -> bool {
    match name {
        "alarm_timeout" => value.parse::<u64>().is_ok_and(|seconds| seconds >= 10),
        _ => true,
    }
}

pub(super) const fn cli(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> FlagSpec {
    FlagSpec { name, kind, default, scope: Scope::Cli, doc }
}

pub(super) const fn option(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> FlagSpec {
    FlagSpec { name, kind, default, scope: Scope::Option, doc }
}

pub(super) const fn hidden(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> FlagSpec {
    FlagSpec { name, kind, default, scope: Scope::Hidden, doc }
}

pub(super) const fn shell(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> FlagSpec {
    FlagSpec { name, kind, default, scope: Scope::Shell, doc }
}

pub(super) const fn program(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> FlagSpec {
    FlagSpec { name, kind, default, scope: Scope::Program, doc }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (kind, value, expect) in [
            (Kind::Bool, "1", Some("true")),
            (Kind::Bool, "T", Some("true")),
            (Kind::Bool, "Yes", Some("true")),
            (Kind::Bool, "n", Some("false")),
            (Kind::Bool, "", None),
            (Kind::Bool, "maybe", None),
            (Kind::Int32, "-5", Some("-5")),
            (Kind::Int32, " 0x10", Some("16")),
            (Kind::Int32, "2147483648", None),
            (Kind::Uint32, "4294967295", Some("4294967295")),
            (Kind::Uint32, "4294967296", None),
            (Kind::Uint64, "18446744073709551615", Some("18446744073709551615")),
            (Kind::Uint64, "18446744073709551616", None),
            (Kind::Uint64, "-1", None),
            (Kind::Uint64, "+7", Some("7")),
            (Kind::Uint64, "+-7", None),
            (Kind::Uint64, "5 ", None),
            (Kind::Uint64, "", None),
            (Kind::Uint64, "1.5", None),
            (Kind::Text, "", Some("")),
            (Kind::Text, " a ", Some(" a ")),
        ] {
            assert_eq!(kind.normalise(value).as_deref(), expect, "{kind:?} {value:?}");
        }
    }
}
