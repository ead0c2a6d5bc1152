//! From a command line to an exit code.

use super::describe::VERSION;
use super::profile::{is_pack, measure};
use super::session::Session;
use super::{Ran, Shell, Told};
use crate::console::{Console, Streams, here};
use crate::interrupt::Interrupts;
use crate::own;
use plumb_agent::config::constructed;
use plumb_agent::flags::{Flags, Origin, Parsed, Program, help, os_text, parse};
use plumb_agent::glog::Severity;
use plumb_host::Host;
use plumb_schema::Registry;
use std::borrow::Cow;
use std::io::{BufRead, Write};
use std::sync::Arc;

/// Opens the machine that the flags name; an error is told as it is.
pub type OpenHost<'a> = &'a dyn Fn(&Flags) -> Result<Arc<dyn Host>, String>;

/// What a shell answers about, besides its command line and streams.
pub struct Machine<'a> {
    /// Lists the tables. A daemon's watcher never does.
    pub tables: &'a dyn Fn() -> Registry,
    /// Opens the machine.
    pub open: OpenHost<'a>,
    /// Stops statements at Ctrl-C.
    pub interrupts: Interrupts,
    /// Whether the process is the program's: it listens to signals, and may be a daemon.
    pub owns_process: bool,
}

/// Runs the program with a command line (its first word is the program's name) and answers its exit code.
pub fn shell_main(args: Vec<String>, streams: Streams, machine: Machine<'_>) -> i32 {
    let Streams { mut stdin, mut stdout, mut stderr, terminals } = streams;
    let (program_file, args) = args.split_first().map_or(("", [].as_slice()), |(file, args)| (file.as_str(), args));
    let mut parsed = match parse(args, &|path| own::read(path).map(Cow::Owned)) {
        Ok(parsed) => parsed,
        Err(error) => {
            // There is nobody left to be told that standard error is closed.
            let _ = writeln!(stderr, "{error}");
            return 1;
        }
    };
    let program = which(program_file, &parsed.flags);
    if let Some(text) = information(program, &parsed.flags) {
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        return 0;
    }
    if parsed.flags.bool("check") {
        let (text, code) = crate::daemon::doctor::check(&parsed.flags);
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        return code;
    }
    if parsed.flags.bool("database_dump") {
        return crate::daemon::database_dump::dump(&parsed.flags, &mut stdout, &mut stderr);
    }
    if parsed.flags.bool("config_dump") {
        return crate::daemon::config_dump::dump(&parsed.flags, &mut stdout, &mut stderr);
    }
    if parsed.flags.bool("config_check") {
        return crate::daemon::config_check::check(&parsed.flags, &machine, terminals, &mut stdout, &mut stderr);
    }
    if program == Program::Daemon && !machine.owns_process {
        let _ = writeln!(stderr, "Error: a daemon needs a process of its own");
        return 1;
    }
    if program == Program::Daemon {
        return crate::daemon::main(parsed.flags, &parsed.ignored, &machine, &mut stderr);
    }
    if !parsed.flags.text("profile_pack").is_empty() && !machine.owns_process {
        let _ = writeln!(stderr, "Error: profiling needs a process of its own");
        return 1;
    }
    if machine.owns_process {
        // Without a listener Ctrl-C still ends the program.
        let _ = machine.interrupts.listen();
    }
    let is_measured = machine.owns_process && own::env(measure::VARIABLE).is_some();
    let task = if is_measured { Task::Measure } else { Task::choose(&parsed, terminals.stdin) };
    adapt(&mut parsed.flags, !matches!(task, Task::Prompt), own::env("HOME").as_deref().unwrap_or(""));
    let mut console = Console::new(stdout, stderr, terminals, parsed.flags.bool("verbose"));
    for line in &parsed.ignored {
        console.log(Severity::Info, here!(), &format!("flag file line that sets nothing: {line}"));
    }
    let output = parsed.flags.text("output");
    if !matches!(output, "" | "-") {
        match own::create(output) {
            Ok(writer) => console.redirect(writer),
            Err(error) => {
                let lines = format!("Error: Cannot open output file '{output}'\nhelp: {}", os_text(&error));
                return refuse(&mut console, &lines);
            }
        }
    }
    if let Task::Profile(file) = &task
        && !is_pack(file)
    {
        // Any text is a path.
        let _ = parsed.flags.set("config_path", file, Origin::CommandLine);
    }
    let config = super::config::load(&mut parsed.flags, &mut console);
    let mut tables = (machine.tables)();
    for refused in constructed::add(&mut tables, &config, None) {
        console.log(Severity::Warning, here!(), &refused.line);
    }
    let host = match (machine.open)(&parsed.flags) {
        Ok(host) => host,
        Err(error) => return refuse(&mut console, &format!("Error: {error}")),
    };
    let flags = Arc::new(parsed.flags);
    let mut shell = Shell {
        session: Session::new(&flags),
        flags,
        console,
        host,
        config,
        tables,
        engine: None,
        interrupts: machine.interrupts,
        interactive: matches!(task, Task::Prompt),
    };
    shell.start(task, args, &mut *stdin)
}

fn refuse(console: &mut Console, line: &str) -> i32 {
    console.tell(line);
    1
}

/// Which of the two programs this is: the file's name says it, unless a flag does.
fn which(file: &str, flags: &Flags) -> Program {
    let name = file.rsplit('/').next().unwrap_or_default();
    let is_daemon = name.contains("osqueryd") || name.contains("plumbd");
    if flags.bool("S") || !(is_daemon || flags.bool("D")) { Program::Shell } else { Program::Daemon }
}

/// What `--help` and `--version` print.
fn information(program: Program, flags: &Flags) -> Option<String> {
    if flags.bool("help") || flags.bool("h") {
        Some(help(program, VERSION))
    } else if flags.bool("version") {
        Some(format!("{} version {VERSION}\n", program.name()))
    } else {
        None
    }
}

/// What a shell is to do.
enum Task {
    /// The names of all tables.
    Tables,
    /// All rows of a table.
    All(String),
    /// What is to be said of a query.
    Check(String),
    /// The costs of the queries of a file.
    Profile(String),
    /// The costs of a query, for the process that profiles.
    Measure,
    /// The queries of a pack.
    Pack(String),
    /// The text of an argument: a dot command or SQL.
    Argument(String),
    /// SQL.
    Query(String),
    /// SQL from a file.
    File(String),
    /// What a pipe gives.
    Script,
    /// What a person types.
    Prompt,
}

impl Task {
    /// What the flags and words ask for; of several things the first in this order.
    fn choose(parsed: &Parsed, stdin_is_terminal: bool) -> Self {
        let flag = |name: &str| Some(parsed.flags.text(name)).filter(|text| !text.is_empty()).map(str::to_owned);
        if parsed.flags.bool("L") {
            return Self::Tables;
        }
        let asked = (flag("A").map(Self::All))
            .or_else(|| flag("check_query").map(Self::Check))
            .or_else(|| flag("profile_pack").map(Self::Profile))
            .or_else(|| flag("pack").map(Self::Pack))
            .or_else(|| flag("query").map(Self::Query))
            .or_else(|| flag("query_file").map(Self::File))
            .or_else(|| parsed.words.first().cloned().map(Self::Argument));
        match asked {
            Some(task) => task,
            None if stdin_is_terminal && parsed.flags.i32("profile") == 0 => Self::Prompt,
            None => Self::Script,
        }
    }
}

/// Sets the flags that a shell changes: some always, some unless the user set them, some for one-shot runs.
fn adapt(flags: &mut Flags, one_shot: bool, home: &str) {
    let given = |flags: &Flags, name: &str| flags.origin(name).is_some();
    let has_database = given(flags, "database_path");
    let mut defaults = vec![
        ("disable_events", "true".to_owned()),
        ("hash_delay", "0".to_owned()),
        ("logtostderr", "true".to_owned()),
        ("stderrthreshold", "1".to_owned()),
        ("ignore_registry_exceptions", "true".to_owned()),
        ("ignore_table_exceptions", "true".to_owned()),
        ("database_path", format!("{home}/.osquery/shell.db")),
        ("extensions_socket", format!("{home}/.osquery/shell.em")),
    ];
    if !has_database {
        defaults.push(("disable_database", "true".to_owned()));
    }
    if one_shot {
        defaults.push(("disable_extensions", "true".to_owned()));
    }
    defaults.retain(|(name, _)| !given(flags, name));
    let mut forced = vec!["disable_logging", "disable_watchdog"];
    if one_shot {
        forced.extend(["disable_events", "disable_caching"]);
    }
    defaults.extend(forced.into_iter().map(|name| (name, "true".to_owned())));
    for (name, value) in defaults {
        // The names and values are in the table of flags: a test holds them against it.
        let _ = flags.set(name, &value, Origin::Program);
    }
}

impl Shell {
    fn start(&mut self, task: Task, args: &[String], stdin: &mut dyn BufRead) -> i32 {
        let connect = self.flags.text("connect").to_owned();
        if !connect.is_empty() {
            let ran = self.connect(&connect);
            if ran != Ran::Well {
                return ran.code();
            }
        }
        let extension = self.flags.text("extension").to_owned();
        if !extension.is_empty() {
            let text = format!("extension not started, this build has none yet: {extension}");
            self.console.log(Severity::Warning, here!(), &text);
        }
        match task {
            Task::Tables => Ran::from(self.table_names("")).code(),
            Task::All(table) => self.all(&table).code(),
            Task::Check(sql) => self.check_query(&sql),
            Task::Profile(file) => self.profile_pack(&file, args),
            Task::Measure => self.measure(stdin),
            Task::Pack(name) => self.pack(&name),
            Task::Argument(text) if text.starts_with('.') => self.command(&text).code(),
            Task::Argument(text) | Task::Query(text) => self.query(&text),
            Task::File(path) => self.query_file(&path),
            Task::Script => self.script(stdin),
            Task::Prompt => self.prompt(),
        }
    }

    fn query(&mut self, sql: &str) -> i32 {
        let times = self.flags.i32("profile");
        let ran = match sql {
            "" => Ran::Well,
            sql if times > 0 => self.profile(sql, times),
            sql => self.execute(sql, Told::Plainly),
        };
        ran.code()
    }

    fn query_file(&mut self, path: &str) -> i32 {
        match own::read(path) {
            Ok(sql) => self.query(&String::from_utf8_lossy(&sql)),
            Err(error) => {
                self.console.tell(&format!("Error reading query file '{path}': Cannot open file for reading: {path}"));
                self.console.tell(&format!("help: {}", os_text(&error)));
                1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(args: &[&str]) -> Parsed {
        parse(args, &|_| Err(std::io::ErrorKind::NotFound.into())).unwrap()
    }

    #[test]
    fn programs() {
        for (file, args, program) in [
            ("/usr/bin/plumbi", &[][..], Program::Shell),
            ("/usr/bin/osqueryd", &[], Program::Daemon),
            ("my-osqueryd-5", &[], Program::Daemon),
            ("plumbd", &[], Program::Daemon),
            ("/osqueryd/sh", &[], Program::Shell),
            ("plumbi", &["-D"], Program::Daemon),
            ("osqueryd", &["-S"], Program::Shell),
            ("", &[], Program::Shell),
        ] {
            assert_eq!(which(file, &flags(args).flags), program, "{file} {args:?}");
        }
    }

    #[test]
    fn flags_of_shells() {
        let adapted = |args: &[&str], one_shot| {
            let mut flags = flags(args).flags;
            adapt(&mut flags, one_shot, "/home/x");
            flags
        };
        let names: Vec<&str> = adapted(&[], true)
            .changed()
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
            .into_iter()
            .map(|name| plumb_agent::flags::find(name).unwrap().name)
            .collect();
        assert_eq!(
            names.join(" "),
            "database_path disable_caching disable_database disable_events disable_extensions disable_logging \
             disable_watchdog extensions_socket hash_delay ignore_registry_exceptions ignore_table_exceptions \
             logtostderr stderrthreshold"
        );
        for (args, one_shot, name, value) in [
            (&["--disable_events=false"][..], true, "disable_events", "true"),
            (&["--disable_events=false"], false, "disable_events", "false"),
            (&[], false, "disable_events", "true"),
            (&["--nodisable_extensions"], true, "disable_extensions", "false"),
            (&[], true, "disable_extensions", "true"),
            (&[], false, "disable_extensions", "false"),
            (&["--nodisable_logging"], false, "disable_logging", "true"),
            (&["--database_path=/x"], false, "disable_database", "false"),
            (&["--database_path=/x"], false, "database_path", "/x"),
            (&[], false, "extensions_socket", "/home/x/.osquery/shell.em"),
            (&["--hash_delay=7"], true, "hash_delay", "7"),
        ] {
            assert_eq!(adapted(args, one_shot).text(name), value, "{args:?} {one_shot} {name}");
        }
    }
}
