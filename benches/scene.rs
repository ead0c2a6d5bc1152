//! What the measured queries ask about: processes that wait, and a tree of files.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "benches set up their own machine")]

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The argument that makes a bench a process that waits: see [`wait_if_asked`].
const WAIT: &str = "--wait";

/// In a process that [`Crowd`] has started: waits until the crowd is dropped, and never returns.
pub fn wait_if_asked() {
    if std::env::args().nth(1).as_deref() == Some(WAIT) {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    }
}

/// Processes that do nothing. All wait for the end of one pipe, so that they end with the bench, however it ends.
#[derive(Debug)]
pub struct Crowd {
    children: Vec<Child>,
    pipe: Option<(io::PipeReader, io::PipeWriter)>,
}

impl Crowd {
    /// Nobody yet.
    ///
    /// # Errors
    /// Those of pipe(2).
    pub fn new() -> io::Result<Self> {
        Ok(Self { children: Vec::new(), pipe: Some(io::pipe()?) })
    }

    /// Starts processes until the machine has `count`; answers how many it has then: fewer if it allows no more.
    ///
    /// # Errors
    /// Those of finding this program, and of `/proc`.
    pub fn grow(&mut self, count: usize) -> io::Result<usize> {
        let (program, mut have) = (std::env::current_exe()?, processes()?);
        let Some((reader, _)) = &self.pipe else { return Ok(have) };
        while have < count {
            let started = reader
                .try_clone()
                .and_then(|end| Command::new(&program).arg(WAIT).stdin(end).stdout(Stdio::null()).env_clear().spawn());
            match started {
                Ok(child) => self.children.push(child),
                Err(_) => break,
            }
            have += 1;
        }
        processes()
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.pipe = None;
        for child in &mut self.children {
            let _ = child.wait();
        }
    }
}

fn processes() -> io::Result<usize> {
    let names = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter(|name| name.parse::<u32>().is_ok()).count())
}

/// A directory of its own, removed when dropped.
#[derive(Debug)]
pub struct Place(tempfile::TempDir);

impl Place {
    /// An empty one.
    ///
    /// # Errors
    /// Those of making it.
    pub fn new() -> io::Result<Self> {
        tempfile::TempDir::with_prefix("plumb-bench.").map(Self)
    }

    /// A path in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// 100,000 empty files in 10 × 100 directories.
    ///
    /// # Errors
    /// Those of making them.
    pub fn tree(&self) -> io::Result<PathBuf> {
        let root = self.path("tree");
        for (outer, inner) in (0..10).flat_map(|outer| (0..100).map(move |inner| (outer, inner))) {
            let dir = root.join(format!("d{outer}/e{inner:02}"));
            fs::create_dir_all(&dir)?;
            for file in 0..100 {
                fs::File::create(dir.join(format!("f{file:02}.txt")))?;
            }
        }
        Ok(root)
    }

    /// A file of so many MiB, in the page cache.
    ///
    /// # Errors
    /// Those of writing it.
    pub fn blob(&self, mib: usize) -> io::Result<PathBuf> {
        let path = self.path("blob");
        let mut file = fs::File::create(&path)?;
        let piece: Vec<u8> = (0..1_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        (0..mib).try_for_each(|_| file.write_all(&piece))?;
        Ok(path)
    }
}

/// Runs a program to its end, without its output. `None` when there is no such program.
#[must_use]
pub fn run(program: &Path, args: &[&str]) -> Option<Vec<u8>> {
    let mut command = Command::new(program);
    let output = command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output();
    output.ok().filter(|output| output.status.success()).map(|output| output.stderr)
}
