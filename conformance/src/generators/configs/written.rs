//! A configuration as text: JSON with everything that may stand around it, and the places where things came to stand.

use crate::generators::model::Draw;
use arbitrary::Result;
use plumb_agent::config::text::Place;
use std::collections::BTreeMap;

/// A value, and the number of an oddity that is told at its first character.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) mark: Option<usize>,
}

/// What can be written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    /// The number of an oddity that is told at the name.
    pub(super) mark: Option<usize>,
    pub(super) node: Node,
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Self { value, mark: None }
    }
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// What people call it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl Member {
    pub(super) fn new(name: &str, node: impl Into<Node>) -> Self {
        Self { name: name.to_owned(), mark: None, node: node.into() }
    }
}

/// A text, and where its marks came to stand.
pub(super) struct Written {
    pub(super) text: Vec<u8>,
    pub(super) places: BTreeMap<usize, Place>,
}

/// Writes a node: plainly, or with comments, continued lines and escapes.
pub(super) fn written(draw: &mut Draw<'_, '_>, node: &Node) -> Result<Written> {
    let mut writer = Writer { draw, out: Vec::new(), line: 1, column: 1, places: BTreeMap::new() };
    writer.gap()?;
    writer.node(node)?;
    writer.gap()?;
    Ok(Written { text: writer.out, places: writer.places })
}

/// What may stand between two things: blanks, and lines that are comments.
const GAPS: [&str; 12] = [
    " ",
    "\n",
    "\n  ",
    "\t",
    "\r\n",
    "\n# a comment\n",
    "\n  // {\"schedule\": [,\n",
    "\n\t#\n\n",
    "\n# a comment \\\n that goes on, \"\n",
    "\n\x0b\x0c//\r\n",
    "\n#\u{e4}\\\n\\\n}\n",
    "\n//#\n \\\n",
];

struct Writer<'d, 'u, 'b> {
    draw: &'d mut Draw<'u, 'b>,
    out: Vec<u8>,
    line: usize,
    column: usize,
    places: BTreeMap<usize, Place>,
}

impl Writer<'_, '_, '_> {
    fn raw(&mut self, char: char) {
        let mut utf8 = [0; 4];
        match char {
            // What a byte becomes that is not UTF-8.
            char::REPLACEMENT_CHARACTER => self.out.push(0xff),
            _ => self.out.extend(char.encode_utf8(&mut utf8).bytes()),
        }
        (self.line, self.column) = if char == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
    }

    /// A backslash joins the next line to this one, wherever it stands.
    fn joint(&mut self) -> Result<()> {
        if self.draw.odd(20)? {
            self.raw('\\');
            self.raw('\n');
        }
        Ok(())
    }

    /// A word, now and then joined at one place behind its first character.
    fn token(&mut self, text: &str) -> Result<()> {
        let length = text.chars().count();
        let joint = if length > 1 && self.draw.odd(10)? { Some(self.draw.count(1, length - 1)?) } else { None };
        for (place, char) in text.chars().enumerate() {
            if joint == Some(place) {
                self.raw('\\');
                self.raw('\n');
            }
            self.raw(char);
        }
        Ok(())
    }

    fn gap(&mut self) -> Result<()> {
        if self.draw.odd(4)? {
            let gap = self.draw.pick(&GAPS)?;
            gap.chars().for_each(|char| self.raw(char));
        }
        Ok(())
    }

    fn mark(&mut self, mark: Option<usize>) {
        let Self { line, column, .. } = *self;
        self.places.extend(mark.map(|mark| (mark, Place { line, column })));
    }

    fn node(&mut self, node: &Node) -> Result<()> {
        // The joint before the first character, so that the mark stands where that comes to stand.
        self.joint()?;
        self.mark(node.mark);
        match &node.value {
            Value::Null => self.token("null"),
            Value::Bool(true) => self.token("true"),
            Value::Bool(false) => self.token("false"),
            Value::Number(digits) => self.token(digits),
            Value::Text(text) => self.string(text),
            Value::List(nodes) => {
                self.raw('[');
                for (place, node) in nodes.iter().enumerate() {
                    self.next(place)?;
                    self.node(node)?;
                }
                self.gap()?;
                self.token("]")
            }
            Value::Object(members) => {
                self.raw('{');
                for (place, member) in members.iter().enumerate() {
                    self.next(place)?;
                    self.joint()?;
                    self.mark(member.mark);
                    self.string(&member.name)?;
                    self.gap()?;
                    self.token(":")?;
                    self.gap()?;
                    self.node(&member.node)?;
                }
                self.gap()?;
                self.token("}")
            }
        }
    }

    /// What stands before a member or an item.
    fn next(&mut self, place: usize) -> Result<()> {
        self.gap()?;
        if place > 0 {
            self.token(",")?;
            self.gap()?;
        }
        Ok(())
    }

    fn string(&mut self, text: &str) -> Result<()> {
        let (escapes, slashes) = (self.draw.odd(6)?, self.draw.odd(6)?);
        let mut string = "\"".to_owned();
        for char in text.chars() {
            match char {
                '"' | '\\' => string.extend(['\\', char]),
                '/' if slashes => string.push_str("\\/"),
                '\n' if !escapes => string.push_str("\\n"),
                _ if char < ' ' || escapes => {
                    let mut units = [0; 2];
                    for unit in char.encode_utf16(&mut units) {
                        string.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                _ => string.push(char),
            }
        }
        string.push('"');
        self.token(&string)
    }
}
