//! Pure parsers: bytes in, rows out.
//!
//! No I/O, no `unsafe`, no panic on any input. A parser is a function from `&[u8]` to an iterator or a vector of plain
//! rows; what it could not read it hands to a callback `odd: &mut dyn FnMut(Odd)` as a line number and a reason, and
//! goes on with the next line: one bad line never loses the rest.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used))]

pub mod accounts;
pub mod apt;
pub mod authorized_keys;
pub mod cpuinfo;
pub mod crontab;
pub mod deb822;
pub mod dpkg;
pub mod hosts;
pub mod inet;
pub mod kernel;
pub mod lines;
pub mod maps;
pub mod meminfo;
pub mod mounts;
pub mod os_release;
pub mod proc_net;
pub mod proc_sockets;
pub mod procfs;
pub mod resolv;
pub mod rtnetlink;
pub mod services;
pub mod shadow;
pub mod shell_history;
pub mod smbios;
pub mod sock_diag;
pub mod sudoers;
pub mod sysctl;
pub mod utmp;

use std::borrow::Cow;

/// Something that a parser could not use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// Line number, from 1; 0 when the format has no lines.
    pub line: usize,
    /// What is wrong with it, for people.
    pub reason: Cow<'static, str>,
}

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        f.write_str(&self.reason)
    }
}
