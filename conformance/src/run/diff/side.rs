//! One of two agents.

use crate::answer::Row;
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::engines::shell::Shell;
use crate::run::{Chosen, Unpacked, host};
use plumb_host::{Host, Live};
use std::sync::Arc;

/// See the module.
pub(super) struct Side {
    pub(super) name: String,
    pub(super) engine: Box<dyn Asked>,
}

/// An engine, and what went wrong with it.
pub(super) trait Asked: Engine {
    fn troubles(&self) -> &[String] {
        &[]
    }

    fn is_program(&self) -> bool {
        false
    }
}

impl Asked for Embedded {}

impl Asked for Shell {
    fn troubles(&self) -> &[String] {
        &self.troubles
    }

    fn is_program(&self) -> bool {
        true
    }
}

impl Side {
    /// An agent over a host, which lies in a directory too if somebody needs it there.
    pub(super) fn new(name: &str, chosen: Option<&Chosen>, root: Option<&Unpacked>) -> Result<Self, String> {
        let name = name.to_owned();
        let engine: Box<dyn Asked> = match (name.strip_prefix("embedded:"), chosen) {
            (Some(fixture), _) => Box::new(Embedded::new(host(fixture)?.host)?),
            (None, Some(chosen)) if name == "embedded" => Box::new(Embedded::new(match root {
                Some(root) => root.host()?,
                None => Arc::clone(&chosen.host),
            })?),
            (None, None) if name == "embedded" => {
                let host: Arc<dyn Host> = Arc::new(Live::new().map_err(|error| error.to_string())?);
                Box::new(Embedded::new(host)?)
            }
            _ => Box::new(Shell::new(&root.map_or_else(|| name.clone(), |root| root.command(&name)))?),
        };
        Ok(Self { name, engine })
    }

    pub(super) fn ask(&mut self, statements: &[String]) -> Vec<Result<Vec<Row>, String>> {
        self.engine.ask_many(statements)
    }

    pub(super) fn is_program(&self) -> bool {
        self.engine.is_program()
    }

    /// Statements that made it crash or hang, and what happened.
    pub(super) fn troubles(&self) -> Vec<(String, String)> {
        let parts = |trouble: &String| {
            let (sql, why) = trouble.rsplit_once("\n  ").unwrap_or((trouble.as_str(), "crashed"));
            (sql.to_owned(), why.to_owned())
        };
        self.engine.troubles().iter().map(parts).collect()
    }
}
