//! What the tests of tables share: collect a table over a host in memory and compare it with expected rows.

use plumb_host::{Cancel, Host};
use plumb_schema::{AnyTable, Constraint, Cx, Note, Op, Request, Statement, Unattended, Value};
use std::sync::Arc;

/// A context over a host.
pub(crate) fn cx(table: &'static str, host: impl Host + 'static) -> (Arc<Cx>, Arc<Statement>) {
    let agent = Arc::new(Unattended(crate::registry()));
    let statement = Arc::new(Statement::new(Arc::new(host), agent, Cancel::new()));
    (Arc::new(Cx::new(table, Arc::clone(&statement))), statement)
}

/// `column = 'value'` for a request.
pub(crate) fn equals(column: &'static str, value: &str) -> Constraint {
    Constraint { column, op: Op::Eq, values: vec![Value::Text(value.as_bytes().to_vec().into())] }
}

/// `column LIKE 'pattern'` for a request.
pub(crate) fn like(column: &'static str, pattern: &str) -> Constraint {
    Constraint { op: Op::Like, ..equals(column, pattern) }
}

/// A cell as text for comparison: `NULL` for NULL, lossy UTF-8.
pub(crate) fn cell(value: &Value<'_>) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(i) => i.to_string(),
        Value::Real(r) => format!("{r:?}"),
        Value::Text(bytes) | Value::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Rows of a table over a host under constraints, as text, the named columns only; and the notes.
pub(crate) fn rows(
    table: &dyn AnyTable,
    host: impl Host + 'static,
    columns: &[&str],
    constraints: Vec<Constraint>,
) -> (Vec<Vec<String>>, Vec<Note>) {
    let (cx, statement) = cx(table.name(), host);
    let places: Vec<usize> = columns
        .iter()
        .map(|name| table.specs().position(|spec| spec.name == *name).unwrap_or_else(|| panic!("no column {name}")))
        .collect();
    let names = places.iter().map(|place| table.spec(*place).name).collect();
    let mut rows = table.scan(&cx, &Request::new(names, constraints));
    let mut out = Vec::new();
    while rows.advance() {
        out.push(places.iter().map(|place| cell(&rows.value(*place))).collect());
    }
    (out, statement.notes.take())
}

/// Compares the named columns of all rows with what is expected.
#[track_caller]
pub(crate) fn check(table: &dyn AnyTable, host: impl Host + 'static, columns: &[&str], expect: &[&[&str]]) {
    assert_eq!(rows(table, host, columns, Vec::new()).0, expect);
}

/// For every index of a table and every row of a scan: looking the row's value up finds the row.
#[track_caller]
pub(crate) fn check_seeks(table: &dyn AnyTable, host: impl Host + 'static) {
    let (cx, _) = cx(table.name(), host);
    let request = Request::all(table.specs());
    let all = |rows: &mut Box<dyn plumb_schema::AnyRows>| {
        let mut out = Vec::new();
        while rows.advance() {
            out.push((0..table.width()).map(|column| rows.value(column).into_owned()).collect::<Vec<_>>());
        }
        out
    };
    let scanned = all(&mut table.scan(&cx, &request));
    assert!(!scanned.is_empty(), "a law over no rows proves nothing");
    for column in (0..table.width()).filter(|column| table.can_pick(*column)) {
        for row in &scanned {
            let Some(mut picked) = table.pick(&cx, column, &row[column], &request) else { continue };
            assert!(all(&mut picked).contains(row), "{} by {}: {row:?}", table.name(), table.spec(column).name);
        }
    }
}

#[test]
fn every_table_file_is_listed() {
    let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    #[allow(clippy::disallowed_methods, reason = "looks at the source, not at a host")]
    let list = |dir: &std::path::Path| -> Vec<std::path::PathBuf> {
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let mut files = Vec::new();
    for dir in list(&src).iter().filter(|path| path.is_dir()) {
        for file in list(dir).iter().filter(|file| file.extension().is_some_and(|ext| ext == "rs")) {
            #[allow(clippy::disallowed_methods, reason = "looks at the source, not at a host")]
            let source = std::fs::read_to_string(file).unwrap();
            if source.contains("pub static TABLE:") {
                files.push(file.file_stem().unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    let mut listed: Vec<&str> = crate::all().map(|table| table.name()).collect();
    listed.sort_unstable();
    assert_eq!(files, listed, "files with a TABLE against the lists of their folders");
}

#[test]
fn columns_are_sound() {
    use plumb_schema::Platforms;
    for table in crate::all() {
        let mut names: Vec<&str> =
            table.specs().flat_map(|spec| spec.aliases.iter().copied().chain([spec.name])).collect();
        assert!(!table.doc().is_empty(), "{} has no documentation", table.name());
        for (place, spec) in table.specs().enumerate() {
            assert!(!spec.doc.is_empty(), "{}.{} has no documentation", table.name(), spec.name);
            let here = spec.on.contains(Platforms::LINUX) && table.on().contains(Platforms::LINUX);
            assert!(!here || table.has_getter(place), "{}.{} has no getter", table.name(), spec.name);
        }
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{} has a column twice", table.name());
    }
}
