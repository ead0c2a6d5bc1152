//! Sets of bytes.

/// A set of bytes, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Set([u64; 4]);

impl Set {
    pub(super) fn when(accept: impl Fn(u8) -> bool) -> Self {
        let mut set = Self::default();
        (0..=u8::MAX).filter(|byte| accept(*byte)).for_each(|byte| set.insert(byte));
        set
    }

    pub(super) fn of(bytes: &[u8]) -> Self {
        Self::when(|byte| bytes.contains(&byte))
    }

    pub(super) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    #[must_use]
    pub(super) fn union(self, other: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a | e, b | f, c | g, d | h])
    }

    #[must_use]
    pub(super) fn complement(self) -> Self {
        Self(self.0.map(|bits| !bits))
    }

    /// Its members, as ranges from first to last.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (u8, u8)> {
        let starts = (0..=u8::MAX).filter(|&byte| {
            let before = byte.checked_sub(1);
            self.contains(byte) && !before.is_some_and(|before| self.contains(before))
        });
        starts.map(|first| (first, (first..=u8::MAX).take_while(|byte| self.contains(*byte)).last().unwrap_or(first)))
    }
}

/// What `\w` is made of.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        let set = Set::of(b"abcz\xff\0");
        let ranges: Vec<_> = set.ranges().collect();
        assert_eq!(ranges, [(0, 0), (b'a', b'c'), (b'z', b'z'), (255, 255)]);
        assert_eq!(set.complement().complement(), set);
        assert_eq!(set.union(set.complement()).ranges().collect::<Vec<_>>(), [(0, 255)]);
        assert_eq!(Set::default().ranges().count(), 0);
    }
}
