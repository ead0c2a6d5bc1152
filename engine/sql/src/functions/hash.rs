//! Hashes: `md5`, `sha1`, `sha256` of the text form (a blob is hashed as it is).
//!
//! Divergence: the recorded agent hashes a blob or text with a NUL byte only up to that byte; here every byte counts.

use super::Registrar;
use super::value::{Answer, Args};
use md5::Md5;
use rusqlite::Result;
use sha1::Sha1;
use sha2::{Digest, Sha256};

pub(super) fn register(to: &Registrar<'_>) -> Result<()> {
    to.add("md5", 1, hex_digest::<Md5>)?;
    to.add("sha1", 1, hex_digest::<Sha1>)?;
    to.add("sha256", 1, hex_digest::<Sha256>)
}

fn hex_digest<D: Digest>(args: &Args<'_, '_>) -> Result<Answer> {
    Ok(args.text(0).map_or(Answer::Null, |bytes| hex(&D::digest(&*bytes))))
}

fn hex(bytes: &[u8]) -> Answer {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    Answer::text(text.get(..bytes.len() * 2).unwrap_or(&text))
}
