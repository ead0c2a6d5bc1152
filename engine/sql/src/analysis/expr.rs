//! Expressions: the columns and functions that they name.

use super::scope::{Found, Meaning, Path, Scope, meaning};
use super::select::unparenthesized;
use super::statement::Analyser;
use super::{Code, Diagnostic};
use sqlite3_parser::ast::{
    Expr, FunctionCallOrder, FunctionTail, LikeOperator, Literal, Operator, Over, QualifiedName, Window,
};
use std::ops::Range;

/// How deep expressions and subqueries may nest; a little more than SQLite lets them.
const DEEPEST: usize = 3000;

impl<'b> Analyser<'_, 'b> {
    /// One level deeper; `false` if that is too deep.
    pub(super) fn enter(&mut self) -> bool {
        if self.depth >= DEEPEST {
            let message = "expressions are nested too deeply".to_owned();
            self.tell(Diagnostic::error(Code::TooDeep, self.source.span(), message));
            return false;
        }
        self.depth += 1;
        true
    }

    /// Resolves the names of an expression.
    pub(super) fn expr(&mut self, expr: &'b Expr<'b>, scope: &Scope<'_, 'b>) {
        if self.enter() {
            self.nested_expr(unparenthesized(expr), scope);
            self.depth -= 1;
        }
    }

    fn nested_expr(&mut self, expr: &'b Expr<'b>, scope: &Scope<'_, 'b>) {
        match expr {
            Expr::Binary(..) => self.binary(expr, scope),
            Expr::Between { lhs, start, end, .. } => {
                [lhs, start, end].into_iter().for_each(|part| self.expr(part, scope))
            }
            Expr::Case { base, when_then_pairs, else_expr } => {
                base.iter().for_each(|base| self.expr(base, scope));
                for (when, then) in *when_then_pairs {
                    self.expr(when, scope);
                    self.expr(then, scope);
                }
                else_expr.iter().for_each(|otherwise| self.expr(otherwise, scope));
            }
            Expr::Cast { expr, .. }
            | Expr::Collate(expr, _)
            | Expr::IsNull(expr)
            | Expr::NotNull(expr)
            | Expr::Unary(_, expr)
            | Expr::Raise(_, Some(expr)) => self.expr(expr, scope),
            Expr::Id(id) => self.bare_name(expr, id.0, scope),
            Expr::Qualified(table, column) => self.qualified_name(expr, [None, Some(table.0), Some(column.0)], scope),
            Expr::DoublyQualified(database, table, column) => {
                self.qualified_name(expr, [Some(database.0), Some(table.0), Some(column.0)], scope);
            }
            Expr::Exists(select) | Expr::Subquery(select) => {
                self.select(select, Some(scope));
            }
            Expr::FunctionCall { name, args, order_by, filter_over, .. } => {
                let args = args.unwrap_or_default();
                self.function(name.0, args.len());
                args.iter().for_each(|arg| self.expr(arg, scope));
                if let Some(FunctionCallOrder::SortList(sorted)) = order_by {
                    sorted.iter().for_each(|sorted| self.expr(&sorted.expr, scope));
                }
                filter_over.iter().for_each(|tail| self.tail(tail, scope));
            }
            Expr::FunctionCallStar { name, filter_over } => {
                self.function(name.0, 0);
                filter_over.iter().for_each(|tail| self.tail(tail, scope));
            }
            Expr::InList { lhs, rhs, .. } => {
                let values = rhs.unwrap_or_default();
                // SQLite makes a constant of `x IN ()`.
                if !values.is_empty() || has_function(lhs) {
                    self.expr(lhs, scope);
                }
                values.iter().for_each(|value| self.expr(value, scope));
            }
            Expr::InSelect { lhs, rhs, .. } => {
                self.expr(lhs, scope);
                self.select(rhs, Some(scope));
            }
            Expr::InTable { lhs, rhs, args, .. } => {
                self.expr(lhs, scope);
                self.in_table(rhs, *args, scope);
            }
            Expr::Like { lhs, op, rhs, escape, .. } => {
                if *op == LikeOperator::Regexp && self.catalogue.function("regexp").is_none() {
                    let message = "no such function: REGEXP".to_owned();
                    let help = Some("regex_match(text, pattern, 0) matches regular expressions".to_owned());
                    let span = self.span_of_expr(expr);
                    self.tell(Diagnostic::error(Code::UnknownFunction, span, message).with_help(help));
                }
                self.expr(lhs, scope);
                self.expr(rhs, scope);
                escape.iter().for_each(|escape| self.expr(escape, scope));
            }
            Expr::Parenthesized(parts) => parts.iter().for_each(|part| self.expr(part, scope)),
            Expr::Literal(_) | Expr::Name(_) | Expr::Variable(_) | Expr::Raise(_, None) => {}
        }
    }

    /// A chain of operators, without recursion along the chain.
    fn binary(&mut self, expr: &'b Expr<'b>, scope: &Scope<'_, 'b>) {
        let mut chain = Vec::new();
        let mut first = expr;
        while let Expr::Binary(left, operator, right) = first {
            chain.push((*operator, *right));
            first = unparenthesized(left);
        }
        chain.reverse();
        // What SQLite makes a constant before it looks at names: everything that `AND 0` follows or precedes.
        let mut parts = vec![first];
        let mut is_false = self.is_folded_false(first);
        let may_fold = chain.iter().any(|(_, right)| self.is_folded_false(right)) || is_false;
        for (operator, right) in chain {
            parts.push(right);
            let folds = may_fold && operator == Operator::And && (is_false || self.is_folded_false(right));
            is_false = folds && !parts.iter().any(|part| has_function(part));
            if is_false {
                parts.clear();
            }
        }
        parts.into_iter().for_each(|part| self.expr(part, scope));
    }

    /// Whether SQLite's parser knows that a chain of AND is false, without recursion along the chain.
    fn is_chain_false(&self, expr: &Expr<'_>) -> bool {
        let (mut rights, mut first) = (Vec::new(), expr);
        while let Expr::Binary(left, Operator::And, right) = first {
            rights.push(*right);
            first = unparenthesized(left);
        }
        let (mut is_false, mut calls) = (self.is_folded_false(first), has_function(first));
        for right in rights.into_iter().rev() {
            calls |= has_function(right);
            is_false = (is_false || self.is_folded_false(right)) && !calls;
        }
        is_false
    }

    /// Whether SQLite's parser knows that an expression is false.
    pub(super) fn is_folded_false(&self, expr: &Expr<'_>) -> bool {
        match expr {
            Expr::Literal(Literal::Numeric(raw)) => integer(self.source.text(self.source.token_of(raw))) == Some(0),
            Expr::InList { lhs, not: false, rhs } => rhs.is_none_or(<[_]>::is_empty) && !has_function(lhs),
            Expr::Parenthesized(inner) => matches!(inner.as_slice(), [inner] if self.is_folded_false(inner)),
            Expr::Binary(_, Operator::And, _) => self.is_chain_false(expr),
            _ => false,
        }
    }

    fn tail(&mut self, tail: &'b FunctionTail<'b>, scope: &Scope<'_, 'b>) {
        tail.filter_clause.iter().for_each(|filter| self.expr(filter, scope));
        match tail.over_clause {
            Some(Over::Window(window)) => self.window(window, scope, 0),
            Some(Over::Name(name)) => self.named_window(name.0, scope, 0),
            None => {}
        }
    }

    fn window(&mut self, window: &'b Window<'b>, scope: &Scope<'_, 'b>, depth: usize) {
        window.base.iter().for_each(|base| self.named_window(base.0, scope, depth + 1));
        window.partition_by.unwrap_or_default().iter().for_each(|part| self.expr(part, scope));
        window.order_by.unwrap_or_default().iter().for_each(|sorted| self.expr(&sorted.expr, scope));
    }

    /// A window of the WINDOW clause. SQLite looks at those alone that are used.
    fn named_window(&mut self, raw: &str, scope: &Scope<'_, 'b>, depth: usize) {
        let name = self.source.word(raw).text;
        let known = scope.windows.iter().find(|known| self.source.name(&known.name).text.eq_ignore_ascii_case(&name));
        if let Some(known) = known.filter(|_| depth <= scope.windows.len()) {
            self.window(&known.window, scope, depth);
        }
    }

    /// `x IN table` reads all columns of the table.
    fn in_table(&mut self, name: &'b QualifiedName<'b>, args: Option<&'b [Expr<'b>]>, scope: &Scope<'_, 'b>) {
        let word = self.source.name(&name.name);
        let span = self.source.place(word.token, word.token);
        let Some(relation) = self.named_in(name, args.map(<[_]>::len), Some(scope)) else { return };
        let item = self.add_item(None, relation, span);
        let items = [item];
        let inner = Scope::of(&items, Some(scope));
        args.unwrap_or_default().iter().for_each(|arg| self.expr(arg, &inner));
        let relation = self.items.get(item).map(|item| std::rc::Rc::clone(&item.relation));
        for (place, column) in relation.iter().flat_map(|relation| relation.columns.iter().enumerate()) {
            if !column.hidden {
                self.note(Found { item, column: (!column.is_rowid).then_some(place) });
            }
        }
    }

    fn function(&mut self, raw: &str, arguments: usize) {
        let word = self.source.word(raw);
        let name = word.text.clone().into_owned();
        let span = self.source.place(word.token, word.token);
        let Some(forms) = self.catalogue.function(&name) else {
            let help = self.did_you_mean("the function ", &name, self.catalogue.function_names());
            let message = format!("no such function: {}", self.source.text(word.token));
            self.tell(Diagnostic::error(Code::UnknownFunction, span, message).with_help(help));
            return;
        };
        let arguments = i32::try_from(arguments).unwrap_or(i32::MAX);
        // SQLite writes "at least n arguments" as -2-n.
        let takes = |form: &i32| *form == arguments || (*form < 0 && (*form >= -2 || arguments >= -2 - *form));
        if !forms.iter().any(takes) {
            let message = format!("wrong number of arguments to function {}()", self.source.text(word.token));
            self.tell(Diagnostic::error(Code::WrongArguments, span, message));
        }
    }

    fn bare_name(&mut self, expr: &'b Expr<'b>, raw: &str, scope: &Scope<'_, 'b>) {
        let word = self.source.word(raw);
        let (text, token, quote) = (word.text.into_owned(), word.token, word.quote);
        let path = Path { database: None, table: None, column: &text };
        if self.names(expr, path, scope, token) {
            return;
        }
        if quote == b'"' {
            let message = format!("there is no column \"{text}\" here, so this is taken as text");
            let help = Some(format!("write '{}' if text is meant", text.replace('\'', "''")));
            let span = self.source.place(token, token);
            self.tell(Diagnostic::warning(Code::TextInDoubleQuotes, span, message).with_help(help));
            return;
        }
        if quote == 0 && ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return;
        }
        self.unknown(path, scope, token..token);
    }

    fn qualified_name(&mut self, expr: &'b Expr<'b>, raw: [Option<&str>; 3], scope: &Scope<'_, 'b>) {
        let [database, table, column] = raw.map(|raw| raw.map(|raw| self.source.word(raw)));
        let Some(column) = column else { return };
        let first = database.as_ref().or(table.as_ref()).map_or(column.token, |word| word.token);
        let text = |word: Option<super::parse::Word<'b>>| word.map(|word| word.text.into_owned());
        let (database, table, token) = (text(database), text(table), column.token);
        let path = Path { database: database.as_deref(), table: table.as_deref(), column: &column.text };
        if !self.names(expr, path, scope, token) {
            self.unknown(path, scope, first..token);
        }
    }

    /// Whether a name means something. If so, notes what.
    fn names(&mut self, expr: &'b Expr<'b>, path: Path<'_>, scope: &Scope<'_, 'b>, token: usize) -> bool {
        match meaning(&self.items, scope, path) {
            Meaning::Columns(found) => {
                found.iter().for_each(|found| self.note(*found));
                if let Some(found) = found.first() {
                    self.resolved.insert(std::ptr::from_ref(expr), *found);
                }
                true
            }
            Meaning::Alias => {
                // In another SELECT of the compound it may have been a column.
                self.resolved.remove(&std::ptr::from_ref(expr));
                true
            }
            Meaning::Nothing => false,
            Meaning::Ambiguous => {
                let help = self.owners(path, scope);
                let message = format!("ambiguous column name: {}", shown(path));
                let span = self.source.place(token, token);
                self.tell(Diagnostic::error(Code::AmbiguousColumn, span, message).with_help(help));
                true
            }
        }
    }

    fn unknown(&mut self, path: Path<'_>, scope: &Scope<'_, 'b>, tokens: Range<usize>) {
        let mut level = Some(scope);
        while let Some(scope) = level {
            // It may be a column of a table that is not known.
            if scope.broken {
                return;
            }
            level = scope.outer;
        }
        let help = self.column_help(path, scope);
        let span = self.source.place(tokens.start, tokens.end);
        let message = format!("no such column: {}", shown(path));
        self.tell(Diagnostic::error(Code::UnknownColumn, span, message).with_help(help));
    }

    /// Notes that a column is read.
    pub(super) fn note(&mut self, found: Found) {
        let Some(relation) = self.items.get(found.item).map(|item| &item.relation).filter(|relation| relation.told)
        else {
            return;
        };
        let column = match found.column {
            Some(place) => relation.columns.get(place).map(|column| column.name.as_ref()),
            None => {
                let rowid = relation.columns.iter().find(|column| column.is_rowid);
                Some(rowid.map_or("ROWID", |column| column.name.as_ref()))
            }
        };
        if let Some(column) = column {
            self.used.columns.insert((relation.name.clone().into_owned(), column.to_owned()));
        }
    }

    /// The first and the last token of an expression that is a name or a literal.
    pub(super) fn ends(&self, expr: &Expr<'_>) -> Option<(usize, usize)> {
        let mut ends: Option<(usize, usize)> = None;
        let mut add = |token: usize| {
            if token < self.source.tokens.len() {
                ends = Some(ends.map_or((token, token), |(first, last)| (first.min(token), last.max(token))));
            }
        };
        let mut rest = vec![expr];
        while let Some(expr) = rest.pop() {
            match expr {
                Expr::Id(id) => add(self.source.token_of(id.0)),
                Expr::Qualified(table, column) => {
                    [table, column].iter().for_each(|name| add(self.source.token_of(name.0)))
                }
                Expr::DoublyQualified(database, table, column) => {
                    [database, table, column].iter().for_each(|name| add(self.source.token_of(name.0)));
                }
                Expr::Literal(Literal::Numeric(raw) | Literal::String(raw)) | Expr::Variable(raw) => {
                    add(self.source.token_of(raw))
                }
                Expr::Literal(Literal::Blob(raw)) => add(self.source.token_of_blob(raw)),
                Expr::FunctionCall { name, .. } | Expr::FunctionCallStar { name, .. } => {
                    add(self.source.token_of(name.0));
                    rest.extend(parts(expr));
                }
                Expr::Collate(inner, collation) => {
                    add(self.source.token_of(collation));
                    rest.push(inner);
                }
                _ => rest.extend(parts(expr)),
            }
        }
        ends
    }

    /// Where an expression stands, from its first name or literal to its last.
    pub(super) fn span_of_expr(&self, expr: &Expr<'_>) -> Range<usize> {
        self.ends(expr).map_or_else(|| self.source.span(), |(first, last)| self.source.place(first, last))
    }
}

fn shown(path: Path<'_>) -> String {
    [path.database, path.table, Some(path.column)].into_iter().flatten().collect::<Vec<_>>().join(".")
}

/// The expressions that an expression is directly made of, without those of subqueries.
pub(super) fn parts<'e, 'b>(expr: &'e Expr<'b>) -> Vec<&'e Expr<'b>> {
    match expr {
        Expr::Between { lhs, start, end, .. } => vec![lhs, start, end],
        Expr::Binary(left, _, right) => vec![left, right],
        Expr::Case { base, when_then_pairs, else_expr } => {
            let pairs = when_then_pairs.iter().flat_map(|(when, then)| [when, then]);
            base.iter().copied().chain(pairs).chain(else_expr.iter().copied()).collect()
        }
        Expr::Cast { expr, .. }
        | Expr::Collate(expr, _)
        | Expr::IsNull(expr)
        | Expr::NotNull(expr)
        | Expr::Unary(_, expr) => {
            vec![expr]
        }
        Expr::FunctionCall { args, .. } => args.unwrap_or_default().iter().collect(),
        Expr::InList { lhs, rhs, .. } => [*lhs].into_iter().chain(rhs.unwrap_or_default()).collect(),
        Expr::InSelect { lhs, .. } | Expr::InTable { lhs, .. } => vec![lhs],
        Expr::Like { lhs, rhs, escape, .. } => [*lhs, *rhs].into_iter().chain(escape.iter().copied()).collect(),
        Expr::Parenthesized(parts) => parts.iter().collect(),
        _ => Vec::new(),
    }
}

/// Whether an expression calls a function; LIKE and its kind and the arrows of JSON are functions.
fn has_function(expr: &Expr<'_>) -> bool {
    let mut rest = vec![expr];
    while let Some(expr) = rest.pop() {
        match expr {
            Expr::FunctionCall { .. } | Expr::FunctionCallStar { .. } | Expr::Like { .. } => return true,
            Expr::Binary(_, Operator::ArrowRight | Operator::ArrowRightShift, _) => return true,
            _ => rest.extend(parts(expr)),
        }
    }
    false
}

/// A literal as an integer of 32 bits, which is how SQLite takes places of columns.
pub(super) fn integer(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    let number = match plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => plain.parse().ok(),
    };
    number.filter(|number| i32::try_from(*number).is_ok())
}
