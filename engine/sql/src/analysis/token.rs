//! SQLite's tokens, with their places.
//!
//! What counts as a token is SQLite's own rule, byte by byte: comments that never end, names with `$`, numbers with `_`,
//! parameters as Tcl writes them.

use sqlite3_parser::dialect::keyword_token;

/// What a token is, as far as it matters before parsing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word that is a keyword somewhere.
    Keyword,
    /// A name: bare, or in double quotes, backticks or brackets.
    Name,
    /// Text in single quotes.
    Text,
    /// An integer.
    Integer,
    /// A number with a point or an exponent.
    Real,
    /// Bytes in hexadecimal.
    Blob,
    /// A parameter.
    Parameter,
    /// `;`
    End,
    /// `(`
    Open,
    /// `)`
    Close,
    /// Any other sign.
    Sign,
    /// What SQLite does not recognise.
    Illegal,
}

/// A token: where it stands, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
}

/// The tokens of a text, without blanks and comments.
pub(super) fn tokens(sql: &str) -> Vec<Token> {
    let bytes = sql.as_bytes();
    let mut found = Vec::with_capacity(sql.len() / 4);
    let mut start = 0;
    while start < bytes.len() {
        let (length, kind) = token(bytes.get(start..).unwrap_or_default());
        // A token is never empty, and ends where a character ends.
        let mut end = (start + length.max(1)).min(bytes.len());
        while !sql.is_char_boundary(end) {
            end += 1;
        }
        found.extend(kind.map(|kind| Token { start, end, kind }));
        start = end;
    }
    found
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// How many bytes from `from` on a predicate likes.
fn run(bytes: &[u8], from: usize, likes: impl Fn(u8) -> bool) -> usize {
    bytes.iter().skip(from).take_while(|byte| likes(**byte)).count()
}

/// The length of the first token and its kind; no kind for blanks and comments.
fn token(bytes: &[u8]) -> (usize, Option<Kind>) {
    let at = |place: usize| bytes.get(place).copied().unwrap_or(0);
    let sign = |length| (length, Some(Kind::Sign));
    match at(0) {
        // A vertical tab is a blank, but not the first one.
        byte if is_space(byte) => (run(bytes, 0, |byte| is_space(byte) || byte == b'\x0b'), None),
        b'-' if at(1) == b'-' => (run(bytes, 0, |byte| byte != b'\n'), None),
        b'-' if at(1) == b'>' => sign(if at(2) == b'>' { 3 } else { 2 }),
        b'/' if at(1) == b'*' && at(2) != 0 => (comment(bytes), None),
        b'(' => (1, Some(Kind::Open)),
        b')' => (1, Some(Kind::Close)),
        b';' => (1, Some(Kind::End)),
        b'=' if at(1) == b'=' => sign(2),
        b'<' if matches!(at(1), b'=' | b'>' | b'<') => sign(2),
        b'>' if matches!(at(1), b'=' | b'>') => sign(2),
        b'!' if at(1) == b'=' => sign(2),
        b'|' if at(1) == b'|' => sign(2),
        b'.' if at(1).is_ascii_digit() => number(bytes),
        b'-' | b'+' | b'*' | b'/' | b'%' | b'=' | b'<' | b'>' | b'|' | b',' | b'&' | b'~' | b'.' => sign(1),
        quote @ (b'`' | b'\'' | b'"') => quoted(bytes, quote),
        b'[' => match bytes.iter().position(|byte| *byte == b']') {
            Some(end) => (end + 1, Some(Kind::Name)),
            None => (bytes.len(), Some(Kind::Illegal)),
        },
        b'?' => (1 + run(bytes, 1, |byte| byte.is_ascii_digit()), Some(Kind::Parameter)),
        b'$' | b'@' | b'#' | b':' => parameter(bytes),
        b'0'..=b'9' => number(bytes),
        b'x' | b'X' if at(1) == b'\'' => blob(bytes),
        0xef if at(1) == 0xbb && at(2) == 0xbf => (3, None),
        byte if is_word(byte) => word(bytes),
        _ => (1, Some(Kind::Illegal)),
    }
}

fn comment(bytes: &[u8]) -> usize {
    let end = bytes.windows(2).skip(2).position(|pair| pair == b"*/");
    end.map_or(bytes.len(), |end| end + 4)
}

fn word(bytes: &[u8]) -> (usize, Option<Kind>) {
    /// The longest keyword is CURRENT_TIMESTAMP.
    const LONGEST: usize = 17;
    let length = run(bytes, 0, is_word);
    let is_keyword = (2..=LONGEST).contains(&length)
        && bytes.get(..length).is_some_and(|word| word.is_ascii() && keyword_token(word).is_some());
    (length, Some(if is_keyword { Kind::Keyword } else { Kind::Name }))
}

fn quoted(bytes: &[u8], quote: u8) -> (usize, Option<Kind>) {
    let mut place = 1;
    while let Some(byte) = bytes.get(place) {
        if *byte == quote {
            if bytes.get(place + 1) != Some(&quote) {
                return (place + 1, Some(if quote == b'\'' { Kind::Text } else { Kind::Name }));
            }
            place += 1;
        }
        place += 1;
    }
    (bytes.len(), Some(Kind::Illegal))
}

fn blob(bytes: &[u8]) -> (usize, Option<Kind>) {
    let digits = run(bytes, 2, |byte| byte.is_ascii_hexdigit());
    if bytes.get(2 + digits) == Some(&b'\'') && digits % 2 == 0 {
        return (digits + 3, Some(Kind::Blob));
    }
    let rest = run(bytes, 2, |byte| byte != b'\'');
    ((rest + 3).min(bytes.len()), Some(Kind::Illegal))
}

/// `$name`, `@name`, `:name`, `#name`, and Tcl's `$a::b(c)`.
fn parameter(bytes: &[u8]) -> (usize, Option<Kind>) {
    let (mut place, mut letters) = (1, 0);
    while let Some(byte) = bytes.get(place) {
        if is_word(*byte) {
            letters += 1;
        } else if *byte == b'(' && letters > 0 {
            let inside = run(bytes, place + 1, |byte| !is_space(byte) && byte != b')');
            place += 1 + inside;
            return match bytes.get(place) {
                Some(b')') => (place + 1, Some(Kind::Parameter)),
                _ => (place, Some(Kind::Illegal)),
            };
        } else if *byte == b':' && bytes.get(place + 1) == Some(&b':') {
            place += 1;
        } else {
            break;
        }
        place += 1;
    }
    (place, Some(if letters > 0 { Kind::Parameter } else { Kind::Illegal }))
}

fn number(bytes: &[u8]) -> (usize, Option<Kind>) {
    let at = |place: usize| bytes.get(place).copied().unwrap_or(0);
    let digits = |from| run(bytes, from, |byte| byte.is_ascii_digit() || byte == b'_');
    let mut kind = Kind::Integer;
    let mut end;
    if at(0) == b'0' && matches!(at(1), b'x' | b'X') && at(2).is_ascii_hexdigit() {
        end = 2 + run(bytes, 2, |byte| byte.is_ascii_hexdigit() || byte == b'_');
    } else {
        end = digits(0);
        if at(end) == b'.' {
            kind = Kind::Real;
            end += 1;
            end += digits(end);
        }
        let signed = usize::from(matches!(at(end + 1), b'+' | b'-'));
        if matches!(at(end), b'e' | b'E') && at(end + 1 + signed).is_ascii_digit() {
            kind = Kind::Real;
            end += 2 + signed;
            end += digits(end);
        }
    }
    let rest = run(bytes, end, is_word);
    let legal = rest == 0 && separators_stand_between_digits(bytes.get(..end).unwrap_or_default());
    (end + rest, Some(if legal { kind } else { Kind::Illegal }))
}

fn separators_stand_between_digits(number: &[u8]) -> bool {
    let is_digit = |place: Option<usize>| {
        let byte = place.and_then(|place| number.get(place));
        byte.is_some_and(u8::is_ascii_hexdigit)
    };
    let separators = number.iter().enumerate().filter(|(_, byte)| **byte == b'_');
    separators.into_iter().all(|(place, _)| is_digit(place.checked_sub(1)) && is_digit(Some(place + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str) -> String {
        let letter = |kind| match kind {
            Kind::Keyword => 'k',
            Kind::Name => 'n',
            Kind::Text => 't',
            Kind::Integer => 'i',
            Kind::Real => 'r',
            Kind::Blob => 'b',
            Kind::Parameter => 'p',
            Kind::End => ';',
            Kind::Open => '(',
            Kind::Close => ')',
            Kind::Sign => 's',
            Kind::Illegal => '!',
        };
        let tokens = tokens(sql);
        tokens
            .iter()
            .map(|token| format!("{}{}", letter(token.kind), &sql[token.start..token.end]))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn kinds_and_places() {
        for (sql, expect) in [
            ("SELECT a1, \"b\"\"c\" FROM [d e];", "kSELECT na1 s, n\"b\"\"c\" kFROM n[d e] ;;"),
            ("1 1.5 .5 1e3 0x1F 1_000 5. 1e", "i1 r1.5 r.5 r1e3 i0x1F i1_000 r5. !1e"),
            ("1__0 _1 1_ 5$ 0x", "!1__0 n_1 !1_ !5$ !0x"),
            ("x'ab' x'a' X'' 'it''s' 'open", "bx'ab' !x'a' bX'' t'it''s' !'open"),
            ("? ?12 :a $a::b(c) @x # $", "p? p?12 p:a p$a::b(c) p@x !# !$"),
            ("a--b\nc/*d*/e/*f", "na nc ne"),
            ("/* /", ""),
            ("/*", "s/ s*"),
            ("->>->- <=<><< >=>> != ! || | ==", "s->> s-> s- s<= s<> s<< s>= s>> s!= !! s|| s| s=="),
            ("é 'ü' ☃$", "né t'ü' n☃$"),
            ("\u{feff}select\u{b} \u{b}1", "kselect !\u{b} i1"),
            ("", ""),
        ] {
            assert_eq!(shown(sql), expect, "{sql}");
        }
    }
}
