//! Where output goes: a buffer in front of a writer.

use std::io::{self, Write};

/// Bytes gathered before they are written.
const CHUNK: usize = 64 * 1024;

/// What text is put into, piece by piece.
pub(super) trait Put {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl Put for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A writer behind a buffer of 128 KiB, which is all the memory that printing takes, however large a value is: where a value just
/// fits into memory, a copy of it does not.
pub struct Out {
    writer: Box<dyn Write>,
    buf: Vec<u8>,
    eager: bool,
    /// Why what did not fit into the buffer could not be written. What comes then is dropped until somebody asks.
    failed: Option<io::Error>,
}

impl Put for Out {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if bytes.len() <= self.buf.capacity() - self.buf.len() {
            self.buf.extend_from_slice(bytes);
        } else {
            self.put_through(bytes);
        }
    }
}

impl Out {
    /// A buffer in front of a writer that has none of its own. An eager one (a terminal's) writes every row at once.
    #[must_use]
    pub fn new(writer: Box<dyn Write>, eager: bool) -> Self {
        Self { writer, buf: Vec::with_capacity(2 * CHUNK), eager, failed: None }
    }

    /// The bytes that there is room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.buf.capacity()
    }

    /// Writes the buffer, and what it has no room for.
    #[cold]
    fn put_through(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            let written = self.writer.write_all(&self.buf);
            // Enough of them need not be gathered.
            let large = bytes.len() >= CHUNK;
            let written = written.and_then(|()| if large { self.writer.write_all(bytes) } else { Ok(()) });
            self.buf.clear();
            match written {
                Ok(()) if large => {}
                Ok(()) => self.buf.extend_from_slice(bytes),
                Err(error) => self.failed = Some(error),
            }
        }
    }

    /// Writes the buffer if enough has been gathered.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn row_done(&mut self) -> io::Result<()> {
        if self.eager || self.failed.is_some() || self.buf.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    /// Writes the buffer. What could not be written is dropped: a closed pipe is not tried again.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn flush(&mut self) -> io::Result<()> {
        let written = match self.failed.take() {
            Some(error) => Err(error),
            None => self.writer.write_all(&self.buf).and_then(|()| self.writer.flush()),
        };
        self.buf.clear();
        written
    }

    /// Prints a line of text.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.put(text.as_bytes());
        self.put(b"\n");
        self.row_done()
    }
}

impl std::fmt::Debug for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Out").field("buffered", &self.buf.len()).field("eager", &self.eager).finish_non_exhaustive()
    }
}
