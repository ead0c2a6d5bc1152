//! plumb-sql
