//! Every declared table of every platform: the declaration as `.schema` prints it, and below it what it cannot say.

use crate::review::Review;
use plumb_schema::{AnyTable, Ops, Options, Platforms, Spec};
use std::fmt::Write as _;

#[test]
fn schemas() {
    let registry = plumb_tables::registry();
    let mut review = Review::of("schemas");
    for platform in Platforms::EACH {
        let mut text = String::new();
        for declared in registry.schema_for(platform) {
            let table = registry.get(declared.name).expect("it has a schema");
            let sql = declared.sql();
            // The columns one a line, the key on the last.
            let (columns, key) = sql.split_once(", PRIMARY").unwrap_or((&sql, ""));
            let columns = columns.replace(", `", ",\n  `").replacen('(', "(\n  ", 1);
            let key = if key.is_empty() { String::new() } else { format!(",\n  PRIMARY{key}") };
            let _ = writeln!(text, "CREATE TABLE {}{columns}{key};", declared.name);
            about_table(&mut text, table);
            for (place, spec) in table.specs().enumerate() {
                let words = about_column(table, place, spec);
                if !words.is_empty() {
                    let _ = writeln!(text, "-- {}: {}", spec.name, words.join(", "));
                }
            }
            text.push('\n');
        }
        review.check(&platform.name(), "declared tables", &text);
    }
    review.finish();
}

fn about_table(text: &mut String, table: &dyn AnyTable) {
    if !table.aliases().is_empty() {
        let _ = writeln!(text, "-- also called {}", table.aliases().join(", "));
    }
    let all =
        [(table.unique(), "keys never repeat"), (table.user_data(), "about the current user unless told otherwise")];
    for (_, words) in all.into_iter().filter(|(is, _)| *is) {
        let _ = writeln!(text, "-- {words}");
    }
}

/// What the declaration does not show of a column.
fn about_column(table: &dyn AnyTable, place: usize, spec: &Spec) -> Vec<String> {
    let options = [
        (Options::INDEX, "index"),
        (Options::ADDITIONAL, "additional"),
        (Options::REQUIRED, "required"),
        (Options::OPTIMIZED, "optimized"),
        (Options::HIDDEN, "hidden"),
    ];
    let ops = [
        (Ops::EQ, "="),
        (Ops::LIKE, "LIKE"),
        (Ops::GLOB, "GLOB"),
        (Ops::GT, ">"),
        (Ops::GE, ">="),
        (Ops::LT, "<"),
        (Ops::LE, "<="),
    ];
    let mut words: Vec<String> = options
        .iter()
        .filter(|(option, _)| spec.options.contains(*option))
        .map(|(_, word)| (*word).to_owned())
        .collect();
    if spec.on != Platforms::ALL && spec.on != table.on() {
        words.push(format!("{} only", spec.on));
    }
    if table.can_pick(place) {
        words.push("lookup".to_owned());
    }
    let used: Vec<&str> = ops.iter().filter(|(op, _)| spec.uses.contains(*op)).map(|(_, word)| *word).collect();
    if !used.is_empty() {
        words.push(format!("{} {}", if spec.parameter { "chooses rows by" } else { "uses" }, used.join(" ")));
    }
    if !spec.aliases.is_empty() {
        words.push(format!("also called {}", spec.aliases.join(", ")));
    }
    words
}
