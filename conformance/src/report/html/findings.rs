//! What did not hold.

use super::escaped;
use super::text::plural;
use crate::report::{Finding, Report};
use std::fmt::Write as _;

/// Lines of a difference that are shown at once.
const LINES: usize = 16;

pub(super) fn section(report: &Report) -> String {
    if report.findings().is_empty() {
        return String::new();
    }
    let mut out = String::from("<section id=\"findings\"><h2>Findings</h2>\n");
    for (number, finding) in report.findings().iter().enumerate() {
        out += &card(number + 1, finding);
    }
    for (oracle, count) in report.more() {
        let _ = writeln!(
            out,
            "<p class=\"more\">And {} of {} of other kinds.</p>",
            plural(count, "failure"),
            escaped(oracle)
        );
    }
    out + "</section>\n"
}

/// The anchor of the finding that a cell of the map leads to.
pub(super) fn anchor_of(number: usize) -> String {
    format!("f{number}")
}

fn card(number: usize, finding: &Finding) -> String {
    let trial = &finding.trial;
    let on = if trial.tables.is_empty() { trial.name.clone() } else { trial.tables.join(", ") };
    let times = if finding.count > 1 { format!(" · {} times", finding.count) } else { String::new() };
    let mut out = format!(
        "<article class=\"finding\" id=\"{}\"><h3><span class=\"no\">{number}</span><span class=\"what\">{}</span> <a href=\"#o-{}-{}\" class=\"tag\">{}</a></h3>\n\
         <p class=\"where\">{} · {} · {}{times}</p>\n",
        anchor_of(number),
        escaped(&on),
        escaped(trial.suite),
        escaped(trial.oracle),
        escaped(trial.oracle),
        escaped(trial.suite),
        escaped(&trial.host),
        escaped(&trial.name),
    );
    if let Some(query) = finding.query() {
        let smaller = finding.smaller.as_ref().is_some_and(|smaller| smaller.query.is_some());
        let label = if smaller { "Smallest query found" } else { "Query" };
        let _ = writeln!(out, "<h4>{label}</h4><pre class=\"sql\" tabindex=\"0\">{}</pre>", escaped(query));
        if let Some(first) = trial.query.as_deref().filter(|first| *first != query) {
            let _ = writeln!(
                out,
                "<details><summary>The query that was found</summary><pre class=\"sql\" tabindex=\"0\">{}</pre></details>",
                escaped(first)
            );
        }
    }
    out += &difference(finding.shown());
    if !trial.replay.is_empty() {
        let _ = writeln!(out, "<h4>Again</h4>{}", command(&trial.replay));
    }
    if let Some(case) = &finding.case {
        let _ = writeln!(out, "<h4>Case</h4>{}", command(&format!("cargo conform replay {}", case.display())));
    }
    out + "</article>\n"
}

/// Lines that are missing and lines that are extra, told apart by their sign and colour.
fn difference(diff: &str) -> String {
    let line = |line: &str| {
        let class = match line.trim_start().chars().next() {
            Some('-') => " class=\"minus\"",
            Some('+') => " class=\"plus\"",
            _ => "",
        };
        format!("<span{class}>{}</span>\n", escaped(line))
    };
    let mut lines = diff.lines();
    let shown: String = lines.by_ref().take(LINES).map(line).collect();
    let rest: Vec<String> = lines.map(line).collect();
    let mut out = format!("<h4>Difference</h4><pre class=\"diff\" tabindex=\"0\">{shown}</pre>\n");
    if !rest.is_empty() {
        let _ = writeln!(
            out,
            "<details><summary>{} more</summary><pre class=\"diff\" tabindex=\"0\">{}</pre></details>",
            plural(rest.len(), "line"),
            rest.concat()
        );
    }
    out
}

/// A command, and a button that copies it.
pub(super) fn command(text: &str) -> String {
    format!(
        "<span class=\"command\"><code>{}</code><button type=\"button\" class=\"copy\">Copy</button></span>",
        escaped(text)
    )
}
