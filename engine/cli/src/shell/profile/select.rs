//! Which queries of a file are measured, and why the others are not.

use crate::own;
use crate::shell::Shell;
use plumb_agent::config::query::{MAIN, Machine, Pack, Query};
use plumb_agent::config::text::Text;
use plumb_agent::config::{Config, read_pack};
use plumb_agent::daemon::packs::machine;
use plumb_agent::flags::os_text;
use plumb_agent::identity::{machine_uuid, random_uuid};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// A query that is to be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Its full name.
    pub(super) name: String,
    pub(super) pack: String,
    pub(super) sql: String,
}

/// What is measured.
pub(super) struct Selection {
    pub(super) queries: Vec<Chosen>,
    /// Full names, and why not.
    pub(super) left_out: Vec<(String, String)>,
    /// Whether the file is a configuration: its views and tables belong to its queries.
    pub(super) is_config: bool,
}

/// All that a file has.
struct Found {
    plain: Vec<Query>,
    packs: Vec<Pack>,
    is_config: bool,
}

fn read(file: &str) -> io::Result<Text> {
    own::read(file).map(|bytes| Text::new(file, &bytes))
}

/// Whether a file is a pack: an object with `queries`. Anything else is taken for a configuration.
pub(in crate::shell) fn is_pack(file: &str) -> bool {
    read(file).is_ok_and(|text| has_queries(&text))
}

fn has_queries(text: &Text) -> bool {
    let has = |json: &Value, member: &str| json.get(member).is_some();
    serde_json::from_str(&text.json)
        .is_ok_and(|json: Value| has(&json, "queries") && !has(&json, "schedule") && !has(&json, "packs"))
}

impl Shell {
    /// The queries that would run here, of those that flags choose; the lines of an error otherwise.
    pub(super) fn select(&mut self, file: &str) -> Result<Selection, Vec<String>> {
        let Found { plain, packs, is_config } = self.find(file)?;
        let uuid = machine_uuid(&*self.host).unwrap_or_else(random_uuid);
        let machine = machine(&uuid);
        let wanted_pack = Some(self.flags.text("pack").to_owned()).filter(|name| !name.is_empty());
        let mut wanted: BTreeMap<String, bool> =
            self.flags.list("profile_query").map(|name| (name.to_owned(), false)).collect();
        let takes_all = wanted.is_empty();
        let delimiter = self.flags.text("pack_delimiter").to_owned();
        let mut known: Vec<String> = vec![MAIN.to_owned()];
        known.extend(packs.iter().map(|pack| pack.name.clone()));
        if let Some(name) = wanted_pack.as_ref().filter(|name| !known.contains(name)) {
            return Err(vec![format!("Error: no such pack: {name}"), format!("help: {file} has {}", known.join(", "))]);
        }
        let mut selection = Selection { queries: Vec::new(), left_out: Vec::new(), is_config };
        let main = std::iter::once((None, plain));
        let all = main.chain(packs.into_iter().map(|mut pack| {
            let queries = std::mem::take(&mut pack.queries);
            (Some(pack), queries)
        }));
        for (pack, queries) in all {
            let pack_name = pack.as_ref().map_or(MAIN, |pack| pack.name.as_str()).to_owned();
            if wanted_pack.as_ref().is_some_and(|wanted| *wanted != pack_name) {
                continue;
            }
            let mut of_pack = Vec::new();
            for query in queries {
                let full = |pack: &Pack| pack.full_name(&delimiter, &query.name);
                let name = pack.as_ref().map_or_else(|| query.name.clone(), full);
                let mut is_wanted = takes_all;
                for key in [&name, &query.name] {
                    if let Some(seen) = wanted.get_mut(key) {
                        (*seen, is_wanted) = (true, true);
                    }
                }
                if is_wanted {
                    of_pack.push((name, query));
                }
            }
            // The discovery of a pack of which nothing is wanted is not asked.
            let refused = if of_pack.is_empty() { None } else { pack.and_then(|pack| self.refuses(&pack, &machine)) };
            for (name, query) in of_pack {
                match refused.clone().or_else(|| query.gate.refuses(&machine)) {
                    Some(why) => selection.left_out.push((name, why)),
                    None => selection.queries.push(Chosen { name, pack: pack_name.clone(), sql: query.sql }),
                }
            }
        }
        if let Some((name, _)) = wanted.iter().find(|(_, seen)| !**seen) {
            return Err(vec![format!("Error: no such query: {name}"), format!("help: {file} has none of this name")]);
        }
        if selection.queries.is_empty() && selection.left_out.is_empty() {
            return Err(vec![format!("Error: there are no queries in {file}")]);
        }
        Ok(selection)
    }

    /// Why the queries of a pack do not run here.
    fn refuses(&mut self, pack: &Pack, machine: &Machine<'_>) -> Option<String> {
        let by_gate = pack.gate.refuses(machine).map(|why| format!("its pack {why}"));
        by_gate.or_else(|| {
            let none = pack.discovery.iter().find(|sql| !self.discovers(sql))?;
            Some(format!("its pack was not discovered: no row from {none}"))
        })
    }

    /// Reads a file.
    fn find(&mut self, file: &str) -> Result<Found, Vec<String>> {
        let text = read(file).map_err(|error| vec![format!("Error: cannot read {file}: {}", os_text(&error))])?;
        if has_queries(&text) {
            let name = Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
            let read = read_pack(&name, &text).map_err(|error| vec![format!("Error: {error}")])?;
            read.diagnostics.iter().for_each(|found| self.console.tell(&found.line()));
            let packs = read.pack.into_iter().collect();
            return Ok(Found { plain: Vec::new(), packs, is_config: false });
        }
        let config = Config::load(&self.flags).map_err(|error| {
            let help = error.help().into_iter().map(|help| format!("help: {help}"));
            std::iter::once(format!("Error: {error}")).chain(error.details()).chain(help).collect::<Vec<_>>()
        })?;
        config.diagnostics.iter().for_each(|found| self.console.tell(&found.line()));
        // Of those with one name the last counts, as for the daemon.
        let plain = config.sources.values().flat_map(|source| &source.schedule);
        let plain: BTreeMap<&str, &Query> = plain.map(|query| (query.name.as_str(), query)).collect();
        let plain = plain.into_values().cloned().collect();
        let packs = config.packs.into_iter().map(|loaded| loaded.pack).collect();
        Ok(Found { plain, packs, is_config: true })
    }
}
