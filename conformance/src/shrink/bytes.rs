//! The input of a generator: all of them work on bytes, so this shrinks anything.
//!
//! What is smaller: fewer bytes first, then lower ones from the left. Generators built on `arbitrary` make of zeros and of
//! an early end the simplest they can.

use super::{Budget, Checks, list};

/// Shrinks bytes.
pub fn bytes(input: &[u8], budget: Budget, fails: &mut dyn FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut checks = Checks::new(budget, fails);
    let mut best = input.to_vec();
    loop {
        let before = best.clone();
        best = shortened(best, &mut checks);
        best = list::fewer(best, &mut |candidate| checks.fails(candidate));
        best = zeroed(best, &mut checks);
        best = lowered(best, &mut checks);
        best = sorted(best, &mut checks);
        if best == before || checks.over() {
            return best;
        }
    }
}

/// The shortest beginning that fails, if failing does not end by having more.
fn shortened(best: Vec<u8>, checks: &mut Checks<'_, [u8]>) -> Vec<u8> {
    let (mut low, mut high) = (0, best.len());
    while low < high {
        let middle = low.midpoint(high);
        if checks.fails(best.get(..middle).unwrap_or_default()) { high = middle } else { low = middle + 1 }
    }
    best.get(..high).unwrap_or_default().to_vec()
}

/// Zeros in the place of runs of bytes, long ones first.
fn zeroed(mut best: Vec<u8>, checks: &mut Checks<'_, [u8]>) -> Vec<u8> {
    let mut size = best.len();
    while size > 0 && !checks.over() {
        for start in (0..best.len()).step_by(size) {
            let mut candidate = best.clone();
            candidate.iter_mut().skip(start).take(size).for_each(|byte| *byte = 0);
            if candidate != best && checks.fails(&candidate) {
                best = candidate;
            }
        }
        size /= 2;
    }
    best
}

/// Each byte as low as a search by halves finds it.
fn lowered(mut best: Vec<u8>, checks: &mut Checks<'_, [u8]>) -> Vec<u8> {
    for place in 0..best.len() {
        let Some(byte) = best.get(place).copied() else { break };
        let (mut low, mut high) = (0, byte);
        while low < high && !checks.over() {
            let middle = low.midpoint(high);
            let mut candidate = best.clone();
            candidate.iter_mut().skip(place).take(1).for_each(|byte| *byte = middle);
            if checks.fails(&candidate) {
                best = candidate;
                high = middle;
            } else {
                low = middle + 1;
            }
        }
    }
    best
}

/// Neighbours in ascending order.
fn sorted(mut best: Vec<u8>, checks: &mut Checks<'_, [u8]>) -> Vec<u8> {
    for place in 1..best.len() {
        let mut candidate = best.clone();
        candidate.swap(place - 1, place);
        if candidate < best && checks.fails(&candidate) {
            best = candidate;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::bytes as random;

    type Fails = fn(&[u8]) -> bool;

    #[test]
    fn the_essence_is_left() {
        let cases: [(&str, Fails, &[u8]); 6] = [
            ("anything", |_| true, b""),
            ("one byte of a kind", |b| b.iter().any(|byte| *byte >= 200), &[200]),
            ("length", |b| b.len() >= 7, &[0; 7]),
            ("two far apart", |b| b.iter().filter(|byte| **byte & 0xf0 == 0xa0).count() >= 2, &[0xa0, 0xa0]),
            ("an order", |b| b.iter().position(|byte| *byte > 9) < b.iter().rposition(|byte| *byte > 99), &[10, 100]),
            ("in the middle", |b| b.windows(2).any(|pair| pair[0] > pair[1]), &[1, 0]),
        ];
        for (name, fails, expect) in cases {
            let input = random(7, 500);
            assert!(fails(&input), "{name}: the input fails");
            let small = bytes(&input, Budget::default(), &mut |candidate| fails(candidate));
            assert_eq!(small, expect, "{name}");
        }
    }

    /// Whatever fails: the result fails, is no larger, and the budget is kept.
    #[test]
    fn laws() {
        for seed in 0..200 {
            let (input, salt) = (random(seed, 60), random(seed + 1000, 1)[0] % 5 + 2);
            let fails =
                |bytes: &[u8]| bytes == input || bytes.iter().map(|byte| byte / 3 % salt).max() == Some(salt - 1);
            let checks = usize::try_from(seed).unwrap() * 3;
            let mut asked = 0;
            let small = bytes(&input, Budget::checks(checks), &mut |candidate| {
                asked += 1;
                fails(candidate)
            });
            assert!(fails(&small), "seed {seed}");
            assert!(small.len() < input.len() || small <= input, "seed {seed}");
            assert!(asked <= checks, "seed {seed}: {asked} checks");
        }
    }
}
