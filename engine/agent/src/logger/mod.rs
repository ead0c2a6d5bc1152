//! Where results and status lines go.

pub mod files;
pub mod line;
