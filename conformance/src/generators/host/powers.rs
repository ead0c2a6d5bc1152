//! A host in memory with all the powers of a running machine: a kernel, netlink, an environment, a process of its own.

use plumb_host::{Dir, FsUsage, Host, InterfaceHw, Kernel, KernelName, Mem, Moment, Netlink};
use std::io;
use std::sync::Arc;

/// Files, and what is not a file.
#[derive(Clone, Debug)]
pub struct Powers {
    /// The files.
    pub files: Mem,
    /// Whether it says that it runs.
    pub live: bool,
    /// The process this agent runs in, on a host that runs.
    pub own_pid: Option<u32>,
    /// The user and group this agent runs as.
    pub own_ids: (u32, u32),
    /// The value of every variable of the environment.
    pub env: Option<Vec<u8>>,
    /// What the kernel says, if there is one to ask.
    pub numbers: Option<Numbers>,
    /// What netlink says, if it is there.
    pub answers: Option<Answers>,
}

/// What a kernel says of itself.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// Every name.
    pub name: Vec<u8>,
    /// Every count and size.
    pub count: u64,
    /// Every load average.
    pub load: f64,
}

/// What netlink answers to any request.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Messages with their kinds.
    pub messages: Vec<(u16, Vec<u8>)>,
    /// The error at the end of every answer.
    pub error: Option<i32>,
}

impl Powers {
    /// Files and nothing else.
    #[must_use]
    pub fn new(files: Mem) -> Self {
        Self { files, live: false, own_pid: None, own_ids: (0, 0), env: None, numbers: None, answers: None }
    }
}

impl Answers {
    /// One interface, one address, two routes, and sockets of every family.
    #[must_use]
    pub fn valid() -> Self {
        Self { messages: vec![link(), address(), route(), inet(2, 4), inet(10, 16), unix(), packet()], error: None }
    }
}

impl Host for Powers {
    fn root(&self) -> &dyn Dir {
        self.files.root()
    }

    fn now(&self) -> Moment {
        self.files.now()
    }

    fn is_live(&self) -> bool {
        self.live
    }

    fn own_pid(&self) -> Option<u32> {
        self.own_pid.filter(|_| self.live)
    }

    fn own_ids(&self) -> (u32, u32) {
        self.own_ids
    }

    fn env(&self, _: &str) -> Option<Vec<u8>> {
        self.env.clone()
    }

    fn inside_process(&self, pid: i64) -> io::Result<Arc<dyn Host>> {
        self.files.inside_process(pid)
    }

    fn kernel(&self) -> Option<&dyn Kernel> {
        self.numbers.as_ref().map(|numbers| numbers as &dyn Kernel)
    }

    fn netlink(&self) -> Option<&dyn Netlink> {
        self.answers.as_ref().map(|answers| answers as &dyn Netlink)
    }
}

impl Kernel for Numbers {
    fn name(&self) -> KernelName {
        let name = || self.name.clone();
        KernelName { sysname: name(), nodename: name(), release: name(), version: name(), machine: name() }
    }

    fn fs_usage(&self, _: &[u8]) -> io::Result<FsUsage> {
        let n = self.count;
        Ok(FsUsage { block_size: n, blocks: n, free: n, available: n, inodes: n, inodes_free: n })
    }

    fn load_average(&self) -> [f64; 3] {
        [self.load; 3]
    }

    fn uptime(&self) -> u64 {
        self.count
    }

    fn ticks_per_second(&self) -> u64 {
        self.count
    }

    fn page_size(&self) -> u64 {
        self.count
    }

    fn interface_hw(&self, _: &[u8]) -> io::Result<InterfaceHw> {
        Ok(InterfaceHw { speed: u32::try_from(self.count).ok(), full_duplex: Some(self.count & 1 == 0) })
    }
}

impl Netlink for Answers {
    fn dump(&self, _: u8, _: u16, _: &[u8], _: Option<u32>, visit: &mut dyn FnMut(u16, &[u8])) -> io::Result<()> {
        self.messages.iter().for_each(|(kind, message)| visit(*kind, message));
        self.error.map_or(Ok(()), |errno| Err(io::Error::from_raw_os_error(errno)))
    }
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
    let mut bytes = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_ne_bytes()).collect()
}

/// `ifinfomsg` (rtnetlink(7)).
fn link() -> (u16, Vec<u8>) {
    let body = [
        words(&[0x0001_0000, 2, 0x1_1043, 0]),
        attribute(3, b"eth0\0"),
        attribute(1, &[2, 0, 0, 0, 0, 9]),
        attribute(4, &words(&[1500])),
        attribute(23, &(1..=24_u64).flat_map(u64::to_ne_bytes).collect::<Vec<_>>()),
    ];
    (16, body.concat())
}

/// `ifaddrmsg`.
fn address() -> (u16, Vec<u8>) {
    let body = [
        vec![2, 24, 0x80, 0],
        words(&[2]),
        attribute(1, &[192, 0, 2, 1]),
        attribute(2, &[192, 0, 2, 2]),
        attribute(4, &[192, 0, 2, 255]),
        attribute(3, b"eth0\0"),
    ];
    (20, body.concat())
}

/// `rtmsg` with two hops.
fn route() -> (u16, Vec<u8>) {
    let hop = |index, last| [vec![16, 0, 1, 0], words(&[index]), attribute(5, &[192, 0, 2, last])].concat();
    let body = [
        vec![2, 24, 0, 0, 254, 4, 0, 1],
        words(&[0x10]),
        attribute(1, &[198, 51, 100, 0]),
        attribute(7, &[192, 0, 2, 2]),
        attribute(8, &attribute(2, &words(&[1400]))),
        attribute(9, &[hop(2, 1), hop(7, 2)].concat()),
    ];
    (24, body.concat())
}

/// `inet_diag_msg` (sock_diag(7)).
fn inet(family: u8, width: usize) -> (u16, Vec<u8>) {
    let mut body = vec![family, 1, 0, 0, 0, 22, 0, 99];
    body.extend(&[1_u8; 16][..width]);
    body.resize(24, 0);
    body.extend(&[2_u8; 16][..width]);
    body.resize(68, 0);
    body.extend(words(&[242_160]));
    (20, body)
}

/// `unix_diag_msg`.
fn unix() -> (u16, Vec<u8>) {
    (20, [vec![1, 1, 10, 0], words(&[242_161, 0, 0]), attribute(0, b"/run/a b\0")].concat())
}

/// `packet_diag_msg`.
fn packet() -> (u16, Vec<u8>) {
    (20, [vec![17, 3, 0, 3], words(&[242_160, 0, 0])].concat())
}
