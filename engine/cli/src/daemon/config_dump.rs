//! `--config_dump`: the sources of the configuration as they are.

use plumb_agent::config::{Config, ConfigError};
use plumb_agent::flags::Flags;
use std::io::{self, Write};

/// Prints every source under its name; answers the exit code. Without a configuration there is nothing to print.
pub(crate) fn dump(flags: &Flags, stdout: &mut dyn Write, stderr: &mut dyn Write) -> i32 {
    let texts = match Config::texts_of(flags) {
        Ok(texts) => texts,
        Err(ConfigError::Missing(_)) => return 0,
        Err(error) => {
            // There is nobody left to be told that standard error is closed.
            let _ = writeln!(stderr, "{error}");
            return 1;
        }
    };
    let printed = texts.iter().try_for_each(|(name, text)| print(name, text, stdout)).and_then(|()| stdout.flush());
    i32::from(printed.is_err())
}

/// The text is not written anew: comments and all else that is no JSON stay as they are.
fn print(name: &str, text: &[u8], stdout: &mut dyn Write) -> io::Result<()> {
    write!(stdout, "{{\"{name}\": ")?;
    stdout.write_all(text)?;
    stdout.write_all(b"\n}\n")
}
