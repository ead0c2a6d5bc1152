//! What the analysis says of a text is what SQLite does with it, and what only the analysis says is recorded.

use plumb_host::Mem;
use plumb_schema::{Registry, Unattended};
use plumb_sql::analysis::{Code, ColumnName, Diagnostic, Severity, Statement};
use plumb_sql::{Budget, Discard, Engine, Reads, Settings, SqlError};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Statements that reach into every corner of SQLite's names, one text a line. The oracle *parser_agreement* begins with them.
const CORNERS: &str = include_str!("../corners.sql");

/// Texts with something wrong in them, or something that hardly was meant.
const DOUBTFUL: &str = include_str!("../doubtful.sql");

/// An engine with the tables of the agent, on an empty host.
fn engine() -> Engine {
    let registry: Registry = plumb_tables::registry();
    let agent = Arc::new(Unattended(registry.clone()));
    let settings = Settings { registry, host: Arc::new(Mem::new()), agent, budget: Budget::default(), planner: false };
    Engine::open(settings).expect("an engine")
}

/// Where the two say something else about a text.
fn disagreements(engine: &mut Engine, sql: &str) -> Vec<String> {
    let analysis = engine.analyse(sql);
    let errors = || analysis.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let (mut wrong, mut start) = (Vec::new(), 0);
    while let Some(rest) = sql.get(start..).filter(|rest| !rest.is_empty()) {
        let reads = match engine.reads(rest) {
            Ok(reads) => reads,
            Err(error) => {
                wrong.extend(other_error(&error, start, errors().find(|found| found.span.end >= start)));
                return wrong;
            }
        };
        let place = start..start + reads.length;
        wrong.extend(errors().filter(|found| place.contains(&found.span.start)).map(|found| format!("{found:?}")));
        let statement = analysis.statements.iter().find(|statement| place.contains(&statement.span.start));
        wrong.extend(statement.map(|statement| other_names(statement, &reads)).unwrap_or_default());
        if reads.results.is_empty() && engine.run(&sql[place.clone()], &mut Discard).is_err() {
            break;
        }
        start = place.end;
    }
    wrong
}

/// What SQLite says in other words, or before it comes to what the analysis finds: then both refuse the text.
const OTHER_WORDS: [&str; 5] = [
    "ambiguous column name: main.",
    "unknown join type",
    "virtual tables may not be indexed",
    "cannot create triggers on virtual tables",
    "near \"LIMIT\"",
];

/// What is no matter of grammar and of what names stand for: the analysis leaves it to SQLite.
const LATER: [&str; 16] = [
    "row value misused",
    "sub-select returns",
    "table users already exists",
    "duplicate column name",
    "unknown database",
    "cannot modify v because it is a view",
    "table t has no column named nope",
    "table t has 1 columns but 2 values were supplied",
    "2 values for 1 columns",
    "no such index",
    "no such window",
    "no such collation sequence",
    "nullif() may not be used as a window function",
    "aggregate functions are not allowed in the GROUP BY clause",
    "RAISE()",
    // What the planner cannot use, it knows itself.
    "no query solution",
];

/// What is wrong, and where, is said in SQLite's words.
fn other_error(error: &SqlError, start: usize, found: Option<&Diagnostic>) -> Option<String> {
    let SqlError::Sql { message, span, .. } = error else { return Some(error.to_string()) };
    let place = span.as_ref().map(|span| span.start + start);
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| message.starts_with(beginning));
    let agrees = match found {
        None => begins(&LATER) || message.contains("was queried without"),
        Some(_) if begins(&OTHER_WORDS) => true,
        Some(found) => found.message == *message && place.is_none_or(|place| place == found.span.start),
    };
    (!agrees).then(|| format!("SQLite says {message:?} at {place:?}; the analysis {found:?}"))
}

fn other_names(statement: &Statement, reads: &Reads) -> Vec<String> {
    let lower = |(table, column): &ColumnName| (table.to_ascii_lowercase(), column.to_ascii_lowercase());
    let found: BTreeSet<ColumnName> = statement.columns.iter().map(lower).collect();
    let joined: BTreeSet<ColumnName> = statement.joined.iter().map(lower).collect();
    // SQLite writes its list of tables where a statement makes or drops one; nobody asked it to.
    let names_it = statement.tables.iter().any(|used| used.name.starts_with("sqlite_"));
    let is_own = |table: &str| table.starts_with("sqlite_") && !names_it;
    let reads_column = |(table, column): &&ColumnName| !column.is_empty() && !is_own(table);
    let seen = reads.columns.iter().filter(reads_column).map(lower).collect();
    let mut wrong: Vec<String> = found
        .difference(&seen)
        .filter(|column| !joined.contains(column))
        .map(|(t, c)| format!("only the analysis reads {t}.{c}"))
        .collect();
    wrong.extend(seen.difference(&found).map(|(t, c)| format!("only SQLite reads {t}.{c}")));
    let names: Vec<&str> = statement.results.iter().map(|column| column.name.as_str()).collect();
    if names != reads.results && !names.is_empty() {
        wrong.push(format!("SQLite gives {:?}, the analysis {names:?}", reads.results));
    }
    wrong
}

/// What a text means: tables by the names that they have there, columns and results with where they come from,
/// and what is said of them, with places and help.
#[cfg(target_os = "linux")]
fn told(sql: &str) -> String {
    let analysis = engine().analyse(sql);
    let mut lines = vec![sql.to_owned()];
    for statement in &analysis.statements {
        let column = |(table, column): &ColumnName| format!("{table}.{column}");
        let columns = |columns: &BTreeSet<ColumnName>| columns.iter().map(column).collect::<Vec<_>>().join(" ");
        let tables = statement.tables.iter().map(|used| {
            let alias = used.alias.as_ref().map(|alias| format!(" AS {alias}")).unwrap_or_default();
            format!("{}{alias} [{}]", used.name, &sql[used.span.clone()])
        });
        let results = statement.results.iter().map(|result| match &result.origin {
            Some(origin) => format!("{}={} {}", result.name, column(origin), result.kind),
            None => result.name.clone(),
        });
        for (what, names) in [
            ("uses", tables.collect::<Vec<_>>().join(", ")),
            ("reads", columns(&statement.columns)),
            ("joins", columns(&statement.joined)),
            ("gives", results.collect::<Vec<_>>().join(", ")),
        ] {
            lines.extend((!names.is_empty()).then(|| format!("  {what} {names}")));
        }
    }
    for found in &analysis.diagnostics {
        let place = &sql[found.span.clone()];
        lines.push(format!("  {:?} {} [{place}] {}", found.severity, found.code.name(), found.message));
        lines.extend(found.help.as_ref().map(|help| format!("    {help}")));
    }
    lines.join("\n")
}

#[test]
fn sqlite_agrees() {
    let wrong: Vec<String> = CORNERS
        .lines()
        .chain(DOUBTFUL.lines())
        .flat_map(|sql| disagreements(&mut engine(), sql).into_iter().map(move |what| format!("{sql}\n  {what}")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Any two tokens, one behind the other: SQLite's grammar knows best what they are together.
#[test]
fn tokens() {
    const TOKENS: &str = "a 1 1.5 .5 5. 1e3 1e 1e+ 1E-5 0x 0x1F 0Xg 1_0 1__0 _1 1_ 't' 'it''s' ' \"q\" \" `b` ` [c] [ ] x'ab' X'a' x' x'0g' ? \
        ?1 :a : :: @a $a $a::b $a(b) $a( $(b) $ #1 #a ! != <> << <= < >> >= > -> ->> - -- /* /**/ /*/ / * || | & ~ == = , . ( ) \
        \u{b} \u{c} \\ { ^ é 'é \u{feff} select from key current_timestamp current_timestamps x null distinct";
    let engine = engine();
    let refusals = ["near \"", "unrecognized token", "incomplete input"];
    let is_syntax = |message: &str| refusals.iter().any(|refusal| message.starts_with(refusal));
    let mut wrong = Vec::new();
    for (first, second) in TOKENS.split(' ').flat_map(|first| TOKENS.split(' ').map(move |second| (first, second))) {
        let sql = format!("SELECT {first}{second}");
        if sql.starts_with("SELECT ?0") {
            // Too small a number for a parameter, which is no matter of grammar.
            continue;
        }
        let sqlite = engine.reads(&sql).map(|reads| reads.results).map_err(|error| is_syntax(&error.to_string()));
        let analysis = engine.analyse(&sql);
        let error = analysis.diagnostics.iter().find(|found| found.severity == Severity::Error);
        let results = analysis.statements.iter().flat_map(|statement| &statement.results);
        let found = error.map_or_else(
            || Ok(results.map(|result| result.name.clone()).collect()),
            |error| Err(error.code == Code::Syntax),
        );
        wrong.extend((found != sqlite).then(|| format!("{sql}\n  SQLite {sqlite:?}, the analysis {found:?}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Systems have tables of their own.
#[test]
#[cfg(target_os = "linux")]
fn what_only_the_analysis_says() {
    insta::assert_snapshot!(
        "corners",
        CORNERS.lines().chain(DOUBTFUL.lines()).map(told).collect::<Vec<_>>().join("\n")
    );
}
