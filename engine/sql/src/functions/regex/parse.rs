//! The grammar: regular expressions of C++ (`std::regex`, ECMAScript), bytewise.
//!
//! What C++ refuses is refused: look-behind, flags, named groups, quantifiers after nothing, after an assertion or after
//! another quantifier, braces that are no quantifier, references to groups that come later. A lone `]` or `}`, and `-`
//! after a class within brackets, are taken as they stand.

use super::super::value::is_space;
use super::set::{Set, is_word};

/// A regular expression.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) root: Node,
    /// Capturing groups.
    pub(super) groups: u32,
    /// Whether it looks ahead or refers back, which needs backtracking.
    pub(super) backtracks: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    Byte(u8),
    Set(Set),
    /// The start of the text.
    Start,
    /// The end of the text.
    End,
    /// At a word's boundary; or not there.
    Boundary(bool),
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
    /// A group with its number, from 1.
    Capture(u32, Box<Node>),
    /// What follows must match; or must not.
    Ahead(bool, Box<Node>),
    /// What a group matched, again.
    Reference(u32),
    Repeat(Repeat, Box<Node>),
}

impl Node {
    /// Whether a group in it may take part in one turn of a repetition and in a later one not.
    pub(super) fn forgets(&self) -> bool {
        let many = |repeat: &Repeat| repeat.max.is_none_or(|max| max > 1);
        let here = matches!(self, Self::Repeat(repeat, inner) if many(repeat) && inner.leaves_out());
        here || self.inner().iter().any(Self::forgets)
    }

    /// Whether it can match without one of its groups.
    fn leaves_out(&self) -> bool {
        let here = match self {
            Self::Alternate(nodes) => nodes.iter().any(Self::captures),
            Self::Repeat(repeat, inner) => repeat.min == 0 && inner.captures(),
            _ => false,
        };
        here || self.inner().iter().any(Self::leaves_out)
    }

    fn captures(&self) -> bool {
        matches!(self, Self::Capture(..)) || self.inner().iter().any(Self::captures)
    }

    fn inner(&self) -> &[Self] {
        match self {
            Self::Concat(nodes) | Self::Alternate(nodes) => nodes,
            Self::Capture(_, inner) | Self::Ahead(_, inner) | Self::Repeat(_, inner) => std::slice::from_ref(inner),
            _ => &[],
        }
    }
}

/// A quantifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeat {
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    pub(super) lazy: bool,
    /// The groups inside: from the first to before the last.
    pub(super) groups: (u32, u32),
}

/// Not a regular expression.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invalid;

type Parsed<T> = Result<T, Invalid>;

/// How deep groups may be nested.
const DEEPEST: usize = 100;

/// Parses a whole pattern.
pub(super) fn parse(pattern: &[u8]) -> Parsed<Pattern> {
    let mut parser = Parser { rest: pattern, groups: 0, backtracks: false };
    let root = parser.alternatives(0)?;
    // What is left can only be a parenthesis too many.
    if !parser.rest.is_empty() {
        return Err(Invalid);
    }
    Ok(Pattern { root, groups: parser.groups, backtracks: parser.backtracks })
}

struct Parser<'a> {
    rest: &'a [u8],
    groups: u32,
    backtracks: bool,
}

/// One byte, or a class of them.
enum Item {
    Byte(u8),
    Set(Set),
}

impl Parser<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Goes on after a prefix, if it is there.
    fn skip(&mut self, prefix: &[u8]) -> bool {
        self.rest.strip_prefix(prefix).map(|rest| self.rest = rest).is_some()
    }

    /// Everything up to the end or a closing parenthesis.
    fn alternatives(&mut self, depth: usize) -> Parsed<Node> {
        if depth > DEEPEST {
            return Err(Invalid);
        }
        let mut alternatives = Vec::new();
        loop {
            let mut terms = Vec::new();
            while !matches!(self.rest.first(), None | Some(b')' | b'|')) {
                terms.push(self.term(depth)?);
            }
            alternatives.push(Node::Concat(terms));
            if !self.skip(b"|") {
                break;
            }
        }
        Ok(match alternatives.len() {
            1 => alternatives.pop().ok_or(Invalid)?,
            _ => Node::Alternate(alternatives),
        })
    }

    /// An atom with its quantifier, or an assertion, which takes none.
    fn term(&mut self, depth: usize) -> Parsed<Node> {
        let groups = self.groups;
        let node = match self.next().ok_or(Invalid)? {
            b'^' => Node::Start,
            b'$' => Node::End,
            b'\\' if self.skip(b"b") => Node::Boundary(true),
            b'\\' if self.skip(b"B") => Node::Boundary(false),
            b'\\' => self.escape()?,
            b'(' => self.group(depth)?,
            b'[' => Node::Set(self.bracket()?),
            b'.' => Node::Set(Set::of(b"\r\n").complement()),
            b'*' | b'+' | b'?' | b'{' => return Err(Invalid),
            byte => Node::Byte(byte),
        };
        let assertion = matches!(node, Node::Start | Node::End | Node::Boundary(_) | Node::Ahead(..));
        match self.quantifier()? {
            None => Ok(node),
            Some(_) if assertion => Err(Invalid),
            Some((min, max)) => {
                let lazy = self.skip(b"?");
                // One quantifier is enough.
                match self.rest.first() {
                    Some(b'*' | b'+' | b'?' | b'{') => Err(Invalid),
                    _ => Ok(Node::Repeat(Repeat { min, max, lazy, groups: (groups, self.groups) }, Box::new(node))),
                }
            }
        }
    }

    /// After an opening parenthesis.
    fn group(&mut self, depth: usize) -> Parsed<Node> {
        let capture = self.groups + 1;
        let wrap: &dyn Fn(Box<Node>) -> Node = if self.skip(b"?:") {
            &|inner| *inner
        } else if self.skip(b"?=") {
            self.backtracks = true;
            &|inner| Node::Ahead(true, inner)
        } else if self.skip(b"?!") {
            self.backtracks = true;
            &|inner| Node::Ahead(false, inner)
        } else {
            self.groups = capture;
            &|inner| Node::Capture(capture, inner)
        };
        // Look-behind, flags and names fail here: a question mark has nothing before it.
        let inner = self.alternatives(depth + 1)?;
        if self.skip(b")") { Ok(wrap(Box::new(inner))) } else { Err(Invalid) }
    }

    /// `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`, if one is there.
    fn quantifier(&mut self) -> Parsed<Option<(u32, Option<u32>)>> {
        if self.skip(b"*") {
            Ok(Some((0, None)))
        } else if self.skip(b"+") {
            Ok(Some((1, None)))
        } else if self.skip(b"?") {
            Ok(Some((0, Some(1))))
        } else if self.skip(b"{") {
            let min = self.number()?;
            if self.skip(b"}") {
                return Ok(Some((min, Some(min))));
            }
            if self.skip(b",}") {
                return Ok(Some((min, None)));
            }
            if !self.skip(b",") {
                return Err(Invalid);
            }
            let max = self.number()?;
            if self.skip(b"}") && min <= max { Ok(Some((min, Some(max)))) } else { Err(Invalid) }
        } else {
            Ok(None)
        }
    }

    fn number(&mut self) -> Parsed<u32> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.rest.split_at_checked(digits).ok_or(Invalid)?;
        self.rest = rest;
        std::str::from_utf8(number).ok().and_then(|number| number.parse().ok()).ok_or(Invalid)
    }

    /// After a backslash, outside brackets.
    fn escape(&mut self) -> Parsed<Node> {
        if matches!(self.rest.first(), Some(b'1'..=b'9')) {
            let group = self.number()?;
            self.backtracks = true;
            return if group <= self.groups { Ok(Node::Reference(group)) } else { Err(Invalid) };
        }
        Ok(match self.class_or_byte()? {
            Item::Byte(byte) => Node::Byte(byte),
            Item::Set(set) => Node::Set(set),
        })
    }

    /// After a backslash: a class, or one byte.
    fn class_or_byte(&mut self) -> Parsed<Item> {
        Ok(match self.next().ok_or(Invalid)? {
            b'd' => Item::Set(Set::when(|byte| byte.is_ascii_digit())),
            b'D' => Item::Set(Set::when(|byte| !byte.is_ascii_digit())),
            b's' => Item::Set(Set::when(is_space)),
            b'S' => Item::Set(Set::when(|byte| !is_space(byte))),
            b'w' => Item::Set(Set::when(is_word)),
            b'W' => Item::Set(Set::when(|byte| !is_word(byte))),
            b'f' => Item::Byte(0x0c),
            b'n' => Item::Byte(b'\n'),
            b'r' => Item::Byte(b'\r'),
            b't' => Item::Byte(b'\t'),
            b'v' => Item::Byte(0x0b),
            b'0' => Item::Byte(0),
            b'c' => match self.next() {
                Some(letter) if letter.is_ascii_alphabetic() => Item::Byte(letter % 32),
                _ => return Err(Invalid),
            },
            b'x' => Item::Byte(self.hex()?),
            // Bytewise: only the low byte counts.
            b'u' => {
                self.hex()?;
                Item::Byte(self.hex()?)
            }
            letter if is_word(letter) => return Err(Invalid),
            other => Item::Byte(other),
        })
    }

    /// Two hexadecimal digits.
    fn hex(&mut self) -> Parsed<u8> {
        let mut value = 0;
        for _ in 0..2 {
            let digit = self.next().and_then(|byte| char::from(byte).to_digit(16)).ok_or(Invalid)?;
            value = value * 16 + digit;
        }
        u8::try_from(value).map_err(|_| Invalid)
    }

    /// After an opening bracket.
    fn bracket(&mut self) -> Parsed<Set> {
        let negated = self.skip(b"^");
        let mut set = Set::default();
        while let Some(item) = self.item()? {
            let first = match item {
                Item::Set(class) => {
                    set = set.union(class);
                    continue;
                }
                Item::Byte(first) => first,
            };
            let mut last = first;
            if matches!(self.rest, [b'-', end, ..] if *end != b']') {
                self.next();
                last = match self.item()? {
                    Some(Item::Byte(last)) if first <= last => last,
                    _ => return Err(Invalid),
                };
            }
            (first..=last).for_each(|byte| set.insert(byte));
        }
        Ok(if negated { set.complement() } else { set })
    }

    /// One item within brackets; `None` at the closing one.
    fn item(&mut self) -> Parsed<Option<Item>> {
        Ok(match self.next().ok_or(Invalid)? {
            b']' => None,
            b'\\' if self.skip(b"b") => Some(Item::Byte(8)),
            b'\\' => Some(self.class_or_byte()?),
            b'[' => Some(match self.rest.first() {
                Some(b':') => Item::Set(named_class(self.named(b":]")?)?),
                Some(b'.') => Item::Byte(single(self.named(b".]")?)?),
                Some(b'=') => Item::Set(Set::of(&[single(self.named(b"=]")?)?])),
                _ => Item::Byte(b'['),
            }),
            byte => Some(Item::Byte(byte)),
        })
    }

    /// What stands between `[:` and `:]`; the `[` is gone.
    fn named(&mut self, end: &[u8; 2]) -> Parsed<&[u8]> {
        let inner = self.rest.get(1..).ok_or(Invalid)?;
        let length = inner.windows(2).position(|window| window == end).ok_or(Invalid)?;
        self.rest = inner.get(length + 2..).ok_or(Invalid)?;
        inner.get(..length).ok_or(Invalid)
    }
}

/// A collating element: one byte. (Elements of several bytes and by name do not exist here.)
fn single(name: &[u8]) -> Parsed<u8> {
    match name {
        [byte] => Ok(*byte),
        _ => Err(Invalid),
    }
}

fn named_class(name: &[u8]) -> Parsed<Set> {
    let known: fn(u8) -> bool = match name.to_ascii_lowercase().as_slice() {
        b"alnum" => |byte| byte.is_ascii_alphanumeric(),
        b"alpha" => |byte| byte.is_ascii_alphabetic(),
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => |byte| byte.is_ascii_control(),
        b"d" | b"digit" => |byte| byte.is_ascii_digit(),
        b"graph" => |byte| byte.is_ascii_graphic(),
        b"lower" => |byte| byte.is_ascii_lowercase(),
        b"print" => |byte| matches!(byte, b' '..=b'~'),
        b"punct" => |byte| byte.is_ascii_punctuation(),
        b"s" | b"space" => is_space,
        b"upper" => |byte| byte.is_ascii_uppercase(),
        b"w" => is_word,
        b"xdigit" => |byte| byte.is_ascii_hexdigit(),
        _ => return Err(Invalid),
    };
    Ok(Set::when(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused() {
        for pattern in [
            "(",
            ")",
            "a)",
            "(a",
            "(?",
            "(?:",
            "(?:a",
            "(?=a",
            "(?<=a)b",
            "(?<!a)b",
            "(?i)a",
            "(?i:a)",
            "(?<n>a)",
            "(?P<n>a)",
            "(?#c)",
            "(?",
            "*",
            "+a",
            "?",
            "{",
            "{1}",
            "a{",
            "a{}",
            "a{,2}",
            "a{x}",
            "a{1",
            "a{1,",
            "a{1,x}",
            "a{2,1}",
            "a{99999999999}",
            "a**",
            "a+*",
            "a{2}{3}",
            "a???",
            "^*",
            "$+",
            r"\b?",
            "(?=a)*",
            "|*",
            "(*)",
            "[",
            "[a",
            "[^",
            "[z-a]",
            r"[a-\d]",
            "[[:foo:]]",
            "[[:digit:]",
            "[[:digit",
            "[[.ab.]]",
            "[[.a",
            r"\",
            r"\1",
            r"(a)\2",
            r"\1(a)",
            r"\99999999999",
            r"\x",
            r"\x4",
            r"\xg0",
            r"\u004",
            r"\c",
            r"\c1",
            r"\_",
            r"\a",
            r"\z",
            r"\K",
            r"\p{L}",
            r"\Q",
            r"[\",
            r"[\1]",
            "[a-",
        ] {
            assert_eq!(parse(pattern.as_bytes()), Err(Invalid), "{pattern}");
        }
        assert_eq!(parse("(".repeat(100_000).as_bytes()), Err(Invalid));
    }

    #[test]
    fn groups_and_needs() {
        for (pattern, groups, backtracks) in [
            ("", 0, false),
            ("a|(b)|(?:c(d))", 2, false),
            ("(?=a)b", 0, true),
            ("a(?!b(c))(d)", 2, true),
            (r"(a)\1", 1, true),
            (r"(a\1)", 1, true),
            ("[(](?:[)])", 0, false),
            (r"\(", 0, false),
        ] {
            let parsed = parse(pattern.as_bytes()).unwrap();
            assert_eq!((parsed.groups, parsed.backtracks), (groups, backtracks), "{pattern}");
        }
    }
}
