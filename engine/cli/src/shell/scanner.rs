//! Where statements end: enough of SQL's grammar to tell, line by line, whether a text is complete.

/// Follows a text as it comes. Strings, comments and the bodies of triggers may hold semicolons.
#[derive(Clone, Debug, Default)]
pub(super) struct Scanner {
    within: Within,
    state: State,
    word: Vec<u8>,
    /// The byte before, where it matters: `-` or `/` may begin a comment.
    before: u8,
    /// Something other than blanks and comments was met.
    started: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Nothing,
    /// A string or quoted name; what ends it.
    Quotes(u8),
    Line,
    Block,
}

/// What the statement is so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing yet, or a semicolon.
    #[default]
    Start,
    Plain,
    Explain,
    /// `CREATE`, perhaps `TEMP`.
    Create,
    /// In the body of a trigger.
    Trigger,
    /// In the body of a trigger, after a semicolon.
    TriggerStatement,
    /// In the body of a trigger, after `; END`.
    TriggerEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Semicolon,
    Explain,
    Create,
    Temp,
    Trigger,
    End,
    Other,
}

impl State {
    fn after(self, token: Token) -> Self {
        use Token::{Create, End, Explain, Semicolon, Temp, Trigger};
        match (self, token) {
            (Self::Trigger | Self::TriggerStatement, Semicolon) => Self::TriggerStatement,
            (_, Semicolon) => Self::Start,
            (Self::TriggerStatement, End) => Self::TriggerEnd,
            (Self::Trigger | Self::TriggerStatement | Self::TriggerEnd, _) => Self::Trigger,
            (Self::Start, Explain) => Self::Explain,
            (Self::Start | Self::Explain, Create) | (Self::Create, Temp) => Self::Create,
            (Self::Create, Trigger) => Self::Trigger,
            // EXPLAIN QUERY PLAN CREATE …
            (Self::Explain, Token::Other) => Self::Explain,
            _ => Self::Plain,
        }
    }
}

impl Scanner {
    /// Reads on; answers the places just behind semicolons that end a statement.
    pub(super) fn feed(&mut self, text: &[u8]) -> Vec<usize> {
        let mut ends = Vec::new();
        for (at, byte) in text.iter().enumerate() {
            if self.byte(*byte) {
                ends.push(at + 1);
            }
        }
        ends
    }

    /// Whether the text ends with a complete statement. A word at its end counts as ended.
    pub(super) fn is_complete(&self) -> bool {
        let at_rest = matches!(self.within, Within::Nothing | Within::Line);
        self.state == State::Start && self.word.is_empty() && self.before == 0 && at_rest
    }

    /// Whether there was nothing but blanks and whole comments.
    pub(super) fn is_blank(&self) -> bool {
        !self.started && self.word.is_empty() && self.before == 0 && self.within != Within::Block
    }

    fn byte(&mut self, byte: u8) -> bool {
        match self.within {
            Within::Quotes(end) => {
                if byte == end {
                    self.within = Within::Nothing;
                }
                false
            }
            Within::Line => {
                if byte == b'\n' {
                    self.within = Within::Nothing;
                }
                false
            }
            Within::Block => {
                if self.before == b'*' && byte == b'/' {
                    self.within = Within::Nothing;
                    self.before = 0;
                } else {
                    self.before = byte;
                }
                false
            }
            Within::Nothing => self.outside(byte),
        }
    }

    fn outside(&mut self, byte: u8) -> bool {
        match (std::mem::take(&mut self.before), byte) {
            (b'-', b'-') => {
                self.within = Within::Line;
                return false;
            }
            (b'/', b'*') => {
                self.within = Within::Block;
                return false;
            }
            (0, _) => {}
            _ => self.token(Token::Other),
        }
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80 {
            // Only the beginning can matter; a long word is not kept whole.
            if self.word.len() < 16 {
                self.word.push(byte.to_ascii_lowercase());
            }
            return false;
        }
        self.end_word();
        match byte {
            b';' => {
                self.token(Token::Semicolon);
                return self.state == State::Start;
            }
            b'-' | b'/' => self.before = byte,
            b'\'' | b'"' | b'`' => self.quote(byte),
            b'[' => self.quote(b']'),
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => {}
            _ => self.token(Token::Other),
        }
        false
    }

    fn quote(&mut self, end: u8) {
        self.token(Token::Other);
        self.within = Within::Quotes(end);
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let token = match self.word.as_slice() {
            b"explain" => Token::Explain,
            b"create" => Token::Create,
            b"temp" | b"temporary" => Token::Temp,
            b"trigger" => Token::Trigger,
            b"end" => Token::End,
            _ => Token::Other,
        };
        self.word.clear();
        self.token(token);
    }

    fn token(&mut self, token: Token) {
        self.started = true;
        self.state = self.state.after(token);
    }
}

/// The statements of a text, with their semicolons and without blanks around; what is only blanks and comments is left
/// out.
pub(super) fn statements(sql: &str) -> Vec<&str> {
    let mut scanner = Scanner::default();
    let mut ends = scanner.feed(sql.as_bytes());
    ends.push(sql.len());
    let mut start = 0;
    let mut parts = Vec::new();
    for end in ends {
        let part = sql.get(start..end).unwrap_or_default().trim();
        start = end;
        let mut alone = Scanner::default();
        alone.feed(part.as_bytes());
        if !alone.is_blank() {
            parts.push(part);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(text: &str) -> Scanner {
        let mut scanner = Scanner::default();
        scanner.feed(text.as_bytes());
        scanner
    }

    #[test]
    fn completeness() {
        for (text, complete) in [
            ("", true),
            ("select 1", false),
            ("select 1;", true),
            ("select 1; ", true),
            ("select 1; -- comment", true),
            ("select 1; /* comment */", true),
            ("select 1; /* comment", false),
            ("select 1 -- ;", false),
            ("select ';", false),
            ("select ';';", true),
            ("select 'it''s;';", true),
            ("select \"a;\nb\";", true),
            ("select [a;b];", true),
            ("select `a;b`;", true),
            ("select 1 - 1;", true),
            ("select 1 / 2;", true),
            ("select 1 /", false),
            ("select 1; -", false),
            (";", true),
            ("; x", false),
            ("create table t(a);", true),
            ("create trigger x after insert on t begin select 1;", false),
            ("create trigger x after insert on t begin select 1; end;", true),
            ("create trigger x after insert on t begin select 1; end", false),
            ("CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; SELECT 2;\nEND;", true),
            ("create temporary trigger x begin select 'end;'; ", false),
            ("create trigger x begin select 1; end; select 2;", true),
            ("create trigger x begin select case when 1 then 2 end; select 1;", false),
            ("explain create trigger x begin select 1;", false),
            ("explain query plan create trigger x begin select 1;", false),
            ("create table trigger(a);", true),
            ("select 'create trigger';", true),
            ("/* ; */ select 1;", true),
        ] {
            assert_eq!(scanned(text).is_complete(), complete, "{text:?}");
            // The same in two halves, wherever it is cut.
            for cut in 0..text.len() {
                let mut scanner = scanned(&text[..cut]);
                scanner.feed(&text.as_bytes()[cut..]);
                assert_eq!(scanner.is_complete(), complete, "{text:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn blankness() {
        for (text, blank) in [
            ("", true),
            ("  \t\n", true),
            ("-- comment", true),
            ("--comment\n/* more */ ", true),
            ("/* open", false),
            ("-", false),
            (";", false),
            ("x", false),
            ("''", false),
        ] {
            assert_eq!(scanned(text).is_blank(), blank, "{text:?}");
        }
    }

    #[test]
    fn splitting() {
        for (text, parts) in [
            ("select 1; select 2", &["select 1;", "select 2"][..]),
            ("select 1;;\n", &["select 1;", ";"]),
            ("select ';'; -- end", &["select ';';"]),
            ("-- first\nselect 1;", &["-- first\nselect 1;"]),
            ("", &[]),
            ("é;ü", &["é;", "ü"]),
        ] {
            assert_eq!(statements(text), parts, "{text:?}");
        }
    }
}
