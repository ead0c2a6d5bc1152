//! Lines and fields of text files whose bytes may be anything.

/// The lines of a file, without their newlines. A last line without a newline counts; an empty file has none.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let empty = bytes.is_empty();
    body.split(|byte| *byte == b'\n').filter(move |_| !empty)
}

/// Fields separated by spaces and tabs, empty ones left out.
pub fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| byte.is_ascii_whitespace()).filter(|field| !field.is_empty())
}

/// What stands before a comment sign.
#[must_use]
pub fn before(line: &[u8], sign: u8) -> &[u8] {
    line.split(|byte| *byte == sign).next().unwrap_or_default()
}

/// A decimal number that fills the whole field (a sign is allowed); `None` beyond 64 bits.
#[must_use]
pub fn int(field: &[u8]) -> Option<i64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// Splits at the first occurrence of a byte.
#[must_use]
pub fn split_once(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = bytes.iter().position(|byte| *byte == at)?;
    Some((bytes.get(..place)?, bytes.get(place + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_line_needs_no_newline() {
        for (text, expect) in
            [("", vec![]), ("a", vec!["a"]), ("a\n", vec!["a"]), ("a\n\nb", vec!["a", "", "b"]), ("\n", vec![""])]
        {
            let got: Vec<&[u8]> = lines(text.as_bytes()).collect();
            assert_eq!(got, expect.iter().map(|line| line.as_bytes()).collect::<Vec<_>>(), "{text:?}");
        }
    }

    #[test]
    fn numbers() {
        for (field, expect) in
            [("12", Some(12)), ("-1", Some(-1)), ("", None), ("1x", None), ("99999999999999999999", None)]
        {
            assert_eq!(int(field.as_bytes()), expect, "{field:?}");
        }
    }
}
