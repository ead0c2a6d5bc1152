//! Every flag, by subject.

mod config;
mod daemon;
mod events;
mod extensions;
mod logger;
mod remote;
mod shell;
mod tables;

use super::FlagSpec;
use std::sync::LazyLock;

/// The flags of each subject.
static SUBJECTS: [&[FlagSpec]; 8] = [
    shell::FLAGS,
    config::FLAGS,
    daemon::FLAGS,
    events::FLAGS,
    extensions::FLAGS,
    logger::FLAGS,
    remote::FLAGS,
    tables::FLAGS,
];

/// Every flag there is, in no particular order.
pub fn all() -> impl Iterator<Item = &'static FlagSpec> {
    SUBJECTS.iter().copied().flatten()
}

/// Why a flag has no effect, if it has none.
#[must_use]
pub fn idle(name: &str) -> Option<String> {
    let known = IDLE.iter().find(|(idle, _)| *idle == name).map(|(_, why)| (*why).to_owned());
    known.or_else(|| awaits(name).map(|feature| format!("this build has no {feature} yet")))
}

/// Flags that have no meaning for this agent, and those of single tables that are not built yet.
const IDLE: &[(&str, &str)] = &[
    ("augeas_lenses", NO_TABLES),
    ("dns_resolver_refresh_interval", "this build has no servers yet"),
    ("docker_socket", NO_TABLES),
    ("enable_foreign", "tables of other systems are known to --config_check alone"),
    ("enable_yara_string", NO_TABLES),
    ("experiment_list", "there are no experiments"),
    ("hash_cache_max", "what was hashed is remembered within a statement alone"),
    ("hash_delay", "queries rest by what they use, see --query_cpu_limit"),
    ("install", "it is for Windows"),
    ("keep_container_worker_open", "no process of its own reads inside containers"),
    ("lxd_socket", NO_TABLES),
    ("read_max", "each table has bounds of its own for the files that it reads"),
    ("regex_max_size", "what an expression may cost is bounded, whatever its size"),
    ("rocksdb_background_flushes", SQLITE),
    ("rocksdb_buffer_blocks", SQLITE),
    ("rocksdb_merge_number", SQLITE),
    ("rocksdb_write_buffer", SQLITE),
    ("stderrthreshold", "--logger_min_stderr says what goes to standard error"),
    ("uninstall", "it is for Windows"),
    ("utc", "all times are in UTC"),
    ("yara_delay", NO_TABLES),
    ("yara_malloc_trim", NO_TABLES),
    ("yara_sigurl_authenticate", NO_TABLES),
];

const NO_TABLES: &str = "this build has no tables that ask it yet";

const SQLITE: &str = "the store is SQLite";

/// What a flag is for, if that is not built yet.
fn awaits(name: &str) -> Option<&'static str> {
    // What is switched off is off.
    if name.starts_with("disable_") {
        return None;
    }
    let subjects = [(events::FLAGS, "events"), (extensions::FLAGS, "extensions"), (remote::FLAGS, "servers")];
    let of = |flags: &[FlagSpec]| flags.iter().any(|spec| spec.name == name);
    let prefixes =
        [("config_tls_", "servers"), ("logger_tls_", "servers"), ("logger_kafka_", "Kafka"), ("aws_", "AWS")];
    let by_subject = subjects.into_iter().find(|(flags, _)| of(flags)).map(|(_, feature)| feature);
    by_subject.or_else(|| prefixes.into_iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, feature)| feature))
}

/// A flag by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static FlagSpec> {
    // Few names have the same length, and few of these the same last letter: what is left to compare costs less than a hash.
    static BY_LENGTH: LazyLock<Vec<Vec<(u8, &'static FlagSpec)>>> = LazyLock::new(|| {
        let longest = all().map(|spec| spec.name.len()).max().unwrap_or(0);
        let last = |spec: &'static FlagSpec| Some((*spec.name.as_bytes().last()?, spec));
        let of = |length| all().filter(|spec| spec.name.len() == length).filter_map(last).collect();
        (0..=longest).map(of).collect()
    });
    let last = name.as_bytes().last()?;
    let same = |(letter, spec): &&(u8, &FlagSpec)| letter == last && spec.name == name;
    BY_LENGTH.get(name.len())?.iter().find(same).map(|(_, spec)| *spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_is_found_by_its_name_alone() {
        for spec in all() {
            assert_eq!(find(spec.name).map(|found| found.name), Some(spec.name));
            for other in [format!("{}x", spec.name), spec.name.to_uppercase(), spec.name.replacen('_', "-", 1)] {
                let known = all().any(|spec| spec.name == other);
                assert_eq!(find(&other).is_some(), known, "{other}");
            }
        }
        assert!(find("").is_none() && find(&"x".repeat(1000)).is_none());
    }

    #[test]
    fn idle_flags() {
        for (name, _) in IDLE {
            assert!(find(name).is_some(), "{name}");
        }
        for (name, expect) in [
            ("utc", Some("all times are in UTC")),
            ("tls_hostname", Some("this build has no servers yet")),
            ("logger_kafka_acks", Some("this build has no Kafka yet")),
            ("schedule_reload", None),
            ("disable_audit", None),
        ] {
            assert_eq!(idle(name).as_deref(), expect, "{name}");
        }
    }
}
