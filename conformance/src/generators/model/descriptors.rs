//! Open descriptors: `process_open_files`, `process_open_pipes`.
//!
//! `/proc/PID/fd` (proc(5)): links whose text is a path, with ` (deleted)` behind it when the file is gone, or what else is
//! open: `pipe:[INODE]`, `socket:[INODE]`, `anon_inode:[eventfd]`. The permissions of a link say how it is open. At the ends
//! of a pipe (pipe(7), fifo(7)) stand who may read and who may write; a descriptor may do both.

use super::files::{Meta, Thing};
use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;
use plumb_host::FileKind;

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "descriptors", tables: &["process_open_files", "process_open_pipes"], needs: &[], generate };

#[derive(Debug)]
struct Descriptors {
    all: Vec<Fd>,
    /// Paths and inodes of named pipes.
    fifos: Vec<(Vec<u8>, u64)>,
}

/// A descriptor.
#[derive(Clone, Debug)]
struct Fd {
    pid: u32,
    number: u32,
    on: On,
    reads: bool,
    writes: bool,
}

/// What a descriptor is open on.
#[derive(Clone, Debug)]
enum On {
    /// A file, by its link.
    File(Vec<u8>),
    /// A pipe, by its inode.
    Pipe(u64),
    /// A FIFO, by its place in the list.
    Fifo(usize),
    /// Something else.
    Other(&'static [u8]),
}

const OTHERS: [&[u8]; 5] =
    [b"socket:[4711]", b"anon_inode:[eventfd]", b"anon_inode:inotify", b"anon_inode:[eventpoll]", b"socket:[1]"];
/// Above these numbers are the descriptors of sockets, which are another subject.
pub(super) const MOST: u32 = 900;

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mut fifos: Vec<(Vec<u8>, u64)> = Vec::new();
    for inode in 0..draw.number(1, 2)? {
        // Below a directory where nothing else is made.
        fifos.push(([format!("/run/fifo{inode}/").as_bytes(), &draw.file_name(b"")?].concat(), 7000 + inode));
    }
    let mut all: Vec<Fd> = Vec::new();
    for pid in &pool.pids {
        for _ in 0..draw.count(1, 4)? {
            let most = if draw.chance(4)? { MOST } else { 9 };
            let number = draw.small(0, most)?;
            if all.iter().any(|fd| fd.pid == *pid && fd.number == number) {
                continue;
            }
            let on = match draw.number(0, 9)? {
                0..=3 => On::File(file(draw, pool)?),
                4..=6 => On::Pipe(draw.pick(&pool.inodes)?),
                7 | 8 => On::Fifo(draw.count(0, fifos.len() - 1)?),
                _ => On::Other(draw.pick(&OTHERS)?),
            };
            let (reads, writes) = draw.pick(&[(true, false), (false, true), (true, true)])?;
            all.push(Fd { pid: *pid, number, on, reads, writes });
        }
    }
    Ok(Box::new(Descriptors { all, fifos }))
}

fn file(draw: &mut Draw<'_, '_>, pool: &Pool) -> Result<Vec<u8>> {
    Ok(match draw.number(0, 5)? {
        0 | 1 => draw.pick(&pool.paths)?,
        2 => b"/dev/null".to_vec(),
        3 => [&draw.path(b"")?[..], b" (deleted)"].concat(),
        4 if draw.odd(2)? => {
            draw.pick(&[&b"/memfd:x y (deleted)"[..], b"/pipe:[5]", b"/dev/pts/0", b"net:[4026531833]"])?.to_vec()
        }
        _ => draw.path(b"")?,
    })
}

impl Fd {
    fn mode(&self) -> &'static str {
        match (self.reads, self.writes) {
            (true, true) => "rw",
            (true, false) => "r",
            _ => "w",
        }
    }

    fn dir(&self) -> String {
        format!("/proc/{}", self.pid)
    }

    fn path(&self) -> Vec<u8> {
        format!("/proc/{}/fd/{}", self.pid, self.number).into_bytes()
    }

    /// Whether one may read what the other writes, or the other way round.
    fn is_partner(&self, other: &Self) -> bool {
        (self.pid, self.number) != (other.pid, other.number)
            && (self.reads && other.writes || self.writes && other.reads)
    }
}

impl Part for Descriptors {
    fn render(&self, files: &mut Files) {
        for (path, inode) in &self.fifos {
            files.put(&path[..], Thing::Node(FileKind::Fifo));
            files.meta(&path[..], Meta { inode: *inode, ..Meta::of_mode(0o600) });
        }
        for fd in &self.all {
            let link = match &fd.on {
                On::File(link) => link.clone(),
                On::Pipe(inode) => format!("pipe:[{inode}]").into_bytes(),
                On::Fifo(place) => self.fifos[*place].0.clone(),
                On::Other(link) => link.to_vec(),
            };
            files.link(fd.path(), link);
            let mode = 0o100 + if fd.reads { 0o400 } else { 0 } + if fd.writes { 0o200 } else { 0 };
            files.meta(fd.path(), Meta::of_mode(mode));
        }
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![if table == "process_open_files" { self.ask_files() } else { self.ask_pipes() }]
    }
}

impl Descriptors {
    fn ask_files(&self) -> Question {
        let mut question = Question::of("process_open_files", &["pid", "fd", "path"]);
        for fd in &self.all {
            let path = match &fd.on {
                On::File(link) => link,
                On::Fifo(place) => &self.fifos[*place].0,
                _ => continue,
            };
            question.row(&[fd.dir().as_bytes()], cells![fd.pid, fd.number, path]);
        }
        question
    }

    fn ask_pipes(&self) -> Question {
        let columns = &["pid", "fd", "mode", "inode", "type", "partner_pid", "partner_fd", "partner_mode"];
        let mut question = Question::of("process_open_pipes", columns);
        for fd in &self.all {
            let (inode, kind, path) = match fd.on {
                On::Pipe(inode) => (inode, "anonymous", None),
                On::Fifo(place) => (self.fifos[place].1, "named", Some(&self.fifos[place].0)),
                _ => continue,
            };
            let same = |other: &&Fd| match (&fd.on, &other.on) {
                (On::Pipe(one), On::Pipe(two)) => one == two,
                (On::Fifo(one), On::Fifo(two)) => one == two,
                _ => false,
            };
            let partners: Vec<&Fd> = self.all.iter().filter(same).filter(|other| fd.is_partner(other)).collect();
            let (pid, number, mode) = (fd.pid, fd.number, fd.mode());
            let dir = fd.dir();
            // Who is at the other end depends on all processes.
            let sources = [dir.as_bytes(), b"/proc", path.map_or(dir.as_bytes(), Vec::as_slice)];
            if partners.is_empty() {
                let nobody = None::<u32>;
                question.row(&sources, cells![pid, number, mode, inode, kind, nobody, nobody, None::<String>]);
            }
            for other in partners {
                question.row(&sources, cells![pid, number, mode, inode, kind, other.pid, other.number, other.mode()]);
            }
        }
        question
    }
}
