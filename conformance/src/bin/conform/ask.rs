//! `conform ask`: one question, both ways.

use crate::say::say;
use plumb_conformance::Verdict;
use plumb_conformance::engines::Engine;
use plumb_conformance::engines::embedded::Embedded;
use plumb_conformance::oracles::materialized::Pair;
use plumb_conformance::report::printable;
use plumb_conformance::run;
use plumb_host::{Host, Live};
use std::sync::Arc;

pub(crate) fn ask(sql: &str, host: Option<&str>) -> Result<bool, String> {
    let host: Arc<dyn Host> = match host {
        Some(name) => run::host(name)?.host,
        None => Arc::new(Live::new().map_err(|error| error.to_string())?),
    };
    let rows = Embedded::new(Arc::clone(&host))?.ask(sql)?;
    for row in &rows {
        let cell = |cell: &Option<Vec<u8>>| {
            cell.as_ref().map_or("NULL".into(), |bytes| printable(&String::from_utf8_lossy(bytes)))
        };
        let cells: Vec<String> = row.iter().map(|(name, value)| format!("{name}={}", cell(value))).collect();
        say(&format!("{}\n", cells.join("  ")));
    }
    say(&format!("{} rows\n", rows.len()));
    match Pair::new(host)?.compare(sql) {
        Verdict::Pass => say("plain copies agree\n"),
        Verdict::Skip(why) => say(&format!("plain copies tell nothing: {why}\n")),
        Verdict::Fail(why) => {
            say(&format!("plain copies differ: {why}\n"));
            return Ok(false);
        }
    }
    Ok(true)
}
