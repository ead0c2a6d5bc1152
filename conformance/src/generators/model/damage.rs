//! Damage to the files of a rendered machine.

use super::files::{Files, Thing, is_below, name_of};
use crate::generators::host::{ERRNOS, attacked, token};
use crate::generators::netlink::harm::{harm, noise};
use arbitrary::{Result, Unstructured};
use plumb_host::{Access, FileKind};
use std::fmt::Write as _;

/// What was done to a machine.
#[derive(Clone, Debug, Default)]
pub struct Damage {
    /// Paths that are not what they were.
    pub paths: Vec<Vec<u8>>,
    /// All of it, for people.
    pub told: String,
}

impl Damage {
    /// Whether what depends on a path may have changed.
    #[must_use]
    pub fn touches(&self, source: &[u8]) -> bool {
        self.paths.iter().any(|path| is_below(path, source) || is_below(source, path))
    }
}

/// Damages some of the files.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn damage(u: &mut Unstructured<'_>, files: &mut Files) -> Result<Damage> {
    let mut damage = Damage::default();
    for _ in 0..u.int_in_range(1..=4)? {
        // What netlink tells of a machine may be told in one place, and in files by hundreds.
        if !files.dumps().is_empty() && u.ratio(1, 3)? {
            a_dump(u, files, &mut damage)?;
            continue;
        }
        let paths: Vec<Vec<u8>> = files.paths().map(<[u8]>::to_vec).collect();
        if paths.is_empty() {
            break;
        }
        let path = u.choose(&paths)?.clone();
        let harm = once(u, files, &path)?;
        let _ = writeln!(damage.told, "{}: {harm}", path.escape_ascii());
        if harm != A_LINE {
            damage.paths.push(path);
        }
    }
    Ok(damage)
}

/// Harms an answer of netlink, or puts something into it that says nothing.
fn a_dump(u: &mut Unstructured<'_>, files: &mut Files, damage: &mut Damage) -> Result<()> {
    let place = u.choose_index(files.dumps().len())?;
    let Some(dump) = files.dumps_mut().get_mut(place) else { return Ok(()) };
    let name = name_of(dump);
    let told = if u.ratio(1, 2)? {
        noise(u, dump)?
    } else {
        damage.paths.push(name.clone());
        harm(u, dump)?
    };
    let _ = writeln!(damage.told, "{}: {told}", name.escape_ascii());
    Ok(())
}

/// The only harm that leaves the rest of a file as it was.
const A_LINE: &str = "a line of junk";

fn once(u: &mut Unstructured<'_>, files: &mut Files, path: &[u8]) -> Result<&'static str> {
    let lines = files.has_lines(path);
    Ok(match u.int_in_range(0..=9)? {
        0..=3 if lines => {
            let junk = token(u)?;
            // With colons it could be an account, and the first of an id counts.
            if let Some(content) = files.content(path).filter(|_| !junk.iter().any(|byte| b"\n:".contains(byte))) {
                let starts: Vec<usize> =
                    (0..content.len()).filter(|at| *at == 0 || content.get(at - 1) == Some(&b'\n')).collect();
                let at = if starts.is_empty() { 0 } else { *u.choose(&starts)? };
                content.splice(at..at, [junk, b"\n"].concat());
            }
            A_LINE
        }
        0..=6 => match files.get(path).cloned() {
            Some(Thing::File(content)) => {
                files.file(path, attacked(u, &content, &content)?);
                "other content"
            }
            Some(Thing::Link(target)) => {
                files.link(path, attacked(u, &target, b"/")?);
                "another target"
            }
            _ => {
                files.file(path, token(u)?);
                "a file"
            }
        },
        7 => {
            files.remove(path);
            "gone"
        }
        8 => {
            files.fault(path, *u.choose(&Access::ALL)?, *u.choose(&ERRNOS)?);
            "an error"
        }
        _ => {
            files.put(path, Thing::Node(*u.choose(&[FileKind::Fifo, FileKind::Directory, FileKind::Socket])?));
            "of another kind"
        }
    })
}
