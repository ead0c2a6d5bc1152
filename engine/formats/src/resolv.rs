//! `/etc/resolv.conf` (resolv.conf(5)) as glibc's resolver reads it.
//!
//! A keyword stands at the very beginning of its line and is followed by a space or a tab; other lines mean nothing.
//! What the resolver passes over without a word (an indented line, a nameserver that is not an address, a fourth one)
//! is no entry here either, but odd.

use crate::Odd;
use crate::inet::aton;
use crate::lines::lines;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Name servers beyond this many are not asked (`MAXNS`).
const MOST_SERVERS: usize = 3;

/// Entries of the sort list beyond this many do not count (`MAXRESOLVSORT`).
const MOST_SORTED: usize = 10;

/// What the resolver starts with: initialised, recursion desired, names completed by the search list.
const DEFAULT_OPTIONS: i64 = 0x2c1;

/// A word of an `options` line begins with one of these to set a bit of the resolver's `_res.options`. (`inet6` has set
/// none for long.)
const OPTIONS: [(&[u8], i64); 11] = [
    (b"rotate", 0x4000),
    (b"edns0", 0x10_0000),
    (b"single-request-reopen", 0x40_0000),
    (b"single-request", 0x20_0000),
    (b"no_tld_query", 0x100_0000),
    (b"no-tld-query", 0x100_0000),
    (b"no-reload", 0x200_0000),
    (b"use-vc", 0x8),
    (b"trust-ad", 0x400_0000),
    (b"no-aaaa", 0x800_0000),
    (b"strict-error", 0x1000_0000),
];

/// A name server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its address.
    pub address: IpAddr,
    /// What follows the `%` of an IPv6 address.
    pub scope: Option<Vec<u8>>,
}

/// The resolver's state after reading the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolver {
    /// The name servers that are asked.
    pub servers: Vec<Server>,
    /// Networks whose addresses are preferred, each with its netmask.
    pub sortlist: Vec<(Ipv4Addr, Ipv4Addr)>,
    /// Domains that complete a name.
    pub search: Vec<Vec<u8>>,
    /// The bits of `_res.options`.
    pub options: i64,
}

/// Reads the file. The host's name supplies the search list when the file has none, and this machine is the name server
/// when the file names none.
pub fn resolv_conf(bytes: &[u8], hostname: &[u8], odd: &mut dyn FnMut(Odd)) -> Resolver {
    let mut found =
        Resolver { servers: Vec::new(), sortlist: Vec::new(), search: Vec::new(), options: DEFAULT_OPTIONS };
    for (index, line) in lines(bytes).enumerate() {
        // The resolver handles lines as C strings.
        let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
        if let Err(reason) = found.read_line(line) {
            odd(Odd { line: index + 1, reason: reason.into() });
        }
    }
    if found.servers.is_empty() {
        found.servers.push(Server { address: Ipv4Addr::LOCALHOST.into(), scope: None });
    }
    if found.search.is_empty()
        && let Some(dot) = hostname.iter().position(|byte| *byte == b'.')
    {
        found.search.extend(hostname.get(dot + 1..).map(<[u8]>::to_vec));
    }
    found
}

impl Resolver {
    fn read_line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        if matches!(line.trim_ascii().first(), None | Some(b'#' | b';')) {
            return Ok(());
        }
        if let Some(rest) = after(line, b"domain") {
            if let Some(domain) = words(rest).next() {
                self.search = vec![domain.to_vec()];
            }
        } else if let Some(rest) = after(line, b"search") {
            let domains: Vec<Vec<u8>> = words(rest).map(<[u8]>::to_vec).collect();
            if !domains.is_empty() {
                self.search = domains;
            }
        } else if let Some(rest) = after(line, b"nameserver") {
            return self.add_server(words(rest).next().unwrap_or_default());
        } else if let Some(rest) = after(line, b"sortlist") {
            return self.add_sorted(rest);
        } else if let Some(rest) = after(line, b"options") {
            self.options |= words(rest).map(option).fold(0, |bits, bit| bits | bit);
        } else {
            return Err("no keyword at the beginning: the resolver passes over it");
        }
        Ok(())
    }

    fn add_server(&mut self, word: &[u8]) -> Result<(), &'static str> {
        let server = server(word).ok_or("the name server is not an address")?;
        if self.servers.len() >= MOST_SERVERS {
            return Err("only three name servers are asked");
        }
        self.servers.push(server);
        Ok(())
    }

    fn add_sorted(&mut self, rest: &[u8]) -> Result<(), &'static str> {
        let mut result = Ok(());
        let until_comment = rest.split(|byte| *byte == b';').next().unwrap_or_default();
        for word in until_comment.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty()) {
            let mut parts = word.splitn(2, |byte| matches!(byte, b'/' | b'&'));
            let Some(network) = parts.next().and_then(aton) else {
                result = Err("the sort list has what is not an IPv4 address");
                continue;
            };
            let mask = parts.next().and_then(aton).unwrap_or_else(|| class_mask(network));
            if self.sortlist.len() < MOST_SORTED {
                self.sortlist.push((network, mask));
            } else {
                result = Err("only ten entries of the sort list count");
            }
        }
        result
    }
}

/// What follows a keyword and its blank.
fn after<'a>(line: &'a [u8], keyword: &[u8]) -> Option<&'a [u8]> {
    line.strip_prefix(keyword).filter(|rest| matches!(rest.first(), Some(b' ' | b'\t')))
}

/// Words between spaces and tabs; other white space belongs to the words.
fn words(rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    rest.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty())
}

fn server(word: &[u8]) -> Option<Server> {
    if let Some(v4) = aton(word) {
        return Some(Server { address: v4.into(), scope: None });
    }
    let mut parts = word.splitn(2, |byte| *byte == b'%');
    let address: Ipv6Addr = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    Some(Server { address: address.into(), scope: parts.next().map(<[u8]>::to_vec) })
}

fn option(word: &[u8]) -> i64 {
    OPTIONS.iter().find(|(name, _)| word.starts_with(name)).map_or(0, |(_, bit)| *bit)
}

/// The netmask of an address's class (A, B; all others as C).
fn class_mask(address: Ipv4Addr) -> Ipv4Addr {
    match address.octets() {
        [0..=127, ..] => Ipv4Addr::new(255, 0, 0, 0),
        [128..=191, ..] => Ipv4Addr::new(255, 255, 0, 0),
        _ => Ipv4Addr::new(255, 255, 255, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The state in one line, and how many lines were odd.
    fn read(file: &str, hostname: &str) -> (String, usize) {
        let mut odds = 0;
        let state = resolv_conf(file.as_bytes(), hostname.as_bytes(), &mut |_| odds += 1);
        let mut words: Vec<String> = Vec::new();
        for server in &state.servers {
            let scope = server.scope.as_ref().map(|scope| format!("%{}", String::from_utf8_lossy(scope)));
            words.push(format!("{}{}", server.address, scope.unwrap_or_default()));
        }
        words.extend(state.sortlist.iter().map(|(network, mask)| format!("{network}/{mask}")));
        words.extend(state.search.iter().map(|domain| String::from_utf8_lossy(domain).into_owned()));
        if state.options != DEFAULT_OPTIONS {
            words.push(format!("{:#x}", state.options & !DEFAULT_OPTIONS));
        }
        (words.join(" "), odds)
    }

    #[test]
    fn files() {
        for (file, expect, odds) in [
            ("", "127.0.0.1", 0),
            ("nameserver 192.0.2.53\n", "192.0.2.53", 0),
            ("nameserver\t2001:db8::53 x\nnameserver fe80::1%eth0", "2001:db8::53 fe80::1%eth0", 0),
            (" nameserver 192.0.2.1\nnameserver:192.0.2.1\nNameserver 192.0.2.1", "127.0.0.1", 3),
            ("nameserver 192.0.2.1#x\nnameserver dns.example\nnameserver", "127.0.0.1", 3),
            ("nameserver 10.1\nnameserver 0x7f.1", "10.0.0.1 127.0.0.1", 0),
            ("nameserver 192.0.2.1\r\n", "127.0.0.1", 1),
            ("nameserver ::1\nnameserver ::2\nnameserver ::3\nnameserver ::4\n", "::1 ::2 ::3", 1),
            ("# c\n; c\n\n  # c\nnameserver 192.0.2.1 # c", "192.0.2.1", 0),
            ("nameserver 192.0.2.1\0x", "192.0.2.1", 0),
            ("domain a.example b\n", "127.0.0.1 a.example", 0),
            ("search  a\t b \n", "127.0.0.1 a b", 0),
            ("domain a\nsearch b c\n", "127.0.0.1 b c", 0),
            ("search b c\ndomain a\ndomain \nsearch\t\n", "127.0.0.1 a", 0),
            ("search 1 2 3 4 5 6 7 8\n", "127.0.0.1 1 2 3 4 5 6 7 8", 0),
            ("sortlist 10.0.0.0 172.16.1.1&255.255.0.0\n", "127.0.0.1 10.0.0.0/255.0.0.0 172.16.1.1/255.255.0.0", 0),
            (
                "sortlist 150.1.0.0 203.0.113.0/x 1.2.3.4;5.6.7.8",
                "127.0.0.1 150.1.0.0/255.255.0.0 203.0.113.0/255.255.255.0 1.2.3.4/255.0.0.0",
                0,
            ),
            ("sortlist a / 1.2.3.4", "127.0.0.1 1.2.3.4/255.0.0.0", 1),
            ("options ndots:2 rotate edns0\noptions trust-ad", "127.0.0.1 0x4104000", 0),
            ("options single-request-reopen", "127.0.0.1 0x400000", 0),
            ("options single-request rotatex nonsense inet6", "127.0.0.1 0x204000", 0),
        ] {
            assert_eq!(read(file, "box"), (expect.to_owned(), odds), "{file:?}");
        }
    }

    #[test]
    fn the_host_name_supplies_the_domain() {
        assert_eq!(read("", "box.example.org").0, "127.0.0.1 example.org");
        assert_eq!(read("search a", "box.example.org").0, "127.0.0.1 a");
    }

    #[test]
    fn the_sort_list_ends_at_ten() {
        let file = format!("sortlist {}", "1.2.3.4 ".repeat(12));
        let (text, odds) = read(&file, "");
        assert_eq!((text.matches("1.2.3.4/").count(), odds), (10, 1));
    }
}
