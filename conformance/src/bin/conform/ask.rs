//! `conform ask`: one question, both ways.

use crate::say::say;
use plumb_conformance::Verdict;
use plumb_conformance::case::both_ways;
use plumb_conformance::report::printable;
use plumb_conformance::run;
use plumb_host::{Host, Live};
use std::sync::Arc;

pub(crate) fn ask(sql: &str, host: Option<&str>) -> Result<bool, String> {
    let host: Arc<dyn Host> = match host {
        Some(name) => run::host(name)?.host,
        None => Arc::new(Live::new().map_err(|error| error.to_string())?),
    };
    let asked = both_ways(host, sql)?;
    asked.text.lines().for_each(|line| say(&format!("{}\n", printable(line))));
    say(&format!("{} row{}\n", asked.rows, if asked.rows == 1 { "" } else { "s" }));
    match asked.verdict {
        Verdict::Pass => say("plain copies agree\n"),
        Verdict::Skip(why) => say(&format!("plain copies tell nothing: {why}\n")),
        Verdict::Fail(why) => {
            say("plain copies differ:\n");
            why.lines().for_each(|line| say(&format!("{}\n", printable(line))));
            return Ok(false);
        }
    }
    Ok(true)
}
