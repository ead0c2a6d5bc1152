//! The views of a configuration, made in an engine.

use plumb_sql::{Discard, Engine};
use std::fmt;

/// A view that is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its name.
    pub name: String,
    /// Why not.
    pub why: String,
    /// Whether it is for its name or form, and not for what SQLite says of its SQL.
    pub certain: bool,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "view {} cannot be made: {}", self.name, self.why)
    }
}

/// Makes the views. One that has the name of a table is not made: queries would see the table all the same.
pub fn add<'v>(views: impl IntoIterator<Item = (&'v str, &'v str)>, engine: &mut Engine) -> Vec<Refused> {
    let mut refused = Vec::new();
    for (name, sql) in views {
        if let Err((why, certain)) = add_one(engine, name, sql) {
            refused.push(Refused { name: name.to_owned(), why, certain });
        }
    }
    refused
}

fn add_one(engine: &mut Engine, name: &str, sql: &str) -> Result<(), (String, bool)> {
    if engine.registry().get(&name.to_ascii_lowercase()).is_some() {
        return Err(("a table has this name".to_owned(), true));
    }
    let analysis = engine.analyse(sql);
    if analysis.statements.len() > 1 {
        return Err(("it is more than one statement".to_owned(), true));
    }
    let plain = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let quoted = if name.starts_with(|char: char| char.is_ascii_alphabetic()) && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    };
    engine.run(&format!("CREATE VIEW {quoted} AS {sql}"), &mut Discard).map_err(|error| (error.to_string(), false))
}
