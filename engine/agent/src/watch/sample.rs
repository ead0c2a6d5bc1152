//! What a process has used.

use std::time::Duration;

/// What a process uses and has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Bytes of memory that are its own: in use, and not pages of files.
    pub memory: u64,
    /// CPU time of all its threads since it began.
    pub cpu: Duration,
}

/// Reads samples of one process, cheaply: two files of `/proc` that stay open. It can never read another process that has got
/// the same number.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Sampler {
    stat: std::os::fd::OwnedFd,
    memory: std::os::fd::OwnedFd,
    ticks: u64,
    page: u64,
}

#[cfg(target_os = "linux")]
impl Sampler {
    /// Of a process; `None` when there is none, or it may not be looked at.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        use rustix::fs::{Mode, OFlags, open};
        let open =
            |file: &str| open(format!("/proc/{pid}/{file}"), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok();
        let page = u64::try_from(rustix::param::page_size()).ok()?;
        Some(Self { stat: open("stat")?, memory: open("statm")?, ticks: rustix::param::clock_ticks_per_second(), page })
    }

    /// What it uses now; `None` when it has ended.
    #[must_use]
    pub fn sample(&self) -> Option<Sample> {
        let ticks = cpu_ticks(&read(&self.stat)?)?;
        let pages = own_pages(&read(&self.memory)?)?;
        let cpu = Duration::from_millis(ticks.checked_mul(1000)?.checked_div(self.ticks)?);
        Some(Sample { memory: pages.checked_mul(self.page)?, cpu })
    }
}

#[cfg(target_os = "linux")]
fn read(file: &std::os::fd::OwnedFd) -> Option<Vec<u8>> {
    let mut bytes = [0; 1024];
    let length = rustix::io::pread(file, &mut bytes, 0).ok()?;
    bytes.get(..length).map(<[u8]>::to_vec)
}

/// User and system time of `stat`. The name, the second field, may hold anything, brackets too.
#[cfg(target_os = "linux")]
fn cpu_ticks(stat: &[u8]) -> Option<u64> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let mut fields = numbers(stat.get(after_name..)?).skip(11);
    fields.next()??.checked_add(fields.next()??)
}

/// Pages of `statm` that are in memory and not of files.
#[cfg(target_os = "linux")]
fn own_pages(statm: &[u8]) -> Option<u64> {
    let mut fields = numbers(statm).skip(1);
    Some(fields.next()??.saturating_sub(fields.next()??))
}

#[cfg(target_os = "linux")]
fn numbers(text: &[u8]) -> impl Iterator<Item = Option<u64>> {
    let words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.map(|word| std::str::from_utf8(word).ok()?.parse().ok())
}

/// Reads samples of one process: there is no cheap way here, so limits of memory and CPU are not enforced.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub struct Sampler;

#[cfg(not(target_os = "linux"))]
impl Sampler {
    /// None.
    #[must_use]
    pub fn of(_pid: u32) -> Option<Self> {
        None
    }

    /// None.
    #[must_use]
    pub fn sample(&self) -> Option<Sample> {
        None
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let stat = b"77 (a) (b 1 2) S 1 77 77 0 -1 4194560 1 2 3 4 250 50 9 9 20 0 1 0 5 6 7";
        assert_eq!(cpu_ticks(stat), Some(300));
        assert_eq!(own_pages(b"1000 300 100 5 0 50 0\n"), Some(200));
        for bad in [&b""[..], b"77 (x", b"77 (x) S 1", b"77 (x) S 1 2 3 4 5 6 7 8 9 10 -1 4"] {
            assert_eq!(cpu_ticks(bad), None, "{}", bad.escape_ascii());
        }
        assert_eq!(own_pages(b"1"), None);
    }

    #[test]
    fn this_process() {
        let sampler = Sampler::of(std::process::id()).unwrap();
        let before = sampler.sample().unwrap();
        assert!(before.memory > 0);
        let hoard = vec![1_u8; 64 << 20];
        let after = sampler.sample().unwrap();
        assert!(after.memory >= before.memory + (32 << 20), "{before:?} {after:?}");
        assert!(after.cpu >= before.cpu);
        drop(std::hint::black_box(hoard));
        assert!(Sampler::of(u32::MAX).is_none());
    }
}
