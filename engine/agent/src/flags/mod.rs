//! The flags: what there are, how a command line and flag files set them, and what they are now.
//!
//! The grammar is that of gflags, which osquery's users know: one or two dashes, `--no` in front of switches, values
//! after `=` or in the next word, words and flags in any order. See [`parse`].

mod error;
mod help;
mod parse;
mod spec;
mod specs;

pub use error::{FlagError, ParseError, os_text};
pub use help::{Program, help};
pub use parse::{DEFAULT_FLAG_FILE, Parsed, Read, parse};
pub use spec::{FlagSpec, Kind, Scope};
pub use specs::{all, find, idle};

use plumb_schema::FlagInfo;
use std::collections::BTreeMap;

/// What gave a flag its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    CommandLine,
    /// A flag file.
    FlagFile,
    /// The program itself: what a shell or a one-shot run is.
    Program,
    /// The configuration.
    Config,
}

/// What a flag was set to.
#[derive(Clone, Debug)]
struct Setting {
    spec: &'static FlagSpec,
    value: String,
    origin: Origin,
}

/// The values of all flags. Those that nobody set have their defaults and cost nothing.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    set: BTreeMap<&'static str, Setting>,
    /// Names and values that a configuration made up, for people's own use.
    custom: BTreeMap<String, String>,
}

impl Flags {
    /// Sets a flag.
    ///
    /// # Errors
    /// When there is no such flag, or the value is not one of it.
    pub fn set(&mut self, name: &str, value: &str, origin: Origin) -> Result<(), FlagError> {
        self.assign(find(name).ok_or_else(|| FlagError::Unknown(name.to_owned()))?, value, origin)
    }

    /// As [`Flags::set`], of a flag that was found.
    fn assign(&mut self, spec: &'static FlagSpec, value: &str, origin: Origin) -> Result<(), FlagError> {
        self.set.insert(spec.name, Setting { spec, value: spec.check(value)?.into_owned(), origin });
        Ok(())
    }

    /// Sets a flag that only the configuration knows.
    pub fn set_custom(&mut self, name: &str, value: &str) {
        self.custom.insert(name.to_owned(), value.to_owned());
    }

    /// The value of a flag, as text; empty for a name that is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.set.get(name) {
            Some(setting) => &setting.value,
            None => find(name).map_or_else(|| self.custom.get(name).map_or("", String::as_str), |spec| spec.default),
        }
    }

    /// The value of a switch; off for a name that is none.
    #[must_use]
    pub fn bool(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// The value of an unsigned number; 0 for a name that is none.
    #[must_use]
    pub fn u64(&self, name: &str) -> u64 {
        self.text(name).parse().unwrap_or_default()
    }

    /// The value of a signed number; 0 for a name that is none.
    #[must_use]
    pub fn i32(&self, name: &str) -> i32 {
        self.text(name).parse().unwrap_or_default()
    }

    /// The parts of a comma-separated value that are not empty.
    pub fn list<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.text(name).split(',').map(str::trim).filter(|part| !part.is_empty())
    }

    /// The flag that leaves a table out: `--disable_tables`, or `--enable_tables` when it names others.
    #[must_use]
    pub fn leaves_out(&self, table: &str) -> Option<&'static str> {
        if self.list("disable_tables").any(|name| name == table) {
            return Some("disable_tables");
        }
        let mut enabled = self.list("enable_tables").peekable();
        (enabled.peek().is_some() && !enabled.any(|name| name == table)).then_some("enable_tables")
    }

    /// What set a flag; `None` when it has its default.
    #[must_use]
    pub fn origin(&self, name: &str) -> Option<Origin> {
        self.set.get(name).map(|setting| setting.origin)
    }

    /// The flags whose value is not their default, in name order.
    pub fn changed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let changed = |setting: &&Setting| setting.spec.is_listed() && setting.spec.default != setting.value;
        self.set.values().filter(changed).map(|setting| (setting.spec.name, setting.value.as_str()))
    }

    /// Lines about flags that somebody set and that have no effect in this build, with the names of the flags.
    pub fn without_effect(&self) -> impl Iterator<Item = (&'static str, String)> {
        let is_set = |name: &str| self.origin(name).is_some_and(|origin| origin != Origin::Program);
        let line = |name| Some((name, format!("--{name} has no effect: {}", idle(name)?)));
        self.changed().map(|(name, _)| name).filter(move |name| is_set(name)).filter_map(line)
    }

    /// Every flag with its value, in name order, as `osquery_flags` shows them.
    #[must_use]
    pub fn infos(&self) -> Vec<FlagInfo> {
        let mut infos: Vec<FlagInfo> = all().filter(|spec| spec.is_listed()).map(|spec| self.info(spec)).collect();
        infos.extend(self.custom.iter().map(|(name, value)| FlagInfo {
            name: name.clone(),
            kind: Kind::Text.name(),
            description: "Set by the configuration".to_owned(),
            default: String::new(),
            value: value.clone(),
            shell_only: false,
        }));
        infos.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        infos
    }

    fn info(&self, spec: &FlagSpec) -> FlagInfo {
        FlagInfo {
            name: spec.name.to_owned(),
            kind: spec.kind.name(),
            description: spec.doc.to_owned(),
            default: spec.default.to_owned(),
            value: self.text(spec.name).to_owned(),
            shell_only: spec.scope == Scope::Shell,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Flags that osquery has not.
    const OWN: &[&str] = &[
        "check",
        "check_query",
        "profile_pack",
        "profile_query",
        "profile_rounds",
        "profile_timeout",
        "query_cpu_limit",
        "query_memory_limit",
        "query_time_limit",
        "root",
    ];

    #[test]
    fn table_is_sound() {
        let mut names = BTreeSet::new();
        for spec in all() {
            assert!(names.insert(spec.name), "{} twice", spec.name);
            assert_eq!(spec.check(spec.default).as_deref(), Ok(spec.default), "{}", spec.name);
            assert!(!spec.doc.is_empty() && !spec.doc.ends_with('.'), "{}", spec.name);
        }
        assert!(names.len() > 200);
    }

    #[test]
    fn values_and_defaults() {
        let mut flags = Flags::default();
        assert!(flags.bool("header"));
        assert_eq!(flags.u64("read_max"), 52_428_800);
        assert_eq!(flags.text("separator"), "|");
        assert_eq!((flags.text("bogus"), flags.u64("bogus"), flags.bool("bogus")), ("", 0, false));
        flags.set("header", "f", Origin::CommandLine).unwrap();
        flags.set("separator", "|", Origin::Program).unwrap();
        flags.set("disable_tables", "a, b,,", Origin::FlagFile).unwrap();
        assert!(!flags.bool("header"));
        assert_eq!(flags.list("disable_tables").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(flags.changed().collect::<Vec<_>>(), [("disable_tables", "a, b,,"), ("header", "false")]);
        assert_eq!(flags.origin("header"), Some(Origin::CommandLine));
        assert_eq!(flags.origin("json"), None);
        assert_eq!(flags.set("bogus", "1", Origin::Config), Err(FlagError::Unknown("bogus".to_owned())));
        let infos = flags.infos();
        assert!(infos.is_sorted_by(|a, b| a.name < b.name));
        let header = infos.iter().find(|info| info.name == "header").unwrap();
        assert_eq!((header.value.as_str(), header.default.as_str(), header.shell_only), ("false", "true", true));
        assert!(!infos.iter().any(|info| ["A", "L", "flagfile"].contains(&info.name.as_str())));
    }

    #[test]
    fn flags_of_what_is_not_built() {
        let mut flags = Flags::default();
        for (name, value, origin) in [
            ("tls_hostname", "h", Origin::CommandLine),
            ("events_expiry", "7", Origin::Config),
            ("extensions_interval", "3", Origin::FlagFile),
            ("extensions_socket", "/s", Origin::Program),
            ("disable_extensions", "true", Origin::CommandLine),
            ("schedule_epoch", "7", Origin::Config),
        ] {
            flags.set(name, value, origin).unwrap();
        }
        let told: Vec<String> = flags.without_effect().map(|(_, line)| line).collect();
        assert_eq!(
            told,
            [
                "--events_expiry has no effect: this build has no events yet",
                "--tls_hostname has no effect: this build has no servers yet"
            ]
        );
    }

    /// Holds the table against osquery's list, where that lies beside the repository.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "reads the reference beside the repository")]
    fn table_equals_reference() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/reference/flags.json");
        let Ok(text) = std::fs::read(path) else {
            eprintln!("skipped: no reference at {path}");
            return;
        };
        let reference: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let theirs: BTreeSet<(String, String, String, bool)> = reference["flags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|flag| {
                let text = |at: usize| flag[at].as_str().unwrap().to_owned();
                (text(0), text(1), text(2), flag[3].as_i64() == Some(1))
            })
            .collect();
        assert!(theirs.len() > 200);
        let ours: BTreeSet<(String, String, String, bool)> = Flags::default()
            .infos()
            .into_iter()
            .filter(|info| !OWN.contains(&info.name.as_str()))
            .map(|info| (info.name, info.kind.to_owned(), info.default, info.shell_only))
            .collect();
        let missing: Vec<_> = theirs.difference(&ours).collect();
        let extra: Vec<_> = ours.difference(&theirs).collect();
        assert!(missing.is_empty() && extra.is_empty(), "missing {missing:?}, extra {extra:?}");
    }
}
