//! What can happen to the answer of a kernel on the way, and what must not matter.

use super::{DONE, ERROR, HEADER, INTERRUPTED, MULTI, NOOP, apart, attribute, fill, framed, refusal, words};
use crate::generators::host::{ERRNOS, attacked, token};
use arbitrary::{Result, Unstructured};
use plumb_host::Dump;

/// Does harm to a dump: answers with what it is.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn harm(u: &mut Unstructured<'_>, dump: &mut Dump) -> Result<&'static str> {
    let kind = u.int_in_range(0..=9)?;
    if kind == 0 || dump.datagrams.is_empty() {
        dump.datagrams = refusal(dump.kind, *u.choose(&ERRNOS)?);
        return Ok("refused");
    }
    let place = u.choose_index(dump.datagrams.len())?;
    let Some(datagram) = dump.datagrams.get_mut(place) else { return Ok("whole") };
    Ok(match kind {
        1 => {
            *datagram = attacked(u, datagram, datagram)?;
            "other bytes"
        }
        2 => {
            datagram.truncate(u.int_in_range(0..=datagram.len())?);
            "cut off"
        }
        3 => {
            dump.datagrams.remove(place);
            "a datagram less"
        }
        4 => {
            let error = framed(&(ERROR, words(&[u.arbitrary()?])), 0, Dump::SEQUENCE);
            dump.datagrams.insert(place, error);
            "an error in the middle"
        }
        5 => {
            let done = framed(&(DONE, words(&[u.arbitrary()?])), MULTI, Dump::SEQUENCE);
            dump.datagrams.insert(place, done);
            "an early end"
        }
        _ => {
            let mut messages = apart(datagram);
            let told = message(u, &mut messages)?;
            *datagram = messages.concat();
            told
        }
    })
}

/// Does harm to one of some messages.
fn message(u: &mut Unstructured<'_>, messages: &mut Vec<Vec<u8>>) -> Result<&'static str> {
    let place = if messages.is_empty() { 0 } else { u.choose_index(messages.len())? };
    let Some(message) = messages.get_mut(place) else { return Ok("an empty datagram") };
    // A number somewhere: in the header, the fixed structure, an attribute's length or type, a value.
    let at = u.int_in_range(0..=message.len() / 2)? * 2;
    let number = u.choose(&[0_u16, 1, 3, 4, 5, 8, 0x3fff, 0x7fff, 0x8000, u16::MAX])?.to_ne_bytes();
    Ok(match u.int_in_range(0..=3)? {
        0 => {
            messages.remove(place);
            "a message less"
        }
        1 => {
            // The header says so: what is missing is missing in the message.
            message.truncate(at.max(HEADER));
            let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_ne_bytes();
            if let Some((first, _)) = message.split_first_chunk_mut() {
                *first = length;
            }
            fill(message);
            "a shorter message"
        }
        _ => {
            if let Some(there) = message.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
                *there = number;
            }
            "another number"
        }
    })
}

/// Puts something into a dump that says nothing about anything else: answers with what it is.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn noise(u: &mut Unstructured<'_>, dump: &mut Dump) -> Result<&'static str> {
    const UNKNOWN: u16 = 0x3ff0;
    let place = u.int_in_range(0..=dump.datagrams.len().saturating_sub(1))?;
    let Some(datagram) = dump.datagrams.get_mut(place) else { return Ok("nothing") };
    let mut messages = apart(datagram);
    let at = u.int_in_range(0..=messages.len().saturating_sub(1))?;
    let junk = token(u)?.to_vec();
    let told = match u.int_in_range(0..=4)? {
        0 => {
            messages.insert(at, framed(&(NOOP, junk), MULTI, Dump::SEQUENCE));
            "a message that says nothing"
        }
        1 => {
            // Even its end is not that of this one.
            let kind = if u.arbitrary()? { DONE } else { ERROR };
            messages.insert(at, framed(&(kind, words(&[u32::MAX])), MULTI, Dump::SEQUENCE - 1));
            "a message of another answer"
        }
        2 => {
            messages.insert(at, framed(&(0x7abc, junk), MULTI, Dump::SEQUENCE));
            "a message of an unknown type"
        }
        3 => {
            let flags = messages.get_mut(at).and_then(|message| message.get_mut(6..)?.first_chunk_mut());
            if let Some(flags) = flags {
                *flags = (u16::from_ne_bytes(*flags) | INTERRUPTED).to_ne_bytes();
            }
            "a change that left no trace"
        }
        _ => {
            if let Some(message) = messages.get_mut(at) {
                message.extend(attribute(UNKNOWN, &junk));
                let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_ne_bytes();
                if let Some((first, _)) = message.split_first_chunk_mut() {
                    *first = length;
                }
            }
            "an unknown attribute"
        }
    };
    *datagram = messages.concat();
    Ok(told)
}

/// A dump for people.
#[must_use]
pub fn tell_dump(dump: &Dump) -> String {
    let (body, namespace) = (dump.body.escape_ascii(), dump.namespace.escape_ascii());
    let mut text = format!("request {} of protocol {}, b\"{body}\" in \"{namespace}\"", dump.kind, dump.protocol);
    for datagram in &dump.datagrams {
        text.push_str(&format!("\n  b\"{}\"", datagram.escape_ascii()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{datagrams, request};
    use super::*;
    use crate::generators::bytes;
    use plumb_host::{Host, Mem};
    use std::collections::BTreeSet;

    fn told(dump: &Dump) -> std::io::Result<Vec<(u16, Vec<u8>)>> {
        let host = Mem::new().dumped(dump.clone());
        let mut all = Vec::new();
        let netlink = Host::netlink(&host).expect("it was told");
        netlink.dump(0, 18, &[0; 16], None, &mut |kind, body| all.push((kind, body.to_vec())))?;
        Ok(all)
    }

    fn dump() -> Dump {
        let messages: Vec<(u16, Vec<u8>)> = (0..6).map(|number| (16, vec![number; 20])).collect();
        request::all(request::LINKS, datagrams(&messages, 2, 0))
    }

    /// Noise of every kind leaves what was told; harm of most kinds does not.
    #[test]
    fn noise_does_not_matter_and_harm_does() {
        let whole = told(&dump()).expect("a dump");
        let (mut kinds, mut harmful) = (BTreeSet::new(), BTreeSet::new());
        for seed in 0..400 {
            let bytes = bytes(seed, 200);
            let mut noisy = dump();
            kinds.insert(noise(&mut Unstructured::new(&bytes), &mut noisy).expect("enough bytes"));
            let heard = told(&noisy).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            for (kind, body) in &whole {
                let is_there = heard.iter().any(|(other, message)| other == kind && message.starts_with(body));
                assert!(is_there, "seed {seed}: {}", tell_dump(&noisy));
            }
            let mut harmed = dump();
            let kind = harm(&mut Unstructured::new(&bytes), &mut harmed).expect("enough bytes");
            if told(&harmed).ok().as_ref() != Some(&whole) {
                harmful.insert(kind);
            }
        }
        assert_eq!(kinds.len(), 5, "{kinds:?}");
        assert_eq!(harmful.len(), 9, "{harmful:?}");
    }
}
