//! What is configured: the sources of the configuration, and plugins that exist.

use super::Exam;
use plumb_agent::config::diagnostic::Diagnostic;
use plumb_agent::config::{Config, ConfigError};

/// How many oddities of a configuration are shown: `--config_check` shows all.
const SHOWN: usize = 5;

const LOGGERS: [&str; 3] = ["filesystem", "stdout", "syslog"];

pub(super) fn look(exam: &mut Exam<'_>) {
    let flags = exam.flags;
    match Config::load(flags) {
        Ok(config) => read(exam, &config),
        Err(error) => exam.fail("config", error.to_string(), remedy(&error)),
    }
    for name in flags.list("logger_plugin").filter(|name| !LOGGERS.contains(name)) {
        let remedy = format!("--logger_plugin takes {}", LOGGERS.join(", "));
        exam.fail("logger", format!("there is no logger plugin {name}"), remedy);
    }
}

fn remedy(error: &ConfigError) -> String {
    let help = error.help().join("; ");
    if help.is_empty() { "without a configuration nothing is scheduled".to_owned() } else { help }
}

fn read(exam: &mut Exam<'_>, config: &Config) {
    for (name, source) in &config.sources {
        let queries = source.schedule.len();
        exam.ok("config", format!("{name}: queries outside of packs: {queries}"));
    }
    for loaded in &config.packs {
        let (name, queries) = (&loaded.pack.name, loaded.pack.queries.len());
        exam.ok("config", format!("pack {name} in {}: queries: {queries}", loaded.source));
    }
    for found in config.diagnostics.iter().take(SHOWN) {
        let Diagnostic { source, place, message, help, .. } = found;
        let text = format!("{source}:{}:{}: {message}", place.line, place.column);
        exam.warn("config", text, help.as_deref().unwrap_or("see --config_check"));
    }
    if let Some(more) = config.diagnostics.len().checked_sub(SHOWN).filter(|&more| more > 0) {
        exam.warn("config", format!("so many more oddities: {more}"), "--config_check shows all");
    }
}
