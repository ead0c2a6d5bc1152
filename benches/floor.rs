//! Floors: the unavoidable system calls of a table, and nothing else. They parse nothing and keep nothing.

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, StatxFlags, openat, statx};
use rustix::io::Result;
use std::ffi::{CStr, CString};
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::path::Path;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC);
/// As much as the C library asks getdents64(2) for.
const LISTING: usize = 32 << 10;

/// Calls `visit` with every process's directory name.
fn each_process(mut visit: impl FnMut(&OwnedFd, &CStr)) -> Result<u64> {
    let proc_dir = openat(CWD, "/proc", DIRECTORY, Mode::empty())?;
    let mut buffer = [MaybeUninit::uninit(); LISTING];
    let mut list = RawDir::new(&proc_dir, &mut buffer);
    let mut count = 0;
    while let Some(entry) = list.next() {
        let entry = entry?;
        if entry.file_name().to_bytes().first().is_some_and(u8::is_ascii_digit) {
            count += 1;
            visit(&proc_dir, entry.file_name());
        }
    }
    Ok(count)
}

/// Opens a file, reads it once, closes it. What is gone is gone.
fn read_once(dir: &OwnedFd, file: &CStr) {
    let mut buffer = [MaybeUninit::<u8>::uninit(); 4 << 10];
    if let Ok(fd) = openat(dir, file, FILE, Mode::empty()) {
        let _ = black_box(rustix::io::read(&fd, &mut buffer));
    }
}

/// `select count(*) from processes`: the listing of `/proc`.
///
/// # Errors
/// Those of the listing.
pub fn processes_count() -> Result<u64> {
    each_process(|_, _| {})
}

/// `select pid, name from processes`: the listing, and `/proc/PID/stat`.
///
/// # Errors
/// Those of the listing.
pub fn processes_stat() -> Result<u64> {
    let mut path = Vec::new();
    each_process(|proc_dir, pid| {
        path.clear();
        path.extend_from_slice(pid.to_bytes());
        path.extend_from_slice(b"/stat\0");
        if let Ok(path) = CStr::from_bytes_with_nul(&path) {
            read_once(proc_dir, path);
        }
    })
}

/// `select * from processes`: the listing, and of each process its directory, five files and three links.
///
/// # Errors
/// Those of the listing.
pub fn processes_all() -> Result<u64> {
    each_process(process)
}

/// `select * from processes where pid = …`.
///
/// # Errors
/// Those of opening `/proc`.
pub fn processes_point(pid: u32) -> Result<()> {
    let proc_dir = openat(CWD, "/proc", DIRECTORY, Mode::empty())?;
    let name = CString::new(pid.to_string()).unwrap_or_default();
    process(&proc_dir, &name);
    Ok(())
}

fn process(proc_dir: &OwnedFd, pid: &CStr) {
    let Ok(dir) = openat(proc_dir, pid, DIRECTORY, Mode::empty()) else { return };
    for file in [c"stat", c"status", c"cmdline", c"io", c"cgroup"] {
        read_once(&dir, file);
    }
    let mut buffer = [MaybeUninit::<u8>::uninit(); 4 << 10];
    for link in [c"exe", c"cwd", c"root"] {
        let _ = black_box(rustix::fs::readlinkat_raw(&dir, link, &mut buffer[..]));
    }
}

/// A tree below a directory: what is listed, and with `stat` what statx(2) says of everything in it.
///
/// # Errors
/// Those of opening and listing.
pub fn walk(root: &Path, stat: bool) -> Result<u64> {
    let root = openat(CWD, root, DIRECTORY, Mode::empty())?;
    let mut open = vec![root];
    let mut buffer = vec![MaybeUninit::uninit(); LISTING];
    let mut count = 0;
    while let Some(dir) = open.pop() {
        let mut list = RawDir::new(&dir, &mut buffer);
        while let Some(entry) = list.next() {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            count += 1;
            if stat {
                let flags = AtFlags::SYMLINK_NOFOLLOW;
                let _ = black_box(statx(&dir, name, flags, StatxFlags::BASIC_STATS | StatxFlags::BTIME));
            }
            if entry.file_type() == FileType::Directory {
                open.push(openat(&dir, name, DIRECTORY, Mode::empty())?);
            }
        }
    }
    Ok(count)
}

/// Reads a file from its beginning to its end, in pieces, and hands them on.
///
/// # Errors
/// Those of opening and reading.
pub fn read_file(path: &Path, mut visit: impl FnMut(&[u8])) -> Result<u64> {
    let fd = openat(CWD, path, FILE, Mode::empty())?;
    let mut buffer = vec![0; 256 << 10];
    let mut total = 0;
    loop {
        let got = rustix::io::read(&fd, &mut buffer)?;
        if got == 0 {
            return Ok(total);
        }
        total += got as u64;
        visit(buffer.get(..got).unwrap_or_default());
    }
}
