//! stat(2) and statx(2).

use crate::api::{FileKind, Follow, Stat};
use rustix::fd::AsFd;
use rustix::fs::{AtFlags, FileType};
use std::io;

/// Stats a path in a directory; an empty path means the directory itself.
pub(crate) fn stat_at(dir: impl AsFd, path: &[u8], follow: Follow) -> io::Result<Stat> {
    let flags = match follow {
        Follow::Yes => AtFlags::empty(),
        Follow::No => AtFlags::SYMLINK_NOFOLLOW,
    };
    if path.is_empty() { stat_fd(dir) } else { stat(dir, path, flags) }
}

/// Stats what a descriptor holds.
pub(crate) fn stat_fd(fd: impl AsFd) -> io::Result<Stat> {
    #[cfg(target_os = "linux")]
    return stat(fd, b"", AtFlags::EMPTY_PATH);
    #[cfg(not(target_os = "linux"))]
    return Ok(from_stat(&rustix::fs::fstat(fd)?));
}

#[cfg(target_os = "linux")]
fn stat(dir: impl AsFd, path: &[u8], flags: AtFlags) -> io::Result<Stat> {
    use rustix::fs::StatxFlags;
    // Looking at a place where something may be mounted on demand does not mount it.
    let flags = flags | AtFlags::NO_AUTOMOUNT;
    match rustix::fs::statx(dir.as_fd(), path, flags, StatxFlags::BASIC_STATS | StatxFlags::BTIME) {
        Ok(statx) => Ok(from_statx(&statx)),
        Err(rustix::io::Errno::NOSYS) => Ok(from_stat(&rustix::fs::statat(dir, path, flags)?)),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn stat(dir: impl AsFd, path: &[u8], flags: AtFlags) -> io::Result<Stat> {
    Ok(from_stat(&rustix::fs::statat(dir, path, flags)?))
}

#[cfg(target_os = "linux")]
fn from_statx(statx: &rustix::fs::Statx) -> Stat {
    use rustix::fs::{StatxFlags, makedev};
    // Some file systems claim to know the birth and say 0.
    let has_btime = statx.stx_mask & StatxFlags::BTIME.bits() != 0 && statx.stx_btime.tv_sec != 0;
    Stat {
        dev: makedev(statx.stx_dev_major, statx.stx_dev_minor),
        ino: statx.stx_ino,
        mode: statx.stx_mode.into(),
        nlink: statx.stx_nlink.into(),
        uid: statx.stx_uid,
        gid: statx.stx_gid,
        rdev: makedev(statx.stx_rdev_major, statx.stx_rdev_minor),
        size: statx.stx_size,
        blksize: statx.stx_blksize.into(),
        blocks: statx.stx_blocks,
        atime: statx.stx_atime.tv_sec,
        mtime: statx.stx_mtime.tv_sec,
        ctime: statx.stx_ctime.tv_sec,
        btime: has_btime.then_some(statx.stx_btime.tv_sec),
    }
}

#[allow(
    clippy::unnecessary_cast,
    clippy::useless_conversion,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "the fields are of other types on other systems"
)]
fn from_stat(stat: &rustix::fs::Stat) -> Stat {
    Stat {
        dev: stat.st_dev as u64,
        ino: stat.st_ino as u64,
        mode: stat.st_mode as u32,
        nlink: stat.st_nlink as u64,
        uid: stat.st_uid,
        gid: stat.st_gid,
        rdev: stat.st_rdev as u64,
        size: stat.st_size as u64,
        blksize: stat.st_blksize as u64,
        blocks: stat.st_blocks as u64,
        atime: stat.st_atime as i64,
        mtime: stat.st_mtime as i64,
        ctime: stat.st_ctime as i64,
        btime: birth(stat),
    }
}

#[cfg(target_vendor = "apple")]
fn birth(stat: &rustix::fs::Stat) -> Option<i64> {
    Some(stat.st_birthtime).filter(|time| *time != 0)
}

#[cfg(not(target_vendor = "apple"))]
fn birth(_: &rustix::fs::Stat) -> Option<i64> {
    None
}

/// The kind that a directory entry says.
pub(crate) fn kind_of(kind: FileType) -> FileKind {
    match kind {
        FileType::RegularFile => FileKind::Regular,
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink,
        FileType::Fifo => FileKind::Fifo,
        FileType::Socket => FileKind::Socket,
        FileType::CharacterDevice => FileKind::Character,
        FileType::BlockDevice => FileKind::Block,
        FileType::Unknown => FileKind::Unknown,
    }
}
