//! *flags*: whatever a command line and its flag files say, the flags mean what the grammar says, or the mistake is named.
//!
//! The first byte of an input chooses:
//!
//! * `s`: the rest makes settings whose meaning is known: the last one of each flag wins, a flag file counts where it is
//!   named, flags that nobody set have their defaults, and what must be refused is refused by name.
//! * `m`: the rest misspells the name of one flag: the error names it and suggests a flag one letter away.
//! * Otherwise the rest is a text: one word of the command line a line; a line `@PATH` begins a flag file.
//!
//! Any other byte stands for one of them by its lowest two bits. Whatever was understood has values of the flags' types, and
//! means the same when it is printed and read again.
//!
//! Finds: panics on odd names and values; settings lost between files; values that are kept as they were not meant;
//! suggestions of flags that are not there.

use super::tally::property;
use crate::Verdict;
use crate::generators::flags::{CommandLine, command_line, settable};
use arbitrary::Unstructured;
use plumb_agent::flags::{DEFAULT_FLAG_FILE, FlagError, FlagSpec, ParseError, Parsed, find, parse};
use std::borrow::{Borrow, Cow};
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::io;

const SETTINGS: u8 = b's' & 3;
const MISSPELT: u8 = b'm' & 3;

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    let Some((first, rest)) = bytes.split_first() else { return Verdict::Skip("nothing".to_owned()) };
    let held = super::caught(|| match first & 3 {
        SETTINGS => {
            property("settings");
            settings(&mut Unstructured::new(rest))
        }
        MISSPELT => {
            property("misspelt");
            misspelt(&mut Unstructured::new(rest))
        }
        _ => {
            property("text");
            text(&std::str::from_utf8(rest).map_or_else(|_| String::from_utf8_lossy(rest), Cow::Borrowed))
        }
    });
    match held {
        Ok(true) => Verdict::Pass,
        Ok(false) => Verdict::Skip("no flags".to_owned()),
        Err(why) => Verdict::Fail(why),
    }
}

/// Reads flag files from a map.
fn reader<'f, P, T>(files: &'f BTreeMap<P, T>) -> impl Fn(&str) -> io::Result<Cow<'f, [u8]>>
where
    P: Borrow<str> + Ord,
    T: AsRef<str>,
{
    |path| files.get(path).map(|text| text.as_ref().as_bytes().into()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// There are no flag files.
fn none(_: &str) -> io::Result<Cow<'static, [u8]>> {
    Err(io::ErrorKind::NotFound.into())
}

/// Settings of which the meaning is known.
fn settings(u: &mut Unstructured<'_>) -> Result<bool, String> {
    let Ok(line) = command_line(u) else { return Ok(false) };
    let parsed = parse(&line.args, &reader(&line.files));
    judge(&line, parsed)
}

/// Whether a command line was understood as it was meant.
fn judge(line: &CommandLine, parsed: Result<Parsed, ParseError>) -> Result<bool, String> {
    let told = || format!("args {:?}\nfiles {:?}", line.args, line.files);
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(ParseError::Flags(errors)) => {
            let named: BTreeSet<&str> = errors.iter().map(name).collect();
            let same = named.iter().eq(line.wrong.iter()) && !errors.is_empty();
            return if same { Ok(true) } else { Err(format!("refuses {named:?}, not {:?}\n{}", line.wrong, told())) };
        }
        Err(error) => return Err(format!("{error}\n{}", told())),
    };
    if !line.wrong.is_empty() {
        return Err(format!("does not refuse {:?}\n{}", line.wrong, told()));
    }
    for (name, (value, origin)) in &line.set {
        let (got, from) = (parsed.flags.text(name), parsed.flags.origin(name));
        if got != value || from != Some(*origin) {
            return Err(format!("{name} is {got:?} by {from:?}, not {value:?} by {origin:?}\n{}", told()));
        }
    }
    let changed: BTreeSet<&str> = parsed.flags.changed().map(|(name, _)| name).collect();
    if let Some(name) = changed.iter().find(|name| !line.set.contains_key(**name)) {
        return Err(format!("{name} is changed, and nobody did\n{}", told()));
    }
    if (&parsed.words, parsed.ignored.len()) != (&line.words, line.ignored) {
        return Err(format!("words {:?}, ignored {:?}\n{}", parsed.words, parsed.ignored, told()));
    }
    sound(&parsed).map_err(|why| format!("{why}\n{}", told()))?;
    Ok(!line.set.is_empty())
}

/// What an error is about.
fn name(error: &FlagError) -> &str {
    match error {
        FlagError::Unknown(name) => name,
        FlagError::Illegal { name, .. } | FlagError::Refused { name, .. } => name,
        FlagError::NoSwitch { given, .. } => given,
        FlagError::MissingValue(given) => given.trim_start_matches('-'),
    }
}

/// A command line and flag files, as a text has them.
struct Split<'a> {
    args: Vec<&'a str>,
    files: BTreeMap<&'a str, Cow<'a, str>>,
}

impl<'a> Split<'a> {
    fn of(text: &'a str) -> Self {
        let (args, files) = match (text.strip_prefix('@'), text.split_once("\n@")) {
            (Some(files), _) => (None, Some(files)),
            (None, Some((args, files))) => (Some(args), Some(files)),
            (None, None) => (Some(text), None),
        };
        let args = args.into_iter().flat_map(|args| args.split('\n')).collect();
        let mut split = Self { args, files: BTreeMap::new() };
        // A file that has no line is not there.
        for (path, text) in files.into_iter().flat_map(|files| files.split("\n@")).filter_map(|f| f.split_once('\n')) {
            match split.files.entry(if path.is_empty() { DEFAULT_FLAG_FILE } else { path }) {
                Entry::Vacant(place) => drop(place.insert(text.into())),
                Entry::Occupied(mut place) => place.get_mut().to_mut().extend(["\n", text]),
            }
        }
        split
    }

    /// Whether somebody wrote a flag of this name, or one with dashes for its underlines.
    fn has(&self, name: &str) -> bool {
        let is = |flag: &str| {
            let flag = flag.strip_prefix('-').map_or("", |flag| flag.strip_prefix('-').unwrap_or(flag)).as_bytes();
            let (written, rest) = flag.split_at_checked(name.len()).unwrap_or_default();
            let same = written.iter().zip(name.bytes()).all(|(w, n)| *w == n || (*w == b'-' && n == b'_'));
            same && written.len() == name.len() && rest.first().is_none_or(|next| *next == b'=')
        };
        self.args.iter().any(|arg| is(arg))
            || self.files.values().flat_map(|text| text.lines()).any(|line| is(line.trim()))
    }
}

/// Any text as a command line and flag files.
fn text(text: &str) -> Result<bool, String> {
    let split = Split::of(text);
    match parse(&split.args, &reader(&split.files)) {
        Ok(parsed) => {
            sound(&parsed)?;
            Ok(parsed.flags.changed().next().is_some() || !parsed.words.is_empty() || !parsed.ignored.is_empty())
        }
        Err(ParseError::Flags(errors)) => match errors.iter().map(name).find(|name| !split.has(name)) {
            None if !errors.is_empty() => Ok(true),
            strange => Err(format!("an error about {strange:?}, which nobody wrote")),
        },
        Err(ParseError::File { path, .. }) if text.contains(&path) => Ok(true),
        Err(error) => Err(format!("{error}, which nobody wrote")),
    }
}

/// Values are of their flags' types, and mean the same when they are printed and read again.
fn sound(parsed: &Parsed) -> Result<(), String> {
    let mut printed: Vec<Cow<'_, str>> = Vec::new();
    for (name, value) in parsed.flags.changed() {
        let spec = find(name).ok_or_else(|| format!("{name} is set and is no flag"))?;
        if spec.check(value).as_deref() != Ok(value) {
            return Err(format!("{name} keeps {value:?}, which is not of its type"));
        }
        printed.push(["--", name, "=", value].concat().into());
    }
    printed.push("--".into());
    printed.extend(parsed.words.iter().map(Cow::from));
    let again = parse(&printed, &none).map_err(|error| format!("{error}\nwhen read again as {printed:?}"))?;
    if again.words != parsed.words || !again.flags.changed().eq(parsed.flags.changed()) {
        return Err(format!("is something else when it is read again as {printed:?}"));
    }
    Ok(())
}

/// A misspelt name.
fn misspelt(u: &mut Unstructured<'_>) -> Result<bool, String> {
    let Ok((spec, wrong)) = typo(u) else { return Ok(false) };
    if find(&wrong).is_some() || wrong.strip_prefix("no").is_some_and(|name| find(name).is_some()) {
        return Ok(false);
    }
    let found = parse(&[format!("--{wrong}=1")], &none);
    let Err(ParseError::Flags(errors)) = found else { return Err(format!("--{wrong} is understood")) };
    let [FlagError::Unknown(named)] = errors.as_slice() else { return Err(format!("--{wrong} is {errors:?}")) };
    let advice = errors.iter().find_map(FlagError::advice).unwrap_or_default();
    let near = advice.strip_prefix("did you mean --").and_then(|rest| rest.strip_suffix('?')).and_then(find);
    let is_near = |near: &FlagSpec| {
        [Some(wrong.as_str()), wrong.strip_prefix("no")].iter().flatten().any(|w| one_off(w, near.name))
    };
    if *named == wrong && near.is_some_and(is_near) {
        return Ok(true);
    }
    Err(format!("--{wrong}, a letter beside --{}: names {named:?} and says {advice:?}", spec.name))
}

/// A flag, and its name with one letter dropped, put in, or exchanged. Short names have no near ones.
fn typo(u: &mut Unstructured<'_>) -> arbitrary::Result<(&'static FlagSpec, String)> {
    let spec = *u.choose(settable())?;
    let mut letters: Vec<char> = spec.name.chars().collect();
    if letters.len() < 3 {
        return Err(arbitrary::Error::IncorrectFormat);
    }
    let at = u.choose_index(letters.len())?;
    // A dash would be taken for the underline that it stands for.
    let letter = *u.choose(&['x', '_', 'e', 'Q', '9', '\u{e9}'])?;
    match u.int_in_range(0..=2)? {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letter),
        _ if letter.is_ascii() => letters[at] = letter,
        _ => letters.insert(at, 'z'),
    }
    Ok((spec, letters.into_iter().collect()))
}

/// Whether two names differ by at most one letter (two bytes, which other letters take).
fn one_off(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let room = a.len().min(b.len()) - front;
    let back = a.iter().rev().zip(b.iter().rev()).take(room).take_while(|(x, y)| x == y).count();
    a.len().max(b.len()) - front - back <= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::bytes;

    #[test]
    fn most_inputs_tell_something() {
        for (first, least) in [(b's', 380), (b'm', 300), (b't', 380)] {
            let input = |seed| [&[first][..], &bytes(seed, 200)].concat();
            let mut held = 0;
            for seed in 0..400 {
                match check(&input(seed)) {
                    Verdict::Pass => held += 1,
                    Verdict::Skip(_) => {}
                    Verdict::Fail(why) => panic!("{} seed {seed}: {why}", char::from(first)),
                }
            }
            assert!(held >= least, "{}: {held} of 400", char::from(first));
        }
    }

    #[test]
    fn texts() {
        for input in [
            "t--json",
            "t-read-max=\n",
            "t--flagfile=a\n@a\n--csv\n\0",
            "t--a",
            "tselect 1",
            "t--flagfile=none",
            "t--flagfile",
        ] {
            assert_eq!(check(input.as_bytes()), Verdict::Pass, "{input:?}");
        }
        assert!(matches!(check(b"t--nojson\n@\n"), Verdict::Skip(_)));
    }

    #[test]
    fn a_parser_that_goes_wrong_is_found() {
        let (mut lines, mut first_wins, mut no_files) = (0, 0, 0);
        for seed in 0..300 {
            let line = command_line(&mut Unstructured::new(&bytes(seed, 200))).unwrap();
            lines += 1;
            let reversed: Vec<&String> = line.args.iter().rev().collect();
            first_wins += usize::from(judge(&line, parse(&reversed, &reader(&line.files))).is_err());
            no_files += usize::from(judge(&line, parse(&line.args, &none)).is_err());
        }
        assert!(first_wins > 100 && no_files > 20, "{first_wins} and {no_files} of {lines}");
    }

    #[test]
    fn names_beside_names() {
        for (a, b, near) in [("config_pth", "config_path", true), ("xjson", "json", true), ("line", "json", false)] {
            assert_eq!(one_off(a, b), near, "{a} {b}");
        }
    }
}
