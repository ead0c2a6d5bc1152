//! Reading the agent's own files as if an attacker had written them: nothing but regular files, never waiting, bounded.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the agent's own files")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// The largest source.
pub(super) const LARGEST: u64 = 4 << 20;

/// The most files that a pattern gives.
const MOST_FILES: usize = 10_000;

/// The most entries of directories that are looked at for a pattern.
const MOST_ENTRIES: usize = 1_000_000;

/// A whole file.
///
/// # Errors
/// Those of the system; `InvalidInput` for what is no regular file; `FileTooLarge` above the bound.
pub(super) fn read(path: &str) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {} MiB", LARGEST >> 20)));
    }
    Ok(bytes)
}

/// Opens a file without waiting for the other end of a FIFO.
#[cfg(unix)]
fn open(path: &str) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    #[allow(clippy::cast_possible_wrap, reason = "flags, not a number")]
    let file = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path);
    // A socket, or a device without a driver.
    file.map_err(|error| match rustix::io::Errno::from_io_error(&error) {
        Some(rustix::io::Errno::NXIO) => io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"),
        _ => error,
    })
}

#[cfg(not(unix))]
fn open(path: &str) -> io::Result<File> {
    File::open(path)
}

/// The paths that a pattern means: see [`expand`]. Directories that cannot be read have nothing in them.
pub(super) fn glob(pattern: &str) -> Vec<String> {
    let mut left = MOST_ENTRIES;
    let mut found = expand(pattern, &mut |directory| {
        let mut names = Vec::new();
        for entry in fs::read_dir(directory).into_iter().flatten() {
            let Some(rest) = left.checked_sub(1) else { break };
            left = rest;
            names.extend(entry.ok().and_then(|entry| entry.file_name().into_string().ok()));
        }
        names
    });
    found.retain(|path| Path::new(path).exists());
    found
}

/// The paths that a pattern means, in byte order: `*` and `%` stand for anything within a component, `?` for one
/// character. As for a shell, a name that begins with a dot is meant only by a component that does. `names` gives what is in a
/// directory.
pub(super) fn expand(pattern: &str, names: &mut dyn FnMut(&str) -> Vec<String>) -> Vec<String> {
    let mut found = vec![String::new()];
    for (place, component) in pattern.split('/').enumerate() {
        let slash = if place > 0 { "/" } else { "" };
        found.iter_mut().for_each(|path| path.push_str(slash));
        if !component.contains(['*', '%', '?']) {
            found.iter_mut().for_each(|path| path.push_str(component));
            continue;
        }
        let mut next: Vec<String> = Vec::new();
        for directory in &found {
            let is_shown = |name: &String| component.starts_with('.') || !name.starts_with('.');
            let all = names(if directory.is_empty() { "." } else { directory });
            let meant = all.into_iter().filter(is_shown).filter(|name| is_meant(component, name));
            next.extend(meant.map(|name| format!("{directory}{name}")));
            next.truncate(MOST_FILES);
        }
        found = next;
    }
    found.sort_unstable();
    found
}

/// Whether a component of a pattern means a name.
fn is_meant(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut here) = (0, 0);
    // Where the last star stands, and up to where it took the name.
    let mut star: Option<(usize, usize)> = None;
    while let Some(char) = name.get(here) {
        match pattern.get(at) {
            Some('*' | '%') => {
                star = Some((at, here));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == char => (at, here) = (at + 1, here + 1),
            _ => match &mut star {
                Some((place, taken)) => {
                    *taken += 1;
                    (at, here) = (*place + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|char| matches!(char, '*' | '%'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expect) in [
            ("*.conf", "a.conf", true),
            ("%.conf", "a.conf", true),
            ("*.conf", ".conf", true),
            ("*.conf", "a.conf~", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?.conf", "ä.conf", true),
            ("?.conf", "ab.conf", false),
            ("a", "a", true),
            ("*", "", true),
            ("**", "x", true),
            (&"a*".repeat(30), &"a".repeat(60), true),
            (&format!("{}b", "a*".repeat(30)), &"a".repeat(60), false),
        ] {
            assert_eq!(is_meant(pattern, name), expect, "{pattern} {name}");
        }
    }

    #[test]
    fn files() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for name in ["a.conf", "b.conf", ".c.conf", "x.json"] {
            fs::write(path(name), name).unwrap();
        }
        fs::create_dir(path("d")).unwrap();
        fs::write(path("d/e.conf"), "e").unwrap();
        assert_eq!(glob(&path("*.conf")), [path("a.conf"), path("b.conf")]);
        assert_eq!(glob(&path("%/*.conf")), [path("d/e.conf")]);
        assert_eq!(glob(&path("a.conf")), [path("a.conf")]);
        assert_eq!(glob(&path("none/*.conf")), [""; 0]);
        assert_eq!(read(&path("a.conf")).unwrap(), b"a.conf");
        assert_eq!(read(&path("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(read(&path("d")).is_err());
        fs::write(path("large"), vec![b' '; 4 << 20]).unwrap();
        assert_eq!(read(&path("large")).unwrap().len(), 4 << 20);
        fs::write(path("large"), vec![b' '; (4 << 20) + 1]).unwrap();
        assert_eq!(read(&path("large")).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn special_files_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert_eq!(read(path.to_str().unwrap()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let socket = folder.path().join("socket");
        let _bound = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(read(socket.to_str().unwrap()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(read("/dev/zero").unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
