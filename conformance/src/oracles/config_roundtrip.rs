//! *config_roundtrip*: a configuration that was written from a model reads back as the model; and whatever a text says, reading
//! it ends well.
//!
//! The laws:
//!
//! * What a model says is what [`Source::read`] finds, however it is written: order, comments, continued lines, escapes,
//!   numbers as text. Everything odd is told, at the line and column where it stands, and nothing else is told.
//! * Two sources together schedule the queries of both and of their packs that are for the machine; of one name the last counts.
//! * Any text is read or refused without a panic. It is refused exactly if it is no JSON object by another reader of JSON
//!   (serde_json), nested not too deeply. What is told stands in the text, and SQL stands
//!   where it is said to stand, character by character.
//!
//! Finds: members that are lost because of their neighbours, places that are off behind comments and joined lines, settings that
//! are kept when they mean something else, panics on texts that end too early. From history: osquery takes an
//! interval of 1.5 for one of 4609434218613702656 seconds, and drops queries that are written as lists without a word.
//!
//! The first byte of an input chooses: `m` a model, `d` a damaged configuration, otherwise the rest is a text.

use super::tally;
use crate::Verdict;
use crate::generators::configs::{self, Config};
use crate::generators::model::Settings;
use arbitrary::Unstructured;
use plumb_agent::config::diagnostic::Diagnostic;
use plumb_agent::config::json::{Node, Value};
use plumb_agent::config::marks::Unescaped;
use plumb_agent::config::query::{Machine, Query};
use plumb_agent::config::text::{Place, Text};
use plumb_agent::config::{Config as Loaded, Packs, ReadPack, Source, read_pack};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::Range;

/// What a text is called.
const NAME: &str = "plumb.conf";

/// The longest text; longer ones tell nothing new.
const LONGEST: usize = 1 << 16;

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    let Some((first, rest)) = bytes.split_first() else { return Verdict::Skip("nothing".to_owned()) };
    let u = &mut Unstructured::new(rest);
    let law = || match first {
        b'm' => {
            tally::property("model");
            let settings = if u.ratio(1, 8).unwrap_or(false) { Settings::valid() } else { Settings::odd() };
            let config = configs::config(u, &settings).map_err(|error| error.to_string())?;
            read_back(&config, Source::read).map_err(|why| format!("{why}\n{}", config.text.escape_ascii()))?;
            let other = configs::config(u, &settings).map_err(|error| error.to_string())?;
            loaded(&config, &other)
                .map_err(|why| format!("{why}\n{}\n{}", config.text.escape_ascii(), other.text.escape_ascii()))?;
            let Source { schedule, packs, options, views, constructed, .. } = &config.says;
            Ok(schedule.len() + packs.len() + options.len() + views.len() + constructed.len() + config.odd.len() > 0)
        }
        b'd' => {
            tally::property("damaged");
            let text = configs::damaged(u).map_err(|error| error.to_string())?;
            any_text(text.get(..LONGEST).unwrap_or(&text))
        }
        _ => {
            tally::property("text");
            any_text(rest.get(..LONGEST).unwrap_or(rest))
        }
    };
    match super::caught(law) {
        Ok(true) => Verdict::Pass,
        Ok(false) => Verdict::Skip("it says nothing".to_owned()),
        Err(why) => Verdict::Fail(why),
    }
}

/// How a text is read: so that a test can read it wrongly.
type Read = fn(&Text) -> Result<Source, Box<Diagnostic>>;

/// A configuration reads back as what it says.
fn read_back(config: &Config, read: Read) -> Result<(), String> {
    let text = Text::new(NAME, &config.text);
    let mut source = read(&text).map_err(|error| error.to_string())?;
    stand(&source, &text)?;
    unplaced(&mut source);
    let says = &config.says;
    same("options", &says.options, &source.options)?;
    same("schedule", &says.schedule, &source.schedule)?;
    same("packs", &says.packs, &source.packs)?;
    same("decorators", &says.decorators, &source.decorators)?;
    same("views", &says.views, &source.views)?;
    same("tables over files", &says.constructed, &source.constructed)?;
    same("files", &says.files, &source.files)?;
    same("events", &says.events, &source.events)?;
    same("yara", &says.yara, &source.yara)?;
    same("prometheus", &says.prometheus, &source.prometheus)?;
    told(config, &source.diagnostics)
}

fn same<T: PartialEq + Debug>(what: &str, expected: &T, got: &T) -> Result<(), String> {
    if expected == got { Ok(()) } else { Err(format!("{what}\n  written: {expected:?}\n  read:    {got:?}")) }
}

/// All that is odd is told where it stands, and nothing else.
fn told(config: &Config, diagnostics: &[Diagnostic]) -> Result<(), String> {
    let mut left: Vec<(Place, String)> =
        diagnostics.iter().map(|diagnostic| (diagnostic.place, diagnostic.to_string())).collect();
    for odd in &config.odd {
        let is =
            |(place, text): &(Place, String)| *place == odd.place && odd.says.iter().all(|words| text.contains(words));
        match left.iter().position(is) {
            Some(at) => drop(left.remove(at)),
            None => {
                return Err(format!("nobody says {:?} at {:?}; left of what is said: {left:?}", odd.says, odd.place));
            }
        }
    }
    if left.is_empty() { Ok(()) } else { Err(format!("nothing is odd about this: {left:?}")) }
}

/// All queries of a source.
fn queries(source: &mut Source) -> impl Iterator<Item = &mut Query> {
    let packs = source.packs.iter_mut().filter_map(|pack| match pack {
        Packs::Inline(pack) => Some(pack),
        _ => None,
    });
    source.schedule.iter_mut().chain(packs.flat_map(|pack| &mut pack.queries))
}

/// Forgets where queries stand.
fn unplaced(source: &mut Source) {
    queries(source).for_each(|query| query.span = 0..0);
}

/// Queries, and all SQL, stand where they are said to stand.
fn stand(source: &Source, text: &Text) -> Result<(), String> {
    source.marks.asked.iter().try_for_each(|asked| asked_at(&asked.span, text))?;
    queries(&mut source.clone()).try_for_each(|query| at(query, text))
}

/// A string stands at a span, and each of its characters where it is said to stand.
fn asked_at(span: &Range<usize>, text: &Text) -> Result<(), String> {
    let there = text.json.get(span.clone()).unwrap_or_default();
    let Ok(Value::Text(sql)) = Node::parse(there).map(|node| node.value) else {
        return Err(format!("no SQL stands at its place but {there:?}"));
    };
    let found = Unescaped::new(text, span);
    same("a string", &sql, &found.text)?;
    for (byte, char) in sql.char_indices() {
        let rest = text.json.get(found.offset(byte)..span.end).unwrap_or_default();
        if !rest.starts_with([char, '\\']) {
            return Err(format!("byte {byte} of {sql:?} is said to stand at {rest:?}"));
        }
    }
    Ok(())
}

fn at(query: &Query, text: &Text) -> Result<(), String> {
    let there = text.json.get(query.span.clone()).unwrap_or_default();
    match Node::parse(there).map(|node| node.value) {
        Ok(Value::Text(sql)) if sql == query.sql => Ok(()),
        other => Err(format!("the text of {query:?} does not stand at its place but {there:?}: {other:?}")),
    }
}

/// Two configurations are loaded together. Those that name files are left out: they would be read from this machine.
fn loaded(one: &Config, other: &Config) -> Result<(), String> {
    let both = [("a.conf", one), ("b.conf", other)];
    if both.iter().any(|(_, config)| config.says.packs.iter().any(|pack| !matches!(pack, Packs::Inline(_)))) {
        return Ok(());
    }
    let texts = both.map(|(name, config)| (name.to_owned(), config.text.clone()));
    let loaded = Loaded::from_sources(&texts.into()).map_err(|error| format!("both together: {error}"))?;
    for diagnostic in &loaded.diagnostics {
        let named = both.iter().find(|(name, _)| *name == diagnostic.source);
        if !named.is_some_and(|(_, config)| lies_in(diagnostic.place, &String::from_utf8_lossy(&config.text))) {
            return Err(format!("this is outside of the text: {diagnostic}"));
        }
    }
    let (mut plain, mut packs) = (BTreeMap::new(), BTreeMap::new());
    for (_, Config { says, .. }) in both {
        plain.extend(says.schedule.iter().map(|query| (query.name.clone(), query)));
        packs.extend(says.packs.iter().filter_map(|pack| match pack {
            Packs::Inline(pack) => Some((pack.name.clone(), pack)),
            _ => None,
        }));
    }
    for pack in packs.into_values().filter(|pack| pack.gate.passes(&MACHINE)) {
        plain.extend(pack.queries.iter().map(|query| (format!("pack_{}_{}", pack.name, query.name), query)));
    }
    let expected: Vec<(String, &str)> = plain
        .into_iter()
        .filter(|(_, query)| query.gate.passes(&MACHINE))
        .map(|(name, query)| (name, query.sql.as_str()))
        .collect();
    let found = loaded.scheduled("_", &MACHINE, |_| true);
    same(
        "what is scheduled",
        &expected,
        &found.iter().map(|found| (found.name.clone(), found.query.sql.as_str())).collect(),
    )
}

/// What gates are asked about.
const MACHINE: Machine<'_> = Machine { version: "5.23.0", shard: 7 };

/// A text is read or refused, whatever it is. Whether there was something in it.
fn any_text(bytes: &[u8]) -> Result<bool, String> {
    let held = text_laws(bytes).map_err(|why| format!("{why}\n{}", bytes.escape_ascii()));
    held.map(|()| !bytes.is_empty())
}

fn text_laws(bytes: &[u8]) -> Result<(), String> {
    let text = Text::new(NAME, bytes);
    let shown = String::from_utf8_lossy(bytes);
    let inside = |diagnostics: &[Diagnostic]| match diagnostics.iter().find(|found| !lies_in(found.place, &shown)) {
        Some(outside) => Err(format!("this is outside of the text: {outside}")),
        None => Ok(()),
    };
    if let Ok(ReadPack { pack, diagnostics, asked }) = read_pack("p", &text) {
        inside(&diagnostics)?;
        asked.iter().try_for_each(|asked| asked_at(&asked.span, &text))?;
        pack.iter().flat_map(|pack| &pack.queries).try_for_each(|query| at(query, &text))?;
    }
    let read = Source::read(&text);
    agree(&text.json, read.as_ref().map_err(AsRef::as_ref))?;
    let mut source = match read {
        Ok(source) => source,
        Err(error) => return inside(&[*error]),
    };
    inside(&source.diagnostics)?;
    stand(&source, &text)?;
    // Packs in files would be read from this machine.
    if source.packs.iter().all(|pack| matches!(pack, Packs::Inline(_)))
        && let Ok(loaded) = Loaded::from_sources(&[(NAME.to_owned(), bytes.to_vec())].into())
    {
        inside(&loaded.diagnostics)?;
        loaded.asked.iter().try_for_each(|(_, asked)| asked_at(&asked.span, &text))?;
    }
    // Gates take any words; those without words are open.
    for query in queries(&mut source) {
        let open = query.gate.platform.is_empty() && query.gate.version.is_empty() && query.gate.shard.is_none();
        if !query.gate.passes(&MACHINE) && open {
            return Err(format!("an open gate is closed: {query:?}"));
        }
    }
    Ok(())
}

/// Whether a place is in a text, or just behind its end.
fn lies_in(place: Place, text: &str) -> bool {
    let line = place.line.checked_sub(1).and_then(|above| text.split('\n').nth(above));
    line.is_some_and(|line| (1..=line.chars().count() + 1).contains(&place.column))
}

/// A text is refused if another reader refuses it, or does not find an object.
fn agree(json: &str, read: Result<&Source, &Diagnostic>) -> Result<(), String> {
    let other = serde_json::from_str::<serde_json::Value>(json);
    match (&other, read) {
        (Ok(serde_json::Value::Object(_)), Ok(_)) => Ok(()),
        (Ok(serde_json::Value::Object(_)), Err(error)) if error.message.contains("levels deep") => Ok(()),
        (Ok(serde_json::Value::Object(_)), Err(error)) => Err(format!("an object is refused: {error}")),
        (Ok(_), Ok(_)) => Err("what is no object is taken".to_owned()),
        // Numbers that no machine holds are numbers all the same.
        (Err(error), Ok(_)) if error.to_string().contains("number out of range") => Ok(()),
        (Err(error), Ok(_)) => Err(format!("what is no JSON is taken: {error}")),
        (_, Err(_)) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::bytes;
    use crate::generators::configs::SAMPLES;
    use crate::oracles::tally::Tally;

    #[test]
    fn most_inputs_tell_something() {
        let (mut tally, mut odd) = (Tally::default(), 0);
        for seed in 0..600 {
            for first in [b'm', b'd'] {
                let verdict = tally.run(check, &[&[first][..], &bytes(seed, 500)].concat());
                assert!(!matches!(verdict, Verdict::Fail(_)), "{} seed {seed}: {verdict:?}", char::from(first));
            }
            odd += configs::config(&mut Unstructured::new(&bytes(seed, 500)), &Settings::odd()).unwrap().odd.len();
        }
        assert_eq!(tally.quiet(85), []);
        assert!(odd > 600, "{odd} oddities");
    }

    #[test]
    fn samples_are_read() {
        for (name, text) in SAMPLES {
            assert_eq!(check(&[b"t", text.as_bytes()].concat()), Verdict::Pass, "{name}");
            let source = Source::read(&Text::new(NAME, text.as_bytes())).unwrap();
            assert_eq!(
                source.diagnostics.is_empty(),
                !["odd", "pack"].contains(name),
                "{name}: {:?}",
                source.diagnostics
            );
        }
    }

    /// How many of 300 configurations do not read back.
    fn found(read: Read) -> usize {
        let model = |seed| configs::config(&mut Unstructured::new(&bytes(seed, 500)), &Settings::odd()).unwrap();
        (0..300).filter(|seed| read_back(&model(*seed), read).is_err()).count()
    }

    #[test]
    fn readers_that_go_wrong_are_found() {
        assert_eq!(found(Source::read), 0);
        let faults: [(&str, Read); 5] = [
            ("forgets that joined lines were lines", |text| {
                let mut source = Source::read(text)?;
                source.diagnostics.iter_mut().for_each(|diagnostic| diagnostic.place.line = 1);
                Ok(source)
            }),
            ("says nothing", |text| Source::read(text).map(|source| Source { diagnostics: Vec::new(), ..source })),
            ("loses a switch", |text| {
                let mut source = Source::read(text)?;
                queries(&mut source).for_each(|query| query.denylist = true);
                Ok(source)
            }),
            ("writes queries small", |text| {
                let mut source = Source::read(text)?;
                queries(&mut source).for_each(|query| query.sql = query.sql.to_lowercase());
                Ok(source)
            }),
            ("tells of what is all right", |text| {
                let mut source = Source::read(text)?;
                let again = source.diagnostics.first().cloned();
                source.diagnostics.extend(again);
                Ok(source)
            }),
        ];
        for (what, read) in faults {
            assert!(found(read) > 0, "nobody saw a reader that {what}");
        }
    }

    #[test]
    fn texts_that_are_none() {
        for text in [
            "",
            "[]",
            "{",
            "{\"a\":1,}",
            "{} {}",
            "null",
            "\u{feff}{}",
            "{\"a\":NaN}",
            "{\"a\":-Infinity}",
            "{\"a\":1e400}",
        ] {
            assert!(!matches!(check(format!("t{text}").as_bytes()), Verdict::Fail(_)), "{text}");
        }
        let outside = Place { line: 2, column: 9 };
        assert!(!lies_in(outside, "{\n}") && !lies_in(Place { line: 3, column: 1 }, "{\n}"));
        assert!(agree("{", Ok(&Source::default())).is_err() && agree("[]", Ok(&Source::default())).is_err());
    }
}
