//! Paths: `parent_directory`, `is_path_deterministic`, `find_file_path_in_cmd`.

use super::value::{Answer, Args};
use super::{ANY, Registrar, fail, fail_code};
use plumb_host::{Cancel, Dir, FileKind, Follow, Host};
use rusqlite::Result;
use rusqlite::ffi::SQLITE_INTERRUPT;
use std::sync::Arc;

/// The longest path that a kernel takes.
const LONGEST_PATH: usize = 4096;

pub(super) fn register(to: &Registrar<'_>, host: &Arc<dyn Host>, cancel: &Cancel) -> Result<()> {
    to.add("parent_directory", 1, parent_directory)?;
    to.add("is_path_deterministic", ANY, |args| match args.text(0) {
        // Any path here names one file: nothing is expanded by the environment.
        Some(_) => Ok(Answer::Int(1)),
        None => fail("Invalid inputs to is_path_deterministic"),
    })?;
    let (host, cancel) = (Arc::clone(host), cancel.clone());
    to.add("find_file_path_in_cmd", ANY, move |args| match args.text(0) {
        Some(command) => find_file(host.root(), &command, &cancel),
        None => fail("Invalid inputs to find_binary_path_from_cmd"),
    })
}

/// What stands before the last slash; NULL where there is none.
fn parent_directory(args: &Args<'_, '_>) -> Result<Answer> {
    let Some(path) = args.strict_text(0) else {
        return fail("Invalid inputs to parent_directory, TEXT was expected");
    };
    let slash = path.iter().rposition(|byte| *byte == b'/');
    Ok(slash.and_then(|slash| path.get(..slash)).map_or(Answer::Null, Answer::text))
}

/// The longest prefix of a command line, up to a space, that is a file.
fn find_file(root: &dyn Dir, command: &[u8], cancel: &Cancel) -> Result<Answer> {
    if !command.starts_with(b"/") {
        return Ok(Answer::Fixed(""));
    }
    let mut candidate = command.split(|byte| *byte == 0).next().unwrap_or_default();
    loop {
        if cancel.is_cancelled() {
            return fail_code(SQLITE_INTERRUPT);
        }
        if candidate.len() < LONGEST_PATH && is_file(root, candidate) {
            return Ok(Answer::text(candidate));
        }
        match candidate.iter().rposition(|byte| *byte == b' ') {
            Some(space) => candidate = candidate.get(..space).unwrap_or_default(),
            None => return Ok(Answer::Fixed("")),
        }
    }
}

fn is_file(root: &dyn Dir, path: &[u8]) -> bool {
    root.stat(path, Follow::Yes).is_ok_and(|stat| stat.kind() == FileKind::Regular)
}
