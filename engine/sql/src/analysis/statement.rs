//! Statements: what each kind uses, and what it makes for those after it.

use super::parse::Source;
use super::schema::Catalogue;
use super::scope::{Found, Item, Meaning, Path, Relation, Scope, meaning};
use super::select::Output;
use super::{Analysis, Code, Diagnostic, ResultColumn, Severity, Statement, TableUse};
use crate::authorizer;
use sqlite3_parser::Bump;
use sqlite3_parser::ast::{
    Cmd, Expr, FromClause, InsertBody, QualifiedName, ResultColumn as Column, Select, Stmt, UpsertDo, With,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

/// The most diagnostics that are told.
pub(super) const MOST: usize = 100;

/// Analyses statements one after the other.
pub(super) fn analyse(sources: Vec<Source<'_>>, catalogue: &Catalogue) -> Analysis {
    let bump = Bump::new();
    let mut analyser = Analyser::new(catalogue, &bump);
    let mut statements = Vec::new();
    for source in sources {
        statements.extend(analyser.statement(source));
    }
    let mut diagnostics = analyser.diagnostics;
    diagnostics.sort_by(|one, other| {
        let key = |diagnostic: &Diagnostic| (diagnostic.span.start, diagnostic.severity, diagnostic.code);
        key(one).cmp(&key(other)).then_with(|| one.message.cmp(&other.message))
    });
    diagnostics.dedup();
    diagnostics.truncate(MOST);
    Analysis { statements, diagnostics }
}

/// A table or view that the text made.
#[derive(Clone)]
pub(super) enum Made<'b> {
    Table(Rc<Relation>),
    View(View<'b>),
    Dropped,
}

/// A view: its statement and the names of its columns.
#[derive(Clone)]
pub(super) struct View<'b> {
    pub(super) name: String,
    pub(super) select: &'b Select<'b>,
    pub(super) columns: Option<Vec<String>>,
    pub(super) temporary: bool,
    pub(super) source: Rc<Source<'b>>,
}

/// What is known while a text is analysed.
pub(super) struct Analyser<'c, 'b> {
    pub(super) catalogue: &'c Catalogue,
    pub(super) bump: &'b Bump,
    pub(super) made: BTreeMap<String, Made<'b>>,
    /// The statement that names are looked up in: the current one, or that of a view.
    pub(super) source: Rc<Source<'b>>,
    /// What the current statement uses.
    pub(super) used: Statement,
    /// The tables that it names, and where.
    pub(super) named: HashSet<(String, usize)>,
    /// Every FROM item of the current statement.
    pub(super) items: Vec<Item>,
    /// The columns that expressions name, by the address of the expression.
    pub(super) resolved: HashMap<*const Expr<'b>, Found>,
    /// Common table expressions in sight, the innermost last.
    pub(super) common: Vec<super::common::Common<'b>>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Inside a view: where the statement names it. Places in the view's text mean nothing to the reader.
    pub(super) inside: Option<Range<usize>>,
    /// What is looked at is only tried.
    pub(super) silent: bool,
    /// The SELECTs of the current statement, without those of views.
    pub(super) selects: Vec<super::checks::Facts<'b>>,
    /// How many errors the statement has, told or not.
    pub(super) problems: usize,
    /// The views that the statement has met; `None` while one is being looked at.
    pub(super) views: HashMap<String, Option<Rc<Relation>>>,
    pub(super) depth: usize,
}

impl<'c, 'b> Analyser<'c, 'b> {
    fn new(catalogue: &'c Catalogue, bump: &'b Bump) -> Self {
        Self {
            catalogue,
            bump,
            made: BTreeMap::new(),
            source: Rc::new(Source::empty()),
            used: Statement::default(),
            named: HashSet::new(),
            items: Vec::new(),
            resolved: HashMap::new(),
            common: Vec::new(),
            diagnostics: Vec::new(),
            inside: None,
            silent: false,
            selects: Vec::new(),
            problems: 0,
            views: HashMap::new(),
            depth: 0,
        }
    }

    fn statement(&mut self, mut source: Source<'b>) -> Option<Statement> {
        let span = source.span();
        let parsed = source.parse(self.bump);
        self.source = Rc::new(source);
        let cmd = match parsed {
            Ok(cmd) => self.bump.alloc(cmd),
            Err(problem) => {
                self.diagnostics.push(problem);
                return None;
            }
        };
        self.used = Statement { span, ..Statement::default() };
        self.items.clear();
        self.named.clear();
        self.resolved.clear();
        self.views.clear();
        self.selects.clear();
        self.problems = 0;
        let cmd: &'b Cmd<'b> = cmd;
        let (stmt, explained) = match cmd {
            Cmd::Explain(stmt) | Cmd::ExplainQueryPlan(stmt) => (stmt, true),
            Cmd::Stmt(stmt) => (stmt, false),
        };
        let outputs = self.kind(stmt, explained);
        if self.problems == 0 {
            self.checks();
        }
        if !explained {
            self.used.results = outputs.into_iter().map(Output::told).collect();
        }
        Some(std::mem::take(&mut self.used))
    }

    fn kind(&mut self, stmt: &'b Stmt<'b>, explained: bool) -> Vec<Output<'b>> {
        match stmt {
            Stmt::Select(select) => return self.select(select, None),
            Stmt::CreateView { view_name: name, if_not_exists, .. }
            | Stmt::CreateTable { tbl_name: name, if_not_exists, .. }
            | Stmt::CreateVirtualTable { tbl_name: name, if_not_exists, .. } => {
                self.create(stmt, name, *if_not_exists, explained);
            }
            Stmt::DropTable { if_exists, tbl_name } => self.drop(tbl_name, *if_exists, false, explained),
            Stmt::DropView { if_exists, view_name } => self.drop(view_name, *if_exists, true, explained),
            Stmt::Insert { with, tbl_name, body, returning, .. } => {
                return self.insert(with.as_ref(), tbl_name, body, *returning);
            }
            Stmt::Delete { with, tbl_name, where_clause, returning, order_by, limit, .. } => {
                if let Some(problem) = self.limited(order_by.is_some(), limit.is_some()) {
                    self.tell(problem);
                }
                return self.change(with.as_ref(), tbl_name, None, &[], where_clause.as_ref(), *returning);
            }
            Stmt::Update { with, tbl_name, sets, from, where_clause, returning, order_by, limit, .. } => {
                if let Some(problem) = self.limited(order_by.is_some(), limit.is_some()) {
                    self.tell(problem);
                }
                return self.change(with.as_ref(), tbl_name, from.as_ref(), sets, where_clause.as_ref(), *returning);
            }
            Stmt::Pragma(name, _) => {
                let word = self.source.name(&name.name);
                if !authorizer::allows_pragma(&word.text) {
                    self.not_authorized(self.source.place(word.token, word.token));
                }
            }
            Stmt::Begin(..) | Stmt::Commit(_) | Stmt::Rollback { savepoint_name: None, .. } => {}
            Stmt::AlterTable(..)
            | Stmt::Analyze(_)
            | Stmt::Attach { .. }
            | Stmt::CreateIndex { .. }
            | Stmt::CreateTrigger { .. }
            | Stmt::Detach(_)
            | Stmt::DropIndex { .. }
            | Stmt::DropTrigger { .. }
            | Stmt::Reindex { .. }
            | Stmt::Release(_)
            | Stmt::Rollback { .. }
            | Stmt::Savepoint(_)
            | Stmt::Vacuum(..) => self.not_authorized(self.source.span()),
        }
        Vec::new()
    }

    pub(super) fn not_authorized(&mut self, span: Range<usize>) {
        let help = "statements only read, and make tables and views of their own in memory".to_owned();
        let problem = Diagnostic::error(Code::NotAuthorized, span, "not authorized".to_owned());
        self.tell(problem.with_help(Some(help)));
    }

    /// SQLite is built without ORDER BY and LIMIT for changes; the parser knows them.
    fn limited(&self, ordered: bool, limited: bool) -> Option<Diagnostic> {
        let word = if ordered {
            "order"
        } else if limited {
            "limit"
        } else {
            return None;
        };
        let token = (0..self.source.tokens.len()).rev().find(|token| self.source.is(*token, word))?;
        Some(self.source.near(token))
    }

    pub(super) fn column_names<'n>(
        &self,
        names: impl Iterator<Item = &'n sqlite3_parser::ast::Name<'n>>,
    ) -> Vec<String> {
        names.map(|name| self.source.name(name).text.into_owned()).collect()
    }

    pub(super) fn qualified(&self, name: &QualifiedName<'_>) -> String {
        let table = self.source.name(&name.name).text;
        match &name.db_name {
            Some(database) => format!("{}.{table}", self.source.name(database).text),
            None => table.into_owned(),
        }
    }

    fn insert(
        &mut self,
        with: Option<&'b With<'b>>,
        name: &'b QualifiedName<'b>,
        body: &'b InsertBody<'b>,
        returning: Option<&'b [Column<'b>]>,
    ) -> Vec<Output<'b>> {
        let common = self.push_common(with);
        let target = self.target(name);
        if let InsertBody::Select(select, upsert) = body {
            self.select(select, None);
            let mut upsert = *upsert;
            while let Some(clause) = upsert {
                let scope = Scope::of(&target, None);
                if let UpsertDo::Set { sets, where_clause } = &clause.do_clause {
                    sets.iter().for_each(|set| self.expr(&set.expr, &scope));
                    where_clause.iter().for_each(|condition| self.expr(condition, &scope));
                }
                upsert = clause.next;
            }
        }
        let outputs = self.returning(&target, returning);
        self.common.truncate(common);
        outputs
    }

    fn change(
        &mut self,
        with: Option<&'b With<'b>>,
        name: &'b QualifiedName<'b>,
        from: Option<&'b FromClause<'b>>,
        sets: &'b [sqlite3_parser::ast::Set<'b>],
        condition: Option<&'b Expr<'b>>,
        returning: Option<&'b [Column<'b>]>,
    ) -> Vec<Output<'b>> {
        let common = self.push_common(with);
        let target = self.target(name);
        let mut items = target.clone();
        items.extend(from.into_iter().flat_map(|from| self.from(from, None).items));
        let scope = Scope::of(&items, None);
        let conditions = condition.into_iter().collect();
        self.fact(items.clone(), conditions, Vec::new());
        for set in sets {
            self.expr(&set.expr, &scope);
            for column in set.col_names.iter() {
                self.assigned(&target, column);
            }
        }
        condition.into_iter().for_each(|condition| self.expr(condition, &scope));
        let outputs = self.returning(&target, returning);
        self.common.truncate(common);
        outputs
    }

    /// Whether a column that is set exists.
    fn assigned(&mut self, target: &[usize], column: &sqlite3_parser::ast::Name<'b>) {
        let word = self.source.name(column);
        let path = Path { database: None, table: None, column: &word.text };
        let scope = Scope::of(target, None);
        if !target.is_empty() && meaning(&self.items, &scope, path) == Meaning::Nothing {
            let span = self.source.place(word.token, word.token);
            self.tell(Diagnostic::error(Code::UnknownColumn, span, format!("no such column: {}", word.text)));
        }
    }

    /// The table that a statement changes.
    fn target(&mut self, name: &'b QualifiedName<'b>) -> Vec<usize> {
        let alias = name.alias.as_ref().map(|alias| self.source.name(alias).text.into_owned());
        let word = self.source.name(&name.name);
        let place = self.source.place(word.token, word.token);
        let Some(relation) = self.named(name) else { return Vec::new() };
        if relation.declared.is_some() {
            let message = format!("table {} may not be modified", relation.name);
            let help = "tables only read; CREATE TABLE makes one in memory that can be changed".to_owned();
            self.tell(Diagnostic::error(Code::ReadOnly, place.clone(), message).with_help(Some(help)));
        }
        vec![self.add_item(alias, relation, place)]
    }

    fn returning(&mut self, target: &[usize], columns: Option<&'b [Column<'b>]>) -> Vec<Output<'b>> {
        let Some(columns) = columns else { return Vec::new() };
        let scope = Scope::of(target, None);
        let token = (0..self.source.tokens.len()).rev().find(|token| self.source.is(*token, "returning"));
        let places = token.map(|token| self.source.columns(token)).unwrap_or_default();
        self.result_columns(columns, &places, &scope)
    }

    /// Notes what the rows of a SELECT must satisfy.
    pub(super) fn fact(&mut self, items: Vec<usize>, conditions: Vec<&'b Expr<'b>>, arguments: Vec<&'b Expr<'b>>) {
        if self.inside.is_none() && !self.silent {
            self.selects.push(super::checks::Facts { items, conditions, arguments });
        }
    }

    /// Notes a problem, unless what is looked at is only tried.
    pub(super) fn tell(&mut self, mut problem: Diagnostic) {
        self.problems += usize::from(problem.severity == Severity::Error);
        if self.silent {
            return;
        }
        if let Some(place) = &self.inside {
            if problem.severity == Severity::Warning {
                return;
            }
            problem.span = place.clone();
        }
        // One that nobody will see takes only room.
        if self.diagnostics.len() < 10 * MOST {
            self.diagnostics.push(problem);
        }
    }

    /// Notes that a table is used.
    pub(super) fn uses_table(&mut self, name: &str, alias: Option<&str>, span: Range<usize>) {
        let (alias, name) = (alias.map(str::to_owned), name.to_owned());
        let alias = alias.filter(|alias| *alias != name && self.inside.is_none());
        let span = self.inside.clone().unwrap_or(span);
        if self.named.insert((name.clone(), span.start)) {
            self.used.tables.push(TableUse { name, alias, span });
        }
    }
}

impl Output<'_> {
    fn told(self) -> ResultColumn {
        ResultColumn { name: self.name, origin: self.origin, kind: self.kind.into_owned() }
    }
}
