//! What came out, for people.

use crate::Verdict;
use std::fmt::Write as _;

/// Results by section.
#[derive(Clone, Debug, Default)]
pub struct Report {
    sections: Vec<Section>,
}

/// One oracle over one subject.
#[derive(Clone, Debug)]
pub struct Section {
    /// What was proved: `recorded answers, debian-server`.
    pub title: String,
    /// Cases that held.
    pub passed: usize,
    /// Cases that had nothing to hold against, by reason.
    pub skipped: Vec<String>,
    /// Cases that did not hold.
    pub failed: Vec<String>,
}

impl Section {
    /// An empty section.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), passed: 0, skipped: Vec::new(), failed: Vec::new() }
    }

    /// Adds a case.
    pub fn add(&mut self, case: &str, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.passed += 1,
            Verdict::Skip(why) => self.skipped.push(format!("{case}: {why}")),
            Verdict::Fail(why) => self.failed.push(format!("{case}: {why}")),
        }
    }
}

impl Report {
    /// Adds a section.
    pub fn push(&mut self, section: Section) {
        self.sections.push(section);
    }

    /// The sections so far.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Whether something did not hold.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.sections.iter().any(|section| !section.failed.is_empty())
    }

    /// One line a section.
    #[must_use]
    pub fn summary(&self) -> String {
        let width = self.sections.iter().map(|section| section.title.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for section in &self.sections {
            let (title, passed) = (&section.title, section.passed);
            let (failed, skipped) = (section.failed.len(), section.skipped.len());
            let _ = writeln!(text, "{title:width$}  {passed:6} passed  {failed:4} failed  {skipped:5} skipped");
        }
        text
    }

    /// The whole report as Markdown.
    #[must_use]
    pub fn markdown(&self, title: &str) -> String {
        let mut text = format!("# {title}\n\n```\n{}```\n", self.summary());
        for section in self.sections.iter().filter(|section| !section.failed.is_empty()) {
            let _ = writeln!(text, "\n## Failed: {}\n", section.title);
            for failure in &section.failed {
                let _ = writeln!(text, "```\n{failure}\n```");
            }
        }
        for section in self.sections.iter().filter(|section| !section.skipped.is_empty()) {
            let _ = writeln!(text, "\n## Skipped: {}\n", section.title);
            for skip in &section.skipped {
                let _ = writeln!(text, "- {skip}");
            }
        }
        text
    }
}
