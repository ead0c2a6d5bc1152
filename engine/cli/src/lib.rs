//! The programs: `plumbi`, the shell, and `plumbd`, the daemon. One body of code; what it is called decides.

mod console;
mod daemon;
mod interrupt;
pub mod output;
mod own;
mod shell;
mod sql;

pub use console::{Streams, Terminals};
pub use interrupt::Interrupts;
pub use shell::{Machine, OpenHost, shell_main};

use plumb_agent::flags::{Flags, os_text};
use plumb_host::{Host, Live, Rooted};
use std::ffi::OsString;
use std::sync::Arc;

/// Runs the program with the process's own streams and answers its exit code.
pub fn main(args: impl Iterator<Item = OsString>) -> i32 {
    let args = daemon::words(args.collect());
    let args = args.into_iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let machine = Machine {
        tables: &plumb_tables::registry,
        open: &open_host,
        interrupts: Interrupts::default(),
        owns_process: true,
    };
    shell_main(args, own::streams(), machine)
}

/// This machine, or the one that `--root` names.
fn open_host(flags: &Flags) -> Result<Arc<dyn Host>, String> {
    let root = flags.text("root");
    let opened: std::io::Result<Arc<dyn Host>> = match root {
        "" => Live::new().map(|host| Arc::new(host) as Arc<dyn Host>),
        root => Rooted::open(root).map(|host| Arc::new(host) as Arc<dyn Host>),
    };
    opened.map_err(|error| {
        let named = if root.is_empty() { "the root directory" } else { root };
        format!("Cannot open {named} as a machine: {}", os_text(&error))
    })
}
