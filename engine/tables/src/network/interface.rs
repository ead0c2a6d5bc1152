//! The network interfaces of a host: from the kernel (rtnetlink(7)) where it can be asked, else from `/sys/class/net`
//! and `/proc/net/dev`.

use super::rtnl::dump;
use super::text::entries;
use plumb_formats::lines::int;
use plumb_formats::proc_net::{Device, device};
use plumb_formats::rtnetlink::{GET_LINK, Link, NEW_LINK, Stats, link};
use plumb_host::FileKind;
use plumb_schema::Cx;
use std::sync::Arc;

const CLASS: &str = "/sys/class/net";

/// All interfaces, in the order of their numbers.
#[derive(Debug, Default)]
pub(crate) struct Interfaces(pub(crate) Vec<Arc<Interface>>);

/// An interface.
#[derive(Debug, Default)]
pub(crate) struct Interface {
    pub(crate) name: Vec<u8>,
    pub(crate) index: Option<u32>,
    link: Option<Link>,
    device: Option<Device>,
}

/// A counter of an interface, wherever it stands.
pub(crate) struct Counter {
    /// In the kernel's answer.
    pub(crate) of: fn(&Stats) -> u64,
    /// Below `/sys/class/net/NAME/statistics`.
    pub(crate) file: &'static str,
    /// Its place in a line of `/proc/net/dev`.
    pub(crate) place: usize,
}

impl Interfaces {
    /// The interfaces of the context's host, read once a statement.
    pub(crate) fn of(cx: &Arc<Cx>) -> Arc<Self> {
        cx.memo(|_| Self::from_kernel(cx).unwrap_or_else(|| Self::from_files(cx)))
    }

    /// The same; a note when there are none at all.
    pub(crate) fn expected(cx: &Arc<Cx>) -> Arc<Self> {
        let found = Self::of(cx);
        if found.0.is_empty() {
            cx.note(CLASS.as_bytes(), "no network interfaces: neither netlink nor files tell any");
        }
        found
    }

    pub(crate) fn by_index(&self, index: u32) -> Option<&Interface> {
        self.0.iter().find(|interface| interface.index == Some(index)).map(|found| &**found)
    }

    pub(crate) fn by_name(&self, name: &[u8]) -> Option<&Interface> {
        self.0.iter().find(|interface| interface.name == name).map(|found| &**found)
    }

    fn from_kernel(cx: &Cx) -> Option<Self> {
        let links = dump(cx, GET_LINK, NEW_LINK, link)?;
        let interface = |link: Link| {
            Arc::new(Interface { name: link.name.clone(), index: Some(link.index), device: None, link: Some(link) })
        };
        Some(Self(links.into_iter().map(interface).collect()))
    }

    fn from_files(cx: &Arc<Cx>) -> Self {
        let mut found: Vec<Interface> = Vec::new();
        if let Some(class) = cx.open_dir(CLASS.as_bytes()) {
            for (name, kind) in cx.names(&*class, CLASS.as_bytes()) {
                // bonding_masters lies here too.
                if kind == FileKind::Regular {
                    continue;
                }
                let number = cx.read_in(&*class, &[&name, &b"/ifindex"[..]].concat());
                if let Some(index) = number.as_deref().map(<[u8]>::trim_ascii).and_then(int) {
                    found.push(Interface { name, index: u32::try_from(index).ok(), ..Interface::default() });
                }
            }
        }
        for device in entries(cx, "/proc/net/dev", |line, _| device(line)) {
            match found.iter_mut().find(|interface| interface.name == device.name) {
                Some(interface) => interface.device = Some(device),
                None => {
                    found.push(Interface { name: device.name.clone(), device: Some(device), ..Interface::default() })
                }
            }
        }
        found.sort_by_key(|interface| interface.index.unwrap_or(u32::MAX));
        Self(found.into_iter().map(Arc::new).collect())
    }
}

impl Interface {
    /// A file of the interface in sysfs.
    pub(crate) fn read(&self, cx: &Cx, file: &str) -> Option<Vec<u8>> {
        cx.read(&self.path(file)?).map(|text| text.trim_ascii().to_vec())
    }

    /// The text of the link that is the interface in sysfs, or of a link in its directory.
    pub(crate) fn read_link(&self, cx: &Cx, file: &str) -> Option<Vec<u8>> {
        cx.host.root().read_link(&self.path(file)?).ok()
    }

    fn path(&self, file: &str) -> Option<Vec<u8>> {
        // The kernel takes no such names, a hostile tree may.
        if self.name.contains(&b'/') || matches!(self.name.as_slice(), b"" | b"." | b"..") {
            return None;
        }
        let parts: &[&[u8]] = if file.is_empty() { &[&self.name] } else { &[&self.name, file.as_bytes()] };
        Some([CLASS.as_bytes(), b"/", &parts.join(&b'/')].concat())
    }

    fn read_int(&self, cx: &Cx, file: &str) -> Option<i64> {
        int(&self.read(cx, file)?)
    }

    /// Hardware type (`ARPHRD_*`).
    pub(crate) fn kind(&self, cx: &Cx) -> Option<i64> {
        self.link.as_ref().map(|link| link.kind.into()).or_else(|| self.read_int(cx, "type"))
    }

    /// Bytes of the largest packet.
    pub(crate) fn mtu(&self, cx: &Cx) -> Option<i64> {
        match &self.link {
            Some(link) => link.mtu.map(i64::from),
            None => self.read_int(cx, "mtu"),
        }
    }

    /// Hardware address as text; of an interface that has none, six zeros.
    pub(crate) fn mac(&self, cx: &Cx) -> Option<Vec<u8>> {
        let text = match &self.link {
            Some(link) => {
                let bytes: Vec<String> = link.mac.iter().map(|byte| format!("{byte:02x}")).collect();
                bytes.join(":").into_bytes()
            }
            None => self.read(cx, "address")?,
        };
        Some(if text.is_empty() { b"00:00:00:00:00:00".to_vec() } else { text })
    }

    /// A counter.
    pub(crate) fn count(&self, cx: &Cx, counter: &Counter) -> Option<i64> {
        if let Some(link) = &self.link {
            return i64::try_from((counter.of)(link.stats.as_ref()?)).ok();
        }
        let file = format!("statistics/{}", counter.file);
        self.read_int(cx, &file).or_else(|| self.device.as_ref()?.counters.get(counter.place).copied())
    }

    /// Whether the interface is of a kind (`IFF_LOOPBACK`, `IFF_BROADCAST`): what sysfs knows no better.
    pub(crate) fn is(&self, cx: &Cx, flag: u32) -> bool {
        let flags = self.link.as_ref().map(|link| link.flags).or_else(|| self.flags(cx));
        flags.is_some_and(|flags| flags & flag != 0)
    }

    /// Flags (`IFF_*`).
    ///
    /// The kernel's answer leaves out what is on for other reasons than a request of the administrator: an interface
    /// that a sniffer has put into promiscuous mode shows it in sysfs alone.
    pub(crate) fn flags(&self, cx: &Cx) -> Option<u32> {
        const UP: u32 = 0x1;
        const RUNNING: u32 = 0x40;
        const LOWER_UP: u32 = 0x1_0000;
        const DORMANT: u32 = 0x2_0000;
        const FROM_SYSFS: u32 = 0xf3a5;
        let sysfs = self.read(cx, "flags").and_then(|text| flags(&text));
        if let Some(link) = &self.link {
            return Some(sysfs.map_or(link.flags, |sysfs| link.flags & !FROM_SYSFS | sysfs & FROM_SYSFS));
        }
        let mut flags = sysfs?;
        // What the kernel adds to its answer from the state of the link.
        if flags & UP != 0 {
            match self.read(cx, "operstate").as_deref() {
                Some(b"up" | b"unknown") => flags |= RUNNING,
                Some(b"dormant") => flags |= DORMANT,
                _ => {}
            }
            if self.read(cx, "carrier").as_deref() == Some(b"1") {
                flags |= LOWER_UP;
            }
        }
        Some(flags)
    }

    /// Mbit/s; 0 when the driver does not know it.
    pub(crate) fn speed(&self, cx: &Cx) -> i64 {
        let speed = match cx.host.kernel() {
            Some(kernel) => kernel.interface_hw(&self.name).ok().and_then(|hardware| hardware.speed).map(i64::from),
            None => self.read_int(cx, "speed"),
        };
        speed.filter(|speed| (1..i64::from(u32::MAX)).contains(speed)).unwrap_or(0)
    }
}

/// `0x1043`
fn flags(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"0x").filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
