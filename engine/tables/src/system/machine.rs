//! What several tables ask about the machine: its architecture, names, processors and firmware tables.

use plumb_formats::cpuinfo::CpuInfo;
use plumb_formats::lines::{before, fields, lines};
use plumb_schema::Cx;
use std::sync::Arc;

/// The firmware's own description of the hardware.
const DMI: &[u8] = b"/sys/firmware/dmi/tables/DMI";

/// A file's content without the white space around it; `None` if nothing is left.
pub(crate) fn line(cx: &Cx, path: &[u8]) -> Option<Vec<u8>> {
    Some(cx.read(path)?.trim_ascii().to_vec()).filter(|text| !text.is_empty())
}

/// The architecture in the kernel's words: `x86_64`.
pub(crate) fn architecture(cx: &Cx) -> Option<Vec<u8>> {
    match cx.host.kernel() {
        Some(kernel) => Some(kernel.name().machine),
        None => line(cx, b"/proc/sys/kernel/arch"),
    }
}

/// The host name: the running kernel's, else the configured one (hostname(5)).
pub(crate) fn hostname(cx: &Cx) -> Option<Vec<u8>> {
    if let Some(kernel) = cx.host.kernel() {
        return Some(kernel.name().nodename);
    }
    line(cx, b"/proc/sys/kernel/hostname").or_else(|| {
        let file = cx.read(b"/etc/hostname")?;
        let mut names = lines(&file).map(|line| before(line, b'#').trim_ascii());
        names.find(|name| !name.is_empty()).map(<[u8]>::to_vec)
    })
}

/// The canonical form of a host name: the first name of the line of `/etc/hosts` that has it (hosts(5)), else the name
/// itself.
pub(crate) fn canonical_name(cx: &Cx, name: Vec<u8>) -> Vec<u8> {
    let file = cx.read(b"/etc/hosts").unwrap_or_default();
    let canonical = lines(&file).find_map(|line| {
        let names: Vec<&[u8]> = fields(before(line, b'#')).skip(1).collect();
        let found = names.iter().any(|other| other.eq_ignore_ascii_case(&name));
        names.first().filter(|_| found).map(|first| first.to_vec())
    });
    canonical.unwrap_or(name)
}

/// The processors.
pub(crate) fn cpus(cx: &Cx) -> Arc<CpuInfo> {
    cx.memo(|cx| CpuInfo::parse(&cx.read(b"/proc/cpuinfo").unwrap_or_default()))
}

/// The SMBIOS tables (only root may read them).
pub(crate) fn firmware(cx: &Cx) -> Option<Vec<u8>> {
    cx.read(DMI).filter(|tables| !tables.is_empty())
}
