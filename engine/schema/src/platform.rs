//! The operating systems that a table or column exists on.

use std::fmt;
use std::ops::BitOr;

/// A set of operating systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Platforms(u8);

impl Platforms {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// Linux.
    pub const LINUX: Self = Self(1);
    /// macOS.
    pub const MACOS: Self = Self(2);
    /// Windows.
    pub const WINDOWS: Self = Self(4);
    /// Linux and macOS.
    pub const POSIX: Self = Self(1 | 2);
    /// All three.
    pub const ALL: Self = Self(1 | 2 | 4);

    /// The system that this program was built for; Linux on systems of other kinds.
    pub const CURRENT: Self = if cfg!(target_os = "macos") {
        Self::MACOS
    } else if cfg!(windows) {
        Self::WINDOWS
    } else {
        Self::LINUX
    };

    /// The three systems, one by one.
    pub const EACH: [Self; 3] = [Self::LINUX, Self::MACOS, Self::WINDOWS];

    /// Whether every system of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The name of a single system; names joined by `,` for a set.
    #[must_use]
    pub fn name(self) -> String {
        let names: Vec<&str> = [(Self::LINUX, "linux"), (Self::MACOS, "macos"), (Self::WINDOWS, "windows")]
            .into_iter()
            .filter(|(platform, _)| self.contains(*platform))
            .map(|(_, name)| name)
            .collect();
        names.join(",")
    }
}

impl BitOr for Platforms {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

impl fmt::Display for Platforms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
