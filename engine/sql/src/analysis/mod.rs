//! What a text of SQL means, found out without running it: the tables and columns that each statement uses, what its result
//! columns are, and what is wrong with it or looks wrong, with places.
//!
//! Names are resolved as SQLite resolves them, quirks included: the oracle *parser_agreement* holds what is found here
//! against what SQLite's authorizer sees while it prepares the same text.

mod checks;
mod common;
mod expr;
mod from;
mod help;
mod join;
mod make;
mod parse;
mod render;
mod same;
mod schema;
mod scope;
mod select;
mod star;
mod statement;
#[cfg(test)]
mod tests;
mod token;

pub use render::{Block, Excerpt, render};
pub use schema::{Catalogue, Functions, Shape, ShapeColumn};

use std::collections::BTreeSet;
use std::ops::Range;

/// A column: its table and its name.
pub type ColumnName = (String, String);

/// What a text means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    /// Its statements, without those that could not be parsed.
    pub statements: Vec<Statement>,
    /// What is wrong with it, or looks wrong, in the order of places.
    pub diagnostics: Vec<Diagnostic>,
}

impl Analysis {
    /// Where the first statement names a table.
    pub(crate) fn place_of_table(&self, name: &str) -> Option<Range<usize>> {
        let tables = self.statements.first().map(|statement| statement.tables.as_slice()).unwrap_or_default();
        tables.iter().find(|used| used.name == name).map(|used| used.span.clone())
    }

    /// Whether something is wrong.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// What a statement uses and gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// Where it stands.
    pub span: Range<usize>,
    /// The tables and views that it names, those inside views included.
    pub tables: Vec<TableUse>,
    /// The columns that it reads, by table. A rowid is called `ROWID`.
    pub columns: BTreeSet<ColumnName>,
    /// Those of them that joins by USING and NATURAL compare.
    pub joined: BTreeSet<ColumnName>,
    /// Its result columns.
    pub results: Vec<ResultColumn>,
    /// The names of its common table expressions.
    pub expressions: BTreeSet<String>,
}

/// A table that a statement uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableUse {
    /// Its name as declared.
    pub name: String,
    /// What the statement calls it, if not by its name.
    pub alias: Option<String>,
    /// Where it is named; for a table inside a view, where the view is.
    pub span: Range<usize>,
}

/// A result column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// The column of a table whose values it has; `None` for a computed one.
    pub origin: Option<ColumnName>,
    /// The type that the origin was declared with.
    pub kind: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The statement cannot run.
    Error,
    /// The statement runs, but hardly as it was meant.
    Warning,
}

/// What a diagnostic is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// Not SQL, as SQLite understands it.
    Syntax,
    /// Longer than what is analysed, or above a limit of SQLite's.
    TooLong,
    /// Nested more deeply than SQLite lets statements be.
    TooDeep,
    /// A table that there is not.
    UnknownTable,
    /// A table that is known, and that there is not yet.
    NotYet,
    /// A column that there is not, or that cannot be seen from there.
    UnknownColumn,
    /// A function that there is not.
    UnknownFunction,
    /// A column that several tables have.
    AmbiguousColumn,
    /// A function with too few or too many arguments.
    WrongArguments,
    /// Too few or too many columns, or a place that no column has.
    WrongColumns,
    /// A common table expression or a view that needs itself.
    CircularReference,
    /// A table that is no function, or a view that is no table.
    NotATable,
    /// A table, view or common table expression of a name that is taken.
    AlreadyExists,
    /// A kind of statement that the agent does not run.
    NotAuthorized,
    /// A change to a table that only reads.
    ReadOnly,
    /// Text in double quotes, which are for names.
    TextInDoubleQuotes,
    /// A table that cannot be read without a constraint, and has none.
    MissingConstraint,
    /// A read that goes through a whole tree of files, or a very large table.
    UnboundedScan,
    /// A join of every row with every row.
    CartesianJoin,
    /// A comparison that no row can satisfy.
    NeverTrue,
    /// Text that is compared with a number letter by letter.
    TextOrder,
    /// Anything else that SQLite refuses.
    Refused,
}

impl Code {
    /// Its name, which stays the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::TooLong => "too-long",
            Self::TooDeep => "too-deep",
            Self::UnknownTable => "unknown-table",
            Self::NotYet => "not-yet",
            Self::UnknownColumn => "unknown-column",
            Self::UnknownFunction => "unknown-function",
            Self::AmbiguousColumn => "ambiguous-column",
            Self::WrongArguments => "wrong-arguments",
            Self::WrongColumns => "wrong-columns",
            Self::CircularReference => "circular-reference",
            Self::NotATable => "not-a-table",
            Self::AlreadyExists => "already-exists",
            Self::NotAuthorized => "not-authorized",
            Self::ReadOnly => "read-only",
            Self::TextInDoubleQuotes => "text-in-double-quotes",
            Self::MissingConstraint => "missing-constraint",
            Self::UnboundedScan => "unbounded-scan",
            Self::CartesianJoin => "cartesian-join",
            Self::NeverTrue => "never-true",
            Self::TextOrder => "text-order",
            Self::Refused => "refused",
        }
    }
}

/// Something that is wrong with a text, or looks wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub code: Code,
    /// What is wrong, in SQLite's words where SQLite has words for it.
    pub message: String,
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn error(code: Code, span: Range<usize>, message: String) -> Self {
        Self { severity: Severity::Error, code, message, span, help: None }
    }

    pub(crate) fn warning(code: Code, span: Range<usize>, message: String) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    pub(crate) fn with_help(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }
}

/// The names in a text, in lower case, each once.
pub(crate) fn words(sql: &str) -> BTreeSet<String> {
    use token::Kind;
    let names = token::tokens(sql).into_iter().filter(|token| matches!(token.kind, Kind::Name | Kind::Text));
    names
        .filter_map(|token| sql.get(token.start..token.end))
        .map(|name| parse::unquote(name).to_ascii_lowercase())
        .collect()
}

/// The token that begins at a place, or the place itself.
pub(crate) fn token_at(sql: &str, place: usize) -> Range<usize> {
    let token = token::tokens(sql).into_iter().find(|token| token.start == place);
    token.map_or(place..place, |token| token.start..token.end)
}

/// Texts with more tokens than this can nest deeply, and are analysed on a stack of [`STACK`] bytes.
const SMALL: usize = 200;

/// Enough for what SQLite's own limits let nest.
const STACK: usize = 64 << 20;

/// Says what a text means.
#[must_use]
pub fn analyse(sql: &str, catalogue: &Catalogue) -> Analysis {
    // SQLite reads no further than a NUL.
    let sql = sql.split('\0').next().unwrap_or_default();
    if sql.len() > parse::LONGEST {
        let message = format!("the text is longer than {} MiB: it is not analysed", parse::LONGEST >> 20);
        let diagnostics = vec![Diagnostic::error(Code::TooLong, 0..0, message)];
        return Analysis { statements: Vec::new(), diagnostics };
    }
    let sources = parse::statements(sql);
    if sources.iter().all(|source| source.tokens.len() <= SMALL) {
        return statement::analyse(sources, catalogue);
    }
    std::thread::scope(|threads| {
        let builder = std::thread::Builder::new().stack_size(STACK);
        let running = builder.spawn_scoped(threads, || statement::analyse(sources, catalogue));
        running.ok().and_then(|running| running.join().ok()).unwrap_or_else(|| Analysis {
            statements: Vec::new(),
            diagnostics: vec![Diagnostic::error(Code::TooDeep, 0..0, "the text cannot be analysed".to_owned())],
        })
    })
}
