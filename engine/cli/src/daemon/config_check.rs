//! `--config_check`: what is wrong with the configuration. It reads files, and changes nothing.

use crate::console::{Terminals, here, thread_id};
use crate::own;
use crate::shell::Machine;
use crate::sql::analysis::{Block, Severity};
use crate::sql::{Budget, Engine, Settings};
use plumb_agent::LocalAgent;
use plumb_agent::config::check::{Finding, Report, check as look, general};
use plumb_agent::config::diagnostic::Weight;
use plumb_agent::config::{Config, ConfigError, constructed};
use plumb_agent::flags::Flags;
use plumb_agent::glog::{Severity as Level, status_line};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::Arc;

/// Tells what is wrong, on standard error or as JSON on standard output; answers the exit code: 1 if there is an error.
/// A configuration of which nothing is to be said gives no output at all, but as JSON.
pub(crate) fn check(
    flags: &Flags,
    machine: &Machine<'_>,
    terminals: Terminals,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> i32 {
    let json = flags.bool("json") || flags.bool("json_pretty");
    // What cannot be told because its stream is closed is nobody's loss.
    let (report, error) = match Config::load(flags) {
        Err(error) => (unloaded(&error), Some(error)),
        Ok(config) => match report(&config, flags, machine) {
            Ok(report) => (report, None),
            Err(error) => {
                let _ = writeln!(stderr, "Error: {error}");
                return 1;
            }
        },
    };
    let (errors, warnings) = report.counts();
    let code = i32::from(error.is_some() || errors > 0);
    if json {
        let value = as_json(&report, error.as_ref());
        let text = if flags.bool("json_pretty") { format!("{value:#}") } else { value.to_string() };
        let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
        return code;
    }
    if let Some(error) = &error {
        for line in error.details() {
            let line = status_line(Level::Error, &jiff::Zoned::now(), thread_id(), here!(), &line);
            let _ = writeln!(stderr, "{line}");
        }
        let _ = writeln!(stderr, "{error}");
        if report.findings.is_empty() {
            for help in error.help() {
                let _ = writeln!(stderr, "help: {help}");
            }
            return code;
        }
    }
    let colours = terminals.stderr && own::wants_colours();
    for found in &report.findings {
        let _ = stderr.write_all(block(found).render(colours).as_bytes());
    }
    if errors + warnings > 0 {
        let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        let queries = if report.queries == 1 { "query" } else { "queries" };
        let of = if report.of > report.queries { format!(" of {}", report.of) } else { String::new() };
        let _ = writeln!(
            stderr,
            "{}{of} {queries} looked at: {}, {}",
            report.queries,
            count(errors, "error"),
            count(warnings, "warning")
        );
    }
    code
}

/// What is known of a source that is no configuration.
fn unloaded(error: &ConfigError) -> Report {
    let ConfigError::Json { found, text } = error else { return Report::default() };
    Report { findings: vec![general((**found).clone(), Some(text))], ..Report::default() }
}

/// Looks at a configuration with the tables that the daemon would have.
fn report(config: &Config, flags: &Flags, machine: &Machine<'_>) -> Result<Report, String> {
    let mut flags = flags.clone();
    config.apply_options(&mut flags);
    let host = (machine.open)(&flags)?;
    let flags = Arc::new(flags);
    let mut registry = (machine.tables)();
    // What is refused is told by looking.
    let refused = constructed::add(&mut registry, config, None);
    registry.retain(|name| flags.leaves_out(name).is_none());
    let agent = Arc::new(LocalAgent::new(Arc::clone(&host), flags, registry.clone()));
    let settings = Settings { registry, host, agent, budget: Budget::default(), planner: false };
    let mut engine = Engine::open(settings).map_err(|error| error.to_string())?;
    engine.tell_of(plumb_tables::not_yet::NOT_YET);
    Ok(look(config, &mut engine, &refused))
}

fn block(found: &Finding) -> Block<'_> {
    Block {
        severity: match found.diagnostic.weight {
            Weight::Error => Severity::Error,
            Weight::Warning => Severity::Warning,
        },
        code: found.code,
        message: &found.diagnostic.message,
        source: Some(&found.diagnostic.source),
        excerpt: found.excerpt.clone(),
        help: found.diagnostic.help.as_deref(),
    }
}

fn as_json(report: &Report, error: Option<&ConfigError>) -> Value {
    let (errors, _) = report.counts();
    let finding = |found: &Finding| {
        let diagnostic = &found.diagnostic;
        json!({
            "severity": if diagnostic.weight == Weight::Error { "error" } else { "warning" },
            "code": found.code,
            "message": diagnostic.message,
            "source": diagnostic.source,
            "line": diagnostic.place.line,
            "column": diagnostic.place.column,
            "help": diagnostic.help,
        })
    };
    json!({
        "valid": error.is_none() && errors == 0,
        "error": error.map(ToString::to_string),
        "queries": report.queries,
        "diagnostics": report.findings.iter().map(finding).collect::<Vec<Value>>(),
    })
}
