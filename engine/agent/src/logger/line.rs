//! Lines of result logs: the text that people's pipelines read, in osquery's order of members.

use crate::differ::record::{Field, push_object, push_text};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// What all lines of one run of a query share.
#[derive(Clone, Debug, Default)]
pub struct Envelope<'a> {
    /// The query's name.
    pub name: &'a str,
    /// What the host calls itself.
    pub host: &'a str,
    /// Unix time of the run.
    pub time: i64,
    /// See [`Changes::epoch`](crate::differ::Changes::epoch).
    pub epoch: i64,
    /// See [`Changes::counter`](crate::differ::Changes::counter).
    pub counter: i64,
    /// What decorators said.
    pub decorations: BTreeMap<String, String>,
    /// How it is written.
    pub style: Style,
}

/// How lines are written: what flags say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Numbers are numbers.
    pub numerics: bool,
    /// Decorations stand among the members of the line.
    pub decorations_at_top: bool,
}

/// What has happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is there.
    Snapshot,
}

impl Action {
    const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Snapshot => "snapshot",
        }
    }
}

impl Envelope<'_> {
    /// `"name":…` up to `"numerics":…`.
    fn members(&self, json: &mut Vec<u8>) {
        let text = |name: &str, value: &str, json: &mut Vec<u8>| {
            json.extend(name.bytes());
            push_text(value, json);
        };
        text("\"name\":", self.name, json);
        text(",\"hostIdentifier\":", self.host, json);
        text(",\"calendarTime\":", &calendar_time(self.time), json);
        let Self { time, epoch, counter, style: Style { numerics, .. }, .. } = self;
        let rest = format!(",\"unixTime\":{time},\"epoch\":{epoch},\"counter\":{counter},\"numerics\":{numerics}");
        json.extend(rest.bytes());
    }

    /// `,"decorations":{…}`, or its members alone.
    fn decorations(&self, json: &mut Vec<u8>) {
        if self.decorations.is_empty() {
            return;
        }
        json.extend(if self.style.decorations_at_top { &b","[..] } else { b",\"decorations\":{" });
        for (place, (name, value)) in self.decorations.iter().enumerate() {
            if place > 0 {
                json.push(b',');
            }
            push_text(name, json);
            json.push(b':');
            push_text(value, json);
        }
        if !self.style.decorations_at_top {
            json.push(b'}');
        }
    }

    /// The writer of one line a row.
    #[must_use]
    pub fn events(&self) -> Events {
        let mut head = b"{".to_vec();
        self.members(&mut head);
        self.decorations(&mut head);
        head.extend(b",\"columns\":");
        Events { head, numerics: self.style.numerics, line: Vec::new() }
    }

    /// One line with all rows of a change, which the caller gives as JSON arrays.
    #[must_use]
    pub fn batch(&self, removed: &Rows, added: &Rows) -> Vec<u8> {
        let mut line = b"{\"diffResults\":{\"removed\":".to_vec();
        line.extend(removed.array());
        line.extend(b",\"added\":");
        line.extend(added.array());
        line.extend(b"},");
        self.members(&mut line);
        self.decorations(&mut line);
        line.push(b'}');
        line
    }

    /// One line with all rows of a result.
    #[must_use]
    pub fn snapshot(&self, rows: &Rows) -> Vec<u8> {
        let mut line = b"{\"snapshot\":".to_vec();
        line.extend(rows.array());
        line.extend(b",\"action\":\"snapshot\",");
        self.members(&mut line);
        self.decorations(&mut line);
        line.push(b'}');
        line
    }
}

/// Writes one line a row. What lines share is made once.
#[derive(Debug)]
pub struct Events {
    head: Vec<u8>,
    numerics: bool,
    line: Vec<u8>,
}

impl Events {
    /// The line of a row, without a newline.
    pub fn line(&mut self, names: &[String], fields: &[Field], action: Action) -> &[u8] {
        self.line.clear();
        self.line.extend(&self.head);
        push_object(names, fields, self.numerics, &mut self.line);
        self.line.extend(b",\"action\":\"");
        self.line.extend(action.word().bytes());
        self.line.extend(b"\"}");
        &self.line
    }
}

/// Rows as members of a JSON array.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    json: Vec<u8>,
}

impl Rows {
    /// Adds a row.
    pub fn push(&mut self, names: &[String], fields: &[Field], numerics: bool) {
        self.json.push(if self.json.is_empty() { b'[' } else { b',' });
        push_object(names, fields, numerics, &mut self.json);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// The array.
    fn array(&self) -> Vec<u8> {
        if self.json.is_empty() {
            return b"[]".to_vec();
        }
        [self.json.as_slice(), b"]"].concat()
    }
}

/// asctime(3) in UTC: `Mon Nov 23 03:56:56 2026 UTC`.
#[must_use]
pub fn calendar_time(time: i64) -> String {
    let time = Timestamp::from_second(time).unwrap_or_default().to_zoned(TimeZone::UTC);
    time.strftime("%a %b %e %H:%M:%S %Y UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(style: Style, decorations: &[(&str, &str)]) -> Envelope<'static> {
        let decorations = decorations.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Envelope { name: "q_diff", host: "vm", time: 1_795_406_216, epoch: 0, counter: 0, decorations, style }
    }

    const NAMES: [&str; 3] = ["n", "path", "size"];

    fn row() -> (Vec<String>, Vec<Field>) {
        (NAMES.map(str::to_owned).into(), vec![Field::Int(1), Field::Text("R/watch/f1".to_owned()), Field::Int(2)])
    }

    fn text(line: &[u8]) -> &str {
        std::str::from_utf8(line).expect("UTF-8")
    }

    #[test]
    fn events() {
        let (names, fields) = row();
        let shown = [("dec_always", "A1"), ("dec_load", "L1")];
        let mut events = envelope(Style::default(), &shown).events();
        let head = r#"{"name":"q_diff","hostIdentifier":"vm","calendarTime":"Mon Nov 23 03:56:56 2026 UTC","unixTime":1795406216,"epoch":0,"counter":0,"numerics":false"#;
        let expect = format!(
            r#"{head},"decorations":{{"dec_always":"A1","dec_load":"L1"}},"columns":{{"n":"1","path":"R/watch/f1","size":"2"}},"action":"added"}}"#
        );
        assert_eq!(text(events.line(&names, &fields, Action::Added)), expect);
        let mut plain = envelope(Style::default(), &[]).events();
        let expect = format!(r#"{head},"columns":{{"n":"1","path":"R/watch/f1","size":"2"}},"action":"removed"}}"#);
        assert_eq!(text(plain.line(&names, &fields, Action::Removed)), expect);
        let style = Style { numerics: true, decorations_at_top: true };
        let line = envelope(style, &shown).events().line(&names, &fields, Action::Snapshot).to_vec();
        assert!(text(&line).ends_with(r#""numerics":true,"dec_always":"A1","dec_load":"L1","columns":{"n":1,"path":"R/watch/f1","size":2},"action":"snapshot"}"#));
    }

    #[test]
    fn batches_and_snapshots() {
        let (names, fields) = row();
        let mut rows = Rows::default();
        rows.push(&names, &fields, false);
        rows.push(&names, &fields, false);
        let tail = r#""name":"q_diff","hostIdentifier":"vm","calendarTime":"Mon Nov 23 03:56:56 2026 UTC","unixTime":1795406216,"epoch":0,"counter":0,"numerics":false"#;
        let object = r#"{"n":"1","path":"R/watch/f1","size":"2"}"#;
        let envelope = envelope(Style::default(), &[]);
        let batch = format!(r#"{{"diffResults":{{"removed":[],"added":[{object},{object}]}},{tail}}}"#);
        assert_eq!(text(&envelope.batch(&Rows::default(), &rows)), batch);
        let snapshot = format!(r#"{{"snapshot":[{object},{object}],"action":"snapshot",{tail}}}"#);
        assert_eq!(text(&envelope.snapshot(&rows)), snapshot);
        assert!(text(&envelope.snapshot(&Rows::default())).starts_with(r#"{"snapshot":[],"#));
    }

    #[test]
    fn times() {
        assert_eq!(calendar_time(0), "Thu Jan  1 00:00:00 1970 UTC");
        assert_eq!(calendar_time(i64::MAX), "Thu Jan  1 00:00:00 1970 UTC");
    }
}
