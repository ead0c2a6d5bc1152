//! The columns of an answer, as far as the text of a statement shows them. Who knows them need not ask for a row first.

use crate::shrink::{Token, tokens};

/// What ends the list of columns.
const ENDS: [&str; 11] =
    ["FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT", ";"];

/// The names of the columns, each once; nothing unless the text gives all of them: by AS, or by columns in the plain spelling in
/// which tables declare theirs.
pub(super) fn names(sql: &str) -> Option<Vec<String>> {
    let tokens = tokens(sql);
    let mut rest = outside(&tokens).skip_while(|(depth, token)| *depth > 0 || !token.is("SELECT")).skip(1).peekable();
    rest.next_if(|(_, token)| token.is_any(&["DISTINCT", "ALL"]));
    let (mut names, mut item) = (Vec::new(), Vec::<&Token>::new());
    for (depth, token) in rest {
        let compares = token.is("FROM") && item.last().is_some_and(|last| last.is("DISTINCT"));
        if depth == 0 && token.is_any(&ENDS) && !compares {
            break;
        }
        if depth == 0 && token.is(",") {
            names.push(name(&item)?);
            item.clear();
        } else {
            item.push(token);
        }
    }
    names.push(name(&item)?);
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Some(names)
}

/// Tokens, each with the brackets that are open around it.
fn outside(tokens: &[Token]) -> impl Iterator<Item = (usize, &Token)> {
    tokens.iter().scan(0_usize, |open, token| {
        let before = *open;
        if token.is("(") {
            *open += 1;
        } else if token.is(")") {
            *open = open.saturating_sub(1);
        }
        Some((before.max(*open), token))
    })
}

/// The name of a column of an answer.
fn name(item: &[&Token]) -> Option<String> {
    match item {
        [.., r#as, name] if item.len() > 2 && r#as.is("AS") => name.name(),
        [name] => plain(name),
        [table, dot, name] if dot.is(".") && table.name().is_some() => plain(name),
        _ => None,
    }
}

fn plain(token: &Token) -> Option<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    token.name().filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_texts() {
        for (sql, expect) in [
            ("SELECT uid, t.\"gid\" FROM users AS t", Some("uid gid")),
            ("select distinct count(*) AS c0, max(a, b) as \"c 1\" from t", Some("c0 c 1")),
            ("SELECT a IS DISTINCT FROM b AS c0, d FROM t", Some("c0 d")),
            ("WITH x(y) AS (SELECT 1 AS z) SELECT y, y AS q, y FROM x", Some("y q")),
            ("SELECT 1 AS c0 UNION SELECT 2", Some("c0")),
            ("SELECT (SELECT a, b FROM c) AS d ORDER BY 1", Some("d")),
            ("SELECT CAST(a AS TEXT) FROM t", None),
            ("SELECT x, count(*) FROM t", None),
            ("SELECT * FROM t", None),
            ("SELECT t.* FROM t", None),
            ("SELECT UID FROM users", None),
            ("SELECT 1 AS 'text'", None),
            ("SELECT a b FROM t", None),
            ("VALUES (1, 2)", None),
            ("SELECT", None),
            ("", None),
            ("PRAGMA x", None),
        ] {
            let found = names(sql).map(|names| names.join(" "));
            assert_eq!(found.as_deref(), expect, "{sql}");
        }
    }
}
