//! File systems without devices, whose files can be opened without a look at what they are.

use crate::sys;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// statfs(2)'s number of procfs.
const PROC: u64 = 0x9fa0;
/// statfs(2)'s number of sysfs.
const SYS: u64 = 0x6265_6572;

/// What a directory knows about such file systems.
#[derive(Clone, Debug)]
pub(super) enum Plain {
    /// It is the root: they are at `/proc` and `/sys`, if these are held here.
    Root { proc: Option<Arc<OwnedFd>>, sys: Option<Arc<OwnedFd>> },
    /// It is in one.
    Inside,
    /// It is not known to be in one.
    Outside,
}

impl Plain {
    pub(super) fn of_root() -> Self {
        Self::Root { proc: mounted("/proc", PROC), sys: mounted("/sys", SYS) }
    }

    /// Opens a path if it stays inside such a file system: no link of `/proc/PID` (`fd/3`, `root`) leads out, and
    /// nothing that is mounted below.
    pub(super) fn open(&self, dir: &impl AsFd, path: &[u8], flags: OFlags) -> Option<io::Result<OwnedFd>> {
        match self {
            Self::Outside => None,
            Self::Inside if path.starts_with(b"/") => None,
            Self::Inside => inside(dir.as_fd(), path, flags),
            Self::Root { proc, sys } => {
                let (mount, path) = match top(path)? {
                    (b"proc", path) => (proc, path),
                    (b"sys", path) => (sys, path),
                    _ => return None,
                };
                inside(mount.as_ref()?.as_fd(), path, flags)
            }
        }
    }
}

fn mounted(path: &str, magic: u64) -> Option<Arc<OwnedFd>> {
    let fd = rustix::fs::open(path, sys::DIRECTORY, Mode::empty()).ok()?;
    let statfs = rustix::fs::fstatfs(&fd).ok()?;
    #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "of another type on other processors")]
    let found = statfs.f_type as u64;
    (found == magic).then(|| Arc::new(fd))
}

/// The first name of a path from the root, and what follows it (`.` if nothing does).
fn top(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let path = path.strip_prefix(b"/").unwrap_or(path);
    let Some(end) = path.iter().position(|byte| *byte == b'/') else { return Some((path, b".")) };
    let rest = path.get(end + 1..)?;
    if rest.starts_with(b"/") {
        return None;
    }
    Some((path.get(..end)?, if rest.is_empty() { b"." } else { rest }))
}

fn inside(dir: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Option<io::Result<OwnedFd>> {
    static MISSING: AtomicBool = AtomicBool::new(false);
    if MISSING.load(Ordering::Relaxed) {
        return None;
    }
    let resolve = ResolveFlags::NO_XDEV | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(dir, path, flags, Mode::empty(), resolve) {
        Ok(fd) => Some(Ok(fd)),
        Err(Errno::NOSYS) => {
            MISSING.store(true, Ordering::Relaxed);
            None
        }
        // It leads out; or a sandbox does not allow this call.
        Err(Errno::XDEV | Errno::LOOP | Errno::AGAIN | Errno::PERM) => None,
        Err(error) => Some(Err(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::top;

    #[test]
    fn splits_off_the_top() {
        for (path, expect) in [
            ("/proc/1/stat", Some(("proc", "1/stat"))),
            ("proc/1", Some(("proc", "1"))),
            ("/proc", Some(("proc", "."))),
            ("/proc/", Some(("proc", "."))),
            ("/proc//1", None),
            ("//proc/1", Some(("", "proc/1"))),
            ("/", Some(("", "."))),
            ("", Some(("", "."))),
        ] {
            let expect = expect.map(|(name, rest): (&str, &str)| (name.as_bytes(), rest.as_bytes()));
            assert_eq!(top(path.as_bytes()), expect, "{path}");
        }
    }
}
