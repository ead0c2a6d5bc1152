//! Statements and commands from lines of text: from a pipe, and from the prompt.

use super::scanner::Scanner;
use super::{Ran, Shell, Told};
use std::io::BufRead;

/// A statement that is being read, line by line.
#[derive(Debug, Default)]
pub(super) struct Pending {
    text: String,
    scanner: Scanner,
    /// The line on which it began, counted from 1.
    began: usize,
}

impl Pending {
    /// Whether the next line begins a statement.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What was read of it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Adds a line; answers the text when it is complete, and the line on which it began.
    pub(super) fn add(&mut self, line: &str, number: usize) -> Option<(String, usize)> {
        let line = if self.text.is_empty() {
            self.began = number;
            line.trim_start()
        } else {
            self.text.push('\n');
            self.scanner.feed(b"\n");
            line
        };
        self.text.push_str(line);
        self.scanner.feed(line.as_bytes());
        if self.scanner.is_blank() {
            *self = Self::default();
            None
        } else if line.contains(';') && self.scanner.is_complete() {
            self.take()
        } else {
            None
        }
    }

    /// Ends the statement wherever it is; `None` if there is none.
    pub(super) fn take(&mut self) -> Option<(String, usize)> {
        let pending = std::mem::take(self);
        (!pending.text.is_empty()).then_some((pending.text, pending.began))
    }
}

impl Shell {
    /// Runs what a pipe or a file gives; answers the exit code.
    pub(super) fn script(&mut self, input: &mut dyn BufRead) -> i32 {
        let mut pending = Pending::default();
        let mut failed = false;
        let mut line = Vec::new();
        let mut number = 0;
        while !(failed && self.session.bail) {
            line.clear();
            match input.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => number += 1,
                Err(error) => {
                    self.console.tell(&format!("Error: cannot read the input: {error}"));
                    return 1;
                }
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.strip_suffix('\n').unwrap_or(&text);
            match self.line(text.strip_suffix('\r').unwrap_or(text), number, &mut pending) {
                Ran::Well => {}
                Ran::Failed(_) => failed = true,
                Ran::Leave(code) => return code.unwrap_or(i32::from(failed)),
                Ran::Stop(code) => return code,
            }
        }
        if let Some((sql, _)) = pending.take().filter(|_| !(failed && self.session.bail)) {
            match self.execute(&sql, Told::Plainly) {
                Ran::Stop(code) => return code,
                ran => failed |= ran != Ran::Well,
            }
        }
        i32::from(failed)
    }

    /// Takes one line: a command, a statement, or a part of one.
    pub(super) fn line(&mut self, line: &str, number: usize, pending: &mut Pending) -> Ran {
        if pending.is_empty() && line.starts_with('.') {
            return self.command(line);
        }
        match pending.add(line, number) {
            Some((sql, _)) if self.interactive => self.execute(&sql, Told::Plainly),
            Some((sql, began)) => self.execute(&sql, Told::WithLine(began)),
            None => Ran::Well,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_lines() {
        type Case = (&'static [&'static str], &'static [(&'static str, usize)], &'static str);
        let cases: &[Case] = &[
            (&["select 1;"], &[("select 1;", 1)], ""),
            (&["", "  -- c", "  select", "1;", "select 2"], &[("select\n1;", 3)], "select 2"),
            (&["select 1; select 2;"], &[("select 1; select 2;", 1)], ""),
            (&["select 1; select", "2;"], &[("select 1; select\n2;", 1)], ""),
            (&["select ';", "';"], &[("select ';\n';", 1)], ""),
            (&["/* a", "b */", "select 1;"], &[("select 1;", 3)], ""),
            (&["/* a", "b */ ", ""], &[], ""),
            (&["-- a;", ";"], &[(";", 2)], ""),
            (&["select 1 -- ;", ";"], &[("select 1 -- ;\n;", 1)], ""),
            (&["create trigger a begin select 1;", "end;"], &[("create trigger a begin select 1;\nend;", 1)], ""),
        ];
        for (lines, statements, rest) in cases {
            let mut pending = Pending::default();
            let found: Vec<(String, usize)> =
                lines.iter().enumerate().filter_map(|(at, line)| pending.add(line, at + 1)).collect();
            let expect: Vec<(String, usize)> = statements.iter().map(|(sql, at)| ((*sql).to_owned(), *at)).collect();
            assert_eq!(found, expect, "{lines:?}");
            assert_eq!(pending.take().map(|(sql, _)| sql).unwrap_or_default(), *rest, "{lines:?}");
        }
    }
}
