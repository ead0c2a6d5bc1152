//! TLS, enrollment, distributed queries and carves.

use super::super::spec::{cli, hidden, option};
use super::super::{FlagSpec, Kind::*};

#[rustfmt::skip]
pub(super) static FLAGS: &[FlagSpec] = &[
    cli("carver_block_size", Uint32, "8192", "Bytes of a carve sent in one request"),
    cli("carver_compression", Bool, "false", "Compress carves with zstd"),
    cli("carver_continue_endpoint", Text, "", "URL path that the blocks of a carve are sent to"),
    cli("carver_disable_function", Bool, "true", "Switch off the SQL function carve()"),
    cli("carver_expiry", Uint32, "86400", "Seconds that the record of a carve is kept"),
    cli("carver_start_endpoint", Text, "", "URL path at which a carve is announced"),
    cli("disable_carver", Bool, "true", "Carve no files"),

    option("disable_distributed", Bool, "true", "Ask no server for queries"),
    option("distributed_denylist_duration", Uint64, "86400", "Seconds for which a query that brought the worker down is refused"),
    option("distributed_interval", Uint64, "60", "Seconds between requests for queries"),
    option("distributed_loginfo", Bool, "false", "Log each distributed query"),
    option("distributed_plugin", Text, "tls", "Where distributed queries come from"),
    option("distributed_tls_max_attempts", Uint64, "3", "How often requests for distributed queries are tried"),
    option("distributed_tls_read_endpoint", Text, "", "URL path at which queries are asked for"),
    option("distributed_tls_write_endpoint", Text, "", "URL path that answers are sent to"),

    cli("disable_enrollment", Bool, "false", "Talk to the server without enrolling"),
    cli("disable_reenrollment", Bool, "false", "Do not enroll again when the server does not know the node key"),
    cli("enroll_always", Bool, "false", "Enroll at every start"),
    cli("enroll_secret_env", Text, "", "Environment variable that holds the enrollment secret"),
    cli("enroll_secret_path", Text, "", "File that holds the enrollment secret"),
    cli("enroll_tls_endpoint", Text, "", "URL path of enrollment on the TLS server"),

    cli("proxy_hostname", Text, "", "Proxy for requests to the TLS server, HOST:PORT"),
    cli("tls_accept_gzip", Bool, "false", "Let the server answer gzip-compressed"),
    cli("tls_client_cert", Text, "", "PEM file with the client certificate"),
    cli("tls_client_key", Text, "", "PEM file with the client certificate's key"),
    hidden("tls_dump", Bool, "false", "Print requests and answers"),
    cli("tls_enroll_max_attempts", Uint64, "12", "How often enrolling is tried"),
    cli("tls_enroll_max_interval", Uint64, "600", "Most seconds between tries to enroll"),
    hidden("tls_enroll_override", Text, "enroll_secret", "Name under which the enrollment secret is sent"),
    cli("tls_hostname", Text, "", "The TLS server, HOST:PORT"),
    hidden("tls_node_api", Bool, "false", "Send the node key in the URL and use methods of HTTP"),
    hidden("tls_secret_always", Bool, "false", "Send the enrollment secret with every request"),
    cli("tls_server_certs", Text, "/opt/osquery/share/osquery/certs/certs.pem", "PEM file or directory with the authorities that the server is checked against"),
    cli("tls_session_reuse", Bool, "true", "Use a connection for several requests"),
    cli("tls_session_timeout", Uint32, "3600", "Seconds that a connection may be used"),
];
