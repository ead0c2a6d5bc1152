//! Text as blocks: a header `=== WORDS`, and what follows.

use super::TextError;

/// What a header begins with.
const MARK: &str = "=== ";

/// A header and its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block<'t> {
    /// The line of the header, from 1.
    pub(crate) line: usize,
    /// The header without its mark.
    pub(crate) header: &'t str,
    /// The lines below it, as they are meant.
    pub(crate) content: String,
}

/// The blocks of a text.
pub(crate) fn blocks(text: &str) -> Result<Vec<Block<'_>>, TextError> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some(header) = line.strip_prefix(MARK) {
            let header = header.strip_suffix('\n').unwrap_or(header);
            blocks.push(Block { line: number + 1, header, content: String::new() });
            continue;
        }
        match blocks.last_mut() {
            Some(block) => {
                block.content.push_str(if is_escaped(line) { line.get(1..).unwrap_or_default() } else { line })
            }
            None if line.trim().is_empty() => {}
            None => return Err(TextError::new(number + 1, "a header should stand here: === KIND …")),
        }
    }
    Ok(blocks)
}

/// Writes a block. What does not end with a newline gets one.
pub(crate) fn write(out: &mut String, header: &str, content: &str) {
    out.push_str(MARK);
    out.push_str(header);
    out.push('\n');
    for line in content.split_inclusive('\n') {
        if line.trim_start_matches('\\').starts_with(MARK) {
            out.push('\\');
        }
        out.push_str(line);
    }
    if !content.is_empty() && !content.ends_with('\n') {
        out.push('\n');
    }
}

/// Whether a line begins with backslashes and then like a header.
fn is_escaped(line: &str) -> bool {
    let rest = line.trim_start_matches('\\');
    rest.len() < line.len() && rest.starts_with(MARK)
}
