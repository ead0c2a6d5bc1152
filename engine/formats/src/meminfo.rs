//! `/proc/meminfo` (proc_meminfo(5)).

use crate::lines::{fields, int};
use crate::procfs::value;

/// One amount of memory, in bytes. The file counts in KiB, which it calls kB.
#[must_use]
pub fn bytes(meminfo: &[u8], key: &[u8]) -> Option<i64> {
    int(fields(value(meminfo, key)?).next()?)?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        let file = b"MemTotal:       24684084 kB\nActive(anon): 1 kB\nActive:  2 kB\nSwapFree:\nBuffers: x kB\nCached: 9223372036854775807 kB";
        for (key, expect) in [
            ("MemTotal", Some(25_276_502_016)),
            ("Active", Some(2048)),
            ("SwapFree", None),
            ("Buffers", None),
            ("Cached", None),
            ("Inactive", None),
        ] {
            assert_eq!(bytes(file, key.as_bytes()), expect, "{key}");
        }
    }
}
