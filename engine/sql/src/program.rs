//! Reads a statement's own program (EXPLAIN) to learn how it will use each virtual table.
//!
//! Nothing else tells it. How many cursors are open says nothing: a correlated subquery opens its cursor after the
//! outer one has run, and OR, recursive CTEs and LEFT JOIN run one cursor many times. `colUsed` claims the whole key of a
//! WITHOUT ROWID table. Opcodes: <https://www.sqlite.org/opcode.html>.

use std::collections::{BTreeSet, HashMap};

/// One instruction.
#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    opcode: Opcode,
    flow: Kind,
    p1: i64,
    p2: i64,
    p3: i64,
    /// Only of the instructions that open and filter virtual tables.
    p4: String,
}

impl Instruction {
    /// An instruction as EXPLAIN tells it. `p4` is asked for only where it is used.
    pub(crate) fn new<'a>(opcode: &[u8], [p1, p2, p3]: [i64; 3], p4: impl FnOnce() -> &'a [u8]) -> Self {
        let p4 = match opcode {
            b"VOpen" | b"VFilter" => String::from_utf8_lossy(p4()).into_owned(),
            _ => String::new(),
        };
        Self { opcode: Opcode::new(opcode), flow: Kind::of(opcode), p1, p2, p3, p4 }
    }
}

/// The name of an opcode, in place: every statement's program is read, and has a hundred instructions.
#[derive(Clone, Copy, Debug)]
struct Opcode {
    bytes: [u8; Self::LONGEST],
    len: u8,
}

impl Opcode {
    const LONGEST: usize = 23;

    fn new(name: &[u8]) -> Self {
        let mut bytes = [0; Self::LONGEST];
        // None is longer; a longer one would be one that nothing is known of.
        let len = name.len().min(Self::LONGEST);
        if let (Some(to), Some(from)) = (bytes.get_mut(..len), name.get(..len)) {
            to.copy_from_slice(from);
        }
        #[allow(clippy::cast_possible_truncation, reason = "23 at most")]
        Self { bytes, len: len as u8 }
    }

    fn name(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or_default()
    }
}

/// Where an instruction can lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// To the next one.
    On,
    /// There, or to the next one: see [`JUMPS`].
    Branch,
    /// As [`Kind::Branch`]; falls through once.
    Once,
    Goto,
    Gosub,
    Halt,
    InitCoroutine,
    EndCoroutine,
    Jump,
    Return,
    Yield,
    /// Runs a trigger.
    Program,
}

impl Kind {
    fn of(name: &[u8]) -> Self {
        match name {
            b"Goto" | b"Init" => Self::Goto,
            b"Gosub" => Self::Gosub,
            b"Halt" => Self::Halt,
            b"InitCoroutine" => Self::InitCoroutine,
            b"EndCoroutine" => Self::EndCoroutine,
            b"Jump" => Self::Jump,
            b"Once" => Self::Once,
            b"Return" => Self::Return,
            b"Yield" => Self::Yield,
            b"Program" => Self::Program,
            name if JUMPS.binary_search(&name).is_ok() => Self::Branch,
            _ => Self::On,
        }
    }
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
        .filter(|op| op.opcode.name() == b"VOpen")
        .filter_map(|op| Some((op.p1, vtab_address(&op.p4)?)))
        .collect();
    let mut usages: HashMap<usize, Usage> = HashMap::new();
    let flow = Flow::new(program);
    for (place, op) in program.iter().enumerate() {
        let Some(address) = cursors.get(&op.p1) else { continue };
        let usage = usages.entry(*address).or_default();
        match op.opcode.name() {
            b"VFilter" => {
                usage.once = usage.filters.is_empty() && !flow.runs_twice(place);
                usage.filters.push(op.p4.clone());
            }
            b"VColumn" => usage.columns.extend(usize::try_from(op.p2).ok()),
            b"Rowid" => usage.rowid = true,
            _ => {}
        }
    }
    usages
}

/// Whether an OR of conditions on a virtual table is made of several readings, to one of which the value of a declared column is not
/// `told`, although the program compares that column.
///
/// RIGHT and FULL JOIN read a table once more for rows that are left over, and a side may be told by itself. It is `certain` of lookups,
/// of which none is told.
pub(crate) fn splits(
    program: &[Instruction],
    address: usize,
    column: usize,
    told: impl Fn(&str) -> bool,
    certain: bool,
) -> bool {
    let opens = |op: &&Instruction| op.opcode.name() == b"VOpen" && vtab_address(&op.p4) == Some(address);
    program.iter().filter(opens).any(|open| {
        let of_cursor = |op: &&Instruction| op.opcode.name() == b"VFilter" && op.p1 == open.p1;
        let sides = || program.iter().filter(of_cursor).filter(|op| !certain || op.p4 != "scan");
        let is_told = |op: &Instruction| told(&op.p4);
        let lost = if certain { !sides().any(is_told) } else { !sides().all(is_told) };
        sides().count() > 1 && lost && compares(program, open.p1, column)
    })
}

/// Whether a program reads a column otherwise than to know a row again that another side of an OR has given.
fn compares(program: &[Instruction], cursor: i64, column: usize) -> bool {
    let reads = |op: &Instruction| op.opcode.name() == b"VColumn" && op.p1 == cursor;
    // A key is read into registers that follow each other, and looked for or put into a record at once.
    let together =
        |two: &[Instruction]| matches!(two, [one, other] if reads(one) && reads(other) && other.p3 == one.p3 + 1);
    let mut rest = program;
    while let Some(start) = rest.iter().position(reads) {
        rest = rest.get(start..).unwrap_or_default();
        let run = 1 + rest.windows(2).take_while(|two| together(two)).count();
        let (columns, after) = rest.split_at_checked(run).unwrap_or_default();
        let ends_a_key = |op: &Instruction| matches!(op.opcode.name(), b"Found" | b"MakeRecord");
        let key = run > 1 && after.first().is_some_and(ends_a_key);
        if !key && columns.iter().any(|op| usize::try_from(op.p2) == Ok(column)) {
            return true;
        }
        rest = after;
    }
    false
}

fn vtab_address(p4: &str) -> Option<usize> {
    let digits = p4.strip_prefix("vtab:")?;
    usize::from_str_radix(digits.trim_start_matches("0x"), 16).ok()
}

/// Which instruction can run after which.
struct Flow<'a> {
    program: &'a [Instruction],
    /// The successors of all instructions, one after the other.
    next: Vec<usize>,
    /// Where those of each instruction end.
    ends: Vec<usize>,
}

/// The opcodes that may jump to their second operand or go on with the next instruction, in order.
const JUMPS: &[&[u8]] = &[
    b"DecrJumpZero",
    b"ElseEq",
    b"Eq",
    b"Filter",
    b"FkIfZero",
    b"Found",
    b"Ge",
    b"Gt",
    b"IFindKey",
    b"IdxGE",
    b"IdxGT",
    b"IdxLE",
    b"IdxLT",
    b"If",
    b"IfEmpty",
    b"IfNoHope",
    b"IfNot",
    b"IfNotZero",
    b"IfNullRow",
    b"IfPos",
    b"IfSizeBetween",
    b"IncrVacuum",
    b"IsNull",
    b"IsType",
    b"Last",
    b"Le",
    b"Lt",
    b"MustBeInt",
    b"Ne",
    b"Next",
    b"NoConflict",
    b"NotExists",
    b"NotFound",
    b"NotNull",
    b"Prev",
    b"Rewind",
    b"RowSetRead",
    b"RowSetTest",
    b"SeekGE",
    b"SeekGT",
    b"SeekLE",
    b"SeekLT",
    b"SeekRowid",
    b"SeekScan",
    b"Sort",
    b"SorterNext",
    b"SorterSort",
    b"VFilter",
    b"VNext",
];

impl<'a> Flow<'a> {
    fn new(program: &'a [Instruction]) -> Self {
        let mut flow = Self { program, next: Vec::new(), ends: Vec::with_capacity(program.len()) };
        for (place, op) in program.iter().enumerate() {
            successors(program, place, op, &mut flow.next);
            flow.ends.push(flow.next.len());
        }
        flow
    }

    /// The places that can follow a place.
    fn after(&self, place: usize) -> &[usize] {
        let start = place.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let ends = (start, self.ends.get(place));
        let (Some(start), Some(end)) = ends else { return &[] };
        self.next.get(start..*end).unwrap_or_default()
    }

    /// Whether an instruction can run again after it has run.
    fn runs_twice(&self, place: usize) -> bool {
        if self.program.iter().any(|op| op.flow == Kind::Program) {
            return true;
        }
        let onces = self.program.iter().enumerate().filter(|(_, op)| op.flow == Kind::Once).map(|(once, _)| once);
        let guards: Vec<usize> = onces.filter(|once| !self.reaches(vec![0], place, &[*once])).collect();
        self.reaches(self.after(place).to_vec(), place, &guards)
    }

    /// Whether `to` can be reached from any place of `open` without falling through any `Once` of `guards`: those have
    /// run already.
    fn reaches(&self, mut open: Vec<usize>, to: usize, guards: &[usize]) -> bool {
        let mut seen = vec![false; self.program.len()];
        while let Some(place) = open.pop() {
            if place == to {
                return true;
            }
            let Some(seen) = seen.get_mut(place).filter(|seen| !**seen) else { continue };
            *seen = true;
            if guards.contains(&place) {
                open.extend(self.program.get(place).and_then(|once| usize::try_from(once.p2).ok()));
            } else {
                open.extend(self.after(place));
            }
        }
        false
    }
}

/// Adds the places that can follow a place. Where the target is not known from the instruction alone, all candidates.
fn successors(program: &[Instruction], place: usize, op: &Instruction, to: &mut Vec<usize>) {
    let jump = |to: i64| usize::try_from(to).ok();
    let after = |wanted: Kind| {
        let same = move |other: &&Instruction| other.flow == wanted && other.p1 == op.p1;
        program.iter().enumerate().filter(move |(_, other)| same(other)).map(|(place, _)| place + 1)
    };
    match op.flow {
        Kind::Halt => {}
        Kind::Goto | Kind::Gosub => to.extend(jump(op.p2)),
        // A subroutine returns behind its calls; one that is also run in line falls through.
        Kind::Return => to.extend(after(Kind::Gosub).chain([place + 1])),
        // The body of a coroutine begins once, when it is first yielded to; later yields go on behind its last one.
        Kind::InitCoroutine => to.extend(jump(op.p2).into_iter().chain(jump(op.p3))),
        Kind::Yield => to.extend(after(Kind::Yield).chain(jump(op.p2).filter(|_| op.p2 > 0))),
        Kind::EndCoroutine => to.extend(after(Kind::Yield).chain(ends(program, op.p1))),
        Kind::Jump => to.extend([op.p1, op.p2, op.p3].into_iter().filter_map(jump)),
        Kind::Branch | Kind::Once => to.extend(jump(op.p2).filter(|_| op.p2 > 0).into_iter().chain([place + 1])),
        Kind::On | Kind::Program => to.push(place + 1),
    }
}

/// Where the callers of a coroutine go when it has ended: the jump targets of their yields.
fn ends(program: &[Instruction], register: i64) -> impl Iterator<Item = usize> {
    let yields = program.iter().filter(move |op| op.flow == Kind::Yield && op.p1 == register && op.p2 > 0);
    yields.filter_map(|op| usize::try_from(op.p2).ok())
}

/// The type of an expression in result column `index`, as the instruction that makes it tells; for `.types`.
pub(crate) fn result_type(program: &[Instruction], index: usize) -> &'static str {
    let Some(row) = program.iter().position(|op| op.opcode.name() == b"ResultRow") else { return "UNKNOWN" };
    let mut register = program[row].p1 + i64::try_from(index).unwrap_or(0);
    for op in program.iter().rev() {
        let target = match op.opcode.name() {
            b"Integer" | b"Real" | b"String8" | b"String" | b"Null" | b"Int64" | b"Blob" | b"Copy" | b"SCopy"
            | b"Not" | b"BitNot" => op.p2,
            b"Cast" => op.p1,
            b"AggFinal" => op.p1,
            _ => op.p3,
        };
        if target != register {
            continue;
        }
        return match op.opcode.name() {
            b"Copy" | b"SCopy" => {
                register = op.p1;
                continue;
            }
            b"Integer" | b"Int64" | b"Eq" | b"Ne" | b"Lt" | b"Le" | b"Gt" | b"Ge" | b"Not" | b"And" | b"Or" => {
                "INTEGER"
            }
            b"String8" | b"String" | b"Concat" => "TEXT",
            b"Null" => "UNKNOWN",
            b"Real" => "DOUBLE",
            b"Blob" => "BLOB",
            b"Add" | b"Subtract" | b"Multiply" | b"Divide" | b"Remainder" | b"AggFinal" | b"AggValue" | b"BitAnd"
            | b"BitOr" | b"BitNot" | b"ShiftLeft" | b"ShiftRight" => "BIGINT",
            b"Cast" => match op.p2 {
                65 => "BLOB",
                66 => "TEXT",
                69 => "DOUBLE",
                _ => "BIGINT",
            },
            b"Function" | b"PureFunc" => "TEXT",
            _ => continue,
        };
    }
    "UNKNOWN"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_opcode_is_known() {
        assert!(JUMPS.is_sorted());
        for name in JUMPS {
            assert_eq!(Kind::of(Opcode::new(name).name()), Kind::Branch, "{}", String::from_utf8_lossy(name));
        }
        assert_eq!(Kind::of(b"VColumn"), Kind::On);
        assert_eq!(Opcode::new(&[b'x'; 100]).name().len(), Opcode::LONGEST);
    }
}
