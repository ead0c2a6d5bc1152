//! What the program does as a daemon.

pub(crate) mod doctor;
