//! plumb-tables
