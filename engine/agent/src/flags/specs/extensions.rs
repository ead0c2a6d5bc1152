//! Extensions.

use super::super::spec::{cli, hidden, option};
use super::super::{FlagSpec, Kind::*};

#[rustfmt::skip]
pub(super) static FLAGS: &[FlagSpec] = &[
    hidden("allow_unsafe", Bool, "false", "Start extensions whose files others may write"),
    cli("disable_extensions", Bool, "false", "Offer no extension socket and start no extensions"),
    cli("enable_extensions_watchdog", Bool, "false", "Hold extensions to the watchdog's limits"),
    cli("extensions_autoload", Text, "/etc/osquery/extensions.load", "File that lists the extensions to start"),
    option("extensions_default_index", Bool, "true", "Hand constraints to tables of extensions that declare no index"),
    cli("extensions_interval", Text, "3", "Seconds between signs of life asked of extensions"),
    cli("extensions_require", Text, "", "Comma-separated extensions without which the agent does not start"),
    cli("extensions_socket", Text, "/var/osquery/osquery.em", "Socket on which extensions are met"),
    cli("extensions_timeout", Text, "3", "Seconds to wait for started extensions to register"),
    option("thrift_string_size_limit", Int32, "0", "Most bytes of a string from an extension; 0 is no limit"),
    option("thrift_timeout", Uint32, "300", "Seconds after which a silent extension connection is closed"),
    option("thrift_verbose", Bool, "false", "Log the messages of the extension protocol's library"),
];
