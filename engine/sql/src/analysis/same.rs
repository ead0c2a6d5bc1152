//! Whether two expressions are the same to SQLite: that is how it finds the column that a term of a compound's ORDER BY
//! means.
//!
//! SQLite compares trees (`sqlite3ExprCompare`), in which there are no parentheses and one node for all spellings of a
//! test. So both expressions are taken apart, level by level, into what stands at the top and the parts below it.

use super::expr::{integer, parts};
use super::scope::Found;
use super::select::{Output, unparenthesized};
use super::statement::Analyser;
use sqlite3_parser::ast::{
    Distinctness, Expr, FunctionCallOrder, FunctionTail, Literal, NullsOrder, Operator, SortOrder, SortedColumn, Type,
    TypeSize, UnaryOperator,
};

/// The top of an expression, below its signs.
#[derive(PartialEq)]
enum Head {
    /// Of integers of 32 bits SQLite keeps the value, of all other literals the text.
    Integer(i64),
    Column(Found),
    Words(String),
}

/// An expression taken apart.
struct Node<'b> {
    /// The signs and tests before it, the outermost first.
    signs: Vec<&'static str>,
    head: Head,
    parts: Vec<&'b Expr<'b>>,
}

impl<'b> Analyser<'_, 'b> {
    /// Whether a result column and a term of ORDER BY are the same. The term may call columns of `outputs` by their aliases.
    pub(super) fn same(&self, given: &'b Expr<'b>, term: &'b Expr<'b>, outputs: &[Output<'b>]) -> bool {
        let mut open = vec![(given, term)];
        while let Some((given, term)) = open.pop() {
            let term = self.behind_alias(term, outputs);
            let (Some(one), Some(other)) = (self.node(given), self.node(term)) else { return false };
            if one.signs != other.signs || one.head != other.head || one.parts.len() != other.parts.len() {
                return false;
            }
            open.extend(one.parts.into_iter().zip(other.parts));
        }
        true
    }

    /// The expression that an alias stands for.
    fn behind_alias(&self, expr: &'b Expr<'b>, outputs: &[Output<'b>]) -> &'b Expr<'b> {
        let expr = unparenthesized(expr);
        let Expr::Id(id) = expr else { return expr };
        if self.resolved.contains_key(&std::ptr::from_ref(expr)) {
            return expr;
        }
        let word = self.source.word(id.0);
        let named = outputs.iter().find(|output| output.named && output.name.eq_ignore_ascii_case(&word.text));
        named.and_then(|output| output.expr).map_or(expr, unparenthesized)
    }

    /// Takes an expression apart. `None`: SQLite takes it for the same as no other.
    fn node(&self, expr: &'b Expr<'b>) -> Option<Node<'b>> {
        let mut signs = Vec::new();
        let mut expr = unparenthesized(expr);
        // Chains of signs may be long.
        loop {
            let (sign, inner) = match expr {
                Expr::Unary(UnaryOperator::Positive, inner) => ("+", *inner),
                Expr::Unary(UnaryOperator::Negative, inner) => ("-", *inner),
                Expr::Unary(UnaryOperator::BitwiseNot, inner) => ("~", *inner),
                Expr::Unary(UnaryOperator::Not, inner) => ("not", *inner),
                Expr::IsNull(inner) => ("is null", *inner),
                Expr::NotNull(inner) => ("not null", *inner),
                Expr::Binary(inner, Operator::Is, null) if is_null(null) => ("is null", *inner),
                Expr::Binary(inner, Operator::IsNot, null) if is_null(null) => ("not null", *inner),
                _ => break,
            };
            // A sign before a plus takes its place.
            if !(sign == "+" && matches!(signs.last(), Some(&"+" | &"-"))) {
                signs.push(sign);
            }
            expr = unparenthesized(inner);
        }
        if negated(expr) {
            signs.push("not");
        }
        let (head, parts) = self.head(expr)?;
        Some(Node { signs, head, parts })
    }

    fn head(&self, expr: &'b Expr<'b>) -> Option<(Head, Vec<&'b Expr<'b>>)> {
        if let Some(found) = self.resolved.get(&std::ptr::from_ref(expr)) {
            return Some((Head::Column(*found), Vec::new()));
        }
        let words = match expr {
            Expr::Id(id) => self.id(id.0),
            Expr::Name(name) => self.id(name.0),
            Expr::Literal(literal) => return Some((self.literal(literal)?, Vec::new())),
            Expr::Variable(raw) => {
                Some(self.source.text(self.source.token_of(raw)).to_owned()).filter(|text| text != "?")?
            }
            Expr::Binary(_, Operator::And, _) if self.is_folded_false(expr) => {
                return Some((Head::Integer(0), Vec::new()));
            }
            Expr::Binary(left, operator @ (Operator::ArrowRight | Operator::ArrowRightShift), right) => {
                let name = if *operator == Operator::ArrowRight { "->" } else { "->>" };
                return Some((called(name, false), vec![left, right]));
            }
            Expr::Binary(_, operator, _) => format!("{operator:?}"),
            Expr::Like { lhs, op, rhs, escape, .. } => {
                // It is a call of the function with that name, pattern first.
                let name = format!("{op:?}").to_ascii_lowercase();
                return Some((called(&name, false), [*rhs, *lhs].into_iter().chain(*escape).collect()));
            }
            Expr::Between { .. } => "between".to_owned(),
            Expr::InList { rhs, .. } => match rhs {
                Some([_, ..]) => "in".to_owned(),
                _ => return Some((Head::Words("false".to_owned()), Vec::new())),
            },
            Expr::Case { base, else_expr, .. } => format!("case {} {}", base.is_some(), else_expr.is_some()),
            Expr::Cast { type_name, .. } => format!("cast {}", self.cast_type(type_name.as_ref())),
            Expr::Collate(_, collation) => {
                format!("collate {}", self.source.word(collation).text.to_ascii_lowercase())
            }
            Expr::Parenthesized(_) => "row".to_owned(),
            Expr::FunctionCall { name, distinctness, args, order_by, filter_over } => {
                let distinct = *distinctness == Some(Distinctness::Distinct);
                let sorted = match order_by {
                    Some(FunctionCallOrder::SortList(sorted)) => *sorted,
                    None => &[],
                };
                return self.call(name.0, distinct, args.unwrap_or_default(), sorted, filter_over.as_ref());
            }
            Expr::FunctionCallStar { name, filter_over } => {
                return self.call(name.0, false, &[], &[], filter_over.as_ref());
            }
            Expr::Exists(_)
            | Expr::Subquery(_)
            | Expr::InSelect { .. }
            | Expr::InTable { .. }
            | Expr::Raise(..)
            | Expr::Qualified(..)
            | Expr::DoublyQualified(..)
            | Expr::IsNull(_)
            | Expr::NotNull(_)
            | Expr::Unary(..) => return None,
        };
        Some((Head::Words(words), parts(expr)))
    }

    /// A name that is no column: text in double quotes, or a truth value.
    fn id(&self, raw: &str) -> String {
        let word = self.source.word(raw);
        if word.quote == b'"' { format!("'{}", word.text) } else { word.text.into_owned() }
    }

    fn literal(&self, literal: &Literal<'b>) -> Option<Head> {
        Some(match literal {
            Literal::Numeric(raw) => {
                let text = self.source.text(self.source.token_of(raw));
                integer(text).map_or_else(|| Head::Words(text.replace('_', "")), Head::Integer)
            }
            Literal::String(raw) => Head::Words(format!("'{}", self.source.word(raw).text)),
            Literal::Blob(digits) => Head::Words(self.source.text(self.source.token_of_blob(digits)).to_owned()),
            Literal::Null => Head::Words("null".to_owned()),
            Literal::CurrentDate => called("current_date", false),
            Literal::CurrentTime => called("current_time", false),
            Literal::CurrentTimestamp => called("current_timestamp", false),
            Literal::Keyword(_) => return None,
        })
    }

    fn cast_type(&self, name: Option<&Type<'b>>) -> String {
        let Some(name) = name else { return String::new() };
        let words = name.name.split(' ').map(|word| self.source.text(self.source.token_of(word)));
        let sizes: Vec<&Expr<'b>> = match &name.size {
            Some(TypeSize::MaxSize(size)) => vec![size],
            Some(TypeSize::TypeSize(size, scale)) => vec![size, scale],
            None => Vec::new(),
        };
        let sizes = sizes.into_iter().map(|size| self.ends(size).map_or("", |(first, _)| self.source.text(first)));
        words.chain(sizes).collect::<Vec<_>>().join(" ")
    }

    fn call(
        &self,
        name: &str,
        distinct: bool,
        args: &'b [Expr<'b>],
        sorted: &'b [SortedColumn<'b>],
        tail: Option<&'b FunctionTail<'b>>,
    ) -> Option<(Head, Vec<&'b Expr<'b>>)> {
        let filter = match tail {
            // A compound's ORDER BY may name no windows.
            Some(FunctionTail { over_clause: Some(_), .. }) => return None,
            Some(FunctionTail { filter_clause, .. }) => *filter_clause,
            None => None,
        };
        let mut name = self.source.word(name).text.to_ascii_lowercase();
        let parts = args.iter().chain(sorted.iter().map(|sorted| &sorted.expr)).chain(filter).collect();
        name.extend(sorted.iter().map(order));
        name.push_str(if filter.is_some() { " filter" } else { "" });
        Some((called(&name, distinct), parts))
    }
}

fn is_null(expr: &Expr<'_>) -> bool {
    matches!(unparenthesized(expr), Expr::Literal(Literal::Null))
}

/// Whether a test is written with a NOT in it, which SQLite puts before it.
fn negated(expr: &Expr<'_>) -> bool {
    match expr {
        Expr::Between { not, .. } | Expr::Like { not, .. } => *not,
        Expr::InList { not, rhs, .. } => *not && rhs.is_some_and(|values| !values.is_empty()),
        _ => false,
    }
}

fn called(name: &str, distinct: bool) -> Head {
    Head::Words(format!("{name}({})", if distinct { "distinct" } else { "" }))
}

/// How a list of an aggregate is sorted: NULLs come first unless it is backwards.
fn order(sorted: &SortedColumn<'_>) -> &'static str {
    let descending = sorted.order == Some(SortOrder::Desc);
    let usual = match sorted.nulls {
        None => true,
        Some(NullsOrder::First) => !descending,
        Some(NullsOrder::Last) => descending,
    };
    match (descending, usual) {
        (false, true) => " asc",
        (false, false) => " asc nulls last",
        (true, true) => " desc",
        (true, false) => " desc nulls first",
    }
}
