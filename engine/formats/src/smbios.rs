//! SMBIOS tables as the kernel shows them in `/sys/firmware/dmi/tables/DMI` (DMTF DSP0134).
//!
//! A structure is a header (type, length, handle), a formatted area of `length` bytes that the header is part of, and a
//! set of strings, each ended by a zero byte, the set by another one.

/// One structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Structure<'a> {
    /// Its type.
    pub kind: u8,
    /// Its handle, by which other structures name it.
    pub handle: u16,
    /// The formatted area, header included. Offsets of the standard count from its beginning.
    pub formatted: &'a [u8],
    /// The strings with their zero bytes, the closing ones included.
    pub strings: &'a [u8],
}

impl<'a> Structure<'a> {
    /// The byte at an offset; `None` beyond the formatted area, whose length depends on the version of the standard.
    #[must_use]
    pub fn byte(&self, offset: usize) -> Option<u8> {
        self.formatted.get(offset).copied()
    }

    /// The 16-bit number at an offset.
    #[must_use]
    pub fn word(&self, offset: usize) -> Option<u16> {
        self.at(offset).map(u16::from_le_bytes)
    }

    /// The 32-bit number at an offset.
    #[must_use]
    pub fn dword(&self, offset: usize) -> Option<u32> {
        self.at(offset).map(u32::from_le_bytes)
    }

    /// The 64-bit number at an offset.
    #[must_use]
    pub fn qword(&self, offset: usize) -> Option<u64> {
        self.at(offset).map(u64::from_le_bytes)
    }

    fn at<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.formatted.get(offset..)?.first_chunk().copied()
    }

    /// The string whose number is the byte at an offset, without the blanks that vendors leave at the end; empty for
    /// number 0 and for numbers that no string has. `None` beyond the formatted area.
    #[must_use]
    pub fn string(&self, offset: usize) -> Option<&'a [u8]> {
        self.byte(offset).map(|number| self.numbered(number))
    }

    /// A string by its number, from 1.
    #[must_use]
    pub fn numbered(&self, number: u8) -> &'a [u8] {
        let text = match usize::from(number).checked_sub(1) {
            Some(place) => self.strings.split(|byte| *byte == 0).take_while(|text| !text.is_empty()).nth(place),
            None => None,
        };
        text.unwrap_or_default().trim_ascii_end()
    }

    /// Bytes that it takes in the table.
    #[must_use]
    pub fn size(&self) -> usize {
        self.formatted.len() + self.strings.len()
    }
}

/// The structures of a table, up to the one that ends it (type 127, which is included), or up to where the bytes make no
/// sense any more.
pub fn structures(table: &[u8]) -> impl Iterator<Item = Structure<'_>> {
    let mut rest = Some(table);
    std::iter::from_fn(move || {
        let (structure, tail) = structure(rest.take()?)?;
        rest = Some(tail).filter(|_| structure.kind != END);
        Some(structure)
    })
}

const END: u8 = 127;
const HEADER: u8 = 4;

fn structure(bytes: &[u8]) -> Option<(Structure<'_>, &[u8])> {
    let [kind, length, low, high, ..] = *bytes else { return None };
    if length < HEADER {
        return None;
    }
    let (formatted, rest) = bytes.split_at_checked(length.into())?;
    let end = rest.windows(2).position(|pair| pair == [0, 0]).map_or(rest.len(), |zeros| zeros + 2);
    let (strings, rest) = rest.split_at_checked(end)?;
    Some((Structure { kind, handle: u16::from_le_bytes([low, high]), formatted, strings }, rest))
}

/// A UUID in the form and byte order that the kernel prints: the first three groups are little-endian since SMBIOS 2.6.
/// `None` where the firmware says that there is none (all bits 0 or 1).
#[must_use]
pub fn uuid(system: &Structure<'_>) -> Option<String> {
    let bytes: [u8; 16] = system.at(8)?;
    if bytes == [0; 16] || bytes == [0xff; 16] {
        return None;
    }
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let mut text = String::with_capacity(36);
    for (place, byte) in [d, c, b, a, f, e, h, g].into_iter().chain(rest).enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_structures_and_an_end() {
        let table = b"\x01\x06\x02\x01\x02\x03First\0Second  \0\0\x0b\x04\x00\x02\0\0\x7f\x04\xff\xfe\0\0garbage";
        let found: Vec<_> = structures(table).collect();
        assert_eq!(found.iter().map(|s| (s.kind, s.handle)).collect::<Vec<_>>(), [(1, 258), (11, 512), (127, 65279)]);
        let first = found[0];
        assert_eq!(
            (first.string(4), first.string(5), first.string(6)),
            (Some(b"Second".as_slice()), Some(&b""[..]), None)
        );
        assert_eq!((first.numbered(1), first.numbered(0), first.numbered(255)), (&b"First"[..], &b""[..], &b""[..]));
        assert_eq!(
            (first.byte(4), first.word(2), first.dword(2), first.qword(0)),
            (Some(2), Some(258), Some(0x0302_0102), None)
        );
        assert_eq!(found.iter().map(Structure::size).collect::<Vec<_>>(), [22, 6, 6]);
    }

    #[test]
    fn damaged_tables() {
        for (table, count) in [
            (&b""[..], 0),
            (b"\x01\x04\0", 0),
            (b"\x01\x03\0\0\0\0", 0),
            (b"\x01\x20\0\0\0\0", 0),
            (b"\0\0\0\0\0\0\0\0", 0),
            (b"\x01\x04\0\0", 1),
            (b"\x01\x04\0\0no end", 1),
            (b"\x01\x04\0\0\0\0\x02\x04\0\0a\0", 2),
        ] {
            assert_eq!(structures(table).count(), count, "{table:?}");
        }
        assert_eq!(structures(b"\x01\x05\0\0\x01text").next().unwrap().string(4), Some(&b"text"[..]));
    }

    #[test]
    fn uuids() {
        let table = |bytes: [u8; 16]| [b"\x01\x18\0\0\0\0\0\0", bytes.as_slice(), b"\0\0"].concat();
        let text = |bytes| structures(&table(bytes)).next().and_then(|system| uuid(&system));
        let bytes = [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];
        assert_eq!(text(bytes).as_deref(), Some("33221100-5544-7766-8899-aabbccddeeff"));
        assert_eq!((text([0; 16]), text([0xff; 16])), (None, None));
        assert_eq!(uuid(&structures(b"\x01\x08\0\0abcd\0\0").next().unwrap()), None);
    }
}
