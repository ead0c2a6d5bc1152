//! *formats*: every parser on any bytes: no panic, reasons name a line that is there, and a good line at the end is read
//! whatever stands before it.
//!
//! Finds: indexing beyond the end, overflow of numbers, one bad line that loses the rest.
//!
//! The input begins with the name of a parser and a newline, and the rest is what it parses. Without a name, the first byte
//! chooses the parser, and the rest makes the file of the small host that it reads odd in a few places.

use crate::Verdict;
use crate::generators::host::attacked;
use crate::generators::host::dumps;
use crate::generators::host::small::{self, Item};
use arbitrary::Unstructured;
use plumb_formats::proc_sockets::{AF_INET, AF_INET6};
use plumb_formats::{
    Odd, accounts, apt, authorized_keys, cpuinfo, crontab, deb822, dpkg, hosts, inet, kernel, lines, maps, meminfo,
    mounts, os_release, proc_net, proc_sockets, procfs, resolv, rtnetlink, services, shadow, shell_history, smbios,
    sock_diag, sudoers, sysctl, utmp,
};

use std::borrow::Cow;
use std::sync::OnceLock;

/// A parser.
pub struct Parser {
    /// `module::function`.
    pub name: &'static str,
    /// A file of the small host that it reads.
    pub sample: &'static str,
    /// A line that is a row wherever it stands; empty for a format that has none.
    good: &'static str,
    /// Parses, and answers how many rows there are.
    run: Run,
}

type Run = fn(&[u8], &mut dyn FnMut(Odd)) -> usize;

const fn parser(name: &'static str, sample: &'static str, good: &'static str, run: Run) -> Parser {
    Parser { name, sample, good, run }
}

/// Every parser.
#[rustfmt::skip]
pub static PARSERS: &[Parser] = &[
    parser("accounts::passwd", "/etc/passwd", "a:x:5:5::/:", |b, odd| accounts::passwd(b, odd).len()),
    parser("accounts::group", "/etc/group", "a:x:5:b", |b, odd| accounts::group(b, odd).len()),
    parser("apt::one_line", "/etc/apt/sources.list", "deb http://a/ s c", |b, odd| sources(&apt::one_line(b, odd))),
    parser("apt::deb822", "/etc/apt/sources.list.d/debian.sources", "", |b, odd| sources(&apt::deb822(b, odd))),
    parser("apt::Release", RELEASE, "", |b, _| one(apt::Release::parse(b))),
    parser("authorized_keys", "/root/.ssh/authorized_keys", "ssh-rsa AAAA c", |b, odd| lines(b, |line| key(line, odd))),
    parser("cpuinfo", "/proc/cpuinfo", "", |b, _| one(cpuinfo::CpuInfo::parse(b))),
    parser("crontab", "/etc/crontab", "* * * * * c", |b, odd| crontab::crontab(b, odd).len()),
    parser("deb822", DPKG, "", |b, _| deb822::stanzas(b).filter(|stanza| words(stanza)).count()),
    parser("dpkg", DPKG, "", |b, _| deb822::stanzas(b).filter_map(dpkg::Package::parse).map(|p| one(p.is_present())).sum()),
    parser("hosts", "/etc/hosts", "1.2.3.4 h", |b, _| lines(b, |line| hosts::host(line).is_some())),
    parser("inet", "/proc/42/net/route", "", |b, _| lines(b, |line| { inet::aton(line).is_some_and(|ip| !inet::text(inet::mask(ip.into(), *line.first().unwrap_or(&0))).is_empty()) })),
    parser("kernel::parameters", "/proc/cmdline", "", |b, _| kernel::parameters(b).count()),
    parser("kernel::release", "/proc/version", "", |b, _| kernel::release(b).map_or(0, one)),
    parser("kernel::modules", "/proc/modules", "m 1 0 - Live 0x0", |b, odd| kernel::modules(b, odd).len()),
    parser("kernel::cpu_times", "/proc/stat", "cpu7 1 2 3 4 5 6 7 8 9 10", |b, odd| kernel::cpu_times(b, odd).len()),
    parser("lines", "/proc/42/statm", "7", |b, _| lines(b, |line| lines::fields(lines::before(line, b'#')).filter_map(lines::int).count() > 0)),
    parser("maps", "/proc/42/maps", "1-2 r--p 0 0:0 0 ", |b, odd| maps::maps(b, odd).len()),
    parser("meminfo", "/proc/meminfo", "", |b, _| meminfo::bytes(b, b"MemTotal").map_or(0, one)),
    parser("mounts", "/proc/42/mounts", "d /m t o 0 0", |b, odd| mounts::mounts(b, odd).iter().map(|m| one(m.has_option(b"ro"))).sum()),
    parser("os_release", "/usr/lib/os-release", "A=b", |b, odd| os_release::os_release(b, odd).iter().map(|(_, value)| one(os_release::version_numbers(value))).sum()),
    parser("os_release::release_line", "/etc/redhat-release", "", |b, _| os_release::release_line(&os_release::squeeze(b)).map_or(0, one)),
    parser("proc_net::arp", "/proc/42/net/arp", "1.2.3.4 0x1 0x2 00:00:5e:00:53:01 * e", |b, _| lines(b, |line| proc_net::arp(line).is_some())),
    parser("proc_net::device", "/proc/42/net/dev", "e: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", |b, _| lines(b, |line| proc_net::device(line).is_some())),
    parser("proc_net::if_inet6", "/proc/42/net/if_inet6", "fe800000000000000200000000000001 02 40 20 80 eth0", |b, _| lines(b, |line| proc_net::if_inet6(line).is_some())),
    parser("proc_net::route", "/proc/42/net/route", "eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0", |b, _| lines(b, |line| proc_net::route(line).is_some())),
    parser("proc_net::route6", "/proc/42/net/ipv6_route", "20010db8000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0", |b, _| lines(b, |line| proc_net::route6(line).is_some())),
    parser("proc_net::fib_trie", "/proc/42/net/fib_trie", "", |b, _| proc_net::fib_trie(b).len()),
    parser("proc_sockets::inet", "/proc/42/net/tcp", "0: 0100007F:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 242160 1 0 100 0 0 10 0", |b, odd| proc_sockets::inet(b, AF_INET, 6, odd).len()),
    parser("proc_sockets::inet6", "/proc/42/net/tcp6", "0: 00000000000000000000000001000000:2329 00000000000000000000000000000000:0000 0A 00000000:00000001 00:00000000 00000000 0 0 242170 2 0 100 0 0 10 0", |b, odd| proc_sockets::inet(b, AF_INET6, 17, odd).len()),
    parser("proc_sockets::packet", "/proc/42/net/packet", "00000000275ec029 3 3 0003 0 1 48412 0 241507", |b, odd| proc_sockets::packet(b, odd).len()),
    parser("proc_sockets::unix", "/proc/42/net/unix", "0000000003c49201: 00000002 00000000 00010000 0001 01 242152 /run/s", |b, odd| proc_sockets::unix(b, odd).len()),
    parser("procfs::Stat", "/proc/42/stat", "", |b, _| procfs::Stat::parse(b).map_or(0, one)),
    parser("procfs::Status", "/proc/42/status", "", |b, _| one(procfs::Status::parse(b))),
    parser("procfs::value", "/proc/42/io", "", |b, _| procfs::value(b, b"rchar").map_or(0, one)),
    parser("procfs::cgroup_path", "/proc/42/cgroup", "", |b, _| procfs::cgroup_path(b).map_or(0, one)),
    parser("procfs::boot_time", "/proc/stat", "", |b, _| procfs::boot_time(b).map_or(0, one)),
    parser("resolv", "/etc/resolv.conf", "", |b, odd| { let (name, file) = halves(b); one(resolv::resolv_conf(file, name, odd)) }),
    parser("rtnetlink::link", "16", "", |b, _| rtnetlink::link(b).map_or(0, one)),
    parser("rtnetlink::address", "20", "", |b, _| rtnetlink::address(b).map_or(0, one)),
    parser("rtnetlink::route", "24", "", |b, _| rtnetlink::route(b).map_or(0, |route| route.hops.len())),
    parser("services::service", "/etc/services", "ssh 22/tcp", |b, _| lines(b, |line| services::service(line, &mut |_| {}).is_some())),
    parser("services::protocol", "/etc/protocols", "tcp 6 TCP", |b, _| lines(b, |line| services::protocol(line, &mut |_| {}).is_some())),
    parser("shadow", "/etc/shadow", "a:*:1:0:9:7:::", |b, odd| shadow::shadow(b, odd).iter().map(|row| one((row.status(), row.algorithm()))).sum()),
    parser("shell_history", "/home/bob/.zsh_history", "ls", |b, _| { let mut all = shell_history::History::default(); lines(b, |line| all.line(line).is_some()) }),
    parser("smbios", "/sys/firmware/dmi/tables/DMI", "", |b, _| smbios::structures(b).map(|all| fields(&all)).sum()),
    parser("sock_diag::inet", "20", "", |b, _| sock_diag::inet_answer(b, 6).map_or(0, one)),
    parser("sock_diag::unix", "20", "", |b, _| sock_diag::unix_answer(b).map_or(0, one)),
    parser("sock_diag::packet", "20", "", |b, _| sock_diag::packet_answer(b).map_or(0, one)),
    parser("sudoers", "/etc/sudoers", "", |b, _| sudoers::sudoers(b).len()),
    parser("sysctl", "/etc/sysctl.d/10-fix.conf", "", |b, odd| settings(b, odd)),
    parser("utmp", "/var/log/wtmp", "", |b, _| { let layout = utmp::Layout::guess(b); b.chunks(layout.size()).filter_map(|record| utmp::Login::parse(record, layout)).count() }),
];

const RELEASE: &str = "/var/lib/apt/lists/deb.example.org_debian_dists_bookworm_InRelease";
const DPKG: &str = "/var/lib/dpkg/status";

/// One row, whose making the compiler must not leave out.
fn one<T>(row: T) -> usize {
    std::hint::black_box(row);
    1
}

fn lines(bytes: &[u8], mut is_row: impl FnMut(&[u8]) -> bool) -> usize {
    lines::lines(bytes).filter(|line| is_row(line)).count()
}

fn sources(sources: &[apt::Source]) -> usize {
    sources.iter().map(|source| one((source.name(), source.list_names()))).sum()
}

fn key(line: &[u8], odd: &mut dyn FnMut(Odd)) -> bool {
    authorized_keys::authorized_key(line).map_err(odd).is_ok_and(|key| key.is_some())
}

fn words(stanza: &[u8]) -> bool {
    deb822::Stanza::parse(stanza).words("Description").count() > 0
}

fn fields(all: &smbios::Structure<'_>) -> usize {
    let numbers = (all.byte(4), all.word(255), all.dword(8), all.qword(usize::MAX));
    one((all.size(), numbers, all.string(5), smbios::uuid(all)))
}

/// The first line is asked for, the rest is the file.
fn settings(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> usize {
    let (name, file) = halves(bytes);
    let mut all = sysctl::Settings::default();
    all.add(file, odd);
    usize::from(all.value(name).is_some())
}

/// What a parser reads on the small host: a file, or the netlink messages of a kind.
#[must_use]
pub fn samples(parser: &Parser) -> Vec<Vec<u8>> {
    let file = |(path, item): &(Vec<u8>, Item)| match item {
        Item::File(content, _) if path == parser.sample.as_bytes() => Some(content.to_vec()),
        _ => None,
    };
    let mut found: Vec<Vec<u8>> = small::items().iter().filter_map(file).collect();
    let messages = dumps::messages().into_iter();
    found.extend(messages.filter(|(kind, _)| kind.to_string() == parser.sample).map(|(_, message)| message));
    found
}

/// The first line, and the rest.
fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    lines::split_once(bytes, b'\n').unwrap_or((b"", bytes))
}

/// Runs one input.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    let (parser, input) = input_of(bytes);
    super::tally::property(parser.name);
    match super::caught(|| laws(parser, &input)) {
        Ok(0) => Verdict::Skip("no rows".to_owned()),
        Ok(_) => Verdict::Pass,
        Err(why) => Verdict::Fail(format!("{}: {why}\non b\"{}\"", parser.name, input.escape_ascii())),
    }
}

/// The parser of an input, and what it parses.
fn input_of(bytes: &[u8]) -> (&'static Parser, Cow<'_, [u8]>) {
    let (name, rest) = halves(bytes);
    if let Some(parser) = PARSERS.iter().find(|parser| parser.name.as_bytes() == name) {
        return (parser, Cow::Borrowed(rest));
    }
    let (first, rest) = bytes.split_first().unwrap_or((&0, bytes));
    let place = usize::from(*first) % PARSERS.len();
    (&PARSERS[place], Cow::Owned(attack(place, &mut Unstructured::new(rest)).unwrap_or_default()))
}

/// A sample of a parser, made odd.
fn attack(place: usize, u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    static SAMPLES: OnceLock<Vec<Vec<Vec<u8>>>> = OnceLock::new();
    let samples = &SAMPLES.get_or_init(|| PARSERS.iter().map(samples).collect())[place];
    let (now, other) = (u.choose(samples)?, u.choose(samples)?);
    attacked(u, now, other)
}

/// What a parser makes of an input: how many rows there are.
fn laws(parser: &Parser, input: &[u8]) -> Result<usize, String> {
    let mut wrong = None;
    let rows = (parser.run)(input, &mut |odd: Odd| {
        let most = input.split(|byte| *byte == b'\n').count();
        if odd.line > most || odd.reason.is_empty() {
            wrong = Some(format!("{odd:?} of {most} lines"));
        }
    });
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    // Where the last line has no end, what follows would be part of it.
    if !parser.good.is_empty() && (input.is_empty() || input.ends_with(b"\n")) {
        let after = (parser.run)(&[input, parser.good.as_bytes(), b"\n"].concat(), &mut |_| {});
        if after <= rows {
            return Err(format!("{rows} rows, and {after} when the line {:?} follows", parser.good));
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_has_a_parser_here() {
        let list = include_str!("../../../engine/formats/src/lib.rs");
        for module in list.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')) {
            let here = |parser: &Parser| parser.name.split(':').next() == Some(module);
            assert!(PARSERS.iter().any(here), "plumb_formats::{module} is not in PARSERS");
        }
    }

    #[test]
    fn samples_have_rows() {
        // Their inputs begin with a line of another meaning, or are single words.
        const NONE: [&str; 2] = ["sysctl", "inet"];
        for parser in PARSERS.iter().filter(|parser| !NONE.contains(&parser.name)) {
            let rows: usize = samples(parser).iter().map(|sample| laws(parser, sample).expect(parser.name)).sum();
            assert!(rows > 0, "{} has no rows on {}", parser.name, parser.sample);
        }
    }

    #[test]
    fn a_parser_that_loses_the_rest_is_found() {
        let loses = parser("x", "", "good", |bytes, _| lines::lines(bytes).take_while(|line| *line != b"bad").count());
        assert_eq!(laws(&loses, b"a\nb\n"), Ok(2));
        // The last line has no end: nothing is put behind it.
        assert_eq!(laws(&loses, b"a\nbad\nb"), Ok(1));
        assert!(laws(&loses, b"a\nbad\nb\n").is_err());
        let beyond = parser("x", "", "", |_, odd| {
            odd(Odd { line: 3, reason: "r".into() });
            1
        });
        assert!(laws(&beyond, b"a\nb").is_err());
    }
}
