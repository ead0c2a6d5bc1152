//! The rest: `sleep`, `carve`, `shellstatic`.

use super::value::{Answer, Args};
use super::{Registrar, fail_code};
use plumb_host::Cancel;
use rusqlite::Result;
use rusqlite::ffi::SQLITE_INTERRUPT;
use rusqlite::types::ValueRef;
use std::time::{Duration, Instant};

/// How long a cancelled sleep may last.
const SLICE: Duration = Duration::from_millis(20);

pub(super) fn register(to: &Registrar<'_>, cancel: &Cancel) -> Result<()> {
    let cancel = cancel.clone();
    to.add_volatile("sleep", 1, move |args| sleep(args, &cancel))?;
    // No carver is enabled for functions.
    to.add_volatile("carve", 1, |_| Ok(Answer::Fixed("Carve Failed:")))?;
    to.add("shellstatic", 0, |_| Ok(Answer::Null))
}

/// Waits whole seconds; what is not a number does not wait.
fn sleep(args: &Args<'_, '_>, cancel: &Cancel) -> Result<Answer> {
    let seconds = match args.get(0) {
        ValueRef::Integer(_) | ValueRef::Real(_) => args.int(0).unwrap_or(0),
        _ => 0,
    };
    let duration = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    let start = Instant::now();
    while let Some(left) = duration.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
        if cancel.is_cancelled() {
            return fail_code(SQLITE_INTERRUPT);
        }
        std::thread::park_timeout(left.min(SLICE));
    }
    Ok(Answer::Int(0))
}
