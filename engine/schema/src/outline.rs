//! What is known of tables that are not declared: their names, and their columns on each platform.

use crate::{Platforms, Type};

/// Tables as lines of text, in the order of their names: names (the first is the table's, others mean the same), platforms, columns.
///
/// ```text
/// certificates linux,macos,windows common_name subject issuer ca:INTEGER sid:TEXT@windows
/// ```
///
/// A column without a type is TEXT, one without a platform is on all of the table's, and one with `-` before it is not in `*`. Types have `_`
/// for the blank.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outlines(&'static str);

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline {
    names: &'static str,
    /// The systems that it exists on.
    pub on: Platforms,
    columns: &'static str,
}

impl Outlines {
    /// Of lines.
    #[must_use]
    pub const fn new(lines: &'static str) -> Self {
        Self(lines)
    }

    /// All of them.
    pub fn all(self) -> impl Iterator<Item = Outline> {
        self.0.lines().filter_map(|line| {
            let (names, rest) = line.split_once(' ')?;
            let (on, columns) = rest.split_once(' ')?;
            Some(Outline { names, on: platforms(on), columns })
        })
    }

    /// The names of all tables.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.all().flat_map(|outline| outline.names.split('|'))
    }

    /// A table by its name, which may be in any case.
    #[must_use]
    pub fn find(self, name: &str) -> Option<Outline> {
        self.all().find(|outline| outline.names.split('|').any(|known| known.eq_ignore_ascii_case(name)))
    }
}

impl Outline {
    /// The table's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.names.split('|').next().unwrap_or_default()
    }

    /// Its columns on a system: name, type, and whether `*` has it.
    pub fn columns(&self, platform: Platforms) -> impl Iterator<Item = (&'static str, Type, bool)> {
        self.columns.split(' ').filter_map(move |column| {
            let (column, on) = column.split_once('@').map_or((column, Platforms::ALL), |(c, on)| (c, platforms(on)));
            let (name, kind) = column.split_once(':').unwrap_or((column, ""));
            let kind = Type::EACH.into_iter().find(|known| known.sql().replace(' ', "_") == kind).unwrap_or(Type::Text);
            let shown = name.strip_prefix('-');
            on.contains(platform).then_some((shown.unwrap_or(name), kind, shown.is_none()))
        })
    }
}

/// Names with commas between.
fn platforms(names: &str) -> Platforms {
    let is_named = |platform: &Platforms| names.split(',').any(|name| name == platform.name());
    Platforms::EACH.into_iter().filter(is_named).fold(Platforms::NONE, Platforms::and)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let outlines = Outlines::new(
            "a linux,windows x y:UNSIGNED_BIGINT@windows -z:INTEGER\nb|other macos x:DOUBLE\nnothing that counts",
        );
        assert_eq!(outlines.names().take(3).collect::<Vec<_>>(), ["a", "b", "other"]);
        let a = outlines.find("A").unwrap();
        assert_eq!((a.name(), a.on), ("a", Platforms::LINUX | Platforms::WINDOWS));
        let columns = |outline: Outline, platform| outline.columns(platform).collect::<Vec<_>>();
        let (x, z) = (("x", Type::Text, true), ("z", Type::Integer, false));
        assert_eq!(columns(a, Platforms::LINUX), [x, z]);
        assert_eq!(columns(a, Platforms::WINDOWS), [x, ("y", Type::UnsignedBigInt, true), z]);
        assert_eq!(outlines.find("other"), outlines.find("b"));
        assert_eq!(columns(outlines.find("b").unwrap(), Platforms::MACOS), [("x", Type::Double, true)]);
        assert_eq!(outlines.find("c"), None);
        assert!(Outlines::default().names().next().is_none());
    }
}
