//! `--check-query`: what is wrong with a query, what it uses and what it gives.

use super::{Ran, Shell, Told};
use crate::own;
use crate::sql::analysis::{Analysis, ColumnName, Diagnostic, Excerpt, Severity, Statement, TableUse, render};
use serde_json::{Value, json};

impl Shell {
    /// Tells what the analysis finds; answers the exit code: 1 if something is wrong.
    pub(super) fn check_query(&mut self, sql: &str) -> i32 {
        let analysis = match self.open_engine() {
            Err(error) => return self.report(&error, sql, Told::Plainly).code(),
            Ok(()) => self.engine.as_ref().map(|engine| engine.check(sql)).unwrap_or_default(),
        };
        let style = (self.flags.bool("json"), self.flags.bool("json_pretty"));
        let text = match style {
            (_, true) => format!("{:#}", as_json(&analysis, sql)),
            (true, _) => as_json(&analysis, sql).to_string(),
            _ => as_text(&analysis, sql, self.console.terminals.stdout && own::wants_colours()),
        };
        let printed = text.lines().try_for_each(|line| self.console.print(line)).and_then(|()| self.console.flush());
        match Ran::from(printed) {
            Ran::Well => i32::from(analysis.has_errors()),
            other => other.code(),
        }
    }
}

fn as_text(analysis: &Analysis, sql: &str, colours: bool) -> String {
    let mut text = render(analysis, sql, colours);
    let several = analysis.statements.len() > 1;
    for (number, statement) in (1..).zip(&analysis.statements) {
        if several {
            text.push_str(&format!("statement {number}\n"));
        }
        let is_wrong = |found: &Diagnostic| {
            found.severity == Severity::Error && (statement.span.start..=statement.span.end).contains(&found.span.start)
        };
        // What a wrong statement would give is a guess.
        if !analysis.diagnostics.iter().any(is_wrong) {
            for line in uses(statement).into_iter().chain(gives(statement)) {
                text.push_str(&format!("{line}\n"));
            }
        }
    }
    let errors = analysis.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    let warnings = analysis.diagnostics.len() - errors;
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    text.push_str(&format!("{}, {}\n", count(errors, "error"), count(warnings, "warning")));
    text
}

/// The tables that a statement uses, each once, with its columns.
fn uses(statement: &Statement) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    for table in &statement.tables {
        if !names.contains(&table.name.as_str()) {
            names.push(&table.name);
        }
    }
    let line = |name: &str| {
        let columns = statement.columns.iter().filter(|(table, _)| table == name);
        let columns: Vec<&str> = columns.map(|(_, column)| column.as_str()).collect();
        if columns.is_empty() { format!("uses {name}") } else { format!("uses {name}: {}", columns.join(", ")) }
    };
    names.into_iter().map(line).collect()
}

fn gives(statement: &Statement) -> Vec<String> {
    let line = |column: &crate::sql::analysis::ResultColumn| match &column.origin {
        Some((table, origin)) => format!("gives {}: {} of {table}.{origin}", column.name, column.kind),
        None => format!("gives {}", column.name),
    };
    statement.results.iter().map(line).collect()
}

fn as_json(analysis: &Analysis, sql: &str) -> Value {
    json!({
        "diagnostics": analysis.diagnostics.iter().map(|found| diagnostic(found, sql)).collect::<Vec<Value>>(),
        "statements": analysis.statements.iter().map(statement).collect::<Vec<Value>>(),
    })
}

fn diagnostic(found: &Diagnostic, sql: &str) -> Value {
    let place = Excerpt::new(sql, &found.span);
    json!({
        "severity": if found.severity == Severity::Error { "error" } else { "warning" },
        "code": found.code.name(),
        "message": found.message,
        "help": found.help,
        "start": found.span.start,
        "end": found.span.end,
        "line": place.as_ref().map(|place| place.line),
        "column": place.as_ref().map(|place| place.column),
    })
}

fn statement(statement: &Statement) -> Value {
    let table = |used: &TableUse| json!({ "name": used.name, "alias": used.alias, "start": used.span.start, "end": used.span.end });
    let column = |(table, column): &ColumnName| json!({ "table": table, "column": column });
    let results = statement.results.iter().map(|result| {
        let kind = result.origin.as_ref().map(|_| result.kind.as_str());
        json!({ "name": result.name, "origin": result.origin.as_ref().map(column), "type": kind })
    });
    json!({
        "start": statement.span.start,
        "end": statement.span.end,
        "tables": statement.tables.iter().map(table).collect::<Vec<Value>>(),
        "columns": statement.columns.iter().map(column).collect::<Vec<Value>>(),
        "results": results.collect::<Vec<Value>>(),
    })
}
