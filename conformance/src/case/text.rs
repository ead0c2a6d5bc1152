//! Cases as text.

use super::answer::{self, Answer};
use super::{Base, Case, CaseHost, Law, Platform, Step};
use crate::hosttext::blocks::{self, Block, blocks};
use crate::hosttext::read::{bytes, host, is_kind, split_word};
use crate::hosttext::write::content;
use crate::hosttext::{TextError, write as host_text};

pub(super) fn write(case: &Case) -> String {
    let mut out = String::new();
    if !case.about.is_empty() {
        blocks::write(&mut out, "about", &case.about);
    }
    if !case.oracle.is_empty() {
        blocks::write(&mut out, &format!("oracle {}", case.oracle), "");
    }
    if case.host != CaseHost::default() || case.input.is_none() {
        let base = match &case.host.base {
            Base::Empty => String::new(),
            Base::Small => " small".to_owned(),
            Base::Fixture(name) => format!(" {name}"),
        };
        blocks::write(&mut out, &format!("host {}{base}", case.host.platform.name()), "");
        host_text::host(&case.host.files, &mut out);
    }
    for step in &case.steps {
        blocks::write(&mut out, "query", &step.sql);
        match &step.answer {
            Some(Answer::Rows { columns, rows, ordered }) => {
                let header = if *ordered { "answer ordered" } else { "answer" };
                blocks::write(&mut out, header, &answer::write(columns, rows));
            }
            Some(Answer::Refusal(error)) => blocks::write(&mut out, "refusal", error),
            None => {}
        }
    }
    if let Some((target, bytes)) = &case.input {
        let content = content(bytes);
        let kind = if content.kind == "file" { String::new() } else { format!(" {}", content.kind) };
        let unended = if content.unended { " unended" } else { "" };
        blocks::write(&mut out, &format!("input {target}{kind}{unended}"), &content.text);
    }
    out
}

pub(super) fn read(text: &str) -> Result<Case, TextError> {
    let mut reader = Reader::default();
    let mut files = Vec::new();
    for block in blocks(text)? {
        if is_kind(split_word(block.header).0) {
            if !reader.has_host {
                return Err(TextError::new(block.line, "files should stand below a host: === host linux"));
            }
            files.push(block);
        } else {
            reader.block(&block).map_err(|(below, what)| TextError::new(block.line + below, what))?;
        }
    }
    let mut case = reader.case;
    case.host.files = host(files)?;
    let end = text.lines().count();
    if case.steps.is_empty() && case.input.is_none() {
        return Err(TextError::new(end, "nothing is asked: a query or an input should stand here"));
    }
    if let Some(line) = reader.unanswered
        && Law::named(&case.oracle).is_none()
    {
        let names = Law::names().join(", ");
        let what = format!("this query has no answer, and {:?} names no law that it must hold: {names}", case.oracle);
        return Err(TextError::new(line, what));
    }
    Ok(case)
}

#[derive(Default)]
struct Reader {
    case: Case,
    has_host: bool,
    /// The line of a query without an answer.
    unanswered: Option<usize>,
    /// Whether an answer may come next.
    is_open: bool,
}

/// How many lines below the header, and what is wrong.
type Wrong = (usize, String);

impl Reader {
    fn block(&mut self, block: &Block<'_>) -> Result<(), Wrong> {
        let here = |what: String| (0, what);
        let (kind, rest) = split_word(block.header);
        let is_open = std::mem::take(&mut self.is_open);
        match kind {
            "about" => self.case.about = block.content.trim_end_matches('\n').to_owned(),
            "oracle" => self.case.oracle = rest.trim().to_owned(),
            "host" => {
                self.has_host = true;
                self.host(rest).map_err(here)?;
            }
            "query" => {
                let sql = block.content.trim_end_matches('\n').to_owned();
                if sql.trim().is_empty() {
                    return Err((0, "a statement should stand below this".to_owned()));
                }
                self.case.steps.push(Step { sql, answer: None });
                self.unanswered = self.unanswered.or(Some(block.line));
                self.is_open = true;
            }
            "answer" | "refusal" => {
                let answer = if kind == "answer" {
                    rows(block, rest)?
                } else {
                    Answer::Refusal(block.content.trim_end_matches('\n').to_owned())
                };
                let step = self.case.steps.last_mut().filter(|_| is_open);
                step.ok_or((0, format!("a query should stand before this {kind}")))?.answer = Some(answer);
                if self.case.steps.iter().all(|step| step.answer.is_some()) {
                    self.unanswered = None;
                }
            }
            "input" => {
                let (target, words) = split_word(rest);
                let unended = words.split(' ').any(|word| word == "unended");
                let form = words.split(' ').find(|word| !word.is_empty() && *word != "unended").unwrap_or("file");
                let input = bytes(form, &block.content, unended).map_err(here)?;
                self.case.input = Some((target.to_owned(), input));
            }
            other => {
                let known = "about, oracle, host, query, answer, refusal, input";
                return Err((0, format!("{other:?} is no kind of block: {known}, and those of a host's files")));
            }
        }
        Ok(())
    }

    fn host(&mut self, words: &str) -> Result<(), String> {
        for word in words.split_ascii_whitespace() {
            if let Some((_, platform)) = Platform::ALL.iter().find(|(name, _)| *name == word) {
                self.case.host.platform = *platform;
            } else if self.case.host.base != Base::Empty {
                return Err("a host is put onto one other host only".to_owned());
            } else if word == "small" {
                self.case.host.base = Base::Small;
            } else {
                self.case.host.base = Base::Fixture(word.to_owned());
            }
        }
        Ok(())
    }
}

fn rows(block: &Block<'_>, words: &str) -> Result<Answer, Wrong> {
    let ordered = match words.trim() {
        "" => false,
        "ordered" => true,
        other => return Err((0, format!("an answer is ordered or not; {other:?} says something else"))),
    };
    let mut lines = block.content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let columns = match lines.next() {
        Some((place, head)) => answer::columns(head).map_err(|what| (place + 1, what))?,
        None => Vec::new(),
    };
    let row = |(place, line): (usize, &str)| answer::row(line, columns.len()).map_err(|what| (place + 1, what));
    let rows = lines.map(row).collect::<Result<_, _>>()?;
    Ok(Answer::Rows { columns, rows, ordered })
}
