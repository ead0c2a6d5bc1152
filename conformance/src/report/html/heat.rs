//! Tables against oracles. A cell tells by its sign and its number what it tells by its colour.

use super::escaped;
use super::findings::anchor_of;
use super::text::{anchor, plural, short};
use crate::report::{Report, Tally, time};
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn section(report: &Report) -> String {
    let cells: BTreeMap<(&str, &str), &Tally> =
        report.cells().map(|(table, oracle, tally)| ((table, oracle), tally)).collect();
    if cells.is_empty() {
        return String::new();
    }
    let mut tables: Vec<&str> = cells.keys().map(|(table, _)| *table).collect();
    tables.dedup();
    let mut oracles: Vec<&str> = report.rows().iter().map(|(_, oracle, _)| *oracle).collect();
    oracles.retain(|oracle| cells.keys().any(|(_, known)| known == oracle));
    let mut seen = Vec::new();
    oracles.retain(|oracle| {
        !seen.contains(oracle) && {
            seen.push(oracle);
            true
        }
    });
    let heads: String =
        oracles.iter().map(|oracle| format!("<th scope=\"col\"><span>{}</span></th>", escaped(oracle))).collect();
    let mut out = format!(
        "<section id=\"map\"><h2>Tables × oracles</h2>\n<p class=\"legend\"><span class=\"key pass\">✓ 12</span> held \
         <span class=\"key fail\">✕ 3</span> failed <span class=\"key skip\">–</span> only skipped \
         <span class=\"key none\">·</span> does not apply <label class=\"find\">Find a table <input type=\"search\" id=\"find\"></label></p>\n\
         <div class=\"wide\"><table class=\"heat\"><thead><tr><td></td>{heads}</tr></thead><tbody>\n"
    );
    let judged =
        |table: &&&str| cells.iter().any(|((name, _), tally)| *name == **table && tally.passed + tally.failed > 0);
    for table in tables.iter().filter(judged) {
        let _ = write!(
            out,
            "<tr data-table=\"{0}\"><th scope=\"row\" id=\"t-{1}\">{0}</th>",
            escaped(table),
            anchor(table)
        );
        for oracle in &oracles {
            out += &cells.get(&(*table, *oracle)).map_or_else(
                || "<td class=\"none\"><span title=\"does not apply\">·</span></td>".to_owned(),
                |tally| cell(report, table, oracle, tally),
            );
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    let rest: Vec<String> = tables.iter().filter(|table| !judged(table)).map(|table| escaped(table)).collect();
    if !rest.is_empty() {
        let count = plural(rest.len(), "table");
        let _ = writeln!(
            out,
            "<details><summary>{count} of which nothing was judged</summary><p>{}</p></details>",
            rest.join(", ")
        );
    }
    out + "</section>\n"
}

fn cell(report: &Report, table: &str, oracle: &str, tally: &Tally) -> String {
    let told = format!(
        "{table} / {oracle}: {} passed, {} failed, {} skipped, {}",
        tally.passed,
        tally.failed,
        tally.skipped,
        time(tally.took)
    );
    let (class, text) = match tally {
        Tally { failed: 1.., .. } => ("fail".to_owned(), format!("✕ {}", short(tally.failed))),
        Tally { passed: 1.., .. } => (format!("pass p{}", weight(tally.passed)), format!("✓ {}", short(tally.passed))),
        _ => ("skip".to_owned(), "–".to_owned()),
    };
    let to = report
        .findings()
        .iter()
        .position(|finding| finding.trial.oracle == oracle && finding.trial.tables.iter().any(|name| name == table));
    let to = match (tally.failed > 0, to) {
        (true, Some(place)) => anchor_of(place + 1),
        (true, None) => "findings".to_owned(),
        (false, _) if tally.passed == 0 => "skips".to_owned(),
        _ => format!("time-{}", anchor(table)),
    };
    format!("<td class=\"{class}\"><a href=\"#{to}\" title=\"{0}\" aria-label=\"{0}\">{text}</a></td>", escaped(&told))
}

/// How much stands behind a cell, in four steps.
fn weight(passed: usize) -> usize {
    match passed {
        0..=3 => 1,
        4..=30 => 2,
        31..=300 => 3,
        _ => 4,
    }
}
