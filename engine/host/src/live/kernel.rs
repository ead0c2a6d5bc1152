//! What only the running kernel can answer.

use crate::api::{FsUsage, InterfaceHw, Kernel, KernelName, Limit};
use crate::live::patience::within;
use crate::{Cancel, join, sys};
use rustix::fs::{Mode, OFlags};
use std::io;
use std::time::Duration;

/// A file system that has not answered by then has lost its server.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct LiveKernel;

impl Kernel for LiveKernel {
    fn name(&self) -> KernelName {
        let name = rustix::system::uname();
        KernelName {
            sysname: name.sysname().to_bytes().to_vec(),
            nodename: name.nodename().to_bytes().to_vec(),
            release: name.release().to_bytes().to_vec(),
            version: name.version().to_bytes().to_vec(),
            machine: name.machine().to_bytes().to_vec(),
        }
    }

    fn fs_usage(&self, path: &[u8]) -> io::Result<FsUsage> {
        let owned = path.to_vec();
        let usage = within(path, PATIENCE, move || Ok(rustix::fs::statvfs(owned)?))?;
        Ok(FsUsage {
            block_size: usage.f_bsize,
            blocks: usage.f_blocks,
            free: usage.f_bfree,
            available: usage.f_bavail,
            inodes: usage.f_files,
            inodes_free: usage.f_ffree,
        })
    }

    fn load_average(&self) -> [f64; 3] {
        // Fixed-point numbers with 16 bits after the point.
        #[allow(clippy::cast_precision_loss, reason = "loads are far below 2^52")]
        rustix::system::sysinfo().loads.map(|load| load as f64 / 65536.0)
    }

    fn uptime(&self) -> u64 {
        let uptime = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        u64::try_from(uptime.tv_sec).unwrap_or(0)
    }

    fn ticks_per_second(&self) -> u64 {
        rustix::param::clock_ticks_per_second()
    }

    fn page_size(&self) -> u64 {
        rustix::param::page_size() as u64
    }

    fn interface_hw(&self, name: &[u8]) -> io::Result<InterfaceHw> {
        if name.is_empty() || name.contains(&b'/') || name == b"." || name == b".." {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let path = join(b"/sys/class/net", name);
        let dir = rustix::fs::open(path.as_slice(), sys::DIRECTORY, Mode::empty())?;
        // An interface that is down or has no such thing answers EINVAL.
        let read = |name: &[u8]| {
            let cancel = Cancel::new();
            let mut text = Vec::new();
            let file = sys::open_and_look(&dir, name, OFlags::NOFOLLOW).ok()?;
            file.read_to_end(&mut text, Limit { bytes: 64, cancel: &cancel }).ok()?;
            Some(text)
        };
        Ok(InterfaceHw {
            speed: read(b"speed").as_deref().and_then(speed),
            full_duplex: read(b"duplex").as_deref().and_then(full_duplex),
        })
    }
}

/// Mbit/s; -1 (or its unsigned form, from older kernels) means that it is not known.
fn speed(text: &[u8]) -> Option<u32> {
    let speed = std::str::from_utf8(text).ok()?.trim_end().parse().ok()?;
    (speed != u32::MAX).then_some(speed)
}

fn full_duplex(text: &[u8]) -> Option<bool> {
    match text.trim_ascii_end() {
        b"full" => Some(true),
        b"half" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interface_values() {
        for (text, expect) in
            [("1000\n", Some(1000)), ("-1\n", None), ("4294967295\n", None), ("", None), ("0\n", Some(0))]
        {
            assert_eq!(speed(text.as_bytes()), expect, "{text:?}");
        }
        for (text, expect) in [("full\n", Some(true)), ("half\n", Some(false)), ("unknown\n", None), ("", None)] {
            assert_eq!(full_duplex(text.as_bytes()), expect, "{text:?}");
        }
        for name in ["", ".", "..", "a/b", "../net/lo"] {
            let error = LiveKernel.interface_hw(name.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{name}");
        }
    }

    #[test]
    fn agrees_with_procfs() {
        let read = |path: &str| {
            let mut text = Vec::new();
            let cancel = Cancel::new();
            let file = sys::open_and_look(rustix::fs::CWD, path.as_bytes(), OFlags::empty()).unwrap();
            file.read_to_end(&mut text, Limit { bytes: 1 << 20, cancel: &cancel }).unwrap();
            String::from_utf8(text).unwrap()
        };
        let name = LiveKernel.name();
        assert_eq!(name.sysname, b"Linux");
        assert_eq!(name.release, read("/proc/sys/kernel/osrelease").trim_end().as_bytes());
        let before: f64 = read("/proc/uptime").split(' ').next().unwrap().parse().unwrap();
        assert!(LiveKernel.uptime() >= before as u64);
        assert!(LiveKernel.page_size().is_power_of_two() && LiveKernel.ticks_per_second() > 0);
        assert!(LiveKernel.load_average().iter().all(|load| (0.0..1e6).contains(load)));
        let usage = LiveKernel.fs_usage(b"/proc/..").unwrap();
        assert!(usage.block_size > 0 && usage.free <= usage.blocks && usage.available <= usage.free);
        assert_eq!(LiveKernel.fs_usage(b"/nowhere/at all").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
