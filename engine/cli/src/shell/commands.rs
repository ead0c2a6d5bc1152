//! Dot commands: which there are, how they are found, and those that are simple.

use super::session::Look;
use super::words::{split, truth};
use super::{Ran, Shell, Told};
use crate::own;
use plumb_agent::flags::os_text;

/// One dot command.
struct Command {
    name: &'static str,
    /// How many letters of the name must be given.
    letters: usize,
    /// The fewest and the most arguments.
    arguments: (usize, usize),
    usage: &'static str,
    doc: &'static str,
    run: fn(&mut Shell, &Given<'_>) -> Ran,
}

/// A dot command as it was given.
pub(super) struct Given<'a> {
    /// The words behind the name.
    pub(super) words: &'a [String],
    /// Everything behind the name as it stands.
    pub(super) rest: &'a str,
}

impl Given<'_> {
    /// The first argument; empty if there is none.
    pub(super) fn first(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }
}

const ANY: usize = usize::MAX;

const fn command(
    name: &'static str,
    letters: usize,
    arguments: (usize, usize),
    usage: &'static str,
    doc: &'static str,
    run: fn(&mut Shell, &Given<'_>) -> Ran,
) -> Command {
    Command { name, letters, arguments, usage, doc, run }
}

/// Of several commands that begin with what was typed, the first that takes the arguments is meant.
#[rustfmt::skip]
static COMMANDS: &[Command] = &[
    command("all", 1, (1, 1), ".all TABLE", "Print all rows of a table", |shell, given| shell.all(given.first())),
    command("bail", 3, (1, 1), ".bail on|off", "Stop after the first error, or go on", |shell, given| shell.switch(given, |s| &mut s.bail)),
    command("connect", 1, (1, 1), ".connect PATH", "Ask the agent behind an extension socket", |shell, given| shell.connect(given.first())),
    command("disconnect", 1, (0, 0), ".disconnect", "Ask this machine again", |shell, _| shell.disconnect()),
    command("echo", 1, (1, 1), ".echo on|off", "Print what is run before it is run", |shell, given| shell.switch(given, |s| &mut s.echo)),
    command("exit", 1, (0, ANY), ".exit [CODE]", "Leave", |_, given| leave(given)),
    command("features", 1, (0, ANY), ".features", "Print the switches that enable and disable things", |shell, _| shell.features()),
    command("headers", 2, (1, 1), ".headers on|off", "Print column names, or not", |shell, given| shell.switch(given, |s| &mut s.header)),
    command("help", 1, (0, ANY), ".help", "Print this list", |shell, _| shell.help()),
    command("list", 1, (0, 1), ".list [PREFIX]", "Print the names of tables (as .tables)", |shell, given| shell.table_names(given.first()).into()),
    command("mode", 1, (1, 1), ".mode MODE", "Print rows as: csv, column, line, list, pretty", |shell, given| shell.mode(given.first())),
    command("nullvalue", 1, (1, 1), ".nullvalue TEXT", "Print this for NULL in csv, column, line and list", |shell, given| shell.set_null(given.first())),
    command("print", 3, (0, ANY), ".print WORD...", "Print words", |shell, given| shell.console.print(&given.words.join(" ")).into()),
    command("quit", 1, (0, 0), ".quit", "Leave", |_, _| Ran::Leave(None)),
    command("schema", 1, (0, 1), ".schema [PREFIX]", "Print how tables are declared", |shell, given| shell.schema(given.first()).into()),
    command("separator", 2, (1, 1), ".separator TEXT", "Put this between values in csv and list", |shell, given| shell.set_separator(given.first())),
    command("show", 2, (0, 0), ".show", "Print the settings of this shell", |shell, _| shell.show().into()),
    command("socket", 2, (0, ANY), ".socket", "Print the path of the extension socket", |shell, _| shell.socket()),
    command("summary", 2, (0, 0), ".summary", "Print the settings of this shell (as .show)", |shell, _| shell.show().into()),
    command("tables", 2, (0, 1), ".tables [PREFIX]", "Print the names of tables", |shell, given| shell.table_names(given.first()).into()),
    command("types", 2, (1, ANY), ".types SQL", "Print the columns of a result and their types", |shell, given| shell.types(given.rest)),
    command("timeout", 5, (1, 1), ".timeout MS", "Accepted and without effect: nothing here is locked", |_, _| Ran::Well),
    command("timer", 5, (1, 1), ".timer on|off", "Print how long statements take, or not", |shell, given| shell.switch(given, |s| &mut s.timer)),
    command("version", 1, (0, ANY), ".version", "Print the versions of Plumb and SQLite", |shell, _| shell.versions().into()),
    command("width", 1, (1, ANY), ".width N...", "Print columns of these widths; a negative one aligns to the right", |shell, given| shell.widths(given)),
];

/// The names of all dot commands.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}

fn leave(given: &Given<'_>) -> Ran {
    let digits: String = given.first().chars().take_while(char::is_ascii_digit).collect();
    match digits.parse() {
        Ok(code) if code != 0 => Ran::Leave(Some(code)),
        _ => Ran::Leave(None),
    }
}

impl Shell {
    /// Runs a dot command, given with its dot.
    pub(super) fn command(&mut self, line: &str) -> Ran {
        if self.session.echo
            && let Err(closed) = self.console.print(line)
        {
            return Ran::Stop(closed.code);
        }
        let line = line.strip_prefix('.').unwrap_or(line);
        let words = split(line);
        let Some((name, arguments)) = words.split_first() else {
            return Ran::Well;
        };
        let fits = |command: &&Command| {
            let (fewest, most) = command.arguments;
            name.len() >= command.letters
                && command.name.starts_with(name.as_str())
                && (fewest..=most).contains(&arguments.len())
        };
        let ran = match COMMANDS.iter().find(fits) {
            Some(command) => {
                let rest = line.trim_start().split_once(|c: char| c.is_ascii_whitespace()).map_or("", |(_, rest)| rest);
                (command.run)(self, &Given { words: arguments, rest })
            }
            None => self
                .refuse(&format!("Error: unknown command or invalid arguments:  \"{name}\". Enter \".help\" for help")),
        };
        match (ran, self.console.flush()) {
            (Ran::Well, Err(closed)) => Ran::Stop(closed.code),
            (ran, _) => ran,
        }
    }

    /// Tells why a dot command failed.
    fn refuse(&mut self, line: &str) -> Ran {
        self.console.tell(line);
        Ran::Failed(1)
    }

    pub(super) fn all(&mut self, table: &str) -> Ran {
        self.execute(&format!("SELECT * FROM {table}"), Told::AboutTable(table))
    }

    fn switch(&mut self, given: &Given<'_>, setting: fn(&mut super::Session) -> &mut bool) -> Ran {
        let on = truth(given.first());
        if on.is_none() {
            self.console.tell(&format!("ERROR: Not a boolean value: \"{}\". Assuming \"no\".", given.first()));
        }
        *setting(&mut self.session) = on.unwrap_or(false);
        Ran::Well
    }

    /// Another agent's socket. This build cannot speak to one yet, and says so once it is sure that one is there.
    pub(super) fn connect(&mut self, path: &str) -> Ran {
        match own::reach(path) {
            Ok(()) => self.refuse("Error: Extension call failed: this build cannot ask agents through sockets yet"),
            Err(error) => self.refuse(&format!("Error: Extension call failed: connect() failed: {}", os_text(&error))),
        }
    }

    fn disconnect(&mut self) -> Ran {
        self.refuse("Error: Not connected to a socket")
    }

    fn help(&mut self) -> Ran {
        let longest = COMMANDS.iter().map(|command| command.usage.len()).max().unwrap_or(0);
        self.console.tell("Type SQL, ended by a semicolon, or one of these commands (their beginnings will do):");
        for command in COMMANDS {
            self.console.tell(&format!("{:longest$}  {}", command.usage, command.doc));
        }
        Ran::Well
    }

    fn mode(&mut self, name: &str) -> Ran {
        let Some(look) = Look::parse(name) else {
            return self.refuse("Error: mode should be one of: column csv line list pretty");
        };
        self.session.look = look;
        if look == Look::Csv {
            self.session.separator = ",".to_owned();
        }
        Ran::Well
    }

    fn set_null(&mut self, text: &str) -> Ran {
        self.session.null = text.to_owned();
        Ran::Well
    }

    fn set_separator(&mut self, text: &str) -> Ran {
        const LONGEST: usize = 19;
        let end = (0..=LONGEST.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.session.separator = text.get(..end).unwrap_or_default().to_owned();
        Ran::Well
    }

    fn widths(&mut self, given: &Given<'_>) -> Ran {
        const WIDEST: i32 = 10_000;
        let width = |word: &String| word.parse::<i32>().unwrap_or(0).clamp(-WIDEST, WIDEST);
        self.session.widths = given.words.iter().map(width).collect();
        Ran::Well
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_recorded_commands_exist() {
        let recorded = "all bail connect disconnect echo exit features headers help list mode nullvalue print quit schema \
                        separator socket show summary tables types timeout timer version width";
        let recorded: BTreeSet<&str> = recorded.split(' ').collect();
        assert_eq!(names().collect::<BTreeSet<_>>(), recorded);
    }
}
