//! Tests with real processes. This program plays the parts that they need: it starts itself with a role (see `role`).
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod background;
mod lab;
mod pidfile;
mod role;
mod watch;

/// No test: what a process does that a test has started.
#[test]
#[ignore = "started by the others"]
fn role() {
    role::play();
}
