//! What the kernel tells about itself: `/proc/cmdline`, `/proc/version`, `/proc/modules`, `/proc/stat`.

use crate::Odd;
use crate::lines::{fields, int, lines};
use std::borrow::Cow;

/// The parameters of a kernel command line. A space within double quotation marks separates nothing.
pub fn parameters(cmdline: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let separates = move |byte: &u8| {
        quoted ^= *byte == b'"';
        byte.is_ascii_whitespace() && !quoted
    };
    cmdline.trim_ascii().split(separates).filter(|parameter| !parameter.is_empty())
}

/// The release in `/proc/version`: `Linux version 6.1.0-18-amd64 (…`.
#[must_use]
pub fn release(version: &[u8]) -> Option<&[u8]> {
    let mut words = fields(version).skip(1);
    words.next().filter(|word| *word == b"version")?;
    words.next()
}

/// A line of `/proc/modules` (proc_modules(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name.
    pub name: Vec<u8>,
    /// Bytes of memory.
    pub size: Option<i64>,
    /// Modules that depend on it, separated by commas; `-` for none.
    pub used_by: Vec<u8>,
    /// `Live`, `Loading` or `Unloading`.
    pub state: Vec<u8>,
    /// Its address, `0x…`.
    pub address: Vec<u8>,
}

/// The loaded modules, in the order of the file.
pub fn modules(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<Module> {
    let mut rows = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        let words: Vec<&[u8]> = fields(line).collect();
        match *words.as_slice() {
            [name, size, _references, used_by, state, address, ..] => rows.push(Module {
                name: name.to_vec(),
                size: int(size),
                used_by: used_by.strip_suffix(b",").unwrap_or(used_by).to_vec(),
                state: state.to_vec(),
                address: address.to_vec(),
            }),
            [] => {}
            _ => odd(Odd { line: index + 1, reason: Cow::Borrowed("fewer than six fields") }),
        }
    }
    rows
}

/// What one processor has done since boot: a `cpuN` line of `/proc/stat` (proc_stat(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuTime {
    /// The processor's number.
    pub core: i64,
    /// Ticks as user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice. Kernels that do not count the
    /// last three have 0 there.
    pub ticks: [Option<i64>; 10],
}

/// The processors of `/proc/stat`, without their sum.
pub fn cpu_times(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<CpuTime> {
    let mut rows = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        let mut words = fields(line);
        let Some(number) = words.next().and_then(|word| word.strip_prefix(b"cpu")).filter(|n| !n.is_empty()) else {
            continue;
        };
        let counts: Vec<&[u8]> = words.collect();
        match int(number).filter(|core| *core >= 0) {
            Some(core) if counts.len() >= 7 => {
                let mut counts = counts.into_iter();
                rows.push(CpuTime { core, ticks: [(); 10].map(|()| counts.next().map_or(Some(0), int)) });
            }
            _ => odd(Odd { line: index + 1, reason: Cow::Borrowed("not a processor with seven or more times") }),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines() {
        for (line, expect) in [
            ("BOOT_IMAGE=/vmlinuz root=UUID=1 ro\n", vec!["BOOT_IMAGE=/vmlinuz", "root=UUID=1", "ro"]),
            ("a  b\tc", vec!["a", "b", "c"]),
            ("dyndbg=\"file a.c +p\" quiet", vec!["dyndbg=\"file a.c +p\"", "quiet"]),
            ("a \"open b", vec!["a", "\"open b"]),
            ("", vec![]),
            (" \n", vec![]),
        ] {
            let found: Vec<&[u8]> = parameters(line.as_bytes()).collect();
            assert_eq!(found, expect.iter().map(|p| p.as_bytes()).collect::<Vec<_>>(), "{line}");
        }
    }

    #[test]
    fn releases() {
        for (text, expect) in
            [("Linux version 6.1.0 (x)\n", Some("6.1.0")), ("Linux 6.1.0", None), ("Linux version", None), ("", None)]
        {
            assert_eq!(release(text.as_bytes()), expect.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn module_lines() {
        let mut odd = Vec::new();
        let file = b"nf 331776 12 a,b, Live 0xff (E)\nx y 0 - Loading 0x00\nshort 1 2\n\n\xff 1 - - Live 0x1";
        let rows = modules(file, &mut |o| odd.push(o.line));
        let seen: Vec<_> = rows.iter().map(|m| (m.name.as_slice(), m.size, m.used_by.as_slice())).collect();
        assert_eq!(
            seen,
            [(b"nf".as_slice(), Some(331_776), b"a,b".as_slice()), (b"x", None, b"-"), (b"\xff", Some(1), b"-")]
        );
        assert_eq!(odd, [3]);
    }

    #[test]
    fn processor_times() {
        let mut odd = Vec::new();
        let file = b"cpu  9 9 9 9 9 9 9\ncpu0 1 2 3 4 5 6 7 8 9 10 11\ncpu1 1 2 3 4 5 6 7\ncpu2 1 2\ncpux 1 2 3 4 5 6 7\nintr 1\ncpu3 1 2 x 4 5 6 99999999999999999999";
        let rows = cpu_times(file, &mut |o| odd.push(o.line));
        assert_eq!(rows.iter().map(|row| row.core).collect::<Vec<_>>(), [0, 1, 3]);
        assert_eq!(rows[0].ticks, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(Some));
        assert_eq!(rows[1].ticks[6..], [Some(7), Some(0), Some(0), Some(0)]);
        assert_eq!((rows[2].ticks[2], rows[2].ticks[6]), (None, None));
        assert_eq!(odd, [4, 5]);
    }
}
