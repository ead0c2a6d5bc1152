//! Events.

use super::super::spec::{hidden, option};
use super::super::{FlagSpec, Kind::*};

#[rustfmt::skip]
pub(super) static FLAGS: &[FlagSpec] = &[
    option("disable_events", Bool, "false", "Receive no events"),
    hidden("events_enforce_denylist", Bool, "false", "Denylist queries of event tables as other queries"),
    option("events_expiry", Uint64, "3600", "Seconds that stored events are kept"),
    option("events_max", Uint64, "50000", "Most events kept for each table"),
    option("events_optimize", Bool, "true", "Give a scheduled query only the events since its last run"),
    option("enable_file_events", Bool, "false", "Watch the files that the configuration names"),

    option("audit_allow_accept_socket_events", Bool, "true", "Record accepted connections"),
    option("audit_allow_apparmor_events", Bool, "false", "Record AppArmor messages"),
    option("audit_allow_config", Bool, "false", "Let the agent change the kernel's audit configuration"),
    option("audit_allow_failed_socket_events", Bool, "false", "Record socket calls that failed"),
    option("audit_allow_fim_events", Bool, "false", "Record accesses to watched files with the process that made them"),
    option("audit_allow_fork_process_events", Bool, "false", "Record fork, vfork and clone"),
    option("audit_allow_kill_process_events", Bool, "false", "Record kill, tkill and tgkill"),
    option("audit_allow_null_accept_socket_events", Bool, "false", "Record accepted connections of which the peer is not known"),
    option("audit_allow_process_events", Bool, "true", "Record started programs"),
    option("audit_allow_seccomp_events", Bool, "false", "Record seccomp messages"),
    option("audit_allow_selinux_events", Bool, "false", "Record SELinux messages"),
    option("audit_allow_sockets", Bool, "false", "Record bind and connect"),
    hidden("audit_allow_unix", Bool, "false", "Record sockets of the unix domain too"),
    option("audit_allow_user_events", Bool, "true", "Record logins and other messages of user programs"),
    option("audit_backlog_limit", Int32, "4096", "Length of the kernel's audit queue"),
    option("audit_backlog_wait_time", Int32, "0", "How long the kernel waits for room in its audit queue"),
    hidden("audit_debug", Bool, "false", "Log every audit message"),
    hidden("audit_fim_debug", Bool, "false", "Log the work on audited file accesses"),
    hidden("audit_fim_show_accesses", Bool, "false", "Record audited accesses that only read"),
    option("audit_force_reconfigure", Bool, "false", "Set up audit rules anew at the start"),
    option("audit_force_unconfigure", Bool, "false", "Remove all audit rules at the end"),
    option("audit_persist", Bool, "true", "Take audit back when another program has become its receiver"),
    hidden("audit_show_partial_fim_events", Bool, "false", "Record audited accesses of which the path is not wholly known"),
    hidden("audit_show_untracked_res_warnings", Bool, "false", "Warn about file descriptors that were opened before the agent started"),
    option("disable_audit", Bool, "true", "Receive nothing from the kernel's audit"),

    option("enable_syslog", Bool, "false", "Receive lines from the syslog daemon"),
    option("syslog_events_expiry", Uint64, "2592000", "Seconds that syslog lines are kept"),
    option("syslog_events_max", Uint64, "100000", "Most syslog lines kept"),
    option("syslog_pipe_path", Text, "/var/osquery/syslog_pipe", "Named pipe into which the syslog daemon writes"),
    option("syslog_rate_limit", Uint64, "100", "Most syslog lines taken at once"),

    option("disable_memory", Bool, "false", "Read no physical memory"),
    option("hardware_disabled_types", Text, "partition", "Comma-separated device types of which hardware events are dropped"),
];
