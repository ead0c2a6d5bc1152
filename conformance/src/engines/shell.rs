//! Any agent with a command line like osqueryi's.
//!
//! Statements go through one process's standard input, each followed by a statement that answers with a mark, so that the
//! answers can be told apart. What is then not beyond doubt (a crash, a hang, an error, a missing mark) is asked again in a
//! process of its own: the statement that causes it is known by then.
//!
//! Such agents print NULL, empty text and blobs alike. Exact answers are therefore asked for as `quote(column)`.

#![allow(clippy::disallowed_types, reason = "the harness starts the agent that it tests")]

use super::{Capabilities, Engine};
use crate::answer::{Cell, Row};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The column in which a mark is answered.
const MARK: &str = "plumb_sentinel";
/// How the complaint about an output begins that cannot be read.
const GARBAGE: &str = "the output is not JSON";
/// Most statements that one process is given.
const TOGETHER: usize = 100;

/// See the module.
#[derive(Debug)]
pub struct Shell {
    words: Vec<String>,
    /// How long one statement may take; a process with many gets four times as long.
    pub deadline: Duration,
    /// Whether NULL, text and blobs are told apart.
    pub exact: bool,
    /// Crashes, hangs and garbage, with the statements that caused them.
    pub troubles: Vec<String>,
    names: BTreeMap<String, Vec<String>>,
}

/// What a process left behind.
struct Output {
    status: ExitStatus,
    out: String,
    err: String,
}

impl Output {
    /// Whether a signal ended the process, or a shell around it says so.
    fn crashed(&self) -> bool {
        self.status.code().is_none_or(|code| code >= 128)
    }
}

type Answer = Result<Vec<Row>, String>;

impl Shell {
    /// An agent by its command: a program and its options, in words as a shell would split them.
    ///
    /// # Errors
    /// When there is no program, or a quote is not closed.
    pub fn new(command: &str) -> Result<Self, String> {
        let words = split_words(command)?;
        if words.is_empty() {
            return Err("an agent needs a command".to_owned());
        }
        let deadline = Duration::from_secs(30);
        Ok(Self { words, deadline, exact: true, troubles: Vec::new(), names: BTreeMap::new() })
    }

    /// Runs the agent with more arguments and an input, until it ends or its time is over.
    fn run(&self, more: &[&str], input: Option<String>, limit: Duration) -> Result<Output, String> {
        let (program, options) = self.words.split_first().ok_or("an agent needs a command")?;
        let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut child = Command::new(program)
            .args(options)
            .arg("--json")
            .args(more)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
            // An agent that dies early closes its end; what it printed tells.
            std::thread::spawn(move || pipe.write_all(input.as_bytes()));
        }
        let (out, err) = (drain(child.stdout.take()), drain(child.stderr.take()));
        let end = Instant::now() + limit;
        let printed = within(&out, end).zip(within(&err, end));
        let ended = printed.zip(wait(&mut child, end));
        let Some(((out, err), status)) = ended else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("hung: no answer within {} s", limit.as_secs()));
        };
        Ok(Output { status, out, err })
    }

    /// One statement in a process of its own.
    fn alone(&mut self, sql: &str) -> Answer {
        let answer = self.run(&[sql], None, self.deadline).and_then(|output| {
            if output.crashed() {
                return Err(format!("crashed: {}: {}", output.status, output.err.trim()));
            }
            if let Some(error) = error_line(&output.err) {
                return Err(error.to_owned());
            }
            if !output.status.success() {
                return Err(format!("{}: {}", output.status, output.err.trim()));
            }
            Ok(arrays(&output.out)?.into_iter().flatten().collect())
        });
        if let Err(error) = answer.as_ref()
            && ["hung", "crashed", GARBAGE].iter().any(|trouble| error.starts_with(trouble))
        {
            self.troubles.push(format!("{sql}\n  {error}"));
        }
        answer
    }

    /// Many statements, in one process where that goes well.
    fn together(&mut self, statements: &[String]) -> Vec<Answer> {
        let mut answers = Vec::new();
        for part in statements.chunks(TOGETHER) {
            let script: String =
                part.iter().enumerate().map(|(n, sql)| format!("{sql};\nSELECT '{n}' AS {MARK};\n")).collect();
            let output = self.run(&[], Some(script.clone()), self.deadline * 4);
            let crashed = output.as_ref().is_ok_and(Output::crashed);
            let mut sure = output.map(|output| marked(&output, part.len())).unwrap_or_default();
            let troubles = self.troubles.len();
            answers.extend(part.iter().enumerate().map(|(n, sql)| match sure.remove(&n) {
                Some(rows) => Ok(rows),
                None => self.alone(sql),
            }));
            if crashed && self.troubles.len() == troubles {
                self.troubles.push(format!("{script}  crashed, though none of the statements does alone"));
            }
        }
        answers
    }

    /// Learns the columns of statements, then asks for what `quote` makes of them.
    fn quoted(&mut self, statements: &[String]) -> Vec<Answer> {
        let mut fresh: Vec<String> =
            statements.iter().filter(|sql| is_question(sql) && !self.names.contains_key(*sql)).cloned().collect();
        fresh.sort();
        fresh.dedup();
        let probes: Vec<String> = fresh.iter().map(|sql| format!("SELECT * FROM ({sql}) LIMIT 1")).collect();
        let mut refused = BTreeMap::new();
        for (sql, answer) in fresh.into_iter().zip(self.together(&probes)) {
            match answer {
                Ok(rows) => {
                    let names = rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default();
                    self.names.insert(sql, names);
                }
                Err(error) => {
                    refused.insert(sql, error);
                }
            }
        }
        // What has no rows has no columns to be learnt, and need not be asked again.
        let known = |sql: &&String| !is_question(sql) || self.names.get(*sql).is_some_and(|names| !names.is_empty());
        let asked: Vec<String> = statements.iter().filter(known).map(|sql| self.wrap(sql)).collect();
        let known: Vec<bool> = statements.iter().map(|sql| known(&sql)).collect();
        self.names.retain(|_, names| !names.is_empty());
        let mut answers = self.together(&asked).into_iter();
        let mut next = || answers.next().unwrap_or_else(|| Err("no answer".to_owned()));
        let answer = |(sql, known): (&String, bool)| match (refused.get(sql), known) {
            (Some(error), _) => Err(error.clone()),
            (None, false) => Ok(Vec::new()),
            (None, true) if is_question(sql) => next().map(unquoted),
            (None, true) => next(),
        };
        statements.iter().zip(known).map(answer).collect()
    }

    fn wrap(&self, sql: &str) -> String {
        match self.names.get(sql) {
            Some(names) if !names.is_empty() => {
                let columns: Vec<String> = names
                    .iter()
                    .map(|name| name.replace('"', "\"\""))
                    .map(|name| format!("quote(\"{name}\") AS \"{name}\""))
                    .collect();
                format!("SELECT {} FROM ({sql})", columns.join(", "))
            }
            _ => sql.to_owned(),
        }
    }
}

impl Engine for Shell {
    fn ask(&mut self, sql: &str) -> Answer {
        self.ask_many(&[sql.to_owned()]).pop().unwrap_or_else(|| Err("no answer".to_owned()))
    }

    fn ask_many(&mut self, statements: &[String]) -> Vec<Answer> {
        if self.exact { self.quoted(statements) } else { self.together(statements) }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { exact: self.exact, any_question: true, ..Capabilities::default() }
    }
}

/// Reads a pipe to its end in a thread.
fn drain(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        sender.send(String::from_utf8_lossy(&bytes).into_owned())
    });
    receiver
}

fn within(receiver: &Receiver<String>, end: Instant) -> Option<String> {
    receiver.recv_timeout(end.saturating_duration_since(Instant::now())).ok()
}

/// Waits for a process that has closed its outputs, which is mostly over at once.
fn wait(child: &mut Child, end: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < end => std::thread::park_timeout(Duration::from_millis(2)),
            Ok(status) => return status,
            Err(_) => return None,
        }
    }
}

fn error_line(err: &str) -> Option<&str> {
    err.lines().find(|line| line.starts_with("Error: "))
}

/// Whether a statement can stand in a FROM clause.
fn is_question(sql: &str) -> bool {
    let word: String = sql.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    ["SELECT", "WITH", "VALUES"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The arrays of rows in an output.
fn arrays(out: &str) -> Result<Vec<Vec<Row>>, String> {
    let values = serde_json::Deserializer::from_str(out).into_iter::<Vec<serde_json::Map<String, Value>>>();
    let cell = |value: Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.into_bytes()),
        other => Some(other.to_string().into_bytes()),
    };
    values
        .map(|array| {
            let rows = array.map_err(|error| format!("{GARBAGE}: {error}"))?;
            Ok(rows.into_iter().map(|row| row.into_iter().map(|(name, value)| (name, cell(value))).collect()).collect())
        })
        .collect()
}

/// The answers that are beyond doubt, by the number of the statement. An empty answer is not when there were complaints.
fn marked(output: &Output, count: usize) -> BTreeMap<usize, Vec<Row>> {
    let mut sure = BTreeMap::new();
    let mut pending: Option<Vec<Row>> = None;
    for rows in arrays(&output.out).unwrap_or_default() {
        match mark(&rows) {
            Some(place) if place < count => {
                if let Some(rows) = pending.take()
                    && (!rows.is_empty() || output.err.is_empty())
                {
                    sure.insert(place, rows);
                }
            }
            _ => pending.get_or_insert_default().extend(rows),
        }
    }
    // What a process printed before it crashed may be anything.
    if output.crashed() { BTreeMap::new() } else { sure }
}

fn mark(rows: &[Row]) -> Option<usize> {
    let [row] = rows else { return None };
    if row.len() != 1 {
        return None;
    }
    std::str::from_utf8(row.get(MARK)?.as_deref()?).ok()?.parse().ok()
}

fn unquoted(mut rows: Vec<Row>) -> Vec<Row> {
    for cell in rows.iter_mut().flat_map(BTreeMap::values_mut) {
        *cell = cell.as_deref().and_then(unquote);
    }
    rows
}

/// What `quote` was given: text and blobs become bytes, numbers stay as they are written.
fn unquote(literal: &[u8]) -> Cell {
    let inside = |start: usize| literal.get(start..literal.len().saturating_sub(1)).unwrap_or_default();
    match literal {
        b"NULL" => None,
        [b'\'', .., b'\''] => {
            let mut quotes = 0;
            let single = |byte: &u8| {
                quotes = if *byte == b'\'' { quotes + 1 } else { 0 };
                quotes % 2 == 0 || *byte != b'\''
            };
            Some(inside(1).iter().copied().filter(single).collect())
        }
        [b'X' | b'x', b'\'', .., b'\''] => {
            let digits = inside(2).chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
            Some(digits.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect())
        }
        other => Some(other.to_vec()),
    }
}

/// Splits a command as a shell would: blanks separate, quotes and backslashes keep together.
fn split_words(command: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(format!("a quote is not closed: {command}"));
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_commands() {
        for (command, expect) in [
            ("osqueryi", vec!["osqueryi"]),
            ("  a  --b='c d' ", vec!["a", "--b=c d"]),
            (r#"a "b \" c" d\ e '' '\'"#, vec!["a", "b \" c", "d e", "", "\\"]),
        ] {
            assert_eq!(split_words(command).expect("words"), expect, "{command}");
        }
        assert!(split_words("a 'b").is_err());
    }

    #[test]
    fn quoted_values() {
        for (literal, expect) in [
            ("NULL", None),
            ("''", Some("")),
            ("'it''s'", Some("it's")),
            ("''''''", Some("''")),
            ("X'6162'", Some("ab")),
            ("X''", Some("")),
            ("-1.5", Some("-1.5")),
            ("'NULL'", Some("NULL")),
        ] {
            assert_eq!(unquote(literal.as_bytes()), expect.map(|text| text.as_bytes().to_vec()), "{literal}");
        }
    }

    /// An agent made of a shell script: `$1` is `--json`, `$2` the statement if there is one.
    fn script(text: &str) -> Shell {
        let mut shell = Shell::new(&format!("sh -c '{text}' agent")).expect("a command");
        shell.exact = false;
        shell
    }

    fn one(value: &str) -> Vec<Row> {
        vec![[("a".to_owned(), Some(value.as_bytes().to_vec()))].into()]
    }

    #[test]
    fn answers_of_one_process_are_told_apart() {
        let out = r#"[{"a":"1"}] [{"plumb_sentinel":"0"}] [ ] [{"plumb_sentinel":"1"}]"#;
        let mut shell = script(&format!("cat > /dev/null; echo \"{}\"", out.replace('"', "\\\"")));
        assert_eq!(shell.ask_many(&["x".into(), "y".into()]), [Ok(one("1")), Ok(vec![])]);
        assert!(shell.troubles.is_empty());
    }

    #[test]
    fn what_crashes_or_confuses_is_asked_alone() {
        let mut shell = script(
            "case $2 in crash) kill -9 $$;; bad) echo \"Error: bad\" >&2; exit 1;; \
             odd) echo \"[{\";; ?*) echo \"[{\\\"a\\\":\\\"2\\\"}]\";; *) echo nonsense; kill -9 $$;; esac",
        );
        let answers = shell.ask_many(&["fine", "crash", "bad", "odd"].map(String::from));
        assert_eq!(answers.first(), Some(&Ok(one("2"))));
        for (answer, expect) in answers.iter().skip(1).zip(["crashed", "Error: bad", "the output is not JSON"]) {
            assert!(answer.as_ref().is_err_and(|error| error.starts_with(expect)), "{answer:?} {expect}");
        }
        let troubles: Vec<_> = shell.troubles.iter().filter_map(|trouble| trouble.lines().next()).collect();
        assert_eq!(troubles, ["crash", "odd"]);
    }

    /// However slow the machine is, this agent does not answer in time.
    #[test]
    fn what_hangs_is_ended() {
        let mut shell = script("exec sleep 1000");
        shell.deadline = Duration::from_millis(100);
        assert!(shell.ask("x").is_err_and(|error| error.starts_with("hung")));
        assert!(shell.troubles.iter().all(|trouble| trouble.starts_with("x\n  hung")));
        assert_eq!(shell.troubles.len(), 1);
    }

    #[test]
    fn a_crash_that_takes_several_statements_is_reported() {
        let mut shell = script("test \"$2\" || exit 139; echo \"[{\\\"a\\\":\\\"2\\\"}]\"");
        assert_eq!(shell.ask_many(&["x".into(), "y".into()]), [Ok(one("2")), Ok(one("2"))]);
        assert!(shell.troubles.iter().any(|trouble| trouble.ends_with("none of the statements does alone")));
        assert_eq!(shell.troubles.len(), 1);
    }
}
