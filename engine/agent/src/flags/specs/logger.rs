//! Loggers and status logs.

use super::super::spec::{cli, hidden, option};
use super::super::{FlagSpec, Kind::*};

#[rustfmt::skip]
pub(super) static FLAGS: &[FlagSpec] = &[
    option("buffered_log_max", Uint64, "1000000", "Most log lines kept for a logger that cannot be reached"),
    option("disable_logging", Bool, "false", "Log neither results nor status"),
    option("logger_event_type", Bool, "true", "Log each changed row by itself, not a batch"),
    option("logger_kafka_acks", Text, "all", "How many brokers must confirm a message: 0, 1 or all"),
    option("logger_kafka_brokers", Text, "localhost", "Comma-separated Kafka brokers"),
    option("logger_kafka_compression", Text, "none", "How Kafka messages are compressed: none or gzip"),
    option("logger_kafka_topic", Text, "", "Kafka topic of results that have none of their own"),
    option("logger_min_status", Int32, "0", "Lowest severity logged: 0 all, 1 warnings, 2 errors"),
    option("logger_min_stderr", Int32, "0", "Lowest severity written to standard error"),
    cli("logger_mode", Text, "0640", "Permissions of log files, octal"),
    option("logger_numerics", Bool, "false", "Log numbers as numbers, not as text"),
    option("logger_path", Text, "/var/log/osquery/", "Directory of the filesystem logger"),
    cli("logger_plugin", Text, "filesystem", "Comma-separated receivers of logs"),
    option("logger_rotate", Bool, "false", "Begin a new log file when one is full"),
    option("logger_rotate_max_files", Uint64, "25", "How many full log files are kept"),
    option("logger_rotate_size", Uint64, "26214400", "Bytes at which a log file is full"),
    option("logger_snapshot_event_type", Bool, "false", "Log each row of a snapshot by itself"),
    hidden("logger_status_sync", Bool, "false", "Log status lines before going on"),
    cli("logger_stderr", Bool, "true", "Write status lines to standard error too"),
    option("logger_syslog_facility", Int32, "19", "Facility of lines sent to syslog (19 is local3)"),
    option("logger_syslog_prepend_cee", Bool, "false", "Put @cee: in front of JSON sent to syslog"),
    option("logger_tls_backoff_max", Uint64, "3600", "Most seconds between tries to reach the TLS server; 0 never waits longer"),
    option("logger_tls_compress", Bool, "false", "Send logs gzip-compressed"),
    option("logger_tls_endpoint", Text, "", "URL path of the logger on the TLS server"),
    option("logger_tls_max_lines", Uint64, "1024", "Most log lines sent at once"),
    option("logger_tls_max_linesize", Uint64, "1048576", "Most bytes of one log line that is sent"),
    option("logger_tls_period", Uint64, "4", "Seconds between sendings of logs"),
    hidden("logtostderr", Bool, "false", "Write status lines to standard error and not to files"),
    hidden("stderrthreshold", Int32, "2", "Severity from which status lines go to standard error"),
    option("tls_disable_status_log", Bool, "false", "Send results to the TLS server, but no status lines"),
];
