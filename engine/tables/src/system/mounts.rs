//! `mounts`: mounted file systems.
//!
//! Sources: `/proc/mounts` (proc_pid_mounts(5)), else that of process 1; statvfs(3) for sizes, asked for only when a
//! column wants them, since it can hang on a network file system whose server is gone.

use plumb_formats::mounts::{Mount, mounts};
use plumb_host::{FsUsage, join};
use plumb_schema::{Bytes, Column, Cost, Cx, Platforms, Request, Rows, Table, text};
use std::cell::OnceCell;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

/// A mount, and what its file system says.
pub struct Row {
    cx: Arc<Cx>,
    mount: Mount,
    usage: OnceCell<Option<FsUsage>>,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "mounts",
    doc: "Mounted file systems, as the agent sees them.",
    on: Platforms::POSIX,
    columns: &[
        Col::text  ("device",           "What is mounted: a device, a share, or just a name",        |m| text(&m.mount.device)),
        Col::text  ("device_alias",     "The same with all links resolved, if it is a path",         |m| m.device_alias()),
        Col::text  ("path",             "Where it is mounted",                                       |m| text(&m.mount.path)),
        Col::text  ("type",             "Type of the file system",                                   |m| text(&m.mount.kind)),
        Col::bigint("blocks_size",      "Bytes of a block",                                          |m| count(m.usage()?.block_size)),
        Col::bigint("blocks",           "Size in blocks",                                            |m| count(m.usage()?.blocks)),
        Col::bigint("blocks_free",      "Free blocks",                                               |m| count(m.usage()?.free)),
        Col::bigint("blocks_available", "Free blocks that anyone but root may use",                  |m| count(m.usage()?.available)),
        Col::bigint("inodes",           "Inodes; 0 where they are made on demand",                   |m| count(m.usage()?.inodes)),
        Col::bigint("inodes_free",      "Free inodes",                                               |m| count(m.usage()?.inodes_free)),
        Col::text  ("flags",            "Options, separated by commas",                              |m| text(&m.mount.options)),
    ],
    scan,
    cost: Cost { rows: 40, row: 10 },
    ..Table::EMPTY
};

fn count(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Row> {
    let sources: [&[u8]; 2] = [b"/proc/mounts", b"/proc/1/mounts"];
    let found = sources.into_iter().find_map(|path| Some((path, cx.read(path)?)));
    let Some((path, file)) = found else {
        cx.note(b"/proc/mounts", "not there");
        return Box::new(std::iter::empty());
    };
    let rows = mounts(&file, &mut |odd| cx.note(path, odd)).into_iter();
    let cx = Arc::clone(cx);
    // The automounter marks so what no listing should show, and getmntent(3) leaves out.
    let rows = rows.filter(|mount| !(mount.kind == b"autofs" && mount.has_option(b"ignore")));
    Box::new(rows.map(move |mount| Row { cx: Arc::clone(&cx), mount, usage: OnceCell::new() }))
}

impl Row {
    fn device_alias(&self) -> Option<Bytes<'_>> {
        let device = &self.mount.device;
        let resolved = if device.is_empty() { None } else { resolve(&self.cx, device).ok() };
        Some(resolved.map_or(device.as_slice().into(), Into::into))
    }

    /// Asking an automounter's trigger would mount what is behind it.
    fn usage(&self) -> Option<&FsUsage> {
        let ask = || {
            let kernel = self.cx.host.kernel().filter(|_| self.mount.kind != b"autofs")?;
            kernel.fs_usage(&self.mount.path).map_err(|error| self.cx.note_error(&self.mount.path, &error)).ok()
        };
        self.usage.get_or_init(ask).as_ref()
    }
}

/// The path without links that leads to the same place (realpath(3)); a relative path counts from the root directory.
fn resolve(cx: &Cx, path: &[u8]) -> io::Result<Vec<u8>> {
    const LINKS: usize = 40;
    let parts = |path: &[u8]| path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect::<VecDeque<_>>();
    let (mut left, mut links) = (parts(path), 0);
    let mut done = b"/".to_vec();
    while let Some(part) = left.pop_front() {
        match part.as_slice() {
            b"" | b"." => {}
            b".." => done = plumb_host::parent(&done).to_vec(),
            _ => {
                let next = join(&done, &part);
                match cx.host.root().read_link(&next) {
                    Ok(_) if links == LINKS => return Err(io::Error::other("too many links")),
                    Ok(target) => {
                        links += 1;
                        if target.starts_with(b"/") {
                            done = b"/".to_vec();
                        }
                        let mut target = parts(&target);
                        target.append(&mut left);
                        left = target;
                    }
                    Err(error) if error.kind() == io::ErrorKind::InvalidInput => done = next,
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::testing::Running;
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .link("/proc/mounts", "self/mounts")
            .link("/proc/self", "616")
            .file(
                "/proc/616/mounts",
                b"/dev/disk/by-id/x / ext4 rw,noatime 0 0\nproc /proc proc rw 0 0\n//192.0.2.5/s /mnt/with\\040space cifs rw 0 0\n\
                  systemd-1 /auto autofs rw,direct 0 0\n/etc/auto.x /hidden autofs rw,ignore 0 0\n/dev/loop /l x\nlonely\n\xff /\xfe tmpfs rw 0 0\n",
            )
            .link("/dev/disk/by-id/x", "../../mapper/vg")
            .link("/dev/mapper/vg", "/dev/./dm-0")
            .file("/dev/dm-0", "")
            .link("/dev/loop", "loop")
    }

    #[test]
    fn devices_and_their_links() {
        check(
            &TABLE,
            host(),
            &["device", "device_alias", "path", "type", "flags", "blocks"],
            &[
                &["/dev/disk/by-id/x", "/dev/dm-0", "/", "ext4", "rw,noatime", "NULL"],
                &["proc", "/proc", "/proc", "proc", "rw", "NULL"],
                &["//192.0.2.5/s", "//192.0.2.5/s", "/mnt/with space", "cifs", "rw", "NULL"],
                &["systemd-1", "systemd-1", "/auto", "autofs", "rw,direct", "NULL"],
                &["/dev/loop", "/dev/loop", "/l", "x", "", "NULL"],
                &["\u{fffd}", "\u{fffd}", "/\u{fffd}", "tmpfs", "rw", "NULL"],
            ],
        );
        assert_eq!(rows(&TABLE, host(), &["path"], vec![]).1.len(), 1);
    }

    #[test]
    fn sizes_come_from_the_kernel_and_only_when_asked_for() {
        let running = Running::new(host());
        check(
            &TABLE,
            running.clone(),
            &["path", "blocks_size", "blocks", "blocks_free", "blocks_available", "inodes", "inodes_free"],
            &[
                &["/", "4096", "9000000000", "3", "2", "7", "5"],
                &["/proc", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"],
                &["/mnt/with space", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"],
                &["/auto", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"],
                &["/l", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"],
                &["/\u{fffd}", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"],
            ],
        );
        assert_eq!(running.asked(), 5, "once a mount, and never an automounter");
        let running = Running::new(host());
        assert_eq!(rows(&TABLE, running.clone(), &["path", "device_alias"], vec![]).0.len(), 6);
        assert_eq!(running.asked(), 0);
    }

    #[test]
    fn without_proc_mounts() {
        check(&TABLE, Mem::new().file("/proc/1/mounts", "a /b c d"), &["path"], &[&["/b"]]);
        let (found, notes) = rows(&TABLE, Mem::new(), &["path"], vec![]);
        assert_eq!((found.len(), notes.len()), (0, 1));
    }
}
