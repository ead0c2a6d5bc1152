//! Tables about installed software.

mod dpkg;

pub mod apt_sources;
pub mod deb_package_files;
pub mod deb_packages;

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[&apt_sources::TABLE, &deb_package_files::TABLE, &deb_packages::TABLE];
