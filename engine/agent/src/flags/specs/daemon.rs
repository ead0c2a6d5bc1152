//! The process: start, watchdog, store.

use super::super::spec::{cli, hidden, option};
use super::super::{FlagSpec, Kind::*};

#[rustfmt::skip]
pub(super) static FLAGS: &[FlagSpec] = &[
    cli("alarm_timeout", Uint64, "15", "Seconds that an orderly end may take before the process is killed (10 or more)"),
    cli("check", Bool, "false", "Tell whether the installation is sound, and leave"),
    cli("daemonize", Bool, "false", "Go into the background after the start"),
    cli("force", Bool, "false", "End a daemon that runs already and take its place"),
    cli("install", Bool, "false", "Install the daemon as a service (Windows)"),
    cli("pidfile", Text, "/var/run/osqueryd.pidfile", "File that holds the daemon's process id"),
    cli("uninstall", Bool, "false", "Remove the daemon's service (Windows)"),

    cli("database_dump", Bool, "false", "Print what the store holds and leave"),
    cli("database_path", Text, "/var/osquery/osquery.db", "Where the store lies"),
    option("disable_database", Bool, "false", "Keep the store in memory"),
    option("ephemeral", Bool, "false", "Use no files for state, so that several agents can run"),
    hidden("rocksdb_background_flushes", Int32, "4", "Accepted and without effect: the store is SQLite"),
    hidden("rocksdb_buffer_blocks", Int32, "256", "Accepted and without effect: the store is SQLite"),
    hidden("rocksdb_merge_number", Int32, "4", "Accepted and without effect: the store is SQLite"),
    hidden("rocksdb_write_buffer", Int32, "16", "Accepted and without effect: the store is SQLite"),

    cli("disable_watchdog", Bool, "false", "Run without the process that watches the worker"),
    cli("enable_watchdog_debug", Bool, "false", "Log what the watchdog measures"),
    cli("watchdog_delay", Uint64, "60", "Seconds after a start during which limits are not enforced"),
    cli("watchdog_forced_shutdown_delay", Uint64, "4", "Seconds that a stopped worker has before it is killed"),
    cli("watchdog_latency_limit", Uint64, "0", "Seconds over the CPU limit that are tolerated; 0 takes the level's"),
    cli("watchdog_level", Int32, "0", "How strict the watchdog is: 0 normal, 1 restrictive, -1 off"),
    hidden("watchdog_max_delay", Uint64, "600", "Most seconds between restarts of a worker that keeps failing"),
    cli("watchdog_memory_limit", Uint64, "0", "MiB that the worker may use; 0 takes the level's"),
    cli("watchdog_utilization_limit", Uint64, "0", "Percent of a CPU that the worker may use; 0 takes the level's"),

    option("query_cpu_limit", Uint64, "0", "Seconds of CPU time that a scheduled query may use; 0 takes the watchdog level's"),
    option("query_memory_limit", Uint64, "0", "MiB that the rows of a scheduled query may use; 0 takes a quarter of the watchdog's"),
    option("query_time_limit", Uint64, "0", "Seconds that a scheduled query may take; 0 takes the watchdog level's"),

    option("disable_caching", Bool, "false", "Never answer a scheduled query from rows that another one collected"),
    option("ignore_table_exceptions", Bool, "false", "Go on when a table fails unexpectedly"),
    hidden("ignore_registry_exceptions", Bool, "false", "Go on when a plugin fails unexpectedly"),
    option("malloc_trim_threshold", Uint64, "200", "MB of memory in use above which free memory is given back; 0 is never, and unset four fifths of what the watchdog allows"),
    hidden("profile_delay", Int32, "0", "Seconds to wait before and after a profiled query"),
    hidden("regex_max_size", Uint32, "256", "Most bytes of a regular expression given to the regex functions"),
    hidden("utc", Bool, "true", "Give times in UTC"),
    option("verbose", Bool, "false", "Log informational messages too"),
    hidden("worker_threads", Int32, "4", "Threads for work in the background"),

    option("enable_numeric_monitoring", Bool, "false", "Record numbers about the agent's own work"),
    option("numeric_monitoring_filesystem_path", Text, "/var/log/osquery/numeric_monitoring.log", "File for numbers about the agent's own work"),
    option("numeric_monitoring_plugins", Text, "filesystem", "Comma-separated receivers of numbers about the agent's own work"),
    option("numeric_monitoring_pre_aggregation_time", Uint64, "60", "Seconds over which such numbers are summed up before they are recorded; 0 is not at all"),
];
