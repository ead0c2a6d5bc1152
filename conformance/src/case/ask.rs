//! Engines over the host of a case, asked exactly.

#![allow(clippy::disallowed_types, reason = "the harness unpacks hosts and starts agents")]

use super::rows::{self, Table};
use super::{Answer, Case, Class, Failure, Step, Trouble, Value};
use crate::answer::Row;
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::engines::shell::Shell;
use crate::engines::sqlite::Materialized;
use crate::hosttext::{HostText, Thing};
use crate::shrink::tokens;
use plumb_host::{Cancel, FileKind, Host, Mem};
use plumb_schema::{AnyTable, Platforms};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

/// What a case is asked of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// This agent, in process.
    Embedded,
    /// Plain SQLite over copies of the tables.
    Sqlite,
    /// This agent's shell, over a directory: its program.
    Shell(PathBuf),
    /// Any agent, by a command in which `{root}` stands for the directory.
    Agent(String),
}

impl Kind {
    /// What it is, for people.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Embedded => "this agent".to_owned(),
            Self::Sqlite => "plain SQLite over copies of the tables".to_owned(),
            Self::Shell(program) => program.display().to_string(),
            Self::Agent(command) => command.clone(),
        }
    }
}

/// The shell in the target folder from which this program runs, if it was built.
#[must_use]
pub fn plumbi() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folders = program.ancestors().skip(1).take(2);
    folders.map(|folder| folder.join("plumbi")).find(|shell| shell.is_file())
}

/// An engine that was started for a case.
pub(super) struct Asked {
    pub(super) host: Arc<dyn Host>,
    engine: Engines,
}

enum Engines {
    Embedded(Box<Embedded>),
    Sqlite,
    Shell(Box<Printing>, #[allow(dead_code, reason = "it is removed when this is dropped")] TempDir),
}

/// Tables that answer differently by themselves.
const UNSTEADY: &[&str] = &["time"];

impl Asked {
    pub(super) fn new(case: &Case, kind: &Kind) -> Result<Self, Trouble> {
        let mem = case.host.mem().map_err(|why| Failure::new(Class::Other, why))?;
        let engine = match kind {
            Kind::Sqlite => Engines::Sqlite,
            Kind::Embedded => return Self::embedded(Arc::new(mem)),
            Kind::Shell(program) => shell(&format!("'{}' --root {{root}}", program.display()), &case.host.files, &mem)?,
            Kind::Agent(command) => shell(command, &case.host.files, &mem)?,
        };
        let mut asked = Self { host: Arc::new(mem), engine };
        if let Engines::Shell(shell, _) = &mut asked.engine {
            shell.learn(&case.steps);
        }
        Ok(asked)
    }

    /// This agent over any host.
    pub(super) fn embedded(host: Arc<dyn Host>) -> Result<Self, Trouble> {
        let engine = Embedded::new(Arc::clone(&host)).map_err(|why| Failure::new(Class::Other, why))?;
        Ok(Self { host, engine: Engines::Embedded(Box::new(engine)) })
    }

    /// Whether this is what others are held against.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.engine, Engines::Sqlite)
    }

    /// Whether answers tell an integer from text.
    pub(super) fn has_types(&self) -> bool {
        !matches!(self.engine, Engines::Shell(..))
    }

    /// What a query gives, with types where the engine tells them.
    pub(super) fn ask(&mut self, sql: &str) -> Result<Result<Table, String>, Trouble> {
        match &mut self.engine {
            Engines::Embedded(engine) => Ok(rows::embedded(engine, sql)),
            Engines::Sqlite => copies(&self.host, sql).map_err(Trouble::Skip),
            Engines::Shell(shell, _) => Ok(shell.ask(sql)),
        }
    }

    /// Holds what a query gives against what it should give.
    pub(super) fn check(&mut self, sql: &str, answer: &Answer) -> Result<(), Trouble> {
        let expected = match answer {
            Answer::Rows { columns, rows, ordered } => {
                Ok((Table { columns: columns.clone(), rows: rows.clone() }, *ordered))
            }
            Answer::Refusal(error) => Err(error),
        };
        if let (Engines::Shell(shell, _), Ok((table, ordered))) = (&mut self.engine, &expected) {
            return shell.gives(sql, table, *ordered);
        }
        match (expected, self.ask(sql)?) {
            (Ok((expected, ordered)), Ok(got)) => {
                Ok(expected.same(&got, ordered).map_err(|(class, text)| Failure::of(class, sql, &text))?)
            }
            (Ok(_), Err(error)) => Err(Failure::of(Class::Refused, sql, &format!("  refused: {error}")).into()),
            (Err(part), Err(error)) => {
                // Only this agent's own words are known.
                let is_own = matches!(self.engine, Engines::Embedded(_));
                if !is_own || error.contains(part) {
                    return Ok(());
                }
                Err(Failure::of(
                    Class::Answered,
                    sql,
                    &format!("  refused for another reason: {error}\n  expected: {part}"),
                )
                .into())
            }
            (Err(_), Ok(_)) if self.is_plain() => {
                Err(Trouble::Skip("plain copies have no reason to refuse".to_owned()))
            }
            (Err(part), Ok(got)) => {
                let text = format!("  {} rows, though it should be refused: {part}", got.rows.len());
                Err(Failure::of(Class::Answered, sql, &text).into())
            }
        }
    }
}

/// What plain SQLite gives over copies of the tables that a query names.
pub(super) fn copies(host: &Arc<dyn Host>, sql: &str) -> Result<Result<Table, String>, String> {
    let named: BTreeSet<String> =
        tokens(sql).iter().filter_map(|token| token.name()).map(|name| name.to_ascii_lowercase()).collect();
    let registry = plumb_tables::registry();
    let tables: Vec<&'static dyn AnyTable> =
        registry.on(Platforms::CURRENT).filter(|table| named.contains(table.name())).collect();
    for table in &tables {
        let name = table.name();
        let chosen = table.specs().find(|spec| spec.parameter && named.contains(spec.name));
        if table.is_constrained() || chosen.is_some() {
            return Err(format!("{name} has other rows for other questions, so that there are no plain copies of it"));
        }
        if table.user_data() || UNSTEADY.contains(&name) {
            return Err(format!("{name} is no fixed set of rows, so that there are no plain copies of it"));
        }
    }
    let copies = Materialized::new(host, &tables)?;
    for table in &tables {
        without_hidden(&copies, *table, &named, has_star(sql))?;
    }
    let quiet: plumb_sql::functions::Warn = Arc::new(|_| ());
    plumb_sql::functions::register(copies.connection(), host, &Cancel::new(), &quiet)
        .map_err(|error| error.to_string())?;
    Ok(rows::sqlite(copies.connection(), sql))
}

/// Whether a query asks for all columns.
fn has_star(sql: &str) -> bool {
    let tokens = tokens(sql);
    let mut before =
        tokens.iter().zip(tokens.iter().skip(1)).filter(|(_, star)| star.is("*")).map(|(before, _)| before);
    before.any(|before| before.is_any(&["SELECT", "DISTINCT", "ALL", ",", "."]))
}

/// Takes the columns from a copy that a star does not show. A copy cannot hide a column.
fn without_hidden(
    copies: &Materialized,
    table: &dyn AnyTable,
    named: &BTreeSet<String>,
    star: bool,
) -> Result<(), String> {
    for column in table.specs().filter(|column| column.is_hidden(Platforms::CURRENT)) {
        let (table, column) = (table.name(), column.name);
        if !named.contains(column) {
            let drop = format!("ALTER TABLE `{table}` DROP COLUMN `{column}`");
            copies.connection().execute(&drop, ()).map_err(|error| format!("{drop}: {error}"))?;
        } else if star {
            return Err(format!("a star does not show {table}.{column}, and a copy cannot hide it"));
        }
    }
    Ok(())
}

/// Unpacks a host and starts a shell over it.
fn shell(command: &str, files: &HostText, mem: &Mem) -> Result<Engines, Trouble> {
    let skip = |why: &str| Err(Trouble::Skip(why.to_owned()));
    if !command.contains("{root}") {
        return skip("the agent cannot be given a directory as its host: {root} stands for it in the command");
    }
    if let Some(why) = cannot_be_unpacked(files) {
        return skip(&format!("{why} cannot be unpacked into a directory"));
    }
    if plumb_host::Live::new().map_or(1, |live| live.own_ids().0) != 0 {
        return skip("unpacking a host with its owners needs root");
    }
    let folder = unpack(mem).map_err(Trouble::Skip)?;
    let root = folder.path().display().to_string();
    let words = command.replace("{root}", &format!("'{root}'"));
    let mut shell = Shell::new(&words).map_err(|why| Failure::new(Class::Other, why))?;
    shell.exact = false;
    Ok(Engines::Shell(Box::new(Printing { shell, known: BTreeMap::new() }), folder))
}

/// What no directory can have.
fn cannot_be_unpacked(files: &HostText) -> Option<&'static str> {
    const KEPT: [&str; 4] = ["mode", "uid", "gid", "mtime"];
    let any = |test: &dyn Fn(&crate::hosttext::Item) -> bool| files.items.iter().any(test);
    if files.clock.is_some() {
        Some("a clock")
    } else if !files.dumps.is_empty() {
        Some("an answer of netlink")
    } else if any(&|item| !item.faults.is_empty()) {
        Some("an access that fails")
    } else if any(&|item| matches!(item.thing, Some(Thing::Node(FileKind::Socket | FileKind::Unknown)))) {
        Some("a socket")
    } else if any(&|item| item.stat.iter().any(|(field, _)| !KEPT.contains(&field.name()))) {
        Some("an inode number, a size or a time of change")
    } else {
        None
    }
}

fn unpack(mem: &Mem) -> Result<TempDir, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no directory for the host: {error}"))?;
    let run = |folder: &Path| -> std::io::Result<std::process::Output> {
        let mut tar = Command::new("tar");
        tar.args(["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf", "-", "-C"]).arg(folder);
        let mut child = tar.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            let mut archive = Vec::new();
            mem.to_tar(&mut archive)?;
            pipe.write_all(&archive)?;
        }
        child.wait_with_output()
    };
    match run(folder.path()) {
        Ok(output) if output.status.success() => Ok(folder),
        Ok(output) => Err(format!("tar cannot unpack the host: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("tar cannot unpack the host: {error}")),
    }
}

/// A shell, and what it printed already.
struct Printing {
    shell: Shell,
    known: BTreeMap<String, Result<Vec<Row>, String>>,
}

impl Printing {
    /// What it prints, without types.
    fn ask(&mut self, sql: &str) -> Result<Table, String> {
        let rows = self.known.remove(sql).unwrap_or_else(|| self.shell.ask(sql))?;
        let columns: Vec<String> = rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default();
        let text = |row: &Row, name: &String| Value::Text(row.get(name).cloned().flatten().unwrap_or_default());
        let rows = rows.iter().map(|row| columns.iter().map(|name| text(row, name)).collect()).collect();
        Ok(Table { columns, rows })
    }

    /// Asks at once what will be asked: a process is dear, a statement is cheap.
    fn learn(&mut self, steps: &[Step]) {
        let mut statements = Vec::new();
        for step in steps {
            if let Some(Answer::Rows { columns, .. }) = &step.answer {
                statements.push(step.sql.clone());
                statements.extend(exactly(&step.sql, columns));
            }
        }
        let answers = self.shell.ask_many(&statements);
        self.known = statements.into_iter().zip(answers).collect();
    }

    /// Holds it to an answer twice: as it prints it to people, then exactly, as text that says what each value is.
    fn gives(&mut self, sql: &str, expected: &Table, ordered: bool) -> Result<(), Trouble> {
        if statements(sql) > 1 {
            return Err(Trouble::Skip("a shell prints the rows of all statements together".to_owned()));
        }
        let refused = |error: String| Failure::of(Class::Refused, sql, &format!("  refused: {error}"));
        let printed = self.ask(sql).map_err(refused)?;
        let shown = expected.printed(&printed.columns);
        shown.same(&printed, ordered).map_err(|(class, text)| Failure::of(class, sql, &text))?;
        let Some(exact) = exactly(sql, &expected.columns) else { return Ok(()) };
        let mut got = self.ask(&exact).map_err(refused)?;
        for value in got.rows.iter_mut().flatten() {
            let strange = || Failure::of(Class::Other, &exact, &format!("  {} is no quoted value", value.literal()));
            *value = told(value).ok_or_else(strange)?;
        }
        // An outer query need not keep the order of an inner one.
        let same = expected.in_order_of(&got.columns).same(&got, false);
        Ok(same.map_err(|(class, text)| Failure::of(class, &exact, &text))?)
    }
}

/// How many statements a text has.
fn statements(sql: &str) -> usize {
    tokens(sql).split(|token| token.is(";")).filter(|statement| !statement.is_empty()).count()
}

/// A query for what each value is; none for what cannot stand in brackets.
fn exactly(sql: &str, columns: &[String]) -> Option<String> {
    let tokens = tokens(sql);
    let alone = !tokens.iter().any(|token| token.is(";"));
    let is_query = tokens.first().is_some_and(|token| token.is_any(&["SELECT", "WITH", "VALUES"]));
    let distinct: BTreeSet<String> = columns.iter().map(|name| name.to_lowercase()).collect();
    if !alone || !is_query || columns.is_empty() || distinct.len() < columns.len() {
        return None;
    }
    let column = |name: &String| {
        let name = format!("\"{}\"", name.replace('"', "\"\""));
        format!("CASE typeof({name}) WHEN 'text' THEN 'T' || hex({name}) ELSE quote({name}) END AS {name}")
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    Some(format!("SELECT {} FROM ({sql}\n)", columns.join(", ")))
}

/// What an exact answer tells.
fn told(value: &Value) -> Option<Value> {
    let Value::Text(bytes) = value else { return None };
    let text = std::str::from_utf8(bytes).ok()?;
    let unhex = |digits: &str| crate::hosttext::escape::unhex(digits).ok();
    if let Some(digits) = text.strip_prefix('T') {
        return unhex(digits).map(Value::Text);
    }
    if let Some(rest) = text.strip_prefix("X'") {
        return unhex(rest.strip_suffix('\'')?).map(Value::Blob);
    }
    match (text, text.parse::<i64>()) {
        ("NULL", _) => Some(Value::Null),
        (_, Ok(int)) => Some(Value::Int(int)),
        _ => text.parse().ok().map(Value::real),
    }
}
