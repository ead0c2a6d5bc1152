//! Lines of the log, read back.

use super::expected::{KeptRow, rows};
use super::{Kept, Logged};
use crate::generators::histories::{History, Step};
use plumb_agent::config::json::{Node, Value};
use plumb_agent::logger::line::calendar_time;

/// A row as a line shows it: names and values; numbers and texts are told apart.
pub(super) type LoggedRow = Vec<(String, Shown)>;

/// A value as a line shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shown {
    Text(String),
    Int(String),
    /// Bit for bit.
    Real(u64),
}

/// The rows of a run.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) removed: Vec<LoggedRow>,
    pub(super) added: Vec<LoggedRow>,
}

impl Groups {
    pub(super) fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }
}

/// How a row must be shown.
pub(super) fn shown(row: &KeptRow, numerics: bool) -> LoggedRow {
    let value = |value: &Kept| match value {
        Kept::Null => Shown::Text(String::new()),
        Kept::Text(text) => Shown::Text(text.clone()),
        Kept::Int(int) if numerics => Shown::Int(int.to_string()),
        Kept::Int(int) => Shown::Text(int.to_string()),
        Kept::Real(bits) if numerics => Shown::Real(*bits),
        Kept::Real(bits) => Shown::Text(real(f64::from_bits(*bits))),
    };
    row.iter().map(|(name, kept)| (name.clone(), value(kept))).collect()
}

/// As SQLite writes a real: fifteen digits, and always a point. It knows no negative zero.
fn real(real: f64) -> String {
    if real == 0.0 {
        return "0.0".to_owned();
    }
    let scientific = format!("{real:.14e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (digits, end) = if (-4..15).contains(&exponent) {
        // Fifteen digits in all, so there are 14 - exponent of them behind the point.
        let behind = usize::try_from(14 - exponent).unwrap_or(0);
        (format!("{real:.behind$}"), String::new())
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        (mantissa.to_owned(), format!("e{sign}{:02}", exponent.abs()))
    };
    let short = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
    let point = if short.contains('.') { "" } else { ".0" };
    format!("{short}{point}{end}")
}

/// The rows of a run's lines, which must be as osquery would write them.
pub(super) fn read(history: &History, step: &Step, name: &str, logged: &Logged) -> Result<Groups, String> {
    let mut groups = Groups::default();
    let head = head(history, step, name, logged);
    for line in &logged.lines {
        let fail = |why: String| format!("{why}\n{}", line.escape_ascii());
        let text = std::str::from_utf8(line).map_err(|error| fail(error.to_string()))?;
        serde_json::from_str::<serde_json::Value>(text).map_err(|error| fail(error.to_string()))?;
        let members = object(Node::parse(text).map_err(|error| fail(error.message))?).map_err(fail)?;
        if history.batch {
            batch(&members, &head, &mut groups).map_err(fail)?;
        } else {
            event(&members, &head, &mut groups).map_err(fail)?;
        }
    }
    let counts = (groups.added.len() as u64, groups.removed.len() as u64);
    if counts != logged.counts {
        return Err(format!("{counts:?} rows are logged as added and removed, and {:?} are counted", logged.counts));
    }
    Ok(groups)
}

type Members = Vec<(String, Value)>;

/// The members of a line that say what it is about.
fn head(history: &History, step: &Step, name: &str, logged: &Logged) -> Members {
    let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
    let number = |name: &str, value: i64| (name.to_owned(), Value::Number(value.to_string()));
    let mut members = vec![
        text("name", name),
        text("hostIdentifier", "h\u{f6}st"),
        text("calendarTime", &calendar_time(step.time)),
        number("unixTime", step.time),
        number("epoch", step.epoch),
        number("counter", logged.counter),
        ("numerics".to_owned(), Value::Bool(history.style.numerics)),
    ];
    let decorations: Members = history.decorations.iter().map(|(name, value)| text(name, value)).collect();
    if history.style.decorations_at_top {
        members.extend(decorations);
    } else if !decorations.is_empty() {
        members.push((
            "decorations".to_owned(),
            Value::List(decorations.into_iter().map(|(name, value)| pair(name, value)).collect()),
        ));
    }
    members
}

/// A member as a value, so that objects can be compared with their order.
fn pair(name: String, value: Value) -> Node {
    let node = |value| Node { span: 0..0, value };
    node(Value::List(vec![node(Value::Text(name)), node(value)]))
}

fn object(node: Node) -> Result<Members, String> {
    match node.value {
        Value::Object(members) => Ok(members.into_iter().map(|(key, node)| (key.name, node.value)).collect()),
        _ => Err(format!("this is {}, not an object", node.kind())),
    }
}

/// `{…,"columns":{…},"action":"added"}`.
fn event(members: &[(String, Value)], head: &[(String, Value)], groups: &mut Groups) -> Result<(), String> {
    let Some((front, [(columns, row), (action, word)])) = members.split_last_chunk::<2>() else {
        return Err("members are missing".to_owned());
    };
    same_head(front, head)?;
    let row = row_of(row)?;
    match (columns.as_str(), action.as_str(), word) {
        // All that is gone stands before all that is new.
        ("columns", "action", Value::Text(word)) if word == "removed" && groups.added.is_empty() => {
            groups.removed.push(row)
        }
        ("columns", "action", Value::Text(word)) if word == "added" => groups.added.push(row),
        other => return Err(format!("the end is not as it should be: {other:?}")),
    }
    Ok(())
}

/// `{"diffResults":{"removed":[…],"added":[…]},…}`.
fn batch(members: &[(String, Value)], head: &[(String, Value)], groups: &mut Groups) -> Result<(), String> {
    let Some(((first, Value::Object(results)), rest)) = members.split_first() else {
        return Err("members are missing".to_owned());
    };
    same_head(rest, head)?;
    let [(removed, gone), (added, new)] = results.as_slice() else { return Err("not two lists".to_owned()) };
    if (first.as_str(), removed.name.as_str(), added.name.as_str()) != ("diffResults", "removed", "added") {
        return Err("the lists have other names".to_owned());
    }
    groups.removed.extend(rows_of(&gone.value)?);
    groups.added.extend(rows_of(&new.value)?);
    Ok(())
}

/// `{"snapshot":[…],"action":"snapshot",…}`: all rows of the result.
pub(super) fn snapshot(step: &Step, numerics: bool, line: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(line).map_err(|error| error.to_string())?;
    let members = object(Node::parse(text).map_err(|error| error.message)?)?;
    let expected: Vec<LoggedRow> = rows(&step.statements, false).iter().map(|row| shown(row, numerics)).collect();
    match members.as_slice() {
        [(first, list), (second, Value::Text(word)), ..]
            if first == "snapshot" && second == "action" && word == "snapshot" =>
        {
            let found = rows_of(list)?;
            if found == expected { Ok(()) } else { Err(format!("a snapshot of {expected:?} shows {found:?}")) }
        }
        _ => Err(format!("this is no snapshot: {text}")),
    }
}

fn same_head(found: &[(String, Value)], expected: &[(String, Value)]) -> Result<(), String> {
    let shown = |members: &[(String, Value)]| {
        members.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect::<Vec<_>>()
    };
    let (found, expected) = (shown(found), shown(expected));
    if found == expected { Ok(()) } else { Err(format!("a line begins {found:?} and not {expected:?}")) }
}

/// A value as text that can be compared. Objects count as lists of pairs.
fn plain(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let pairs = members.iter().map(|(key, node)| pair(key.name.clone(), node.value.clone())).collect();
            plain(&Value::List(pairs))
        }
        Value::List(nodes) => format!("{:?}", nodes.iter().map(|node| plain(&node.value)).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

fn rows_of(value: &Value) -> Result<Vec<LoggedRow>, String> {
    let Value::List(nodes) = value else { return Err("rows are no list".to_owned()) };
    nodes.iter().map(|node| row_of(&node.value)).collect()
}

fn row_of(value: &Value) -> Result<LoggedRow, String> {
    let Value::Object(members) = value else { return Err("a row is no object".to_owned()) };
    members
        .iter()
        .map(|(key, node)| {
            let shown = match &node.value {
                Value::Text(text) => Shown::Text(text.clone()),
                Value::Number(digits) if digits.contains(['.', 'e', 'E']) => {
                    Shown::Real(digits.parse::<f64>().map_err(|error| format!("{digits}: {error}"))?.to_bits())
                }
                Value::Number(digits) => Shown::Int(digits.clone()),
                other => return Err(format!("a value is neither text nor number: {other:?}")),
            };
            Ok((key.name.clone(), shown))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_as_sqlite_shows_them() {
        for (value, text) in [
            (1.5, "1.5"),
            (100.0, "100.0"),
            (1e20, "1.0e+20"),
            (1e300, "1.0e+300"),
            (1e-7, "1.0e-07"),
            (-0.0, "0.0"),
            (-1.5e-300, "-1.5e-300"),
            (123_456_789_012_345.0, "123456789012345.0"),
            (0.000_1, "0.0001"),
            (123_456_789.123_456_79, "123456789.123457"),
        ] {
            assert_eq!(real(value), text);
        }
    }
}
