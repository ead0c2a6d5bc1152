//! Which tables a statement reads, as far as its text shows it. Another agent's tables are not known here, so that this goes by
//! where names stand.

use crate::shrink::tokens;

/// The tables that statements name in FROM, without the names that they give to tables of their own.
#[must_use]
pub fn tables_of(sql: &str) -> Vec<String> {
    const CLAUSES: [&str; 10] =
        ["WHERE", "GROUP", "ORDER", "LIMIT", "HAVING", "WINDOW", "UNION", "INTERSECT", "EXCEPT", "SELECT"];
    let tokens = tokens(sql);
    let at = |place: Option<usize>| place.and_then(|place| tokens.get(place));
    let is = |place: Option<usize>, word: &str| at(place).is_some_and(|token| token.is(word));
    let (mut tables, mut own) = (Vec::new(), Vec::new());
    // Whether a comma parts tables, for each bracket that is open.
    let mut from = vec![false];
    for (place, token) in tokens.iter().enumerate() {
        let before = place.checked_sub(1);
        let distinct = is(place.checked_sub(2), "DISTINCT") || is(place.checked_sub(2), "IS");
        let starts = is(before, "FROM") && !distinct || is(before, "JOIN");
        let listed = from.last() == Some(&true) && (is(before, ",") || is(before, "("));
        if let Some(last) = from.last_mut() {
            *last = (*last || starts) && !token.is_any(&CLAUSES) && !token.is(";");
        }
        if token.is("(") {
            from.push(starts || listed);
            continue;
        }
        if token.is(")") {
            from.truncate(from.len().saturating_sub(1).max(1));
            continue;
        }
        let Some(name) = token.name() else { continue };
        if is(before, "WITH") || is(before, "RECURSIVE") || (is(before, ",") && makes(&tokens, place)) {
            own.push(name);
        } else if (starts || listed) && !token.is_any(&["SELECT", "VALUES", "WITH"]) {
            tables.push(name);
        }
    }
    tables.retain(|table| !own.contains(table));
    tables.sort();
    tables.dedup();
    tables
}

/// Whether a name is that of a table made by WITH: `name AS (`, `name (columns) AS NOT MATERIALIZED (`.
fn makes(tokens: &[crate::shrink::Token], place: usize) -> bool {
    let mut rest = tokens.iter().skip(place + 1).peekable();
    if rest.next_if(|token| token.is("(")).is_some() {
        rest.by_ref().find(|token| token.is(")"));
    }
    rest.next_if(|token| token.is("AS")).is_some()
        && rest.next().is_some_and(|token| token.is_any(&["(", "NOT", "MATERIALIZED"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_statements() {
        for (sql, expect) in [
            ("SELECT * FROM users", "users"),
            ("select 1 from \"groups\" as t1 join users u using (gid) where x IS NOT DISTINCT FROM 0", "groups users"),
            ("SELECT a IS DISTINCT FROM b FROM users", "users"),
            ("SELECT 1 FROM users AS t1, mounts AS t2 WHERE 1 IN (2, three) ORDER BY four, five", "mounts users"),
            (
                "WITH s(k) AS NOT MATERIALIZED (SELECT 1 FROM file), q AS (SELECT 2) SELECT * FROM s, q, users",
                "file users",
            ),
            (
                "WITH RECURSIVE r(n, c) AS (SELECT 1, (SELECT count(*) FROM time) UNION ALL SELECT n FROM r) SELECT * FROM r",
                "time",
            ),
            ("SELECT * FROM (SELECT pid, name FROM processes WHERE pid IN (1, 2)) AS t1, uptime", "processes uptime"),
            ("SELECT * FROM (users JOIN groups USING (gid)), etc_hosts", "etc_hosts groups users"),
            ("SELECT * FROM (VALUES (1)) AS v JOIN hash AS s ON v.column1 = s.path", "hash"),
            ("SELECT 'a from b', trim(x, y) FROM users;\nSELECT c, d FROM mounts", "mounts users"),
            ("SELECT 1 FROM users AS a JOIN file AS b ON lower(a.x, c) = b.y, time", "file time users"),
            ("PRAGMA x", ""),
        ] {
            assert_eq!(tables_of(sql).join(" "), expect, "{sql}");
        }
    }
}
