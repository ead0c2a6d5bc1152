//! A pattern in the words of the `regex` crate, which matches in linear time.
//!
//! Every byte but letters and digits is written as an escape and every class as ranges of bytes, so that nothing of the
//! crate's own syntax can be reached from a pattern.

use super::parse::{Node, Repeat};
use super::set::Set;
use std::fmt::Write;

/// Writes a pattern that neither looks ahead nor refers back.
pub(super) fn write(root: &Node) -> String {
    let mut out = String::new();
    write_node(&mut out, root);
    out
}

/// Writing to a String does not fail: the results are of no interest.
fn write_node(out: &mut String, node: &Node) {
    match node {
        Node::Byte(byte) if byte.is_ascii_alphanumeric() => out.push(char::from(*byte)),
        Node::Byte(byte) => {
            let _ = write!(out, "\\x{byte:02X}");
        }
        Node::Set(set) => write_set(out, set),
        Node::Start => out.push_str(r"\A"),
        Node::End => out.push_str(r"\z"),
        Node::Boundary(yes) => out.push_str(if *yes { r"\b" } else { r"\B" }),
        Node::Concat(nodes) => nodes.iter().for_each(|node| write_node(out, node)),
        Node::Alternate(nodes) => {
            out.push_str("(?:");
            for (index, node) in nodes.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "|" });
                write_node(out, node);
            }
            out.push(')');
        }
        Node::Capture(_, inner) => {
            out.push('(');
            write_node(out, inner);
            out.push(')');
        }
        Node::Repeat(repeat, inner) => write_repeat(out, *repeat, inner),
        // Such patterns take the other way; here they match nothing.
        Node::Ahead(..) | Node::Reference(_) => write_set(out, &Set::default()),
    }
}

fn write_repeat(out: &mut String, repeat: Repeat, inner: &Node) {
    out.push_str("(?:");
    write_node(out, inner);
    out.push(')');
    let _ = match (repeat.min, repeat.max) {
        (0, None) => out.write_str("*"),
        (1, None) => out.write_str("+"),
        (0, Some(1)) => out.write_str("?"),
        (min, None) => write!(out, "{{{min},}}"),
        (min, Some(max)) => write!(out, "{{{min},{max}}}"),
    };
    if repeat.lazy {
        out.push('?');
    }
}

fn write_set(out: &mut String, set: &Set) {
    let empty = set.ranges().next().is_none();
    // Nothing is the complement of everything.
    let set = if empty { set.complement() } else { *set };
    out.push_str(if empty { "[^" } else { "[" });
    for (first, last) in set.ranges() {
        let _ = write!(out, "\\x{first:02X}-\\x{last:02X}");
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, expect) in [
            ("", ""),
            ("abc", "abc"),
            ("a|b|", "(?:a|b|)"),
            ("a.c", r"a[\x00-\x09\x0B-\x0C\x0E-\xFF]c"),
            ("^a$", r"\Aa\z"),
            (r"\d+", r"(?:[\x30-\x39])+"),
            (r"\bx\B", r"\bx\B"),
            ("[a-c]*?", r"(?:[\x61-\x63])*?"),
            ("[]", r"[^\x00-\xFF]"),
            ("[^]", r"[\x00-\xFF]"),
            ("[^a]", r"[\x00-\x60\x62-\xFF]"),
            ("[a-]", r"[\x2D-\x2D\x61-\x61]"),
            ("[-a]", r"[\x2D-\x2D\x61-\x61]"),
            ("[[]", r"[\x5B-\x5B]"),
            ("[[:digit:][:UPPER:]]", r"[\x30-\x39\x41-\x5A]"),
            ("[[:alnum:]]", r"[\x30-\x39\x41-\x5A\x61-\x7A]"),
            ("[[:alpha:]]", r"[\x41-\x5A\x61-\x7A]"),
            ("[[:blank:]]", r"[\x09-\x09\x20-\x20]"),
            ("[[:cntrl:]]", r"[\x00-\x1F\x7F-\x7F]"),
            ("[[:graph:]]", r"[\x21-\x7E]"),
            ("[[:lower:]]", r"[\x61-\x7A]"),
            ("[[:print:]]", r"[\x20-\x7E]"),
            ("[[:punct:]]", r"[\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E]"),
            ("[[:s:]]", r"[\x09-\x0D\x20-\x20]"),
            ("[[:w:]]", r"[\x30-\x39\x41-\x5A\x5F-\x5F\x61-\x7A]"),
            ("[[:xdigit:]]", r"[\x30-\x39\x41-\x46\x61-\x66]"),
            ("[[.a.]-c]", r"[\x61-\x63]"),
            ("[[=a=]]", r"[\x61-\x61]"),
            (r"[\d-]", r"[\x2D-\x2D\x30-\x39]"),
            (r"[\d-x]", r"[\x2D-\x2D\x30-\x39\x78-\x78]"),
            (r"[\b]", r"[\x08-\x08]"),
            (r"\/\-\.", r"\x2F\x2D\x2E"),
            (r"\cA\x41\u0041\0", r"\x01AA\x00"),
            (r"a{2}b{2,}c{2,3}?", r"(?:a){2,2}(?:b){2,}(?:c){2,3}?"),
            ("a]b}", r"a\x5Db\x7D"),
            ("(?:a)(b|c)?", "a(?:((?:b|c)))?"),
            ("é", r"\xC3\xA9"),
            ("a b#c", r"a\x20b\x23c"),
        ] {
            assert_eq!(write(&parse(pattern.as_bytes()).unwrap().root), expect, "{pattern}");
        }
    }
}
