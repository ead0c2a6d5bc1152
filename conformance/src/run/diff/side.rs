//! One of two agents.

use crate::engines::embedded::Embedded;
use crate::engines::shell::{Shell, Until};
use crate::engines::{Engine, Timed};
use crate::run::{Chosen, Unpacked, host};
use plumb_host::{Host, Live};
use std::sync::Arc;

/// See the module.
pub(super) struct Side {
    pub(super) name: String,
    pub(super) engine: Box<dyn Engine>,
    /// Whether it is a program, which answers in JSON.
    pub(super) is_program: bool,
}

impl Side {
    /// An agent over a host, which lies in a directory too if somebody needs it there.
    pub(super) fn new(
        name: &str,
        chosen: Option<&Chosen>,
        root: Option<&Unpacked>,
        until: &Until,
    ) -> Result<Self, String> {
        let name = name.to_owned();
        let engine: Box<dyn Engine> = match (name.strip_prefix("embedded:"), chosen) {
            (Some(fixture), _) => Box::new(Embedded::new(host(fixture)?.host)?),
            (None, Some(chosen)) if name == "embedded" => Box::new(Embedded::new(match root {
                Some(root) => root.host()?,
                None => Arc::clone(&chosen.host),
            })?),
            (None, None) if name == "embedded" => {
                let host: Arc<dyn Host> = Arc::new(Live::new().map_err(|error| error.to_string())?);
                Box::new(Embedded::new(host)?)
            }
            _ => {
                let mut shell = Shell::new(&root.map_or_else(|| name.clone(), |root| root.command(&name)))?;
                shell.until = until.clone();
                Box::new(shell)
            }
        };
        let is_program = !name.starts_with("embedded");
        Ok(Self { name, engine, is_program })
    }

    pub(super) fn ask(&mut self, statements: &[String]) -> Vec<Timed> {
        self.engine.ask_timed(statements)
    }
}
