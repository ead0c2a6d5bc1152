//! Values of which sections are made: as they should be, written otherwise, or of another kind.

use super::super::written::{Member, Node, Value};
use super::{NAMES, Sections, Typos};
use arbitrary::Result;
use std::collections::{BTreeMap, BTreeSet};
impl Sections<'_, '_> {
    /// A mark for something odd.
    pub(super) fn mark(&mut self, says: &[&str]) -> Option<usize> {
        self.told.push(says.iter().map(|words| (*words).to_owned()).collect());
        Some(self.told.len() - 1)
    }

    pub(super) fn chance(&mut self, one_in: u8) -> Result<bool> {
        self.draw.chance(one_in)
    }

    /// A value of another kind than these.
    pub(super) fn other(&mut self, not: &[&str]) -> Result<Value> {
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Number("-1.5e3".to_owned()),
            Value::text("word"),
            Value::List(vec![Value::text("item").into()]),
            Value::Object(vec![Member::new("member", Value::Null)]),
        ];
        let values: Vec<Value> = values.into_iter().filter(|value| !not.contains(&value.kind())).collect();
        self.draw.pick(&values)
    }

    /// The same, with a mark that tells which kind it is.
    pub(super) fn wrong(&mut self, not: &[&str], says: &[&str]) -> Result<Node> {
        let value = self.other(not)?;
        let mark = self.mark(&[says, &[value.kind()]].concat());
        Ok(Node { value, mark })
    }

    /// A member that means nothing, now and then.
    pub(super) fn unknown(&mut self, of: &str, typos: &Typos<'_>, members: &mut Vec<Member>) -> Result<()> {
        if self.draw.odd(12)? {
            let (name, near) = self.draw.pick(typos)?;
            let near = format!("did you mean {near}?");
            let mark = self.mark(&[of, "has no member", name, &near]);
            members.push(Member { name: name.to_owned(), mark, node: Value::Null.into() });
        }
        Ok(())
    }

    /// Names that differ.
    pub(super) fn names(&mut self, most: usize) -> Result<BTreeSet<String>> {
        let count = self.draw.count(1, most)?;
        (0..count).map(|_| Ok(self.draw.pick(&NAMES)?.to_owned())).collect()
    }

    pub(super) fn texts(&mut self, pool: &[&str], least: usize) -> Result<Vec<String>> {
        let count = self.draw.count(least, 3)?;
        (0..count).map(|_| Ok(self.draw.pick(pool)?.to_owned())).collect()
    }

    /// A list of strings; one alone may stand without brackets. Sometimes something stands among them.
    pub(super) fn list(&mut self, of: &str, texts: &mut Vec<String>) -> Result<Node> {
        if self.draw.odd(20)? {
            texts.clear();
            return self.wrong(&["a list", "a string"], &[of, "not a list of strings"]);
        }
        if let [one] = texts.as_slice()
            && self.draw.odd(3)?
        {
            return Ok(Value::text(one).into());
        }
        let mut nodes: Vec<Node> = texts.iter().map(|text| Value::text(text).into()).collect();
        if self.draw.odd(20)? {
            let wrong = self.wrong(&["a string"], &["an item of", of])?;
            let at = self.draw.count(0, nodes.len())?;
            nodes.insert(at, wrong);
        }
        Ok(Value::List(nodes).into())
    }

    /// A number, sometimes as text.
    pub(super) fn number(&mut self, number: i64) -> Result<Node> {
        let digits = number.to_string();
        Ok(match self.draw.odd(3)? {
            false => Value::Number(digits).into(),
            true if self.chance(3)? => Value::Text(format!(" {digits}\t")).into(),
            true => Value::Text(digits).into(),
        })
    }

    /// A switch, sometimes as text.
    pub(super) fn switch(&mut self, on: bool) -> Result<Node> {
        let words = if on { ["true", "1"] } else { ["false", "0"] };
        Ok(if self.draw.odd(3)? { Value::text(self.draw.pick(&words)?).into() } else { Value::Bool(on).into() })
    }

    pub(super) fn switched(&mut self, name: &str, of: &str, default: bool, members: &mut Vec<Member>) -> Result<bool> {
        if self.chance(4)? {
            let on = self.chance(2)?;
            members.push(Member::new(name, self.switch(on)?));
            return Ok(on);
        }
        if self.draw.odd(30)? {
            let node = self.wrong(&["true or false"], &[name, "of", of, "not true or false"])?;
            members.push(Member::new(name, node));
        }
        Ok(default)
    }

    /// The members of an object in any order.
    pub(super) fn shuffled(&mut self, mut members: Vec<Member>) -> Result<Value> {
        for last in (1..members.len()).rev() {
            if self.draw.odd(2)? {
                let other = self.draw.count(0, last)?;
                members.swap(last, other);
            }
        }
        Ok(Value::Object(members))
    }

    /// Lists by name.
    pub(super) fn by_name(&mut self, what: &str, pool: &[&str]) -> Result<(Node, BTreeMap<String, Vec<String>>)> {
        let (mut members, mut lists) = (Vec::new(), BTreeMap::new());
        for name in self.names(3)? {
            let mut texts = self.texts(pool, 0)?;
            members.push(Member::new(&name, self.list(&format!("{name} of {what}"), &mut texts)?));
            lists.insert(name, texts);
        }
        Ok((self.shuffled(members)?.into(), lists))
    }
}
