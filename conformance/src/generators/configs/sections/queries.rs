//! Queries: the schedule, and packs of them.

use super::super::written::{Member, Node, Value};
use super::{PATHS, PLATFORMS, SQL, Sections};
use arbitrary::Result;
use plumb_agent::config::Packs;
use plumb_agent::config::query::{Gate, Pack, Query};
use std::collections::BTreeMap;
impl Sections<'_, '_> {
    pub(super) fn schedule(&mut self) -> Result<Node> {
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

    pub(super) fn packs(&mut self) -> Result<Node> {
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
}
