//! A backtracking matcher, for patterns that look ahead or refer back.
//!
//! The order in which it tries things is ECMAScript's. Its work is counted: a pattern that explodes on a text ends in an
//! error, not in a hang, and a cancelled statement ends at once.

use super::parse::{Node, Pattern, Repeat};
use super::set::{Set, is_word};
use plumb_host::Cancel;
use std::ops::Range;

/// Instructions that a program may have: counted repetitions are written out.
const LONGEST: usize = 50_000;

/// Steps that a search may take in any case.
const STEPS: u64 = 2_000_000;

/// Steps that it may take beyond, for each byte of the text: these, and one for each operation.
const STEPS_PER_BYTE: usize = 64;

/// Branches and old values that may be remembered at once (48 MiB).
const DEEPEST: usize = 2 << 20;

/// How many steps go by before the cancellation token is looked at.
const BREATH: u64 = 1 << 14;

#[derive(Debug)]
enum Op {
    Byte(u8),
    Set(Set),
    /// As many bytes of a set as there are, from a number on, and fewer on the way back.
    Span {
        set: Set,
        min: usize,
        max: usize,
    },
    Start,
    End,
    Boundary(bool),
    Jump(usize),
    /// Goes on at the first, and on the way back at the second.
    Split(usize, usize),
    /// Remembers the position.
    Save(usize),
    /// Forgets what groups matched.
    Clear(Range<usize>),
    /// Fails when nothing was matched since the position was remembered.
    Progress(usize),
    Reference(usize),
    /// Looks ahead with what follows, up to its `Accept`; then goes on at the given place.
    Ahead(bool, usize),
    /// The end of looking ahead.
    Accept,
    /// The end of the pattern.
    Match,
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Program {
    ops: Vec<Op>,
    /// Two slots for each group, then one for each loop.
    slots: usize,
    groups: usize,
    /// What a match can begin with; `None` when it may be empty.
    first: Option<Set>,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Too much work.
    Steps,
    Cancelled,
}

/// Where groups matched: that of the whole match first.
pub(super) type Groups = Vec<Option<Range<usize>>>;

impl Program {
    /// Compiles; `None` when the program would be too long.
    pub(super) fn new(pattern: &Pattern) -> Option<Self> {
        let groups = usize::try_from(pattern.groups).ok()?.checked_add(1)?;
        let mut program = Self { ops: Vec::new(), slots: groups * 2, groups, first: None };
        program.write(&pattern.root)?;
        program.push(Op::Match)?;
        let (first, empty) = first_bytes(&pattern.root);
        program.first = (!empty).then_some(first);
        Some(program)
    }

    /// Operations.
    pub(super) fn len(&self) -> usize {
        self.ops.len()
    }

    /// Capturing groups and the whole match.
    pub(super) fn groups(&self) -> usize {
        self.groups
    }

    fn push(&mut self, op: Op) -> Option<usize> {
        let place = self.ops.len();
        if place >= LONGEST {
            return None;
        }
        self.ops.push(op);
        Some(place)
    }

    fn patch(&mut self, place: usize, op: Op) {
        if let Some(old) = self.ops.get_mut(place) {
            *old = op;
        }
    }

    fn write(&mut self, node: &Node) -> Option<()> {
        match node {
            Node::Byte(byte) => self.push(Op::Byte(*byte))?,
            Node::Set(set) => self.push(Op::Set(*set))?,
            Node::Start => self.push(Op::Start)?,
            Node::End => self.push(Op::End)?,
            Node::Boundary(yes) => self.push(Op::Boundary(*yes))?,
            Node::Reference(group) => self.push(Op::Reference(usize::try_from(*group).ok()?))?,
            Node::Concat(nodes) => return nodes.iter().try_for_each(|node| self.write(node)),
            Node::Alternate(nodes) => return self.write_alternatives(nodes),
            Node::Capture(group, inner) => {
                let slot = usize::try_from(*group).ok()?.checked_mul(2)?;
                self.push(Op::Save(slot))?;
                self.write(inner)?;
                self.push(Op::Save(slot + 1))?
            }
            Node::Ahead(yes, inner) => {
                let place = self.push(Op::Ahead(*yes, 0))?;
                self.write(inner)?;
                let end = self.push(Op::Accept)?;
                self.patch(place, Op::Ahead(*yes, end + 1));
                end
            }
            Node::Repeat(repeat, inner) => return self.write_repeat(*repeat, inner),
        };
        Some(())
    }

    fn write_alternatives(&mut self, nodes: &[Node]) -> Option<()> {
        let mut jumps = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let last = index + 1 == nodes.len();
            let split = if last { None } else { Some(self.push(Op::Jump(0))?) };
            self.write(node)?;
            if let Some(split) = split {
                jumps.push(self.push(Op::Jump(0))?);
                self.patch(split, Op::Split(split + 1, self.ops.len()));
            }
        }
        let end = self.ops.len();
        jumps.into_iter().for_each(|jump| self.patch(jump, Op::Jump(end)));
        Some(())
    }

    fn write_repeat(&mut self, repeat: Repeat, inner: &Node) -> Option<()> {
        let single = match inner {
            Node::Byte(byte) => Some(Set::of(&[*byte])),
            Node::Set(set) => Some(*set),
            _ => None,
        };
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        if let (Some(set), false) = (single, repeat.lazy) {
            let max = repeat.max.map_or(usize::MAX, size);
            self.push(Op::Span { set, min: size(repeat.min), max })?;
            return Some(());
        }
        for _ in 0..repeat.min {
            self.write_turn(repeat, inner)?;
        }
        match repeat.max {
            None => {
                let loop_slot = self.slots;
                self.slots += 1;
                let split = self.push(Op::Jump(0))?;
                self.push(Op::Save(loop_slot))?;
                self.write_turn(repeat, inner)?;
                self.push(Op::Progress(loop_slot))?;
                let end = self.push(Op::Jump(split))? + 1;
                self.patch(split, branch(repeat.lazy, split + 1, end));
            }
            Some(max) => {
                let mut splits = Vec::new();
                for _ in repeat.min..max {
                    splits.push(self.push(Op::Jump(0))?);
                    self.write_turn(repeat, inner)?;
                }
                let end = self.ops.len();
                splits.into_iter().for_each(|split| self.patch(split, branch(repeat.lazy, split + 1, end)));
            }
        }
        Some(())
    }

    /// One turn of a repetition: the groups in it begin anew.
    fn write_turn(&mut self, repeat: Repeat, inner: &Node) -> Option<()> {
        let (first, last) = repeat.groups;
        let slot = |group: u32| usize::try_from(group).ok()?.checked_add(1)?.checked_mul(2);
        // Even where there are none it takes room, so that {1000000} of nothing is too long.
        self.push(Op::Clear(slot(first)?..slot(last)?))?;
        self.write(inner)
    }

    /// The first match that begins at or after a position.
    pub(super) fn search(&self, text: &[u8], from: usize, cancel: &Cancel) -> Result<Option<Groups>, Stop> {
        let mut machine = self.machine(text, cancel);
        let mut start = from;
        while start <= text.len() {
            machine.step(1)?;
            if let Some(first) = self.first {
                let rest = text.get(start..).unwrap_or_default();
                let Some(skipped) = rest.iter().position(|byte| first.contains(*byte)) else {
                    return Ok(None);
                };
                machine.step(skipped / 16)?;
                start += skipped;
            }
            if let Some(end) = machine.run(0, start)? {
                return Ok(Some(self.groups_of(&machine.slots, start..end)));
            }
            start += 1;
        }
        Ok(None)
    }

    /// The end of the first match in order that begins at a position and is not empty.
    pub(super) fn longer_at(&self, text: &[u8], at: usize, cancel: &Cancel) -> Result<Option<usize>, Stop> {
        let mut machine = self.machine(text, cancel);
        machine.refused_end = at;
        machine.run(0, at)
    }

    fn machine<'a>(&'a self, text: &'a [u8], cancel: &'a Cancel) -> Machine<'a> {
        Machine {
            ops: &self.ops,
            text,
            slots: vec![usize::MAX; self.slots],
            trail: Vec::new(),
            left: STEPS.saturating_add(text.len().saturating_mul(STEPS_PER_BYTE + self.ops.len()) as u64),
            refused_end: usize::MAX,
            cancel,
        }
    }

    fn groups_of(&self, slots: &[usize], whole: Range<usize>) -> Groups {
        let mut groups = vec![Some(whole)];
        groups.extend(slots.chunks_exact(2).take(self.groups).skip(1).map(|slot| match slot {
            [start, end] if *start != usize::MAX && *end != usize::MAX => Some(*start..*end),
            _ => None,
        }));
        groups
    }
}

fn branch(lazy: bool, turn: usize, end: usize) -> Op {
    if lazy { Op::Split(end, turn) } else { Op::Split(turn, end) }
}

/// The bytes that a match can begin with, and whether it can be empty (or begin with anything).
fn first_bytes(node: &Node) -> (Set, bool) {
    match node {
        Node::Byte(byte) => (Set::of(&[*byte]), false),
        Node::Set(set) => (*set, false),
        Node::Capture(_, inner) => first_bytes(inner),
        Node::Repeat(repeat, inner) => {
            let (set, empty) = first_bytes(inner);
            (set, empty || repeat.min == 0)
        }
        Node::Concat(nodes) => {
            let mut first = Set::default();
            for node in nodes {
                let (set, empty) = first_bytes(node);
                first = first.union(set);
                if !empty {
                    return (first, false);
                }
            }
            (first, true)
        }
        Node::Alternate(nodes) => nodes.iter().fold((Set::default(), false), |(all, any), node| {
            let (set, empty) = first_bytes(node);
            (all.union(set), any || empty)
        }),
        // These take no bytes, or nobody knows which.
        Node::Reference(_) => (Set::default().complement(), true),
        Node::Start | Node::End | Node::Boundary(_) | Node::Ahead(..) => (Set::default(), true),
    }
}

/// What is to be undone or tried on the way back.
enum Trail {
    Branch {
        op: usize,
        at: usize,
    },
    /// A span that can end anywhere from `least` up to `at`.
    Span {
        op: usize,
        least: usize,
        at: usize,
    },
    Slot {
        slot: usize,
        old: usize,
    },
}

struct Machine<'a> {
    ops: &'a [Op],
    text: &'a [u8],
    slots: Vec<usize>,
    trail: Vec<Trail>,
    left: u64,
    /// Where a match may not end.
    refused_end: usize,
    cancel: &'a Cancel,
}

impl Machine<'_> {
    fn step(&mut self, count: usize) -> Result<(), Stop> {
        let count = count as u64;
        if self.left % BREATH < count && self.cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        self.left = self.left.checked_sub(count).ok_or(Stop::Steps)?;
        Ok(())
    }

    fn remember(&mut self, trail: Trail) -> Result<(), Stop> {
        if self.trail.len() >= DEEPEST {
            return Err(Stop::Steps);
        }
        self.trail.push(trail);
        Ok(())
    }

    fn set(&mut self, slot: usize, value: usize) -> Result<(), Stop> {
        let old = self.slot(slot);
        if let Some(place) = self.slots.get_mut(slot) {
            *place = value;
        }
        self.remember(Trail::Slot { slot, old })
    }

    fn slot(&self, slot: usize) -> usize {
        self.slots.get(slot).copied().unwrap_or(usize::MAX)
    }

    /// Runs from an operation and a position to an `Accept`: the position there. On failure everything is undone.
    fn run(&mut self, mut op: usize, mut at: usize) -> Result<Option<usize>, Stop> {
        let base = self.trail.len();
        loop {
            self.step(1)?;
            let next = match self.ops.get(op) {
                Some(Op::Match) if at == self.refused_end => None,
                None | Some(Op::Accept | Op::Match) => return Ok(Some(at)),
                Some(instruction) => self.execute(instruction, op, at)?,
            };
            match next.or_else(|| self.back(base)) {
                Some(next) => (op, at) = next,
                None => return Ok(None),
            }
        }
    }

    /// Where to go on; `None` when it does not match here.
    fn execute(&mut self, instruction: &Op, op: usize, at: usize) -> Result<Option<(usize, usize)>, Stop> {
        let byte = self.text.get(at);
        let when = |yes: bool, at: usize| Ok(yes.then_some((op + 1, at)));
        match instruction {
            Op::Byte(expect) => when(byte == Some(expect), at + 1),
            Op::Set(set) => when(byte.is_some_and(|byte| set.contains(*byte)), at + 1),
            Op::Span { set, min, max } => self.span(set, *min, *max, op, at),
            Op::Start => when(at == 0, at),
            Op::End => when(at == self.text.len(), at),
            Op::Boundary(yes) => {
                let word = |byte: Option<&u8>| byte.is_some_and(|byte| is_word(*byte));
                let before = at.checked_sub(1).and_then(|before| self.text.get(before));
                when((word(before) != word(byte)) == *yes, at)
            }
            Op::Jump(to) => Ok(Some((*to, at))),
            Op::Split(first, second) => {
                self.remember(Trail::Branch { op: *second, at })?;
                Ok(Some((*first, at)))
            }
            Op::Save(slot) => {
                self.set(*slot, at)?;
                when(true, at)
            }
            Op::Clear(slots) => {
                self.step(slots.len())?;
                slots.clone().try_for_each(|slot| self.set(slot, usize::MAX))?;
                when(true, at)
            }
            Op::Progress(slot) => when(self.slot(*slot) != at, at),
            Op::Reference(group) => self.reference(*group, op, at),
            Op::Ahead(yes, next) => {
                let base = self.trail.len();
                let matched = self.run(op + 1, at)?.is_some();
                if matched && *yes {
                    // What was captured stays, and is undone when what came before is.
                    self.forget_branches(base)?;
                } else if matched {
                    while self.back_one(base).is_some() {}
                }
                Ok((matched == *yes).then_some((*next, at)))
            }
            Op::Accept | Op::Match => Ok(None),
        }
    }

    fn span(
        &mut self,
        set: &Set,
        min: usize,
        max: usize,
        op: usize,
        at: usize,
    ) -> Result<Option<(usize, usize)>, Stop> {
        let rest = self.text.get(at..).unwrap_or_default();
        let count = rest.iter().take(max).take_while(|byte| set.contains(**byte)).count();
        self.step(count / 16)?;
        if count < min {
            return Ok(None);
        }
        if count > min {
            self.remember(Trail::Span { op: op + 1, least: at + min, at: at + count - 1 })?;
        }
        Ok(Some((op + 1, at + count)))
    }

    /// A group that took no part matches nothing, as in C++.
    fn reference(&mut self, group: usize, op: usize, at: usize) -> Result<Option<(usize, usize)>, Stop> {
        let (start, end) = (self.slot(group * 2), self.slot(group * 2 + 1));
        let Some(again) = self.text.get(start..end) else {
            return Ok(None);
        };
        self.step(again.len() / 128)?;
        let matched = self.text.get(at..).is_some_and(|rest| rest.starts_with(again));
        Ok(matched.then_some((op + 1, at + again.len())))
    }

    /// Goes back to the last branch above a base.
    fn back(&mut self, base: usize) -> Option<(usize, usize)> {
        loop {
            match self.back_one(base)? {
                Trail::Slot { .. } => {}
                Trail::Branch { op, at } => return Some((op, at)),
                Trail::Span { op, least, at } => {
                    if at > least {
                        self.trail.push(Trail::Span { op, least, at: at - 1 });
                    }
                    return Some((op, at));
                }
            }
        }
    }

    /// Takes one thing off the trail, above a base, and undoes it.
    fn back_one(&mut self, base: usize) -> Option<Trail> {
        if self.trail.len() <= base {
            return None;
        }
        let trail = self.trail.pop()?;
        if let Trail::Slot { slot, old } = trail
            && let Some(place) = self.slots.get_mut(slot)
        {
            *place = old;
        }
        Some(trail)
    }

    fn forget_branches(&mut self, base: usize) -> Result<(), Stop> {
        self.step(self.trail.len().saturating_sub(base))?;
        let mut kept = base;
        for index in base..self.trail.len() {
            if matches!(self.trail.get(index), Some(Trail::Slot { .. })) {
                self.trail.swap(kept, index);
                kept += 1;
            }
        }
        self.trail.truncate(kept);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    /// What is skipped while a match is looked for cannot begin one.
    #[test]
    fn matches_begin_with() {
        for (pattern, expect) in [
            ("a", Some("a")),
            ("[ab]c", Some("ab")),
            ("abc|bcd|c", Some("abc")),
            ("a*b", Some("ab")),
            ("a?b?c", Some("abc")),
            ("a+b", Some("a")),
            ("a{0,3}b", Some("ab")),
            ("a{1,3}b", Some("a")),
            ("(a)(b)", Some("a")),
            ("(?:a|b*)c", Some("abc")),
            ("^a", Some("a")),
            (r"\bb$", Some("b")),
            ("(?=a)b", Some("b")),
            ("(a)\\1", Some("a")),
            ("a*", None),
            ("a|b*", None),
            ("a|", None),
            ("^$", None),
            ("(?=a)", None),
            ("(?:a*)+", None),
            ("", None),
        ] {
            let first = Program::new(&parse(pattern.as_bytes()).unwrap()).unwrap().first;
            let letters =
                |set: Set| (b'a'..=b'z').filter(|byte| set.contains(*byte)).map(char::from).collect::<String>();
            assert_eq!(first.map(letters).as_deref(), expect, "{pattern}");
        }
        let any = Program::new(&parse(br"(a)?\1b").unwrap()).unwrap().first.unwrap();
        assert!((0..=u8::MAX).all(|byte| any.contains(byte)), "nobody knows what a reference begins with");
    }
}
