//! How long trials of each table take.

use super::escaped;
use super::text::{anchor, plural};
use crate::report::{Report, Tally, time};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// Heights and widths, in pixels of the drawing.
const ROW: usize = 20;
const NAME: usize = 210;
const BAR: usize = 560;

pub(super) fn section(report: &Report) -> String {
    let mut tables: BTreeMap<&str, Tally> = BTreeMap::new();
    for (table, _, tally) in report.cells() {
        let sum = tables.entry(table).or_default();
        sum.passed += tally.passed + tally.failed;
        sum.took += tally.took;
    }
    // What was only skipped took no time worth showing.
    let mut times: Vec<(&str, Duration, usize)> = tables
        .into_iter()
        .filter(|(_, tally)| tally.passed > 0)
        .map(|(table, tally)| (table, tally.took / u32::try_from(tally.passed).unwrap_or(u32::MAX), tally.passed))
        .collect();
    times.sort_by_key(|(table, took, _)| (std::cmp::Reverse(*took), *table));
    let Some((_, most, _)) = times.first().copied() else { return String::new() };
    let height = times.len() * ROW + 8;
    let mut out = format!(
        "<section id=\"timings\"><h2>Timings</h2>\n<p>Mean time of a trial in which the table takes part, on a scale of powers of ten.</p>\n\
         <div class=\"wide\"><svg class=\"chart\" viewBox=\"0 0 {} {height}\" width=\"{0}\" height=\"{height}\" role=\"img\" aria-label=\"Mean time of a trial by table\">\n",
        NAME + BAR + 90
    );
    for (place, (table, took, trials)) in times.iter().enumerate() {
        let y = place * ROW + 4;
        let width = length(*took, most);
        let told = format!("{table}: {} in the mean of {}", time(*took), plural(*trials, "trial"));
        let _ = writeln!(
            out,
            "<g id=\"time-{}\"><title>{}</title><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{NAME}\" y=\"{y}\" width=\"{width}\" height=\"{}\" rx=\"2\"/><text class=\"v\" x=\"{}\" y=\"{}\">{}</text></g>",
            anchor(table),
            escaped(&told),
            NAME - 8,
            y + 12,
            escaped(table),
            ROW - 6,
            NAME + width + 6,
            y + 12,
            time(*took)
        );
    }
    out + "</svg></div></section>\n"
}

/// A bar's length: from ten microseconds on, each power of ten is as long as the next.
fn length(took: Duration, most: Duration) -> usize {
    let log = |time: Duration| (time.as_secs_f64() / 1e-5).max(1.0).log10();
    let share = log(took) / log(most).max(1.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small number")]
    let length = (share.clamp(0.0, 1.0) * 560.0) as usize;
    length.max(2)
}
