//! Answers that differ from the recorded ones because the recorded ones are wrong: `divergences.toml`.
//!
//! Every entry is executed. One that no longer diverges fails, so that the list stays true.

use std::collections::BTreeMap;

/// The list, by what it is about. A pattern of `[recorded]` is `TABLE.COLUMN` (the table's answers differ in that column
/// only), or `TABLE` (they differ in rows).
#[derive(Clone, Debug, Default)]
pub struct Divergences {
    recorded: BTreeMap<String, String>,
    /// Deliberate differences that no recorded answer shows, for readers.
    pub behaviour: BTreeMap<String, String>,
}

impl Divergences {
    /// Reads the list.
    ///
    /// # Errors
    /// When the text is not such a list.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        let section = |name: &str| -> Result<BTreeMap<String, String>, String> {
            let Some(section) = table.get(name) else { return Ok(BTreeMap::new()) };
            section.clone().try_into().map_err(|error: toml::de::Error| format!("[{name}]: {error}"))
        };
        Ok(Self { recorded: section("recorded")?, behaviour: section("behaviour")? })
    }

    /// The list of this repository.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn load() -> Result<Self, String> {
        Self::parse(include_str!("../divergences.toml"))
    }

    /// The columns of a table that may differ.
    #[must_use]
    pub fn columns(&self, table: &str) -> Vec<String> {
        let of = |pattern: &&String| pattern.split_once('.').is_some_and(|(name, _)| name == table);
        self.recorded.keys().filter(of).filter_map(|p| p.split_once('.')).map(|(_, column)| column.to_owned()).collect()
    }

    /// Whether a table's rows may differ.
    #[must_use]
    pub fn rows(&self, table: &str) -> bool {
        self.recorded.contains_key(table)
    }

    /// Every difference and its reason.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.recorded.iter().chain(&self.behaviour).map(|(what, why)| (what.as_str(), why.as_str()))
    }

    /// Every pattern about recorded answers.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.recorded.keys().map(String::as_str)
    }
}
