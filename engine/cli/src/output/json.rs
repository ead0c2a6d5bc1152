//! JSON: objects with their keys in byte order and every value a string. Always valid UTF-8.

use super::out::Put;
use super::text::push_int;
use super::{Cells, Mode, Out, Style};
use crate::sql::{Cell, render_real};

pub(super) struct Json {
    pretty: bool,
    /// The text of NULL, escaped.
    null: Vec<u8>,
    /// The keys in order, with what stands before the value (`,"name":"`), and the columns of their values.
    keys: Vec<(Vec<u8>, usize)>,
    first: bool,
}

impl Json {
    pub(super) fn new(style: &Style) -> Self {
        let mut null = Vec::new();
        push_escaped(&mut null, style.pretty_null.as_bytes());
        Self { pretty: style.mode == Mode::JsonPretty, null, keys: Vec::new(), first: true }
    }

    pub(super) fn begin(&mut self, names: &[&str]) {
        let mut order: Vec<usize> = (0..names.len()).collect();
        // A stable sort, so that of columns with one name the last stands last, and stays.
        order.sort_by_key(|index| names.get(*index));
        self.keys.clear();
        let mut order = order.into_iter().peekable();
        while let Some(index) = order.next() {
            let name = names.get(index);
            if order.peek().is_some_and(|next| names.get(*next) == name) {
                continue;
            }
            let lead = self.lead(name.copied().unwrap_or_default());
            self.keys.push((lead, index));
        }
    }

    fn lead(&self, name: &str) -> Vec<u8> {
        let (before, after): (&[u8], &[u8]) = match (self.pretty, self.keys.is_empty()) {
            (false, true) => (b"\"", b"\":\""),
            (false, false) => (b",\"", b"\":\""),
            (true, true) => (b"\n    \"", b"\": \""),
            (true, false) => (b",\n    \"", b"\": \""),
        };
        let mut lead = Vec::with_capacity(before.len() + name.len() + after.len());
        lead.extend_from_slice(before);
        push_escaped(&mut lead, name.as_bytes());
        lead.extend_from_slice(after);
        lead
    }

    pub(super) fn row(&mut self, out: &mut Out, row: &impl Cells) {
        out.put(if std::mem::take(&mut self.first) { b"[\n  {" } else { b",\n  {" });
        for (lead, index) in &self.keys {
            out.put(lead);
            match row.at(*index) {
                Cell::Null => out.put(&self.null),
                Cell::Int(number) => push_int(out, number),
                Cell::Real(real) => out.put(render_real(real).as_bytes()),
                Cell::Text(text) | Cell::Blob(text) => push_escaped(out, text),
            }
            out.put(b"\"");
        }
        out.put(if self.pretty { b"\n  }" } else { b"}" });
    }

    pub(super) fn finish(&mut self, out: &mut Out) {
        out.put(match (self.first, self.pretty) {
            (true, true) => b"[]\n".as_slice(),
            (true, false) => b"[\n\n]\n",
            (false, _) => b"\n]\n",
        });
        self.first = true;
    }
}

/// Whether a byte cannot be copied as it is. Two comparisons, so that a block of bytes is looked at at once.
const fn is_special(byte: u8) -> bool {
    byte.wrapping_sub(0x20) > 0x5f || byte == b'"' || byte == b'\\'
}

/// How many bytes at the beginning can be copied as they are.
fn plain_length(text: &[u8]) -> usize {
    const BLOCK: usize = 16;
    let mut plain = 0;
    for block in text.chunks_exact(BLOCK) {
        if block.iter().fold(false, |special, byte| special | is_special(*byte)) {
            break;
        }
        plain += BLOCK;
    }
    let rest = text.get(plain..).unwrap_or_default();
    plain + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

/// Appends the inside of a JSON string. Text ends at its first NUL; what is not UTF-8 becomes U+FFFD.
pub(super) fn push_escaped(buf: &mut impl Put, mut text: &[u8]) {
    loop {
        let (plain, rest) = text.split_at(plain_length(text));
        buf.put(plain);
        let Some((byte, after)) = rest.split_first() else {
            return;
        };
        text = after;
        match byte {
            0 => return,
            b'"' => buf.put(b"\\\""),
            b'\\' => buf.put(b"\\\\"),
            b'\n' => buf.put(b"\\n"),
            b'\t' => buf.put(b"\\t"),
            b'\r' => buf.put(b"\\r"),
            0x08 => buf.put(b"\\b"),
            0x0c => buf.put(b"\\f"),
            ..0x20 => buf.put(&control(*byte)),
            _ => text = push_unicode(buf, rest),
        }
    }
}

/// `\u001F`.
fn control(byte: u8) -> [u8; 6] {
    let low = match byte & 0xf {
        digit @ 0..=9 => b'0' + digit,
        letter => b'A' - 10 + letter,
    };
    [b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), low]
}

/// Copies everything up to the next byte that needs an escape; answers what follows.
fn push_unicode<'a>(buf: &mut impl Put, text: &'a [u8]) -> &'a [u8] {
    let needs_escape = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    let (run, rest) = text.split_at(text.iter().position(needs_escape).unwrap_or(text.len()));
    for chunk in run.utf8_chunks() {
        buf.put(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            buf.put("\u{fffd}".as_bytes());
        }
    }
    rest
}
