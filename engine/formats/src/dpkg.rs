//! Entries of dpkg's database (`/var/lib/dpkg/status`: dpkg(1), deb-control(5)).

use crate::deb822::Stanza;
use crate::lines::{fields, int};

/// A package that dpkg knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: Vec<u8>,
    /// Version, with epoch and revision where it has them.
    pub version: Vec<u8>,
    /// The source package if it has another name or version: `glibc`, `glibc (2.36-9)`.
    pub source: Vec<u8>,
    /// Kibibytes when installed.
    pub size: Option<i64>,
    /// Architecture.
    pub arch: Vec<u8>,
    /// What follows the last hyphen of the version.
    pub revision: Vec<u8>,
    /// Three words: what is wanted, whether something is wrong, and the state.
    pub status: Vec<u8>,
    /// Who maintains it.
    pub maintainer: Vec<u8>,
    /// The section of the archive.
    pub section: Vec<u8>,
    /// `required`, `important`, `standard`, `optional`, `extra`; `unknown` if it does not say.
    pub priority: Vec<u8>,
    /// Whether packages of several architectures may be installed together (`Multi-Arch: same`).
    pub same: bool,
}

impl Package {
    /// Reads an entry; `None` without a name.
    #[must_use]
    pub fn parse(stanza: &[u8]) -> Option<Self> {
        let stanza = Stanza::parse(stanza);
        let get = |name: &str| stanza.get(name).unwrap_or_default();
        let name = stanza.get("Package").filter(|name| !name.is_empty())?;
        let version = version(get("Version"));
        let revision = version.iter().rposition(|byte| *byte == b'-').and_then(|place| version.get(place + 1..));
        let status: Vec<Vec<u8>> = fields(get("Status")).map(<[u8]>::to_ascii_lowercase).collect();
        let priority = get("Priority").to_ascii_lowercase();
        Some(Self {
            name: name.to_vec(),
            version: version.to_vec(),
            source: get("Source").to_vec(),
            size: stanza.get("Installed-Size").and_then(int),
            arch: get("Architecture").to_vec(),
            revision: revision.unwrap_or_default().to_vec(),
            status: status.join(&b' '),
            maintainer: get("Maintainer").to_vec(),
            section: get("Section").to_vec(),
            priority: if priority.is_empty() { b"unknown".to_vec() } else { priority },
            same: get("Multi-Arch").eq_ignore_ascii_case(b"same"),
        })
    }

    /// Whether anything of it is there: dpkg keeps entries of packages that it only has heard of.
    #[must_use]
    pub fn is_present(&self) -> bool {
        !self.status.is_empty() && !self.status.ends_with(b"not-installed")
    }
}

/// A version without an epoch that says nothing: `0:1.2` is `1.2`, but `0:1:2` stays.
fn version(text: &[u8]) -> &[u8] {
    match text.split(|byte| *byte == b':').next() {
        Some(epoch) if epoch.len() < text.len() && epoch.iter().all(|digit| *digit == b'0') => {
            let rest = text.get(epoch.len() + 1..).unwrap_or_default();
            if rest.contains(&b':') { text } else { rest }
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages() {
        let full = Package::parse(
            b"Package: libx1\nStatus: Install  ok installed\nPriority: Optional\nSection: libs\nInstalled-Size: 78\n\
              Maintainer: M <m@x>\nArchitecture: amd64\nMulti-Arch: same\nSource: x (0.9-1)\nVersion: 1:0.9-1-2+b2\n\
              Conffiles:\n /etc/x 0\nDescription: x\n Version: 9\n",
        );
        let expect = Package {
            name: b"libx1".into(),
            version: b"1:0.9-1-2+b2".into(),
            source: b"x (0.9-1)".into(),
            size: Some(78),
            arch: b"amd64".into(),
            revision: b"2+b2".into(),
            status: b"install ok installed".into(),
            maintainer: b"M <m@x>".into(),
            section: b"libs".into(),
            priority: b"optional".into(),
            same: true,
        };
        assert!(expect.is_present());
        assert_eq!(full, Some(expect));
        let bare = Package { name: b"a".into(), priority: b"unknown".into(), ..Package::default() };
        assert!(!bare.is_present());
        assert_eq!(Package::parse(b"Package: a\nInstalled-Size: 99999999999999999999\n"), Some(bare));
        for stanza in ["", "Package:\nVersion: 1", "Version: 1\n", "\u{0}\n:::\n"] {
            assert_eq!(Package::parse(stanza.as_bytes()), None, "{stanza:?}");
        }
    }

    #[test]
    fn present() {
        for (status, expect) in [
            ("install ok installed", true),
            ("deinstall ok config-files", true),
            ("install reinstreq half-installed", true),
            ("purge ok not-installed", false),
            ("", false),
        ] {
            let package = Package { status: status.into(), ..Package::default() };
            assert_eq!(package.is_present(), expect, "{status}");
        }
    }

    #[test]
    fn epochs() {
        for (text, expect) in [
            ("1.2-3", "1.2-3"),
            ("0:1.2", "1.2"),
            ("00:1.2", "1.2"),
            ("1:1.2", "1:1.2"),
            ("0:1:2", "0:1:2"),
            (":1", "1"),
            ("", ""),
            ("0", "0"),
        ] {
            assert_eq!(version(text.as_bytes()), expect.as_bytes(), "{text}");
        }
    }
}
