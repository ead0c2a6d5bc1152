//! Where results and status lines go.

pub mod line;
