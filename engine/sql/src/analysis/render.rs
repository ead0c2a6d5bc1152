//! Diagnostics for people: the line that each is about, a mark under the place, and what to do.

use super::{Analysis, Diagnostic, Severity};
use std::ops::Range;

/// Characters of a line that are shown around a place.
const SHOWN: usize = 100;

/// The line of a text that holds a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Its number, counted from 1.
    pub line: usize,
    /// The column of the place, in characters, counted from 1.
    pub column: usize,
    /// The line, cut around the place if it is long.
    pub text: String,
    /// Marks to stand below the line.
    pub mark: String,
}

impl Excerpt {
    /// The line around a place; `None` if there is no such place.
    #[must_use]
    pub fn new(text: &str, place: &Range<usize>) -> Option<Self> {
        let before = text.get(..place.start)?;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = text.get(start..)?.lines().next().unwrap_or_default();
        let column = before.get(start..)?.chars().count();
        let is_long = line.chars().nth(SHOWN).is_some();
        let skipped = if is_long { column.saturating_sub(SHOWN / 2) } else { 0 };
        let visible = |c: char| if c.is_control() { ' ' } else { c };
        let mut shown: String = line.chars().skip(skipped).take(SHOWN).map(visible).collect();
        let room = shown.chars().count().saturating_sub(column - skipped);
        if line.chars().nth(skipped + SHOWN).is_some() {
            shown.push('…');
        }
        let lead = if skipped > 0 { "…" } else { "" };
        let marked = text.get(place.clone()).and_then(|marked| marked.lines().next()).unwrap_or_default();
        let width = marked.chars().count().min(room).max(1);
        let indent = lead.chars().count() + column - skipped;
        Some(Self {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            text: format!("{lead}{}", shown.trim_end()),
            mark: format!("{}{}", " ".repeat(indent), "^".repeat(width)),
        })
    }
}

/// The diagnostics of a text, with colours or without.
#[must_use]
pub fn render(analysis: &Analysis, sql: &str, colours: bool) -> String {
    analysis.diagnostics.iter().map(|diagnostic| one(diagnostic, sql, colours)).collect()
}

fn one(diagnostic: &Diagnostic, sql: &str, colours: bool) -> String {
    let block = Block {
        severity: diagnostic.severity,
        code: Some(diagnostic.code.name()),
        message: &diagnostic.message,
        source: None,
        excerpt: Excerpt::new(sql, &diagnostic.span),
        help: diagnostic.help.as_deref(),
    };
    block.render(colours)
}

/// One diagnostic as people read it.
#[derive(Clone, Debug)]
pub struct Block<'d> {
    /// How bad it is.
    pub severity: Severity,
    /// The name of its kind.
    pub code: Option<&'d str>,
    /// What is wrong.
    pub message: &'d str,
    /// The text that it is about, if there are several.
    pub source: Option<&'d str>,
    /// The line that it is about.
    pub excerpt: Option<Excerpt>,
    /// What to do about it.
    pub help: Option<&'d str>,
}

impl Block<'_> {
    /// Its lines and an empty one, with colours or without.
    #[must_use]
    pub fn render(&self, colours: bool) -> String {
        let (word, colour) = match self.severity {
            Severity::Error => ("error", "31"),
            Severity::Warning => ("warning", "33"),
        };
        let painted = |text: &str, colour: &str| match colours {
            true => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        };
        let kind = self.code.map(|code| format!("[{code}]")).unwrap_or_default();
        let title = painted(&format!("{word}{kind}"), &format!("1;{colour}"));
        let mut lines = vec![format!("{title}: {}", self.message)];
        let margin = self.excerpt.as_ref().map_or(1, |excerpt| excerpt.line.to_string().len());
        let gutter = |text: &str| painted(&format!("{text:>margin$} |"), "34");
        let arrow = || format!("{}{}", " ".repeat(margin), painted("-->", "34"));
        let source = self.source.map(|source| format!("{source}:")).unwrap_or_default();
        if let Some(Excerpt { line, column, text, mark }) = &self.excerpt {
            lines.push(format!("{} {source}{line}:{column}", arrow()));
            lines.push(gutter(""));
            lines.push(format!("{} {text}", gutter(&line.to_string())));
            lines.push(format!("{} {}", gutter(""), painted(mark, &format!("1;{colour}"))));
        } else if let Some(source) = self.source {
            lines.push(format!("{} {source}", arrow()));
        }
        if let Some(help) = self.help {
            lines.push(format!("{} {}: {help}", " ".repeat(margin), painted("= help", "34")));
        }
        lines.push(String::new());
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Code;

    #[test]
    fn excerpts() {
        for (sql, place, expect) in [
            ("selec 1", 0..5, "1:1|selec 1|^^^^^"),
            ("select 1,\n  x y z", 14..15, "2:5|  x y z|    ^"),
            ("é é nope", 6..10, "1:5|é é nope|    ^^^^"),
            ("a\tb\x1bc", 4..5, "1:5|a b c|    ^"),
            ("x", 1..1, "1:2|x| ^"),
            ("a bc\nd", 2..6, "1:3|a bc|  ^^"),
        ] {
            let Excerpt { line, column, text, mark } = Excerpt::new(sql, &place).expect(sql);
            assert_eq!(format!("{line}:{column}|{text}|{mark}"), expect, "{sql:?}");
        }
        assert_eq!(Excerpt::new("é", &(1..2)), None);
        assert_eq!(Excerpt::new("x", &(9..9)), None);
    }

    #[test]
    fn long_lines_are_cut() {
        let sql = format!("{}nope{}", "a".repeat(200), "b".repeat(200));
        let Excerpt { text, mark, column, .. } = Excerpt::new(&sql, &(200..204)).expect("a place");
        assert_eq!(text, format!("…{}nope{}…", "a".repeat(50), "b".repeat(46)));
        assert_eq!(mark, format!("{}^^^^", " ".repeat(51)));
        assert_eq!(column, 201);
        let Excerpt { mark, .. } = Excerpt::new(&sql, &(0..404)).expect("a place");
        assert_eq!(mark, "^".repeat(100));
    }

    #[test]
    fn colours_change_nothing_else() {
        let found = Diagnostic::error(Code::UnknownColumn, 10..13, "no such column: udi".to_owned());
        let found = found.with_help(Some("did you mean uid of users?".to_owned()));
        let analysis = Analysis { statements: Vec::new(), diagnostics: vec![found] };
        let plain = render(&analysis, "SELECT 1,\nudi", false);
        let lines = [
            "error[unknown-column]: no such column: udi",
            " --> 2:1",
            "  |",
            "2 | udi",
            "  | ^^^",
            "  = help: did you mean uid of users?",
            "",
            "",
        ];
        assert_eq!(plain.split('\n').collect::<Vec<_>>(), lines);
        assert!(!plain.contains('\u{1b}'));
        let coloured = render(&analysis, "SELECT 1,\nudi", true);
        let pieces = coloured.split('\u{1b}').map(|piece| piece.split_once('m').map_or(piece, |(_, text)| text));
        // The first piece has no colour before it.
        assert_eq!(pieces.collect::<String>(), plain);
    }
}
