//! sudo's rules (sudoers(5)), split into the first word of each line and the rest.

use crate::lines::lines;

/// A line, joined with the lines that continue it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// The first word: a user, `%group`, `Defaults`, `User_Alias`, `@include` …
    pub header: Vec<u8>,
    /// The rest.
    pub details: Vec<u8>,
    /// What the line includes, if it does.
    pub include: Option<Include>,
}

/// What an `include` or `includedir` line names: the path without its quotes and escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Include {
    /// A file.
    File(Vec<u8>),
    /// A directory of files.
    Dir(Vec<u8>),
}

/// The rules of a file, in file order. Comments are passed over, but neither `#include` nor a user given by id
/// (`#1000`) is one.
#[must_use]
pub fn sudoers(bytes: &[u8]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut continued = false;
    for line in lines(bytes) {
        let line = trim(line);
        let (text, goes_on) = match line.strip_suffix(b"\\") {
            Some(text) => (text, true),
            None => (line, false),
        };
        match rules.last_mut().filter(|_| continued) {
            Some(rule) => {
                extend(rule, text);
                continued = goes_on;
            }
            None if is_comment(line) => {}
            None => {
                let rule = rule(text, line);
                continued = goes_on && rule.include.is_none();
                rules.push(rule);
            }
        }
    }
    rules
}

/// Adds a continuation. The blanks before the backslash stay, those that begin the next line do not.
fn extend(rule: &mut Rule, text: &[u8]) {
    if rule.details.is_empty() && rule.header.is_empty() {
        let (header, details) = split(text);
        (rule.header, rule.details) = (header.to_vec(), details.to_vec());
    } else {
        rule.details.extend_from_slice(text);
    }
}

fn rule(text: &[u8], line: &[u8]) -> Rule {
    let (header, details) = split(text);
    let path = |details: &[u8]| Some(include_path(details)).filter(|path| !path.is_empty());
    let include = match header {
        b"#include" | b"@include" => path(split(line).1).map(Include::File),
        b"#includedir" | b"@includedir" => path(split(line).1).map(Include::Dir),
        _ => None,
    };
    Rule { header: header.to_vec(), details: details.to_vec(), include }
}

fn is_comment(line: &[u8]) -> bool {
    match line {
        [] => true,
        [b'#', b'0'..=b'9', ..] | [b'#', b'-', b'0'..=b'9', ..] => false,
        [b'#' | b'@', ..] => {
            let (header, details) = split(line);
            let include = matches!(header.get(1..), Some(b"include" | b"includedir"));
            if include { details.is_empty() } else { line.starts_with(b"#") }
        }
        _ => false,
    }
}

/// The first word and the rest.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|byte| is_blank(*byte)).unwrap_or(line.len());
    let (header, details) = line.split_at_checked(end).unwrap_or_default();
    let start = details.iter().position(|byte| !is_blank(*byte)).unwrap_or(details.len());
    (header, details.get(start..).unwrap_or_default())
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b)
}

fn trim(line: &[u8]) -> &[u8] {
    let outer = |byte: &u8| is_blank(*byte) || byte.is_ascii_whitespace();
    let start = line.iter().position(|byte| !outer(byte)).unwrap_or(line.len());
    let end = line.iter().rposition(|byte| !outer(byte)).map_or(start, |last| last + 1);
    line.get(start..end).unwrap_or_default()
}

/// A path ends at a blank, unless it is in double quotes or the blank is escaped by a backslash.
fn include_path(text: &[u8]) -> Vec<u8> {
    let (quoted, text) = match text.strip_prefix(b"\"") {
        Some(text) => (true, text),
        None => (false, text),
    };
    let mut path = Vec::new();
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => path.extend(bytes.next()),
            b'"' if quoted => break,
            byte if !quoted && is_blank(*byte) => break,
            byte => path.push(*byte),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("root\tALL=(ALL:ALL) \tALL  \r\n", &[("root", "ALL=(ALL:ALL) \tALL")]),
            ("  %sudo ALL=(ALL) ALL # c", &[("%sudo", "ALL=(ALL) ALL # c")]),
            ("Defaults", &[("Defaults", "")]),
            ("# a\n#\n#b c\n#includes x\n#1000 ALL=ALL\n#-1 A\n", &[("#1000", "ALL=ALL"), ("#-1", "A")]),
            ("# a \\\nb ALL", &[("b", "ALL")]),
            ("H A = w, \\\n\t\td\nx y", &[("H", "A = w, d"), ("x", "y")]),
            ("H A\\\n\\\n  B \\\n#c\n", &[("H", "AB #c")]),
            ("H\\\nA\\\nB", &[("H", "AB")]),
            ("a b\\\n\nc d\n", &[("a", "b"), ("c", "d")]),
            ("\\\n  a b", &[("a", "b")]),
            ("a b\\", &[("a", "b")]),
            ("#include\n@includedir  \n", &[]),
            ("@weird x", &[("@weird", "x")]),
        ];
        for (file, expect) in cases {
            let rules = sudoers(file.as_bytes());
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("ASCII");
            let got: Vec<_> = rules.iter().map(|rule| (text(&rule.header), text(&rule.details))).collect();
            let expect: Vec<_> = expect.iter().map(|(h, d)| ((*h).to_owned(), (*d).to_owned())).collect();
            assert_eq!(got, expect, "{file:?}");
        }
    }

    #[test]
    fn includes() {
        for (line, expect) in [
            ("#include /a/b", Include::File(b"/a/b".to_vec())),
            ("@include\tb # c", Include::File(b"b".to_vec())),
            ("@include /a\\ b\\\\", Include::File(b"/a b\\".to_vec())),
            ("@include \"/a b\" c", Include::File(b"/a b".to_vec())),
            ("  #includedir /d/", Include::Dir(b"/d/".to_vec())),
            ("@includedir /%h\nx y", Include::Dir(b"/%h".to_vec())),
        ] {
            assert_eq!(sudoers(line.as_bytes()).swap_remove(0).include, Some(expect), "{line:?}");
        }
    }
}
