//! What is wrong with a configuration: what reading it told, and what becomes of each piece of SQL in it.

use super::diagnostic::{Diagnostic, Weight};
use super::marks::{Asked, Asks, Unescaped};
use super::query::platforms;
use super::text::{Place, Text};
use super::{Config, constructed, views};
use plumb_schema::Platforms;
use plumb_sql::Engine;
use plumb_sql::analysis::{self, Analysis, Code, Excerpt, Severity};
use std::ops::Range;

/// The most that is told.
const MOST_FINDINGS: usize = 2000;

/// Something that is wrong, with the line that it is about.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What, and where.
    pub diagnostic: Diagnostic,
    /// The kind of what is wrong with SQL.
    pub code: Option<&'static str>,
    /// The line, and marks below the place.
    pub excerpt: Option<Excerpt>,
}

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order of sources and places.
    pub findings: Vec<Finding>,
    /// Pieces of SQL that were looked at,
    pub queries: usize,
    /// and how many there are: after very many findings the rest is not looked at.
    pub of: usize,
}

impl Report {
    /// How many errors and how many warnings.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let errors = self.findings.iter().filter(|found| found.diagnostic.weight == Weight::Error).count();
        (errors, self.findings.len() - errors)
    }
}

/// Looks at everything. The engine has the tables that the daemon would have; the configuration's views are made in it.
pub fn check(config: &Config, engine: &mut Engine, unmade: &[constructed::Refused]) -> Report {
    let mut findings: Vec<Finding> =
        config.diagnostics.iter().map(|found| general(found.clone(), config.texts.get(&found.source))).collect();
    let refused = views::add(config.views(), engine);
    let mut queries = 0;
    findings.extend(unmade.iter().filter_map(|refused| not_made(config, refused)));
    for (source, asked) in &config.asked {
        // Each costs a look at the text.
        if findings.len() >= MOST_FINDINGS {
            break;
        }
        let Some(text) = config.texts.get(source) else { continue };
        let mut look = Look { text, asked, sql: Unescaped::new(text, &asked.span), findings: Vec::new() };
        look.all(engine, &refused);
        queries += 1;
        findings.append(&mut look.findings);
    }
    findings.sort_by(|a, b| {
        let place = |found: &Finding| (found.diagnostic.source.clone(), found.diagnostic.place);
        place(a).cmp(&place(b))
    });
    Report { findings, queries, of: config.asked.len() }
}

/// A table over other people's files that is not made.
fn not_made(config: &Config, refused: &constructed::Refused) -> Option<Finding> {
    let named = format!("the query of table {}", refused.name);
    let (source, asked) =
        config.asked.iter().rev().find(|(_, asked)| asked.kind == Asks::Foreign && asked.what == named)?;
    let text = config.texts.get(source)?;
    Some(general(Diagnostic::new(Weight::Warning, text, &asked.span, refused.line.clone()), Some(text)))
}

/// What reading told, with its line.
#[must_use]
pub fn general(diagnostic: Diagnostic, text: Option<&Text>) -> Finding {
    let excerpt = text.and_then(|text| excerpt(text, diagnostic.place, None));
    Finding { diagnostic, code: None, excerpt }
}

/// One piece of SQL.
struct Look<'c> {
    text: &'c Text,
    asked: &'c Asked,
    sql: Unescaped,
    findings: Vec<Finding>,
}

impl Look<'_> {
    fn all(&mut self, engine: &Engine, refused: &[views::Refused]) {
        let sql = self.sql.text.clone();
        if self.asked.kind == Asks::Foreign {
            // What other people's databases hold, nobody knows here.
            let of_grammar = |code| matches!(code, Code::Syntax | Code::TooLong | Code::TooDeep);
            let mut analysis = engine.analyse(&sql);
            analysis.diagnostics.retain(|found| of_grammar(found.code));
            return self.tell(&analysis, "");
        }
        match platforms(&self.asked.platforms) {
            None => self.tell(&engine.check(&sql), ""),
            Some(named) if named.is_empty() => {
                let message = format!("{} never runs: no platform is in all its lists", self.asked.what);
                self.push(Weight::Warning, None, &(0..sql.len()), message, None);
            }
            Some(named) => {
                for platform in named {
                    if platform == Platforms::CURRENT {
                        self.tell(&engine.check(&sql), "");
                    } else {
                        self.tell(&engine.analyse_on(&sql, platform), &format!(" on {platform}"));
                    }
                }
            }
        }
        if let Some(name) = self.asked.what.strip_prefix("view ").filter(|_| self.asked.kind == Asks::View)
            && let Some(refused) = refused.iter().find(|refused| refused.name == name && refused.certain)
        {
            self.push(Weight::Warning, None, &(0..sql.len()), refused.to_string(), None);
        }
    }

    fn tell(&mut self, analysis: &Analysis, there: &str) {
        for found in &analysis.diagnostics {
            // Agents on that system have it.
            if found.code == Code::NotYet && !there.is_empty() {
                continue;
            }
            // A table may come with an extension; and what runs nowhere harms nobody.
            let is_idle = matches!(found.code, Code::UnknownTable | Code::NotYet | Code::MissingConstraint);
            let weight = match found.severity {
                Severity::Error if !is_idle => Weight::Error,
                _ => Weight::Warning,
            };
            let never = if is_idle { " can never run" } else { "" };
            let here = if is_idle && there.is_empty() { " here" } else { there };
            let message = format!("{}{never}{here}: {}", self.asked.what, found.message);
            if self.findings.iter().any(|known| known.diagnostic.message == message) {
                continue;
            }
            let mut help = found.help.clone();
            if let Some(help) = help.as_mut().filter(|help| help.contains("exists on")) {
                help.push_str(": \"platform\" says where a query or pack runs");
            }
            self.push(weight, Some(found.code.name()), &found.span, message, help);
        }
        let gives_path = |statement: &analysis::Statement| {
            statement.results.is_empty() || statement.results.iter().any(|column| column.name == "path")
        };
        if self.asked.kind == Asks::Files && !analysis.has_errors() && !analysis.statements.iter().all(gives_path) {
            let message = format!("{} gives no column path: no files are watched for it", self.asked.what);
            self.push(Weight::Warning, None, &(0..self.sql.text.len()), message, None);
        }
    }

    fn push(
        &mut self,
        weight: Weight,
        code: Option<&'static str>,
        span: &Range<usize>,
        message: String,
        help: Option<String>,
    ) {
        let (start, end) = (self.sql.offset(span.start), self.sql.offset(span.end));
        let diagnostic = Diagnostic { help, ..Diagnostic::new(weight, self.text, &(start..end), message) };
        let width = self.text.json.get(start..end).map(|marked| marked.chars().count());
        let excerpt = excerpt(self.text, diagnostic.place, width);
        self.findings.push(Finding { diagnostic, code, excerpt });
    }
}

/// The line of a place, with marks below so many characters; without a width below the string or word that stands there.
fn excerpt(text: &Text, place: Place, width: Option<usize>) -> Option<Excerpt> {
    let original = String::from_utf8_lossy(&text.original);
    let start: usize = original.split_inclusive('\n').take(place.line.checked_sub(1)?).map(str::len).sum();
    let line = original.get(start..)?;
    let column = line.char_indices().nth(place.column.checked_sub(1)?).map_or(line.len(), |(at, _)| at);
    let rest = line.get(column..)?;
    let width = width.unwrap_or_else(|| word(rest));
    let length: usize = rest.chars().take(width).map(char::len_utf8).sum();
    Excerpt::new(&original, &(start + column..start + column + length))
}

/// How many characters the string or word has with which a text begins.
fn word(text: &str) -> usize {
    if text.starts_with(['{', '[']) {
        return 1;
    }
    let Some(inside) = text.strip_prefix('"') else {
        return text.chars().take_while(|char| !char.is_whitespace() && !",:]}".contains(*char)).count();
    };
    let mut escaped = false;
    let ends = |char: char| {
        let end = char == '\n' || char == '"' && !escaped;
        escaped = char == '\\' && !escaped;
        end
    };
    inside.chars().position(ends).map_or(1, |end| end + 2)
}

#[cfg(test)]
mod tests;
