//! The command line.

use crate::help;
use lexopt::{Arg, Parser, ValueExt};
use plumb_conformance::run::{self, Plan, SUITES};
use plumb_schema::{AnyTable, Platforms};
use plumb_sql::nearest;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What a person wants.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Prove.
    Run { plan: Plan, folder: PathBuf },
    /// Compare two agents.
    Diff { plan: Plan, folder: PathBuf, names: [String; 2] },
    /// Run a case again.
    Replay { path: PathBuf, agent: Option<String> },
    /// Make a case smaller.
    Shrink { path: PathBuf, agent: Option<String>, output: Option<PathBuf> },
    /// Make a fixture host.
    Record { path: PathBuf },
    /// Ask one question, over virtual tables and over plain copies of them.
    Ask { sql: String, host: Option<String> },
    /// Say what there is.
    List,
    /// Say how shells complete.
    Completion { shell: String },
    /// Explain.
    Help(&'static str),
}

/// Where reports go.
pub(crate) const FOLDER: &str = "target/conform";
/// The part of the time in which trials are begun; the rest is kept for making findings smaller and for the report.
const REPORTING: f64 = 0.9;
/// Seconds that a run may take, unless somebody says so.
const SECONDS: f64 = 110.0;

/// Reads a command line, without the program's name.
///
/// # Errors
/// What is wrong with it, naming the word, and the nearest right one.
pub(crate) fn command(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let args: Vec<OsString> = args.into_iter().collect();
    let first = args.first().map(|arg| arg.to_string_lossy().into_owned());
    let (name, rest) = match first.as_deref() {
        Some("-h" | "--help") => return Ok(Command::Help(help::ALL)),
        None => ("run", args.as_slice()),
        Some(option) if option.starts_with('-') => ("run", args.as_slice()),
        Some(name) => (name, args.get(1..).unwrap_or_default()),
    };
    let found = help::COMMANDS.iter().find(|(known, _)| *known == name);
    let Some((name, text)) = found else {
        let known = help::COMMANDS.iter().map(|(name, _)| *name);
        return Err(format!("there is no command {name}{}; see --help", or(name, known)));
    };
    if rest.iter().any(|arg| arg == "--help" || arg == "-h") {
        return Ok(Command::Help(text));
    }
    let words = Words { parser: Parser::from_args(rest), command: name, help: text };
    match *name {
        "run" => words.run(),
        "diff" => words.diff(),
        "replay" | "shrink" => words.case(),
        "record" => words.one("DIR or FILE").map(|path| Command::Record { path: path.into() }),
        "ask" => words.ask(),
        "completion" => words.one("bash, zsh or fish").map(|shell| Command::Completion { shell }),
        _ => words.list(),
    }
}

/// The rest of a command line.
struct Words {
    parser: Parser,
    command: &'static str,
    help: &'static str,
}

impl Words {
    fn run(mut self) -> Result<Command, String> {
        let mut plan = Plan::default();
        let (mut seconds, mut folder) = (SECONDS, PathBuf::from(FOLDER));
        while let Some(option) = self.option()? {
            match option.as_str() {
                "suite" => plan.suites = self.names("suite", SUITES.iter().map(|suite| suite.name))?,
                "oracle" => plan.oracles = self.names("oracle", run::oracles().into_iter())?,
                // Another agent may have tables that this one has not.
                "table" => plan.tables = self.list_of()?,
                "host" => plan.host = Some(self.value()?),
                "agent" => plan.agent = Some(self.value()?),
                "steady" => plan.steady = true,
                "seed" => plan.seed = self.number(0)?,
                "count" => plan.count = Some(self.number(1)?),
                "time" => seconds = self.seconds()?,
                "report" => folder = self.value()?.into(),
                "jobs" => plan.jobs = usize::try_from(self.number(1)?).unwrap_or(usize::MAX).min(64),
                other => return Err(self.unknown(other)),
            }
        }
        plan.time = Duration::from_secs_f64(seconds * REPORTING);
        known_tables(&plan)?;
        Ok(Command::Run { plan, folder })
    }

    fn diff(mut self) -> Result<Command, String> {
        let (mut plan, mut seconds, mut folder) = (Plan::default(), SECONDS, PathBuf::from(FOLDER));
        let (mut a, mut b) = (None, None);
        while let Some(option) = self.option()? {
            match option.as_str() {
                "a" => a = Some(self.value()?),
                "b" => b = Some(self.value()?),
                "host" => plan.host = Some(self.value()?),
                "table" => plan.tables = self.list_of()?,
                "seed" => plan.seed = self.number(0)?,
                "count" => plan.count = Some(self.number(1)?),
                "time" => seconds = self.seconds()?,
                "report" => folder = self.value()?.into(),
                other => return Err(self.unknown(other)),
            }
        }
        plan.time = Duration::from_secs_f64(seconds * REPORTING);
        match (a, b) {
            (Some(a), Some(b)) => Ok(Command::Diff { plan, folder, names: [a, b] }),
            _ => Err("diff needs two agents: conform diff --a embedded --b osqueryi".to_owned()),
        }
    }

    /// A command about a file with a case.
    fn case(mut self) -> Result<Command, String> {
        let (mut path, mut agent, mut output) = (None, None, None);
        while let Some(arg) = self.next()? {
            match arg {
                Word::Option(option) if option == "agent" => agent = Some(self.value()?),
                Word::Option(option) if option == "output" && self.command == "shrink" => {
                    output = Some(self.value()?.into())
                }
                Word::Option(other) => return Err(self.unknown(&other)),
                Word::Plain(word) if path.is_none() => path = Some(PathBuf::from(word)),
                Word::Plain(word) => return Err(format!("{word} is one file too many")),
            }
        }
        let path = path.ok_or_else(|| format!("{} needs a file: a case, as in conformance/corpus", self.command))?;
        Ok(match self.command {
            "replay" => Command::Replay { path, agent },
            _ => Command::Shrink { path, agent, output },
        })
    }

    /// A command with one word.
    fn one(mut self, what: &str) -> Result<String, String> {
        let mut word = None;
        while let Some(arg) = self.next()? {
            match arg {
                Word::Option(other) => return Err(self.unknown(&other)),
                Word::Plain(text) if word.is_none() => word = Some(text),
                Word::Plain(text) => return Err(format!("{text} is one word too many")),
            }
        }
        word.ok_or_else(|| format!("{} needs {what}", self.command))
    }

    fn ask(mut self) -> Result<Command, String> {
        let (mut sql, mut host) = (None, None);
        while let Some(arg) = self.next()? {
            match arg {
                Word::Option(option) if option == "host" => host = Some(self.value()?),
                Word::Option(other) => return Err(self.unknown(&other)),
                Word::Plain(text) if sql.is_none() => sql = Some(text),
                Word::Plain(text) => return Err(format!("{text:?} is one argument too many: quote the SQL")),
            }
        }
        let sql = sql.ok_or("ask needs a question: conform ask 'SELECT * FROM users'")?;
        Ok(Command::Ask { sql, host })
    }

    fn list(mut self) -> Result<Command, String> {
        match self.option()? {
            None => Ok(Command::List),
            Some(other) => Err(self.unknown(&other)),
        }
    }

    /// The next word.
    fn next(&mut self) -> Result<Option<Word>, String> {
        let arg = self.parser.next().map_err(|error| error.to_string())?;
        Ok(match arg {
            None => None,
            Some(Arg::Long(name)) => Some(Word::Option(name.to_owned())),
            Some(Arg::Short(short)) => Some(Word::Option(short.to_string())),
            Some(Arg::Value(value)) => Some(Word::Plain(value.string().map_err(|error| error.to_string())?)),
        })
    }

    /// The next word, where only options are expected.
    fn option(&mut self) -> Result<Option<String>, String> {
        match self.next()? {
            None => Ok(None),
            Some(Word::Option(name)) => Ok(Some(name)),
            Some(Word::Plain(word)) => Err(format!("{} takes no {word:?}; see conform {0} --help", self.command)),
        }
    }

    fn value(&mut self) -> Result<String, String> {
        let value = self.parser.value().map_err(|error| error.to_string())?;
        value.string().map_err(|error| error.to_string())
    }

    fn number(&mut self, least: u64) -> Result<u64, String> {
        let text = self.value()?;
        match text.parse() {
            Ok(number) if number >= least => Ok(number),
            _ => Err(format!("{text} is not a number of {least} or more")),
        }
    }

    fn seconds(&mut self) -> Result<f64, String> {
        let text = self.value()?;
        match text.parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds < 1e7 => Ok(seconds),
            _ => Err(format!("{text} is not a number of seconds")),
        }
    }

    /// Names that must be known.
    fn names(&mut self, what: &str, known: impl Iterator<Item = &'static str> + Clone) -> Result<Vec<String>, String> {
        let list = self.list_of()?;
        match list.iter().find(|name| !known.clone().any(|known| known == **name)) {
            None => Ok(list),
            Some(name) => Err(format!("there is no {what} {name}{}; see conform list", or(name, known))),
        }
    }

    fn list_of(&mut self) -> Result<Vec<String>, String> {
        Ok(self.value()?.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    fn unknown(&self, name: &str) -> String {
        let known = help::options(self.help);
        let dashes = if name.chars().count() == 1 { "-" } else { "--" };
        let meant = nearest(name, known.iter().map(String::as_str)).map(|near| format!("; did you mean --{near}?"));
        let meant = meant.unwrap_or_else(|| format!("; see conform {} --help", self.command));
        format!("{} has no option {dashes}{name}{meant}", self.command)
    }
}

/// Tables that this agent has not cannot be asked of it.
fn known_tables(plan: &Plan) -> Result<(), String> {
    let registry = plumb_tables::registry();
    let known = || registry.on(Platforms::CURRENT).map(AnyTable::name);
    let unknown = plan.tables.iter().find(|name| !known().any(|known| known == **name));
    match unknown.filter(|_| plan.agent.is_none()) {
        None => Ok(()),
        Some(name) => Err(format!("there is no table {name}{}", or(name, known()))),
    }
}

enum Word {
    Option(String),
    Plain(String),
}

/// The nearest of the known names, for an error.
pub(crate) fn or<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(name, known).map(|near| format!(", did you mean {near}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completion;

    fn read(line: &str) -> Result<Command, String> {
        command(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn an_option_alone_is_a_run() {
        for line in [
            "--seed 7 --count=3 --suite queries,tables --time 50 --jobs 1",
            "run --seed=7 --count 3 --suite=queries,tables --time 50 --jobs 1",
        ] {
            let Ok(Command::Run { plan, .. }) = read(line) else { panic!("{line}") };
            assert_eq!(
                (plan.seed, plan.count, plan.jobs, plan.time),
                (7, Some(3), 1, Duration::from_secs(45)),
                "{line}"
            );
            assert_eq!(plan.suites, ["queries", "tables"], "{line}");
        }
    }

    #[test]
    fn errors_name_the_word_and_the_nearest() {
        for (line, expect) in [
            ("rnu", "no command rnu, did you mean run?"),
            ("run --suit x", "run has no option --suit; did you mean --suite?"),
            ("--suite quaries", "no suite quaries, did you mean queries?"),
            ("--oracle tpl", "no oracle tpl, did you mean tlp?"),
            ("--seed x", "x is not a number"),
            ("--time 0", "0 is not a number of seconds"),
            ("--host", "missing argument"),
            ("run all", "run takes no \"all\""),
            ("ask", "ask needs a question"),
            ("ask select 1", "one argument too many"),
            ("list -x", "list has no option -x"),
            ("--table usres", "no table usres, did you mean users?"),
            ("diff --a embedded", "diff needs two agents"),
            ("replay", "replay needs a file"),
            ("replay a.case --output b", "replay has no option --output"),
            ("record", "record needs DIR or FILE"),
            ("completion bash zsh", "zsh is one word too many"),
        ] {
            let error = read(line).map(|_| ()).expect_err(line);
            assert!(error.contains(expect), "{line}: {error}");
        }
    }

    #[test]
    fn other_commands() {
        let Ok(Command::Diff { plan, names, .. }) = read("diff --a embedded --b=osqueryi --host x --count 3") else {
            panic!()
        };
        assert_eq!(
            (names, plan.host.as_deref(), plan.count),
            (["embedded".into(), "osqueryi".into()], Some("x"), Some(3))
        );
        let Ok(Command::Shrink { path, output, .. }) = read("shrink a.case --output b.case") else { panic!() };
        assert_eq!((path, output), (PathBuf::from("a.case"), Some(PathBuf::from("b.case"))));
        assert!(matches!(read("run --table osquery_only --agent x"), Ok(Command::Run { .. })));
    }

    #[test]
    fn shells_complete_every_option() {
        for shell in completion::SHELLS {
            let script = completion::script(shell).expect(shell);
            for word in ["replay", "completion", "suite", "output", "steady"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
        assert_eq!(completion::script("sh"), None);
    }

    #[test]
    fn every_command_has_help() {
        for (name, text) in help::COMMANDS {
            let Ok(Command::Help(shown)) = read(&format!("{name} --help")) else { panic!("{name}") };
            assert_eq!(shown, *text);
            assert!(text.contains("usage: cargo conform"), "{name}");
            assert!(help::ALL.contains(name), "{name} is not in --help");
        }
    }
}
