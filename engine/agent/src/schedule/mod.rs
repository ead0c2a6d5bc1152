//! When scheduled queries run, what they cost, and which of them are left out.

pub mod denylist;
pub mod performance;
pub mod timetable;
