//! As much of SQL's grammar as lies need: tokens, statements, and the clauses of a SELECT.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Blanks and comments.
    Blank,
    /// A name or keyword without quotes.
    Word,
    /// A name in quotes.
    Name,
    /// Text in quotes.
    Text,
    /// A number.
    Number,
    /// Anything else, byte by byte.
    Sign,
}

/// A piece of a statement. All pieces together are the statement again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
}

impl Token<'_> {
    /// Whether it is this keyword.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this sign.
    pub(crate) fn sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    /// The name that it is, without quotes.
    pub(crate) fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.to_owned()),
            Kind::Name => Some(self.text.trim_matches(['"', '`', '[', ']']).replace("\"\"", "\"")),
            _ => None,
        }
    }
}

/// The tokens of a text.
pub(crate) fn tokens(mut text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    while let Some((kind, length)) = first(text) {
        let (token, rest) = text.split_at(length);
        tokens.push(Token { kind, text: token });
        text = rest;
    }
    tokens
}

/// The kind and the length of the first token.
fn first(text: &str) -> Option<(Kind, usize)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let until = |end: Option<usize>| end.unwrap_or(text.len());
    Some(match text.chars().next()? {
        c if c.is_whitespace() => (Kind::Blank, until(text.find(|c: char| !c.is_whitespace()))),
        '-' if text.starts_with("--") => (Kind::Blank, until(text.find('\n'))),
        '/' if text.starts_with("/*") => (Kind::Blank, until(text.find("*/").map(|end| end + 2))),
        '\'' => (Kind::Text, quoted(text, '\'')),
        'x' | 'X' if text.get(1..).is_some_and(|rest| rest.starts_with('\'')) => {
            (Kind::Text, 1 + quoted(text.get(1..).unwrap_or_default(), '\''))
        }
        quote @ ('"' | '`') => (Kind::Name, quoted(text, quote)),
        '[' => (Kind::Name, until(text.find(']').map(|end| end + 1))),
        c if c.is_ascii_digit() => (Kind::Number, until(text.find(|c: char| !is_word(c) && c != '.'))),
        c if is_word(c) => (Kind::Word, until(text.find(|c: char| !is_word(c)))),
        c => (Kind::Sign, c.len_utf8()),
    })
}

/// The length of what begins with a quote; a doubled quote does not end it.
fn quoted(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((place, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return place + c.len_utf8();
        }
    }
    text.len()
}

/// The statements of a text, without their semicolons and the blanks around them.
pub(crate) fn statements(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for token in tokens(text) {
        match (token.sign(";"), all.last_mut()) {
            (false, Some(last)) => last.push_str(token.text),
            _ => all.push(String::new()),
        }
    }
    all.iter().map(|statement| statement.trim().to_owned()).filter(|statement| !statement.is_empty()).collect()
}

/// Where the clauses of a SELECT are, as places of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Select {
    /// The word SELECT.
    pub(crate) start: usize,
    /// FROM and what follows it.
    pub(crate) from: Range<usize>,
    /// WHERE and what follows it; empty without one.
    pub(crate) condition: Range<usize>,
    /// LIMIT and what follows it; empty without one.
    pub(crate) limit: Range<usize>,
    /// Whether rows are grouped.
    pub(crate) grouped: bool,
}

/// The SELECTs of a statement that have a FROM clause, outer ones first.
pub(crate) fn selects(tokens: &[Token<'_>]) -> Vec<Select> {
    let starts = tokens.iter().enumerate().filter(|(_, token)| token.is("SELECT")).map(|(place, _)| place);
    starts.filter_map(|start| select(tokens, start)).collect()
}

fn select(tokens: &[Token<'_>], start: usize) -> Option<Select> {
    const CLAUSES: [&str; 7] = ["FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT"];
    let (mut clauses, mut depth, mut end) = (Vec::new(), 0_usize, tokens.len());
    for (place, token) in tokens.iter().enumerate().skip(start + 1) {
        if token.sign("(") {
            depth += 1;
        } else if token.sign(")") && depth > 0 {
            depth -= 1;
        } else if depth == 0 && (token.sign(")") || ["UNION", "INTERSECT", "EXCEPT"].iter().any(|word| token.is(word)))
        {
            end = place;
            break;
        } else if depth == 0
            && let Some(word) = CLAUSES.iter().find(|word| token.is(word))
        {
            clauses.push((*word, place));
        }
    }
    let range = |word: &str| {
        let found = clauses.iter().position(|(clause, _)| *clause == word)?;
        let stop = clauses.get(found + 1).map_or(end, |(_, place)| *place);
        Some(clauses.get(found)?.1..stop)
    };
    let or_nothing = |word: &str| range(word).unwrap_or(end..end);
    Some(Select {
        start,
        from: range("FROM")?,
        condition: or_nothing("WHERE"),
        limit: or_nothing("LIMIT"),
        grouped: clauses.iter().any(|(word, _)| *word == "GROUP"),
    })
}

/// A table that a FROM clause names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    /// Where.
    pub(crate) place: usize,
    /// Its name.
    pub(crate) table: String,
    /// Whether it is given another name.
    pub(crate) alias: bool,
}

/// The agent's own tables that a statement reads, in the order of the text.
pub(crate) fn mentions(tokens: &[Token<'_>]) -> Vec<Mention> {
    const AFTER: [&str; 17] = [
        "WHERE",
        "JOIN",
        "LEFT",
        "RIGHT",
        "INNER",
        "FULL",
        "CROSS",
        "NATURAL",
        "ON",
        "USING",
        "GROUP",
        "ORDER",
        "LIMIT",
        "UNION",
        "INTERSECT",
        "EXCEPT",
        "INDEXED",
    ];
    let solid: Vec<usize> =
        (0..tokens.len()).filter(|place| tokens.get(*place).is_some_and(|t| t.kind != Kind::Blank)).collect();
    let token = |n: usize| solid.get(n).and_then(|place| tokens.get(*place));
    let named = named(&solid.iter().filter_map(|place| tokens.get(*place)).collect::<Vec<_>>());
    let mention = |(n, place): (usize, &usize)| {
        let before = token(n.checked_sub(1)?)?;
        let after = token(n + 1);
        let table = tokens.get(*place)?.name()?;
        let own = !table.starts_with("sqlite_") && !table.starts_with("pragma_") && !named.contains(&table);
        let read = (before.is("FROM") || before.is("JOIN")) && !after.is_some_and(|after| after.sign("("));
        let alias = after.is_some_and(|t| t.name().is_some() && !AFTER.iter().any(|word| t.is(word)));
        (own && read).then_some(Mention { place: *place, table, alias })
    };
    solid.iter().enumerate().filter_map(mention).collect()
}

/// The names that WITH gives to queries: those before `AS (`, perhaps with columns between. These are no tables, and what ends
/// a recursive one must not be lied about: it would run for ever.
fn named(tokens: &[&Token<'_>]) -> Vec<String> {
    let sign = |n: usize, sign: &str| tokens.get(n).is_some_and(|token| token.sign(sign));
    let body = |n: usize| tokens.get(n).is_some_and(|token| token.is("AS")) && sign(n + 1, "(");
    let columns = |n: usize| (n..tokens.len()).find(|n| sign(*n, ")")).filter(|_| sign(n, "("));
    let name = |(n, token): (usize, &&Token<'_>)| {
        let given = body(n + 1) || columns(n + 1).is_some_and(|end| body(end + 1));
        token.name().filter(|_| given)
    };
    tokens.iter().enumerate().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_where_sqlite_ends_them() {
        let text = "SELECT ';' AS \"a;b\"; -- x;\n;; SELECT /* ; */ x'3b', 'it''s;' ; SELECT 1";
        assert_eq!(statements(text), ["SELECT ';' AS \"a;b\"", "-- x;", "SELECT /* ; */ x'3b', 'it''s;'", "SELECT 1"]);
        for text in ["'", "\"", "/*", "--", "[", "x'", "é'", "x"] {
            assert_eq!(tokens(text).iter().map(|token| token.text).collect::<String>(), text);
        }
    }

    #[test]
    fn clauses_are_found_at_their_own_depth() {
        let sql =
            "SELECT quote(\"c0\") FROM (SELECT t.a FROM \"t\" AS t WHERE a IN (SELECT b FROM u) LIMIT 1) ORDER BY 1";
        let tokens = tokens(sql);
        let text = |range: &Range<usize>| tokens[range.clone()].iter().map(|t| t.text).collect::<String>();
        let found: Vec<_> = selects(&tokens).iter().map(|s| [&s.from, &s.condition, &s.limit].map(text)).collect();
        assert_eq!(found[1], ["FROM \"t\" AS t ", "WHERE a IN (SELECT b FROM u) ", "LIMIT 1"]);
        assert_eq!(found[2], ["FROM u", "", ""]);
        assert!(found[0][0].starts_with("FROM (SELECT t.a") && found[0][1].is_empty());
        let mentions: Vec<_> = mentions(&tokens).into_iter().map(|m| (m.table, m.alias)).collect();
        assert_eq!(mentions, [("t".to_owned(), true), ("u".to_owned(), false)]);
        let sql = "WITH RECURSIVE r(n, c) AS (SELECT 1, 2 FROM users UNION ALL SELECT n FROM r), s AS (SELECT 1) SELECT a FROM s";
        let mentions: Vec<_> = super::mentions(&super::tokens(sql)).into_iter().map(|mention| mention.table).collect();
        assert_eq!(mentions, ["users"], "what WITH names is no table");
    }
}
