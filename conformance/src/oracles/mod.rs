//! The oracles. Each says which class of bugs it finds.

pub mod hostile;
pub mod materialized;
pub mod recorded;
pub mod table_laws;
