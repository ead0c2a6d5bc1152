//! One process as a row subject: a handle on `/proc/PID` whose files are read when a column asks for them.

use plumb_host::{Batch, Dir, Follow, List, Stat};
use plumb_schema::Cx;
use std::cell::OnceCell;
use std::io;
use std::sync::Arc;

/// A process.
///
/// With `handle`, its directory is opened at the first read and kept: all reads then speak of the same process, even
/// if its id is given to another one meanwhile. Without, files are read by path, which is cheaper when a statement
/// needs just one of them.
pub(crate) struct Process {
    pub(crate) cx: Arc<Cx>,
    pub(crate) pid: u32,
    proc_dir: Arc<dyn Dir>,
    handle: bool,
    dir: OnceCell<Option<Box<dyn Dir>>>,
}

impl Process {
    /// Reads a file of the process. Processes vanish and hide: what cannot be read is `None`; only odd errors are
    /// noted.
    pub(crate) fn read(&self, file: &str) -> Option<Vec<u8>> {
        if self.handle {
            self.cx.read_in(self.dir()?, file.as_bytes())
        } else {
            self.cx.read_in(&*self.proc_dir, self.path(file).as_bytes())
        }
    }

    /// The text of one of the process's links (`exe`, `cwd`, `root`, `ns/net`, `fd/3`).
    pub(crate) fn link(&self, link: &str) -> Option<Vec<u8>> {
        let read = match self.handle {
            true => self.dir()?.read_link(link.as_bytes()),
            false => self.proc_dir.read_link(self.path(link).as_bytes()),
        };
        read.map_err(|error| note(&self.cx, &self.path(link), &error)).ok()
    }

    /// The process's directory.
    pub(crate) fn dir(&self) -> Option<&dyn Dir> {
        let open = || {
            let path = self.pid.to_string();
            self.proc_dir.open_dir(path.as_bytes()).map_err(|error| note(&self.cx, &path, &error)).ok()
        };
        self.dir.get_or_init(open).as_deref()
    }

    /// The process's open descriptors, in the order of the directory. Each link is read when its turn comes.
    pub(crate) fn fds(&self) -> Fds {
        Fds::open(&self.cx, &*self.proc_dir, self.pid)
    }

    fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.pid)
    }
}

fn note(cx: &Cx, path: &str, error: &io::Error) {
    cx.note_error(format!("/proc/{path}").as_bytes(), error);
}

/// An open descriptor of a process.
pub(crate) struct Fd {
    /// The process.
    pub(crate) pid: u32,
    /// Its number.
    pub(crate) number: u32,
    /// What it is open on: a path, or `socket:[1]`, `pipe:[2]`, `anon_inode:[eventfd]` …
    pub(crate) link: Vec<u8>,
}

impl Fd {
    /// The number between the brackets of a link such as `socket:[123]`, if the link is of that kind.
    pub(crate) fn inode(&self, kind: &[u8]) -> Option<u64> {
        bracketed(&self.link, kind)
    }
}

/// The number in `kind:[number]`.
pub(crate) fn bracketed(link: &[u8], kind: &[u8]) -> Option<u64> {
    let digits = link.strip_prefix(kind)?.strip_prefix(b":[")?.strip_suffix(b"]")?;
    std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?.parse().ok()
}

/// Walks over `/proc/PID/fd`.
pub(crate) struct Fds {
    cx: Arc<Cx>,
    pid: u32,
    opened: Option<(Box<dyn List>, Box<dyn Dir>)>,
    batch: Batch,
    next: usize,
}

impl Fds {
    fn open(cx: &Arc<Cx>, proc_dir: &dyn Dir, pid: u32) -> Self {
        let path = format!("{pid}/fd");
        let dir = proc_dir.open_dir(path.as_bytes());
        let opened = dir.and_then(|dir| Ok((dir.list()?, dir)));
        let opened = opened.map_err(|error| note(cx, &path, &error)).ok();
        Self { cx: Arc::clone(cx), pid, opened, batch: Batch::new(), next: 0 }
    }

    /// What stat(2) (or lstat(2)) says of a descriptor of this walk.
    pub(crate) fn stat(&self, fd: &Fd, follow: Follow) -> Option<Stat> {
        self.opened.as_ref()?.1.stat(fd.number.to_string().as_bytes(), follow).ok()
    }
}

impl Iterator for Fds {
    type Item = Fd;

    fn next(&mut self) -> Option<Fd> {
        loop {
            let (list, dir) = self.opened.as_mut()?;
            while let Some(entry) = self.batch.get(self.next) {
                self.next += 1;
                let Some(number) = number(entry.name) else { continue };
                match dir.read_link(entry.name) {
                    Ok(link) => return Some(Fd { pid: self.pid, number, link }),
                    Err(error) => {
                        note(&self.cx, &format!("{}/fd/{number}", self.pid), &error);
                        // What is forbidden for one is forbidden for all.
                        if error.kind() == io::ErrorKind::PermissionDenied {
                            self.opened = None;
                            return None;
                        }
                    }
                }
            }
            self.next = 0;
            match list.next_batch(&mut self.batch) {
                Ok(true) if !self.cx.is_cancelled() => {}
                Ok(_) => self.opened = None,
                Err(error) => {
                    note(&self.cx, &format!("{}/fd", self.pid), &error);
                    self.opened = None;
                }
            }
        }
    }
}

/// `/proc`, opened once a statement.
fn proc_dir(cx: &Cx) -> Option<Arc<dyn Dir>> {
    cx.memo(|cx| cx.open_dir(b"/proc").map(Arc::<dyn Dir>::from)).as_ref().clone()
}

/// The open descriptors of one process; none if it does not exist.
pub(crate) fn fds(cx: &Arc<Cx>, pid: i64) -> impl Iterator<Item = Fd> + use<> {
    let pid = u32::try_from(pid).ok().filter(|pid| *pid > 0);
    pid.and_then(|pid| Some(Fds::open(cx, &*proc_dir(cx)?, pid))).into_iter().flatten()
}

/// A number as the kernel names directories and links: digits without a sign or leading zeros.
fn number(name: &[u8]) -> Option<u32> {
    let canonical = name == b"0" || name.first().is_some_and(|first| (b'1'..=b'9').contains(first));
    std::str::from_utf8(name).ok().filter(|_| canonical)?.parse().ok()
}

/// All processes, in the order of the directory. `handle`: see [`Process`].
pub(crate) fn all(cx: &Arc<Cx>, handle: bool) -> impl Iterator<Item = Process> + 'static {
    let proc_dir = proc_dir(cx);
    let list = proc_dir.as_ref().and_then(|dir| dir.list().map_err(|error| cx.note_error(b"/proc", &error)).ok());
    let pids = Pids { cx: Arc::clone(cx), list, batch: Batch::new(), next: 0 };
    let cx = Arc::clone(cx);
    proc_dir.into_iter().zip(std::iter::once(pids)).flat_map(move |(proc_dir, pids)| {
        let cx = Arc::clone(&cx);
        pids.map(move |pid| Process {
            cx: Arc::clone(&cx),
            pid,
            proc_dir: Arc::clone(&proc_dir),
            handle,
            dir: OnceCell::new(),
        })
    })
}

/// One process, if it exists.
pub(crate) fn one(cx: &Arc<Cx>, pid: i64, handle: bool) -> Option<Process> {
    let pid = u32::try_from(pid).ok().filter(|pid| *pid > 0)?;
    let proc_dir = proc_dir(cx)?;
    proc_dir.stat(pid.to_string().as_bytes(), Follow::No).ok()?;
    Some(Process { cx: Arc::clone(cx), pid, proc_dir, handle, dir: OnceCell::new() })
}

struct Pids {
    cx: Arc<Cx>,
    list: Option<Box<dyn List>>,
    batch: Batch,
    next: usize,
}

impl Iterator for Pids {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        loop {
            while let Some(entry) = self.batch.get(self.next) {
                self.next += 1;
                // Only whole numbers are processes: "12abc" is not.
                if let Some(pid) = number(entry.name).filter(|pid| *pid > 0) {
                    return Some(pid);
                }
            }
            self.next = 0;
            match self.list.as_mut()?.next_batch(&mut self.batch) {
                Ok(true) if !self.cx.is_cancelled() => {}
                Ok(_) => self.list = None,
                Err(error) => {
                    self.cx.note_error(b"/proc", &error);
                    self.list = None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::cx;
    use plumb_host::Mem;

    #[test]
    fn only_whole_numbers_are_processes_and_descriptors() {
        let odd = ["+7", "07", "0", "-1", "7x", "x", "4294967296", "\u{663}", "7 "];
        let host = odd.iter().fold(Mem::new().dir("/proc/7"), |host, name| host.dir(format!("/proc/{name}")));
        let (cx, _) = cx("processes", host);
        assert_eq!(all(&cx, false).map(|process| process.pid).collect::<Vec<_>>(), [7]);
        let found = [-1, 0, 7, 8].map(|pid| one(&cx, pid, false).map(|process| process.pid));
        assert_eq!(found, [None, None, Some(7), None]);

        let host = odd
            .iter()
            .fold(Mem::new().link("/proc/7/fd/3", "x"), |host, name| host.link(format!("/proc/7/fd/{name}"), "/x"));
        let (cx, _) = crate::testing::cx("processes", host);
        assert_eq!(fds(&cx, 7).map(|fd| fd.number).collect::<Vec<_>>(), [0, 3]);
    }

    #[test]
    fn links_with_numbers() {
        for (link, expect) in [
            ("socket:[12]", Some(12)),
            ("socket:[18446744073709551615]", Some(u64::MAX)),
            ("socket:[18446744073709551616]", None),
            ("socket:[+1]", None),
            ("socket:[]", None),
            ("socket:12", None),
            ("socket:[12] ", None),
            ("pipe:[12]", None),
            ("/a/socket:[12]", None),
        ] {
            assert_eq!(bracketed(link.as_bytes(), b"socket"), expect, "{link}");
        }
    }
}
