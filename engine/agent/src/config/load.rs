//! Loading a configuration: its sources, the packs in files, and what it all amounts to.

use super::diagnostic::{Diagnostic, MOST, Weight};
use super::marks::{Asked, Marks};
use super::query::{MAIN, Machine, Pack, Query, Scheduled};
use super::text::Text;
use super::{
    Constructed, Decorators, Events, Files, Packs, Prometheus, ReadPack, Source, Yara, file, options, read_pack,
};
use crate::flags::{Flags, os_text};
use crate::store::{Store, StoreError};
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

/// Where sources are kept for a start at which they cannot be read.
const BACKUP: &str = "config_backup";

/// The most bytes of all sources together, and of all files with packs together.
const ALL: usize = 64 << 20;

/// The plugins that give configurations.
pub const PLUGINS: [&str; 1] = ["filesystem"];

/// A configuration as it was read.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The texts of sources and of files with packs, by name.
    pub texts: BTreeMap<String, Text>,
    /// What each source says, by name.
    pub sources: BTreeMap<String, Source>,
    /// All packs, by name: those in sources, and those in files.
    pub packs: Vec<LoadedPack>,
    /// SHA-1 over all sources and the files with packs, in hexadecimal digits.
    pub hash: String,
    /// Everything that is odd, in the order of sources and places.
    pub diagnostics: Vec<Diagnostic>,
    /// All SQL in it, with the name of the text in which it stands.
    pub asked: Vec<(String, Asked)>,
}

/// A pack and where it stands.
#[derive(Clone, Debug)]
pub struct LoadedPack {
    /// The pack.
    pub pack: Pack,
    /// The name of the text in which it stands.
    pub source: String,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No such plugin.
    #[error("Cannot activate {0} config plugin: Unknown registry plugin: {0}")]
    UnknownPlugin(String),
    /// There is no file.
    #[error("Error reading config: config file does not exist: {0}")]
    Missing(String),
    /// A file cannot be read.
    #[error("Error reading config: cannot read {path}: {}", os_text(.error))]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// A source is not JSON.
    #[error("Error reading config: Error parsing the config JSON")]
    Json {
        /// Where that shows.
        found: Box<Diagnostic>,
        /// The source.
        text: Box<Text>,
    },
    /// A source is above a limit.
    #[error("Error reading config: Error validating the config JSON: {}", .0.message)]
    Limit(Box<Diagnostic>),
    /// The kept sources cannot be read.
    #[error("Error reading config: the copy in the store: {0}")]
    Store(#[from] StoreError),
}

impl ConfigError {
    /// What is known beyond the error's text, a line each: where it shows, and what to do.
    #[must_use]
    pub fn help(&self) -> Vec<String> {
        match self {
            Self::UnknownPlugin(_) => vec![format!("this build has --config_plugin={}", PLUGINS.join(", "))],
            Self::Missing(_) => vec!["--config_path names another file".to_owned()],
            Self::Unreadable { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
                vec!["the agent must be allowed to read it; nobody else needs to".to_owned()]
            }
            Self::Unreadable { .. } | Self::Store(_) => Vec::new(),
            Self::Json { found, .. } | Self::Limit(found) => vec![found.to_string()],
        }
    }

    /// Lines for the status log that come before the error itself.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::Json { text, .. } => {
                // Enough to know it by: a configuration can hold secrets, and be long.
                let content: String = String::from_utf8_lossy(&text.original).chars().take(1024).collect();
                let source = &text.source;
                vec![format!("updateSource failed to parse config, of source: {source} and content: {content}")]
            }
            _ => Vec::new(),
        }
    }
}

impl Config {
    /// The texts of the sources that the flags name, as they are: see [`Config::load`].
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn texts_of(flags: &Flags) -> Result<BTreeMap<String, Vec<u8>>, ConfigError> {
        let plugin = flags.text("config_plugin");
        if !PLUGINS.contains(&plugin) {
            return Err(ConfigError::UnknownPlugin(plugin.to_owned()));
        }
        let main = flags.text("config_path");
        let paths = std::iter::once(main.to_owned()).chain(file::glob(&format!("{main}.d/*.conf")));
        let (mut texts, mut left) = (BTreeMap::new(), ALL);
        for path in paths {
            let bytes = read(&path)?;
            let Some(rest) = left.checked_sub(bytes.len()) else {
                let message = format!("the sources are larger than {} MiB together", ALL >> 20);
                let found = Diagnostic::new(Weight::Error, &Text::new(&path, b""), &(0..0), message);
                return Err(ConfigError::Limit(Box::new(found)));
            };
            left = rest;
            texts.insert(path, bytes);
        }
        Ok(texts)
    }

    /// Reads what the flags name. The filesystem plugin reads the file of `--config_path` and each `*.conf` of the directory of
    /// that name with `.d` behind it; one of them that cannot be used makes the whole unusable.
    ///
    /// # Errors
    /// See [`ConfigError`]. Keep the configuration that you have, then.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        Self::from_sources(&Self::texts_of(flags)?)
    }

    /// Takes sources apart, wherever they come from, and reads the files with packs that they name.
    ///
    /// # Errors
    /// When a source is no JSON object, or above a limit.
    pub fn from_sources(sources: &BTreeMap<String, Vec<u8>>) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        for (name, bytes) in sources {
            let text = Text::new(name, bytes);
            let mut source = read_source(&text)?;
            config.diagnostics.append(&mut source.diagnostics);
            config.diagnostics.append(&mut options::check(&text, &source));
            config.asked.extend(source.marks.asked.drain(..).map(|asked| (name.clone(), asked)));
            config.texts.insert(name.clone(), text);
            config.sources.insert(name.clone(), source);
        }
        config.check_schedules();
        config.load_packs();
        config.hash = hash(config.texts.values());
        let place = |found: &Diagnostic| (found.source.clone(), found.place);
        config.diagnostics.sort_by_key(place);
        Ok(config)
    }

    /// Tells names that stand in several sources.
    fn check_schedules(&mut self) {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, source) in &self.sources {
            for query in &source.schedule {
                let earlier = seen.insert(&query.name, name).filter(|_| self.diagnostics.len() < 2 * MOST);
                if let (Some(earlier), Some(text)) = (earlier, self.texts.get(name)) {
                    let message = format!("query {} stands in {earlier} too: this one counts", query.name);
                    self.diagnostics.push(Diagnostic::new(Weight::Warning, text, &query.span, message));
                }
            }
        }
    }

    /// Gathers the packs of all sources. Of those with one name the last counts.
    fn load_packs(&mut self) {
        let mut packs: BTreeMap<String, LoadedPack> = BTreeMap::new();
        let mut left = ALL;
        let sources = std::mem::take(&mut self.sources);
        for (name, source) in &sources {
            for entry in &source.packs {
                let mut found = match entry {
                    Packs::Inline(pack) => vec![LoadedPack { pack: pack.clone(), source: name.clone() }],
                    Packs::File { name: pack, path } => {
                        let unread = format!("Error reading the query pack named: {pack}");
                        let told = Told { source: name, mark: source.marks.packs.get(pack), unread: &unread };
                        self.pack_file(pack, path, told, &mut left).into_iter().collect()
                    }
                    Packs::Glob(pattern) => {
                        let files = file::glob(pattern);
                        let mark = source.marks.packs.get("*");
                        if files.is_empty() {
                            self.odd(name, mark, format!("no file matches {pattern}: no pack is loaded"), None);
                        }
                        let read = |path: &String| {
                            let unread = format!("Cannot read multi-pack JSON: {path}");
                            self.pack_file(stem(path), path, Told { source: name, mark, unread: &unread }, &mut left)
                        };
                        files.iter().filter_map(read).collect()
                    }
                };
                for pack in found.drain(..) {
                    let (title, place) = (pack.pack.name.clone(), pack.source.clone());
                    if let Some(earlier) = packs.insert(title.clone(), pack) {
                        let message = format!("pack {title} stands in {} too: that of {place} counts", earlier.source);
                        self.odd(name, source.marks.packs.get(&title), message, None);
                    }
                }
            }
        }
        self.sources = sources;
        self.packs = packs.into_values().collect();
    }

    /// Reads a file with a pack. What is wrong is told at the place that names it, and in the file.
    fn pack_file(&mut self, name: &str, path: &str, told: Told<'_>, left: &mut usize) -> Option<LoadedPack> {
        let Told { source, mark, unread } = told;
        let within = |bytes: Vec<u8>| {
            *left = left.checked_sub(bytes.len()).ok_or_else(|| {
                io::Error::other(format!("the files with packs are larger than {} MiB together", ALL >> 20))
            })?;
            Ok(bytes)
        };
        let bytes = match file::read(path).and_then(within) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.odd(source, mark, unread.to_owned(), Some(format!("{path}: {}", os_text(&error))));
                return None;
            }
        };
        let text = Text::new(path, &bytes);
        match read_pack(name, &text) {
            Ok(ReadPack { pack, diagnostics, asked }) => {
                self.diagnostics.extend(diagnostics);
                self.asked.extend(asked.into_iter().map(|asked| (path.to_owned(), asked)));
                self.texts.insert(path.to_owned(), text);
                pack.map(|pack| LoadedPack { pack, source: path.to_owned() })
            }
            Err(found) => {
                self.odd(source, mark, unread.to_owned(), None);
                self.diagnostics.push(*found);
                None
            }
        }
    }

    fn odd(&mut self, source: &str, mark: Option<&Range<usize>>, message: String, help: Option<String>) {
        if let Some(text) = self.texts.get(source).filter(|_| self.diagnostics.len() < 2 * MOST) {
            let span = mark.cloned().unwrap_or_default();
            self.diagnostics.push(Diagnostic { help, ..Diagnostic::new(Weight::Warning, text, &span, message) });
        }
    }

    /// Without what is only of use for telling what is wrong: texts, places, diagnostics.
    #[must_use]
    pub fn at_work(mut self) -> Self {
        (self.texts, self.diagnostics, self.asked) = (BTreeMap::new(), Vec::new(), Vec::new());
        self.sources.values_mut().for_each(|source| source.marks = Marks::default());
        self
    }

    /// Keeps the sources in the store, instead of what was kept there.
    ///
    /// # Errors
    /// What the store says.
    pub fn back_up(&self, store: &Store) -> Result<(), StoreError> {
        let kept: Vec<(String, Vec<u8>)> = store.all(BACKUP)?;
        let texts = || self.sources.keys().filter_map(|name| Some((name, &self.texts.get(name)?.original)));
        if kept.iter().map(|(name, bytes)| (name, bytes)).eq(texts()) {
            return Ok(());
        }
        store.together(|| {
            kept.iter().try_for_each(|(name, _)| store.remove(BACKUP, name))?;
            texts().try_for_each(|(name, bytes)| store.put(BACKUP, name, bytes))
        })
    }

    /// The configuration that was kept; none without one.
    ///
    /// # Errors
    /// What the store says, and as [`Config::from_sources`].
    pub fn restore(store: &Store) -> Result<Option<Self>, ConfigError> {
        let kept: BTreeMap<String, Vec<u8>> = store.all(BACKUP)?.into_iter().collect();
        if kept.is_empty() { Ok(None) } else { Self::from_sources(&kept).map(Some) }
    }

    /// Sets the flags that the configuration may set; it wins over the command line. Answers the names of those that have
    /// another value now. What cannot be set is among the diagnostics already. Flags that a configuration sets no longer keep
    /// their values.
    pub fn apply_options(&self, flags: &mut Flags) -> Vec<String> {
        let options = self.sources.values().flat_map(|source| &source.options);
        let mut changed = Vec::new();
        for (name, value) in options {
            let before = flags.text(name).to_owned();
            if options::set(flags, name, value).is_ok() && flags.text(name) != before {
                changed.push(name.clone());
            }
        }
        changed
    }

    /// The queries that run on a machine, with their full names: those of the plain schedule, and those of packs that are for
    /// the machine and that a predicate likes (their discovery succeeded).
    pub fn scheduled(
        &self,
        delimiter: &str,
        machine: &Machine<'_>,
        mut is_active: impl FnMut(&Pack) -> bool,
    ) -> Vec<Scheduled> {
        // Of those with one name the last counts, whether it runs here or not.
        let plain = self.sources.values().flat_map(|source| &source.schedule);
        let plain: BTreeMap<&str, &Query> = plain.map(|query| (query.name.as_str(), query)).collect();
        let mut all: BTreeMap<String, (&Query, Option<&Pack>)> =
            plain.into_iter().map(|(name, query)| (name.to_owned(), (query, None))).collect();
        for LoadedPack { pack, .. } in &self.packs {
            if pack.gate.passes(machine) && is_active(pack) {
                let name = |query: &Query| pack.full_name(delimiter, &query.name);
                all.extend(pack.queries.iter().map(|query| (name(query), (query, Some(pack)))));
            }
        }
        let runs = all.into_iter().filter(|(_, (query, _))| query.gate.passes(machine));
        let scheduled = |(name, (query, pack)): (String, (&Query, Option<&Pack>))| Scheduled {
            name,
            pack: pack.map_or_else(|| MAIN.to_owned(), |pack| pack.name.clone()),
            oncall: pack.and_then(|pack| pack.oncall.clone()),
            query: query.clone(),
        };
        runs.map(scheduled).collect()
    }

    /// The decorators of each source, by its name.
    pub fn decorators(&self) -> impl Iterator<Item = (&str, &Decorators)> {
        self.sources.iter().map(|(name, source)| (name.as_str(), &source.decorators))
    }

    /// The views, and what they select.
    #[must_use]
    pub fn views(&self) -> BTreeMap<&str, &str> {
        let views = self.sources.values().flat_map(|source| &source.views);
        views.map(|(name, sql)| (name.as_str(), sql.as_str())).collect()
    }

    /// The tables over other people's files that are for this platform, by name.
    #[must_use]
    pub fn constructed(&self) -> BTreeMap<&str, &Constructed> {
        let tables = self.sources.values().flat_map(|source| &source.constructed);
        tables.filter(|table| table.is_here()).map(|table| (table.name.as_str(), table)).collect()
    }

    /// The files that are watched, of all sources together.
    #[must_use]
    pub fn files(&self) -> Files {
        let mut all = Files::default();
        for Files { paths, queries, excluded, accesses } in self.sources.values().map(|source| &source.files) {
            merge(&mut all.paths, paths);
            merge(&mut all.queries, queries);
            merge(&mut all.excluded, excluded);
            all.accesses.extend_from_slice(accesses);
        }
        all
    }

    /// What all sources together say of events.
    #[must_use]
    pub fn events(&self) -> Events {
        let mut all = Events::default();
        for Events { enabled, disabled, variables } in self.sources.values().map(|source| &source.events) {
            all.enabled.extend_from_slice(enabled);
            all.disabled.extend_from_slice(disabled);
            all.variables.extend_from_slice(variables);
        }
        all
    }

    /// What all sources together say of YARA.
    #[must_use]
    pub fn yara(&self) -> Yara {
        let mut all = Yara::default();
        for Yara { signatures, file_paths, urls } in self.sources.values().map(|source| &source.yara) {
            merge(&mut all.signatures, signatures);
            merge(&mut all.file_paths, file_paths);
            all.urls.extend_from_slice(urls);
        }
        all
    }

    /// The pages of metrics; of several sources the last counts.
    #[must_use]
    pub fn prometheus(&self) -> Option<&Prometheus> {
        self.sources.values().rev().find_map(|source| source.prometheus.as_ref())
    }
}

/// A source's file.
fn read(path: &str) -> Result<Vec<u8>, ConfigError> {
    file::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ConfigError::Missing(path.to_owned()),
        io::ErrorKind::FileTooLarge => {
            let found = Diagnostic::new(Weight::Error, &Text::new(path, b""), &(0..0), error.to_string());
            ConfigError::Limit(Box::new(found))
        }
        _ => ConfigError::Unreadable { path: path.to_owned(), error },
    })
}

/// How it is told that a file with packs cannot be read.
#[derive(Clone, Copy)]
struct Told<'a> {
    /// The source that names it,
    source: &'a str,
    /// and where;
    mark: Option<&'a Range<usize>>,
    /// in these words.
    unread: &'a str,
}

fn merge(all: &mut BTreeMap<String, Vec<String>>, more: &BTreeMap<String, Vec<String>>) {
    for (name, items) in more {
        all.entry(name.clone()).or_default().extend_from_slice(items);
    }
}

fn read_source(text: &Text) -> Result<Source, ConfigError> {
    Source::read(text).map_err(|found| {
        if found.message.starts_with("nested more than") {
            return ConfigError::Limit(found);
        }
        ConfigError::Json { found, text: Box::new(text.clone()) }
    })
}

/// SHA-1 over the hashes of texts.
fn hash<'b>(texts: impl Iterator<Item = &'b Text>) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let each: String = texts.map(|text| hex(&Sha1::digest(&text.original))).collect();
    hex(&Sha1::digest(each.as_bytes()))
}

/// A file's name without directory and extension.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The number of a machine by which packs and queries are rolled out step by step: from 0 to 100, and always the same.
#[must_use]
pub fn shard(host_name: &str) -> i64 {
    let first = Sha1::digest(host_name.as_bytes()).first().copied().unwrap_or_default();
    i64::from(first) * 100 / 255
}

#[cfg(test)]
mod tests;
