//! The hashes of rows of the last result, in which those of the new result are looked up.

/// A row of the last result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) hash: (u64, u64),
    pub(super) place: u64,
    /// How many of the rows with this hash were found again; counted in the first of them.
    pub(super) found: u64,
}

/// Rows in a bucket, about.
const BUCKET: usize = 4;

/// Rows in the order of their hashes, and where each bucket of them starts: the upper bits of a hash are its bucket. Hashes are keyed, so
/// buckets are even whatever the rows are.
#[derive(Debug)]
pub(super) struct Last {
    entries: Vec<Entry>,
    starts: Vec<u32>,
    shift: u32,
}

impl Last {
    /// Of entries in any order.
    pub(super) fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable_by_key(|entry| (entry.hash, entry.place));
        let bits = (entries.len() / BUCKET).max(2).ilog2();
        let shift = u64::BITS - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for (at, entry) in entries.iter().enumerate() {
            while starts.len() as u64 <= entry.hash.0 >> shift {
                starts.push(u32::try_from(at).unwrap_or(u32::MAX));
            }
        }
        starts.resize((1 << bits) + 1, u32::try_from(entries.len()).unwrap_or(u32::MAX));
        Self { entries, starts, shift }
    }

    /// The place of the first entry that is not before a hash.
    fn first(&self, hash: (u64, u64)) -> usize {
        let bucket = usize::try_from(hash.0 >> self.shift).unwrap_or(usize::MAX);
        let start = |bucket: usize| self.starts.get(bucket).and_then(|start| usize::try_from(*start).ok());
        let (Some(from), Some(to)) = (start(bucket), start(bucket.saturating_add(1))) else {
            return self.entries.len();
        };
        let entries = self.entries.get(from..to).unwrap_or_default();
        from + entries.partition_point(|entry| entry.hash < hash)
    }

    /// Finds a row that was not found before.
    pub(super) fn find(&mut self, hash: (u64, u64)) -> bool {
        let start = self.first(hash);
        let taken = match self.entries.get(start) {
            Some(first) if first.hash == hash => first.found,
            _ => return false,
        };
        let next = usize::try_from(taken).ok().and_then(|taken| self.entries.get(start.checked_add(taken)?));
        if next.is_none_or(|next| next.hash != hash) {
            return false;
        }
        if let Some(first) = self.entries.get_mut(start) {
            first.found += 1;
        }
        true
    }

    /// The places of rows that were not found, in their order.
    pub(super) fn gone(&self) -> Vec<u64> {
        let same = |a: &Entry, b: &Entry| a.hash == b.hash;
        let lost = |group: &[Entry]| {
            let taken = group.first().map_or(0, |first| usize::try_from(first.found).unwrap_or(usize::MAX));
            group.iter().skip(taken).map(|entry| entry.place).collect::<Vec<_>>()
        };
        let mut places: Vec<u64> = self.entries.chunk_by(same).flat_map(lost).collect();
        places.sort_unstable();
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes at both ends, equal ones, and buckets that are empty.
    #[test]
    fn every_row_is_found_as_often_as_it_is_there() {
        for count in [0_u64, 1, 2, 7, 64, 1000] {
            let spread = |n: u64| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15), n);
            let mut hashes: Vec<(u64, u64)> = (0..count).map(spread).collect();
            hashes.extend([(0, 0), (u64::MAX, u64::MAX), (u64::MAX, 1)].iter().take(usize::try_from(count).unwrap()));
            let twice: Vec<(u64, u64)> = hashes.iter().copied().step_by(3).collect();
            let all = hashes.iter().chain(&twice).copied();
            let entries = all.clone().zip(0..).map(|(hash, place)| Entry { hash, place, found: 0 });
            let mut last = Last::new(entries.collect());
            assert_eq!(last.gone().len(), all.clone().count());
            for hash in all {
                assert!(last.find(hash), "{count}: {hash:?}");
                assert!(!last.find((hash.0, hash.1 ^ (1 << 63) ^ 5)));
            }
            for hash in &hashes {
                assert!(!last.find(*hash), "{count}: {hash:?} once more than it is there");
            }
            assert!(last.gone().is_empty());
        }
    }
}
