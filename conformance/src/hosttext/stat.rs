//! What stat(2) says, field by field.

use plumb_host::Stat;
use std::fmt;

/// A field of [`Stat`].
#[derive(Clone, Copy)]
pub struct Field {
    name: &'static str,
    get: fn(&Stat) -> Option<i128>,
    /// Answers whether the value is one that the field can have.
    set: fn(&mut Stat, i128) -> bool,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Field {}

fn put<T: TryFrom<i128>>(field: &mut T, value: i128) -> bool {
    T::try_from(value).map(|value| *field = value).is_ok()
}

/// Permissions and owners: what most hosts have that is not as usual.
pub(super) static OWNERS: [Field; 4] = [
    Field::MODE,
    Field { name: "uid", get: |s| Some(s.uid.into()), set: |s, v| put(&mut s.uid, v) },
    Field { name: "gid", get: |s| Some(s.gid.into()), set: |s, v| put(&mut s.gid, v) },
    Field { name: "rdev", get: |s| Some(s.rdev.into()), set: |s, v| put(&mut s.rdev, v) },
];
/// Times.
pub(super) static TIMES: [Field; 4] = [
    Field { name: "atime", get: |s| Some(s.atime.into()), set: |s, v| put(&mut s.atime, v) },
    Field { name: "mtime", get: |s| Some(s.mtime.into()), set: |s, v| put(&mut s.mtime, v) },
    Field { name: "ctime", get: |s| Some(s.ctime.into()), set: |s, v| put(&mut s.ctime, v) },
    Field { name: "btime", get: |s| s.btime.map(i128::from), set: |s, v| put(s.btime.get_or_insert_default(), v) },
];
/// What a file system chooses.
pub(super) static PLACES: [Field; 6] = [
    Field { name: "dev", get: |s| Some(s.dev.into()), set: |s, v| put(&mut s.dev, v) },
    Field { name: "ino", get: |s| Some(s.ino.into()), set: |s, v| put(&mut s.ino, v) },
    Field { name: "nlink", get: |s| Some(s.nlink.into()), set: |s, v| put(&mut s.nlink, v) },
    Field { name: "size", get: |s| Some(s.size.into()), set: |s, v| put(&mut s.size, v) },
    Field { name: "blksize", get: |s| Some(s.blksize.into()), set: |s, v| put(&mut s.blksize, v) },
    Field { name: "blocks", get: |s| Some(s.blocks.into()), set: |s, v| put(&mut s.blocks, v) },
];

impl Field {
    /// The permission bits.
    pub(super) const MODE: Self = Self {
        name: "mode",
        get: |s| Some(i128::from(s.mode & 0o7777)),
        set: |s, v| v <= 0o7777 && put(&mut s.mode, v),
    };

    /// A field by its name.
    pub(super) fn named(name: &str) -> Option<Self> {
        OWNERS.iter().chain(&TIMES).chain(&PLACES).find(|field| field.name == name).copied()
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    pub(super) fn get(self, stat: &Stat) -> Option<i128> {
        (self.get)(stat)
    }

    /// Sets it; a value that it cannot have changes nothing, which is answered.
    pub(super) fn set(self, stat: &mut Stat, value: i128) -> bool {
        (self.set)(stat, value)
    }
}
