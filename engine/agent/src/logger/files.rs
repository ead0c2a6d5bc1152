//! Result logs in files, turned over by size.
//!
//! A log is a file that only grows. Before a line is written to one that has reached its size, `x.log` becomes `x.log.1`, what was
//! `x.log.1` becomes `x.log.2.zst` (compressed), and so on; what is beyond the number of files goes. A file that was
//! removed or renamed under the agent's hands is made anew.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the agent's own files")]

use crate::flags::Flags;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// When a log is turned over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Bytes at which it is.
    pub size: u64,
    /// Files that are kept beside the log.
    pub files: u64,
}

impl Rotation {
    /// What flags say; `None` where logs are not turned over.
    #[must_use]
    pub fn of(flags: &Flags) -> Option<Self> {
        flags
            .bool("logger_rotate")
            .then(|| Self { size: flags.u64("logger_rotate_size"), files: flags.u64("logger_rotate_max_files") })
    }
}

/// A log.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    mode: u32,
    rotation: Option<Rotation>,
    file: Option<File>,
}

impl Log {
    /// A log at a path. It is not opened yet.
    #[must_use]
    pub fn new(path: PathBuf, mode: u32, rotation: Option<Rotation>) -> Self {
        Self { path, mode, rotation, file: None }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file at the path, which may be another one than before.
    ///
    /// # Errors
    /// Those of open(2).
    pub fn open(&mut self) -> io::Result<()> {
        self.file = None;
        self.file = Some(open(&self.path, self.mode)?);
        Ok(())
    }

    /// Appends lines that end with a newline each; they are written whole or, where the disk is full, cut off again.
    ///
    /// # Errors
    /// Those of opening, renaming and writing. Nothing of the lines is in the file then.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.file.as_ref().is_none_or(|file| is_elsewhere(file, &self.path)) {
            self.open()?;
        }
        let size = |file: &Option<File>| file.as_ref().map_or(Ok(0), |file| file.metadata().map(|data| data.len()));
        let mut start = size(&self.file)?;
        if let Some(rotation) = self.rotation.filter(|rotation| start > 0 && start >= rotation.size) {
            turn_over(&self.path, rotation, self.mode)?;
            self.open()?;
            start = size(&self.file)?;
        }
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::NotFound.into()) };
        file.write_all(lines).inspect_err(|_| {
            // Half a line would spoil the next one.
            let _ = file.set_len(start);
        })
    }
}

/// Appends, and never follows a link that somebody has put there.
#[cfg(unix)]
fn open(path: &Path, mode: u32) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NOFOLLOW.union(rustix::fs::OFlags::CLOEXEC).bits();
    OpenOptions::new().append(true).create(true).mode(mode).custom_flags(flags.cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path, _mode: u32) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// Whether the path no longer leads to the file.
#[cfg(unix)]
pub(super) fn is_elsewhere(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |ours: fs::Metadata, there: fs::Metadata| (ours.dev(), ours.ino()) == (there.dev(), there.ino());
    let both = file.metadata().and_then(|ours| Ok((ours, fs::symlink_metadata(path)?)));
    !both.is_ok_and(|(ours, there)| same(ours, there))
}

#[cfg(not(unix))]
pub(super) fn is_elsewhere(_: &File, path: &Path) -> bool {
    !path.exists()
}

fn kept(path: &Path, number: u64) -> PathBuf {
    let end = if number == 1 { ".1".to_owned() } else { format!(".{number}.zst") };
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Moves every kept file up by one, and the log into the first place.
fn turn_over(path: &Path, rotation: Rotation, mode: u32) -> io::Result<()> {
    let missing = |result: io::Result<()>| match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    for number in (1..=rotation.files).rev() {
        let old = kept(path, number);
        if number == rotation.files {
            missing(fs::remove_file(&old))?;
        } else if number == 1 {
            missing(compress(&old, &kept(path, 2), mode))?;
        } else {
            missing(fs::rename(&old, kept(path, number + 1)))?;
        }
    }
    if rotation.files == 0 { fs::remove_file(path) } else { fs::rename(path, kept(path, 1)) }
}

/// Compresses a file and removes it. The compressed one appears whole or not at all.
fn compress(from: &Path, to: &Path, mode: u32) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut unfinished = to.as_os_str().to_owned();
    unfinished.push(".tmp");
    let unfinished = PathBuf::from(unfinished);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    zstd::stream::copy_encode(&mut source, open(&unfinished, mode)?, zstd::DEFAULT_COMPRESSION_LEVEL)?;
    fs::rename(&unfinished, to)?;
    fs::remove_file(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn files(folder: &Path) -> BTreeMap<String, String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| {
                let bytes = fs::read(&path).unwrap();
                let zst = path.extension().is_some_and(|end| end == "zst");
                let bytes = if zst { zstd::decode_all(bytes.as_slice()).unwrap() } else { bytes };
                (path.file_name().unwrap().to_string_lossy().into_owned(), String::from_utf8(bytes).unwrap())
            })
            .collect()
    }

    #[test]
    fn logs_are_turned_over_before_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut log = Log::new(path, 0o640, Some(Rotation { size: 4, files: 3 }));
        for (line, expect) in [
            ("a\n", &[("x.log", "a\n")][..]),
            ("bb\n", &[("x.log", "a\nbb\n")]),
            ("c\n", &[("x.log", "c\n"), ("x.log.1", "a\nbb\n")]),
            ("dddd\n", &[("x.log", "c\ndddd\n"), ("x.log.1", "a\nbb\n")]),
            ("eeeee\n", &[("x.log", "eeeee\n"), ("x.log.1", "c\ndddd\n"), ("x.log.2.zst", "a\nbb\n")]),
            (
                "fffff\n",
                &[
                    ("x.log", "fffff\n"),
                    ("x.log.1", "eeeee\n"),
                    ("x.log.2.zst", "c\ndddd\n"),
                    ("x.log.3.zst", "a\nbb\n"),
                ],
            ),
            (
                "g\n",
                &[("x.log", "g\n"), ("x.log.1", "fffff\n"), ("x.log.2.zst", "eeeee\n"), ("x.log.3.zst", "c\ndddd\n")],
            ),
        ] {
            log.append(line.as_bytes()).unwrap();
            let expect = expect.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
            assert_eq!(files(folder.path()), expect, "{line:?}");
        }
    }

    #[test]
    fn a_log_that_was_taken_away_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("logs");
        fs::create_dir(&directory).unwrap();
        let path = directory.join("x.log");
        let mut log = Log::new(path.clone(), 0o640, None);
        log.append(b"a\n").unwrap();
        fs::rename(&path, directory.join("moved")).unwrap();
        log.append(b"b\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"b\n");
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!(log.append(b"c\n").unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::create_dir(&directory).unwrap();
        log.append(b"d\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"d\n");
    }

    #[cfg(unix)]
    #[test]
    fn modes_and_links() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut log = Log::new(path.clone(), 0o600, Some(Rotation { size: 1, files: 2 }));
        for _ in 0..3 {
            log.append(b"secret\n").unwrap();
        }
        for name in ["x.log", "x.log.1", "x.log.2.zst"] {
            let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let victim = folder.path().join("victim");
        fs::write(&victim, "untouched").unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&victim, &path).unwrap();
        assert!(log.append(b"c\n").is_err());
        assert_eq!(fs::read(&victim).unwrap(), b"untouched");
    }
}
