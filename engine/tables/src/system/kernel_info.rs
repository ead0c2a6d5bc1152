//! `kernel_info`: the running kernel and how it was started.
//!
//! Sources: `/proc/cmdline`, `/proc/version` (proc(5)); where the latter is missing, uname(2) or
//! `/proc/sys/kernel/osrelease`.

use super::machine::line;
use plumb_formats::kernel::{parameters, release};
use plumb_schema::{Collation, Column, Cost, Cx, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

/// The kernel.
#[derive(Default)]
pub struct Kernel {
    version: Option<Vec<u8>>,
    arguments: Option<Vec<u8>>,
    path: Option<Vec<u8>>,
    device: Option<Vec<u8>>,
}

type Col = Column<Kernel>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Kernel> = Table {
    name: "kernel_info",
    doc: "The running kernel: its version, its image and the parameters it was given.",
    on: Platforms::ALL,
    columns: &[
        Col::text("version",   "Release of the kernel",                                       |k| text(k.version.as_ref()?)).collate(Collation::Version),
        Col::text("arguments", "Parameters, without those that name the image and the root",  |k| text(k.arguments.as_ref()?)),
        Col::text("path",      "Image, as the boot loader calls it (BOOT_IMAGE=)",            |k| text(k.path.as_ref()?)),
        Col::text("device",    "Root file system (root=): a device, UUID=… or the like",      |k| text(k.device.as_ref()?)),
    ],
    scan,
    cost: Cost { rows: 1, row: 20 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, request: &Request) -> Rows<Kernel> {
    let mut kernel = Kernel::default();
    if request.wants_any(&["arguments", "path", "device"])
        && let Some(cmdline) = cx.read(b"/proc/cmdline")
    {
        kernel.started(&cmdline);
    }
    if request.wants("version") {
        kernel.version = version(cx);
    }
    Box::new(std::iter::once(kernel))
}

impl Kernel {
    fn started(&mut self, cmdline: &[u8]) {
        let mut arguments: Vec<&[u8]> = Vec::new();
        for parameter in parameters(cmdline) {
            if let Some(path) = parameter.strip_prefix(b"BOOT_IMAGE=") {
                self.path = Some(path.to_vec());
            } else if let Some(device) = parameter.strip_prefix(b"root=") {
                self.device = Some(device.to_vec());
            } else {
                arguments.push(parameter);
            }
        }
        self.arguments = Some(arguments.join(&b' '));
    }
}

fn version(cx: &Cx) -> Option<Vec<u8>> {
    let signature = cx.read(b"/proc/version");
    let stated = signature.as_deref().and_then(release).map(<[u8]>::to_vec);
    stated
        .or_else(|| cx.host.kernel().map(|kernel| kernel.name().release))
        .or_else(|| line(cx, b"/proc/sys/kernel/osrelease"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;
    use plumb_host::Mem;

    const COLUMNS: &[&str] = &["version", "arguments", "path", "device"];

    #[test]
    fn command_line_and_version() {
        let host = Mem::new()
            .file("/proc/cmdline", "BOOT_IMAGE=(hd0,gpt2)/vmlinuz root=UUID=1-2 ro  dyndbg=\"a  b\" root=/dev/sda1\n")
            .file("/proc/version", "Linux version 6.8.9-300.fx40.x86_64 (mock@x) (gcc) #1 SMP\n");
        check(
            &TABLE,
            host,
            COLUMNS,
            &[&["6.8.9-300.fx40.x86_64", "ro dyndbg=\"a  b\"", "(hd0,gpt2)/vmlinuz", "/dev/sda1"]],
        );
    }

    #[test]
    fn an_image_without_a_running_kernel() {
        check(&TABLE, Mem::new(), COLUMNS, &[&["NULL"; 4]]);
        let host = Mem::new().file("/proc/sys/kernel/osrelease", "6.1\n").file("/proc/cmdline", "");
        check(&TABLE, host, COLUMNS, &[&["6.1", "", "NULL", "NULL"]]);
    }
}
