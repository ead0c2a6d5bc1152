//! `conform list`: what there is.

use crate::say::say;
use plumb_conformance::fixtures::{Fixture, folder};
use plumb_conformance::oracles::catalogue::{Needs, ORACLES};
use plumb_conformance::run::SUITES;
use plumb_schema::{AnyTable, Platforms};

pub(crate) fn list() -> Result<bool, String> {
    say("suites:\n");
    for suite in SUITES {
        say(&format!("  {:<10} {}\n", suite.name, suite.about));
    }
    say("\noracles:\n");
    for oracle in ORACLES {
        let needs = match oracle.needs {
            Needs::Sql => "any agent",
            Needs::Host => "a host of the harness's choice",
            Needs::Code => "this agent's own code",
        };
        say(&format!("  {}: {}\n", oracle.name, oracle.law));
        say(&format!("      finds {}\n", oracle.finds));
        say(&format!("      once: {}\n", oracle.history));
        say(&format!("      needs {needs}\n"));
    }
    let registry = plumb_tables::registry();
    let tables: Vec<&str> = registry.on(Platforms::CURRENT).map(AnyTable::name).collect();
    say(&format!("\n{} tables:\n", tables.len()));
    for line in wrapped(&tables, 110) {
        say(&format!("  {line}\n"));
    }
    say("\nfixture hosts:\n");
    for fixture in Fixture::all(&folder()).map_err(|error| error.to_string())? {
        let recorded = fixture.recorded().map_err(|error| error.to_string())?;
        say(&format!("  {:<16} {} recorded answers\n", fixture.name, recorded.len()));
    }
    Ok(true)
}

/// Words in lines that are not longer than a width, unless a word is.
fn wrapped(words: &[&str], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut().filter(|line| line.len() + 1 + word.len() <= width) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push((*word).to_owned()),
        }
    }
    lines
}
