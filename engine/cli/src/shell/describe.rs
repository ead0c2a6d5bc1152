//! Dot commands that tell about tables and about the shell itself.

use super::words::quote;
use super::{Ran, Shell, run};
use crate::console::Closed;
use crate::output::{Cells, Printer};
use crate::sql::{Cell, Engine, ResultColumn, SqlError};
use plumb_agent::flags::{self, Kind};
use plumb_schema::{DeclaredTable, Platforms};

/// The version of this build.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A row of texts.
struct Texts<'a>([&'a str; 2]);

impl Cells for Texts<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }
    fn at(&self, index: usize) -> Cell<'_> {
        self.0.get(index).map_or(Cell::Null, |text| Cell::Text(text.as_bytes()))
    }
}

impl Shell {
    pub(super) fn table_names(&mut self, prefix: &str) -> Result<(), Closed> {
        for table in self.tables.on(Platforms::CURRENT).filter(|table| table.name().starts_with(prefix)) {
            self.console.print(&format!("  => {}", table.name()))?;
        }
        self.console.flush()
    }

    pub(super) fn schema(&mut self, prefix: &str) -> Result<(), Closed> {
        for table in self.tables.on(Platforms::CURRENT).filter(|table| table.name().starts_with(prefix)) {
            let declared = DeclaredTable::new(table, Platforms::CURRENT).sql();
            self.console.print(&format!("CREATE TABLE {}{declared};", table.name()))?;
        }
        Ok(())
    }

    /// The columns of a statement's result, as rows; nothing is run.
    pub(super) fn types(&mut self, sql: &str) -> Ran {
        let described = self.open_engine().and_then(|()| match &mut self.engine {
            Some(engine) => engine.describe(sql),
            None => Ok(Vec::new()),
        });
        if let Some(engine) = &mut self.engine {
            run::log_engine(engine, &mut self.console);
        }
        match described {
            Ok(columns) => self.print_types(&columns).into(),
            Err(error) => match self.print_error(&error) {
                Ok(()) => Ran::Failed(1),
                Err(closed) => Ran::Stop(closed.code),
            },
        }
    }

    fn print_types(&mut self, columns: &[ResultColumn]) -> Result<(), Closed> {
        let style = self.session.style(&self.flags);
        let mut printer = Printer::new(&mut self.console.out, &style);
        printer.names(&["name", "type"]);
        let mut rows = columns.iter().map(|column| Texts([column.name.as_str(), column.decltype.as_str()]));
        let printed = rows.try_for_each(|row| printer.print(&row)).and_then(|()| printer.finish());
        self.console.judge(printed)
    }

    fn print_error(&mut self, error: &SqlError) -> Result<(), Closed> {
        self.console.print(&format!("Error {}: {error}", error.code()))
    }

    pub(super) fn versions(&mut self) -> Result<(), Closed> {
        self.console.print(&format!("plumb {VERSION}"))?;
        self.console.print(&format!("using SQLite {}", Engine::sqlite_version()))
    }

    pub(super) fn socket(&mut self) -> Ran {
        let path = self.flags.text("extensions_socket").to_owned();
        self.console.print(&path).into()
    }

    /// Switches that enable or disable something.
    pub(super) fn features(&mut self) -> Ran {
        let is_feature = |name: &str| name.starts_with("disable_") || name.starts_with("enable_");
        let mut names: Vec<&str> = flags::all()
            .filter(|spec| spec.kind == Kind::Bool && is_feature(spec.name))
            .map(|spec| spec.name)
            .collect();
        names.sort_unstable();
        for name in names {
            if let Err(closed) = self.console.print(&format!("{name}: {}", self.flags.bool(name))) {
                return Ran::Stop(closed.code);
            }
        }
        Ran::Well
    }

    pub(super) fn show(&mut self) -> Result<(), Closed> {
        self.console.print("Plumb - a line that tells whether a host is true.")?;
        self.console.print(&"~".repeat(45))?;
        self.versions()?;
        let flag = |name: &str| self.flags.text(name).to_owned();
        let config = match flag("config_plugin") {
            plugin if plugin == "filesystem" => format!("{plugin} ({})", flag("config_path")),
            plugin => plugin,
        };
        let general = [
            ("Flagfile", flag("flagfile")),
            ("Config", config),
            ("Logger", flag("logger_plugin")),
            ("Distributed", flag("distributed_plugin")),
            ("Database", "ephemeral".to_owned()),
            ("Extensions", String::new()),
            ("Socket", flag("extensions_socket")),
        ];
        let session = &self.session;
        let on = |on: bool| if on { "on" } else { "off" }.to_owned();
        let output = match flag("output") {
            output if output.is_empty() || output == "-" => "stdout".to_owned(),
            output => output,
        };
        let own = [
            ("echo", on(session.echo)),
            ("headers", on(session.header)),
            ("mode", session.look.name().to_owned()),
            ("nullvalue", quote(&session.null)),
            ("output", output),
            ("separator", quote(&session.separator)),
            ("width", session.widths.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        ];
        self.section("General settings:", &general)?;
        self.section("Shell settings:", &own)?;
        self.console.print("\nNon-default flags/options:")?;
        let changed: Vec<String> = self.flags.changed().map(|(name, value)| format!("  {name}: {value}")).collect();
        changed.iter().try_for_each(|line| self.console.print(line))
    }

    fn section(&mut self, heading: &str, lines: &[(&str, String)]) -> Result<(), Closed> {
        self.console.print(&format!("\n{heading}"))?;
        lines.iter().try_for_each(|(name, value)| self.console.print(format!("{name:>13}: {value}").trim_end()))
    }
}
