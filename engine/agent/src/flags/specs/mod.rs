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

/// A flag by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static FlagSpec> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static FlagSpec>> =
        LazyLock::new(|| all().map(|spec| (spec.name, spec)).collect());
    BY_NAME.get(name).copied()
}
