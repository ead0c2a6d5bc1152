//! What is asked of a table: constraints that choose its rows, and how SQL writes them.

use super::{NUMBERS, Subject, token};
use arbitrary::{Result, Unstructured};
use plumb_host::{join, parent};
use plumb_schema::{Constraint, Op, Ops, Options, Spec, Type, Value};

/// The constraints of the question: one that is required, if any is, and now and then another.
pub(super) fn chosen(u: &mut Unstructured<'_>, subject: &Subject) -> Result<Vec<Constraint>> {
    let usable: Vec<&Spec> = subject.table.specs().filter(|spec| spec.parameter && spec.uses != Ops::NONE).collect();
    let required: Vec<&Spec> = usable.iter().copied().filter(|spec| spec.options.contains(Options::REQUIRED)).collect();
    let mut chosen = Vec::new();
    if !required.is_empty() {
        let spec = *u.choose(&required)?;
        chosen.push(constraint(u, subject, spec)?);
    }
    if !usable.is_empty() && u.arbitrary::<u8>()? & 3 == 3 {
        let spec = *u.choose(&usable)?;
        chosen.push(constraint(u, subject, spec)?);
    }
    Ok(chosen)
}

fn constraint(u: &mut Unstructured<'_>, subject: &Subject, spec: &Spec) -> Result<Constraint> {
    const OPS: [(Ops, Op); 7] = [
        (Ops::EQ, Op::Eq),
        (Ops::LIKE, Op::Like),
        (Ops::GLOB, Op::Glob),
        (Ops::GT, Op::Gt),
        (Ops::GE, Op::Ge),
        (Ops::LT, Op::Lt),
        (Ops::LE, Op::Le),
    ];
    let usable: Vec<Op> = OPS.iter().filter(|(uses, _)| spec.uses.contains(*uses)).map(|(_, op)| *op).collect();
    let op = *u.choose(&usable)?;
    let count = if op == Op::Eq { u.int_in_range(1..=3)? } else { 1 };
    let values = (0..count).map(|_| value(u, subject, spec, op)).collect::<Result<_>>()?;
    Ok(Constraint { column: spec.name, op, values })
}

fn value(u: &mut Unstructured<'_>, subject: &Subject, spec: &Spec, op: Op) -> Result<Value<'static>> {
    if spec.kind != Type::Text {
        return Ok(match u.int_in_range(0..=3)? {
            0 => Value::Int(42),
            1 => Value::Int(*u.choose(&NUMBERS)?),
            2 => Value::Real(1.5),
            _ => Value::Text(token(u)?.to_vec().into()),
        });
    }
    let place = u.int_in_range(0..=subject.items.len().saturating_sub(1))?;
    let path = subject.items.get(place).map_or(&b"/etc/passwd"[..], |(path, _)| path);
    let text = match (u.int_in_range(0..=9)?, op) {
        (0..=3, Op::Eq) => path.to_vec(),
        (0..=4, _) => join(parent(path), u.choose(&[&b"%"[..], b"%%", b"*", b"?%", b"_%", b"[a-z]*", b"%/%"])?),
        (5, _) => join(parent(path), b""),
        (6, _) => join(path, token(u)?),
        (7, _) => [parent(path), b"/../", path, b"//."].concat(),
        (8, _) => [token(u)?, b"%", token(u)?].concat(),
        _ => token(u)?.to_vec(),
    };
    Ok(Value::Text(text.into()))
}

/// Constraints as a WHERE clause; empty without any.
#[must_use]
pub fn condition(chosen: &[Constraint]) -> String {
    let one = |constraint: &Constraint| {
        let values: Vec<String> = constraint.values.iter().map(literal).collect();
        let word = match constraint.op {
            Op::Eq => return format!("\"{}\" IN ({})", constraint.column, values.join(", ")),
            Op::Like => "LIKE",
            Op::Glob => "GLOB",
            Op::Gt => ">",
            Op::Ge => ">=",
            Op::Lt => "<",
            Op::Le => "<=",
        };
        format!("\"{}\" {word} {}", constraint.column, values.join(""))
    };
    let all: Vec<String> = chosen.iter().map(one).collect();
    if all.is_empty() { String::new() } else { format!(" WHERE {}", all.join(" AND ")) }
}

/// A value as an SQL literal, whatever its bytes.
#[must_use]
pub fn literal(value: &Value<'_>) -> String {
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(int) => int.to_string(),
        Value::Real(real) => format!("{real:?}"),
        Value::Text(text) => format!("CAST(x'{}' AS TEXT)", hex(text)),
        Value::Blob(bytes) => format!("x'{}'", hex(bytes)),
    }
}
