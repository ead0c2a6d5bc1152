//! `*`: the columns that it stands for.

use super::scope::{Found, Item, Meaning, Path, Scope, meaning};
use super::select::{MOST, Output};
use super::statement::Analyser;
use super::{Code, Diagnostic};
use std::rc::Rc;

impl<'b> Analyser<'_, 'b> {
    /// All columns, or those of one table. The token is where the diagnostics point.
    pub(super) fn star(
        &mut self,
        table: Option<&str>,
        token: usize,
        scope: &Scope<'_, 'b>,
        outputs: &mut Vec<Output<'b>>,
    ) {
        let before = outputs.len();
        for (place, number) in scope.items.iter().enumerate() {
            if outputs.len() > MOST {
                break;
            }
            let Some(item) = self.items.get(*number) else { continue };
            let relation = Rc::clone(&item.relation);
            let name = item.name().to_owned();
            let wanted = |owner: &str| table.is_none_or(|table| owner.eq_ignore_ascii_case(table));
            if !relation.nested && !wanted(&name) {
                continue;
            }
            for (index, column) in relation.columns.iter().enumerate() {
                let folded = column.folded && table.is_none();
                let of_other = relation.nested && !wanted(column.owner.as_deref().unwrap_or_default());
                if column.hidden || column.nested_rowid || folded || of_other {
                    continue;
                }
                let Some(item) = self.items.get(*number) else { continue };
                if place > 0 && table.is_none() && item.uses(&column.name) {
                    continue;
                }
                let right = scope.items.get(place + 1..).unwrap_or_default();
                let uses = |right: &usize| self.items.get(*right).is_some_and(|right| right.uses(&column.name));
                let joined = item.left_of_right && table.is_none() && right.iter().any(uses);
                let own = Found { item: *number, column: (!column.is_rowid).then_some(index) };
                // SQLite looks each column up by its name.
                let qualifier = (scope.items.len() > 1 && !joined).then_some(name.as_str());
                let path = Path { database: None, table: qualifier, column: &column.name };
                let found = match qualifier {
                    Some(_) if relation.nested || name.is_empty() => own,
                    _ => self.starred(path, own, token, scope),
                };
                self.note(found);
                outputs.push(Output {
                    name: column.name.clone().into_owned(),
                    outside: column.name.clone().into_owned(),
                    named: true,
                    origin: column.origin.clone(),
                    kind: column.kind.clone(),
                    found: Some(found),
                    ..Output::default()
                });
            }
        }
        // A table that is not known was told of already.
        if outputs.len() == before && !scope.broken {
            self.nothing_starred(table, token, scope);
        }
    }

    /// What `*` reads for a column's name.
    fn starred(&mut self, path: Path<'_>, own: Found, token: usize, scope: &Scope<'_, 'b>) -> Found {
        match meaning(&self.items, scope, path) {
            Meaning::Columns(found) => {
                found.iter().for_each(|found| self.note(*found));
                found.first().copied().unwrap_or(own)
            }
            Meaning::Ambiguous => {
                let table = path.table.map(|table| format!("{table}.")).unwrap_or_default();
                let message = format!("ambiguous column name: {table}{}", path.column);
                let help = path.table.map(|table| format!("give each {table} a name of its own with AS"));
                let span = self.source.place(token, token);
                self.tell(Diagnostic::error(Code::AmbiguousColumn, span, message).with_help(help));
                own
            }
            Meaning::Alias | Meaning::Nothing => own,
        }
    }

    fn nothing_starred(&mut self, table: Option<&str>, token: usize, scope: &Scope<'_, 'b>) {
        let span = self.source.place(token, token);
        let Some(table) = table else {
            let message = "no tables specified".to_owned();
            self.tell(Diagnostic::error(Code::UnknownTable, span, message));
            return;
        };
        let known = scope.items.iter().filter_map(|number| self.items.get(*number));
        let help = self.did_you_mean("", table, known.map(Item::name));
        let message = format!("no such table: {table}");
        self.tell(Diagnostic::error(Code::UnknownTable, span, message).with_help(help));
    }
}
