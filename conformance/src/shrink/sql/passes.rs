//! What may be left out of SQL, or be replaced: each pass looks for one kind of thing.

use super::shape::{COMPOUND, JOIN, Run, Scope, scopes};
use super::token::{Kind, Token};
use std::ops::Range;

/// Pieces of the tokens, in order and apart from each other, and what stands in their place.
pub(super) type Edit = Vec<(Range<usize>, Vec<Token>)>;

/// A way to make SQL simpler.
pub(super) type Pass = fn(&[Token]) -> Vec<Edit>;

/// The passes: what leaves out most comes first.
pub(super) const PASSES: &[Pass] = &[
    statements,
    inner_queries,
    compounds,
    clauses,
    joins,
    common_tables,
    terms,
    items,
    items_of_compounds,
    brackets,
    runs,
    values,
];

/// The tokens after an edit.
pub(super) fn apply(tokens: &[Token], edit: &Edit) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    // What comes into the place of something stands as far from what is before it.
    let mut add = |piece: &[Token], spaced: Option<bool>| {
        let first = piece.iter().take(1).map(|token| Token { spaced: spaced.unwrap_or(token.spaced), ..token.clone() });
        out.extend(first.chain(piece.iter().skip(1).cloned()));
    };
    let (mut at, mut gap) = (0, None);
    for (range, put) in edit {
        let kept = tokens.get(at..range.start).unwrap_or_default();
        add(kept, gap);
        if !kept.is_empty() || gap.is_none() {
            gap = tokens.get(range.start).map(|token| token.spaced);
        }
        add(put, gap);
        if !put.is_empty() {
            gap = None;
        }
        at = at.max(range.end);
    }
    add(tokens.get(at..).unwrap_or_default(), gap);
    out
}

fn without(range: Range<usize>) -> Edit {
    vec![(range, Vec::new())]
}

fn one(range: Range<usize>, text: &str, kind: Kind) -> Edit {
    vec![(range, vec![Token::new(text, kind, true)])]
}

/// A part and the separator beside it.
fn without_part(scope: &Scope, parts: &[Run], place: usize) -> Option<Edit> {
    let part = parts.get(place)?;
    let run = match place.checked_sub(1) {
        Some(_) => part.start.checked_sub(1)?..part.end,
        None => part.start..parts.get(1)?.start,
    };
    Some(without(scope.tokens(&run)))
}

/// Leaves out one of several statements.
fn statements(tokens: &[Token]) -> Vec<Edit> {
    let all = scopes(tokens);
    let Some(scope) = all.first() else { return Vec::new() };
    let parts = scope.split(scope.all(), &|atom| scope.is(tokens, atom, &[";"]));
    (0..parts.len()).filter_map(|place| without_part(scope, &parts, place)).collect()
}

/// Puts an inner query in the place of the one around it, or a table that it reads in the place of a query in FROM.
fn inner_queries(tokens: &[Token]) -> Vec<Edit> {
    let all = scopes(tokens);
    let queries: Vec<&Scope> = all.iter().filter(|scope| scope.is_query(tokens)).collect();
    let mut edits = Vec::new();
    for outer in &queries {
        let whole = outer.tokens(&outer.all());
        for inner in queries.iter().filter(|inner| inner.around.is_some()) {
            let range = inner.tokens(&inner.all());
            if whole.contains(&range.start) && range != whole {
                let put = tokens.get(range).unwrap_or_default().to_vec();
                edits.push(vec![(whole.clone(), put)]);
            }
        }
    }
    for query in queries {
        let Some(around) = query.around.clone() else { continue };
        let from = query.clause(tokens, "FROM").map_or(0..0, |from| from.start + 1..from.end);
        for name in from.filter_map(|atom| query.token(tokens, atom)).filter(|token| token.name().is_some()) {
            edits.push(vec![(around.clone(), vec![name.clone()])]);
        }
    }
    edits
}

/// Leaves out an arm of UNION, INTERSECT or EXCEPT.
fn compounds(tokens: &[Token]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for scope in scopes(tokens) {
        let arms = arms(tokens, &scope);
        for place in 0..arms.len() {
            // UNION ALL is two words.
            let start =
                |arm: &Run| arm.start - usize::from(scope.is(tokens, arm.start.saturating_sub(1), &["ALL"])) - 1;
            let Some(arm) = arms.get(place).filter(|_| arms.len() > 1) else { continue };
            let run = match arms.get(place + 1) {
                Some(next) if place == 0 => arm.start..next.start,
                _ => start(arm)..arm.end,
            };
            edits.push(without(scope.tokens(&run)));
        }
    }
    edits
}

/// The selects that a scope puts together, without the words between them.
fn arms(tokens: &[Token], scope: &Scope) -> Vec<Run> {
    let arms = scope.split(scope.all(), &|atom| scope.is(tokens, atom, COMPOUND));
    let all = |arm: &Run| usize::from(arm.start > 0 && scope.is(tokens, arm.start, &["ALL"]));
    arms.into_iter().map(|arm| arm.start + all(&arm)..arm.end).collect()
}

/// Leaves out clauses, and words that stand alone.
fn clauses(tokens: &[Token]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for scope in scopes(tokens) {
        let clauses = scope.clauses(tokens);
        // A few clauses together may only go at once: GROUP BY and HAVING, LIMIT and OFFSET.
        for many in [3, 2, 1] {
            edits.extend(clauses.windows(many).filter_map(|some| {
                let run = some.first()?.start..some.last()?.end;
                Some(without(scope.tokens(&run)))
            }));
        }
        const LONELY: &[&str] = &["DISTINCT", "ALL", "NOT", "DESC", "ASC", "RECURSIVE"];
        let lonely = scope.all().filter(|atom| scope.is(tokens, *atom, LONELY));
        edits.extend(lonely.map(|atom| without(scope.tokens(&(atom..atom + 1)))));
    }
    edits
}

/// Leaves out a table of FROM with its condition, a condition alone, or what makes a join special.
fn joins(tokens: &[Token]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for scope in scopes(tokens) {
        for from in scope.clauses(tokens).into_iter().filter(|clause| scope.is(tokens, clause.start, &["FROM"])) {
            edits.extend(joins_of(tokens, &scope, from.start + 1..from.end));
        }
        // Brackets may hold joins without FROM.
        if scope.around.is_some() && !scope.is_query(tokens) && scope.all().any(|atom| scope.is(tokens, atom, JOIN)) {
            edits.extend(joins_of(tokens, &scope, scope.all()));
        }
    }
    edits
}

fn joins_of(tokens: &[Token], scope: &Scope, run: Run) -> Vec<Edit> {
    let is_join = |atom: usize| scope.is(tokens, atom, JOIN) || scope.is(tokens, atom, &[","]);
    let condition = |operand: &Run| {
        let start = operand.clone().find(|atom| scope.is(tokens, *atom, &["ON", "USING"])).unwrap_or(operand.end);
        start..operand.end
    };
    let operands: Vec<Run> = scope.split(run, &is_join).into_iter().filter(|operand| !operand.is_empty()).collect();
    let mut edits = Vec::new();
    for (place, operand) in operands.iter().enumerate() {
        let Some(before) = place.checked_sub(1).and_then(|before| operands.get(before)) else {
            if let Some(next) = operands.get(1) {
                let head = scope.tokens(&(operand.start..next.start));
                let tail = scope.tokens(&condition(next));
                edits.push([without(head), if tail.is_empty() { Vec::new() } else { without(tail) }].concat());
            }
            continue;
        };
        let words = before.end..operand.start;
        edits.push(without(scope.tokens(&(words.start..operand.end))));
        if !condition(operand).is_empty() {
            edits.push(without(scope.tokens(&condition(operand))));
        }
        if words.len() > 1 {
            edits.push(one(scope.tokens(&words), "JOIN", Kind::Word));
        }
        edits.push(one(scope.tokens(&words), ",", Kind::Punctuation));
    }
    edits
}

/// Leaves out the tables of WITH: a table that one reads stands where its name stood.
fn common_tables(tokens: &[Token]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let all = scopes(tokens);
    for scope in &all {
        let Some(with) = scope.clause(tokens, "WITH") else { continue };
        for atom in with {
            let Some(name) = scope.token(tokens, atom).and_then(Token::name) else { continue };
            let Some(inner) = all.iter().find(|inner| scope.atoms.get(atom + 2) == inner.around.as_ref()) else {
                continue;
            };
            let from = inner.clause(tokens, "FROM").map_or(0..0, |from| from.start + 1..from.end);
            for table in from.filter_map(|atom| inner.token(tokens, atom)).filter(|token| token.name().is_some()) {
                let named =
                    |(_, token): &(usize, &Token)| token.name().is_some_and(|found| found.eq_ignore_ascii_case(&name));
                let uses =
                    tokens.iter().enumerate().filter(named).map(|(place, _)| (place..place + 1, vec![table.clone()]));
                edits.push(uses.collect());
            }
        }
    }
    edits
}

/// Leaves out operands of AND and OR, and all but one.
fn terms(tokens: &[Token]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for scope in scopes(tokens) {
        for terms in scope.terms(tokens).into_iter().filter(|terms| terms.len() > 1) {
            let (Some(first), Some(last)) = (terms.first(), terms.last()) else { continue };
            let whole = scope.tokens(&(first.start..last.end));
            for term in &terms {
                let put = tokens.get(scope.tokens(term)).unwrap_or_default().to_vec();
                edits.push(vec![(whole.clone(), put)]);
            }
            edits.extend((0..terms.len()).filter_map(|place| without_part(&scope, &terms, place)));
        }
    }
    edits
}

/// Leaves out items of lists, and all but one.
fn items(tokens: &[Token]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for scope in scopes(tokens) {
        for items in scope.lists(tokens).into_iter().filter(|items| items.len() > 1) {
            let (Some(first), Some(last)) = (items.first(), items.last()) else { continue };
            let whole = scope.tokens(&(first.start..last.end));
            for item in &items {
                let put = tokens.get(scope.tokens(item)).unwrap_or_default().to_vec();
                edits.push(vec![(whole.clone(), put)]);
            }
            edits.extend((0..items.len()).filter_map(|place| without_part(&scope, &items, place)));
        }
    }
    edits
}

/// Leaves out the same column of every arm of a compound.
fn items_of_compounds(tokens: &[Token]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for scope in scopes(tokens) {
        if !scope.all().any(|atom| scope.is(tokens, atom, COMPOUND)) {
            continue;
        }
        let lists = scope.lists(tokens);
        let selects: Vec<&Vec<Run>> = scope
            .clauses(tokens)
            .iter()
            .zip(&lists)
            .filter(|(clause, _)| scope.is(tokens, clause.start, &["SELECT"]))
            .map(|(_, items)| items)
            .collect();
        let most = selects.iter().map(|items| items.len()).max().unwrap_or(0);
        for place in (0..most).filter(|_| selects.len() > 1) {
            edits.push(selects.iter().filter_map(|items| without_part(&scope, items, place)).flatten().collect());
        }
    }
    edits
}

/// Takes brackets away, or puts something simple in the place of a bracket, a call or a CASE.
fn brackets(tokens: &[Token]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for scope in scopes(tokens) {
        let Some(around) = scope.around.clone() else { continue };
        let called = around.start.checked_sub(1).and_then(|before| tokens.get(before));
        let is_call = called.is_some_and(|token| token.name().is_some() && !token.is_any(super::NOT_CALLED));
        let whole = around.start - usize::from(is_call)..around.end;
        for range in [whole.clone(), around.clone()] {
            edits.push(one(range.clone(), "1", Kind::Number));
            edits.push(one(range.clone(), "NULL", Kind::Word));
            edits.push(vec![(range, tokens.get(scope.tokens(&scope.all())).unwrap_or_default().to_vec())]);
        }
        let ends = [",", "WHEN", "THEN", "ELSE", "AS"];
        for part in scope.split(scope.all(), &|atom| scope.is(tokens, atom, &ends)) {
            let put = tokens.get(scope.tokens(&part)).unwrap_or_default().to_vec();
            edits.push(vec![(whole.clone(), put)]);
        }
    }
    edits
}

/// Leaves out runs of atoms, long ones first: whatever the other passes have no eye for.
fn runs(tokens: &[Token]) -> Vec<Edit> {
    let all = scopes(tokens);
    let mut edits = Vec::new();
    for many in [16, 8, 6, 5, 4, 3, 2, 1] {
        for scope in &all {
            let starts = 0..(scope.atoms.len() + 1).saturating_sub(many);
            edits.extend(starts.map(|start| without(scope.tokens(&(start..start + many)))));
        }
    }
    edits
}

/// Simpler values: for each name, literal and list of columns.
fn values(tokens: &[Token]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for scope in scopes(tokens) {
        for list in scope.lists(tokens) {
            let (Some(first), Some(last)) = (list.first(), list.last()) else { continue };
            if first.start > 0 && scope.is(tokens, first.start - 1, &["SELECT", "DISTINCT", "ALL"]) {
                let range = scope.tokens(&(first.start..last.end));
                edits.push(one(range.clone(), "1", Kind::Number));
                edits.push(one(range, "*", Kind::Punctuation));
            }
        }
    }
    for (place, token) in tokens.iter().enumerate() {
        let range = place..place + 1;
        let mut put = |text: &str, kind| edits.push(one(range.clone(), text, kind));
        match token.kind {
            Kind::Number => {
                put("0", Kind::Number);
                put("1", Kind::Number);
            }
            Kind::Text | Kind::Blob => {
                put("1", Kind::Number);
                put("''", Kind::Text);
                shorter(&token.text).iter().for_each(|text| put(text, token.kind));
            }
            Kind::Quoted => {
                let name = token.name().unwrap_or_default();
                put("1", Kind::Number);
                put(&name, Kind::Word);
            }
            Kind::Word => put("1", Kind::Number),
            Kind::Punctuation | Kind::Junk => {}
        }
        // A qualified name is three tokens.
        if tokens.get(place + 1).is_some_and(|dot| dot.is(".")) {
            edits.push(one(place..place + 3.min(tokens.len() - place), "1", Kind::Number));
        }
    }
    edits
}

/// A literal without some of its characters.
fn shorter(literal: &str) -> Vec<String> {
    let Some((head, tail)) = literal.split_once('\'') else { return Vec::new() };
    let inside: Vec<char> = tail.strip_suffix('\'').unwrap_or(tail).chars().collect();
    let step = if head.is_empty() { 1 } else { 2 };
    let mut found = Vec::new();
    let mut size = inside.len() / 2 / step * step;
    while size > 0 {
        for start in (0..inside.len()).step_by(size) {
            let left: String = inside.iter().take(start).chain(inside.iter().skip(start + size)).collect();
            found.push(format!("{head}'{left}'"));
        }
        size = size / 2 / step * step;
    }
    found
}
