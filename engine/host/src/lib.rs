//! How Plumb sees a machine.
//!
//! Tables read through [`Host`] and through nothing else: never `std::fs`, the environment or the clock. That is what
//! makes `--root DIR`, fixture hosts, fuzzing over hosts in memory, and recording possible, and it is the one place
//! where links, special files and endless files are guarded against.
//!
//! | implementation | what it is | systems | kernel, netlink | clock |
//! |---|---|---|---|---|
//! | `Live` | this machine | Unix | on Linux | real |
//! | `Rooted` | a directory seen as a machine: fixture, disk image, container root | Unix | no | real |
//! | [`Mem`] | a tree in memory with links, owners, modes, times and injected errors; from and to tar archives | all | netlink, as it was recorded or made up ([`Dump`]) | set |
//! | [`Recording`] | wraps another host and keeps what was read, as a [`Mem`] | all | those of the host | that of the host |
//!
//! Paths are bytes. What is not a file is an optional power ([`Host::netlink`], [`Host::kernel`]); a host without it
//! answers `None`, and the table that wanted it gives no rows and a note.

mod api;
mod cancel;
#[cfg(unix)]
mod live;
mod mem;
mod netlink;
mod path;
mod recording;
#[cfg(unix)]
mod rooted;
#[cfg(unix)]
#[cfg(test)]
mod same;
#[cfg(unix)]
mod sys;

pub use api::{
    Batch, Dir, Entry, File, FileKind, Follow, FsUsage, Host, InterfaceHw, Kernel, KernelName, Limit, List, Moment,
    Netlink, Stat, Xattr,
};
pub use cancel::Cancel;
#[cfg(unix)]
pub use live::Live;
pub use mem::{Access, Fault, Mem};
pub use netlink::Dump;
pub use path::{file_name, join, parent};
pub use recording::Recording;
#[cfg(unix)]
pub use rooted::Rooted;
