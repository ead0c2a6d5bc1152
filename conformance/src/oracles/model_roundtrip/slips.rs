//! Slips in what files say, each of which stands for one of a reader: the oracle must see them.

use super::*;

/// A table, the end of a path, and bytes of the file in whose place others are put everywhere.
type Slip = (&'static str, &'static str, &'static [u8], &'static [u8]);

#[rustfmt::skip]
const SLIPS: &[Slip] = &[
    ("etc_hosts",     "/etc/hosts",       b" ",          b""),
    ("etc_hosts",     "/etc/hosts",       b"#",          b""),
    ("etc_services",  "/etc/services",    b"/tcp",       b"/udp"),
    ("etc_services",  "/etc/services",    b"# ",         b"#x "),
    ("etc_protocols", "/etc/protocols",   b"\t",         b" 0 "),
    ("dns_resolvers", "/etc/resolv.conf", b"search",     b"domain"),
    ("dns_resolvers", "/etc/resolv.conf", b"/255",       b" 255"),
    ("dns_resolvers", "/etc/resolv.conf", b"nameserver", b" nameserver"),
    ("dns_resolvers", "/etc/resolv.conf", b" trust-ad",  b""),
    ("dns_resolvers", "/hostname",        b".",          b"-"),
    ("apt_sources",   ".list",            b"deb",        b"deb-src"),
    ("apt_sources",   ".list",            b"]",          b""),
    ("apt_sources",   ".sources",         b"Enabled",    b"Disabled"),
    ("apt_sources",   ".sources",         b"\t",         b"#"),
    ("apt_sources",   "InRelease",        b" 9",         b"\nVersion: 9"),
    ("apt_sources",   "_Release",         b"non-free",   b""),
    ("deb_packages",  "/dpkg/status",     b"Priority",   b"Prior"),
    ("deb_packages",  "/dpkg/status",     b"\n ",        b"\n"),
    ("deb_packages",  "/updates/0000",    b"Package",    b"Packages"),
    ("deb_packages",  "/dpkg/status",     b" reinstreq", b""),
    ("deb_packages",  "/dpkg/status",     b"libs",       b"lib"),
    ("deb_package_files", ":i386.list",   b"/",          b"//"),
    ("deb_package_files", ".list",        b" ",          b""),
];

#[test]
fn slips_are_caught() {
    let mut missed = Vec::new();
    for (table, end, from, to) in SLIPS {
        let slip = |files: &mut Files| {
            let paths: Vec<Vec<u8>> =
                files.paths().filter(|path| path.ends_with(end.as_bytes())).map(Into::into).collect();
            for path in paths {
                if let Some(content) = files.content(&path) {
                    *content = replaced(content, from, to);
                }
            }
        };
        let count = (0..40).filter(|seed| caught(table, *seed, slip)).count();
        if count < 2 {
            missed.push(format!("{table}: {} for {}: {count}", to.escape_ascii(), from.escape_ascii()));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

fn replaced(content: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), content);
    while let Some(first) = rest.first() {
        match rest.strip_prefix(from) {
            Some(after) => {
                out.extend(to);
                rest = after;
            }
            None => {
                out.push(*first);
                rest = &rest[1..];
            }
        }
    }
    out
}
