//! What a configuration says, section by section, beside the JSON that says it.

mod queries;
mod settings;
mod values;

use super::written::{Member, Node, Value};
use crate::generators::model::Draw;
use arbitrary::Result;
use plumb_agent::config::Source;

const SQL: [&str; 12] = [
    "select * from users",
    "select path, size from file where path like '/etc/%%'",
    "SELECT 'it''s' AS \"quoted\";",
    "select 1 -- a comment",
    "select p.pid\n  from processes p\n  join users u using (uid)",
    "# no comment",
    "// no comment either",
    "select '\\' || '\\\\'",
    "select '\u{e4}\u{20ac}\u{1d11e}'",
    "select '\u{fffd}'",
    "select '\u{1}\t'",
    "",
];

const NAMES: [&str; 14] = [
    "users",
    "processes",
    "q",
    "a b",
    "n\u{e4}me",
    "with.dot",
    "query",
    "schedule",
    "",
    "\"",
    "back\\slash",
    "*x",
    "60",
    "\u{1f4e6}",
];

const PATHS: [&str; 7] =
    ["/etc/%%", "/var/log/%.log", "/srv/a b/*.conf", "https://h/x?a=1#b", "/\u{e4}/%", "relative/%", "/\u{fffd}"];

const FLAGS: [&str; 7] = [
    "verbose",
    "host_identifier",
    "schedule_splay_percent",
    "custom_x",
    "logger_rotate",
    "events_expiry",
    "no such flag",
];

const PLATFORMS: [&str; 6] = ["linux", "darwin", "windows", "linux,darwin", "posix", "all"];

/// Names of members that are none, and the one that is near.
type Typos<'t> = [(&'t str, &'t str)];

/// Draws sections. What is odd is numbered; the number marks the node or the name where it stands.
pub(super) struct Sections<'u, 'b> {
    draw: Draw<'u, 'b>,
    says: Source,
    told: Vec<Vec<String>>,
}

impl<'u, 'b> Sections<'u, 'b> {
    pub(super) fn new(draw: Draw<'u, 'b>) -> Self {
        Self { draw, says: Source::default(), told: Vec::new() }
    }

    pub(super) fn into_parts(self) -> (Draw<'u, 'b>, Source, Vec<Vec<String>>) {
        (self.draw, self.says, self.told)
    }

    /// The whole configuration.
    pub(super) fn all(&mut self) -> Result<Node> {
        type Section<'u, 'b> = fn(&mut Sections<'u, 'b>) -> Result<Node>;
        let sections: [(&str, Section<'u, 'b>); 13] = [
            ("schedule", Self::schedule),
            ("packs", Self::packs),
            ("options", Self::options),
            ("decorators", Self::decorators),
            ("views", Self::views),
            ("auto_table_construction", Self::constructed),
            ("file_paths", |of| of.lists("file_paths", |files| &mut files.paths)),
            ("file_paths_query", |of| of.lists("file_paths_query", |files| &mut files.queries)),
            ("exclude_paths", |of| of.lists("exclude_paths", |files| &mut files.excluded)),
            ("file_accesses", Self::accesses),
            ("events", Self::events),
            ("yara", Self::yara),
            ("prometheus_targets", Self::prometheus),
        ];
        let mut members = Vec::new();
        for (name, section) in sections {
            // The schedule is rarely left out.
            if self.chance(3)? != (name == "schedule") {
                let node = if self.draw.odd(25)? { self.wrong_section(name)? } else { section(self)? };
                members.push(Member::new(name, node));
            }
        }
        for name in ["feature_vectors", "logger", "kafka_topics"] {
            if self.draw.odd(8)? {
                members.push(Member::new(name, Value::Object(vec![Member::new("x", Value::List(Vec::new()))])));
            }
        }
        self.unknown(
            "the configuration",
            &[("shedule", "schedule"), ("pack", "packs"), ("Options", "options")],
            &mut members,
        )?;
        let Value::Object(mut members) = self.shuffled(members)? else { return Ok(Value::Null.into()) };
        // Of members with one name the last counts.
        if self.draw.odd(10)? && !members.is_empty() {
            let later = self.draw.count(0, members.len() - 1)?;
            if let Some(name) =
                members.get(later).filter(|member| member.mark.is_none()).map(|member| member.name.clone())
            {
                members.insert(0, Member::new(&name, Value::Bool(false)));
            }
        }
        Ok(Value::Object(members).into())
    }

    fn wrong_section(&mut self, name: &str) -> Result<Node> {
        match name {
            "decorators" => {
                let value = self.other(&["an object"])?;
                Ok(Node { value, mark: self.mark(&["Invalid format for decorators configuration"]) })
            }
            "file_accesses" => self.wrong(&["a list", "a string"], &[name]),
            _ => self.wrong(&["an object"], &[name, "not an object"]),
        }
    }

    fn options(&mut self) -> Result<Node> {
        let mut members = Vec::new();
        for _ in 0..self.draw.count(0, 4)? {
            let name = self.draw.pick(&FLAGS)?;
            if members.iter().any(|member: &Member| member.name == name) {
                continue;
            }
            let (value, text) = match self.draw.number(0, 3)? {
                0 => (Value::Bool(true), "true"),
                1 => (Value::Number("-10".to_owned()), "-10"),
                2 => (Value::Number("1.50E+2".to_owned()), "1.50E+2"),
                _ => (Value::text("a\"b"), "a\"b"),
            };
            let node = if self.draw.odd(10)? {
                self.wrong(&["a string", "a number", "true or false"], &["option", name])?
            } else {
                self.says.options.insert(name.to_owned(), text.to_owned());
                value.into()
            };
            members.push(Member::new(name, node));
        }
        self.shuffled(members).map(Node::from)
    }
}
