//! What dot commands may change while a shell runs.

use crate::output::{Mode, Style};
use plumb_agent::flags::Flags;

/// An output mode as the prompt knows it. Whether `pretty` is a box or JSON is up to the flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Line,
    Column,
    List,
    Csv,
    Pretty,
}

impl Look {
    /// By a name or its beginning; `lines` and `columns` are understood too.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let looks = [
            ("lines", Self::Line),
            ("columns", Self::Column),
            ("list", Self::List),
            ("pretty", Self::Pretty),
            ("csv", Self::Csv),
        ];
        looks.into_iter().find(|(look, _)| !name.is_empty() && look.starts_with(name)).map(|(_, look)| look)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Column => "column",
            Self::List => "list",
            Self::Csv => "csv",
            Self::Pretty => "pretty",
        }
    }
}

/// The settings of a session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) look: Look,
    pub(super) header: bool,
    pub(super) null: String,
    pub(super) separator: String,
    pub(super) widths: Vec<i32>,
    pub(super) echo: bool,
    pub(super) bail: bool,
    pub(super) timer: bool,
}

impl Session {
    pub(super) fn new(flags: &Flags) -> Self {
        let look = if flags.bool("list") {
            Look::List
        } else if flags.bool("line") {
            Look::Line
        } else if flags.bool("csv") {
            Look::Csv
        } else {
            Look::Pretty
        };
        Self {
            look,
            header: flags.bool("header"),
            null: flags.text("nullvalue").to_owned(),
            separator: flags.text("separator").to_owned(),
            widths: Vec::new(),
            echo: false,
            bail: false,
            timer: false,
        }
    }

    pub(super) fn style(&self, flags: &Flags) -> Style {
        let mode = match self.look {
            Look::Line => Mode::Line,
            Look::Column => Mode::Column,
            Look::List => Mode::List,
            Look::Csv => Mode::Csv,
            Look::Pretty if flags.bool("json_pretty") => Mode::JsonPretty,
            Look::Pretty if flags.bool("json") => Mode::Json,
            Look::Pretty => Mode::Box,
        };
        Style {
            mode,
            header: self.header,
            null: self.null.clone(),
            pretty_null: flags.text("nullvalue").to_owned(),
            separator: self.separator.clone(),
            widths: self.widths.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_agent::flags::Origin;

    #[test]
    fn precedence_of_modes() {
        for (given, mode) in [
            (&[][..], Mode::Box),
            (&["json"], Mode::Json),
            (&["json", "json_pretty"], Mode::JsonPretty),
            (&["json", "csv"], Mode::Csv),
            (&["csv", "line"], Mode::Line),
            (&["line", "list", "csv", "json"], Mode::List),
        ] {
            let mut flags = Flags::default();
            for name in given {
                flags.set(name, "true", Origin::CommandLine).unwrap();
            }
            assert_eq!(Session::new(&flags).style(&flags).mode, mode, "{given:?}");
        }
    }

    #[test]
    fn names_of_modes() {
        for (name, look) in [
            ("line", Some(Look::Line)),
            ("lines", Some(Look::Line)),
            ("column", Some(Look::Column)),
            ("columns", Some(Look::Column)),
            ("csv", Some(Look::Csv)),
            ("list", Some(Look::List)),
            ("lis", Some(Look::List)),
            ("pretty", Some(Look::Pretty)),
            ("json", None),
            ("", None),
            ("listing", None),
        ] {
            assert_eq!(Look::parse(name), look, "{name}");
        }
    }
}
