//! `osquery_info`: the agent that answers.

use plumb_schema::{AgentInfo, Collation, Column, Cost, Cx, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

type Col = Column<AgentInfo>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<AgentInfo> = Table {
    name: "osquery_info",
    doc: "The agent that answers: its process, version, identity and configuration.",
    on: Platforms::ALL,
    columns: &[
        Col::integer("pid",            "Its process ID",                                        |a| Some(a.pid.into())),
        Col::text   ("uuid",           "UUID of the machine",                                   |a| text(&a.uuid)).collate(Collation::NoCase),
        Col::text   ("instance_id",    "UUID of this installation",                             |a| text(&a.instance_id)),
        Col::text   ("version",        "Its version",                                           |a| text(&a.version)).collate(Collation::Version),
        Col::text   ("config_hash",    "SHA-1 of the configuration, empty without one",         |a| text(&a.config_hash)).collate(Collation::NoCase),
        Col::integer("config_valid",   "1 once a configuration has been read and understood",   |a| Some(a.config_valid.into())),
        Col::text   ("extensions",     "active or inactive: whether extensions are served",     |a| text(&a.extensions)),
        Col::text   ("build_platform", "System that it was built for",                          |_| text(BUILD_PLATFORM)),
        Col::text   ("build_distro",   "Distribution that it was built for",                    |a| text(&a.build_distro)),
        Col::integer("start_time",     "Its start, in seconds since the epoch",                 |a| Some(a.start_time)),
        Col::integer("watcher",        "Process ID of the watchdog, -1 without one",            |a| Some(a.watcher)),
        Col::integer("platform_mask",  "System that it runs on as a sum: POSIX 1, Windows 2, BSD 4, Linux 8, macOS 16", |_| Some(PLATFORM_MASK)),
    ],
    scan,
    cost: Cost { rows: 1, row: 5 },
    ..Table::EMPTY
};

const BUILD_PLATFORM: &str = match Platforms::CURRENT {
    Platforms::WINDOWS => "windows",
    Platforms::MACOS => "darwin",
    _ => "linux",
};

const PLATFORM_MASK: i64 = match Platforms::CURRENT {
    Platforms::WINDOWS => 2,
    Platforms::MACOS => 1 | 4 | 16,
    _ => 1 | 8,
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<AgentInfo> {
    Box::new(std::iter::once(cx.agent().info()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::testing::check;

    #[test]
    fn the_agent() {
        check(
            &TABLE,
            &["pid", "uuid", "version", "config_valid", "extensions", "start_time", "watcher"],
            &[&["42", "u-1", "9.8", "1", "active", "1700000000", "-1"]],
        );
        check(&TABLE, &["instance_id", "config_hash", "build_distro"], &[&["i-1", "", ""]]);
        if cfg!(target_os = "linux") {
            check(&TABLE, &["build_platform", "platform_mask"], &[&["linux", "9"]]);
        }
    }
}
