//! The report as one page that needs nothing else: no network, no other file.

mod chart;
mod findings;
mod heat;
mod text;

use super::{Report, Tally, time};
use crate::divergences::Divergences;
use crate::oracles::catalogue;
use std::fmt::Write as _;
pub(crate) use text::escaped;
use text::plural;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// A plumb line: a thread and its bob.
const MARK: &str = "<svg class=\"mark\" viewBox=\"0 0 20 48\" aria-hidden=\"true\"><path d=\"M10 0v27\"/><path class=\"bob\" d=\"M5 27h10l-1.5 8L10 47 6.500 35z\"/></svg>";

/// The page.
pub(super) fn page(report: &Report) -> String {
    let (title, class) = if report.failed() { ("Findings", "bad") } else { ("Held", "good") };
    let body = [
        head(report),
        tested(report),
        findings::section(report),
        heat::section(report),
        oracles(report),
        chart::section(report),
        skips(report),
        left_out(report),
        divergences(),
    ]
    .concat();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}: {} — conformance report</title>\n<style>{STYLE}</style>\n</head>\n\
         <body class=\"{class}\">\n<a class=\"jump\" href=\"#main\">Skip to the report</a>\n{body}</main>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        escaped(&report.about.agent)
    )
}

/// The verdict, and how much stands behind it.
fn head(report: &Report) -> String {
    let total = report.total();
    let kinds = report.findings().len();
    let verdict = if report.failed() {
        let more: usize = report.more().map(|(_, count)| count).sum();
        let and = if more > 0 { " and more" } else { "" };
        format!("{}{and}", plural(kinds, "finding"))
    } else if total.passed == 0 {
        "Nothing was proved".to_owned()
    } else {
        "Everything held".to_owned()
    };
    let tables: std::collections::BTreeSet<&str> =
        report.cells().filter(|(_, _, tally)| tally.passed + tally.failed > 0).map(|(table, ..)| table).collect();
    let oracles: std::collections::BTreeSet<&str> = report.oracles().map(|(_, oracle, _)| oracle).collect();
    let early = if report.about.interrupted {
        "<p class=\"early\">The run was ended early: what follows is what was done until then.</p>"
    } else {
        ""
    };
    let sub = format!(
        "{} judged by {} over {}, in {}",
        plural(total.trials(), "trial"),
        plural(oracles.len(), "oracle"),
        plural(tables.len(), "table"),
        time(report.about.took)
    );
    let links = [
        ("findings", "Findings", report.failed()),
        ("map", "Tables × oracles", report.cells().next().is_some()),
        ("oracles", "Oracles", true),
        ("timings", "Timings", !tables.is_empty()),
        ("skips", "Skips", total.skipped > 0),
        ("divergences", "Divergences", true),
    ];
    let links: String = links
        .iter()
        .filter(|(_, _, there)| *there)
        .map(|(id, name, _)| format!("<a href=\"#{id}\">{name}</a>"))
        .collect();
    format!(
        "<header>\n<div class=\"brand\">{MARK}<span>Conformance report</span><nav aria-label=\"Sections\">{links}</nav></div>\n\
         <h1>{verdict}</h1>\n<p class=\"sub\">{sub}</p>{early}\n{}</header>\n<main id=\"main\">\n",
        counts(&total)
    )
}

fn counts(total: &Tally) -> String {
    let one = |class: &str, sign: &str, count: usize, name: &str| {
        let class = if count == 0 { "none" } else { class };
        format!(
            "<li class=\"{class}\"><b><span aria-hidden=\"true\">{sign}</span> {}</b> {name}</li>",
            text::grouped(count)
        )
    };
    format!(
        "<ul class=\"counts\">{}{}{}</ul>\n",
        one("pass", "✓", total.passed, "passed"),
        one("fail", "✕", total.failed, "failed"),
        one("skip", "–", total.skipped, "skipped")
    )
}

fn tested(report: &Report) -> String {
    let about = &report.about;
    let mut rows = vec![("Agent", escaped(&about.agent))];
    if !about.version.is_empty() {
        rows.push(("Version", escaped(&about.version)));
    }
    rows.push(("Hosts", about.hosts.iter().map(|host| escaped(host)).collect::<Vec<_>>().join(", ")));
    rows.push(("Seeds", format!("from {}", about.seed)));
    rows.push(("When", format!("{}, for {}", escaped(&about.when), time(about.took))));
    rows.push(("Again", findings::command(&about.command)));
    let mut out = String::from("<section class=\"tested\" aria-label=\"What was tested\"><dl>");
    for (name, value) in rows {
        let _ = write!(out, "<div><dt>{name}</dt><dd>{value}</dd></div>");
    }
    out + "</dl></section>\n"
}

/// Every oracle: its law, and what it did.
fn oracles(report: &Report) -> String {
    let mut out = String::from(
        "<section id=\"oracles\"><h2>Oracles</h2>\n<div class=\"wide\"><table class=\"list\"><thead><tr><th>Suite</th><th>Oracle</th>\
         <th>Law</th><th class=\"n\">Passed</th><th class=\"n\">Failed</th><th class=\"n\">Skipped</th><th class=\"n\">Time</th></tr></thead><tbody>\n",
    );
    for (suite, oracle, tally) in report.rows() {
        let known = catalogue::oracle(oracle);
        let law = known.map_or_else(String::new, |known| {
            format!("{}<small>Finds {}.</small>", escaped(known.law), escaped(known.finds))
        });
        let failed = if tally.failed > 0 { " fail" } else { "" };
        let _ = writeln!(
            out,
            "<tr id=\"o-{0}-{1}\"><td>{0}</td><th scope=\"row\">{1}</th><td class=\"law\">{law}</td><td class=\"n\">{2}</td><td class=\"n{failed}\">{3}</td>\
             <td class=\"n\">{4}</td><td class=\"n\">{5}</td></tr>",
            escaped(suite),
            escaped(oracle),
            text::grouped(tally.passed),
            text::grouped(tally.failed),
            text::grouped(tally.skipped),
            time(tally.took)
        );
    }
    out + "</tbody></table></div></section>\n"
}

fn skips(report: &Report) -> String {
    let mut skips: Vec<_> = report.skips().collect();
    if skips.is_empty() {
        return String::new();
    }
    skips.sort_by_key(|(suite, oracle, why, count)| {
        (crate::run::place(suite), *oracle, std::cmp::Reverse(*count), *why)
    });
    let mut out = String::from(
        "<section id=\"skips\"><h2>Skips</h2>\n<p>A trial with nothing to hold against proves nothing, so it is not counted as passed.</p>\n",
    );
    for rows in skips.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let Some((suite, oracle, ..)) = rows.first() else { continue };
        let sum: usize = rows.iter().map(|(.., count)| count).sum();
        let _ = write!(
            out,
            "<details><summary><b>{}</b> {} <span class=\"n\">{}</span></summary><table class=\"list\"><tbody>",
            escaped(oracle),
            escaped(suite),
            text::grouped(sum)
        );
        for (_, _, why, count) in rows {
            let _ = write!(out, "<tr><td class=\"n\">{}</td><td>{}</td></tr>", text::grouped(*count), escaped(why));
        }
        out.push_str("</tbody></table></details>\n");
    }
    out + "</section>\n"
}

/// What changes by itself and was therefore not judged.
fn left_out(report: &Report) -> String {
    let rows: Vec<_> = report.cells().filter(|(_, _, tally)| tally.left_out > 0).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<section id=\"left-out\"><h2>Left out by rule</h2>\n<p>What changed from one sample to the next was not judged.</p>\n\
         <table class=\"list\"><thead><tr><th>Table</th><th>Oracle</th><th class=\"n\">Rows and values</th></tr></thead><tbody>",
    );
    for (table, oracle, tally) in rows {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"n\">{}</td></tr>",
            escaped(table),
            escaped(oracle),
            text::grouped(tally.left_out)
        );
    }
    out + "</tbody></table></section>\n"
}

fn divergences() -> String {
    let Ok(list) = Divergences::load() else { return String::new() };
    let mut out = String::from(
        "<section id=\"divergences\"><h2>Divergences</h2>\n<p>Answers of this agent that differ from osquery’s on purpose.</p>\n\
         <details><summary>The list</summary><table class=\"list\"><tbody>",
    );
    for (what, why) in list.all() {
        let _ = writeln!(out, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escaped(what), escaped(why));
    }
    out + "</tbody></table></details></section>\n"
}
