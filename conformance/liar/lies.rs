//! The kinds of lies.

use crate::answers::{self, Answer};
use crate::rewrite::{self, Rewrite};

/// A way to be wrong.
pub(crate) struct Lie {
    pub(crate) name: &'static str,
    /// What such an agent does wrong.
    pub(crate) what: &'static str,
    pub(crate) act: Act,
}

/// How a lie is told.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// Not at all.
    Nothing,
    /// Another question is asked.
    Ask(Rewrite),
    /// Another question is asked, for which the columns of tables must be known.
    AskWithColumns(Rewrite),
    /// The answer is changed.
    Answer(Answer),
    /// The agent dies when the chosen table is read.
    Die,
    /// The agent never ends when the chosen table is read.
    Hang,
    /// What comes of the chosen table is not JSON.
    Garbage,
}

/// All of them.
#[rustfmt::skip]
pub(crate) static LIES: &[Lie] = &[
    Lie { name: "none", what: "Nothing: the agent itself.", act: Act::Nothing },
    Lie { name: "dropped-row", what: "The last row under WHERE is missing.", act: Act::Answer(answers::dropped_row) },
    Lie { name: "stale-row", what: "An answer under WHERE holds a row of the one before, about the same table.", act: Act::Answer(answers::stale_row) },
    Lie { name: "wrong-type", what: "Integers come as text.", act: Act::AskWithColumns(rewrite::integers_as_text) },
    Lie { name: "empty-for-null", what: "What is unknown is empty text.", act: Act::AskWithColumns(rewrite::empty_for_null) },
    Lie { name: "ignored-constraint", what: "WHERE is taken over from SQLite and not applied.", act: Act::Ask(rewrite::no_condition) },
    Lie { name: "in-per-value", what: "IN is run once for every value, equal ones too.", act: Act::Ask(rewrite::in_per_value) },
    Lie { name: "or-loses-duplicates", what: "OR gives equal rows once.", act: Act::Ask(rewrite::distinct_under_or) },
    Lie { name: "left-join-is-inner", what: "LEFT JOIN leaves out rows without a partner.", act: Act::Ask(rewrite::inner_joins) },
    Lie { name: "count-off-by-one", what: "count(*) is one too many.", act: Act::Ask(rewrite::one_more) },
    Lie { name: "limit-first", what: "LIMIT is applied before WHERE.", act: Act::Ask(rewrite::limit_first) },
    Lie { name: "case-sensitive", what: "Lookups compare byte by byte, whatever the column's collation.", act: Act::Ask(rewrite::case_sensitive) },
    Lie { name: "case-blind", what: "Lookups fold case, whatever the column's collation.", act: Act::Ask(rewrite::case_blind) },
    Lie { name: "narrow-lookups", what: "Numbers that are looked up are cut to 32 bits.", act: Act::Ask(rewrite::narrow_lookups) },
    Lie { name: "first-match", what: "A lookup finds one row at most, though the key repeats.", act: Act::Ask(rewrite::first_match) },
    Lie { name: "null-blind", what: "Tests for NULL are answered without looking.", act: Act::Ask(rewrite::null_blind) },
    Lie { name: "two-pictures", what: "The second time that a statement reads a table, a row is gone.", act: Act::Ask(rewrite::two_pictures) },
    Lie { name: "flicker", what: "Every second time, the last row is missing.", act: Act::Answer(answers::flicker) },
    Lie { name: "hidden-in-star", what: "* gives hidden columns too.", act: Act::AskWithColumns(rewrite::hidden_in_star) },
    Lie { name: "wrong-schema", what: "Integer columns are declared as text.", act: Act::Answer(answers::text_declared) },
    Lie { name: "crash", what: "Reading the table of --table ends the agent by a signal.", act: Act::Die },
    Lie { name: "hang", what: "Reading the table of --table never ends.", act: Act::Hang },
    Lie { name: "garbage", what: "What comes of the table of --table is not JSON.", act: Act::Garbage },
];
