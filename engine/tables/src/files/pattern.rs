//! What LIKE means where it chooses files.
//!
//! `%` stands for anything within one component of a path; `%%` at the very end also for everything below. All else,
//! `_` included, stands for itself, and letters are told apart by case as the file system does: SQLite compares the
//! rows with the pattern again, by its own rules. As for a shell, a name that begins with a dot is meant only by a
//! component that does.

/// A pattern, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The components with wildcards, in order.
    pub(super) steps: Vec<Step>,
    /// What follows the last of them, with its slashes; all of it if there is no wildcard.
    pub(super) tail: Vec<u8>,
    /// Whether everything below what the last step finds is meant too.
    pub(super) deep: bool,
}

/// A component with wildcards.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// What stands before it, up to the step before.
    pub(super) lead: Vec<u8>,
    /// The component.
    pub(super) glob: Glob,
}

impl Pattern {
    pub(super) fn new(text: &[u8]) -> Self {
        let mut steps = Vec::new();
        let mut literal = Vec::new();
        for (place, component) in text.split(|byte| *byte == b'/').enumerate() {
            if place > 0 {
                literal.push(b'/');
            }
            if component.contains(&b'%') {
                steps.push(Step { lead: std::mem::take(&mut literal), glob: Glob::new(component) });
            } else {
                literal.extend_from_slice(component);
            }
        }
        Self { steps, tail: literal, deep: text.ends_with(b"%%") }
    }
}

/// A component of a pattern: the texts between its wildcards.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Glob {
    first: Vec<u8>,
    middle: Vec<Vec<u8>>,
    last: Vec<u8>,
}

impl Glob {
    fn new(component: &[u8]) -> Self {
        let mut texts = component.split(|byte| *byte == b'%').map(<[u8]>::to_vec);
        let first = texts.next().unwrap_or_default();
        let last = texts.next_back().unwrap_or_default();
        Self { first, middle: texts.filter(|text| !text.is_empty()).collect(), last }
    }

    /// Whether names that begin with a dot are meant.
    pub(super) fn hidden(&self) -> bool {
        self.first.starts_with(b".")
    }

    pub(super) fn matches(&self, name: &[u8]) -> bool {
        if name.starts_with(b".") && !self.hidden() {
            return false;
        }
        let Some(mut rest) = name.strip_prefix(&*self.first).and_then(|rest| rest.strip_suffix(&*self.last)) else {
            return false;
        };
        for text in &self.middle {
            let Some(place) = rest.windows(text.len()).position(|window| window == text) else { return false };
            rest = rest.get(place + text.len()..).unwrap_or_default();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        type Parts = (&'static str, &'static [&'static str], &'static str, bool);
        let cases: [Parts; 9] = [
            ("/a/b", &[], "/a/b", false),
            ("/a/%", &["/a/"], "", false),
            ("/a/%%", &["/a/"], "", true),
            ("%", &[""], "", false),
            ("/home/%/.ssh/id_%", &["/home/", "/.ssh/"], "", false),
            ("/a//%/", &["/a//"], "/", false),
            ("/a/%%/x", &["/a/"], "/x", false),
            ("/%/b%%%", &["/", "/"], "", true),
            ("", &[], "", false),
        ];
        for (text, leads, tail, deep) in cases {
            let pattern = Pattern::new(text.as_bytes());
            let found: Vec<_> = pattern.steps.iter().map(|step| String::from_utf8_lossy(&step.lead)).collect();
            assert_eq!(found, leads, "{text}");
            assert_eq!((pattern.tail.as_slice(), pattern.deep), (tail.as_bytes(), deep), "{text}");
        }
    }

    #[test]
    fn names() {
        for (glob, name, expect) in [
            ("%", "a", true),
            ("%", ".a", false),
            (".%", ".a", true),
            (".%", "..", true),
            (".%", "a.", false),
            ("%%", "a", true),
            ("a%", "a", true),
            ("a%", "ba", false),
            ("a%a", "a", false),
            ("a%a", "aa", true),
            ("%b%", "abc", true),
            ("%b%", "acd", false),
            ("a%b%c%d", "axbxcxd", true),
            ("a%b%c%d", "axcxbxd", false),
            ("%ab%ab%", "abab", true),
            ("%ab%ab%", "ab", false),
            ("A%", "ab", false),
            ("a_%", "abc", false),
            ("[ab]%", "ab", false),
        ] {
            assert_eq!(Glob::new(glob.as_bytes()).matches(name.as_bytes()), expect, "{glob} {name}");
        }
    }
}
