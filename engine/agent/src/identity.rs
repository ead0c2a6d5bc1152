//! What a host and an agent are called: UUIDs, and the name in log lines.

use crate::flags::Flags;
use crate::store::{Store, StoreError};
use plumb_host::{Cancel, Host, Limit};

/// Where names that were made up are remembered.
const DOMAIN: &str = "configurations";

/// The machine's, this installation's and the log lines' names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The machine's UUID.
    pub uuid: String,
    /// This installation's UUID.
    pub instance: String,
    /// `hostIdentifier` of log lines.
    pub name: String,
}

impl Identity {
    /// As flags want them (`--host_identifier`, `--specified_identifier`). What is made up is remembered in the store.
    ///
    /// # Errors
    /// What the store says.
    pub fn find(flags: &Flags, host: &dyn Host, store: &Store) -> Result<Self, StoreError> {
        let uuid = match machine_uuid(host) {
            Some(uuid) => uuid,
            None => remembered(store, "host_uuid_v3")?,
        };
        let instance = remembered(store, "instance_uuid_v1")?;
        let name = match flags.text("host_identifier") {
            "uuid" => uuid.to_ascii_lowercase(),
            "instance" => instance.clone(),
            "ephemeral" => random_uuid(),
            "specified" => flags.text("specified_identifier").to_owned(),
            _ => hostname(),
        };
        Ok(Self { uuid, instance, name })
    }
}

/// A UUID that is made up once.
fn remembered(store: &Store, key: &str) -> Result<String, StoreError> {
    if let Some(uuid) = store.get(DOMAIN, key)?.and_then(|bytes| String::from_utf8(bytes).ok()) {
        return Ok(uuid);
    }
    let uuid = random_uuid();
    store.put(DOMAIN, key, uuid.as_bytes())?;
    Ok(uuid)
}

/// The name that the system gives this machine (uname(2)).
#[must_use]
pub fn hostname() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    name
}

/// The UUID that the firmware gives the machine; `None` where it gives none, or one that is no name at all.
#[must_use]
pub fn machine_uuid(host: &dyn Host) -> Option<String> {
    let mut text = Vec::new();
    let limit = Limit { bytes: 256, cancel: &Cancel::new() };
    host.root().read(b"/sys/class/dmi/id/product_uuid", &mut text, limit).ok()?;
    let uuid = std::str::from_utf8(&text).ok()?.trim().to_ascii_uppercase();
    let digits = || uuid.bytes().filter(u8::is_ascii_hexdigit);
    let is_uuid = uuid.len() == 36 && digits().count() == 32;
    let is_blank = digits().all(|digit| digit == b'0') || digits().all(|digit| digit == b'F');
    (is_uuid && !is_blank).then_some(uuid)
}

/// A random UUID (version 4).
#[must_use]
pub fn random_uuid() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // A system without randomness: the name only tells runs apart.
        bytes = u128::from(std::process::id()).to_be_bytes();
    }
    let value = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | (4 << 76) | (2 << 62);
    let hex = format!("{value:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Origin;
    use plumb_host::Mem;

    #[test]
    fn random_uuids() {
        let uuid = random_uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&uuid.as_bytes()[19]));
        assert_ne!(uuid, random_uuid());
    }

    #[test]
    fn machine_uuids() {
        for (content, expect) in [
            ("03aa02fc-0414-05f2-6006-4d0700080009\n", Some("03AA02FC-0414-05F2-6006-4D0700080009")),
            ("00000000-0000-0000-0000-000000000000\n", None),
            ("ffffffff-ffff-ffff-ffff-ffffffffffff\n", None),
            ("Not Settable\n", None),
            ("", None),
        ] {
            let host = Mem::new().file("/sys/class/dmi/id/product_uuid", content);
            assert_eq!(machine_uuid(&host).as_deref(), expect, "{content:?}");
        }
        assert_eq!(machine_uuid(&Mem::new()), None);
    }

    #[test]
    fn names_in_log_lines() {
        let store = Store::in_memory().unwrap();
        let find = |kind: &str| {
            let mut flags = Flags::default();
            flags.set("host_identifier", kind, Origin::CommandLine).unwrap();
            flags.set("specified_identifier", "me", Origin::CommandLine).unwrap();
            Identity::find(&flags, &Mem::new(), &store).unwrap()
        };
        let first = find("hostname");
        assert_eq!((first.name.as_str(), find("nonsense").name), (hostname().as_str(), hostname()));
        assert_eq!((find("uuid").name, find("uuid").uuid), (first.uuid.to_ascii_lowercase(), first.uuid.clone()));
        assert_eq!((find("instance").name, find("specified").name), (first.instance.clone(), "me".to_owned()));
        assert_ne!(find("ephemeral").name, find("ephemeral").name);
        assert_ne!(first.uuid, first.instance);
    }
}
