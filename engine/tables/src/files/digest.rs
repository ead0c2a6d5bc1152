//! Hashing a file.

use plumb_host::File;
use plumb_schema::Cx;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Bytes read at a time: few calls, and it stays in the cache between one algorithm and the next.
const PIECE: usize = 256 * 1024;
/// How often a statement is asked whether it should stop, in bytes.
const STOP: u64 = 1 << 20;
/// A file that grows faster than it is read would have no end: this much more than it had at first is read.
const GROWTH: u64 = 64 << 20;
/// No file system stores a larger file without a single block: it is the kernel's own (`/proc/kcore`).
const MEMORY: u64 = 16 << 40;

/// Which digests are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) md5: bool,
    pub(super) sha1: bool,
    pub(super) sha256: bool,
}

/// Digests in lower-case hexadecimal digits.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Digests {
    pub(super) md5: Option<String>,
    pub(super) sha1: Option<String>,
    pub(super) sha256: Option<String>,
}

/// Reads the rest of a file once for all wanted digests. `buf` is working memory that may be used again. `None`, and
/// a note, when it cannot be read to its end.
pub(super) fn of(cx: &Cx, path: &[u8], file: &mut dyn File, wanted: Wanted, buf: &mut Vec<u8>) -> Option<Digests> {
    let stat = file.stat().map_err(|error| cx.note_error(path, &error)).ok()?;
    if stat.blocks == 0 && stat.size > MEMORY {
        cx.note(path, "is memory, not a file that could be hashed");
        return None;
    }
    let most = stat.size.saturating_add(GROWTH);
    let (mut md5, mut sha1, mut sha256) =
        (wanted.md5.then(md5::Md5::new), wanted.sha1.then(Sha1::new), wanted.sha256.then(Sha256::new));
    buf.resize(PIECE, 0);
    let mut total: u64 = 0;
    let mut asked: u64 = 0;
    loop {
        if total >= asked {
            asked = total + STOP;
            if cx.is_cancelled() {
                return None;
            }
        }
        let got = file.read(buf).map_err(|error| cx.note_error(path, &error)).ok()?;
        let piece = buf.get(..got).filter(|piece| !piece.is_empty());
        let Some(piece) = piece else { break };
        if total > most {
            cx.note(path, "grows while it is read: not hashed to its end");
            return None;
        }
        total += got as u64;
        if let Some(md5) = &mut md5 {
            md5.update(piece);
        }
        if let Some(sha1) = &mut sha1 {
            sha1.update(piece);
        }
        if let Some(sha256) = &mut sha256 {
            sha256.update(piece);
        }
    }
    Some(Digests {
        md5: md5.map(|state| hex(&state.finalize())),
        sha1: sha1.map(|state| hex(&state.finalize())),
        sha256: sha256.map(|state| hex(&state.finalize())),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
