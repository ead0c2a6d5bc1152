//! Sockets: `process_open_sockets`, `listening_ports`.
//!
//! `/proc/PID/net` (proc_pid_net(5)) tells the sockets of the process's network namespace: addresses as 32-bit words in the byte
//! order of the machine, ports in hexadecimal, states by number; unix sockets with their paths, of which the NULs of an
//! abstract name are shown as `@`. A kernel that answers netlink (sock_diag(7)) is asked first. Who has a socket open is told by
//! the links `socket:[INODE]` in `/proc/PID/fd`.

mod wire;

use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;
use std::fmt::Write as _;
use wire::{SOURCE, Wire};

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "sockets", tables: &["process_open_sockets", "listening_ports"], needs: &[], generate };

#[derive(Debug)]
struct Sockets {
    networks: Vec<(u32, Option<u64>)>,
    all: Vec<Socket>,
    /// What netlink tells, if it is there.
    wire: Option<Wire>,
}

/// A socket.
#[derive(Debug)]
struct Socket {
    network: u64,
    /// 0 if nobody can have it open.
    inode: u32,
    kind: Kind,
    /// Processes and descriptors.
    owners: Vec<(u32, u32)>,
}

#[derive(Debug)]
enum Kind {
    Inet(Inet),
    /// The name: a path, or an abstract name behind a NUL; empty if it has none.
    Unix(Vec<u8>),
    /// The Ethernet protocol.
    Packet(u16),
}

#[derive(Debug)]
struct Inet {
    file: &'static str,
    family: u16,
    protocol: u16,
    local: (Address, u16),
    remote: (Address, u16),
    state: usize,
}

/// An address: its bytes as on the wire, and as inet_ntop(3) writes it.
#[derive(Clone, Debug)]
struct Address(Vec<u8>, &'static str);

/// Files of IP sockets, with family and protocol.
const FILES: [(&str, u16, u16); 7] = [
    ("tcp", 2, 6),
    ("tcp6", 10, 6),
    ("udp", 2, 17),
    ("udp6", 10, 17),
    ("udplite", 2, 136),
    ("raw", 2, 255),
    ("raw6", 10, 255),
];
const STATES: [&str; 12] = [
    "UNKNOWN",
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSED",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
];
const TIME_WAIT: usize = 6;
const LISTEN: usize = 10;
const V4: [([u8; 4], &str); 5] = [
    ([0; 4], "0.0.0.0"),
    ([127, 0, 0, 1], "127.0.0.1"),
    ([192, 0, 2, 5], "192.0.2.5"),
    ([255; 4], "255.255.255.255"),
    ([10, 0, 0, 200], "10.0.0.200"),
];
const V6: [([u16; 8], &str); 7] = [
    ([0; 8], "::"),
    ([0, 0, 0, 0, 0, 0, 0, 1], "::1"),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 5], "2001:db8::5"),
    ([0xfe80, 0, 0, 0, 0x1234, 0, 0, 0x1], "fe80::1234:0:0:1"),
    ([0, 0, 0, 0, 0, 0xffff, 0xc000, 0x205], "::ffff:192.0.2.5"),
    ([1, 0, 2, 3, 4, 5, 6, 7], "1:0:2:3:4:5:6:7"),
    ([0xff02, 0, 0, 0, 0, 0, 0, 0xfb], "ff02::fb"),
];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let spaces: Vec<u64> = pool.networks.iter().filter_map(|(_, network)| *network).collect();
    let wire = if draw.has_netlink()? { Some(Wire::draw(draw, &spaces)?) } else { None };
    let (mut all, mut next) = (Vec::new(), super::descriptors::MOST + 1);
    // Inodes of sockets are unique; a few apart, so that they look like others.
    let first = if draw.odd(4)? { u32::MAX - 40 } else { draw.small(100, 400)? };
    for place in 0..draw.small(2, 9)? {
        let kind = kind(draw)?;
        let waiting = matches!(&kind, Kind::Inet(inet) if inet.state == TIME_WAIT);
        let mut owners = Vec::new();
        for _ in 0..if waiting { 0 } else { draw.count(0, 2)? } {
            owners.push((draw.pick(&pool.pids)?, next));
            next += 1;
        }
        let inode = if waiting { 0 } else { first + place };
        all.push(Socket { network: draw.pick(&spaces)?, inode, kind, owners });
    }
    Ok(Box::new(Sockets { networks: pool.networks.clone(), all, wire }))
}

fn kind(draw: &mut Draw<'_, '_>) -> Result<Kind> {
    Ok(match draw.number(0, 9)? {
        0..=6 => {
            let (file, family, protocol) = draw.pick(&FILES)?;
            let state = match protocol {
                6 => draw.pick(&[1, LISTEN, LISTEN, TIME_WAIT, 2, 3, 4, 5, 8, 9, 11])?,
                // Not connected, or connected.
                _ => draw.pick(&[7, 1])?,
            };
            let local = (address(draw, family)?, port(draw)?);
            let remote = match state {
                LISTEN | 7 => {
                    (Address(vec![0; if family == 2 { 4 } else { 16 }], if family == 2 { "0.0.0.0" } else { "::" }), 0)
                }
                _ => (address(draw, family)?, port(draw)?.max(1)),
            };
            Kind::Inet(Inet { file, family, protocol, local, remote, state })
        }
        7 | 8 => Kind::Unix(match draw.number(0, 3)? {
            0 => Vec::new(),
            1 => [&b"\0"[..], &draw.word(b"\n")?, if draw.odd(2)? { b"\0x" } else { b"" }].concat(),
            _ => [&b"/run/"[..], &draw.word(b"")?].concat(),
        }),
        _ => Kind::Packet(draw.pick(&[3, 0x806, 0x88cc, 0xffff])?),
    })
}

fn address(draw: &mut Draw<'_, '_>, family: u16) -> Result<Address> {
    Ok(match family {
        2 => {
            let (bytes, text) = draw.pick(&V4)?;
            Address(bytes.to_vec(), text)
        }
        _ => {
            let (words, text) = draw.pick(&V6)?;
            Address(words.iter().flat_map(|word| word.to_be_bytes()).collect(), text)
        }
    })
}

fn port(draw: &mut Draw<'_, '_>) -> Result<u16> {
    let port = if draw.chance(3)? { draw.small(0, 65_535)? } else { draw.pick(&[22, 53, 80, 443, 65_535])? };
    Ok(u16::try_from(port).unwrap_or(u16::MAX))
}

impl Inet {
    fn line(&self, inode: u32) -> String {
        let hex = |(Address(bytes, _), port): &(Address, u16)| {
            let mut text = String::new();
            for word in bytes.chunks_exact(4) {
                let word = u32::from_ne_bytes([word[0], word[1], word[2], word[3]]);
                let _ = write!(text, "{word:08X}");
            }
            format!("{text}:{port:04X}")
        };
        let (local, remote, state) = (hex(&self.local), hex(&self.remote), self.state);
        format!(
            "   0: {local} {remote} {state:02X} 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1 0000000000000000 100 0 0 10 0\n"
        )
    }
}

impl Socket {
    fn family(&self) -> u16 {
        match &self.kind {
            Kind::Inet(inet) => inet.family,
            Kind::Unix(_) => 1,
            Kind::Packet(_) => 17,
        }
    }

    fn protocol(&self) -> u16 {
        match &self.kind {
            Kind::Inet(inet) => inet.protocol,
            Kind::Unix(_) => 0,
            Kind::Packet(protocol) => *protocol,
        }
    }

    fn path(&self) -> Vec<u8> {
        match &self.kind {
            Kind::Unix(name) => name.iter().map(|byte| if *byte == 0 { b'@' } else { *byte }).collect(),
            _ => Vec::new(),
        }
    }

    fn inet(&self) -> Option<&Inet> {
        if let Kind::Inet(inet) = &self.kind { Some(inet) } else { None }
    }

    fn listens(&self) -> bool {
        match &self.kind {
            Kind::Inet(inet) => inet.remote.1 == 0,
            Kind::Unix(name) => !name.is_empty(),
            Kind::Packet(_) => true,
        }
    }
}

impl Sockets {
    /// What the files of a namespace say.
    fn file(&self, network: u64, name: &str) -> Vec<u8> {
        let mut text = match name {
            "unix" => b"Num       RefCount Protocol Flags    Type St Inode Path\n".to_vec(),
            "packet" => b"sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n".to_vec(),
            _ => b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
                .to_vec(),
        };
        for socket in self.all.iter().filter(|socket| socket.network == network) {
            let inode = socket.inode;
            match &socket.kind {
                Kind::Inet(inet) if inet.file == name => text.extend(inet.line(inode).into_bytes()),
                Kind::Unix(path) if name == "unix" => {
                    let before = format!("0000000000000000: 00000002 00000000 00010000 0001 01 {inode:5}");
                    let space: &[u8] = if path.is_empty() { b"" } else { b" " };
                    text.extend([before.as_bytes(), space, &socket.path(), b"\n"].concat());
                }
                Kind::Packet(protocol) if name == "packet" => {
                    let line =
                        format!("0000000000000000 3      3    {protocol:04x}   2     1 0      0      {inode:<6}\n");
                    text.extend(line.into_bytes());
                }
                _ => {}
            }
        }
        text
    }
}

impl Part for Sockets {
    fn render(&self, files: &mut Files) {
        let dumps = self.wire.iter().flat_map(|wire| wire.dumps(&self.all));
        dumps.for_each(|dump| files.dump(dump));
        for (pid, network) in &self.networks {
            let Some(network) = network else {
                files.put(format!("/proc/{pid}/ns"), super::files::Thing::Dir);
                continue;
            };
            files.link(format!("/proc/{pid}/ns/net"), format!("net:[{network}]"));
            if self.wire.as_ref().is_some_and(|wire| !wire.has_files()) {
                continue;
            }
            for name in FILES.iter().map(|(name, ..)| *name).chain(["unix", "packet"]) {
                let (path, text) = (format!("/proc/{pid}/net/{name}"), self.file(*network, name));
                // A line of junk behind a unix socket could be the rest of its path.
                if name == "unix" { files.file(path, text) } else { files.lines(path, text) }
            }
        }
        for socket in &self.all {
            for (pid, fd) in &socket.owners {
                files.link(format!("/proc/{pid}/fd/{fd}"), format!("socket:[{}]", socket.inode));
            }
        }
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![if table == "listening_ports" { self.ask_listening() } else { self.ask_all() }]
    }
}

impl Sockets {
    fn ask_all(&self) -> Question {
        let columns = &[
            "pid",
            "fd",
            "socket",
            "family",
            "protocol",
            "local_address",
            "remote_address",
            "local_port",
            "remote_port",
            "path",
            "state",
            "net_namespace",
        ];
        let mut question = Question::of("process_open_sockets", columns);
        for (socket, pid, fd) in self.open() {
            let inet = socket.inet();
            let state = match &socket.kind {
                Kind::Inet(inet) if inet.protocol == 6 => STATES.get(inet.state).copied().unwrap_or_default(),
                // The word of osquery's users.
                Kind::Packet(_) => "NONE",
                _ => "",
            };
            let (local, remote) = (inet.map(|inet| &inet.local), inet.map(|inet| &inet.remote));
            let text = |end: Option<&(Address, u16)>| end.map_or("", |(address, _)| address.1);
            let port = |end: Option<&(Address, u16)>| end.map_or(0, |(_, port)| *port);
            let row = cells![
                pid,
                fd,
                socket.inode,
                socket.family(),
                socket.protocol(),
                text(local),
                text(remote),
                port(local),
                port(remote),
                socket.path(),
                state,
                socket.network.to_string(),
            ];
            // Whose files are read for a namespace, and who has a socket open, depends on all processes.
            question.row(&[b"/proc", SOURCE], row);
        }
        question
    }

    fn ask_listening(&self) -> Question {
        let columns = &["pid", "port", "protocol", "family", "address", "fd", "socket", "path", "net_namespace"];
        let mut question = Question::of("listening_ports", columns);
        for (socket, pid, fd) in self.open().filter(|(socket, ..)| socket.listens()) {
            let local = socket.inet().map(|inet| &inet.local);
            let inode = if socket.family() == 1 { 0 } else { socket.inode };
            let row = cells![
                pid,
                local.map_or(0, |(_, port)| *port),
                socket.protocol(),
                socket.family(),
                local.map_or("", |(address, _)| address.1),
                fd,
                inode,
                socket.path(),
                socket.network.to_string(),
            ];
            question.row(&[b"/proc", SOURCE], row);
        }
        question
    }

    /// Each socket with each descriptor on it, or with none.
    fn open(&self) -> impl Iterator<Item = (&Socket, i64, i64)> {
        self.all.iter().flat_map(|socket| {
            let owners: Vec<(i64, i64)> = match socket.owners.as_slice() {
                [] => vec![(-1, -1)],
                owners => owners.iter().map(|(pid, fd)| ((*pid).into(), (*fd).into())).collect(),
            };
            owners.into_iter().map(move |(pid, fd)| (socket, pid, fd))
        })
    }
}
