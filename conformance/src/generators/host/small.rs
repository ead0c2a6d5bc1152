//! A small host in memory on which every table has something to tell: `hosts/small.txt`.
//!
//! The text is a list of `=== KIND PATH` headers, each followed by its content: `file`, with an octal mode behind the path
//! if it is not 644; `nul`, a file whose lines end with NUL; `hex`; `dir`; `link PATH TARGET`.

use super::powers::{Answers, Powers};
use plumb_host::Mem;
use std::sync::{Arc, OnceLock};

/// What stands at a path of the small host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A file and its mode.
    File(Arc<[u8]>, u32),
    /// An empty directory.
    Dir,
    /// A symbolic link.
    Link(Vec<u8>),
}

impl Item {
    const MODE: u32 = 0o644;

    /// A file with the usual mode.
    pub(super) fn plain(content: impl Into<Arc<[u8]>>) -> Self {
        Self::File(content.into(), Self::MODE)
    }
}

/// The small host, item by item.
#[must_use]
pub fn items() -> &'static [(Vec<u8>, Item)] {
    static ITEMS: OnceLock<Vec<(Vec<u8>, Item)>> = OnceLock::new();
    ITEMS.get_or_init(|| parse(include_bytes!("../../../hosts/small.txt")))
}

/// The small host: its files, and a kernel that answers netlink.
#[must_use]
pub fn small() -> Powers {
    let files = items().iter().fold(Mem::new(), |mem, (path, item)| put(mem, path, item));
    Powers { answers: Some(Answers::valid()), ..Powers::new(files) }
}

/// Puts an item at a path.
pub(super) fn put(mem: Mem, path: &[u8], item: &Item) -> Mem {
    match item {
        Item::File(content, mode) => mem.shared(path, Arc::clone(content)).meta(path, |stat| stat.mode = *mode),
        Item::Dir => mem.dir(path),
        Item::Link(target) => mem.link(path, target),
    }
}

fn parse(text: &[u8]) -> Vec<(Vec<u8>, Item)> {
    let mut items: Vec<(Vec<u8>, Item)> = Vec::new();
    let mut rest = text;
    while let Some((header, after)) = split_once(rest, b"\n") {
        let end = if after.starts_with(b"=== ") { 0 } else { find(after, b"\n=== ").map_or(after.len(), |at| at + 1) };
        let (content, next) = after.split_at(end);
        items.extend(item(header, content));
        rest = next;
    }
    items
}

fn item(header: &[u8], content: &[u8]) -> Option<(Vec<u8>, Item)> {
    let mut words = header.splitn(4, |byte| *byte == b' ').skip(1);
    let (kind, path) = (words.next()?, words.next()?.to_vec());
    let item = match kind {
        b"file" => {
            let mode = words.next().and_then(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 8).ok());
            Item::File(Arc::from(content), mode.unwrap_or(Item::MODE))
        }
        b"nul" => Item::plain(content.iter().map(|byte| if *byte == b'\n' { 0 } else { *byte }).collect::<Vec<_>>()),
        b"hex" => Item::plain(unhex(content)),
        b"dir" => Item::Dir,
        b"link" => Item::Link(words.next()?.to_vec()),
        _ => return None,
    };
    Some((path, item))
}

fn unhex(text: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> =
        text.iter().filter_map(|byte| char::from(*byte).to_digit(16)).filter_map(|d| u8::try_from(d).ok()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn split_once<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = find(bytes, at)?;
    Some((bytes.get(..place)?, bytes.get(place + at.len()..)?))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_read() {
        let text =
            b"=== file /a\nx\ny\n=== dir /d\n=== link /l ../t u\n=== nul /n\np\nq\n=== hex /h\n00fF\n7f\n=== file /e 4755\n";
        let file = |bytes: &[u8]| Item::plain(bytes);
        let expect = [
            ("/a", file(b"x\ny\n")),
            ("/d", Item::Dir),
            ("/l", Item::Link(b"../t u".to_vec())),
            ("/n", file(b"p\0q\0")),
            ("/h", file(b"\x00\xff\x7f")),
            ("/e", Item::File(Arc::from(&b""[..]), 0o4755)),
        ];
        assert_eq!(parse(text), expect.map(|(path, item)| (path.as_bytes().to_vec(), item)));
    }

    #[test]
    fn every_header_is_understood() {
        let headers = include_bytes!("../../../hosts/small.txt").split(|byte| *byte == b'\n');
        assert_eq!(items().len(), headers.filter(|line| line.starts_with(b"=== ")).count());
    }
}
