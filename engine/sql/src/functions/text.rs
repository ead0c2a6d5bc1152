//! Text: `split`, `concat`, `concat_ws`, Base64.

use super::value::{Answer, Args, is_space, text};
use super::{ANY, Registrar, fail, fail_code};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rusqlite::Result;
use rusqlite::ffi::SQLITE_TOOBIG;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn register(to: &Registrar<'_>) -> Result<()> {
    let longest = to.longest;
    to.add("split", 3, split)?;
    to.add("concat", ANY, move |args| match args.len() {
        0 => Ok(Answer::Null),
        _ => join(args, 0, b"", longest),
    })?;
    to.add("concat_ws", ANY, move |args| concat_ws(args, longest))?;
    to.add("to_base64", 1, move |args| match args.text(0) {
        Some(bytes) => encode(&bytes, longest),
        None => Ok(Answer::Null),
    })?;
    to.add("from_base64", 1, |args| Ok(args.text(0).map_or(Answer::Null, |text| decode(&text))))?;
    to.add("conditional_to_base64", 1, move |args| match args.text(0) {
        Some(bytes) if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) => Ok(match args.strict_text(0) {
            Some(_) => Answer::Argument(0),
            None => Answer::text(&bytes),
        }),
        Some(bytes) => encode(&bytes, longest),
        None => Ok(Answer::Null),
    })
}

/// `split(text, delimiters, index)`: every byte of the delimiters parts, empty pieces do not count.
fn split(args: &Args<'_, '_>) -> Result<Answer> {
    let (Some(text), Some(delimiters), Some(index)) = (args.text(0), args.text(1), args.int(2)) else {
        return Ok(Answer::Null);
    };
    if delimiters.is_empty() {
        return fail("Invalid input to split function");
    }
    let mut parts = [false; 256];
    for byte in delimiters.iter() {
        parts[usize::from(*byte)] = true;
    }
    let mut pieces = text.split(|byte| parts[usize::from(*byte)]).filter(|piece| !piece.is_empty());
    let piece = usize::try_from(index).ok().and_then(|index| pieces.nth(index));
    Ok(piece.map_or(Answer::Null, |piece| Answer::text(trim(piece))))
}

fn trim(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !is_space(*byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_space(*byte)).map_or(start, |last| last + 1);
    bytes.get(start..end).unwrap_or_default()
}

/// `concat_ws(separator, …)`: NULL as separator is empty, other NULLs are left out.
fn concat_ws(args: &Args<'_, '_>, longest: usize) -> Result<Answer> {
    match args.len() {
        0 => fail("Missing separator to concat_ws"),
        1 => Ok(Answer::Null),
        _ => match args.text(0) {
            Some(separator) => join(args, 1, &separator, longest),
            None => join(args, 1, b"", longest),
        },
    }
}

/// Joins the arguments from a place on.
fn join(args: &Args<'_, '_>, from: usize, separator: &[u8], longest: usize) -> Result<Answer> {
    let mut joined = Vec::new();
    let mut first = true;
    for piece in (from..args.len()).filter_map(|index| text(args.get(index))) {
        let separator = if first { &[][..] } else { separator };
        first = false;
        if joined.len() + separator.len() + piece.len() > longest {
            return fail_code(SQLITE_TOOBIG);
        }
        joined.extend_from_slice(separator);
        joined.extend_from_slice(&piece);
    }
    Ok(Answer::Text(joined))
}

fn encode(bytes: &[u8], longest: usize) -> Result<Answer> {
    if bytes.len().div_ceil(3).saturating_mul(4) > longest {
        return fail_code(SQLITE_TOOBIG);
    }
    Ok(Answer::Text(BASE64.encode(bytes).into_bytes()))
}

/// Line ends are skipped; what is not Base64 gives empty text.
fn decode(text: &[u8]) -> Answer {
    let line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let decoded = if text.iter().any(line_end) {
        let joined: Vec<u8> = text.iter().copied().filter(|byte| !line_end(byte)).collect();
        BASE64.decode(joined)
    } else {
        BASE64.decode(text)
    };
    Answer::Text(decoded.unwrap_or_default())
}
