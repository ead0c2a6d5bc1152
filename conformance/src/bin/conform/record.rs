//! `conform record`.

use crate::say::say;
use plumb_conformance::run;
use plumb_host::Live;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn record(path: &Path) -> Result<bool, String> {
    if path.exists() {
        return Err(format!("{} is there already", path.display()));
    }
    let host = Live::new().map_err(|error| error.to_string())?;
    let written = run::record(Arc::new(host), path)?;
    written.paths.iter().for_each(|path| say(&format!("{}\n", path.display())));
    say(&format!("{} tables have rows\n", written.tables));
    if !written.live_only.is_empty() {
        say(&format!("on the live host only: {}\n", written.live_only.join(", ")));
    }
    if written.left_out > 0 {
        say(&format!("{} contents were too large to be kept\n", written.left_out));
    }
    say("It holds what was read, /etc/shadow and keys too: look through it before others see it.\n");
    Ok(true)
}
