//! The collations of versions: `VERSION`, `VERSION_ARCH`, `VERSION_DPKG`, `VERSION_RHEL`.

use crate::version::Flavour;
use rusqlite::Connection;

/// Their names as SQLite lists them, and their orders.
const COLLATIONS: [(&str, Flavour); 4] = [
    ("version", Flavour::Plain),
    ("version_arch", Flavour::Arch),
    ("version_dpkg", Flavour::Dpkg),
    ("version_rhel", Flavour::Rhel),
];

/// Adds the collations to a connection. SQLite takes their names in any case.
///
/// # Errors
/// Those of SQLite, when it is out of memory or a statement is running.
pub fn register(connection: &Connection) -> rusqlite::Result<()> {
    for (name, flavour) in COLLATIONS {
        connection.create_collation(name, move |a, b| flavour.compare(a.as_bytes(), b.as_bytes()))?;
    }
    Ok(())
}
