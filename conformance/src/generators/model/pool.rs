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
    /// Paths of files.
    pub paths: Vec<Vec<u8>>,
    /// Users that have a home directory of their own.
    pub homes: Vec<Home>,
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

impl Pool {
    pub(super) fn generate(draw: &mut Draw<'_, '_>) -> Result<Self> {
        let now = 1_700_000_000 + i64::from(draw.small(0, 50_000_000)?);
        let boot = now - i64::from(draw.small(1, 10_000_000)?);
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
        let paths = (0..draw.count(2, 4)?).map(|_| draw.path(b"")).collect::<Result<_>>()?;
        Ok(Self { now, boot, ids, names, pids, networks, inodes, paths, homes: Vec::new() })
    }

    /// The time as a host tells it.
    #[must_use]
    pub fn clock(&self) -> Moment {
        Moment { secs: self.now, nanos: 0 }
    }
}
