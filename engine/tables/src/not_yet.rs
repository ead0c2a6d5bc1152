//! Tables of osquery 5.23 that Plumb does not have yet, on any platform.
//!
//! A table that is built is taken off the list, `not_yet.txt`; a test counts both, and another writes the list anew from osquery's schema.

use plumb_schema::Outlines;

/// Their names, platforms and columns.
pub const NOT_YET: Outlines = Outlines::new(include_str!("not_yet.txt"));

/// Tables that osquery does not have.
pub const OWN: &[&str] = &["plumb_schema"];

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_schema::Platforms;
    use serde_json::Value;

    /// Tables of osquery 5.23 over all platforms.
    const REFERENCE: usize = 284;

    #[test]
    fn every_table_is_declared_or_not_yet() {
        let declared: Vec<&str> = crate::all().map(|table| table.name()).filter(|name| !OWN.contains(name)).collect();
        let names: Vec<&str> = NOT_YET.all().map(|outline| outline.name()).collect();
        let both: Vec<&&str> = names.iter().filter(|name| declared.contains(name)).collect();
        assert!(both.is_empty(), "built, and still on the list: {both:?}");
        assert!(names.is_sorted(), "the list is not in order");
        assert_eq!(declared.len() + names.len(), REFERENCE);
        for outline in NOT_YET.all() {
            let on: Vec<Platforms> = Platforms::EACH.into_iter().filter(|on| outline.on.contains(*on)).collect();
            assert!(!on.is_empty() && on.iter().all(|on| outline.columns(*on).count() > 0), "{outline:?}");
        }
    }

    /// Holds the list against osquery's schema, where that lies beside the repository. With `PLUMB_UPDATE` in the environment it is written.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "reads the reference beside the repository")]
    fn the_list_equals_the_reference() {
        let here = env!("CARGO_MANIFEST_DIR");
        let path = format!("{here}/../../../shared/reference/schema.json");
        let Ok(text) = std::fs::read(&path) else {
            eprintln!("skipped: no reference at {path}");
            return;
        };
        let reference: Value = serde_json::from_slice(&text).unwrap();
        let declared: Vec<&str> = crate::all().map(|table| table.name()).collect();
        let tables = list(&reference["tables"]);
        let mut lines: Vec<String> =
            tables.iter().filter(|table| !declared.contains(&word(&table["name"]))).map(line).collect();
        lines.sort_by(|a, b| a.split([' ', '|']).next().cmp(&b.split([' ', '|']).next()));
        let lines = lines.concat();
        if std::env::var_os("PLUMB_UPDATE").is_some() {
            std::fs::write(format!("{here}/src/not_yet.txt"), &lines).unwrap();
        } else {
            assert!(lines == include_str!("not_yet.txt"), "PLUMB_UPDATE=1 writes it anew:\n{lines}");
        }
    }

    fn list(value: &Value) -> &[Value] {
        value.as_array().map_or(&[], Vec::as_slice)
    }

    fn word(value: &Value) -> &str {
        value.as_str().unwrap()
    }

    /// The line of a table.
    fn line(table: &Value) -> String {
        let names: Vec<&str> = [&table["name"]].into_iter().chain(list(&table["aliases"])).map(word).collect();
        let on: Vec<&str> = list(&table["platforms"]).iter().map(word).collect();
        // Each column with the systems that have it so, in the order of the first of these.
        let mut columns: Vec<(String, Vec<&str>)> = Vec::new();
        for platform in &on {
            for column in list(&table["columns"][*platform]) {
                let is_hidden = list(&column[2]).iter().any(|option| option == "hidden");
                let kind = word(&column[1]);
                let kind = if kind == "TEXT" { String::new() } else { format!(":{kind}") };
                let own = [(word(&column[0]), is_hidden)].into_iter();
                for (name, hidden) in own.chain(list(&column[3]).iter().map(|alias| (word(alias), true))) {
                    let column = format!("{}{name}{kind}", if hidden { "-" } else { "" });
                    match columns.iter_mut().find(|(known, _)| *known == column) {
                        Some((_, on)) => on.push(platform),
                        None => columns.push((column, vec![platform])),
                    }
                }
            }
        }
        let column = |(column, has): (String, Vec<&str>)| {
            if has == on { format!(" {column}") } else { format!(" {column}@{}", has.join(",")) }
        };
        let columns: String = columns.into_iter().map(column).collect();
        format!("{} {}{columns}\n", names.join("|"), on.join(","))
    }
}
