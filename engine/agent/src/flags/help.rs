//! The list of flags that `--help` prints.

use super::{FlagSpec, Kind, Scope, all};

/// The two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The shell.
    Shell,
    /// The daemon.
    Daemon,
}

impl Program {
    /// The program's name, whatever its file is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shell => "plumbi",
            Self::Daemon => "plumbd",
        }
    }
}

/// What `--help` prints.
#[must_use]
pub fn help(program: Program, version: &str) -> String {
    let mut sections = vec![
        ("plumb command line flags:", section(&[Scope::Cli])),
        ("plumb configuration options (set by config or CLI flags):", section(&[Scope::Option])),
    ];
    if program == Program::Shell {
        sections.push(("plumb shell-only CLI flags:", section(&[Scope::Shell])));
    }
    if let Some((_, first)) = sections.first_mut() {
        first.insert(0, ("--flagfile PATH".to_owned(), "File with more flags, one a line, values after ="));
    }
    let longest = sections.iter().flat_map(|(_, lines)| lines).map(|(flag, _)| flag.len()).max().unwrap_or(0);
    let words = if program == Program::Shell { " [SQL STATEMENT]" } else { "" };
    let mut text = format!("plumb {version}, a host's state as tables\nUsage: {} [OPTION]...{words}\n", program.name());
    for (heading, lines) in &sections {
        text.push('\n');
        text.push_str(heading);
        text.push('\n');
        for (flag, doc) in lines {
            text.push_str(&format!("    {flag:longest$}  {doc}\n"));
        }
    }
    text.push_str("\nFlags given to the program that runs: select * from osquery_flags.\n");
    text
}

fn section(scopes: &[Scope]) -> Vec<(String, &'static str)> {
    let mut specs: Vec<&FlagSpec> = all().filter(|spec| scopes.contains(&spec.scope)).collect();
    specs.sort_unstable_by_key(|spec| spec.name);
    specs.into_iter().map(|spec| (usage(spec), spec.doc)).collect()
}

fn usage(spec: &FlagSpec) -> String {
    match spec.kind {
        Kind::Bool => format!("--{}", spec.name),
        _ => format!("--{} VALUE", spec.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout() {
        let text = help(Program::Shell, "1.2.3");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "Usage: plumbi [OPTION]... [SQL STATEMENT]");
        assert_eq!((lines[2], lines[3]), ("", "plumb command line flags:"));
        assert!(lines[4].starts_with("    --flagfile PATH "));
        let flags: Vec<&&str> = lines.iter().filter(|line| line.starts_with("    --")).collect();
        let doc_column = |line: &str| {
            line[4..].find("  ").map(|gap| gap + 4 + line[4 + gap..].len() - line[4 + gap..].trim_start().len())
        };
        let column = doc_column(flags[0]);
        assert!(flags.iter().all(|line| doc_column(line) == column));
        let longest = flags.iter().map(|line| line[4..column.unwrap()].trim_end().len()).max().unwrap();
        assert_eq!(column, Some(4 + longest + 2));
        assert!(text.contains("\n    --json "));
        assert!(text.contains("\n    --A VALUE "));
        assert!(!text.contains("--worker_threads") && !text.contains("--undefok"));
    }

    #[test]
    fn the_daemon_has_no_shell_flags() {
        let text = help(Program::Daemon, "1.2.3");
        assert!(text.contains("\nUsage: plumbd [OPTION]...\n"));
        assert!(!text.contains("shell-only") && !text.contains("--json "));
    }
}
