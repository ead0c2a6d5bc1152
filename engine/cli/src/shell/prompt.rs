//! The prompt: for a person at a terminal.

use super::completion::Completion;
use super::script::Pending;
use super::{Ran, Shell};
use crate::own;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};
use std::path::PathBuf;

const PROMPT: &str = "plumb> ";
const CONTINUED: &str = "  ...> ";
/// Entries that the history keeps.
const REMEMBERED: usize = 1000;

/// A line editor with a history.
struct Lines {
    editor: Editor<Completion, FileHistory>,
    file: Option<PathBuf>,
    colored: bool,
}

impl Lines {
    fn open(completion: Completion) -> Result<Self, ReadlineError> {
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .max_history_size(REMEMBERED)?
            .history_ignore_space(true)
            .build();
        let mut editor = Editor::with_history(config.clone(), FileHistory::with_config(&config))?;
        editor.set_helper(Some(completion));
        let file = own::history_file();
        if let Some(file) = &file {
            // Without a history yet there is nothing to load.
            let _ = editor.load_history(file);
        }
        let colored = own::env("TERM").is_some_and(|term| term.contains("xterm-256color"));
        Ok(Self { editor, file, colored })
    }

    fn read(&mut self, pending: &str) -> Result<String, ReadlineError> {
        let prompt = if pending.is_empty() { PROMPT } else { CONTINUED };
        if let Some(helper) = self.editor.helper_mut() {
            helper.set_pending(pending);
        }
        let styled = if self.colored { format!("\x1b[38;5;147m{prompt}\x1b[0m") } else { prompt.to_owned() };
        let line = self.editor.readline(&(prompt, styled))?;
        if !line.trim().is_empty() && self.editor.add_history_entry(line.as_str()).unwrap_or(false) {
            self.remember();
        }
        Ok(line)
    }

    /// Writes the history at once, so that a killed shell loses nothing. Failing to do so is no reason to stop.
    fn remember(&mut self) {
        if let Some(file) = &self.file
            && self.editor.append_history(file).is_ok()
        {
            let _ = own::protect(file);
        }
    }
}

impl Shell {
    /// Asks until the person leaves; answers the exit code.
    pub(super) fn prompt(&mut self) -> i32 {
        let mut lines = match Lines::open(Completion::new(self.tables.clone())) {
            Ok(lines) => lines,
            Err(error) => {
                self.console.tell(&format!("Error: cannot use the terminal: {error}"));
                return 1;
            }
        };
        self.console.tell("Plumb: this host as tables. Type .help for help, .tables for tables, Ctrl-D to leave.");
        self.interrupts.at_prompt();
        let mut pending = Pending::default();
        let mut failed = false;
        loop {
            let line = match lines.read(pending.text()) {
                Ok(line) => line,
                Err(ReadlineError::Interrupted) => {
                    pending = Pending::default();
                    continue;
                }
                // The editor has ended the line.
                Err(ReadlineError::Eof) => return i32::from(failed),
                Err(error) => {
                    self.console.tell(&format!("Error: cannot read from the terminal: {error}"));
                    return 1;
                }
            };
            // A line of the editor may hold several, when text was pasted.
            for part in line.split('\n') {
                match self.line(part, 0, &mut pending) {
                    Ran::Well => {}
                    Ran::Failed(_) => failed = true,
                    Ran::Leave(code) => return code.unwrap_or(i32::from(failed)),
                    Ran::Stop(code) => return code,
                }
            }
        }
    }
}
