//! Drawing facts from bytes.

use arbitrary::{Result, Unstructured};

/// How nasty a machine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether legal but nasty values occur.
    pub odd: bool,
    /// Whether what was rendered is then damaged.
    pub hostile: bool,
    /// Whether the kernel may answer netlink, which no directory can hold.
    pub netlink: bool,
}

impl Settings {
    /// An ordinary machine.
    #[must_use]
    pub const fn valid() -> Self {
        Self { odd: false, hostile: false, netlink: true }
    }

    /// Everything that kernel and tools can write.
    #[must_use]
    pub const fn odd() -> Self {
        Self { odd: true, hostile: false, netlink: true }
    }

    /// The same, and then damaged.
    #[must_use]
    pub const fn hostile() -> Self {
        Self { odd: true, hostile: true, netlink: true }
    }
}

/// Ordinary words.
const WORDS: [&str; 12] = ["web", "db", "cache", "alice", "bob", "log", "run", "data", "backup", "eth", "node", "a"];

/// Words that are legal in most places and that parsers get wrong.
const NASTY: [&[u8]; 32] = [
    b"a b",
    b") (",
    b"x) R 1 2 3",
    b"(deleted)",
    b"gone (deleted)",
    b"line\nbreak",
    b"tab\tbed",
    b"back\\slash",
    b"\\040",
    b"\\",
    b"\"quoted\"",
    b"it's",
    b"#hash",
    b"a#b",
    b"semi;colon",
    b"co:lon",
    b"com,ma",
    b"eq=ual",
    b"\xff\xfe",
    b"\xc3",
    b"caf\xc3\xa9",
    b"\xe2\x80\xae",
    b"%s%n",
    b"*",
    b"?[!]",
    b"$(id)",
    b"`",
    b"-",
    b"+",
    b" lead",
    b"trail ",
    b"null",
];

/// Numbers at the edges of what 64 bits hold.
const EDGES: [u64; 12] = [
    0,
    1,
    u32::MAX as u64,
    1 << 31,
    (1 << 31) - 1,
    1 << 32,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
    u64::MAX - 1,
    255,
    65_536,
];

/// A source of choices.
#[derive(Debug)]
pub struct Draw<'u, 'b> {
    u: &'u mut Unstructured<'b>,
    odd: bool,
    netlink: bool,
}

impl<'u, 'b> Draw<'u, 'b> {
    /// Draws from bytes under settings.
    pub fn new(u: &'u mut Unstructured<'b>, settings: &Settings) -> Self {
        Self { u, odd: settings.odd, netlink: settings.netlink }
    }

    /// A number between two, both of them possible; the least when the bytes have run out.
    ///
    /// # Errors
    /// Never, as all of these: the type is that of the library.
    pub fn number(&mut self, least: u64, most: u64) -> Result<u64> {
        self.u.int_in_range(least..=most.max(least))
    }

    /// Whether netlink answers: on half of the machines that may have it. What it is asked for is up to who draws.
    ///
    /// # Errors
    /// As [`Draw::number`].
    pub fn has_netlink(&mut self) -> Result<bool> {
        Ok(self.chance(2)? && self.netlink)
    }

    /// A small count.
    ///
    /// # Errors
    /// See [`Draw::number`].
    pub fn count(&mut self, least: usize, most: usize) -> Result<usize> {
        self.u.int_in_range(least..=most.max(least))
    }

    /// A 32-bit number between two.
    ///
    /// # Errors
    /// See [`Draw::number`].
    pub fn small(&mut self, least: u32, most: u32) -> Result<u32> {
        self.u.int_in_range(least..=most.max(least))
    }

    /// True once in so many times; never when the bytes have run out.
    ///
    /// # Errors
    /// See [`Draw::number`].
    pub fn chance(&mut self, one_in: u8) -> Result<bool> {
        let last = one_in.max(2) - 1;
        Ok(self.u.int_in_range(0..=last)? == last)
    }

    /// As [`Draw::chance`], but only under settings that allow nasty values.
    ///
    /// # Errors
    /// See [`Draw::number`].
    pub fn odd(&mut self, one_in: u8) -> Result<bool> {
        Ok(self.odd && self.chance(one_in)?)
    }

    /// One of some things; the first when the bytes have run out.
    ///
    /// # Errors
    /// When there are none.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> Result<T> {
        self.u.choose(from).cloned()
    }

    /// A number up to a largest one: mostly small, at an edge when that is allowed.
    ///
    /// # Errors
    /// See [`Draw::number`].
    pub fn size(&mut self, most: u64) -> Result<u64> {
        if self.odd(4)? {
            let edges: Vec<u64> = EDGES.iter().copied().filter(|edge| *edge <= most).chain([most]).collect();
            return self.pick(&edges);
        }
        self.number(0, most.min(1_000_000))
    }

    /// A word: of ordinary letters, or of whatever bytes are not forbidden. NUL is always forbidden. Never empty.
    ///
    /// # Errors
    /// See [`Draw::number`].
    pub fn word(&mut self, forbidden: &[u8]) -> Result<Vec<u8>> {
        let mut word = if self.odd(2)? {
            match self.number(0, 3)? {
                0 => self.u.arbitrary::<[u8; 4]>()?.to_vec(),
                1 => [self.pick(&NASTY)?, self.pick(&NASTY)?].concat(),
                _ => self.pick(&NASTY)?.to_vec(),
            }
        } else {
            self.pick(&WORDS)?.as_bytes().to_vec()
        };
        word.retain(|byte| *byte != 0 && !forbidden.contains(byte));
        if word.is_empty() {
            word.push(b'w')
        }
        Ok(word)
    }

    /// Some words, separated by spaces where those are allowed; empty now and then.
    ///
    /// # Errors
    /// See [`Draw::number`].
    pub fn text(&mut self, forbidden: &[u8]) -> Result<Vec<u8>> {
        let space: &[u8] = if forbidden.contains(&b' ') { b"-" } else { b" " };
        let words = (0..self.count(0, 3)?).map(|_| self.word(forbidden)).collect::<Result<Vec<_>>>()?;
        Ok(words.join(space))
    }

    /// A name of a file.
    ///
    /// # Errors
    /// See [`Draw::number`].
    pub fn file_name(&mut self, forbidden: &[u8]) -> Result<Vec<u8>> {
        let name = self.word(&[forbidden, b"/"].concat())?;
        Ok(if name == b"." || name == b".." { b"dots".to_vec() } else { name })
    }

    /// An absolute path of one to three names.
    ///
    /// # Errors
    /// See [`Draw::number`].
    pub fn path(&mut self, forbidden: &[u8]) -> Result<Vec<u8>> {
        let mut path = self.pick(&[&b"/srv"[..], b"/opt", b"/home", b"/var/lib"])?.to_vec();
        for _ in 0..self.count(1, 2)? {
            path.push(b'/');
            path.extend(self.file_name(forbidden)?);
        }
        Ok(path)
    }
}
