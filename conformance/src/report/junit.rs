//! The report as JUnit XML, for build servers.
//!
//! A test case is a suite, an oracle, a host and a table, not a seed: so a server can follow it from one run to the next.

use super::{Finding, Place, Report, Tally};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The whole report.
pub(super) fn junit(report: &Report) -> String {
    let mut suites: BTreeMap<(usize, &str), Vec<(&Place, &Tally)>> = BTreeMap::new();
    for (place, tally) in report.places() {
        suites.entry((crate::run::place(place.suite), place.suite)).or_default().push((place, tally));
    }
    let seconds = report.about.took.as_secs_f64();
    let all: Vec<&Tally> = report.places().map(|(_, tally)| tally).collect();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (tests, failures, skipped) = counts(&all);
    let _ = writeln!(
        xml,
        "<testsuites name=\"conform\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{seconds:.3}\">"
    );
    for ((_, suite), places) in &suites {
        let tallies: Vec<&Tally> = places.iter().map(|(_, tally)| *tally).collect();
        let (tests, failures, skipped) = counts(&tallies);
        let seconds: f64 = tallies.iter().map(|tally| tally.took.as_secs_f64()).sum();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{seconds:.3}\">",
            escaped(suite)
        );
        places.iter().for_each(|(place, tally)| case(&mut xml, report, place, tally));
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// Test cases, those that failed, and those of which every trial was skipped.
fn counts(tallies: &[&Tally]) -> (usize, usize, usize) {
    let failed = tallies.iter().filter(|tally| tally.failed > 0).count();
    (tallies.len(), failed, tallies.iter().filter(|tally| skipped(tally)).count())
}

fn skipped(tally: &Tally) -> bool {
    tally.passed == 0 && tally.failed == 0
}

fn case(xml: &mut String, report: &Report, place: &Place, tally: &Tally) {
    let name = if place.table.is_empty() { place.host.clone() } else { format!("{}: {}", place.host, place.table) };
    let _ = write!(
        xml,
        "    <testcase classname=\"{}.{}\" name=\"{}\" time=\"{:.3}\"",
        escaped(place.suite),
        escaped(place.oracle),
        escaped(&name),
        tally.took.as_secs_f64()
    );
    if tally.failed > 0 {
        let here = |finding: &&Finding| Place::of(&finding.trial) == *place;
        let texts: Vec<String> = report.findings().iter().filter(here).map(text).collect();
        let message = format!("{} of {} trials failed", tally.failed, tally.trials());
        let _ = writeln!(
            xml,
            ">\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>",
            escaped(&message),
            escaped(place.oracle),
            escaped(&texts.join("\n\n"))
        );
    } else if skipped(tally) {
        let why = report.skips().find(|(suite, oracle, ..)| (*suite, *oracle) == (place.suite, place.oracle));
        let why = why.map_or("", |(_, _, why, _)| why);
        let _ = writeln!(xml, ">\n      <skipped message=\"{}\"/>\n    </testcase>", escaped(why));
    } else {
        xml.push_str("/>\n");
    }
}

fn text(finding: &Finding) -> String {
    let query = finding.query().unwrap_or_default();
    format!("{}\n{query}\n{}\nagain: {}", finding.trial.name, finding.shown(), finding.trial.replay)
}

/// Text for XML 1.0, which cannot hold control characters at all.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push_str(if c == '\n' { "&#10;" } else { "&#9;" }),
            c if c.is_control() || matches!(u32::from(c), 0xfffe | 0xffff) => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}
