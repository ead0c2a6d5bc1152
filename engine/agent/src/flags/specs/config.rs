//! Configuration, packs and schedule.

use super::super::spec::{cli, hidden, option};
use super::super::{FlagSpec, Kind::*};

#[rustfmt::skip]
pub(super) static FLAGS: &[FlagSpec] = &[
    cli("config_accelerated_refresh", Uint64, "300", "Seconds until the configuration is read again after reading it failed"),
    cli("config_check", Bool, "false", "Check the configuration and leave"),
    cli("config_dump", Bool, "false", "Print the configuration as it was read and leave"),
    cli("config_enable_backup", Bool, "false", "Keep the configuration in the store, for a start at which it cannot be read"),
    cli("config_path", Text, "/etc/osquery/osquery.conf", "File that the filesystem config plugin reads"),
    cli("config_plugin", Text, "filesystem", "Where the configuration comes from"),
    cli("config_refresh", Uint64, "0", "Seconds between readings of the configuration; 0 reads it once"),
    cli("config_tls_endpoint", Text, "", "URL path of the configuration on the TLS server"),
    cli("config_tls_max_attempts", Uint64, "3", "How often fetching the configuration is tried"),

    option("host_identifier", Text, "hostname", "What names this host in logs: hostname, uuid, instance, ephemeral or specified"),
    option("specified_identifier", Text, "", "The host's name when host_identifier is specified"),
    option("decorations_top_level", Bool, "false", "Put decorations beside a result's fields, not under a key of their own"),
    option("disable_decorators", Bool, "false", "Run no decorator queries"),
    option("experiment_list", Text, "", "Comma-separated experiments to take part in"),

    option("pack_delimiter", Text, "_", "Stands between \"pack\", a pack's name and a query's name"),
    option("pack_refresh_interval", Uint64, "3600", "Seconds until a pack's discovery queries are asked again"),
    option("schedule_default_interval", Uint64, "3600", "Seconds between runs of a query that names no interval"),
    option("schedule_epoch", Uint64, "0", "Number of the current epoch; a new one makes every query log all rows again"),
    option("schedule_lognames", Bool, "false", "Log the name of each scheduled query when it runs"),
    option("schedule_max_drift", Uint64, "60", "Seconds by which the schedule may lag before it gives up catching up"),
    option("schedule_reload", Uint64, "3600", "Seconds between times that memory of the store is given back; 0 is never"),
    hidden("schedule_reload_sql", Bool, "false", "Open the SQL engine anew whenever schedule_reload is due"),
    option("schedule_splay_percent", Uint64, "10", "Percent by which intervals are varied, so that hosts do not ask all at once"),
    option("schedule_timeout", Uint64, "0", "Seconds after which the daemon ends; 0 is never"),
];
