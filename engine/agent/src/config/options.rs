//! Options: the flags that a configuration may set.

use super::Source;
use super::diagnostic::{Diagnostic, MOST, Weight};
use super::text::Text;
use crate::flags::{FlagError, Flags, Origin, Scope, find};

/// Why an option is not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum OptionError {
    #[error("Cannot set unknown or invalid flag: {0}")]
    Unknown(String),
    #[error(
        "The CLI only flag --{0} set via config file will be ignored, please use a flagfile or pass it to the process at startup"
    )]
    CliOnly(String),
    #[error("{0}: it keeps its value")]
    Value(FlagError),
}

/// Sets an option.
pub(super) fn set(flags: &mut Flags, name: &str, value: &str) -> Result<(), OptionError> {
    if name.starts_with("custom_") {
        flags.set_custom(name, value);
        return Ok(());
    }
    match find(name) {
        None => Err(OptionError::Unknown(name.to_owned())),
        Some(spec) if !matches!(spec.scope, Scope::Option | Scope::Hidden) => {
            Err(OptionError::CliOnly(name.to_owned()))
        }
        Some(_) => flags.set(name, value, Origin::Config).map_err(OptionError::Value),
    }
}

/// What is wrong with the options of a source.
pub(super) fn check(text: &Text, source: &Source) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, value) in source.options.iter().take(MOST) {
        let Err(error) = set(&mut Flags::default(), name, value) else { continue };
        let help = match &error {
            OptionError::Unknown(_) => FlagError::Unknown(name.clone()).advice().map(|advice| advice.replace("--", "")),
            OptionError::CliOnly(_) => None,
            OptionError::Value(error) => error.advice(),
        };
        let span = source.marks.options.get(name).cloned().unwrap_or_default();
        found.push(Diagnostic { help, ..Diagnostic::new(Weight::Warning, text, &span, error.to_string()) });
    }
    found
}
