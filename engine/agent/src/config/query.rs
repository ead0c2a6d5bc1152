//! Scheduled queries and packs.

use super::diagnostic::Notes;
use super::json::{Node, Value};
use super::marks::Asks;
use super::object::Object;
use plumb_schema::Platforms;
use std::ops::Range;

/// The longest interval: a week.
const LONGEST: i64 = 604_800;

/// A query that runs from time to time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its name; that of a pack's query has the pack's before it (see [`Pack::full_name`]).
    pub name: String,
    /// What is asked.
    pub sql: String,
    /// Seconds between two runs; the default of the agent where it is not said.
    pub interval: Option<u64>,
    /// Whether the whole result is logged each time.
    pub snapshot: bool,
    /// Whether rows that are gone are logged.
    pub removed: bool,
    /// Whether it may be put on the denylist.
    pub denylist: bool,
    /// Where it may run.
    pub gate: Gate,
    /// Runs once at the start too, the smallest number first.
    pub startup_priority: Option<i64>,
    /// Where its text stands in the source.
    pub span: Range<usize>,
}

/// Conditions on the machine and the agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// Names of platforms, separated by commas; empty for all.
    pub platform: String,
    /// The least version of the agent; empty for all.
    pub version: String,
    /// The percentage of machines.
    pub shard: Option<i64>,
}

/// What gates ask about.
#[derive(Clone, Debug)]
pub struct Machine<'a> {
    /// The agent's version: `5.23.0`.
    pub version: &'a str,
    /// A number from 1 to 100 that stays the same.
    pub shard: i64,
}

impl Gate {
    fn read(object: &Object<'_>, notes: &mut Notes<'_>) -> Self {
        Self {
            platform: object.text("platform", notes).unwrap_or_default().to_owned(),
            version: object.text("version", notes).unwrap_or_default().to_owned(),
            shard: object.number("shard", notes),
        }
    }

    /// Whether a machine passes. On Linux the names of distributions count as Linux.
    #[must_use]
    pub fn passes(&self, machine: &Machine<'_>) -> bool {
        self.refuses(machine).is_none()
    }

    /// Why a machine does not pass, as the end of a sentence about the query or pack.
    #[must_use]
    pub fn refuses(&self, machine: &Machine<'_>) -> Option<String> {
        // 0 is no percentage, and 100 are all.
        let outside = |shard: &i64| (1..100).contains(shard) && machine.shard > *shard;
        if !is_for_here(&self.platform) {
            Some(format!("is for platform {}", self.platform))
        } else if !self.version.is_empty() && !at_least(machine.version, &self.version) {
            Some(format!("wants version {}, and this is {}", self.version, machine.version))
        } else {
            self.shard
                .filter(outside)
                .map(|shard| format!("is for {shard} percent of machines, and this is none of them"))
        }
    }
}

/// Whether names of platforms, separated by commas, mean this system; an empty list means all.
pub(super) fn is_for_here(platforms: &str) -> bool {
    platforms.split(',').map(str::trim).any(is_here) || platforms.trim().is_empty()
}

/// The platforms that all of some lists name; `None` if none of the lists names any.
pub(super) fn platforms(lists: &[String]) -> Option<Vec<Platforms>> {
    let mut lists = lists.iter().filter(|list| !list.trim().is_empty()).peekable();
    lists.peek()?;
    let lists: Vec<&String> = lists.collect();
    let names = |list: &&String, wanted| {
        list.split(',').any(|name| platform(name.trim()).is_some_and(|named| named.contains(wanted)))
    };
    Some(Platforms::EACH.into_iter().filter(|wanted| lists.iter().all(|list| names(list, *wanted))).collect())
}

/// The platforms that a name means.
fn platform(name: &str) -> Option<Platforms> {
    match name {
        "all" | "any" => Some(Platforms::ALL),
        "posix" => Some(Platforms::POSIX),
        "darwin" | "macos" => Some(Platforms::MACOS),
        "windows" => Some(Platforms::WINDOWS),
        name => LINUX.contains(&name).then_some(Platforms::LINUX),
    }
}

/// Names of Linux: distributions count too.
const LINUX: [&str; 13] = [
    "linux", "ubuntu", "debian", "centos", "rhel", "redhat", "fedora", "amazon", "arch", "gentoo", "suse", "sles",
    "oracle",
];

/// Whether a platform's name means this system.
fn is_here(name: &str) -> bool {
    const POSIX: [&str; 3] = ["all", "any", "posix"];
    match std::env::consts::OS {
        "macos" => POSIX.contains(&name) || matches!(name, "darwin" | "macos"),
        "windows" => matches!(name, "all" | "any" | "windows"),
        "linux" => POSIX.contains(&name) || LINUX.contains(&name),
        other => POSIX.contains(&name) || name == other,
    }
}

/// Whether a version is not older than another: number by number.
fn at_least(version: &str, least: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(['.', '-'])
            .map_while(|part| {
                let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
                digits.parse().ok()
            })
            .collect()
    };
    numbers(version) >= numbers(least)
}

/// The queries of an object, in the order of their names.
pub(super) fn queries(what: &str, node: &Node, notes: &mut Notes<'_>) -> Vec<Query> {
    let Some(object) = Object::of(what, node, notes) else { return Vec::new() };
    // Those of packs say so in messages.
    let of = what.strip_prefix("queries").unwrap_or_default();
    let mut queries: Vec<Query> =
        object.all().filter_map(|(key, node)| query(&key.name, of, &key.span, node, notes)).collect();
    // Of those with one name the last counts.
    queries.reverse();
    queries.sort_by(|a, b| a.name.cmp(&b.name));
    queries.dedup_by(|a, b| a.name == b.name);
    queries
}

const MEMBERS: [&str; 13] = [
    "query",
    "interval",
    "snapshot",
    "removed",
    "denylist",
    "blacklist",
    "platform",
    "version",
    "shard",
    "startup_priority",
    "description",
    "value",
    "oncall",
];

fn query(name: &str, of: &str, span: &Range<usize>, node: &Node, notes: &mut Notes<'_>) -> Option<Query> {
    if let Some(why) = reserved(name) {
        notes.warn(span, format!("Invalid query name: {name} {why}"), None);
        return None;
    }
    let object = Object::of(format!("query {name}"), node, notes)?;
    object.only(&MEMBERS, notes);
    let Some(sql) = object.find("query") else {
        notes.warn(span, format!("query {name} has no member query: it never runs"), None);
        return None;
    };
    let Value::Text(text) = &sql.value else {
        notes.warn(&sql.span, format!("query of query {name} is {}, not a string: it never runs", sql.kind()), None);
        return None;
    };
    let interval = match object.find("interval") {
        None => None,
        Some(node) => Some(interval(name, node, notes)?),
    };
    let gate = Gate::read(&object, notes);
    notes.ask(Asks::Query, format!("query {name}{of}"), &sql.span);
    if let Some(asked) = notes.marks.asked.last_mut() {
        asked.platforms.push(gate.platform.clone());
    }
    Some(Query {
        name: name.to_owned(),
        sql: text.clone(),
        interval,
        snapshot: object.switch("snapshot", false, notes),
        removed: object.switch("removed", true, notes),
        denylist: object.switch("denylist", object.switch("blacklist", true, notes), notes),
        gate,
        startup_priority: object.number("startup_priority", notes),
        span: sql.span.clone(),
    })
}

/// Names under which the store keeps other things.
fn reserved(name: &str) -> Option<&'static str> {
    if ["query.", "cache.", "config_views."].iter().any(|prefix| name.starts_with(prefix)) {
        return Some("starts with one of the reserved prefixes: query., cache., config_views.");
    }
    ["epoch", "counter"]
        .iter()
        .any(|end| name.ends_with(end))
        .then_some("ends with one of the reserved suffixes: epoch, counter")
}

/// Seconds from 1 to a week, also in a string. What is neither is told with the number that osquery makes of it.
fn interval(name: &str, node: &Node, notes: &mut Notes<'_>) -> Option<u64> {
    let (number, shown) = match &node.value {
        Value::Number(digits) | Value::Text(digits) => match digits.trim().parse::<i64>() {
            Ok(number) => (Some(number), number.cast_unsigned()),
            Err(_) => (
                None,
                digits.parse::<f64>().ok().filter(|_| matches!(node.value, Value::Number(_))).map_or(0, f64::to_bits),
            ),
        },
        _ => (None, 0),
    };
    match number {
        Some(number) if (1..=LONGEST).contains(&number) => Some(number.cast_unsigned()),
        _ => {
            let (message, help) =
                (format!("Query has invalid interval: {name}: {shown}"), format!("seconds, from 1 to {LONGEST}"));
            match (&node.value, number) {
                // Nobody can tell what was meant.
                (Value::Number(_), None) => notes.error(&node.span, message, Some(help)),
                _ => notes.warn(&node.span, message, Some(help)),
            }
            None
        }
    }
}

/// The name of the pack that is the plain schedule.
pub const MAIN: &str = "main";

/// A query that runs on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// Its name in logs and tables; that of a pack's query has the pack's before it.
    pub name: String,
    /// The name of its pack; queries of the plain schedule have [`MAIN`].
    pub pack: String,
    /// See [`Pack::oncall`].
    pub oncall: Option<String>,
    /// The query, under its own name.
    pub query: Query,
}

/// Queries that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// Its queries, in the order of their names.
    pub queries: Vec<Query>,
    /// Each of these must have a row, or the pack is not active.
    pub discovery: Vec<String>,
    /// Where it may run.
    pub gate: Gate,
    /// Who looks after it: a word of its author's.
    pub oncall: Option<String>,
}

impl Pack {
    /// The name of a query of the pack in logs and tables: `pack_NAME_QUERY`.
    #[must_use]
    pub fn full_name(&self, delimiter: &str, query: &str) -> String {
        format!("pack{delimiter}{}{delimiter}{query}", self.name)
    }
}

const PACK: [&str; 8] = ["queries", "discovery", "platform", "version", "shard", "oncall", "interval", "description"];

/// A pack that stands in the configuration or in a file of its own.
pub(super) fn pack(name: &str, node: &Node, notes: &mut Notes<'_>) -> Option<Pack> {
    let object = Object::of(format!("pack {name}"), node, notes)?;
    object.only(&PACK, notes);
    let first = notes.marks.asked.len();
    let queries =
        object.find("queries").map(|node| queries(&format!("queries of pack {name}"), node, notes)).unwrap_or_default();
    if queries.is_empty() {
        notes.warn(&node.span, format!("pack {name} has no queries"), None);
    }
    if let Some(node) = object.find("discovery") {
        notes.ask_all(Asks::Discovery, &format!("discovery of pack {name}"), node);
    }
    let gate = Gate::read(&object, notes);
    for asked in notes.marks.asked.iter_mut().skip(first) {
        asked.platforms.push(gate.platform.clone());
    }
    let oncall = match object.find("oncall").map(|node| &node.value) {
        Some(Value::Text(oncall)) => Some(oncall.clone()),
        _ => None,
    };
    Some(Pack { name: name.to_owned(), queries, discovery: object.texts("discovery", notes), gate, oncall })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates() {
        let machine = Machine { version: "5.23.0-38-ga5b", shard: 40 };
        let gate = |platform: &str, version: &str, shard: Option<i64>| {
            Gate { platform: platform.to_owned(), version: version.to_owned(), shard }.passes(&machine)
        };
        for (platform, expect) in [
            ("", true),
            ("all", true),
            ("any", true),
            ("linux", true),
            ("posix", true),
            ("ubuntu", true),
            ("linux,darwin", true),
            ("darwin, linux", true),
            ("darwin", false),
            ("windows", false),
            ("nonsense", false),
        ] {
            assert_eq!(gate(platform, "", None), expect || !cfg!(target_os = "linux"), "{platform}");
        }
        for (version, expect) in
            [("1.4.5", true), ("5.23.0", true), ("5.23", true), ("5.23.1", false), ("99.0", false), ("5.3", true)]
        {
            assert_eq!(gate("", version, None), expect, "{version}");
        }
        for (shard, expect) in [(0, true), (1, false), (39, false), (40, true), (100, true), (-1, true)] {
            assert_eq!(gate("", "", Some(shard)), expect, "{shard}");
        }
    }
}
