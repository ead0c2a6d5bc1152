//! `~/.ssh/authorized_keys` (sshd(8)): `[options] type key [comment]`, one key a line.

use crate::Odd;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// A key, or options alone (see [`authorized_key`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuthorizedKey<'a> {
    /// Options as they are written.
    pub options: &'a [u8],
    /// `ssh-ed25519` …
    pub algorithm: &'a [u8],
    /// The key in base64.
    pub key: &'a [u8],
    /// The rest of the line.
    pub comment: &'a [u8],
}

/// Types whose keys count even if they do not decode.
const TYPES: [&[u8]; 8] = [
    b"ssh-rsa",
    b"ssh-dss",
    b"ssh-ed25519",
    b"ecdsa-sha2-nistp256",
    b"ecdsa-sha2-nistp384",
    b"ecdsa-sha2-nistp521",
    b"sk-ecdsa-sha2-nistp256@openssh.com",
    b"sk-ssh-ed25519@openssh.com",
];

/// On z/OS, an option that names a key elsewhere.
const KEY_RING: &[u8] = b"zos-key-ring-label=";

/// Reads a line. A comment or a blank line is `Ok(None)`. On z/OS options may stand alone: a `zos-key-ring-label`
/// among them names the key.
///
/// # Errors
/// When there is no key in the line.
pub fn authorized_key(line: &[u8]) -> Result<Option<AuthorizedKey<'_>>, Odd> {
    let line = line.trim_ascii();
    if matches!(line.first(), None | Some(b'#')) {
        return Ok(None);
    }
    if let Some(key) = key(line) {
        return Ok(Some(key));
    }
    let (options, rest) = split_options(line);
    if let Some(key) = key(rest) {
        return Ok(Some(AuthorizedKey { options, ..key }));
    }
    if each_option(options).any(|option| option.starts_with(KEY_RING)) {
        return Ok(Some(AuthorizedKey { options: line, ..AuthorizedKey::default() }));
    }
    Err(Odd { line: 0, reason: Cow::Borrowed("no key is in the line") })
}

/// `type key [comment]`.
fn key(text: &[u8]) -> Option<AuthorizedKey<'_>> {
    let (algorithm, rest) = word(text);
    let (key, comment) = word(rest);
    let known = TYPES.contains(&algorithm) && !key.is_empty();
    (known || names_itself(algorithm, key)).then_some(AuthorizedKey { options: b"", algorithm, key, comment })
}

/// The first word, and what follows the blanks after it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or_default();
    (word, rest.trim_ascii_start())
}

/// Whether a key begins with the name of its own type, as all do: so keys of any type are known.
fn names_itself(algorithm: &[u8], key: &[u8]) -> bool {
    let Ok(length) = u32::try_from(algorithm.len()) else { return false };
    let start = [&length.to_be_bytes()[..], algorithm].concat();
    let groups = start.len().div_ceil(3);
    let decoded = key.get(..groups * 4).and_then(|head| STANDARD.decode(head).ok());
    !algorithm.is_empty() && decoded.is_some_and(|decoded| decoded.starts_with(&start))
}

/// Options end at the first blank outside quotes; `\"` does not end quotes.
fn split_options(line: &[u8]) -> (&[u8], &[u8]) {
    let end = unquoted(line, |byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
    let (options, rest) = line.split_at_checked(end).unwrap_or_default();
    (options, rest.trim_ascii_start())
}

fn each_option(mut options: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let end = unquoted(options, |byte| byte == b',').unwrap_or(options.len());
        let (option, rest) = options.split_at_checked(end)?;
        let more = !options.is_empty();
        options = rest.get(1..).unwrap_or_default();
        more.then_some(option)
    })
}

fn unquoted(text: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.iter().position(|byte| {
        let ends = !quoted && wanted(*byte);
        if *byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = *byte == b'\\' && !escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIHP/0X3ggOGtruByEzIQNcs0nS4kEDXpIo51o14MZLfs";

    #[test]
    fn keys() {
        for (line, expect) in [
            ("ssh-ed25519 K", Some(("", "ssh-ed25519", "K", ""))),
            (" \tssh-rsa\t K  two words \r", Some(("", "ssh-rsa", "K", "two words"))),
            ("restrict ssh-rsa K c", Some(("restrict", "ssh-rsa", "K", "c"))),
            (
                r#"command="a \"ssh-rsa X\" b",no-pty   ssh-ed25519 K c"#,
                Some((r#"command="a \"ssh-rsa X\" b",no-pty"#, "ssh-ed25519", "K", "c")),
            ),
            ("ssh-rsa K ssh-ed25519 X", Some(("", "ssh-rsa", "K", "ssh-ed25519 X"))),
            ("sk-ssh-ed25519@openssh.com K", Some(("", "sk-ssh-ed25519@openssh.com", "K", ""))),
            (r#"zos-key-ring-label="U/R l""#, Some((r#"zos-key-ring-label="U/R l""#, "", "", ""))),
            (r#"from="a,b",zos-key-ring-label="U""#, Some((r#"from="a,b",zos-key-ring-label="U""#, "", "", ""))),
            (r#"from=",zos-key-ring-label=x""#, None),
            ("ssh-rsa", None),
            ("restrict ssh-rsa", None),
            (r#"command="open ssh-rsa K"#, None),
            ("new-type K", None),
            ("words of no meaning", None),
        ] {
            let got = authorized_key(line.as_bytes());
            let texts = expect
                .map(|(options, algorithm, key, comment)| Some([options, algorithm, key, comment].map(str::as_bytes)));
            assert_eq!(got.ok().map(|row| row.map(|k| [k.options, k.algorithm, k.key, k.comment])), texts, "{line}");
        }
        for line in ["", "  ", "# ssh-rsa K", "  # x"] {
            assert_eq!(authorized_key(line.as_bytes()), Ok(None), "{line:?}");
        }
        assert!(authorized_key(b"\xff\xfe \xff").is_err());
    }

    #[test]
    fn a_type_that_its_key_names() {
        let renamed = STANDARD.encode(b"\0\0\0\x08new-type rest of it");
        for (line, known) in [
            (format!("new-type {renamed}"), true),
            (format!("old-type {renamed}"), false),
            (format!("new-type {}", &renamed[..12]), false),
            (format!("ssh-ed25519 {ED}"), true),
        ] {
            assert_eq!(authorized_key(line.as_bytes()).is_ok(), known, "{line}");
        }
    }
}
