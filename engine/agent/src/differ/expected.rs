//! The rows of the last result in the order in which they came. Most rows of the new one come in the same order, and are then found without
//! being looked for.

use super::last::{Entry, Last};

/// Rows that may be gone between two that are found again. Further apart, order no longer helps.
const AHEAD: usize = 256;

/// See the module.
#[derive(Debug)]
pub(super) struct Expected {
    entries: Vec<Entry>,
    /// The one that is expected next.
    next: usize,
}

impl Expected {
    /// Of entries in the order of their places.
    pub(super) const fn new(entries: Vec<Entry>) -> Self {
        Self { entries, next: 0 }
    }

    /// Finds a row that was not found before, if it is one of the next. Others must be looked up in the [`Expected::rest`].
    pub(super) fn find(&mut self, hash: (u64, u64)) -> bool {
        let ahead = self.entries.get_mut(self.next..).unwrap_or_default();
        let Some(at) = ahead.iter().take(AHEAD).position(|entry| entry.hash == hash) else { return false };
        if let Some(entry) = ahead.get_mut(at) {
            entry.found = 1;
        }
        self.next += at + 1;
        true
    }

    /// The rows that were not found.
    pub(super) fn rest(self) -> Last {
        let mut entries = self.entries;
        entries.retain(|entry| entry.found == 0);
        entries.shrink_to_fit();
        Last::new(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hashes: &[u64]) -> Expected {
        let entry = |(hash, place): (&u64, u64)| Entry { hash: (*hash, 1), place, found: 0 };
        Expected::new(hashes.iter().zip(0..).map(entry).collect())
    }

    #[test]
    fn what_comes_in_order_is_found_and_what_does_not_is_left() {
        for (last, new, found, gone) in [
            (&[1, 2, 3][..], &[1, 2, 3][..], &[true, true, true][..], &[][..]),
            (&[1, 2, 3], &[9, 2, 3], &[false, true, true], &[0]),
            (&[1, 2, 3], &[3, 1], &[true, false], &[0, 1]),
            (&[5, 5, 5], &[5, 9, 5], &[true, false, true], &[2]),
            (&[], &[1], &[false], &[]),
            (&[1], &[1, 1], &[true, false], &[]),
        ] {
            let mut expected = of(last);
            let answers: Vec<bool> = new.iter().map(|hash| expected.find((*hash, 1))).collect();
            assert_eq!(answers, found, "{last:?} {new:?}");
            assert_eq!(expected.rest().gone(), gone, "{last:?} {new:?}");
        }
    }

    #[test]
    fn no_further_than_so_many() {
        let all: Vec<u64> = (0..1000).collect();
        let mut expected = of(&all);
        assert!(!expected.find((AHEAD as u64, 1)) && expected.find((AHEAD as u64 - 1, 1)));
        assert!(expected.find((AHEAD as u64, 1)) && !expected.find((0, 1)) && !expected.find((999, 1)));
        let mut rest = expected.rest();
        assert!(rest.find((0, 1)) && rest.find((999, 1)) && !rest.find((AHEAD as u64, 1)));
        assert_eq!(rest.gone().len(), 1000 - 4);
    }
}
