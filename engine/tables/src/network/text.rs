//! Files of entries, one a line, given out one by one.

use plumb_formats::Odd;
use plumb_schema::Cx;
use std::sync::Arc;

/// Reads one line; what is odd about it goes to the callback.
pub(crate) type ParseLine<T> = fn(&[u8], &mut dyn FnMut(&'static str)) -> Option<T>;

/// The entries of a file; none when it is missing. What is odd becomes a note with the line's number.
pub(crate) fn entries<T: 'static>(
    cx: &Arc<Cx>,
    path: &'static str,
    parse: ParseLine<T>,
) -> impl Iterator<Item = T> + use<T> {
    let bytes = cx.read(path.as_bytes()).unwrap_or_default();
    let cx = Arc::clone(cx);
    let (mut start, mut number) = (0, 0);
    std::iter::from_fn(move || {
        while let Some(line) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
            let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
            start += line.len() + 1;
            number += 1;
            let odd = &mut |reason: &'static str| cx.note(path.as_bytes(), Odd { line: number, reason: reason.into() });
            if let Some(entry) = parse(line, odd) {
                return Some(entry);
            }
        }
        None
    })
}
