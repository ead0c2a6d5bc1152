//! What else a configuration can say: decorators, views, tables of its own, files, events, and what other parts read.

use super::super::written::{Member, Node, Value};
use super::{NAMES, PATHS, PLATFORMS, SQL, Sections};
use arbitrary::Result;
use plumb_agent::config::{Constructed, Decorators, Events, Files, Prometheus, Yara};
use std::collections::BTreeMap;
impl Sections<'_, '_> {
    pub(super) fn decorators(&mut self) -> Result<Node> {
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

    pub(super) fn views(&mut self) -> Result<Node> {
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

    pub(super) fn constructed(&mut self) -> Result<Node> {
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

    pub(super) fn lists(
        &mut self,
        what: &str,
        field: fn(&mut Files) -> &mut BTreeMap<String, Vec<String>>,
    ) -> Result<Node> {
        let (node, lists) = self.by_name(what, if what == "file_paths_query" { &SQL } else { &PATHS })?;
        *field(&mut self.says.files) = lists;
        Ok(node)
    }

    pub(super) fn accesses(&mut self) -> Result<Node> {
        let mut names = self.texts(&NAMES, 0)?;
        let node = self.list("file_accesses", &mut names)?;
        self.says.files.accesses = names;
        Ok(node)
    }

    pub(super) fn events(&mut self) -> Result<Node> {
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

    pub(super) fn yara(&mut self) -> Result<Node> {
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

    pub(super) fn prometheus(&mut self) -> Result<Node> {
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
