//! JSON in which every value knows where it stands. As strict as the grammar (RFC 8259): no trailing commas, no comments, no NaN.

use jiter::{Jiter, JiterError, Peek};
use std::ops::Range;

/// Deeper texts are refused.
const DEPTH: usize = 32;

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// What it is.
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object, in the order of the text. A key can be there twice.
    Object(Vec<(Key, Node)>),
}

/// The name of a member of an object.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// The name.
    pub name: String,
}

/// Why a text is not JSON, and where that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The place in the text.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

impl Node {
    /// Reads a text.
    ///
    /// # Errors
    /// When it is not JSON, or something follows the value, or it is nested too deeply.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut reader = Reader { jiter: Jiter::new(text.as_bytes()), text: text.as_bytes() };
        let node = reader.peek().and_then(|peek| reader.node(peek, 0))?;
        reader.jiter.finish().map_err(|error| unreadable(&error))?;
        Ok(node)
    }

    /// What kind of value it is, for people.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }
}

struct Reader<'t> {
    jiter: Jiter<'t>,
    text: &'t [u8],
}

impl Reader<'_> {
    fn peek(&mut self) -> Result<Peek, Unreadable> {
        self.jiter.peek().map_err(|error| unreadable(&error))
    }

    fn node(&mut self, peek: Peek, depth: usize) -> Result<Node, Unreadable> {
        let start = self.jiter.current_index();
        let fail = |error: JiterError| unreadable(&error);
        if depth > DEPTH {
            return Err(Unreadable { offset: start, message: format!("nested more than {DEPTH} levels deep") });
        }
        let value = match peek {
            Peek::Null => self.jiter.known_null().map(|()| Value::Null).map_err(fail)?,
            Peek::True | Peek::False => Value::Bool(self.jiter.known_bool(peek).map_err(fail)?),
            Peek::String => Value::Text(self.jiter.known_str().map_err(fail)?.to_owned()),
            Peek::Array => Value::List(self.list(depth)?),
            Peek::Object => Value::Object(self.object(depth)?),
            _ => {
                let digits = self.jiter.next_number_bytes().map_err(fail)?;
                Value::Number(String::from_utf8_lossy(digits).into_owned())
            }
        };
        Ok(Node { span: start..self.jiter.current_index(), value })
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, Unreadable> {
        let mut nodes = Vec::new();
        let mut next = self.jiter.known_array().map_err(|error| unreadable(&error))?;
        while let Some(peek) = next {
            nodes.push(self.node(peek, depth + 1)?);
            next = self.jiter.array_step().map_err(|error| unreadable(&error))?;
        }
        Ok(nodes)
    }

    fn object(&mut self, depth: usize) -> Result<Vec<(Key, Node)>, Unreadable> {
        let mut members = Vec::new();
        let mut next = self.jiter.known_object().map_err(|error| unreadable(&error))?.map(str::to_owned);
        while let Some(name) = next {
            // The reader stands behind the colon: the name ends at the last quote before it.
            let end = self.jiter.current_index();
            let span = self.name_before(end);
            let peek = self.peek()?;
            let node = self.node(peek, depth + 1)?;
            members.push((Key { span, name }, node));
            next = self.jiter.next_key().map_err(|error| unreadable(&error))?.map(str::to_owned);
        }
        Ok(members)
    }

    /// The span of the string that ends before an offset. Quotes inside it have a backslash before them.
    fn name_before(&self, offset: usize) -> Range<usize> {
        let before = self.text.get(..offset).unwrap_or_default();
        let quote = |end: usize| before.get(..end)?.iter().rposition(|byte| *byte == b'"');
        let end = quote(before.len()).map_or(offset, |end| end + 1);
        let mut start = quote(end.saturating_sub(1)).unwrap_or_default();
        let escaped = |at: usize| {
            let slashes = before.get(..at).unwrap_or_default().iter().rev().take_while(|byte| **byte == b'\\').count();
            slashes % 2 == 1
        };
        while escaped(start) {
            match quote(start) {
                Some(earlier) => start = earlier,
                None => break,
            }
        }
        start..end
    }
}

fn unreadable(error: &JiterError) -> Unreadable {
    Unreadable { offset: error.index, message: error.error_type.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        let text = r#" {"a" : [1, -2.5e3, true, null], "q\"\\": {"b":"x\ny"} } "#;
        let node = Node::parse(text).unwrap();
        let at = |span: &Range<usize>| &text[span.clone()];
        let Value::Object(members) = &node.value else { panic!("{node:?}") };
        assert_eq!(members.iter().map(|(key, _)| at(&key.span)).collect::<Vec<_>>(), ["\"a\"", r#""q\"\\""#]);
        assert_eq!(members[1].0.name, "q\"\\");
        let Value::List(list) = &members[0].1.value else { panic!("{node:?}") };
        assert_eq!(list.iter().map(|node| at(&node.span)).collect::<Vec<_>>(), ["1", "-2.5e3", "true", "null"]);
        assert_eq!(at(&members[1].1.span), r#"{"b":"x\ny"}"#);
        assert_eq!(at(&node.span), text.trim());
        assert_eq!(list.iter().map(Node::kind).collect::<Vec<_>>(), ["a number", "a number", "true or false", "null"]);
    }

    #[test]
    fn strict() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{'a':1}",
            "{\"a\":\"x\ny\"}",
            "{} x",
            "\u{feff}{}",
            "[NaN]",
            "[01]",
            r#"["\x"]"#,
            "nope",
            "[1 2]",
        ] {
            let error = Node::parse(text).expect_err(text);
            assert!(error.offset <= text.len() && !error.message.is_empty(), "{text}: {error:?}");
        }
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(
            Node::parse(&deep(33)).is_ok() && Node::parse(&deep(34)).is_err() && Node::parse(&deep(100_000)).is_err()
        );
    }
}
