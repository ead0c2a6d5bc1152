//! Reading an object member by member: wrong types are told, unknown names get the nearest known one.

use super::diagnostic::Notes;
use super::json::{Key, Node, Value};
use plumb_sql::nearest;

/// An object, what it is called in messages, and the members it may have.
pub(super) struct Object<'n> {
    what: String,
    members: &'n [(Key, Node)],
}

impl<'n> Object<'n> {
    /// The members of a node; none, and a note, if it is something else.
    pub(super) fn of(what: impl Into<String>, node: &'n Node, notes: &mut Notes<'_>) -> Option<Self> {
        let what = what.into();
        if let Value::Object(members) = &node.value {
            return Some(Self { what, members });
        }
        notes.warn(&node.span, format!("{what} is {}, not an object", node.kind()), None);
        None
    }

    /// Notes the names that are not known here.
    pub(super) fn only(&self, known: &[&str], notes: &mut Notes<'_>) {
        for (key, _) in self.members.iter().filter(|(key, _)| !known.contains(&key.name.as_str())) {
            if notes.is_full() {
                break;
            }
            let near = nearest(&key.name, known.iter().copied()).map(|near| format!("did you mean {near}?"));
            notes.warn(&key.span, format!("{} has no member {}: it is ignored", self.what, key.name), near);
        }
    }

    /// All members, in the order of the text.
    pub(super) fn all(&self) -> impl Iterator<Item = &'n (Key, Node)> + use<'n> {
        self.members.iter()
    }

    /// A member; of those with one name the last.
    pub(super) fn find(&self, name: &str) -> Option<&'n Node> {
        self.members.iter().rev().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    fn wrong(&self, name: &str, node: &Node, expected: &str, notes: &mut Notes<'_>) {
        notes.warn(
            &node.span,
            format!("{name} of {} is {}, not {expected}: it is ignored", self.what, node.kind()),
            None,
        );
    }

    /// A string.
    pub(super) fn text(&self, name: &str, notes: &mut Notes<'_>) -> Option<&'n str> {
        let node = self.find(name)?;
        match &node.value {
            Value::Text(text) => Some(text),
            _ => {
                self.wrong(name, node, "a string", notes);
                None
            }
        }
    }

    /// A switch: true, false, or one of the words for them.
    pub(super) fn switch(&self, name: &str, default: bool, notes: &mut Notes<'_>) -> bool {
        let Some(node) = self.find(name) else { return default };
        match &node.value {
            Value::Bool(on) => *on,
            Value::Text(text) if text == "true" || text == "1" => true,
            Value::Text(text) if text == "false" || text == "0" => false,
            _ => {
                self.wrong(name, node, "true or false", notes);
                default
            }
        }
    }

    /// A whole number, also one in a string.
    pub(super) fn number(&self, name: &str, notes: &mut Notes<'_>) -> Option<i64> {
        let node = self.find(name)?;
        let number = match &node.value {
            Value::Number(digits) | Value::Text(digits) => digits.trim().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong(name, node, "a whole number", notes);
        }
        number
    }

    /// A list of strings. A single string stands for a list of one.
    pub(super) fn texts(&self, name: &str, notes: &mut Notes<'_>) -> Vec<String> {
        self.find(name).map(|node| texts(&format!("{name} of {}", self.what), node, notes)).unwrap_or_default()
    }
}

/// The strings of a list.
pub(super) fn texts(what: &str, node: &Node, notes: &mut Notes<'_>) -> Vec<String> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        Value::Text(_) => std::slice::from_ref(node),
        _ => {
            notes.warn(&node.span, format!("{what} is {}, not a list of strings: it is ignored", node.kind()), None);
            &[]
        }
    };
    let mut found = Vec::new();
    for item in items {
        match &item.value {
            Value::Text(text) => found.push(text.clone()),
            _ => notes.warn(
                &item.span,
                format!("an item of {what} is {}, not a string: it is ignored", item.kind()),
                None,
            ),
        }
    }
    found
}
