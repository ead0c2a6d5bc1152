//! Help for errors: the nearest name to one that does not exist, and how tables are constrained.

/// The candidate that is nearest to `name`, if it is near enough to have been meant.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// The longest name that anybody meant.
    const LONGEST: usize = 100;
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let allowed = (name.chars().count() / 3).min(4);
    candidates
        .map(|candidate| (distance(&name, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, substitutions and swaps of neighbours that make one name of the other.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let mut best = (last[column] + usize::from(a != b)).min(last[column + 1] + 1).min(line[column] + 1);
            let swapped = row > 0 && column > 0 && left[row - 1] == *b && *a == right[column - 1];
            if swapped {
                best = best.min(before[column - 1] + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut last, line);
    }
    last.last().copied().unwrap_or(0)
}

/// How a table that cannot be read without a constraint is constrained.
pub(crate) fn constraint_help(table: &str, columns: &[&str]) -> [String; 2] {
    let example = columns.first().copied().unwrap_or_default();
    let value = match example {
        "path" => "/etc/hosts",
        "directory" => "/etc",
        "url" => "https://example.com",
        _ => "…",
    };
    [
        format!("constrain {} by = or IN, by a join, or where the table allows it by LIKE", columns.join(" or ")),
        format!("for example: SELECT * FROM {table} WHERE {example} = '{value}'"),
    ]
}

/// What to write instead of a subquery beside an OR.
pub(crate) fn beside_or_help(table: &str, column: &str) -> [String; 2] {
    [
        format!("join the subquery: SELECT … FROM {table} JOIN (SELECT … AS x) AS s ON {column} = s.x WHERE …"),
        "or ask a query for each side of the OR, with UNION between them".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_what_it_is_about() {
        let [constrained, example] = constraint_help("curl", &["url", "path"]);
        assert!(constrained.contains("url or path"), "{constrained}");
        assert_eq!(example, "for example: SELECT * FROM curl WHERE url = 'https://example.com'");
        let [join, _] = beside_or_help("file", "pid");
        assert!(join.contains("FROM file JOIN (SELECT") && join.contains("ON pid = s."), "{join}");
    }

    #[test]
    fn distances() {
        for (left, right, expect) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("a", "b", 1),
            ("abc", "abxc", 1),
            ("abxc", "abc", 1),
            ("xabc", "abc", 1),
            ("abc", "abd", 1),
            ("ab", "ba", 1),
            ("abcd", "acbd", 1),
            ("abcde", "edcba", 4),
            ("kitten", "sitting", 3),
            ("saturday", "sunday", 3),
            ("\u{fc}ber", "uber", 1),
        ] {
            assert_eq!(distance(left, right), expect, "{left} {right}");
        }
    }

    #[test]
    fn near_names() {
        let known = ["processes", "process_envs", "users", "user_groups", "uptime"];
        for (name, expect) in [
            ("process", Some("processes")),
            ("procesess", Some("processes")),
            ("USER", Some("users")),
            ("usres", Some("users")),
            ("uptme", Some("uptime")),
            ("prcesses_envs", Some("process_envs")),
            ("usrs", Some("users")),
            ("nothing_like_it", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known.into_iter()), expect, "{name}");
        }
    }
}
