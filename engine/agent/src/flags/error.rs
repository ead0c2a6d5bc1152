//! What is wrong with a command line.

use super::specs;
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
    let bare = name.strip_prefix("no").unwrap_or(name);
    specs::all()
        .filter(|spec| spec.name.len() > 2)
        .map(|spec| (distance(name, spec.name).min(distance(bare, spec.name)), spec.name))
        .min()
        .filter(|(distance, near)| *distance <= 1 + near.len() / 6)
        .map(|(_, near)| near)
}

/// How many letters must be added, dropped or replaced to get from one name to the other; names are short.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (done, x) in a.bytes().enumerate() {
        let mut diagonal = done;
        let mut left = done + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (y, cell) in b.bytes().zip(row.iter_mut().skip(1)) {
            let best = (diagonal + usize::from(x != y)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
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
            ("bogus", None),
            ("", None),
        ] {
            assert_eq!(nearest(name), near, "{name}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
