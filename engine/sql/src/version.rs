//! Orders of version strings.
//!
//! Four of them: the plain one, and those of the package managers pacman, dpkg and rpm. All work on bytes, take any
//! input and agree with themselves: they are what sorts and indexes rest on.
//!
//! Divergence: the recorded agent's `DPKG` does not know `~`, its `ARCH` puts `1.0rc1` after `1.0` and 1.5 before
//! 1.4.1, and its `RHEL` puts 1.10 before 1.9. Here each package manager's own order holds.

use std::cmp::Ordering;

/// Whose order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Tokens between punctuation; the longer token is the greater, tokens of one length compare as bytes.
    Plain,
    /// pacman (`vercmp`).
    Arch,
    /// dpkg (`dpkg --compare-versions`).
    Dpkg,
    /// rpm (`rpmvercmp` over epoch, version and release).
    Rhel,
}

impl Flavour {
    /// By the name that SQL knows it by, in any case.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        [(&b"ARCH"[..], Self::Arch), (b"DPKG", Self::Dpkg), (b"RHEL", Self::Rhel)]
            .into_iter()
            .find_map(|(known, flavour)| name.eq_ignore_ascii_case(known).then_some(flavour))
    }

    /// Compares two versions.
    #[must_use]
    pub fn compare(self, a: &[u8], b: &[u8]) -> Ordering {
        if a == b {
            return Ordering::Equal;
        }
        match self {
            Self::Plain => plain(a, b),
            Self::Arch => arch(a, b),
            Self::Dpkg => dpkg(a, b),
            Self::Rhel => rhel(a, b),
        }
    }
}

fn plain(a: &[u8], b: &[u8]) -> Ordering {
    // Bytes beyond ASCII belong to words.
    let tokens = |text| <[u8]>::split(text, |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric());
    tokens(a).map(|token| (token.len(), token)).cmp(tokens(b).map(|token| (token.len(), token)))
}

/// `epoch:version-release`; the epoch is a number, and 0 when not said.
struct Evr<'a> {
    epoch: &'a [u8],
    version: &'a [u8],
    release: Option<&'a [u8]>,
}

impl<'a> Evr<'a> {
    fn of(text: &'a [u8]) -> Self {
        let (epoch, rest) = match take_while(text, u8::is_ascii_digit) {
            (epoch, [b':', rest @ ..]) => (epoch, rest),
            _ => (&[][..], text),
        };
        match rest.iter().rposition(|byte| *byte == b'-') {
            Some(dash) => Self {
                epoch,
                version: rest.get(..dash).unwrap_or_default(),
                release: Some(rest.get(dash + 1..).unwrap_or_default()),
            },
            None => Self { epoch, version: rest, release: None },
        }
    }
}

fn arch(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (Evr::of(a), Evr::of(b));
    numbers(a.epoch, b.epoch).then_with(|| pacman_segments(a.version, b.version)).then_with(|| {
        // A dependency on 1.0 is met by 1.0-1: without a release on both sides it does not count.
        a.release.zip(b.release).map_or(Ordering::Equal, |(a, b)| pacman_segments(a, b))
    })
}

fn dpkg(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (Evr::of(a), Evr::of(b));
    numbers(a.epoch, b.epoch)
        .then_with(|| dpkg_part(a.version, b.version))
        .then_with(|| dpkg_part(a.release.unwrap_or_default(), b.release.unwrap_or_default()))
}

fn rhel(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (Evr::of(a), Evr::of(b));
    numbers(a.epoch, b.epoch).then_with(|| rpm_segments(a.version, b.version)).then_with(|| {
        match (a.release, b.release) {
            (Some(a), Some(b)) => rpm_segments(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    })
}

fn take_while(text: &[u8], accept: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !accept(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, &[]))
}

/// Runs of digits of any length, as numbers.
fn numbers(a: &[u8], b: &[u8]) -> Ordering {
    let (_, a) = take_while(a, |byte| *byte == b'0');
    let (_, b) = take_while(b, |byte| *byte == b'0');
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// The next run of digits or letters of both, of the kind that `a` begins with: how the runs compare, and the rests.
/// A number is newer than a word.
fn next_segment<'a, 'b>(a: &'a [u8], b: &'b [u8]) -> (Ordering, &'a [u8], &'b [u8]) {
    let number = a.first().is_some_and(u8::is_ascii_digit);
    let kind = if number { u8::is_ascii_digit } else { u8::is_ascii_alphabetic };
    let ((left, a), (right, b)) = (take_while(a, kind), take_while(b, kind));
    let order = match (right.is_empty(), number) {
        (true, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, true) => numbers(left, right),
        (false, false) => left.cmp(right),
    };
    (order, a, b)
}

fn pacman_segments(mut a: &[u8], mut b: &[u8]) -> Ordering {
    let separator = |byte: &u8| !byte.is_ascii_alphanumeric();
    while !a.is_empty() && !b.is_empty() {
        let ((left, rest_a), (right, rest_b)) = (take_while(a, separator), take_while(b, separator));
        (a, b) = (rest_a, rest_b);
        if a.is_empty() || b.is_empty() {
            break;
        }
        if left.len() != right.len() {
            return left.len().cmp(&right.len());
        }
        let order;
        (order, a, b) = next_segment(a, b);
        if order.is_ne() {
            return order;
        }
    }
    // What is left over makes a version newer – but a word makes it older: 1.0rc1 comes before 1.0.
    let word = |rest: &[u8]| rest.first().is_some_and(u8::is_ascii_alphabetic);
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        _ if word(a) || (a.is_empty() && !word(b)) => Ordering::Less,
        _ => Ordering::Greater,
    }
}

fn rpm_segments(mut a: &[u8], mut b: &[u8]) -> Ordering {
    let separator = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(*byte, b'~' | b'^');
    loop {
        a = take_while(a, separator).1;
        b = take_while(b, separator).1;
        match (a, b) {
            ([], []) => return Ordering::Equal,
            // A tilde is older than anything, even the end; a caret newer than the end, and older than the rest.
            ([b'~', rest_a @ ..], [b'~', rest_b @ ..]) | ([b'^', rest_a @ ..], [b'^', rest_b @ ..]) => {
                (a, b) = (rest_a, rest_b);
            }
            ([b'~', ..], _) | ([], [b'^', ..]) => return Ordering::Less,
            (_, [b'~', ..]) | ([b'^', ..], []) => return Ordering::Greater,
            ([b'^', ..], _) => return Ordering::Less,
            (_, [b'^', ..]) => return Ordering::Greater,
            ([], _) => return Ordering::Less,
            (_, []) => return Ordering::Greater,
            _ => {
                let order;
                (order, a, b) = next_segment(a, b);
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
}

/// Words and numbers in turn. In words `~` sorts before the end, the end before letters, letters before the rest.
fn dpkg_part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    let weight = |byte: Option<&u8>| match byte {
        Some(b'~') => -1,
        None => 0,
        Some(byte) if byte.is_ascii_digit() => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    };
    let other = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii_digit());
    while !a.is_empty() || !b.is_empty() {
        while other(a.first()) || other(b.first()) {
            let order = weight(a.first()).cmp(&weight(b.first()));
            if order.is_ne() {
                return order;
            }
            a = a.get(1..).unwrap_or_default();
            b = b.get(1..).unwrap_or_default();
        }
        let (left, right);
        (left, a) = take_while(a, u8::is_ascii_digit);
        (right, b) = take_while(b, u8::is_ascii_digit);
        let order = numbers(left, right);
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;
    use Flavour::{Arch, Dpkg, Plain, Rhel};

    /// Each line is an ascending chain: every pair in it is checked both ways.
    fn chain(flavour: Flavour, versions: &str) {
        let versions: Vec<&[u8]> = versions.split(" < ").map(str::as_bytes).collect();
        for (i, a) in versions.iter().enumerate() {
            for (j, b) in versions.iter().enumerate() {
                let shown = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
                assert_eq!(flavour.compare(a, b), i.cmp(&j), "{flavour:?} {shown:?}");
            }
        }
    }

    #[test]
    fn chains() {
        for (flavour, versions) in [
            (Plain, "1.2.3 < 1.2.10"),
            (Plain, "1.2 < 1.2.0"),
            (Plain, "1.0a < 1.0b"),
            (Plain, "1.0-1 < 1.0-2"),
            (Plain, "1.0.1 < 1.0.a"),
            (Plain, " < 1 < a"),
            (Plain, "1..2 < 1.2"),
            (Plain, "1 < 01"),
            (Plain, "1.9 < 1.0a < 1.10"),
            (Plain, "1.0 < 1.0~rc1"),
            (Plain, "1:1 < 2"),
            (Plain, "1.0 < 1.0^1"),
            (Plain, "20.102 < 20.10a"),
            (Plain, "50.4.1b < 50.4.1c"),
            (Arch, "1.0a < 1.0b < 1.0beta < 1.0p < 1.0pre < 1.0rc < 1.0 < 1.0.a < 1.0.1"),
            (Arch, "1 < 1.0 < 1.1 < 1.1.1 < 1.2 < 2.0 < 3.0.0"),
            (Arch, "1.4 < 1.4.1 < 1.5 < 1.10"),
            (Arch, "2-2pre < 2-2rc"),
            (Arch, "42.1-2 < 42.2-1 < 4:1.1.0 < 5:0"),
            (Arch, "1.0rc1 < 1.0"),
            (Dpkg, "1.0~~ < 1.0~~a < 1.0~ < 1.0 < 1.0a"),
            (Dpkg, "1.0~rc1 < 1.0 < 1.0-1 < 1.0+b1 < 1.0.1 < 2.0 < 1:1.0"),
            (Dpkg, "1.9 < 1.10"),
            (Dpkg, "22.07.5-2ubuntu1.3 < 22.07.5-2ubuntu1.4"),
            (Dpkg, "1.0-1~bpo12+1 < 1.0-1 < 1.0-1+deb12u1 < 1.0-1+deb12u2 < 1.0-2 < 1.0-10"),
            (Dpkg, "1a < 1+"),
            (Rhel, "1.0~rc1^2021 < 1.0 < 1.0^1 < 1.0^2 < 1.0.1 < 1.9 < 1.10"),
            (Rhel, "9 < 9.9 < 10 < 1:1"),
            (Rhel, "1.0a < 1.0b < 1.0.1"),
            (Rhel, "1.0 < 1.0-1 < 1.0-2 < 1.0-10.el9 < 1.1-1"),
            (Rhel, "a < 1 < 2a < 2.0"),
            (Rhel, "1.1.0~BETA2 < 1.1.0~CR1 < 1.1.0"),
        ] {
            chain(flavour, versions);
        }
    }

    #[test]
    fn equals() {
        for (flavour, a, b) in [
            (Plain, "1.0", "1-0"),
            (Arch, "1.0", "1.0-1"),
            (Arch, "4:2", "4:2-1"),
            (Arch, "0:1.0", "1.0"),
            (Arch, "1.001", "1.1"),
            (Dpkg, "0:1.0", "1.0"),
            (Dpkg, "1.0-0", "1.0"),
            (Dpkg, "1.00", "1.0"),
            (Rhel, "0:1.0", "1.0"),
            (Rhel, "1.0", "1_0"),
            (Rhel, "1.001", "1.1"),
        ] {
            assert_eq!(flavour.compare(a.as_bytes(), b.as_bytes()), Ordering::Equal, "{flavour:?} {a} {b}");
        }
    }

    /// Every order is the same from both sides, and (but for pacman's optional release) transitive.
    #[test]
    fn consistent_on_every_short_string() {
        let letters = b"10a.-~^";
        let mut strings: Vec<Vec<u8>> = vec![Vec::new()];
        for length in 0..2 {
            let longer: Vec<Vec<u8>> = strings
                .iter()
                .filter(|text| text.len() == length)
                .flat_map(|text| letters.iter().map(|letter| [text.as_slice(), &[*letter]].concat()))
                .collect();
            strings.extend(longer);
        }
        for tail in ["1.1", "1~1", "1-1", "1a1", "1^a", "1:1", "1.a", "10a"] {
            strings.push(tail.into());
        }
        for flavour in [Plain, Dpkg, Rhel] {
            for (a, b) in strings.iter().flat_map(|a| strings.iter().map(move |b| (a, b))) {
                let order = flavour.compare(a, b);
                assert_eq!(flavour.compare(b, a), order.reverse(), "{flavour:?} {a:?} {b:?}");
                if order.is_le() {
                    for c in strings.iter().filter(|c| flavour.compare(b, c).is_le()) {
                        assert!(flavour.compare(a, c).is_le(), "{flavour:?} {a:?} {b:?} {c:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn hostile_input() {
        let long = vec![b'1'; 1 << 16];
        let dashes = vec![b'-'; 1 << 16];
        for flavour in [Plain, Arch, Dpkg, Rhel] {
            assert_eq!(flavour.compare(&long, b"2"), Ordering::Greater);
            assert_eq!(
                flavour.compare(&dashes, &long),
                if flavour == Dpkg { Ordering::Greater } else { Ordering::Less }
            );
        }
    }

    #[test]
    fn names() {
        for (name, flavour) in
            [("ARCH", Some(Arch)), ("dpkg", Some(Dpkg)), ("Rhel", Some(Rhel)), ("", None), ("VERSION", None)]
        {
            assert_eq!(Flavour::from_name(name.as_bytes()), flavour);
        }
    }
}
