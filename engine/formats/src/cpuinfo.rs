//! `/proc/cpuinfo`: one block of `key : value` lines a processor, different on every architecture.

use crate::lines::{int, lines, split_once};
use std::collections::BTreeSet;

/// What the file says of the machine as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuInfo {
    /// Processors as the scheduler counts them.
    pub logical: usize,
    /// Cores; where the file does not tell, as many as logical processors.
    pub cores: usize,
    /// Packages; `None` where the file does not tell.
    pub sockets: Option<usize>,
    /// The marketing name.
    pub brand: Option<Vec<u8>>,
    /// The model number.
    pub model: Option<Vec<u8>>,
    /// The revision of the microcode.
    pub microcode: Option<Vec<u8>>,
}

impl CpuInfo {
    /// Reads the file.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut info = Self::default();
        let (mut package, mut cores, mut packages, mut siblings) = (0, BTreeSet::new(), BTreeSet::new(), None);
        for line in lines(bytes) {
            let Some((key, value)) = split_once(line, b':') else { continue };
            let (key, value) = (key.trim_ascii(), value.trim_ascii());
            let text = || Some(value.to_vec()).filter(|text| !text.is_empty());
            match key {
                b"processor" if int(value).is_some() => (info.logical, package) = (info.logical + 1, 0),
                b"physical id" => {
                    package = int(value).unwrap_or(0);
                    packages.insert(package);
                }
                b"core id" => {
                    cores.insert((package, int(value).unwrap_or(0)));
                }
                b"siblings" => siblings = int(value).and_then(|count| usize::try_from(count).ok()),
                b"model name" | b"cpu model" | b"cpu" | b"Processor" => info.brand = info.brand.take().or_else(text),
                b"model" => info.model = text(),
                b"microcode" => info.microcode = text(),
                _ => {}
            }
        }
        info.cores = if cores.is_empty() { info.logical } else { cores.len() };
        info.sockets = match packages.len() {
            0 => siblings.and_then(|count| info.logical.checked_div(count)).filter(|count| *count > 0),
            count => Some(count),
        };
        info
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> (usize, usize, Option<usize>) {
        let info = CpuInfo::parse(text.as_bytes());
        (info.logical, info.cores, info.sockets)
    }

    #[test]
    fn counting() {
        let cpu = |n: i32, package: i32, core: i32| {
            format!(
                "processor\t: {n}\nphysical id\t: {package}\nsiblings\t: 2\ncore id\t\t: {core}\ncpu cores\t: 1\n\n"
            )
        };
        let two_packages = [cpu(0, 0, 0), cpu(1, 0, 0), cpu(2, 1, 0), cpu(3, 1, 0)].concat();
        for (text, expect) in [
            (two_packages.as_str(), (4, 2, Some(2))),
            ("processor : 0\nBogoMIPS : 1\n\nprocessor : 1\n", (2, 2, None)),
            ("processor\t: 0\nsiblings\t: 1\n", (1, 1, Some(1))),
            ("processor\t: 0\nsiblings\t: 0\n", (1, 1, None)),
            ("processor\t: 0\nsiblings\t: -3\n", (1, 1, None)),
            ("Processor\t: ARMv7 rev 1\nprocessor\t: 0\n", (1, 1, None)),
            ("junk", (0, 0, None)),
            ("", (0, 0, None)),
        ] {
            assert_eq!(counts(text), expect, "{text}");
        }
    }

    #[test]
    fn names() {
        let info = CpuInfo::parse(
            b"processor\t: 0\nmodel\t\t: 85\nmodel name\t: Example(R) CPU: @ 2.00GHz \nmicrocode\t: 0x5003604\n\nmodel\t: 86",
        );
        assert_eq!(info.brand.as_deref(), Some(b"Example(R) CPU: @ 2.00GHz".as_slice()));
        assert_eq!(info.model.as_deref(), Some(b"86".as_slice()));
        assert_eq!(info.microcode.as_deref(), Some(b"0x5003604".as_slice()));
        assert_eq!(CpuInfo::parse(b"model name\t:\n").brand, None);
    }
}
