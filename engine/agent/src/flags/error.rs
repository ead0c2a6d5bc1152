//! What is wrong with a command line.

use super::{FlagSpec, specs};
use std::sync::LazyLock;
use std::{fmt, io};

/// A flag that cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// There is no such flag.
    #[error("unknown command line flag '{0}'")]
    Unknown(String),
    /// The value is not of the flag's type.
    #[error("illegal value '{value}' specified for {kind} flag '{name}'")]
    Illegal {
        /// The value.
        value: String,
        /// The flag's type.
        kind: &'static str,
        /// The flag.
        name: &'static str,
    },
    /// The value is out of the flag's range.
    #[error("failed validation of new value '{value}' for flag '{name}'")]
    Refused {
        /// The value.
        value: String,
        /// The flag.
        name: &'static str,
    },
    /// `--no` before a flag that is no switch.
    #[error("boolean value ({given}) specified for {kind} command line flag")]
    NoSwitch {
        /// The flag as given.
        given: String,
        /// The flag's type.
        kind: &'static str,
    },
    /// The command line ends where a value should stand.
    #[error("flag '{0}' is missing its argument")]
    MissingValue(String),
}

impl FlagError {
    /// What the user may do about it.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Unknown(name) => nearest(name).map(|near| format!("did you mean --{near}?")),
            Self::Refused { name, .. } => specs::find(name).map(|spec| format!("--{name}: {}", spec.doc)),
            Self::NoSwitch { .. } | Self::Illegal { .. } | Self::MissingValue(_) => None,
        }
    }
}

/// A command line that cannot be followed.
#[derive(Debug)]
pub enum ParseError {
    /// Flags that cannot be set, in name order.
    Flags(Vec<FlagError>),
    /// A flag file that cannot be read.
    File {
        /// Its path.
        path: String,
        /// Why.
        error: io::Error,
    },
}

impl fmt::Display for ParseError {
    /// One line or more, without a newline at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(f, "{path}: {}", os_text(error)),
            Self::Flags(errors) => {
                let lines = errors.iter().map(|error| format!("ERROR: {error}"));
                let advice = errors.iter().filter_map(FlagError::advice).map(|advice| format!("help: {advice}"));
                f.write_str(&lines.chain(advice).collect::<Vec<_>>().join("\n"))
            }
        }
    }
}

impl std::error::Error for ParseError {}

/// An I/O error in the system's words, without Rust's error number.
#[must_use]
pub fn os_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

/// The flag whose name is nearest to a mistyped one, if one is near at all.
fn nearest(name: &str) -> Option<&'static str> {
    if name.len() > 64 {
        return None;
    }
    let given: Vec<char> = name.chars().collect();
    let bare = given.strip_prefix(&['n', 'o']);
    let mut row = Vec::new();
    let letters = letters_of(given.iter().copied());
    // A letter that is dropped or put in is one letter that only one of them has, an exchanged one is two.
    static LETTERS: LazyLock<Vec<(&'static FlagSpec, u64)>> =
        LazyLock::new(|| specs::all().map(|spec| (spec, letters_of(spec.name.chars()))).collect());
    // Most names are too long or too short.
    let shortest = bare.map_or(given.len(), <[char]>::len);
    let near = |(spec, own): &&(&FlagSpec, u64)| {
        let (length, most) = (spec.name.len(), most_mistakes(spec));
        let fits = length > 2 && length + most >= shortest && length <= given.len() + most;
        fits && (letters ^ own).count_ones() as usize <= 2 * most + 2
    };
    let distances = LETTERS.iter().filter(near).filter_map(|(spec, _)| {
        let mut from = |given: &[char]| distance(given, spec.name, most_mistakes(spec), &mut row);
        let found = from(&given).into_iter().chain(bare.and_then(&mut from)).min();
        found.map(|distance| (distance, spec.name))
    });
    distances.min().map(|(_, near)| near)
}

/// In how many letters a name that is near may differ.
const fn most_mistakes(spec: &FlagSpec) -> usize {
    1 + spec.name.len() / 6
}

/// The set of letters of a name.
fn letters_of(name: impl Iterator<Item = char>) -> u64 {
    name.fold(0, |set, letter| set | 1 << (u32::from(letter) & 63))
}

/// How many letters must be added, dropped or replaced to get from one name to the other, if that are not too many. The
/// second name has ASCII letters only, as all flags have; `row` is room to work in.
fn distance(a: &[char], b: &str, most: usize, row: &mut Vec<usize>) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    row.clear();
    row.extend(0..=b.len());
    for (done, x) in a.iter().enumerate() {
        let mut diagonal = done;
        let mut left = done + 1;
        let mut least = left;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (y, cell) in b.bytes().zip(row.iter_mut().skip(1)) {
            let best = (diagonal + usize::from(*x != char::from(y))).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
            least = least.min(best);
        }
        // It only grows from one row to the next.
        if least > most {
            return None;
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        for (name, near) in [
            ("jsno", None),
            ("jsn", Some("json")),
            ("nojsn", Some("json")),
            ("config_pth", Some("config_path")),
            ("disable_event", Some("disable_events")),
            ("disable-events", Some("disable_events")),
            ("l\u{e9}ist", Some("list")),
            ("bogus", None),
            ("", None),
        ] {
            assert_eq!(nearest(name), near, "{name}");
        }
        for (a, b, most, expect) in [
            ("kitten", "sitting", 3, Some(3)),
            ("kitten", "sitting", 2, None),
            ("", "abc", 3, Some(3)),
            ("abc", "", 2, None),
            ("abc", "abc", 0, Some(0)),
            ("a\u{e9}c", "abc", 1, Some(1)),
        ] {
            assert_eq!(distance(&a.chars().collect::<Vec<_>>(), b, most, &mut Vec::new()), expect, "{a} {b}");
        }
    }
}
