//! Rows by the hash of a value: twelve to sixteen bytes a row, whatever the values are.

/// Says that a chain ends.
const END: u32 = u32::MAX;

/// Chains of rows whose hashes end alike. Rows with other values than the one looked for may be among them: SQLite
/// compares again.
#[derive(Debug)]
pub(crate) struct Index {
    /// The first row of each chain. Their number is a power of two.
    chains: Vec<u32>,
    /// Of each row, the upper half of its hash and the next row of its chain.
    rows: Vec<(u32, u32)>,
}

impl Index {
    /// An index of so many rows; one without a hash cannot be found.
    pub(crate) fn new(count: u32, hash: impl Fn(u32) -> Option<u64>) -> Self {
        let mut chains = vec![END; (count as usize).next_power_of_two()];
        let mut rows = vec![(0, END); count as usize];
        // From the end, so that chains are in the order of the rows.
        for row in (0..count).rev() {
            let Some(hash) = hash(row) else { continue };
            let chain = place(hash, chains.len());
            if let (Some(first), Some(entry)) = (chains.get_mut(chain), rows.get_mut(row as usize)) {
                *entry = (upper(hash), *first);
                *first = row;
            }
        }
        Self { chains, rows }
    }

    /// Bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        self.chains.len() * size_of::<u32>() + self.rows.len() * size_of::<(u32, u32)>()
    }

    /// The first row with a hash.
    pub(crate) fn first(&self, hash: u64) -> Option<u32> {
        self.find(*self.chains.get(place(hash, self.chains.len()))?, upper(hash))
    }

    /// The next row with the same hash as a row.
    pub(crate) fn after(&self, row: u32) -> Option<u32> {
        let (wanted, next) = *self.rows.get(row as usize)?;
        self.find(next, wanted)
    }

    fn find(&self, mut row: u32, wanted: u32) -> Option<u32> {
        // There is no row END: an index has at most that many rows.
        while let Some((found, next)) = self.rows.get(row as usize) {
            if *found == wanted {
                return Some(row);
            }
            row = *next;
        }
        None
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the lower bits of a hash are one, too")]
fn place(hash: u64, chains: usize) -> usize {
    hash as usize & chains.saturating_sub(1)
}

#[allow(clippy::cast_possible_truncation, reason = "shifted to fit")]
fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_in_order() {
        // The values of rows; their hashes are bad ones on purpose.
        let hashes: [fn(u64) -> u64; 4] =
            [|value| value, |value| value << 32, |_| 7, |value| value.wrapping_mul(0x9e37_79b9_7f4a_7c15)];
        for hash in hashes {
            for count in [0, 1, 2, 3, 64, 1000] {
                let value = |row: u32| (row % 7 != 3).then_some(u64::from(row % 10));
                let index = Index::new(count, |row| Some(hash(value(row)?)));
                let bytes = 12 * count as usize..=16 * count.max(1) as usize;
                assert!(bytes.contains(&index.size()), "{} bytes for {count} rows", index.size());
                for wanted in 0..11 {
                    let first = index.first(hash(wanted));
                    let found: Vec<u32> = std::iter::successors(first, |row| index.after(*row)).collect();
                    let expect: Vec<u32> = (0..count).filter(|row| value(*row) == Some(wanted)).collect();
                    assert!(expect.iter().all(|row| found.contains(row)), "{wanted} of {count}");
                    assert!(found.is_sorted() && found.iter().all(|row| value(*row).is_some()));
                    // Only a hash that scatters its values finds nothing else.
                    if hash(1) >> 32 != hash(2) >> 32 && hash(1) & 7 != hash(2) & 7 {
                        assert_eq!(found, expect, "{wanted} of {count}");
                        let chains = index.chains.iter().filter(|first| **first != END).count();
                        assert!(count < 64 || chains >= 5, "{chains} chains for ten values");
                    }
                }
            }
        }
    }
}
