//! What a configuration says, section by section, beside the JSON that says it.

use super::written::{Member, Node, Value};
use crate::generators::model::Draw;
use arbitrary::Result;
use plumb_agent::config::query::{Gate, Pack, Query};
use plumb_agent::config::{Constructed, Decorators, Events, Files, Packs, Prometheus, Source, Yara};
use std::collections::{BTreeMap, BTreeSet};

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

    /// A mark for something odd.
    fn mark(&mut self, says: &[&str]) -> Option<usize> {
        self.told.push(says.iter().map(|words| (*words).to_owned()).collect());
        Some(self.told.len() - 1)
    }

    fn chance(&mut self, one_in: u8) -> Result<bool> {
        self.draw.chance(one_in)
    }

    /// A value of another kind than these.
    fn other(&mut self, not: &[&str]) -> Result<Value> {
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Number("-1.5e3".to_owned()),
            Value::text("word"),
            Value::List(vec![Value::text("item").into()]),
            Value::Object(vec![Member::new("member", Value::Null)]),
        ];
        let values: Vec<Value> = values.into_iter().filter(|value| !not.contains(&value.kind())).collect();
        self.draw.pick(&values)
    }

    /// The same, with a mark that tells which kind it is.
    fn wrong(&mut self, not: &[&str], says: &[&str]) -> Result<Node> {
        let value = self.other(not)?;
        let mark = self.mark(&[says, &[value.kind()]].concat());
        Ok(Node { value, mark })
    }

    /// A member that means nothing, now and then.
    fn unknown(&mut self, of: &str, typos: &Typos<'_>, members: &mut Vec<Member>) -> Result<()> {
        if self.draw.odd(12)? {
            let (name, near) = self.draw.pick(typos)?;
            let near = format!("did you mean {near}?");
            let mark = self.mark(&[of, "has no member", name, &near]);
            members.push(Member { name: name.to_owned(), mark, node: Value::Null.into() });
        }
        Ok(())
    }

    /// Names that differ.
    fn names(&mut self, most: usize) -> Result<BTreeSet<String>> {
        let count = self.draw.count(1, most)?;
        (0..count).map(|_| Ok(self.draw.pick(&NAMES)?.to_owned())).collect()
    }

    fn texts(&mut self, pool: &[&str], least: usize) -> Result<Vec<String>> {
        let count = self.draw.count(least, 3)?;
        (0..count).map(|_| Ok(self.draw.pick(pool)?.to_owned())).collect()
    }

    /// A list of strings; one alone may stand without brackets. Sometimes something stands among them.
    fn list(&mut self, of: &str, texts: &mut Vec<String>) -> Result<Node> {
        if self.draw.odd(20)? {
            texts.clear();
            return self.wrong(&["a list", "a string"], &[of, "not a list of strings"]);
        }
        if let [one] = texts.as_slice()
            && self.draw.odd(3)?
        {
            return Ok(Value::text(one).into());
        }
        let mut nodes: Vec<Node> = texts.iter().map(|text| Value::text(text).into()).collect();
        if self.draw.odd(20)? {
            let wrong = self.wrong(&["a string"], &["an item of", of])?;
            let at = self.draw.count(0, nodes.len())?;
            nodes.insert(at, wrong);
        }
        Ok(Value::List(nodes).into())
    }

    /// A number, sometimes as text.
    fn number(&mut self, number: i64) -> Result<Node> {
        let digits = number.to_string();
        Ok(match self.draw.odd(3)? {
            false => Value::Number(digits).into(),
            true if self.chance(3)? => Value::Text(format!(" {digits}\t")).into(),
            true => Value::Text(digits).into(),
        })
    }

    /// A switch, sometimes as text.
    fn switch(&mut self, on: bool) -> Result<Node> {
        let words = if on { ["true", "1"] } else { ["false", "0"] };
        Ok(if self.draw.odd(3)? { Value::text(self.draw.pick(&words)?).into() } else { Value::Bool(on).into() })
    }

    /// The members of an object in any order.
    fn shuffled(&mut self, mut members: Vec<Member>) -> Result<Value> {
        for last in (1..members.len()).rev() {
            if self.draw.odd(2)? {
                let other = self.draw.count(0, last)?;
                members.swap(last, other);
            }
        }
        Ok(Value::Object(members))
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

    fn schedule(&mut self) -> Result<Node> {
        let (node, queries) = self.queries(5)?;
        self.says.schedule = queries;
        Ok(node)
    }

    /// Queries, in the order of their names.
    fn queries(&mut self, most: usize) -> Result<(Node, Vec<Query>)> {
        let (mut members, mut queries) = (Vec::new(), BTreeMap::new());
        for name in self.names(most)? {
            let (member, query) = self.query(&name)?;
            members.push(member);
            queries.extend(query.map(|query| (name, query)));
        }
        let Value::Object(mut members) = self.shuffled(members)? else { return Ok((Value::Null.into(), Vec::new())) };
        // Of queries with one name the last counts.
        if self.draw.odd(10)?
            && let Some(name) = queries.keys().next()
        {
            members.insert(0, Member::new(name, Value::Object(vec![Member::new("query", Value::text("select 0"))])));
        }
        Ok((Value::Object(members).into(), queries.into_values().collect()))
    }

    fn gate(&mut self, of: &str, members: &mut Vec<Member>) -> Result<Gate> {
        let mut gate = Gate::default();
        if self.chance(4)? {
            gate.platform = self.draw.pick(&PLATFORMS)?.to_owned();
            members.push(Member::new("platform", Value::text(&gate.platform)));
        } else if self.draw.odd(30)? {
            let node = self.wrong(&["a string"], &["platform of", of, "not a string"])?;
            members.push(Member::new("platform", node));
        }
        if self.chance(6)? {
            gate.version = self.draw.pick(&["1.4.5", "99.0", "5", "five"])?.to_owned();
            members.push(Member::new("version", Value::text(&gate.version)));
        }
        if self.chance(6)? {
            let shard = self.draw.pick(&[0, 1, 50, 100, -1, i64::MAX])?;
            gate.shard = Some(shard);
            members.push(Member::new("shard", self.number(shard)?));
        } else if self.draw.odd(30)? {
            let node = self.wrong(&[], &["shard of", of, "not a whole number"])?;
            members.push(Member::new("shard", node));
        }
        Ok(gate)
    }

    /// A query, and what becomes of it.
    fn query(&mut self, name: &str) -> Result<(Member, Option<Query>)> {
        if self.draw.odd(10)? {
            return Ok((self.no_query(name)?, None));
        }
        let sql = self.draw.pick(&SQL)?;
        let mut members = vec![Member::new("query", Value::text(sql))];
        let of = format!("query {name}");
        let mut interval = None;
        if !self.chance(4)? {
            let seconds = self.draw.pick(&[60_u64, 1, 3600, 604_800, 10])?;
            interval = Some(seconds);
            members.push(Member::new("interval", self.number(seconds.cast_signed())?));
        }
        let snapshot = self.switched("snapshot", &of, false, &mut members)?;
        let removed = self.switched("removed", &of, true, &mut members)?;
        // The older name counts where the newer is not there.
        let denylist = if self.draw.odd(4)? { "blacklist" } else { "denylist" };
        let denylist = self.switched(denylist, &of, true, &mut members)?;
        let gate = self.gate(&of, &mut members)?;
        let mut startup_priority = None;
        if self.chance(8)? {
            startup_priority = Some(self.draw.pick(&[0, 1, -7, i64::MIN])?);
            members.push(Member::new("startup_priority", self.number(startup_priority.unwrap_or(0))?));
        }
        if self.chance(3)? {
            members.push(Member::new("description", Value::text("what it is for")));
        }
        self.unknown(&of, &[("intervall", "interval"), ("snapshots", "snapshot"), ("qeury", "query")], &mut members)?;
        let node = self.shuffled(members)?;
        let sql = sql.to_owned();
        let query = Query {
            name: name.to_owned(),
            sql,
            interval,
            snapshot,
            removed,
            denylist,
            gate,
            startup_priority,
            span: 0..0,
        };
        Ok((Member::new(name, node), Some(query)))
    }

    fn switched(&mut self, name: &str, of: &str, default: bool, members: &mut Vec<Member>) -> Result<bool> {
        if self.chance(4)? {
            let on = self.chance(2)?;
            members.push(Member::new(name, self.switch(on)?));
            return Ok(on);
        }
        if self.draw.odd(30)? {
            let node = self.wrong(&["true or false"], &[name, "of", of, "not true or false"])?;
            members.push(Member::new(name, node));
        }
        Ok(default)
    }

    /// A member that looks like a query and never runs.
    fn no_query(&mut self, name: &str) -> Result<Member> {
        const INTERVALS: [(&str, &str); 7] = [
            ("0", "0"),
            ("-5", "18446744073709551611"),
            ("604801", "604801"),
            ("1.5", "4609434218613702656"),
            ("\"x\"", "0"),
            ("\"\"", "0"),
            ("null", "0"),
        ];
        let sql = |value: Value| vec![Member::new("query", value)];
        let of = format!("query {name}");
        Ok(match self.draw.number(0, 4)? {
            0 => {
                let (interval, shown) = self.draw.pick(&INTERVALS)?;
                let value = match interval.strip_prefix('"') {
                    Some(text) => Value::text(text.trim_end_matches('"')),
                    None if interval == "null" => Value::Null,
                    None => Value::Number(interval.to_owned()),
                };
                let mark = self.mark(&[&format!("Query has invalid interval: {name}: {shown}")]);
                let members = [sql(Value::text("x")), vec![Member::new("interval", Node { value, mark })]].concat();
                Member::new(name, self.shuffled(members)?)
            }
            1 => {
                let node = self.wrong(&["a string"], &[&of, "never runs"])?;
                Member::new(name, Value::Object(vec![Member::new("query", node)]))
            }
            2 => {
                let mark = self.mark(&[&of, "has no member query"]);
                Member {
                    name: name.to_owned(),
                    mark,
                    node: Value::Object(vec![Member::new("interval", Value::Null)]).into(),
                }
            }
            3 => Member::new(name, self.wrong(&["an object"], &[&of, "not an object"])?),
            _ => {
                let name = format!("{}{name}{}", self.draw.pick(&["query.", "cache.", "config_views."])?, "_epoch");
                let mark = self.mark(&["Invalid query name", &name]);
                Member { name, mark, node: Value::Object(sql(Value::text("x"))).into() }
            }
        })
    }

    fn packs(&mut self) -> Result<Node> {
        let mut members = Vec::new();
        for name in self.names(3)? {
            let (node, pack) = match self.draw.number(0, 3)? {
                0 => {
                    let path = self.draw.pick(&PATHS)?.to_owned();
                    (Value::text(&path).into(), Some(Packs::File { name: name.clone(), path }))
                }
                1 if self.draw.odd(3)? => {
                    (self.wrong(&["a string", "an object"], &["pack", &name, "not an object"])?, None)
                }
                _ => self.pack(&name).map(|(node, pack)| (node, Some(Packs::Inline(pack))))?,
            };
            self.says.packs.extend(pack);
            members.push(Member::new(&name, node));
        }
        if self.chance(4)? {
            let path = self.draw.pick(&PATHS)?;
            self.says.packs.push(Packs::Glob(path.to_owned()));
            members.push(Member::new("*", Value::text(path)));
        }
        Ok(Value::Object(members).into())
    }

    fn pack(&mut self, name: &str) -> Result<(Node, Pack)> {
        let of = format!("pack {name}");
        let (node, queries) = self.queries(3)?;
        let mut members = vec![Member::new("queries", node)];
        let mut discovery = Vec::new();
        if self.chance(3)? {
            discovery = self.texts(&SQL, 1)?;
            let node = self.list("discovery", &mut discovery)?;
            members.push(Member::new("discovery", node));
        }
        let gate = self.gate(&of, &mut members)?;
        if self.draw.odd(5)? {
            members.push(Member::new("oncall", Value::Null));
        }
        self.unknown(&of, &[("shrad", "shard"), ("querys", "queries"), ("discovry", "discovery")], &mut members)?;
        let mark = if queries.is_empty() { self.mark(&[&of, "has no queries"]) } else { None };
        let value = self.shuffled(members)?;
        Ok((Node { value, mark }, Pack { name: name.to_owned(), queries, discovery, gate, oncall: None }))
    }

    fn decorators(&mut self) -> Result<Node> {
        let mut members = Vec::new();
        let mut decorators = Decorators::default();
        if self.chance(2)? {
            decorators.load = self.texts(&SQL, 0)?;
            members.push(Member::new("load", self.list("load", &mut decorators.load)?));
        }
        if self.chance(2)? {
            decorators.always = self.texts(&SQL, 0)?;
            members.push(Member::new("always", self.list("always", &mut decorators.always)?));
        }
        if self.chance(2)? {
            let mut by_seconds = Vec::new();
            for seconds in [60, 3600] {
                let mut texts = self.texts(&SQL, 0)?;
                by_seconds.push(Member::new(&seconds.to_string(), self.list("decorators", &mut texts)?));
                decorators.interval.insert(seconds, texts);
            }
            if self.draw.odd(4)? {
                let name = self.draw.pick(&["61", "0", "-60", "x", "60.0"])?;
                let mark = self.mark(&[&format!("Invalid decorator interval rate {name} in config source")]);
                by_seconds.push(Member { name: name.to_owned(), mark, node: Value::List(Vec::new()).into() });
            }
            members.push(Member::new("interval", self.shuffled(by_seconds)?));
        }
        self.unknown("decorators", &[("laod", "load"), ("alwyas", "always"), ("intervall", "interval")], &mut members)?;
        self.says.decorators = decorators;
        self.shuffled(members).map(Node::from)
    }

    fn views(&mut self) -> Result<Node> {
        let mut members = Vec::new();
        for name in self.names(3)? {
            let sql = self.draw.pick(&SQL)?;
            let node = if self.draw.odd(12)? {
                self.wrong(&["a string"], &["view", &name, "not a string"])?
            } else {
                self.says.views.insert(name.clone(), sql.to_owned());
                Value::text(sql).into()
            };
            members.push(Member::new(&name, node));
        }
        self.shuffled(members).map(Node::from)
    }

    fn constructed(&mut self) -> Result<Node> {
        let mut members = Vec::new();
        for name in self.names(2)? {
            let (sql, path) = (self.draw.pick(&SQL)?, self.draw.pick(&PATHS)?);
            let mut columns = vec!["a".to_owned(), "path_".to_owned()];
            let trouble = match self.draw.odd(4)? {
                false => None,
                true => Some(self.draw.pick(&["(missing query or path)", "(no columns)", "reserved column name"])?),
            };
            let mut of = vec![Member::new("query", Value::text(sql))];
            match trouble {
                Some("(missing query or path)") => {}
                _ => of.push(Member::new("path", Value::text(path))),
            }
            match trouble {
                Some("(no columns)") => columns.clear(),
                Some("reserved column name") => columns.push("path".to_owned()),
                _ => {}
            }
            of.push(Member::new("columns", Value::List(columns.iter().map(|name| Value::text(name).into()).collect())));
            let mark = trouble.and_then(|trouble| self.mark(&["ATC Table", &name, trouble]));
            let mut platform = String::new();
            if self.chance(3)? {
                platform = self.draw.pick(&PLATFORMS)?.to_owned();
                of.push(Member::new("platform", Value::text(&platform)));
            }
            let value = self.shuffled(of)?;
            members.push(Member { name: name.clone(), mark, node: value.into() });
            if trouble.is_none() {
                let (sql, path) = (sql.to_owned(), path.to_owned());
                self.says.constructed.push(Constructed { name, sql, path, columns, platform });
            }
        }
        Ok(Value::Object(members).into())
    }

    /// Lists by name.
    fn by_name(&mut self, what: &str, pool: &[&str]) -> Result<(Node, BTreeMap<String, Vec<String>>)> {
        let (mut members, mut lists) = (Vec::new(), BTreeMap::new());
        for name in self.names(3)? {
            let mut texts = self.texts(pool, 0)?;
            members.push(Member::new(&name, self.list(&format!("{name} of {what}"), &mut texts)?));
            lists.insert(name, texts);
        }
        Ok((self.shuffled(members)?.into(), lists))
    }

    fn lists(&mut self, what: &str, field: fn(&mut Files) -> &mut BTreeMap<String, Vec<String>>) -> Result<Node> {
        let (node, lists) = self.by_name(what, if what == "file_paths_query" { &SQL } else { &PATHS })?;
        *field(&mut self.says.files) = lists;
        Ok(node)
    }

    fn accesses(&mut self) -> Result<Node> {
        let mut names = self.texts(&NAMES, 0)?;
        let node = self.list("file_accesses", &mut names)?;
        self.says.files.accesses = names;
        Ok(node)
    }

    fn events(&mut self) -> Result<Node> {
        let mut members = Vec::new();
        let mut events = Events::default();
        for (name, field) in [
            ("enable_subscribers", &mut events.enabled),
            ("disable_subscribers", &mut events.disabled),
            ("environment_variables", &mut events.variables),
        ] {
            if self.chance(2)? {
                *field = self.texts(&NAMES, 0)?;
                members.push(Member::new(name, self.list(name, field)?));
            }
        }
        self.says.events = events;
        self.shuffled(members).map(Node::from)
    }

    fn yara(&mut self) -> Result<Node> {
        let mut members = Vec::new();
        let mut yara = Yara::default();
        if self.chance(2)? {
            let (node, lists) = self.by_name("signatures of yara", &PATHS)?;
            yara.signatures = lists;
            members.push(Member::new("signatures", node));
        }
        if self.chance(2)? {
            let (node, lists) = self.by_name("file_paths of yara", &NAMES)?;
            yara.file_paths = lists;
            members.push(Member::new("file_paths", node));
        }
        if self.chance(2)? {
            yara.urls = self.texts(&PATHS, 0)?;
            members.push(Member::new("signature_urls", self.list("signature_urls", &mut yara.urls)?));
        }
        self.unknown("yara", &[("signature", "signatures"), ("file_path", "file_paths")], &mut members)?;
        self.says.yara = yara;
        self.shuffled(members).map(Node::from)
    }

    fn prometheus(&mut self) -> Result<Node> {
        let mut urls = self.texts(&PATHS, 0)?;
        let mut members = vec![Member::new("urls", self.list("urls", &mut urls)?)];
        let mut timeout = None;
        if self.chance(2)? {
            timeout = Some(self.draw.pick(&[1, 60, 0])?);
            members.push(Member::new("timeout", self.number(timeout.unwrap_or(0))?));
        }
        self.says.prometheus = Some(Prometheus { urls, timeout });
        self.shuffled(members).map(Node::from)
    }
}
