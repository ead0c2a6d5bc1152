//! The traits: a host, its directories and files, and its optional powers.

use crate::Cancel;
use std::fmt::Debug;
use std::io;
use std::sync::Arc;

/// A moment of the host's clock: seconds since the Unix epoch, and nanoseconds (0–999,999,999).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
    pub secs: i64,
    /// Nanoseconds within the second.
    pub nanos: u32,
}

/// A machine, as tables see it.
///
/// Every path is absolute and resolved from the host's own root; links inside the host lead to places inside the
/// host. Errors are the kernel's (`io::ErrorKind` and, on a live or rooted host, the raw errno).
pub trait Host: Send + Sync + Debug {
    /// The root directory, as a handle: all reading by path goes through it.
    fn root(&self) -> &dyn Dir;

    /// The clock. A host that is not live answers with the time at which the question is asked.
    fn now(&self) -> Moment;

    /// Whether this is the running machine (and not a tree that looks like one).
    fn is_live(&self) -> bool;

    /// The process this agent runs in, as `/proc/self` would say; `None` when not live.
    fn own_pid(&self) -> Option<u32> {
        None
    }

    /// The user and group this agent runs as: `(uid, gid)`; root on a host that is not live.
    fn own_ids(&self) -> (u32, u32) {
        (0, 0)
    }

    /// One variable of the agent's environment; nothing when not live.
    fn env(&self, name: &str) -> Option<Vec<u8>> {
        let _ = name;
        None
    }

    /// The same machine seen from inside the mount namespace of a process (`/proc/PID/root`).
    ///
    /// # Errors
    /// `NotFound` when there is no such process or the host has no processes to enter.
    fn inside_process(&self, pid: i64) -> io::Result<Arc<dyn Host>> {
        let _ = pid;
        Err(io::ErrorKind::NotFound.into())
    }

    /// What only the running kernel can answer: names, file system usage, counters.
    fn kernel(&self) -> Option<&dyn Kernel> {
        None
    }

    /// Netlink requests: sockets, addresses, routes.
    fn netlink(&self) -> Option<&dyn Netlink> {
        None
    }
}

/// An open directory. Paths given to it are relative to it, or absolute, which means from the host's root.
///
/// `..` and links work as on a machine whose root is the host's root: nothing leads out.
pub trait Dir: Send + Sync + Debug {
    /// Opens a file for reading. FIFOs, sockets and devices are refused (`InvalidInput`) and never block.
    ///
    /// # Errors
    /// Those of open(2); `IsADirectory` for a directory; `InvalidInput` for a special file.
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn File>>;

    /// Opens a directory.
    ///
    /// # Errors
    /// Those of open(2); `NotADirectory`.
    fn open_dir(&self, path: &[u8]) -> io::Result<Box<dyn Dir>>;

    /// Appends a whole file to `buf`, at most `limit.bytes` bytes of it. Answers whether something was left unread.
    ///
    /// # Errors
    /// As [`Dir::open`] and read(2); `Interrupted` when `limit.cancel` was pulled.
    fn read(&self, path: &[u8], buf: &mut Vec<u8>, limit: Limit<'_>) -> io::Result<bool> {
        let mut file = self.open(path)?;
        read_rest(&mut *file, buf, limit)
    }

    /// The text of a symbolic link.
    ///
    /// # Errors
    /// Those of readlink(2); `InvalidInput` when it is not a link.
    fn read_link(&self, path: &[u8]) -> io::Result<Vec<u8>>;

    /// What stat(2) or lstat(2) say. An empty path means the directory itself.
    ///
    /// # Errors
    /// Those of stat(2).
    fn stat(&self, path: &[u8], follow: Follow) -> io::Result<Stat>;

    /// Begins to list this directory. `.` and `..` are not listed; the order is the directory's own.
    ///
    /// # Errors
    /// Those of opening the directory again.
    fn list(&self) -> io::Result<Box<dyn List>>;

    /// Extended attributes of a file (links are followed), at most 64 KiB each.
    ///
    /// # Errors
    /// Those of listxattr(2); `Unsupported` where the host has none.
    fn xattrs(&self, path: &[u8]) -> io::Result<Vec<Xattr>> {
        let _ = path;
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// How much to read, and when to stop.
#[derive(Clone, Copy, Debug)]
pub struct Limit<'a> {
    /// The most bytes to read.
    pub bytes: usize,
    /// Looked at after every MiB.
    pub cancel: &'a Cancel,
}

/// Reads the rest of a file into `buf` under the limit; answers whether something was left unread.
///
/// # Errors
/// Those of read(2); `Interrupted` when cancelled.
pub(crate) fn read_rest(file: &mut dyn File, buf: &mut Vec<u8>, limit: Limit<'_>) -> io::Result<bool> {
    const STEP: usize = 64 * 1024;
    let start = buf.len();
    loop {
        if limit.cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let have = buf.len() - start;
        if have >= limit.bytes {
            let mut probe = [0];
            return Ok(file.read(&mut probe)? != 0);
        }
        let want = STEP.min(limit.bytes - have);
        let end = buf.len();
        buf.resize(end + want, 0);
        let got = file.read(buf.get_mut(end..).unwrap_or_default());
        buf.truncate(end + got.as_ref().copied().unwrap_or(0).min(want));
        if got? == 0 {
            return Ok(false);
        }
    }
}

/// The error of opening something that is not a regular file or a directory.
pub(crate) fn special_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}

/// An open file.
pub trait File: Send + Debug {
    /// Reads on from where the last read ended; 0 at the end.
    ///
    /// # Errors
    /// Those of read(2).
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize>;

    /// What fstat(2) says.
    ///
    /// # Errors
    /// Those of fstat(2).
    fn stat(&self) -> io::Result<Stat>;
}

/// A listing under way.
pub trait List: Send + Debug {
    /// Replaces the content of `batch` with the next entries (at most about a thousand); `false` at the end, with no
    /// entries.
    ///
    /// # Errors
    /// Those of getdents(2). After an error the listing is over.
    fn next_batch(&mut self, batch: &mut Batch) -> io::Result<bool>;
}

/// Some entries of a directory, in one reusable buffer.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    names: Vec<u8>,
    ends: Vec<(usize, FileKind, u64)>,
}

/// One entry of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The name, without a slash.
    pub name: &'a [u8],
    /// What the directory says it is; [`FileKind::Unknown`] when it does not.
    pub kind: FileKind,
    /// The inode number.
    pub inode: u64,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the entries and keeps the memory.
    pub fn clear(&mut self) {
        self.names.clear();
        self.ends.clear();
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: Entry<'_>) {
        self.names.extend_from_slice(entry.name);
        self.ends.push((self.names.len(), entry.kind, entry.inode));
    }

    /// How many entries it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The entry at a place.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Entry<'_>> {
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before)?.0,
            None => 0,
        };
        let (end, kind, inode) = *self.ends.get(index)?;
        Some(Entry { name: self.names.get(start..end)?, kind, inode })
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

/// What a directory entry or an inode is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character device.
    Character,
    /// A block device.
    Block,
    /// Anything else, or not said.
    #[default]
    Unknown,
}

impl FileKind {
    /// From the file type bits of `st_mode` (inode(7)).
    #[must_use]
    pub const fn from_mode(mode: u32) -> Self {
        match mode & 0o170_000 {
            0o100_000 => Self::Regular,
            0o040_000 => Self::Directory,
            0o120_000 => Self::Symlink,
            0o010_000 => Self::Fifo,
            0o140_000 => Self::Socket,
            0o020_000 => Self::Character,
            0o060_000 => Self::Block,
            _ => Self::Unknown,
        }
    }

    /// The file type bits of `st_mode` (inode(7)); 0 for unknown.
    #[must_use]
    pub const fn mode_bits(self) -> u32 {
        match self {
            Self::Regular => 0o100_000,
            Self::Directory => 0o040_000,
            Self::Symlink => 0o120_000,
            Self::Fifo => 0o010_000,
            Self::Socket => 0o140_000,
            Self::Character => 0o020_000,
            Self::Block => 0o060_000,
            Self::Unknown => 0,
        }
    }
}

/// Whether a link at the end of a path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// As stat(2).
    Yes,
    /// As lstat(2).
    No,
}

/// An inode's data (stat(2), statx(2)). Times are seconds since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// Device of the file system, as `makedev` packs it.
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
    /// Type and permission bits.
    pub mode: u32,
    /// Hard links.
    pub nlink: u64,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Device number of a device node.
    pub rdev: u64,
    /// Bytes.
    pub size: u64,
    /// Preferred I/O size.
    pub blksize: u64,
    /// 512-byte blocks allocated.
    pub blocks: u64,
    /// Last access.
    pub atime: i64,
    /// Last change of the content.
    pub mtime: i64,
    /// Last change of the inode.
    pub ctime: i64,
    /// Birth, where the file system keeps it.
    pub btime: Option<i64>,
}

impl Stat {
    /// The kind of the inode.
    #[must_use]
    pub const fn kind(&self) -> FileKind {
        FileKind::from_mode(self.mode)
    }
}

/// One extended attribute (xattr(7)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xattr {
    /// With its namespace: `user.comment`.
    pub name: Vec<u8>,
    /// The value as stored.
    pub value: Vec<u8>,
}

/// What uname(2) says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KernelName {
    /// `Linux`.
    pub sysname: Vec<u8>,
    /// The host name.
    pub nodename: Vec<u8>,
    /// `6.1.0-18-amd64`.
    pub release: Vec<u8>,
    /// `#1 SMP …`.
    pub version: Vec<u8>,
    /// `x86_64`.
    pub machine: Vec<u8>,
}

/// Usage of a file system (statvfs(3)); counts are in units of `block_size`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FsUsage {
    /// Bytes of a block (`f_bsize`).
    pub block_size: u64,
    /// All blocks.
    pub blocks: u64,
    /// Free blocks.
    pub free: u64,
    /// Free blocks for users who are not root.
    pub available: u64,
    /// All inodes.
    pub inodes: u64,
    /// Free inodes.
    pub inodes_free: u64,
}

/// What only the running kernel can answer.
pub trait Kernel: Send + Sync {
    /// uname(2).
    fn name(&self) -> KernelName;

    /// statvfs(3) of a mount point.
    ///
    /// # Errors
    /// Those of statvfs(3); `TimedOut` where the file system does not answer.
    fn fs_usage(&self, path: &[u8]) -> io::Result<FsUsage>;

    /// Load averages over 1, 5 and 15 minutes.
    fn load_average(&self) -> [f64; 3];

    /// Seconds since boot (CLOCK_BOOTTIME).
    fn uptime(&self) -> u64;

    /// Clock ticks a second of the times in `/proc/PID/stat` (`_SC_CLK_TCK`).
    fn ticks_per_second(&self) -> u64;

    /// Bytes of a memory page.
    fn page_size(&self) -> u64;

    /// The hardware's interface data that only ioctl(2) gives: raw `ethtool`/`SIOC*` answers by interface name.
    ///
    /// # Errors
    /// Those of ioctl(2).
    fn interface_hw(&self, name: &[u8]) -> io::Result<InterfaceHw>;
}

/// See [`Kernel::interface_hw`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InterfaceHw {
    /// Mbit/s (`ethtool` link speed), when the driver knows it.
    pub speed: Option<u32>,
    /// Whether the link is full duplex, when the driver knows it.
    pub full_duplex: Option<bool>,
}

/// Netlink dumps (netlink(7)). An answer is a list of messages without their netlink headers.
pub trait Netlink: Send + Sync {
    /// Sends a dump request and collects every message of the answer.
    ///
    /// * `protocol`: `NETLINK_ROUTE` (0) or `NETLINK_SOCK_DIAG` (4).
    /// * `kind`: message type, e.g. `RTM_GETADDR` (22), `SOCK_DIAG_BY_FAMILY` (20).
    /// * `body`: what follows the netlink header.
    /// * `visit`: called with the type and the payload of each message of the answer.
    /// * `net_namespace`: a process whose network namespace is asked; `None` is the agent's own.
    ///
    /// # Errors
    /// Those of socket(2), setns(2), and the error the kernel put into the answer.
    fn dump(
        &self,
        protocol: u8,
        kind: u16,
        body: &[u8],
        net_namespace: Option<u32>,
        visit: &mut dyn FnMut(u16, &[u8]),
    ) -> io::Result<()>;
}
