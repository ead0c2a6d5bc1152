//! From text to SQLite's syntax tree, with places.
//!
//! The parser (`sqlite3-parser`) builds its tree without places and copies names into it as they are written. So it is not
//! given the text itself but a rewritten one: each of *our* tokens on a line of its own, each name and literal replaced by
//! a name or literal that holds the token's number. What the tree calls `i7` is then the seventh token, and an error on
//! line 8 is about it too. Keywords stay, as they might be names (`key`, `first`); which occurrence of a keyword it is, is
//! written in the case of its letters, which the grammar does not see.
//!
//! Each SELECT is given one more column in front, a name that holds the number of the SELECT's token: that is how the text of
//! the other columns is found, which is what SQLite calls them.
//!
//! The parser never sees a quote, a comment or a character beyond ASCII, and where SQLite's idea of a token differs from
//! the parser's, SQLite's holds.

use super::token::{Kind, Token, tokens};
use super::{Code, Diagnostic};
use sqlite3_parser::ast::{Cmd, Name};
use sqlite3_parser::lexer::sql::{Error, Parser, ParserError};
use sqlite3_parser::{Bump, FallibleIterator};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The longest text that is analysed.
pub(super) const LONGEST: usize = 8 << 20;

/// How deep parentheses may nest: SQLite's parser gives up here too.
const DEEPEST: usize = 2500;

/// The most columns that a list can name: SQLite's limit.
const MOST_NAMES: usize = 2000;

/// One statement of a text: the text and the statement's tokens.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) sql: &'a str,
    pub(super) tokens: Vec<Token>,
    /// The tokens that are keywords, by what they are in lower case, in order.
    keywords: HashMap<String, Vec<usize>>,
}

/// A name as it stands in the text.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    /// What it names, without quotes.
    pub(super) text: Cow<'a, str>,
    /// Its token.
    pub(super) token: usize,
    /// Its quote, or 0.
    pub(super) quote: u8,
}

/// The statements of a text. One ends with a semicolon, or with the text.
pub(super) fn statements(sql: &str) -> Vec<Source<'_>> {
    let mut statements = Vec::new();
    let mut rest: Vec<Token> = Vec::new();
    for token in tokens(sql) {
        rest.push(token);
        if token.kind == Kind::End && (!is_trigger(sql, &rest) || ends_trigger(sql, &rest)) {
            let tokens = std::mem::take(&mut rest);
            statements.push(Source::new(sql, tokens));
        }
    }
    statements.push(Source::new(sql, rest));
    statements.retain(|source| source.tokens.iter().any(|token| token.kind != Kind::End));
    statements
}

fn word_is(sql: &str, token: Option<&Token>, word: &str) -> bool {
    token.and_then(|token| sql.get(token.start..token.end)).is_some_and(|text| text.eq_ignore_ascii_case(word))
}

/// Whether tokens begin CREATE TRIGGER, which holds semicolons.
fn is_trigger(sql: &str, tokens: &[Token]) -> bool {
    let mut words = tokens
        .iter()
        .skip_while(|token| ["explain", "query", "plan"].iter().any(|word| word_is(sql, Some(token), word)));
    word_is(sql, words.next(), "create")
        && words
            .find(|token| !["temp", "temporary"].iter().any(|word| word_is(sql, Some(token), word)))
            .is_some_and(|token| word_is(sql, Some(token), "trigger"))
}

/// A trigger ends with `; END ;`.
fn ends_trigger(sql: &str, tokens: &[Token]) -> bool {
    let mut last = tokens.iter().rev().skip(1);
    word_is(sql, last.next(), "end") && word_is(sql, last.next(), ";")
}

impl<'a> Source<'a> {
    fn new(sql: &'a str, tokens: Vec<Token>) -> Self {
        Self { sql, tokens, keywords: HashMap::new() }
    }

    /// No statement.
    pub(super) fn empty() -> Self {
        Self::new("", Vec::new())
    }

    /// The bytes of the whole statement.
    pub(super) fn span(&self) -> Range<usize> {
        let end = self.tokens.iter().rev().find(|token| token.kind != Kind::End);
        let start = self.tokens.first().map_or(0, |token| token.start);
        start..end.map_or(start, |token| token.end)
    }

    /// The text of a token.
    pub(super) fn text(&self, token: usize) -> &'a str {
        self.tokens.get(token).and_then(|token| self.sql.get(token.start..token.end)).unwrap_or_default()
    }

    /// The bytes of some tokens, from the first to the last.
    pub(super) fn place(&self, first: usize, last: usize) -> Range<usize> {
        let end = self.sql.len();
        let start = self.tokens.get(first).map_or(end, |token| token.start);
        start..self.tokens.get(last).map_or(end, |token| token.end).max(start)
    }

    /// The name that a word of the tree stands for.
    pub(super) fn word(&self, raw: &str) -> Word<'a> {
        let token = self.token_of(raw);
        let text = self.text(token);
        let quote = text.bytes().next().filter(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'['));
        Word { text: quote.map_or(Cow::Borrowed(text), |_| unquote(text)), token, quote: quote.unwrap_or(0) }
    }

    /// As [`Self::word`].
    pub(super) fn name(&self, name: &Name<'_>) -> Word<'a> {
        self.word(name.0)
    }

    /// The token that a name or literal of the tree stands for.
    pub(super) fn token_of(&self, raw: &str) -> usize {
        let digits = raw.trim_start_matches([':', 'i', 'v', '\'']);
        let digits = digits.strip_suffix('\'').or_else(|| digits.strip_suffix(".0")).unwrap_or(digits);
        if let Ok(token) = digits.parse() {
            return token;
        }
        let places = self.keywords.get(&raw.to_ascii_lowercase());
        places.and_then(|places| places.get(case_bits(raw))).copied().unwrap_or(usize::MAX)
    }

    /// The token that a blob of the tree stands for.
    pub(super) fn token_of_blob(&self, digits: &str) -> usize {
        usize::from_str_radix(digits, 16).unwrap_or(usize::MAX)
    }

    /// Whether a token is a certain keyword or sign.
    pub(super) fn is(&self, token: usize, word: &str) -> bool {
        self.text(token).eq_ignore_ascii_case(word)
    }

    /// Parses the statement. `None` stands for a statement of nothing but semicolons.
    pub(super) fn parse<'b>(&mut self, bump: &'b Bump) -> Result<ManuallyDrop<Cmd<'b>>, Diagnostic> {
        if let Some(problem) = self.unparsable() {
            return Err(problem);
        }
        let text: &'b str = bump.alloc_str(&self.rewritten());
        // A tree lives in the arena; dropping it would walk deep trees recursively and free nothing.
        let parsed = catch_unwind(AssertUnwindSafe(|| {
            let mut parser = Parser::new(bump, text.as_bytes());
            parser.next().map(|cmd| cmd.map(ManuallyDrop::new))
        }));
        match parsed {
            Ok(Ok(Some(cmd))) => Ok(cmd),
            Ok(Ok(None)) => Err(self.error(None, "incomplete input".to_owned())),
            Ok(Err(error)) => Err(self.refused(error)),
            Err(_) => Err(self.error(None, "the parser failed unexpectedly".to_owned())),
        }
    }

    /// What can be said without parsing.
    fn unparsable(&self) -> Option<Diagnostic> {
        if let Some(token) = self.tokens.iter().position(|token| token.kind == Kind::Illegal) {
            return Some(self.error(Some(token), format!("unrecognized token: \"{}\"", self.text(token))));
        }
        let is_number =
            |text: &str| text.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if let Some(token) = (0..self.tokens.len()).find(|token| is_number(self.text(*token))) {
            return Some(self.near(token));
        }
        let mut depth = 0_usize;
        // The names of a list, while in one: the parser compares each with all others.
        let mut listed = None;
        let mut is_query = false;
        for (place, token) in self.tokens.iter().enumerate() {
            is_query |= self.is(place, "select") || self.is(place, "values");
            match token.kind {
                Kind::Open => {
                    depth += 1;
                    let names = !is_query || place.checked_sub(1).is_some_and(|before| self.is(before, "using"));
                    listed = names.then_some(0_usize);
                }
                Kind::Close => {
                    depth = depth.saturating_sub(1);
                    listed = None;
                }
                Kind::Sign if self.is(place, ",") => listed = listed.map(|names| names + 1),
                _ => {}
            }
            let problem = if depth > DEEPEST {
                (Code::TooDeep, "parentheses are nested too deeply")
            } else if listed.is_some_and(|names| names > MOST_NAMES) {
                (Code::TooLong, "too many columns")
            } else {
                continue;
            };
            return Some(Diagnostic::error(problem.0, self.place(place, place), problem.1.to_owned()));
        }
        None
    }

    fn error(&self, token: Option<usize>, message: String) -> Diagnostic {
        let span = token.map_or(self.span().end..self.span().end, |token| self.place(token, token));
        Diagnostic::error(Code::Syntax, span, message)
    }

    /// SQLite's words for a token that does not belong where it is.
    pub(super) fn near(&self, token: usize) -> Diagnostic {
        if token >= self.tokens.len() {
            return self.error(None, "incomplete input".to_owned());
        }
        self.error(Some(token), format!("near \"{}\": syntax error", self.text(token)))
    }

    fn refused(&self, error: Error) -> Diagnostic {
        match error {
            Error::ParserError(ParserError::Custom(message), place) => {
                let words: Vec<&str> = message.split(' ').map(|word| self.original(word)).collect();
                let place = place.map(|place| token_on(place.line)).filter(|token| *token < self.tokens.len());
                self.error(place, words.join(" "))
            }
            Error::ParserError(_, place) => self.near(place.map_or(usize::MAX, |place| token_on(place.line))),
            // Only what our tokens are not.
            other => self.error(None, other.to_string()),
        }
    }

    /// Whether the columns of a SELECT begin behind a token.
    fn begins_columns(&self, token: usize) -> bool {
        let is_quantifier = |token| self.is(token, "distinct") || self.is(token, "all");
        if self.is(token, "select") {
            return !is_quantifier(token + 1);
        }
        is_quantifier(token) && token.checked_sub(1).is_some_and(|before| self.is(before, "select"))
    }

    /// The tokens of the expressions between SELECT and FROM; `token` is the last before them. The last of the two is the
    /// one behind an expression.
    pub(super) fn columns(&self, token: usize) -> Vec<Range<usize>> {
        const ENDS: [&str; 11] =
            [";", "from", "where", "group", "having", "order", "limit", "union", "except", "intersect", "returning"];
        let mut columns = Vec::new();
        let (mut start, mut depth) = (token + 1, 0_usize);
        for place in token + 1..=self.tokens.len() {
            let text = self.text(place);
            let is_distinct_from = text.eq_ignore_ascii_case("from") && self.is(place - 1, "distinct");
            let ends = text.is_empty() || ENDS.iter().any(|end| text.eq_ignore_ascii_case(end)) && !is_distinct_from;
            match text {
                "(" => depth += 1,
                ")" if depth > 0 => depth -= 1,
                "," if depth == 0 => {
                    columns.push(start..place);
                    start = place + 1;
                }
                _ if depth == 0 && (ends || text == ")") => {
                    columns.push(start..place);
                    break;
                }
                _ => {}
            }
        }
        columns
    }

    /// The text of some tokens, with the blanks and comments between them and up to the next one, as SQLite takes it.
    pub(super) fn written(&self, tokens: &Range<usize>) -> &'a str {
        let start = self.tokens.get(tokens.start).map_or(self.sql.len(), |token| token.start);
        let end = self.tokens.get(tokens.end).map_or(self.sql.len(), |token| token.start);
        self.sql.get(start..end).unwrap_or_default().trim_matches([' ', '\t', '\n', '\x0c', '\r'])
    }

    /// A word of a message of the parser's: names as they were written.
    fn original<'m>(&self, word: &'m str) -> &'m str
    where
        'a: 'm,
    {
        let token = word.strip_prefix('i').and_then(|digits| digits.parse().ok());
        token.map_or(word, |token| self.text(token))
    }

    fn rewritten(&mut self) -> String {
        let keeps_options = self.tokens.iter().take(4).any(|token| word_is(self.sql, Some(token), "create"));
        let mut text = String::with_capacity(self.tokens.len() * 7);
        for (place, token) in self.tokens.iter().enumerate() {
            let word = self.sql.get(token.start..token.end).unwrap_or_default();
            // Options of tables are names that the parser itself compares.
            let is_option = keeps_options && ["rowid", "strict"].iter().any(|option| word.eq_ignore_ascii_case(option));
            // Writing to a String cannot fail.
            let _ = match token.kind {
                Kind::Keyword | Kind::Name if token.kind == Kind::Keyword || is_option => {
                    let occurrences = self.keywords.entry(word.to_ascii_lowercase()).or_default();
                    occurrences.push(place);
                    push_with_case(&mut text, word, occurrences.len() - 1);
                    match self.begins_columns(place) {
                        true => writeln!(text, " i{place},"),
                        false => writeln!(text),
                    }
                }
                Kind::Name | Kind::Keyword => writeln!(text, "i{place}"),
                Kind::Text => writeln!(text, "'{place}'"),
                Kind::Integer => writeln!(text, "{place}"),
                Kind::Real => writeln!(text, "{place}.0"),
                Kind::Blob => writeln!(text, "x'{place:08x}'"),
                Kind::Parameter => writeln!(text, ":v{place}"),
                Kind::End | Kind::Open | Kind::Close | Kind::Sign | Kind::Illegal => writeln!(text, "{word}"),
            };
        }
        text
    }
}

/// Each token has a line of its own.
fn token_on(line: usize) -> usize {
    line.saturating_sub(1)
}

/// Writes a keyword so that the case of its letters holds a number, as far as it has letters.
fn push_with_case(text: &mut String, word: &str, number: usize) {
    let letters = word.chars().enumerate().map(|(place, letter)| {
        let bit = u32::try_from(place).ok().and_then(|place| number.checked_shr(place)).unwrap_or(0) & 1;
        if bit == 1 { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
    });
    text.extend(letters);
}

fn case_bits(word: &str) -> usize {
    let bits = word.chars().enumerate().filter(|(_, letter)| letter.is_ascii_uppercase());
    bits.filter_map(|(place, _)| 1_usize.checked_shl(u32::try_from(place).ok()?)).sum()
}

/// A name or text without its quotes.
pub(super) fn unquote(text: &str) -> Cow<'_, str> {
    let quote = match text.chars().next() {
        Some('[') => ']',
        Some(quote @ ('"' | '\'' | '`')) => quote,
        _ => return Cow::Borrowed(text),
    };
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    if quote != ']' && inner.contains(quote) {
        Cow::Owned(inner.replace(&format!("{quote}{quote}"), &quote.to_string()))
    } else {
        Cow::Borrowed(inner)
    }
}
