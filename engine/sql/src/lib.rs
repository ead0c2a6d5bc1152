//! plumb-sql

pub mod collations;
mod real;
pub mod version;

pub use real::render_real;
