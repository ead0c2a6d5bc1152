//! Configurations as people write them: what one says, and its text. From *valid* (plain JSON) over *odd* (comments, continued
//! lines, numbers as text, members that mean nothing) to *hostile* (the same, and then damaged).

mod sections;
mod written;

use super::host::attacked;
use super::model::{Draw, Settings};
use arbitrary::{Result, Unstructured};
use plumb_agent::config::Source;
use plumb_agent::config::text::Place;
use sections::Sections;
use written::{Written, written};

/// Configurations and packs as they are in use, by name.
pub const SAMPLES: &[(&str, &str)] = &[
    ("fleet", include_str!("configs/fleet.conf")),
    ("integrity", include_str!("configs/integrity.conf")),
    ("laptop", include_str!("configs/laptop.conf")),
    ("odd", include_str!("configs/odd.conf")),
    ("small", include_str!("configs/small.conf")),
    ("pack", include_str!("configs/pack.conf")),
];

/// A configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// What it says. Where queries stand in the text is left open.
    pub says: Source,
    /// What is odd about it.
    pub odd: Vec<Odd>,
    /// As it is written.
    pub text: Vec<u8>,
}

/// Something odd that a reader must tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// Where it stands.
    pub place: Place,
    /// What must be said, among other words.
    pub says: Vec<String>,
}

/// Makes a configuration.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn config(u: &mut Unstructured<'_>, settings: &Settings) -> Result<Config> {
    let mut sections = Sections::new(Draw::new(u, settings));
    let node = sections.all()?;
    let (mut draw, says, told) = sections.into_parts();
    let Written { text, mut places } = written(&mut draw, &node)?;
    let odd = told.into_iter().enumerate();
    // What stands in a member that nobody reads is not told.
    let odd = odd.filter_map(|(mark, says)| Some(Odd { place: places.remove(&mark)?, says })).collect();
    Ok(Config { says, odd, text })
}

/// A text that was a configuration until something happened to it.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn damaged(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let other = u.choose(SAMPLES)?.1.as_bytes();
    let mut text = match u.int_in_range(0..=2)? {
        0 => u.choose(SAMPLES)?.1.as_bytes().to_vec(),
        // What happens to it is drawn from the other half.
        _ => {
            let half = u.bytes(u.len() / 2)?;
            config(&mut Unstructured::new(half), &Settings::odd())?.text
        }
    };
    for _ in 0..u.int_in_range(1..=3)? {
        text = if u.ratio(1, 2)? { attacked(u, &text, other)? } else { changed(u, text)? };
    }
    Ok(text)
}

/// What JSON is made of, and what it is not made of.
const PIECES: [&[u8]; 24] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"\\",
    b"\\\n",
    b"\n",
    b"#",
    b"//",
    b"null",
    b"true",
    b"-",
    b"1e999",
    b"0",
    b"\\u",
    b"\\ud800",
    b"\xff",
    b"\xc3",
    b"\0",
    b"\"schedule\":{",
    b"\"query\":\"",
];

/// A text with a piece more, or less, or another.
fn changed(u: &mut Unstructured<'_>, mut text: Vec<u8>) -> Result<Vec<u8>> {
    let from = u.int_in_range(0..=text.len())?;
    let to = (from + u.int_in_range(0..=8)?).min(text.len());
    let piece: &[u8] = if u.ratio(1, 4)? { b"" } else { u.choose(&PIECES)? };
    text.splice(from..to, piece.iter().copied());
    Ok(text)
}
