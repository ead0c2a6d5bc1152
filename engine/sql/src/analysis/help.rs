//! What was probably meant.

use super::scope::{Item, Path, Scope};
use super::statement::{Analyser, MOST};
use crate::suggest::nearest;

impl<'b> Analyser<'_, 'b> {
    /// The name that was probably meant, as help. A text full of unknown names is not helped with each.
    pub(super) fn did_you_mean<'n>(
        &self,
        what: &str,
        name: &str,
        candidates: impl Iterator<Item = &'n str>,
    ) -> Option<String> {
        let near = nearest(name, candidates.take_while(|_| self.diagnostics.len() < MOST))?;
        Some(format!("did you mean {what}{near}?"))
    }

    /// Which tables have a column.
    pub(super) fn owners(&self, path: Path<'_>, scope: &Scope<'_, 'b>) -> Option<String> {
        let has =
            |number: &&usize| self.items.get(**number).is_some_and(|item| item.relation.place(path.column).is_some());
        let names: Vec<String> = (scope.items.iter().filter(has))
            .filter_map(|number| self.items.get(*number))
            .filter(|item| !item.name().is_empty())
            .map(|item| format!("{}.{}", item.name(), path.column))
            .collect();
        (names.len() > 1 && path.table.is_none()).then(|| format!("say which: {}", names.join(" or ")))
    }

    /// What was probably meant by a column that there is not.
    pub(super) fn column_help(&self, path: Path<'_>, scope: &Scope<'_, 'b>) -> Option<String> {
        if self.diagnostics.len() >= MOST {
            return None;
        }
        let levels = std::iter::successors(Some(scope), |scope| scope.outer);
        let items: Vec<&Item> =
            levels.flat_map(|scope| scope.items).filter_map(|number| self.items.get(*number)).collect();
        let columns = || {
            items.iter().flat_map(|item| {
                let shown = item.relation.columns.iter().filter(|column| !column.name.starts_with('_'));
                shown.map(move |column| (column.name.as_ref(), item.name(), item.relation.name.as_ref()))
            })
        };
        let own = || columns().filter(|(_, item, _)| path.table.is_some_and(|table| table.eq_ignore_ascii_case(item)));
        let same = |(name, item, _): &(&str, &str, &str)| name.eq_ignore_ascii_case(path.column) && !item.is_empty();
        if let (Some(table), Some((column, item, declared))) = (path.table, columns().find(same)) {
            return Some(match path.database {
                Some(database) if table.eq_ignore_ascii_case(item) => format!("{item} is not in {database}"),
                _ if table.eq_ignore_ascii_case(declared) => format!("{declared} is called {item} in this statement"),
                _ => format!("{column} is a column of {item}, not of {table}"),
            });
        }
        let near = nearest(path.column, own().map(|(column, _, _)| column))
            .or_else(|| nearest(path.column, columns().map(|(column, _, _)| column)));
        if let Some(near) = near {
            let (column, item, declared) = own().chain(columns()).find(|(column, _, _)| *column == near)?;
            return Some(match if declared.is_empty() { item } else { declared } {
                "" => format!("did you mean {column}?"),
                table => format!("did you mean {column} of {table}?"),
            });
        }
        // It may be a column of a table that the statement uses elsewhere.
        let elsewhere =
            self.items.iter().find(|item| item.relation.told && item.relation.place(path.column).is_some())?;
        let (column, table) = (path.column, &elsewhere.relation.name);
        Some(format!("{column} is a column of {table}, which cannot be seen from here"))
    }
}
