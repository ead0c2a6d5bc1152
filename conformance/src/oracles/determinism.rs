//! *determinism*: asked twice about a host that does not change, an agent answers twice the same.
//!
//! Finds: answers that depend on the order of a hash map, on what was asked before, or on a race.

use super::question::whole;
use crate::Verdict;
use crate::answer::Difference;
use crate::engines::Engine;
use crate::generators::query::TableMaterial;

/// One table. Where the host may change by itself (`steady` is false), a difference proves nothing.
pub fn check(engine: &mut dyn Engine, table: &TableMaterial, steady: bool) -> Verdict {
    let sql = whole(table);
    // Two times two, so that the second pair comes after other work in a process of its own.
    let answers = [engine.ask_many(&[sql.clone(), sql.clone()]), engine.ask_many(&[sql.clone(), sql.clone()])].concat();
    let mut rows = Vec::new();
    for answer in answers {
        match answer {
            Ok(answer) => rows.push(answer),
            Err(error) => return Verdict::Fail(format!("{sql}\n  {error}\n  though it was answered before")),
        }
    }
    let Some((first, others)) = rows.split_first() else { return Verdict::Skip("no answers".to_owned()) };
    for other in others {
        let difference = Difference::between(first, other);
        if !difference.is_empty() && steady {
            return Verdict::Fail(format!("{sql}\n{}", difference.show(5)));
        } else if !difference.is_empty() {
            return Verdict::Skip("it changed in between".to_owned());
        }
    }
    if first.is_empty() { Verdict::Skip("no rows".to_owned()) } else { Verdict::Pass }
}
