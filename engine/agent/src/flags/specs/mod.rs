//! Every flag, by subject.

mod config;
mod daemon;
mod events;
mod extensions;
mod logger;
mod remote;
mod shell;
mod tables;

use super::FlagSpec;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The flags of each subject.
static SUBJECTS: [&[FlagSpec]; 8] = [
    shell::FLAGS,
    config::FLAGS,
    daemon::FLAGS,
    events::FLAGS,
    extensions::FLAGS,
    logger::FLAGS,
    remote::FLAGS,
    tables::FLAGS,
];

/// Every flag there is, in no particular order.
pub fn all() -> impl Iterator<Item = &'static FlagSpec> {
    SUBJECTS.iter().copied().flatten()
}

/// What a flag is for, if that is not built yet.
#[must_use]
pub fn awaits(name: &str) -> Option<&'static str> {
    // What is switched off is off.
    if name.starts_with("disable_") {
        return None;
    }
    let subjects = [(events::FLAGS, "events"), (extensions::FLAGS, "extensions"), (remote::FLAGS, "servers")];
    let of = |flags: &[FlagSpec]| flags.iter().any(|spec| spec.name == name);
    let prefixes =
        [("config_tls_", "servers"), ("logger_tls_", "servers"), ("logger_kafka_", "Kafka"), ("aws_", "AWS")];
    let by_subject = subjects.into_iter().find(|(flags, _)| of(flags)).map(|(_, feature)| feature);
    by_subject.or_else(|| prefixes.into_iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, feature)| feature))
}

/// A flag by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static FlagSpec> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static FlagSpec>> =
        LazyLock::new(|| all().map(|spec| (spec.name, spec)).collect());
    BY_NAME.get(name).copied()
}
