//! Status lines as osquery's logging library writes them: `W1123 03:52:13.374650 14671 file.rs:12] text`.

use jiff::Zoned;

/// How grave a status line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// For those who want to watch the agent work.
    Info,
    /// Something may be other than expected.
    Warning,
    /// Something was not done.
    Error,
}

impl Severity {
    const fn letter(self) -> char {
        match self {
            Self::Info => 'I',
            Self::Warning => 'W',
            Self::Error => 'E',
        }
    }
}

/// A place in the source: `Place { file: file!(), line: line!() }`.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The file; of a path only the last part is shown.
    pub file: &'static str,
    /// The line.
    pub line: u32,
}

/// Takes status lines: how grave one is, where in the source it was said, and its text.
pub type Say<'a> = &'a dyn Fn(Severity, Place, &str);

/// The place in the source where it stands.
#[macro_export]
macro_rules! here {
    () => {
        $crate::glog::Place { file: file!(), line: line!() }
    };
}

/// A status line, without a newline at its end.
#[must_use]
pub fn status_line(severity: Severity, time: &Zoned, thread: u32, place: Place, text: &str) -> String {
    let file = place.file.rsplit(['/', '\\']).next().unwrap_or_default();
    format!(
        "{}{:02}{:02} {:02}:{:02}:{:02}.{:06} {thread:5} {file}:{}] {text}",
        severity.letter(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.subsec_nanosecond() / 1000,
        place.line,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout() {
        let time: Zoned = "2023-11-23T03:52:13.374650999[UTC]".parse().unwrap();
        for (severity, thread, expect) in [
            (Severity::Warning, 14671, "W1123 03:52:13.374650 14671 file.rs:1012] some text"),
            (Severity::Info, 7, "I1123 03:52:13.374650     7 file.rs:1012] some text"),
            (Severity::Error, 1_234_567, "E1123 03:52:13.374650 1234567 file.rs:1012] some text"),
        ] {
            let place = Place { file: "engine/cli/src/file.rs", line: 1012 };
            assert_eq!(status_line(severity, &time, thread, place, "some text"), expect);
        }
    }
}
