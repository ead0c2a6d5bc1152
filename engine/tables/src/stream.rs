//! Files too large to hold: read in pieces, given out as lines or as records.

use plumb_host::File;
use plumb_schema::Cx;
use std::sync::Arc;

/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// A file of which one window is in memory.
#[derive(Debug)]
struct Window {
    cx: Arc<Cx>,
    path: Vec<u8>,
    file: Option<Box<dyn File>>,
    buf: Vec<u8>,
    start: usize,
}

impl Window {
    /// Opens a file. Missing: `None`, silently; otherwise an error is a note.
    fn open(cx: &Arc<Cx>, path: &[u8]) -> Option<Self> {
        let file = cx.host.root().open(path).map_err(|error| cx.note_error(path, &error)).ok()?;
        Some(Self { cx: Arc::clone(cx), path: path.to_vec(), file: Some(file), buf: Vec::new(), start: 0 })
    }

    /// What was read and not yet used.
    fn bytes(&self) -> &[u8] {
        self.buf.get(self.start..).unwrap_or_default()
    }

    /// Gives up the next bytes of the window.
    fn skip(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.buf.len());
    }

    /// Adds a piece of the file to the window; `false` when there is no more, or when the statement should stop.
    fn more(&mut self) -> bool {
        let Some(file) = &mut self.file else { return false };
        self.buf.drain(..self.start);
        self.start = 0;
        let end = self.buf.len();
        self.buf.resize(end + PIECE, 0);
        let got = match file.read(self.buf.get_mut(end..).unwrap_or_default()) {
            Ok(got) if !self.cx.is_cancelled() => got.min(PIECE),
            Ok(_) => 0,
            Err(error) => {
                self.cx.note_error(&self.path, &error);
                0
            }
        };
        self.buf.truncate(end + got);
        if got == 0 {
            self.file = None;
        }
        got > 0
    }
}

/// The lines of a file, without their newlines. A last line without a newline counts.
#[derive(Debug)]
pub(crate) struct Lines {
    window: Window,
    /// Bytes of the window that belong to the line given out last.
    used: usize,
    /// Whether the rest of a line that was cut is still to be passed over.
    cut: bool,
}

impl Lines {
    /// The longest line; the rest of a longer one is left out, with a note.
    pub(crate) const LONGEST: usize = 16 << 20;

    /// Opens a file. Missing: `None`, silently; otherwise an error is a note.
    pub(crate) fn open(cx: &Arc<Cx>, path: &[u8]) -> Option<Self> {
        Some(Self { window: Window::open(cx, path)?, used: 0, cut: false })
    }

    /// The next line.
    pub(crate) fn advance(&mut self) -> Option<&[u8]> {
        self.window.skip(std::mem::take(&mut self.used));
        if std::mem::take(&mut self.cut) {
            self.pass_over();
        }
        let mut looked = 0;
        let length = loop {
            let bytes = self.window.bytes();
            match newline(bytes, looked) {
                Some(place) => {
                    self.used = place + 1;
                    break place;
                }
                None if bytes.len() >= Self::LONGEST => {
                    self.window
                        .cx
                        .note(&self.window.path, format_args!("a line beyond {} bytes is cut", Self::LONGEST));
                    self.used = bytes.len();
                    self.cut = true;
                    break bytes.len();
                }
                None => looked = bytes.len(),
            }
            if !self.window.more() {
                self.used = looked;
                break looked;
            }
        };
        if self.used == 0 { None } else { self.window.bytes().get(..length) }
    }

    /// Passes over the rest of a line.
    fn pass_over(&mut self) {
        loop {
            let bytes = self.window.bytes();
            if let Some(place) = newline(bytes, 0) {
                return self.window.skip(place + 1);
            }
            self.window.skip(bytes.len());
            if !self.window.more() {
                return;
            }
        }
    }
}

fn newline(bytes: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.iter().position(|byte| *byte == b'\n').map(|place| from + place)
}

/// The records of a file that has nothing but records of one size.
#[derive(Debug)]
pub(crate) struct Records {
    window: Window,
    used: usize,
}

impl Records {
    /// Opens a file. Missing: `None`, silently; otherwise an error is a note.
    pub(crate) fn open(cx: &Arc<Cx>, path: &[u8]) -> Option<Self> {
        Some(Self { window: Window::open(cx, path)?, used: 0 })
    }

    /// The first bytes of the file, as many as are read at once. To be asked before the first record.
    pub(crate) fn head(&mut self) -> &[u8] {
        if self.window.bytes().is_empty() {
            self.window.more();
        }
        self.window.bytes()
    }

    /// The next record. What is left at the end and too short for one is a note.
    pub(crate) fn advance(&mut self, size: usize) -> Option<&[u8]> {
        self.window.skip(std::mem::take(&mut self.used));
        while self.window.bytes().len() < size {
            if !self.window.more() {
                let left = self.window.bytes().len();
                if left > 0 {
                    self.window
                        .cx
                        .note(&self.window.path, format_args!("ends with {left} bytes of a record of {size}"));
                    self.window.skip(left);
                }
                return None;
            }
        }
        self.used = size;
        self.window.bytes().get(..size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::cx;
    use plumb_host::Mem;

    fn lines(content: &[u8]) -> (Vec<Vec<u8>>, usize) {
        let (cx, statement) = cx("t", Mem::new().file("/f", content));
        let mut lines = Lines::open(&cx, b"/f").expect("is there");
        let mut found = Vec::new();
        while let Some(line) = lines.advance() {
            found.push(line.to_vec());
        }
        assert_eq!(lines.advance(), None, "stays at the end");
        (found, statement.notes.take().len())
    }

    #[test]
    fn lines_over_pieces() {
        for (content, expect) in [
            (&b""[..], vec![]),
            (b"\n", vec![&b""[..]]),
            (b"a", vec![b"a"]),
            (b"a\n", vec![b"a"]),
            (b"a\n\nb\r", vec![b"a", b"", b"b\r"]),
        ] {
            assert_eq!(lines(content), (expect.iter().map(|line| line.to_vec()).collect(), 0), "{content:?}");
        }
        for length in [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let long = vec![b'x'; length];
            let content = [&long[..], b"\n", &long, b"\ny"].concat();
            assert_eq!(lines(&content).0, [long.clone(), long, b"y".to_vec()], "{length}");
        }
    }

    #[test]
    fn a_line_without_end() {
        let long = vec![b'x'; Lines::LONGEST + 3 * PIECE];
        let (found, notes) = lines(&[&long[..], b"\nb\n"].concat());
        assert_eq!((found.len(), notes), (2, 1));
        assert!(found[0].len() >= Lines::LONGEST && found[0].len() < long.len());
        assert_eq!(found[1], b"b");
        assert_eq!(lines(&long).0.len(), 1);
    }

    #[test]
    fn records_and_a_piece() {
        let (cx, statement) = cx("t", Mem::new().file("/f", vec![7; 3 * PIECE + 5]));
        let mut records = Records::open(&cx, b"/f").expect("is there");
        assert!(!records.head().is_empty());
        let mut count = 0;
        while records.advance(48).is_some() {
            count += 1;
        }
        assert_eq!((count, 3 * PIECE % 48), (3 * PIECE / 48, 0));
        assert_eq!(statement.notes.take()[0].reason, "ends with 5 bytes of a record of 48");
    }
}
