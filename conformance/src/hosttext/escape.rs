//! Bytes as text without doubt: what cannot be shown is written with a backslash.

/// Whether a character shows what it is.
pub(crate) fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Escapes what is not text, backslashes, and what `also` says.
pub(crate) fn escape(bytes: &[u8], also: &dyn Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '\n' if also('\n') => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' if also('\t') => out.push_str("\\t"),
                '\n' | '\t' => out.push(c),
                c if is_plain(c) && !also(c) => out.push(c),
                c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_hex(&mut out, byte)),
            }
        }
        chunk.invalid().iter().for_each(|byte| push_hex(&mut out, *byte));
    }
    out
}

fn push_hex(out: &mut String, byte: u8) {
    out.push_str("\\x");
    out.push_str(&hex(&[byte]));
}

/// Hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// The bytes of hexadecimal digits; blanks between them mean nothing.
pub(crate) fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Option<Vec<u32>> = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect();
    let digits = digits.ok_or("hexadecimal digits should stand here")?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high << 4 | low).map_err(|error| error.to_string()),
        _ => Err("a hexadecimal digit is missing: they come in pairs".to_owned()),
    });
    pairs.collect()
}

/// What was escaped.
pub(crate) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('\\') {
        let (before, after) = rest.split_at_checked(place).unwrap_or((rest, ""));
        out.extend_from_slice(before.as_bytes());
        let mut chars = after.chars();
        chars.next();
        match chars.next() {
            Some('\\') => out.push(b'\\'),
            Some('n') => out.push(b'\n'),
            Some('r') => out.push(b'\r'),
            Some('t') => out.push(b'\t'),
            Some('0') => out.push(0),
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                match unhex(&digits).as_deref() {
                    Ok([byte]) => out.push(*byte),
                    _ => return Err(format!("\\x{digits} should have two hexadecimal digits")),
                }
            }
            other => {
                let found = other.map(String::from).unwrap_or_default();
                return Err(format!("\\{found} is no escape: \\\\, \\n, \\r, \\t, \\0 and \\xff are"));
            }
        }
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}
