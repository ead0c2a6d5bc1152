//! A column: its declaration ([`Spec`]), its getter ([`Get`]), and how the table can find rows by it ([`Pick`]).

use crate::{Bytes, Cx, Platforms, Request, Rows};
use std::ops::BitOr;
use std::sync::Arc;

/// The declared type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Bytes meant as text.
    Text,
    /// A 32-bit integer by declaration; any 64-bit integer in practice.
    Integer,
    /// A 64-bit integer.
    BigInt,
    /// A 64-bit integer that is meant unsigned; values of 2⁶³ and above are unknown (NULL).
    UnsignedBigInt,
    /// A double.
    Double,
    /// Bytes.
    Blob,
}

impl Type {
    /// All types.
    pub const EACH: [Self; 6] =
        [Self::Text, Self::Integer, Self::BigInt, Self::UnsignedBigInt, Self::Double, Self::Blob];

    /// As it stands in a declaration.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Integer => "INTEGER",
            Self::BigInt => "BIGINT",
            Self::UnsignedBigInt => "UNSIGNED BIGINT",
            Self::Double => "DOUBLE",
            Self::Blob => "BLOB",
        }
    }
}

/// How a text column compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Collation {
    /// Byte by byte.
    #[default]
    Binary,
    /// ASCII letters of both cases are equal.
    NoCase,
    /// As software versions.
    Version,
    /// As Debian package versions.
    VersionDpkg,
    /// As RPM package versions.
    VersionRhel,
}

impl Collation {
    /// As it stands after `COLLATE`; empty for the default.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Binary => "",
            Self::NoCase => "NOCASE",
            Self::Version => "VERSION",
            Self::VersionDpkg => "VERSION_DPKG",
            Self::VersionRhel => "VERSION_RHEL",
        }
    }
}

macro_rules! flags {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $flag:ident = $bit:expr),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name(u16);
        impl $name {
            /// Nothing.
            pub const NONE: Self = Self(0);
            $($(#[$fdoc])* pub const $flag: Self = Self($bit);)*
            /// Both together.
            #[must_use]
            pub const fn and(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
            /// Whether all of `other` is in it.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
            /// Whether anything of `other` is in it.
            #[must_use]
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }
        }
        impl BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                self.and(other)
            }
        }
    };
}

flags! {
    /// What a declaration says of a column, in osquery's words.
    Options {
        /// Part of the key, by which rows are looked up.
        INDEX = 1,
        /// Part of the key, influences the answer.
        ADDITIONAL = 2,
        /// The table cannot be queried without one of its required columns being constrained.
        REQUIRED = 4,
        /// Takes the values of an IN list all at once.
        OPTIMIZED = 8,
        /// Not in `*`.
        HIDDEN = 16,
    }
}

flags! {
    /// Comparisons that a table can use.
    Ops {
        /// `=` and `IN`.
        EQ = 1,
        /// `LIKE` with a pattern.
        LIKE = 2,
        /// `GLOB` with a pattern.
        GLOB = 4,
        /// `>`.
        GT = 8,
        /// `>=`.
        GE = 16,
        /// `<`.
        LT = 32,
        /// `<=`.
        LE = 64,
        /// The four comparisons of a range.
        RANGE = 8 | 16 | 32 | 64,
    }
}

/// What is known of a column without its table's row type.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its name.
    pub name: &'static str,
    /// Its declared type.
    pub kind: Type,
    /// What it tells, for people.
    pub doc: &'static str,
    /// Where it has values. Elsewhere it is declared hidden and is NULL.
    pub on: Platforms,
    /// How it compares.
    pub collation: Collation,
    /// What the declaration says of it.
    pub options: Options,
    /// Other names under which it can be asked for, as hidden columns.
    pub aliases: &'static [&'static str],
    /// Comparisons that reach the table in its [`Request`].
    pub uses: Ops,
    /// The constraint chooses *which* rows exist (a path, a namespace), rather than selecting from those that a scan
    /// gives.
    pub parameter: bool,
}

impl Spec {
    /// Whether it is left out of `*` on a platform.
    #[must_use]
    pub const fn is_hidden(&self, platform: Platforms) -> bool {
        self.options.contains(Options::HIDDEN) || !self.on.contains(platform)
    }
}

/// How a cell is read from a row.
pub enum Get<T> {
    /// Has no value on this platform.
    Foreign,
    /// Text.
    Text(for<'a> fn(&'a T) -> Option<Bytes<'a>>),
    /// Bytes.
    Blob(for<'a> fn(&'a T) -> Option<Bytes<'a>>),
    /// An integer.
    Int(fn(&T) -> Option<i64>),
    /// A real.
    Real(fn(&T) -> Option<f64>),
}

impl<T> Clone for Get<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Get<T> {}

/// Finds the rows that may have a value in a column. It may give too many rows, never too few: everything that a scan
/// gives with this value must be among them.
pub enum Pick<T> {
    /// The table cannot.
    No,
    /// By an integer.
    Int(fn(&Arc<Cx>, i64, &Request) -> Rows<T>),
    /// By text.
    Text(fn(&Arc<Cx>, &[u8], &Request) -> Rows<T>),
}

impl<T> Clone for Pick<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Pick<T> {}

/// A column of a table with rows of type `T`.
pub struct Column<T: 'static> {
    /// The declaration.
    pub spec: Spec,
    /// The getter.
    pub get: Get<T>,
    /// The index function.
    pub pick: Pick<T>,
}

impl<T: 'static> Column<T> {
    const fn new(name: &'static str, kind: Type, doc: &'static str, get: Get<T>) -> Self {
        let spec = Spec {
            name,
            kind,
            doc,
            on: Platforms::ALL,
            collation: Collation::Binary,
            options: Options::NONE,
            aliases: &[],
            uses: Ops::NONE,
            parameter: false,
        };
        Self { spec, get, pick: Pick::No }
    }

    /// A TEXT column.
    pub const fn text(name: &'static str, doc: &'static str, get: for<'a> fn(&'a T) -> Option<Bytes<'a>>) -> Self {
        Self::new(name, Type::Text, doc, Get::Text(get))
    }

    /// An INTEGER column.
    pub const fn integer(name: &'static str, doc: &'static str, get: fn(&T) -> Option<i64>) -> Self {
        Self::new(name, Type::Integer, doc, Get::Int(get))
    }

    /// A BIGINT column.
    pub const fn bigint(name: &'static str, doc: &'static str, get: fn(&T) -> Option<i64>) -> Self {
        Self::new(name, Type::BigInt, doc, Get::Int(get))
    }

    /// An UNSIGNED BIGINT column. What does not fit into 63 bits is unknown.
    pub const fn unsigned(name: &'static str, doc: &'static str, get: fn(&T) -> Option<i64>) -> Self {
        Self::new(name, Type::UnsignedBigInt, doc, Get::Int(get))
    }

    /// A DOUBLE column.
    pub const fn double(name: &'static str, doc: &'static str, get: fn(&T) -> Option<f64>) -> Self {
        Self::new(name, Type::Double, doc, Get::Real(get))
    }

    /// A BLOB column.
    pub const fn blob(name: &'static str, doc: &'static str, get: for<'a> fn(&'a T) -> Option<Bytes<'a>>) -> Self {
        Self::new(name, Type::Blob, doc, Get::Blob(get))
    }

    /// A column that has values on other systems only, where it is not collected yet.
    pub const fn foreign(on: Platforms, kind: Type, name: &'static str, doc: &'static str) -> Self {
        Self::new(name, kind, doc, Get::Foreign).on(on)
    }

    /// Restricts the column to some systems; elsewhere it is hidden and NULL.
    #[must_use]
    pub const fn on(mut self, on: Platforms) -> Self {
        self.spec.on = on;
        self
    }

    const fn option(mut self, option: Options) -> Self {
        self.spec.options = self.spec.options.and(option);
        self
    }

    /// Declares the column as part of the key, without an index behind it.
    #[must_use]
    pub const fn key(self) -> Self {
        self.option(Options::INDEX)
    }

    /// Declares the column `additional`: part of the key.
    #[must_use]
    pub const fn additional(self) -> Self {
        self.option(Options::ADDITIONAL)
    }

    /// Declares the column `optimized`.
    #[must_use]
    pub const fn optimized(self) -> Self {
        self.option(Options::OPTIMIZED)
    }

    /// Leaves the column out of `*`.
    #[must_use]
    pub const fn hidden(self) -> Self {
        self.option(Options::HIDDEN)
    }

    /// Part of the key, and the table can find rows by it: `=` and `IN` on it call `pick`.
    #[must_use]
    pub const fn index(self, pick: fn(&Arc<Cx>, i64, &Request) -> Rows<T>) -> Self {
        self.key().seek(pick)
    }

    /// As [`Column::index`], for a text column.
    #[must_use]
    pub const fn index_text(self, pick: fn(&Arc<Cx>, &[u8], &Request) -> Rows<T>) -> Self {
        self.key().seek_text(pick)
    }

    /// The table can find rows by this column, although the declaration does not say so.
    #[must_use]
    pub const fn seek(mut self, pick: fn(&Arc<Cx>, i64, &Request) -> Rows<T>) -> Self {
        self.pick = Pick::Int(pick);
        self
    }

    /// As [`Column::seek`], for a text column.
    #[must_use]
    pub const fn seek_text(mut self, pick: fn(&Arc<Cx>, &[u8], &Request) -> Rows<T>) -> Self {
        self.pick = Pick::Text(pick);
        self
    }

    /// The table cannot answer without a constraint on this column (or on another required one), which chooses what
    /// rows there are. `uses` are the comparisons that satisfy it.
    #[must_use]
    pub const fn required(self, uses: Ops) -> Self {
        self.option(Options::REQUIRED).parameter(uses)
    }

    /// Constraints on this column reach the table and choose which rows there are (`pid_with_namespace`).
    #[must_use]
    pub const fn parameter(mut self, uses: Ops) -> Self {
        self.spec.uses = uses;
        self.spec.parameter = true;
        self
    }

    /// Constraints on this column reach the table, which may use them to do less. It may still give rows that do not
    /// satisfy them.
    #[must_use]
    pub const fn hint(mut self, uses: Ops) -> Self {
        self.spec.uses = uses;
        self
    }

    /// Sets the collation.
    #[must_use]
    pub const fn collate(mut self, collation: Collation) -> Self {
        self.spec.collation = collation;
        self
    }

    /// Other names for the column.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.spec.aliases = aliases;
        self
    }
}
