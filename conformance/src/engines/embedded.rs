//! This agent, in process, over any host.

use super::{Capabilities, Engine};
use crate::answer::{Cell, Row};
use plumb_host::Host;
use plumb_schema::{Registry, Unattended};
use plumb_sql::{Budget, ResultColumn, Settings, Sink, render_real};
use std::io;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub struct Embedded {
    /// The engine itself, for what only it can do.
    pub engine: plumb_sql::Engine,
    /// What it can do. A live host is not steady: who opens one says so.
    pub capabilities: Capabilities,
}

impl Embedded {
    /// An engine with all tables over a host.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn new(host: Arc<dyn Host>) -> Result<Self, String> {
        Self::with(host, plumb_tables::registry(), Budget::default())
    }

    /// An engine with some tables and a budget.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn with(host: Arc<dyn Host>, registry: Registry, budget: Budget) -> Result<Self, String> {
        let agent = Arc::new(Unattended(registry.clone()));
        let settings = Settings { registry, host, agent, budget, planner: false };
        Self::open(settings)
    }

    /// An engine with settings of one's own.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn open(settings: Settings) -> Result<Self, String> {
        let budget = settings.budget.time.or(settings.budget.cpu).is_some();
        let capabilities = Capabilities { exact: true, steady: true, any_question: true, budget };
        plumb_sql::Engine::open(settings).map(|engine| Self { engine, capabilities }).map_err(|error| error.to_string())
    }
}

#[derive(Default)]
struct Collect {
    names: Vec<String>,
    rows: Vec<Row>,
}

impl Sink for Collect {
    fn begin(&mut self, columns: &[ResultColumn]) -> io::Result<()> {
        self.names = columns.iter().map(|column| column.name.clone()).collect();
        Ok(())
    }

    fn row(&mut self, row: &plumb_sql::Row<'_>) -> io::Result<()> {
        let cells = self.names.iter().enumerate().map(|(place, name)| (name.clone(), cell(row.cell(place))));
        self.rows.push(cells.collect());
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cell(cell: plumb_sql::Cell<'_>) -> Cell {
    match cell {
        plumb_sql::Cell::Null => None,
        plumb_sql::Cell::Int(int) => Some(int.to_string().into_bytes()),
        plumb_sql::Cell::Real(real) => Some(render_real(real).into_bytes()),
        plumb_sql::Cell::Text(bytes) | plumb_sql::Cell::Blob(bytes) => Some(bytes.to_vec()),
    }
}

impl Engine for Embedded {
    fn ask(&mut self, sql: &str) -> Result<Vec<Row>, String> {
        let mut collect = Collect::default();
        self.engine.run(sql, &mut collect).map_err(|error| error.to_string())?;
        Ok(collect.rows)
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }
}
