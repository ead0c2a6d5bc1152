//! The oracles. Each says which class of bugs it finds.

pub mod determinism;
pub mod hostile;
pub mod limit_prefix;
pub mod materialized;
pub mod norec;
pub mod one_picture;
pub mod pushdown;
pub mod question;
pub mod recorded;
pub mod schema_truth;
pub mod table_laws;
pub mod tlp;
