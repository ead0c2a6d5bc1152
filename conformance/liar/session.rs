//! One run of the honest agent, and what is made of it.
#![allow(clippy::disallowed_types, reason = "starts the agent that it lies for")]

use crate::answers::{Memory, Row};
use crate::lies::{Act, Lie};
use crate::rewrite::{Column, Columns, Sql};
use crate::tokens::{mentions, statements, tokens};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::os::unix::process::parent_id;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The column in which the end of a statement is answered.
const MARK: &str = "liar_mark";

/// The honest agent, and how it was asked.
pub(crate) struct Session {
    program: String,
    options: Vec<String>,
    /// The SQL among the arguments; without one, statements come through standard input.
    argument: Option<String>,
    table: String,
}

impl Session {
    /// From the command line of the agent.
    pub(crate) fn new(mut command: Vec<String>, table: String) -> Option<Self> {
        const VERBS: [&str; 6] = ["SELECT", "WITH", "VALUES", "PRAGMA", "EXPLAIN", "CREATE"];
        let is_sql = |text: &String| {
            let words = tokens(text);
            let verb = words.iter().find(|token| token.kind != crate::tokens::Kind::Blank);
            words.len() > 1 && verb.is_some_and(|token| VERBS.iter().any(|verb| token.is(verb)))
        };
        let argument = command.iter().skip(1).rposition(is_sql).map(|place| command.remove(place + 1));
        let program = (!command.is_empty()).then(|| command.remove(0))?;
        Some(Self { program, options: command, argument, table })
    }

    /// Answers with the exit code of the honest agent.
    pub(crate) fn run(&self, lie: &Lie) -> io::Result<i32> {
        if let Act::Nothing = lie.act {
            return Ok(code(Command::new(&self.program).args(&self.options).args(&self.argument).status()?));
        }
        let mut text = self.argument.clone().unwrap_or_default();
        if self.argument.is_none() {
            io::stdin().read_to_string(&mut text)?;
        }
        let asked = statements(&text);
        let fatal = asked.iter().position(|sql| self.reads_the_table(sql));
        match (lie.act, fatal) {
            (Act::Die, Some(place)) => {
                self.tell(lie, asked.get(..place).unwrap_or_default())?;
                std::process::abort()
            }
            (Act::Hang, Some(place)) => {
                self.tell(lie, asked.get(..place).unwrap_or_default())?;
                hang();
                Ok(0)
            }
            _ => self.tell(lie, &asked),
        }
    }

    fn reads_the_table(&self, sql: &str) -> bool {
        mentions(&tokens(sql)).iter().any(|mention| mention.table.eq_ignore_ascii_case(&self.table))
    }

    /// Asks the honest agent, and prints what the lie makes of it.
    fn tell(&self, lie: &Lie, asked: &[String]) -> io::Result<i32> {
        if asked.is_empty() {
            return Ok(0);
        }
        let columns = if let Act::AskWithColumns(_) = lie.act { self.columns(asked)? } else { Columns::new() };
        let instead: Vec<String> = asked
            .iter()
            .map(|text| match lie.act {
                Act::Ask(rewrite) | Act::AskWithColumns(rewrite) => {
                    let sql = Sql::new(text);
                    sql.edited(rewrite(&sql, &columns))
                }
                _ => text.clone(),
            })
            .collect();
        let (status, mut answers) = self.ask(&instead)?;
        let (mut memory, mut out) = (Memory::default(), String::new());
        for (place, sql) in asked.iter().enumerate() {
            let Some(mut rows) = answers.remove(&place) else { continue };
            if let Act::Answer(change) = lie.act {
                change(&mut memory, sql, &mut rows);
            }
            let garbage = matches!(lie.act, Act::Garbage) && self.reads_the_table(sql);
            let text = serde_json::to_string(&rows)?;
            out += if garbage { "[{\"uid\":\"0\x07\",,\n" } else { &text };
            out.push('\n');
        }
        io::stdout().write_all(out.as_bytes())?;
        Ok(code(status))
    }

    /// The answers by the place of the statement. What the agent complains about goes to standard error, and has none.
    fn ask(&self, sql: &[String]) -> io::Result<(ExitStatus, BTreeMap<usize, Vec<Row>>)> {
        let mut command = Command::new(&self.program);
        command.args(&self.options).stdout(Stdio::piped());
        if self.argument.is_some() {
            // All statements of an argument have one answer: it is taken as that of the last.
            let output = command.arg(sql.join("; ")).stderr(Stdio::inherit()).output()?;
            let rows: Vec<Row> = arrays(&output.stdout)?.into_iter().flatten().collect();
            let answered = output.status.success().then_some((sql.len().saturating_sub(1), rows));
            return Ok((output.status, answered.into_iter().collect()));
        }
        let script: String =
            sql.iter().enumerate().map(|(n, sql)| format!("{sql};\nSELECT '{n}' AS {MARK};\n")).collect();
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        let writer = std::thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(script.as_bytes())));
        let output = child.wait_with_output()?;
        // An agent that ended early has closed its end; what it printed tells.
        let _ = writer.join();
        let (mut answers, mut pending) = (BTreeMap::new(), None::<Vec<Row>>);
        for rows in arrays(&output.stdout)? {
            match mark(&rows) {
                Some(place) => answers.extend(pending.take().map(|rows| (place, rows))),
                None => pending.get_or_insert_default().extend(rows),
            }
        }
        Ok((output.status, answers))
    }

    /// The columns of the tables that statements read.
    fn columns(&self, asked: &[String]) -> io::Result<Columns> {
        let tables: BTreeSet<String> =
            asked.iter().flat_map(|sql| mentions(&tokens(sql))).map(|mention| mention.table).collect();
        let describe = |table: &String| {
            let table = table.replace('\'', "''");
            format!("SELECT '{table}' AS t, name AS n, type AS k, hidden AS h FROM pragma_table_xinfo('{table}')")
        };
        let statements: Vec<String> = tables.iter().map(describe).collect();
        let apart =
            Self { program: self.program.clone(), options: self.options.clone(), argument: None, table: String::new() };
        let mut columns = Columns::new();
        for row in apart.ask(&statements)?.1.into_values().flatten() {
            let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let column = Column { name: text("n"), kind: text("k"), hidden: text("h") == "1" };
            columns.entry(text("t")).or_default().push(column);
        }
        Ok(columns)
    }
}

/// Does nothing until whoever started it is gone, which the kernel tells by another parent; longer than anybody waits.
fn hang() {
    const MOST: Duration = Duration::from_secs(600);
    let (starter, start) = (parent_id(), Instant::now());
    while parent_id() == starter && start.elapsed() < MOST {
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

fn arrays(out: &[u8]) -> io::Result<Vec<Vec<Row>>> {
    Ok(serde_json::Deserializer::from_slice(out).into_iter().collect::<Result<_, _>>()?)
}

fn mark(rows: &[Row]) -> Option<usize> {
    let [row] = rows else { return None };
    row.get(MARK)?.as_str()?.parse().ok()
}

/// As a shell gives it.
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(128)
}
