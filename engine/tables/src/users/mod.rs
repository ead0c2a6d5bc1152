//! Tables about accounts and what belongs to them.

mod utmp;

pub mod authorized_keys;
pub mod groups;
pub mod known_hosts;
pub mod last;
pub mod logged_in_users;
pub mod shadow;
pub mod shell_history;
pub mod sudoers;
pub mod user_groups;
#[allow(clippy::module_inception, reason = "the folder is named after its subject, the file after its table")]
pub mod users;

use plumb_schema::AnyTable;

/// The tables of this folder.
pub static TABLES: &[&dyn AnyTable] = &[
    &authorized_keys::TABLE,
    &groups::TABLE,
    &known_hosts::TABLE,
    &last::TABLE,
    &logged_in_users::TABLE,
    &shadow::TABLE,
    &shell_history::TABLE,
    &sudoers::TABLE,
    &user_groups::TABLE,
    &users::TABLE,
];
