//! Decorators: queries of which the first row goes into every log line.

use super::text_of;
use crate::glog::Severity;
use crate::here;
use crate::logger::hub::Hub;
use plumb_sql::{Engine, ResultColumn, Row, Sink};
use std::collections::BTreeMap;
use std::io;

/// Asks a decorator. A later one overwrites what an earlier one said under the same name; one that fails says nothing.
pub(super) fn ask(engine: &mut Engine, sql: &str, hub: &Hub, decorations: &mut BTreeMap<String, String>) {
    let mut first = First { names: Vec::new(), rows: 0, decorations };
    let asked = engine.run(sql, &mut first);
    if first.rows > 1 {
        let text = format!("Multiple rows returned for decorator query: {sql}");
        hub.say(Severity::Warning, here!(), &text);
    }
    if let Err(error) = asked {
        hub.say(Severity::Warning, here!(), &format!("decorator query failed: {sql}: {error}"));
    }
}

struct First<'a> {
    names: Vec<String>,
    rows: u64,
    decorations: &'a mut BTreeMap<String, String>,
}

impl Sink for First<'_> {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        self.names = columns.iter().map(|column| column.name.clone()).collect();
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.rows += 1;
        if self.rows == 1 {
            for (place, name) in self.names.iter().enumerate() {
                self.decorations.insert(name.clone(), text_of(row.cell(place)));
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
