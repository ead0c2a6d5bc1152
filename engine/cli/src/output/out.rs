//! Where output goes: a buffer in front of a writer.

use std::io::{self, Write};

/// Bytes gathered before they are written.
const CHUNK: usize = 64 * 1024;

/// A writer behind a buffer of 64 KiB.
pub struct Out {
    writer: Box<dyn Write>,
    buf: Vec<u8>,
    eager: bool,
}

impl Out {
    /// A buffer in front of a writer that has none of its own. An eager one (a terminal's) writes every row at once.
    #[must_use]
    pub fn new(writer: Box<dyn Write>, eager: bool) -> Self {
        Self { writer, buf: Vec::new(), eager }
    }

    /// The buffer, to append to. Call [`Out::row_done`] or [`Out::flush`] afterwards.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buf
    }

    /// Writes the buffer if enough has been gathered.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn row_done(&mut self) -> io::Result<()> {
        if self.eager || self.buf.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    /// Writes the buffer. What could not be written is dropped: a closed pipe is not tried again.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn flush(&mut self) -> io::Result<()> {
        let written = self.writer.write_all(&self.buf).and_then(|()| self.writer.flush());
        self.buf.clear();
        // One enormous row must not hold its memory for the rest of the session.
        self.buf.shrink_to(2 * CHUNK);
        written
    }

    /// Prints a line of text.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.buf.extend_from_slice(text.as_bytes());
        self.buf.push(b'\n');
        self.row_done()
    }
}

impl std::fmt::Debug for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Out").field("buffered", &self.buf.len()).field("eager", &self.eager).finish_non_exhaustive()
    }
}
