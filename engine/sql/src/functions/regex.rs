//! `regex_match`, `regex_split`.
//!
//! A pattern is compiled once: SQLite keeps what belongs to a constant argument for the statement, and the last few
//! patterns of the connection are kept for those that are not constant. Most patterns match in time linear in the text;
//! those that look ahead or refer back, and large ones on large texts, have a matcher whose work is bounded and which
//! can be cancelled. So have groups that the last turn of a repetition may leave out, `(?:(a)|b)*`: each turn begins without
//! them (ECMA-262, 22.2.2.3.1, and the recorded agent's library), but what matches in linear time does not forget them.
//!
//! Divergence: the recorded agent refuses patterns of more than `regex_max_size` bytes; here the compiled size counts.

mod backtrack;
mod linear;
mod parse;
mod set;

use super::value::{Answer, Args};
use super::{Registrar, fail, fail_code};
use ::regex::bytes::{CaptureLocations, Regex, RegexBuilder};
use backtrack::{Groups, Program, Stop};
use parse::Pattern;
use plumb_host::Cancel;
use rusqlite::Result;
use rusqlite::ffi::SQLITE_INTERRUPT;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// The longest pattern.
const LONGEST: usize = 64 << 10;

/// Memory that a compiled pattern may take, roughly.
const LARGEST: usize = 1 << 20;

/// Memory that matching may take beside it, roughly.
const LARGEST_CACHE: usize = 4 << 20;

/// Operations that a pattern may have to be matched by what cannot be stopped, on any text.
const FEW: usize = 64;

/// Operations times bytes that what cannot be stopped may look at: two seconds at worst.
const MOST_WORK: usize = 64 << 20;

/// Patterns that a connection keeps.
const KEPT: usize = 64;

pub(super) fn register(to: &Registrar<'_>, cancel: &Cancel) -> Result<()> {
    let patterns = Patterns { kept: Arc::default(), cancel: cancel.clone() };
    let shared = patterns.clone();
    to.add("regex_match", 3, move |args| regex_match(args, &shared))?;
    to.add("regex_split", 3, move |args| regex_split(args, &patterns))
}

/// `regex_match(text, pattern, group)`: the group of the first match.
fn regex_match(args: &Args<'_, '_>, patterns: &Patterns) -> Result<Answer> {
    let (Some(text), Some(pattern), Some(group)) = (args.text(0), args.text(1), args.int(2)) else {
        return Ok(Answer::Null);
    };
    let matcher = patterns.of_argument(args, 1, &pattern)?;
    match usize::try_from(group) {
        Ok(group) => matcher.group(&text, group, &patterns.cancel),
        Err(_) => Ok(Answer::Null),
    }
}

/// `regex_split(text, pattern, index)`: a piece of the text between matches. What follows the last match counts unless
/// it is empty.
fn regex_split(args: &Args<'_, '_>, patterns: &Patterns) -> Result<Answer> {
    let (Some(text), Some(pattern), Some(index)) = (args.text(0), args.text(1), args.int(2)) else {
        return Ok(Answer::Null);
    };
    if pattern.is_empty() {
        return fail("Invalid input to split function");
    }
    let matcher = patterns.of_argument(args, 1, &pattern)?;
    let piece = match usize::try_from(index) {
        Ok(index) => nth_piece(&matcher, &text, index, &patterns.cancel)?,
        Err(_) => None,
    };
    Ok(piece.map_or(Answer::Null, Answer::text))
}

fn nth_piece<'t>(matcher: &Matcher, text: &'t [u8], index: usize, cancel: &Cancel) -> Result<Option<&'t [u8]>> {
    let (mut count, mut start, mut from) = (0, 0, 0);
    while from <= text.len() {
        let Some(found) = matcher.find(text, from, cancel)? else {
            break;
        };
        if count == index {
            return Ok(text.get(start..found.start));
        }
        count += 1;
        start = found.end;
        from = found.end;
        if found.is_empty() {
            // What may follow an empty match is a longer one at its place, and else one that begins a byte on.
            match matcher.longer_at(text, from, cancel)? {
                Some(_) if count == index => return Ok(Some(&[])),
                Some(end) => {
                    count += 1;
                    start = end;
                    from = end;
                }
                None => from += 1,
            }
        }
    }
    let rest = text.get(start..).unwrap_or_default();
    Ok((count == index && (count == 0 || !rest.is_empty())).then_some(rest))
}

/// A compiled pattern.
struct Matcher {
    /// For patterns that need no backtracking.
    linear: Option<Linear>,
    program: Program,
    /// Only `program` knows the groups.
    forgets: bool,
}

struct Linear {
    regex: Regex,
    slots: Mutex<CaptureLocations>,
}

impl Linear {
    fn new(pattern: &Pattern) -> Option<Self> {
        let regex = RegexBuilder::new(&linear::write(&pattern.root))
            .unicode(false)
            .size_limit(LARGEST)
            .dfa_size_limit(LARGEST_CACHE)
            .nest_limit(u32::MAX)
            .build()
            .ok()?;
        let slots = Mutex::new(regex.capture_locations());
        Some(Self { regex, slots })
    }
}

impl Matcher {
    fn compile(pattern: &[u8]) -> Option<Self> {
        if pattern.len() > LONGEST {
            return None;
        }
        let pattern = parse::parse(pattern).ok()?;
        let program = Program::new(&pattern)?;
        let linear = if pattern.backtracks { None } else { Some(Linear::new(&pattern)?) };
        Some(Self { linear, program, forgets: pattern.root.forgets() })
    }

    /// The linear matcher, unless it might take too long: it cannot be stopped, and in the worst case looks at every
    /// operation for every byte.
    fn linear_for(&self, text: &[u8]) -> Option<&Linear> {
        let bounded = self.program.len() <= FEW || self.program.len().saturating_mul(text.len()) <= MOST_WORK;
        self.linear.as_ref().filter(|_| bounded)
    }

    /// The first match from a position on.
    fn find(&self, text: &[u8], from: usize, cancel: &Cancel) -> Result<Option<Range<usize>>> {
        match self.linear_for(text) {
            Some(linear) => Ok(linear.regex.find_at(text, from).map(|found| found.range())),
            None => Ok(search(&self.program, text, from, cancel)?.and_then(|groups| group_of(&groups, 0))),
        }
    }

    /// Where a match ends that begins at a position and is not empty, although an empty one comes first.
    fn longer_at(&self, text: &[u8], at: usize, cancel: &Cancel) -> Result<Option<usize>> {
        self.program.longer_at(text, at, cancel).or_else(stopped)
    }

    /// A group of the first match: empty text if it took no part in it, NULL if there is none.
    fn group(&self, text: &[u8], group: usize, cancel: &Cancel) -> Result<Answer> {
        if group >= self.program.groups() {
            return Ok(Answer::Null);
        }
        Ok(match self.range(text, group, cancel)? {
            Some(range) => range.and_then(|range| text.get(range)).map_or(Answer::Fixed(""), Answer::text),
            None => Answer::Null,
        })
    }

    /// Where a group of the first match is; nothing within where it took no part.
    fn range(&self, text: &[u8], group: usize, cancel: &Cancel) -> Result<Option<Option<Range<usize>>>> {
        let known = |groups: Groups| group_of(&groups, group);
        Ok(match self.linear_for(text) {
            Some(linear) if group == 0 => linear.regex.find(text).map(|found| Some(found.range())),
            Some(linear) if self.forgets => match linear.regex.find(text) {
                Some(whole) => search(&self.program, text, whole.start(), cancel)?.map(known),
                None => None,
            },
            Some(Linear { regex, slots }) => {
                let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
                let matched = regex.captures_read(&mut slots, text);
                matched.map(|_| slots.get(group).map(|(start, end)| start..end))
            }
            None => search(&self.program, text, 0, cancel)?.map(known),
        })
    }
}

fn search(program: &Program, text: &[u8], from: usize, cancel: &Cancel) -> Result<Option<Groups>> {
    program.search(text, from, cancel).or_else(stopped)
}

fn stopped<T>(stop: Stop) -> Result<T> {
    match stop {
        Stop::Steps => fail("Regex takes too many steps on this text"),
        Stop::Cancelled => fail_code(SQLITE_INTERRUPT),
    }
}

fn group_of(groups: &Groups, group: usize) -> Option<Range<usize>> {
    groups.get(group).cloned().flatten()
}

/// The last patterns of a connection, the latest first.
#[derive(Clone)]
struct Patterns {
    kept: Arc<Mutex<VecDeque<Kept>>>,
    cancel: Cancel,
}

type Kept = (Box<[u8]>, Arc<Matcher>);

impl Patterns {
    /// The compiled pattern of an argument.
    fn of_argument(&self, args: &Args<'_, '_>, index: i32, pattern: &[u8]) -> Result<Arc<Matcher>> {
        if let Some(kept) = args.0.get_aux::<Arc<Matcher>>(index)? {
            return Ok(Arc::clone(&kept));
        }
        let matcher = self.get(pattern)?;
        args.0.set_aux(index, Arc::clone(&matcher))?;
        Ok(matcher)
    }

    fn get(&self, pattern: &[u8]) -> Result<Arc<Matcher>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| **known == *pattern);
        if let Some(found) = place.and_then(|place| kept.remove(place)) {
            let matcher = Arc::clone(&found.1);
            kept.push_front(found);
            return Ok(matcher);
        }
        let Some(matcher) = Matcher::compile(pattern).map(Arc::new) else {
            return fail("Invalid regex");
        };
        kept.truncate(KEPT - 1);
        kept.push_front((pattern.into(), Arc::clone(&matcher)));
        Ok(matcher)
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    /// Random patterns without look-ahead, in which no repetition can match nothing: on such both matchers agree.
    struct Generator {
        state: u64,
        /// What is repeated may be a group.
        captures: bool,
    }

    impl Generator {
        fn below(&mut self, bound: u64) -> u64 {
            self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.state >> 33) % bound
        }

        fn pick(&mut self, choices: &[&'static str]) -> &'static str {
            choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
        }

        fn solid(&mut self, depth: u32) -> String {
            let atom = self.pick(&["a", "b", ".", "[ab]", "[^a]", r"\w", r"\W", r"\xff", "c"]).to_owned();
            match self.below(if depth == 0 { 2 } else { 4 }) {
                0 => atom,
                1 => atom + self.pick(&["+", "{2}", "{1,2}", "+?", "{1,}"]),
                2 => {
                    let start = if self.captures { self.pick(&["(", "(?:"]) } else { "(?:" };
                    format!("{start}{}|{}){}", self.solid(depth - 1), self.solid(0), self.pick(&["", "+", "{2}", "+?"]))
                }
                _ => self.solid(depth - 1) + &self.solid(depth - 1),
            }
        }

        fn pattern(&mut self, depth: u32) -> String {
            match self.below(if depth == 0 { 2 } else { 7 }) {
                0 => self.pick(&["^", "$", r"\b", r"\B", ""]).to_owned(),
                1 => format!("(?:{}){}", self.atom(), self.pick(&["", "*", "?", "??", "{0,2}", "*?"])),
                2 => format!("({})", self.pattern(depth - 1)),
                3 => format!("{}|{}", self.pattern(depth - 1), self.pattern(depth - 1)),
                _ => format!("(?:{})(?:{})", self.pattern(depth - 1), self.pattern(depth - 1)),
            }
        }

        fn atom(&mut self) -> String {
            self.pick(&["a", "b", "ab", "[ab]", ".", "a+b", "(?:a|bc)"]).to_owned()
        }

        fn text(&mut self) -> Vec<u8> {
            let length = self.below(8);
            (0..length).map(|_| b"aaabbc \n\xff"[usize::try_from(self.below(9)).unwrap()]).collect()
        }
    }

    #[test]
    fn both_matchers_agree() {
        let cancel = Cancel::new();
        let mut generator = Generator { state: 1, captures: false };
        let mut matched = 0;
        for _ in 0..2000 {
            let pattern = if generator.below(2) == 0 { generator.pattern(3) } else { generator.solid(3) };
            let parsed = parse::parse(pattern.as_bytes()).unwrap();
            let backtracking = Program::new(&parsed).unwrap();
            let Linear { regex, .. } = Linear::new(&parsed).unwrap();
            for _ in 0..4 {
                let text = generator.text();
                let ours = backtracking.search(&text, 0, &cancel).unwrap();
                let theirs: Option<Groups> = regex
                    .captures(&text)
                    .map(|captures| captures.iter().map(|group| group.map(|group| group.range())).collect());
                assert_eq!(ours, theirs, "{pattern} on {text:?}");
                matched += u32::from(ours.is_some());
            }
        }
        assert!((1000..7000).contains(&matched), "{matched} of 8000 matched");
    }

    /// Whatever runs, a turn of a repetition knows no groups of those before it.
    #[test]
    fn groups_of_turns() {
        let cancel = Cancel::new();
        let mut generator = Generator { state: 2, captures: true };
        let (mut told, mut forgot, mut differ) = (0, 0, 0);
        for _ in 0..2000 {
            let pattern =
                format!("(?:{}|({})){}", generator.solid(2), generator.solid(2), generator.pick(&["", "+", "+?"]));
            let matcher = Matcher::compile(pattern.as_bytes()).unwrap();
            let regex = &matcher.linear.as_ref().unwrap().regex;
            for _ in 0..4 {
                let text = generator.text();
                let Some(groups) = matcher.program.search(&text, 0, &cancel).unwrap() else { continue };
                for (group, range) in groups.iter().enumerate() {
                    let found = matcher.range(&text, group, &cancel).unwrap();
                    assert_eq!(found.as_ref(), Some(range), "{pattern} on {text:?}: group {group}");
                    told += u32::from(range.is_some());
                    let others = regex.captures(&text).unwrap().get(group).map(|group| group.range());
                    differ += u32::from(others != *range);
                }
                forgot += u32::from(matcher.forgets);
            }
        }
        assert!(told > 5000 && forgot > 1000 && differ > 100, "{told} groups, {forgot} that forget, {differ} differ");
    }

    #[test]
    fn patterns_that_forget() {
        for (pattern, forgets) in [
            ("(?:(a)|b)*", true),
            ("((a)|b)+", true),
            ("(?:(a)?b)+", true),
            ("(?:x(?:(a)|b){2}y)", true),
            ("(?:(a)*b)*", true),
            ("(?:(a)|b)?", false),
            ("(?:(a)|b){1}", false),
            ("(?:(a)b)*", false),
            ("(a|b)*", false),
            ("(a)|(b)", false),
            ("(a+)?b", false),
            ("(?:a|b)*(c)", false),
        ] {
            assert_eq!(parse::parse(pattern.as_bytes()).unwrap().root.forgets(), forgets, "{pattern}");
        }
    }

    #[test]
    fn large_patterns_on_large_texts_can_be_stopped() {
        let cancel = Cancel::new();
        let matcher = Matcher::compile(b"x(?:foo|bar){1,200}(y)").unwrap();
        let text = [b"-".repeat(1 << 20), b"xfoobary".to_vec()].concat();
        assert!(matcher.linear_for(b"xfoobary").is_some());
        assert!(matcher.linear_for(&text).is_none());
        assert_eq!(matcher.find(&text, 0, &cancel).unwrap(), Some(1 << 20..text.len()));
        cancel.cancel();
        assert!(matcher.find(&text, 0, &cancel).is_err());
        let small = Matcher::compile(b"x(?:foo|bar)+(y)").unwrap();
        assert!(small.linear_for(&text).is_some());
    }

    #[test]
    fn cancelled() {
        let cancel = Cancel::new();
        cancel.cancel();
        let matcher = Matcher::compile(br"(?:(?=a)a|a)+$").unwrap();
        let text = [b'a'; 50_000];
        let mut text = text.to_vec();
        text.push(b'b');
        let error = matcher.find(&text, 0, &cancel).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::OperationInterrupted));
    }

    #[test]
    fn the_latest_patterns_are_kept() {
        let patterns = Patterns { kept: Arc::default(), cancel: Cancel::new() };
        for number in 0..200 {
            patterns.get(format!("{number}").as_bytes()).ok().unwrap();
            patterns.get(b"0").ok().unwrap();
        }
        let kept = patterns.kept.lock().unwrap();
        assert_eq!(kept.len(), KEPT);
        assert_eq!(*kept.front().unwrap().0, *b"0");
    }
}
