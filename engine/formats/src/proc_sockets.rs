//! Sockets as `/proc/net/{tcp,udp,udplite,raw,icmp,unix,packet}` and their IPv6 sisters list them (proc(5)).

use crate::Odd;
use crate::lines::{fields, lines, split_once};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Local sockets (unix(7)).
pub const AF_UNIX: u8 = 1;
/// IPv4.
pub const AF_INET: u8 = 2;
/// IPv6.
pub const AF_INET6: u8 = 10;
/// Packets of a device (packet(7)).
pub const AF_PACKET: u8 = 17;
/// TCP, whose sockets have states.
pub const TCP: u16 = 6;

/// A socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Socket {
    /// Address family: one of the constants here.
    pub family: u8,
    /// IP protocol; Ethernet protocol for packet sockets; 0 for unix sockets.
    pub protocol: u16,
    /// Inode; 0 if no descriptor is left, or none is there yet.
    pub inode: u64,
    /// Local address of an IP socket.
    pub local: Option<IpAddr>,
    /// Local port; the IP protocol of a raw socket.
    pub local_port: u16,
    /// Remote address of an IP socket.
    pub remote: Option<IpAddr>,
    /// Remote port, 0 if not connected.
    pub remote_port: u16,
    /// State of a TCP socket as text, `NONE` for a packet socket, otherwise empty.
    pub state: &'static str,
    /// Path of a unix socket; an abstract name begins with `@` (and has an `@` for every NUL).
    pub path: Vec<u8>,
}

/// The name of a TCP state (`include/net/tcp_states.h`).
#[must_use]
pub fn tcp_state(state: u8) -> &'static str {
    match state {
        1 => "ESTABLISHED",
        2 => "SYN_SENT",
        3 => "SYN_RECV",
        4 => "FIN_WAIT1",
        5 => "FIN_WAIT2",
        6 => "TIME_WAIT",
        7 => "CLOSED",
        8 => "CLOSE_WAIT",
        9 => "LAST_ACK",
        10 => "LISTEN",
        11 => "CLOSING",
        _ => "UNKNOWN",
    }
}

/// The sockets of `/proc/net/tcp` and the like: `sl local remote st tx:rx tr:when retrnsmt uid timeout inode …`.
pub fn inet(bytes: &[u8], family: u8, protocol: u16, odd: &mut dyn FnMut(Odd)) -> Vec<Socket> {
    records(bytes, odd, |line| {
        let mut fields = fields(line);
        let (local, local_port) = address(fields.nth(1)?, family)?;
        let (remote, remote_port) = address(fields.next()?, family)?;
        let state = u8::try_from(hex(fields.next()?)?).ok()?;
        let inode = decimal(fields.nth(5)?)?;
        let state = if protocol == TCP { tcp_state(state) } else { "" };
        let (local, remote) = (Some(local), Some(remote));
        Some(Socket { family, protocol, inode, local, local_port, remote, remote_port, state, path: Vec::new() })
    })
}

/// The sockets of `/proc/net/packet`: `sk RefCnt Type Proto Iface R Rmem User Inode`.
pub fn packet(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<Socket> {
    records(bytes, odd, |line| {
        let mut fields = fields(line);
        let protocol = u16::try_from(hex(fields.nth(3)?)?).ok()?;
        let inode = decimal(fields.nth(4)?)?;
        Some(Socket { family: AF_PACKET, protocol, inode, state: "NONE", ..Socket::default() })
    })
}

/// The sockets of `/proc/net/unix`: `Num: RefCount Protocol Flags Type St Inode Path`. A path may contain anything; what
/// follows a newline in it is put back if the result can be a path.
pub fn unix(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<Socket> {
    const LONGEST: usize = 108;
    let mut sockets: Vec<Socket> = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        if let Some(socket) = unix_record(line) {
            sockets.push(socket);
        } else if let Some(last) =
            sockets.last_mut().filter(|last| !last.path.is_empty() && last.path.len() + line.len() < LONGEST)
        {
            last.path.push(b'\n');
            last.path.extend_from_slice(line);
        } else if index > 0 {
            odd(Odd { line: index + 1, reason: Cow::Borrowed("not a socket") });
        }
    }
    sockets
}

fn unix_record(line: &[u8]) -> Option<Socket> {
    let (address, mut rest) = split_once(line, b':')?;
    hex(address)?;
    // Reference count, protocol, flags, type and state are hexadecimal; then the inode, padded to five places.
    let mut numbers = [0; 5];
    for number in &mut numbers {
        let (field, after) = split_once(rest.strip_prefix(b" ")?, b' ')?;
        *number = hex(field)?;
        rest = rest.get(rest.len() - after.len() - 1..)?;
    }
    let rest = rest.trim_ascii_start();
    let (inode, path) = split_once(rest, b' ').unwrap_or((rest, b""));
    let protocol = u16::try_from(numbers[1]).ok()?;
    Some(Socket { family: AF_UNIX, protocol, inode: decimal(inode)?, path: path.to_vec(), ..Socket::default() })
}

/// The lines below the heading.
fn records(bytes: &[u8], odd: &mut dyn FnMut(Odd), parse: impl Fn(&[u8]) -> Option<Socket>) -> Vec<Socket> {
    let mut sockets = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        match parse(line) {
            Some(socket) => sockets.push(socket),
            None if index == 0 => {}
            None => odd(Odd { line: index + 1, reason: Cow::Borrowed("not a socket") }),
        }
    }
    sockets
}

/// `0100007F:0016`: each four bytes of the address are a number in the host's byte order, the port is not.
fn address(field: &[u8], family: u8) -> Option<(IpAddr, u16)> {
    let (address, port) = split_once(field, b':')?;
    let mut bytes = [0; 16];
    let (digits, used) =
        if family == AF_INET6 { (32, bytes.as_mut_slice()) } else { (8, bytes.first_chunk_mut::<4>()?.as_mut_slice()) };
    if address.len() != digits {
        return None;
    }
    for (word, digits) in used.chunks_mut(4).zip(address.chunks(8)) {
        word.copy_from_slice(&u32::try_from(hex(digits)?).ok()?.to_ne_bytes());
    }
    let ip = match family {
        AF_INET6 => IpAddr::V6(Ipv6Addr::from(bytes)),
        _ => IpAddr::V4(Ipv4Addr::from(*bytes.first_chunk::<4>()?)),
    };
    Some((ip, u16::try_from(hex(port)?).ok()?))
}

fn hex(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u64::from_str_radix(digits, 16).ok()
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// An address as inet_ntop(3) writes it: as in RFC 5952, and the last four bytes of an IPv4-compatible address
/// (`::192.0.2.1`) with dots.
#[must_use]
pub fn address_text(address: IpAddr) -> String {
    match address {
        IpAddr::V6(v6) => match v6.segments() {
            [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
                let [a, b] = high.to_be_bytes();
                let [c, d] = low.to_be_bytes();
                format!("::{a}.{b}.{c}.{d}")
            }
            _ => v6.to_string(),
        },
        IpAddr::V4(v4) => v4.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn ends(socket: &Socket) -> String {
        let text = |ip: Option<IpAddr>| ip.map(address_text).unwrap_or_default();
        format!("{} {} {} {}", text(socket.local), socket.local_port, text(socket.remote), socket.remote_port)
    }

    #[test]
    fn states_of_tcp() {
        let names =
            ["ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSED", "CLOSE_WAIT"];
        let more = ["LAST_ACK", "LISTEN", "CLOSING", "UNKNOWN"];
        let found: Vec<&str> = (1..=12).map(tcp_state).collect();
        assert_eq!(found, [&names[..], &more].concat());
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn internet_sockets() {
        for (family, protocol, line, expect) in [
            (
                AF_INET,
                TCP,
                "   0: 0100007F:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 242160 1 0 100 0 0 10 0   ",
                ("127.0.0.1 9000 0.0.0.0 0", "LISTEN", 242_160),
            ),
            (
                AF_INET,
                TCP,
                "15875: 0A0200C0:FFFF 4D0200C0:115C 06 00000000:00000000 03:000016B4 00000000     0        0 0 3 0",
                ("192.0.2.10 65535 192.0.2.77 4444", "TIME_WAIT", 0),
            ),
            (
                AF_INET,
                TCP,
                "   1: 0100007F:0001 0100007F:0002 0D 0:0 0:0 0 4294967294 0 18446744073709551615",
                ("127.0.0.1 1 127.0.0.1 2", "UNKNOWN", u64::MAX),
            ),
            (
                AF_INET,
                17,
                "  874: 0A0200C0:A3C8 010200C0:007B 01 00000000:00000000 00:00000000 00000000     0        0 241499 2 0 0",
                ("192.0.2.10 41928 192.0.2.1 123", "", 241_499),
            ),
            (
                AF_INET6,
                TCP,
                "   1: B80D0120000000000000000010000000:01BB 00000000000000000000000001000000:0000 0A 0:0 00:0 0 0 0 9 1",
                ("2001:db8::10 443 ::1 0", "LISTEN", 9),
            ),
            (
                AF_INET6,
                TCP,
                "   1: 0000000000000000FFFF00000100007F:01BB 0000000000000000000000000100007F:0000 01 0:0 00:0 0 0 0 9 1",
                ("::ffff:127.0.0.1 443 ::127.0.0.1 0", "ESTABLISHED", 9),
            ),
        ] {
            let mut odd = 0;
            let found = inet(format!("{HEADING}{line}\n").as_bytes(), family, protocol, &mut |_| odd += 1);
            assert_eq!(odd, 0, "{line}");
            let [socket] = found.as_slice() else { panic!("{line}: {found:?}") };
            assert_eq!((ends(socket).as_str(), socket.state, socket.inode), expect, "{line}");
            assert_eq!((socket.family, socket.protocol), (family, protocol));
        }
    }

    #[test]
    fn odd_lines_lose_only_themselves() {
        let good = "0: 0100007F:2328 00000000:0000 0A 0:0 0:0 0 0 0 5 1";
        for bad in [
            "",
            "0: 0100007F:2328",
            "0: 0100007F2328 00000000:0000 0A 0:0 0:0 0 0 0 5",
            "0: 100007F:2328 00000000:0000 0A 0:0 0:0 0 0 0 5",
            "0: 0000000000000000FFFF00000100007F:1 00000000:0000 0A 0:0 0:0 0 0 0 5",
            "0: +100007F:2328 00000000:0000 0A 0:0 0:0 0 0 0 5",
            "0: 0100007F:12328 00000000:0000 0A 0:0 0:0 0 0 0 5",
            "0: 0100007F:2328 00000000:0000 1FF 0:0 0:0 0 0 0 5",
            "0: 0100007F:2328 00000000:0000 0A 0:0 0:0 0 0 0 x",
            "0: 0100007F:2328 00000000:0000 0A 0:0 0:0 0 0 0",
            "0: \u{e9}100007:2328 00000000:0000 0A 0:0 0:0 0 0 0 5",
        ] {
            let mut odd = Vec::new();
            let found = inet(format!("{HEADING}{bad}\n{good}").as_bytes(), AF_INET, TCP, &mut |o| odd.push(o.line));
            assert_eq!((found.len(), odd), (1, vec![2]), "{bad:?}");
        }
        assert_eq!(inet(good.as_bytes(), AF_INET, TCP, &mut |_| {}).len(), 1, "a missing heading costs nothing");
        assert_eq!(inet(b"", AF_INET, TCP, &mut |_| panic!("nothing is odd about an empty file")), []);
    }

    #[test]
    fn packet_sockets() {
        let mut odd = Vec::new();
        let text = "sk               RefCnt Type Proto  Iface R Rmem   User   Inode
0000000000000000 3      3    0003   0     1 48412  0      241507
x
00000000839494c4 3      2    88cc   0     1 0      0      241508";
        let found = packet(text.as_bytes(), &mut |o| odd.push(o.line));
        let found: Vec<_> = found.iter().map(|s| (s.family, s.protocol, s.inode, s.state)).collect();
        assert_eq!(found, [(17, 3, 241_507, "NONE"), (17, 0x88cc, 241_508, "NONE")]);
        assert_eq!(odd, [3]);
    }

    #[test]
    fn unix_sockets() {
        let text = b"Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01   152 /run/a b.sock
0000000000000000: 00000003 00000000 00000000 0001 03 242159
0000000000000000: 00000002 00000000 00010000 0001 01 242154 @abstract@\xff
0000000000000000: 00000002 00000000 00010000 0001 01 7 /run/two
lines: x
0000000000000000: 00000002 00000000 00010000 0001 01 8  /leading
0000000000000000: 00000003 00000000 00000000 0001 03 9 
not a socket
0000000000000000: 00000003 00000000 00000000 0001 0";
        let mut odd = Vec::new();
        let found = unix(text, &mut |o| odd.push(o.line));
        let found: Vec<(u64, &[u8])> = found.iter().map(|s| (s.inode, s.path.as_slice())).collect();
        let expect: [(u64, &[u8]); 6] = [
            (152, b"/run/a b.sock"),
            (242_159, b""),
            (242_154, b"@abstract@\xff"),
            (7, b"/run/two\nlines: x"),
            (8, b" /leading"),
            (9, b""),
        ];
        assert_eq!(found, expect);
        assert_eq!(odd, [9, 10]);
    }

    #[test]
    fn addresses() {
        for (ip, expect) in [
            ("::", "::"),
            ("::1", "::1"),
            ("::0.1.0.0", "::0.1.0.0"),
            ("::0.0.255.255", "::ffff"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
        ] {
            assert_eq!(address_text(ip.parse().unwrap()), expect);
        }
    }
}
