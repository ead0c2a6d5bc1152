//! Constants that the parts of a machine share, so that equal values occur and tables relate to each other.

use super::draw::Draw;
use arbitrary::Result;
use plumb_host::Moment;

/// See the module.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The time, in seconds since the epoch.
    pub now: i64,
    /// When the machine was started.
    pub boot: i64,
    /// The kernel's release.
    pub release: Vec<u8>,
    /// The architecture, in the kernel's words.
    pub arch: &'static str,
    /// The host name.
    pub host: Vec<u8>,
    /// The host name with its domain, if `/etc/hosts` tells that.
    pub full_host: Option<Vec<u8>>,
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// Ticks that each processor has spent, by its number: as many kinds as this kernel counts.
    pub processors: Vec<(u32, Vec<u64>)>,
    /// Ids of users and groups.
    pub ids: Vec<u32>,
    /// Login names.
    pub names: Vec<Vec<u8>>,
    /// Process ids, ascending, each once.
    pub pids: Vec<u32>,
    /// The network namespace of each process; unknown of those that have left it (zombies).
    pub networks: Vec<(u32, Option<u64>)>,
    /// Inodes of sockets, pipes and files.
    pub inodes: Vec<u64>,
    /// Network interfaces, and what their settings of IPv6 are: hop limit, forwarding, redirects, advertisements.
    pub interfaces: Vec<(&'static str, [u32; 4])>,
    /// Paths of files.
    pub paths: Vec<Vec<u8>>,
    /// Users that have a home directory of their own.
    pub homes: Vec<Home>,
    /// The name of each user id that has an account: that of the first one.
    pub user_names: Vec<(u32, Vec<u8>)>,
    /// The same of groups.
    pub group_names: Vec<(u32, Vec<u8>)>,
}

/// A user and the home directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// User id.
    pub uid: u32,
    /// The directory.
    pub path: Vec<u8>,
}

/// Ids that programs treat as if they were signed, or as "none".
const EDGE_IDS: [u32; 7] = [0, 65_534, 65_535, 65_536, i32::MAX as u32, 1 << 31, u32::MAX - 1];

/// What cannot be in a host name that `/etc/hosts` may tell.
const NO_HOST: &[u8] = b" \t\n\r\x0b\x0c.#";

/// Moments at which calendars go wrong.
const EDGE_TIMES: [i64; 7] =
    [951_825_600, 1_735_689_599, 2_147_483_648, 4_107_542_399, 4_294_967_296, 32_503_680_000, 100_000_000];

/// The most that CPU time in nanoseconds leaves in ticks.
pub const MOST_TICKS: u64 = u64::MAX / 10_000_000;

/// Names that interfaces have: wired, in a slot, wireless, a bridge of a container engine, a tunnel.
const INTERFACES: [&str; 5] = ["eth0", "enp2s0f1", "wlan-guest_0", "br-1234567890ab", "tun0"];

fn settings(draw: &mut Draw<'_, '_>) -> Result<[u32; 4]> {
    Ok([draw.pick(&[64, 255, 1])?, draw.small(0, 1)?, draw.small(0, 1)?, draw.small(0, 2)?])
}

impl Pool {
    pub(super) fn generate(draw: &mut Draw<'_, '_>) -> Result<Self> {
        let now = match draw.odd(4)? {
            true => draw.pick(&EDGE_TIMES)?,
            false => 1_700_000_000 + i64::from(draw.small(0, 50_000_000)?),
        };
        let boot = now - i64::from(draw.small(1, 10_000_000)?);
        let release = draw.pick(&[&b"6.1.0-18-amd64"[..], b"6.18.44-fc", b"5.14.0-503.el9.x86_64+debug"])?.to_vec();
        let arch = draw.pick(&["x86_64", "aarch64", "riscv64", "armv7l"])?;
        let host = match draw.chance(2)? {
            true => [&draw.word(NO_HOST)?[..], b".", &draw.word(NO_HOST)?].concat(),
            false => draw.word(NO_HOST)?,
        };
        let mut processors = Vec::new();
        let kinds = if draw.odd(4)? { draw.pick(&[7, 8, 9])? } else { 10 };
        for number in 0..draw.small(1, 4)? {
            // One that is offline is not there.
            if number == 0 || !draw.odd(4)? {
                processors.push((number, (0..kinds).map(|_| draw.size(MOST_TICKS)).collect::<Result<_>>()?));
            }
        }
        let mut ids = vec![0];
        for _ in 0..draw.count(2, 4)? {
            ids.push(if draw.odd(3)? { draw.pick(&EDGE_IDS)? } else { draw.small(1000, 1010)? });
        }
        let mut names = vec![b"root".to_vec()];
        for _ in 0..draw.count(2, 4)? {
            // What separates fields and lines of the account files cannot be in a name, nor what begins a comment.
            let name = draw.word(b":\n,#+-\t\r\x0b\x0c")?.trim_ascii_start().to_vec();
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        let mut pids = vec![1];
        for _ in 0..draw.count(2, 6)? {
            let most = if draw.odd(2)? { 1 << 22 } else { 40 };
            pids.push(draw.small(2, most)?);
        }
        pids.sort_unstable();
        pids.dedup();
        let mut networks = Vec::new();
        for pid in &pids {
            let network = draw.pick(&[4_026_531_833, 4_026_531_833, 4_026_532_200])?;
            networks.push((*pid, if *pid != 1 && draw.chance(6)? { None } else { Some(network) }));
        }
        let mut inodes = Vec::new();
        for _ in 0..draw.count(3, 6)? {
            inodes.push(if draw.odd(4)? { u64::from(u32::MAX) } else { draw.number(1, 400)? });
        }
        let mut interfaces = vec![("lo", settings(draw)?)];
        let start = draw.count(0, 2)?;
        for name in INTERFACES.iter().skip(start).take(draw.count(1, 3)?) {
            interfaces.push((*name, settings(draw)?));
        }
        let paths = (0..draw.count(2, 4)?).map(|_| draw.path(b"")).collect::<Result<_>>()?;
        let (full_host, memory, homes, user_names, group_names) = Default::default();
        Ok(Self {
            now,
            boot,
            release,
            arch,
            host,
            full_host,
            memory,
            processors,
            ids,
            names,
            pids,
            networks,
            inodes,
            interfaces,
            paths,
            homes,
            user_names,
            group_names,
        })
    }

    /// `/proc/stat` (proc_stat(5)): all processors, each of them, and the time of the start.
    #[must_use]
    pub fn proc_stat(&self) -> String {
        let line = |name: &str, ticks: &[u64]| {
            let ticks: Vec<String> = ticks.iter().map(u64::to_string).collect();
            format!("{name} {}\n", ticks.join(" "))
        };
        let mut text = line("cpu ", &[9; 10]);
        for (number, ticks) in &self.processors {
            text += &line(&format!("cpu{number}"), ticks);
        }
        text + &format!("intr 5 0 0\nctxt 9\nbtime {}\nprocesses 9\nprocs_running 1\nsoftirq 1 2\n", self.boot)
    }

    /// What several subjects read below `/proc/sys`: paths there, and values.
    #[must_use]
    pub fn proc_sys(&self) -> Vec<(String, Vec<u8>)> {
        let mut values = vec![
            ("kernel/arch".to_owned(), self.arch.into()),
            ("kernel/hostname".to_owned(), self.host.clone()),
            ("kernel/osrelease".to_owned(), self.release.clone()),
        ];
        // What new interfaces get, and what is of all: no interfaces of these names.
        let others = [("all", [7, 0, 1, 1]), ("default", [9, 0, 1, 1])];
        for (name, settings) in self.interfaces.iter().chain(&others) {
            let files = ["hop_limit", "forwarding", "accept_redirects", "accept_ra"];
            let value = |(file, setting): (&str, &u32)| {
                (format!("net/ipv6/conf/{name}/{file}"), setting.to_string().into_bytes())
            };
            values.extend(files.into_iter().zip(settings).map(value));
        }
        values
    }

    /// Writes the same.
    pub(super) fn render_proc_sys(values: &[(String, Vec<u8>)], files: &mut super::Files) {
        for (name, value) in values {
            files.file(format!("/proc/sys/{name}"), [&value[..], b"\n"].concat());
        }
    }

    /// The time as a host tells it.
    #[must_use]
    pub fn clock(&self) -> Moment {
        Moment { secs: self.now, nanos: 0 }
    }
}
