//! Reads a statement's own program (EXPLAIN) to learn how it will use each virtual table.
//!
//! Nothing else tells it. How many cursors are open says nothing: a correlated subquery opens its cursor after the
//! outer one has run, and OR, recursive CTEs and LEFT JOIN run one cursor many times. `colUsed` claims the whole key of a
//! WITHOUT ROWID table. Opcodes: <https://www.sqlite.org/opcode.html>.

use std::collections::{BTreeSet, HashMap};

/// One instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instruction {
    pub(crate) opcode: String,
    pub(crate) p1: i64,
    pub(crate) p2: i64,
    pub(crate) p3: i64,
    pub(crate) p4: String,
}

/// How a statement uses one virtual table, by the address of its `sqlite3_vtab`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The index strings of its filters.
    pub(crate) filters: Vec<String>,
    /// Whether rows are read at most once: one filter in the whole program, which cannot run twice.
    pub(crate) once: bool,
    /// The declared columns that are read, over all cursors.
    pub(crate) columns: BTreeSet<usize>,
    /// Whether row ids are read.
    pub(crate) rowid: bool,
}

/// The usage of every virtual table in the program.
pub(crate) fn analyse(program: &[Instruction]) -> HashMap<usize, Usage> {
    let cursors: HashMap<i64, usize> = program
        .iter()
        .filter(|op| op.opcode == "VOpen")
        .filter_map(|op| Some((op.p1, vtab_address(&op.p4)?)))
        .collect();
    let mut usages: HashMap<usize, Usage> = HashMap::new();
    let flow = Flow::new(program);
    for (place, op) in program.iter().enumerate() {
        let Some(address) = cursors.get(&op.p1) else { continue };
        let usage = usages.entry(*address).or_default();
        match op.opcode.as_str() {
            "VFilter" => {
                usage.once = usage.filters.is_empty() && !flow.runs_twice(place);
                usage.filters.push(op.p4.clone());
            }
            "VColumn" => usage.columns.extend(usize::try_from(op.p2).ok()),
            "Rowid" => usage.rowid = true,
            _ => {}
        }
    }
    usages
}

fn vtab_address(p4: &str) -> Option<usize> {
    let digits = p4.strip_prefix("vtab:")?;
    usize::from_str_radix(digits.trim_start_matches("0x"), 16).ok()
}

/// Which instruction can run after which.
struct Flow<'a> {
    program: &'a [Instruction],
    next: Vec<Vec<usize>>,
}

/// The opcodes that may jump to their second operand or go on with the next instruction.
const JUMPS: &[&str] = &[
    "DecrJumpZero",
    "ElseEq",
    "Eq",
    "Filter",
    "FkIfZero",
    "Found",
    "Ge",
    "Gt",
    "IFindKey",
    "IdxGE",
    "IdxGT",
    "IdxLE",
    "IdxLT",
    "If",
    "IfEmpty",
    "IfNoHope",
    "IfNot",
    "IfNotZero",
    "IfNullRow",
    "IfPos",
    "IfSizeBetween",
    "IncrVacuum",
    "IsNull",
    "IsType",
    "Last",
    "Le",
    "Lt",
    "MustBeInt",
    "Ne",
    "Next",
    "NoConflict",
    "NotExists",
    "NotFound",
    "NotNull",
    "Once",
    "Prev",
    "Rewind",
    "RowSetRead",
    "RowSetTest",
    "SeekGE",
    "SeekGT",
    "SeekLE",
    "SeekLT",
    "SeekRowid",
    "SeekScan",
    "Sort",
    "SorterNext",
    "SorterSort",
    "VFilter",
    "VNext",
];

impl<'a> Flow<'a> {
    fn new(program: &'a [Instruction]) -> Self {
        let next = (0..program.len()).map(|place| successors(program, place)).collect();
        Self { program, next }
    }

    /// Whether an instruction can run again after it has run.
    fn runs_twice(&self, place: usize) -> bool {
        if self.program.iter().any(|op| op.opcode == "Program") {
            return true;
        }
        let guards: Vec<usize> = self
            .program
            .iter()
            .enumerate()
            .filter(|(once, op)| op.opcode == "Once" && !self.reaches(0, place, &[*once]))
            .map(|(once, _)| once)
            .collect();
        self.next.get(place).into_iter().flatten().any(|from| self.reaches(*from, place, &guards))
    }

    /// Whether `to` can be reached from `from` without falling through any `Once` of `guards`: those have run already.
    fn reaches(&self, from: usize, to: usize, guards: &[usize]) -> bool {
        let mut seen = vec![false; self.program.len()];
        let mut open = vec![from];
        while let Some(place) = open.pop() {
            if place == to {
                return true;
            }
            if seen.get(place).is_none_or(|seen| *seen) {
                continue;
            }
            seen[place] = true;
            let after = self.next.get(place).map(Vec::as_slice).unwrap_or_default();
            open.extend(after.iter().filter(|next| !(guards.contains(&place) && **next == place + 1)));
        }
        false
    }
}

/// The places that can follow a place. Where the target is not known from the instruction alone, all candidates.
fn successors(program: &[Instruction], place: usize) -> Vec<usize> {
    let Some(op) = program.get(place) else { return Vec::new() };
    let jump = |to: i64| usize::try_from(to).ok().into_iter();
    let after = |wanted: &[&str]| -> Vec<usize> {
        let same = |other: &&Instruction| wanted.contains(&other.opcode.as_str()) && other.p1 == op.p1;
        program.iter().enumerate().filter(|(_, other)| same(other)).map(|(place, _)| place + 1).collect()
    };
    match op.opcode.as_str() {
        "Halt" => Vec::new(),
        "Goto" | "Init" => jump(op.p2).collect(),
        "Gosub" => jump(op.p2).collect(),
        // A subroutine returns behind its calls; one that is also run in line falls through.
        "Return" => after(&["Gosub"]).into_iter().chain([place + 1]).collect(),
        // The body of a coroutine begins once, when it is first yielded to; later yields go on behind its last one.
        "InitCoroutine" => jump(op.p2).chain(jump(op.p3)).collect(),
        "Yield" => after(&["Yield"]).into_iter().chain(jump(op.p2).filter(|_| op.p2 > 0)).collect(),
        "EndCoroutine" => after(&["Yield"]).into_iter().chain(ends(program, op.p1)).collect(),
        "Jump" => jump(op.p1).chain(jump(op.p2)).chain(jump(op.p3)).collect(),
        name if JUMPS.contains(&name) => jump(op.p2).filter(|_| op.p2 > 0).chain([place + 1]).collect(),
        _ => vec![place + 1],
    }
}

/// Where the callers of a coroutine go when it has ended: the jump targets of their yields.
fn ends(program: &[Instruction], register: i64) -> Vec<usize> {
    let yields = program.iter().filter(|op| op.opcode == "Yield" && op.p1 == register && op.p2 > 0);
    yields.filter_map(|op| usize::try_from(op.p2).ok()).collect()
}

/// The type of an expression in result column `index`, as the instruction that makes it tells; for `.types`.
pub(crate) fn result_type(program: &[Instruction], index: usize) -> &'static str {
    let Some(row) = program.iter().position(|op| op.opcode == "ResultRow") else { return "UNKNOWN" };
    let mut register = program[row].p1 + i64::try_from(index).unwrap_or(0);
    for op in program.iter().rev() {
        let target = match op.opcode.as_str() {
            "Integer" | "Real" | "String8" | "String" | "Null" | "Int64" | "Blob" | "Copy" | "SCopy" | "Not"
            | "BitNot" => op.p2,
            "Cast" => op.p1,
            "AggFinal" => op.p1,
            _ => op.p3,
        };
        if target != register {
            continue;
        }
        return match op.opcode.as_str() {
            "Copy" | "SCopy" => {
                register = op.p1;
                continue;
            }
            "Integer" | "Int64" | "Eq" | "Ne" | "Lt" | "Le" | "Gt" | "Ge" | "Not" | "And" | "Or" => "INTEGER",
            "String8" | "String" | "Concat" => "TEXT",
            "Null" => "UNKNOWN",
            "Real" => "DOUBLE",
            "Blob" => "BLOB",
            "Add" | "Subtract" | "Multiply" | "Divide" | "Remainder" | "AggFinal" | "AggValue" | "BitAnd" | "BitOr"
            | "BitNot" | "ShiftLeft" | "ShiftRight" => "BIGINT",
            "Cast" => match op.p2 {
                65 => "BLOB",
                66 => "TEXT",
                69 => "DOUBLE",
                _ => "BIGINT",
            },
            "Function" | "PureFunc" => "TEXT",
            _ => continue,
        };
    }
    "UNKNOWN"
}
