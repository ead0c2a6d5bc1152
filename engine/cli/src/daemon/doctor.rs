//! `--check`: whether the installation is sound. It looks and changes nothing: files and who may change them, space, what the
//! kernel offers, limits, the clock, and whether another agent runs.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "looks at the program's own installation")]

#[cfg(unix)]
mod files;
#[cfg(target_os = "linux")]
mod kernel;
mod settings;
#[cfg(unix)]
mod surroundings;

use plumb_agent::flags::Flags;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// How good something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Ok,
    Warning,
    Failure,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warn",
            Self::Failure => "fail",
        }
    }
}

/// What was found, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    state: State,
    subject: &'static str,
    text: String,
    remedy: Option<String>,
}

/// What is looked at, and what has been found so far.
struct Exam<'a> {
    flags: &'a Flags,
    /// Where `/proc`, `/sys` and `/run` lie: `/`, but in tests.
    root: &'a Path,
    found: Vec<Finding>,
}

impl<'a> Exam<'a> {
    const fn new(flags: &'a Flags, root: &'a Path) -> Self {
        Self { flags, root, found: Vec::new() }
    }

    fn ok(&mut self, subject: &'static str, text: impl Into<String>) {
        self.found.push(Finding { state: State::Ok, subject, text: text.into(), remedy: None });
    }

    fn warn(&mut self, subject: &'static str, text: impl Into<String>, remedy: impl Into<String>) {
        let remedy = Some(remedy.into());
        self.found.push(Finding { state: State::Warning, subject, text: text.into(), remedy });
    }

    fn fail(&mut self, subject: &'static str, text: impl Into<String>, remedy: impl Into<String>) {
        let remedy = Some(remedy.into());
        self.found.push(Finding { state: State::Failure, subject, text: text.into(), remedy });
    }

    /// A file of the system's own file systems.
    #[cfg(unix)]
    fn system(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The text of such a file, without blanks around it.
    #[cfg(unix)]
    fn read(&self, path: &str) -> Option<String> {
        use std::io::Read;
        let mut text = Vec::new();
        std::fs::File::open(self.system(path)).ok()?.take(1 << 20).read_to_end(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text).trim().to_owned())
    }

    fn all(mut self) -> Vec<Finding> {
        settings::look(&mut self);
        #[cfg(unix)]
        files::look(&mut self);
        #[cfg(unix)]
        surroundings::look(&mut self);
        #[cfg(target_os = "linux")]
        kernel::look(&mut self);
        self.found
    }
}

/// Looks at everything that the flags lead to; answers what is to be printed (as JSON with `--json`) and the exit code: 1 if
/// something is wrong that keeps the daemon from its work.
pub(crate) fn check(flags: &Flags) -> (String, i32) {
    let mut effective = flags.clone();
    if let Ok(config) = plumb_agent::config::Config::load(flags) {
        // What an option is refused for is told with the configuration itself.
        config.apply_options(&mut effective);
    }
    let found = Exam::new(&effective, Path::new("/")).all();
    let text = if flags.bool("json") { format!("{:#}\n", as_json(&found)) } else { as_text(&found) };
    (text, i32::from(count(&found, State::Failure) > 0))
}

fn count(found: &[Finding], state: State) -> usize {
    found.iter().filter(|finding| finding.state == state).count()
}

fn as_text(found: &[Finding]) -> String {
    let width = found.iter().map(|finding| finding.subject.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Finding { state, subject, text: what, remedy } in found {
        text.push_str(&format!("{:4}  {subject:width$}  {what}\n", state.word()));
        if let Some(remedy) = remedy {
            text.push_str(&format!("      {:width$}  -> {remedy}\n", ""));
        }
    }
    let [ok, warnings, failures] = [State::Ok, State::Warning, State::Failure].map(|state| count(found, state));
    text.push_str(&format!("{ok} ok, {warnings} to look at, {failures} wrong\n"));
    text
}

fn as_json(found: &[Finding]) -> Value {
    let checks = found.iter().map(|Finding { state, subject, text, remedy }| {
        json!({ "state": state.word(), "subject": subject, "text": text, "remedy": remedy })
    });
    json!({ "ok": count(found, State::Failure) == 0, "checks": checks.collect::<Vec<Value>>() })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
