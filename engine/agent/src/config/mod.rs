//! The configuration: what a source says, read strictly, with everything odd about it told by line and column.
//!
//! A source is a text ([`text`]) of JSON ([`json`]). [`Source::read`] never loses the rest for one odd member: what cannot be used is
//! left out, and a [`Diagnostic`] says so. Only a text that is no JSON object is an error; then the caller keeps what it had.

pub mod check;
pub mod constructed;
pub mod diagnostic;
mod file;
pub mod json;
mod load;
pub mod marks;
mod object;
mod options;
pub mod query;
pub mod text;
pub mod views;

use diagnostic::{Diagnostic, Notes, Weight};
use json::{Node, Value};
pub use load::{Config, ConfigError, LoadedPack, PLUGINS, shard};
use marks::{Asked, Asks, Marks};
use object::{Object, texts};
use query::{Pack, Query, pack, queries};
use std::collections::BTreeMap;
use text::Text;

/// What one source says.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Values of flags.
    pub options: BTreeMap<String, String>,
    /// Queries outside of packs, by name.
    pub schedule: Vec<Query>,
    /// Packs, and where others are.
    pub packs: Vec<Packs>,
    /// Queries whose first rows go into every log line.
    pub decorators: Decorators,
    /// Views: names and what they select.
    pub views: BTreeMap<String, String>,
    /// Tables over other people's SQLite files.
    pub constructed: Vec<Constructed>,
    /// Files that are watched.
    pub files: Files,
    /// Which subscribers of events are on and off.
    pub events: Events,
    /// Rules for YARA.
    pub yara: Yara,
    /// Pages of metrics.
    pub prometheus: Option<Prometheus>,
    /// Names of scheduled queries by the Kafka topic that their results go to.
    pub kafka: BTreeMap<String, Vec<String>>,
    /// What is odd.
    pub diagnostics: Vec<Diagnostic>,
    /// Where things stand.
    pub marks: Marks,
}

/// An entry of `packs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packs {
    /// The pack itself.
    Inline(Pack),
    /// The file with the pack of this name.
    File {
        /// The pack's name.
        name: String,
        /// The file.
        path: String,
    },
    /// Files that are packs of their own names.
    Glob(String),
}

/// See [`Source::decorators`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decorators {
    /// Asked when the configuration is loaded.
    pub load: Vec<String>,
    /// Asked before each scheduled query.
    pub always: Vec<String>,
    /// Asked when the time is a multiple of so many seconds.
    pub interval: BTreeMap<u64, Vec<String>>,
}

/// See [`Source::constructed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constructed {
    /// The table's name.
    pub name: String,
    /// What is asked of each file.
    pub sql: String,
    /// Which files: a pattern.
    pub path: String,
    /// The columns, all text.
    pub columns: Vec<String>,
    /// Where it exists; empty for everywhere.
    pub platform: String,
}

impl Constructed {
    /// Whether it is for this platform.
    #[must_use]
    pub fn is_here(&self) -> bool {
        query::is_for_here(&self.platform)
    }
}

/// See [`Source::files`]; patterns by category.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Patterns.
    pub paths: BTreeMap<String, Vec<String>>,
    /// Queries that give patterns.
    pub queries: BTreeMap<String, Vec<String>>,
    /// Patterns of what is not watched.
    pub excluded: BTreeMap<String, Vec<String>>,
    /// Categories of which reading is told too.
    pub accesses: Vec<String>,
}

/// See [`Source::events`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Subscribers that are on.
    pub enabled: Vec<String>,
    /// Subscribers that are off.
    pub disabled: Vec<String>,
    /// Variables of the environment that are kept of processes.
    pub variables: Vec<String>,
}

/// See [`Source::yara`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Yara {
    /// Files of rules by group.
    pub signatures: BTreeMap<String, Vec<String>>,
    /// Groups by category of watched files.
    pub file_paths: BTreeMap<String, Vec<String>>,
    /// Addresses from which rules may be fetched.
    pub urls: Vec<String>,
}

/// See [`Source::prometheus`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prometheus {
    /// The pages.
    pub urls: Vec<String>,
    /// Seconds to wait for one.
    pub timeout: Option<i64>,
}

const MEMBERS: [&str; 16] = [
    "schedule",
    "packs",
    "options",
    "decorators",
    "views",
    "file_paths",
    "file_paths_query",
    "file_accesses",
    "exclude_paths",
    "events",
    "yara",
    "auto_table_construction",
    "prometheus_targets",
    "feature_vectors",
    "logger",
    "kafka_topics",
];

impl Source {
    /// Reads a source.
    ///
    /// # Errors
    /// When the text is no JSON object, and where that shows.
    pub fn read(text: &Text) -> Result<Self, Box<Diagnostic>> {
        let mut notes = Notes::new(text);
        let error = |offset: usize, message: String| {
            let (source, place) = (text.source.clone(), text.place(offset));
            let help =
                Some("only whole lines can be comments, and no comma stands before a closing bracket".to_owned());
            Box::new(Diagnostic { weight: Weight::Error, source, place, message, help })
        };
        let node = Node::parse(&text.json).map_err(|why| error(why.offset, why.message))?;
        let Value::Object(_) = &node.value else {
            return Err(error(node.span.start, format!("the configuration is {}, not an object", node.kind())));
        };
        let mut source = Self::default();
        if let Some(object) = Object::of("the configuration", &node, &mut notes) {
            object.only(&MEMBERS, &mut notes);
            source.take(&object, &mut notes);
        }
        (source.diagnostics, source.marks) = (notes.found, notes.marks);
        Ok(source)
    }

    fn take(&mut self, all: &Object<'_>, notes: &mut Notes<'_>) {
        let lists =
            |name: &str, notes: &mut Notes<'_>| all.find(name).map(|node| lists(name, node, notes)).unwrap_or_default();
        self.options = all.find("options").map(|node| options(node, notes)).unwrap_or_default();
        self.schedule = all.find("schedule").map(|node| queries("schedule", node, notes)).unwrap_or_default();
        self.packs = all.find("packs").map(|node| packs(node, notes)).unwrap_or_default();
        self.decorators = all.find("decorators").map(|node| decorators(node, notes)).unwrap_or_default();
        self.views = all.find("views").map(|node| views(node, notes)).unwrap_or_default();
        self.constructed = all.find("auto_table_construction").map(|node| constructed(node, notes)).unwrap_or_default();
        self.files = Files {
            paths: lists("file_paths", notes),
            queries: lists("file_paths_query", notes),
            excluded: lists("exclude_paths", notes),
            accesses: all.texts("file_accesses", notes),
        };
        self.events = all.find("events").map(|node| events(node, notes)).unwrap_or_default();
        self.yara = all.find("yara").map(|node| yara(node, notes)).unwrap_or_default();
        self.kafka = lists("kafka_topics", notes);
        self.prometheus = all.find("prometheus_targets").and_then(|node| {
            let object = Object::of("prometheus_targets", node, notes)?;
            object.only(&["urls", "timeout"], notes);
            if object.find("urls").is_none() {
                let message = "Configuration for prometheus_targets is missing field: urls".to_owned();
                notes.warn(&node.span, message, None);
            }
            let (urls, timeout) = (object.texts("urls", notes), object.number("timeout", notes));
            Some(Prometheus { urls, timeout })
        });
    }
}

/// Values of flags as text: numbers and switches too.
fn options(node: &Node, notes: &mut Notes<'_>) -> BTreeMap<String, String> {
    let mut options = BTreeMap::new();
    for (key, node) in Object::of("options", node, notes).iter().flat_map(Object::all) {
        notes.marks.options.insert(key.name.clone(), node.span.clone());
        let value = match &node.value {
            Value::Text(text) => text.clone(),
            Value::Number(digits) => digits.clone(),
            Value::Bool(on) => on.to_string(),
            _ => {
                notes.warn(
                    &node.span,
                    format!("option {} is {}, not a value: it is ignored", key.name, node.kind()),
                    None,
                );
                continue;
            }
        };
        options.insert(key.name.clone(), value);
    }
    options
}

fn packs(node: &Node, notes: &mut Notes<'_>) -> Vec<Packs> {
    let mut found = Vec::new();
    for (key, node) in Object::of("packs", node, notes).iter().flat_map(Object::all) {
        notes.marks.packs.insert(key.name.clone(), node.span.clone());
        found.extend(match &node.value {
            Value::Text(path) if key.name == "*" => Some(Packs::Glob(path.clone())),
            Value::Text(path) => Some(Packs::File { name: key.name.clone(), path: path.clone() }),
            _ => pack(&key.name, node, notes).map(Packs::Inline),
        });
    }
    found
}

fn decorators(node: &Node, notes: &mut Notes<'_>) -> Decorators {
    if !matches!(node.value, Value::Object(_)) {
        let message = "Invalid format for decorators configuration, decorators value must be a JSON object";
        notes.warn(&node.span, message.to_owned(), None);
        return Decorators::default();
    }
    let Some(object) = Object::of("decorators", node, notes) else { return Decorators::default() };
    object.only(&["load", "always", "interval"], notes);
    let mut interval: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let by_seconds = object.find("interval").and_then(|node| Object::of("interval of decorators", node, notes));
    for (key, node) in by_seconds.iter().flat_map(Object::all) {
        match key.name.parse::<u64>() {
            Ok(seconds) if seconds > 0 && seconds.is_multiple_of(60) => {
                notes.ask_all(Asks::Decorator, "a decorator", node);
                interval.entry(seconds).or_default().extend(texts("a list of decorators", node, notes));
            }
            _ => {
                let message =
                    format!("Invalid decorator interval rate {} in config source: {}", key.name, notes.text.source);
                notes.warn(&key.span, message, Some("seconds, a multiple of 60".to_owned()));
            }
        }
    }
    for name in ["load", "always"] {
        if let Some(node) = object.find(name) {
            notes.ask_all(Asks::Decorator, "a decorator", node);
        }
    }
    Decorators { load: object.texts("load", notes), always: object.texts("always", notes), interval }
}

fn views(node: &Node, notes: &mut Notes<'_>) -> BTreeMap<String, String> {
    let mut views = BTreeMap::new();
    for (key, node) in Object::of("views", node, notes).iter().flat_map(Object::all) {
        match &node.value {
            Value::Text(sql) => {
                notes.ask(Asks::View, format!("view {}", key.name), &node.span);
                views.insert(key.name.clone(), sql.clone());
            }
            _ => notes.warn(
                &node.span,
                format!("view {} is {}, not a string: it is ignored", key.name, node.kind()),
                None,
            ),
        }
    }
    views
}

fn constructed(node: &Node, notes: &mut Notes<'_>) -> Vec<Constructed> {
    let mut tables = Vec::new();
    for (key, node) in Object::of("auto_table_construction", node, notes).iter().flat_map(Object::all) {
        let name = &key.name;
        let Some(object) = Object::of(format!("table {name}"), node, notes) else { continue };
        object.only(&["query", "path", "columns", "platform"], notes);
        let (sql, path) = (object.text("query", notes), object.text("path", notes));
        let columns = object.texts("columns", notes);
        let trouble = match (sql, path) {
            (None, _) | (_, None) => {
                Some(format!("ATC Table: Skipping {name} because it is misconfigured (missing query or path)"))
            }
            _ if columns.is_empty() => {
                Some(format!("ATC Table: Skipping {name} because it is misconfigured (no columns)"))
            }
            _ if columns.iter().any(|column| column == "path") => Some(format!(
                "ATC Table: {name} is misconfigured. The configuration includes `path`. This is a reserved column name"
            )),
            _ => None,
        };
        if let Some(trouble) = trouble {
            notes.warn(&key.span, trouble, None);
        } else if let (Some(sql), Some(path)) = (sql, path) {
            let platform = object.text("platform", notes).unwrap_or_default().to_owned();
            if let Some(node) = object.find("query") {
                notes.ask(Asks::Foreign, format!("the query of table {name}"), &node.span);
            }
            tables.push(Constructed {
                name: name.clone(),
                sql: sql.to_owned(),
                path: path.to_owned(),
                columns,
                platform,
            });
        }
    }
    tables
}

/// Lists of strings by name.
fn lists(what: &str, node: &Node, notes: &mut Notes<'_>) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, node) in Object::of(what, node, notes).iter().flat_map(Object::all) {
        if what == "file_paths_query" {
            notes.ask_all(Asks::Files, &format!("{} of {what}", key.name), node);
        }
        found.entry(key.name.clone()).or_default().extend(texts(&format!("{} of {what}", key.name), node, notes));
    }
    found
}

fn events(node: &Node, notes: &mut Notes<'_>) -> Events {
    let Some(object) = Object::of("events", node, notes) else { return Events::default() };
    object.only(&["enable_subscribers", "disable_subscribers", "environment_variables"], notes);
    Events {
        enabled: object.texts("enable_subscribers", notes),
        disabled: object.texts("disable_subscribers", notes),
        variables: object.texts("environment_variables", notes),
    }
}

fn yara(node: &Node, notes: &mut Notes<'_>) -> Yara {
    let Some(object) = Object::of("yara", node, notes) else { return Yara::default() };
    object.only(&["signatures", "file_paths", "signature_urls"], notes);
    let by_name = |name: &str, notes: &mut Notes<'_>| {
        object.find(name).map(|node| lists(&format!("{name} of yara"), node, notes)).unwrap_or_default()
    };
    let (signatures, file_paths) = (by_name("signatures", notes), by_name("file_paths", notes));
    Yara { signatures, file_paths, urls: object.texts("signature_urls", notes) }
}

/// What a pack's file says.
#[derive(Clone, Debug)]
pub struct ReadPack {
    /// The pack; none if the text is no object.
    pub pack: Option<Pack>,
    /// What is odd.
    pub diagnostics: Vec<Diagnostic>,
    /// Its SQL.
    pub asked: Vec<Asked>,
}

/// Reads a file that is a pack.
///
/// # Errors
/// When the text is not JSON, and where that shows.
pub fn read_pack(name: &str, text: &Text) -> Result<ReadPack, Box<Diagnostic>> {
    let mut notes = Notes::new(text);
    let node = Node::parse(&text.json).map_err(|why| {
        let (source, place) = (text.source.clone(), text.place(why.offset));
        Box::new(Diagnostic { weight: Weight::Error, source, place, message: why.message, help: None })
    })?;
    let pack = pack(name, &node, &mut notes);
    Ok(ReadPack { pack, diagnostics: notes.found, asked: notes.marks.asked })
}

#[cfg(test)]
mod tests;
