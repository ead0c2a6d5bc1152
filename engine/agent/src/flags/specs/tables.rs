//! What tables there are and how they collect.

use super::super::spec::{cli, hidden, option};
use super::super::{FlagSpec, Kind::*};

#[rustfmt::skip]
pub(super) static FLAGS: &[FlagSpec] = &[
    cli("disable_tables", Text, "", "Comma-separated tables to leave out"),
    cli("enable_tables", Text, "", "Comma-separated tables to have, and no others"),
    option("enable_foreign", Bool, "false", "Declare the tables of other systems too"),
    option("table_delay", Uint64, "0", "Milliseconds to wait before a statement asks the same table again"),

    option("augeas_lenses", Text, "/opt/osquery/share/osquery/lenses", "Directory of augeas lenses"),
    option("disable_hash_cache", Bool, "false", "Hash files each time they are asked for"),
    option("dns_resolver_refresh_interval", Int32, "60", "Seconds for which resolved names are remembered"),
    option("docker_socket", Text, "/var/run/docker.sock", "Docker's socket"),
    option("hash_cache_max", Uint32, "500", "How many hashed files are remembered"),
    hidden("hash_delay", Uint32, "20", "Milliseconds to wait after hashing a file"),
    cli("keep_container_worker_open", Bool, "false", "Keep the process that reads inside containers for the whole query"),
    option("lxd_socket", Text, "/var/lib/lxd/unix.socket", "LXD's socket"),
    option("read_max", Uint64, "52428800", "Bytes of the largest file that is read"),

    hidden("enable_yara_string", Bool, "false", "Allow rules in the query itself (column sigrule)"),
    option("yara_delay", Uint32, "50", "Milliseconds to wait after scanning a file"),
    hidden("yara_malloc_trim", Bool, "true", "Give memory back after a scan"),
    option("yara_sigurl_authenticate", Bool, "false", "Send the node key when rules are fetched from a URL"),
];
