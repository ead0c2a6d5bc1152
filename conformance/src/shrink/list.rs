//! Fewer items of a list.

/// Drops items, many at a time first, for as long as what is left fails. (Zeller's delta debugging, with complements only:
/// subsets are what its larger steps come to.)
pub(super) fn fewer<T: Clone>(items: Vec<T>, fails: &mut dyn FnMut(&[T]) -> bool) -> Vec<T> {
    let mut items = items;
    let mut size = items.len();
    while size > 0 {
        let before = items.len();
        // From the end: what stands behind often needs what stands before it.
        let mut end = items.len();
        while end > 0 {
            let start = end.saturating_sub(size);
            let left: Vec<T> = items.iter().take(start).chain(items.iter().skip(end)).cloned().collect();
            if fails(&left) {
                items = left;
            }
            end = start;
        }
        // Small steps again and again: one may allow another.
        size = if size > 1 || items.len() == before { size / 2 } else { size };
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_left() {
        for needed in [vec![], vec![0], vec![17], vec![3, 4], vec![0, 49, 99], (20..60).collect()] {
            let fails = |items: &[i32]| needed.iter().all(|item| items.contains(item));
            let mut checks = 0;
            let left = fewer((0..100).collect(), &mut |items| {
                checks += 1;
                fails(items)
            });
            assert_eq!(left, needed);
            assert!(checks < 700, "{checks} checks");
        }
    }

    #[test]
    fn what_goes_only_after_something_else_goes_too() {
        // Each item needs the one before it.
        let fails = |items: &[i32]| items.iter().enumerate().all(|(place, item)| usize::try_from(*item) == Ok(place));
        assert!(fewer((0..20).collect(), &mut |items| fails(items)).is_empty());
    }
}
