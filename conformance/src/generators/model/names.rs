//! Names of the network: `etc_hosts`, `etc_services`, `etc_protocols`, `dns_resolvers`.
//!
//! hosts(5), services(5), protocols(5): fields between blanks, `#` begins a comment anywhere. resolv.conf(5): a keyword
//! begins its line, `#` and `;` begin comments only there; three servers count, and of `search` and `domain` the last one;
//! without either the host's name has the domain, without servers this machine is one. Addresses of servers are what
//! inet_aton(3) and inet_pton(3) read, written as inet_ntop(3) writes them.

use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;

/// See the module.
pub static SUBJECT: Subject = Subject {
    name: "names",
    tables: &["etc_hosts", "etc_services", "etc_protocols", "dns_resolvers"],
    needs: &[],
    generate,
};

#[derive(Debug)]
struct Names {
    hosts: List,
    services: List,
    protocols: List,
    directives: Vec<Directive>,
    hostname: Vec<u8>,
    last_newline: bool,
}

/// A file of entries.
#[derive(Debug)]
struct List {
    entries: Vec<Entry>,
    last_newline: bool,
}

/// A line: what it says and how it is written.
#[derive(Debug)]
struct Entry {
    /// At least one; none for a line that is blank or all comment.
    fields: Vec<Vec<u8>>,
    indent: &'static str,
    blank: &'static str,
    comment: Option<Vec<u8>>,
}

/// A line of `/etc/resolv.conf`.
#[derive(Debug)]
enum Directive {
    Server(Address),
    /// Networks with their masks.
    Sort(Vec<Network>),
    Search(Vec<Vec<u8>>),
    Domain(Vec<u8>),
    Options(Vec<(&'static str, i64)>),
    Nothing(&'static str),
}

/// An address: as it is written, as inet_ntop(3) has it, and its length in bits.
type Address = (&'static str, &'static str, &'static str);

/// A network with its mask as they are written, as the table shows the network, and the mask.
type Network = (&'static str, &'static str, &'static str);

const HOSTS: &[u8] = b"/etc/hosts";
const SERVICES: &[u8] = b"/etc/services";
const PROTOCOLS: &[u8] = b"/etc/protocols";
const RESOLV: &[u8] = b"/etc/resolv.conf";
const HOSTNAME: &[u8] = b"/proc/sys/kernel/hostname";

const ADDRESSES: [&str; 6] = ["127.0.0.1", "192.0.2.5", "::1", "2001:db8::5", "::ffff:192.0.2.5", "fe80::1%eth0"];
const SERVERS: [Address; 4] = [
    ("192.0.2.53", "192.0.2.53", "32"),
    ("127.0.0.53", "127.0.0.53", "32"),
    ("2001:db8::53", "2001:db8::53", "128"),
    ("::1", "::1", "128"),
];
const ODD_SERVERS: [Address; 9] = [
    ("10.1", "10.0.0.1", "32"),
    ("0x7f.1", "127.0.0.1", "32"),
    ("010.0.0.1", "8.0.0.1", "32"),
    ("fe80::1%eth0", "fe80::1%eth0", "128"),
    ("2001:DB8:0:0::53", "2001:db8::53", "128"),
    ("::FFFF:c000:205", "::ffff:192.0.2.5", "128"),
    ("::192.0.2.1", "::192.0.2.1", "128"),
    ("1:0:0:2:0:0:0:3", "1:0:0:2::3", "128"),
    ("0:0:1::", "0:0:1::", "128"),
];
const NETWORKS: [Network; 6] = [
    ("192.0.2.0/255.255.255.0", "192.0.2.0", "24"),
    ("203.0.113.0", "203.0.113.0", "24"),
    ("10.0.0.0", "10.0.0.0", "8"),
    ("130.155.0.0", "130.155.0.0", "16"),
    ("130.155.160.0/255.255.240.0", "130.155.160.0", "20"),
    ("198.51.100.0/255.255.255.255", "198.51.100.0", "32"),
];
const ODD_NETWORKS: [Network; 5] = [
    ("10.1.2.3/255.0.255.0", "10.1.2.3", "255.0.255.0"),
    ("10.1/0.0.0.0", "10.0.0.1", "0"),
    ("224.0.0.1", "224.0.0.1", "24"),
    ("198.51.100.0&255.255.255.0", "198.51.100.0", "24"),
    ("127.0.0.1/0xff.0.0.0", "127.0.0.1", "8"),
];
/// RES_* of resolv.h.
const OPTIONS: [(&str, i64); 14] = [
    ("ndots:2", 0),
    ("timeout:1", 0),
    ("attempts:3", 0),
    ("rotate", 0x4000),
    ("edns0", 0x10_0000),
    ("single-request", 0x20_0000),
    ("single-request-reopen", 0x40_0000),
    ("no-tld-query", 0x100_0000),
    ("no-reload", 0x200_0000),
    ("trust-ad", 0x400_0000),
    ("no-aaaa", 0x800_0000),
    ("use-vc", 0x8),
    ("inet6", 0),
    ("unheard-of", 0),
];
/// Initialised, recursion desired, search list and default domain in use.
const DEFAULTS: i64 = 0x1 | 0x40 | 0x80 | 0x200;
const NOTHING: [&str; 8] = [
    "# nameserver 192.0.2.99",
    "; search no.example",
    "",
    " nameserver 192.0.2.99",
    "nameserver dns.example",
    "Nameserver 192.0.2.99",
    "lookup file bind",
    "search",
];
/// What cannot be in a field: white space of C, and the comment.
const APART: &[u8] = b" \t\n\r\x0b\x0c#";

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let hosts = list(draw, |draw| {
        let mut fields = vec![draw.pick(&ADDRESSES)?.as_bytes().to_vec()];
        for _ in 0..draw.count(1, 3)? {
            fields.push(draw.word(APART)?);
        }
        Ok(fields)
    })?;
    let services = list(draw, |draw| {
        let name = draw.word(APART)?;
        let port = if draw.odd(4)? { draw.pick(&[0, 65_535, 1])? } else { draw.small(1, 1024)? };
        let zeros = if draw.odd(8)? { "0" } else { "" };
        let protocol = draw.pick(&["tcp", "udp", "sctp", "dccp"])?;
        let mut fields = vec![name, format!("{zeros}{port}/{protocol}").into_bytes()];
        for _ in 0..draw.count(0, 2)? {
            fields.push(draw.word(APART)?);
        }
        Ok(fields)
    })?;
    let protocols = list(draw, |draw| {
        let number = if draw.odd(4)? { draw.pick(&[0, 255, 262, 65_535])? } else { draw.small(1, 142)? };
        let mut fields = vec![draw.word(APART)?, number.to_string().into_bytes()];
        for _ in 0..draw.count(0, 2)? {
            fields.push(draw.word(APART)?);
        }
        Ok(fields)
    })?;
    let directives = (0..draw.count(1, 7)?).map(|_| directive(draw)).collect::<Result<_>>()?;
    let hostname = pool.host.clone();
    let own = hosts.facts().find(|(fields, _)| fields[1..].iter().any(|name| name.eq_ignore_ascii_case(&hostname)));
    pool.full_host = own.map(|(fields, _)| fields[1].clone());
    Ok(Box::new(Names { hosts, services, protocols, directives, hostname, last_newline: !draw.odd(4)? }))
}

fn list(draw: &mut Draw<'_, '_>, fields: impl Fn(&mut Draw<'_, '_>) -> Result<Vec<Vec<u8>>>) -> Result<List> {
    let mut entries = Vec::new();
    for _ in 0..draw.count(1, 5)? {
        if draw.odd(4)? {
            entries.push(entry(draw, Vec::new())?);
        }
        let fields = fields(draw)?;
        entries.push(entry(draw, fields)?);
    }
    Ok(List { entries, last_newline: !draw.odd(4)? })
}

fn entry(draw: &mut Draw<'_, '_>, fields: Vec<Vec<u8>>) -> Result<Entry> {
    let blank = draw.pick(&["\t", " ", "\t\t", "  \t"])?;
    let indent = if draw.odd(5)? { draw.pick(&[" ", "\t", " \t "])? } else { "" };
    let comment = if draw.chance(3)? { Some(draw.text(b"\n\r\x0b\x0c#")?.trim_ascii().to_vec()) } else { None };
    Ok(Entry { fields, indent, blank, comment })
}

fn directive(draw: &mut Draw<'_, '_>) -> Result<Directive> {
    const BLANKS: &[u8] = b" \t\n";
    Ok(match draw.number(0, 9)? {
        0..=3 if draw.odd(2)? => Directive::Server(draw.pick(&ODD_SERVERS)?),
        0..=3 => Directive::Server(draw.pick(&SERVERS)?),
        4 => Directive::Search((0..draw.count(1, 4)?).map(|_| draw.word(BLANKS)).collect::<Result<_>>()?),
        5 => Directive::Domain(draw.word(BLANKS)?),
        6 => {
            let networks = if draw.odd(3)? { &ODD_NETWORKS[..] } else { &NETWORKS };
            Directive::Sort((0..draw.count(1, 6)?).map(|_| draw.pick(networks)).collect::<Result<_>>()?)
        }
        7 | 8 => Directive::Options((0..draw.count(1, 3)?).map(|_| draw.pick(&OPTIONS)).collect::<Result<_>>()?),
        _ => Directive::Nothing(draw.pick(&NOTHING)?),
    })
}

impl List {
    fn file(&self) -> Vec<u8> {
        ended(self.entries.iter().map(Entry::line), self.last_newline)
    }

    /// The entries that say something, with their comments.
    fn facts(&self) -> impl Iterator<Item = (&[Vec<u8>], &[u8])> {
        let said = self.entries.iter().filter(|entry| !entry.fields.is_empty());
        said.map(|entry| (&entry.fields[..], entry.comment.as_deref().unwrap_or_default()))
    }
}

impl Entry {
    fn line(&self) -> Vec<u8> {
        let fields = self.fields.join(self.blank.as_bytes());
        let comment = self.comment.as_ref().map(|text| [self.blank.as_bytes(), b"# ", text].concat());
        [self.indent.as_bytes(), &fields, &comment.unwrap_or_default()].concat()
    }
}

/// Lines as a file, with or without a newline at its end.
pub(super) fn ended(lines: impl Iterator<Item = Vec<u8>>, last_newline: bool) -> Vec<u8> {
    let mut file = lines.flat_map(|line| [&line[..], b"\n"].concat()).collect::<Vec<_>>();
    if !last_newline {
        file.pop();
    }
    file
}

impl Directive {
    fn line(&self) -> Vec<u8> {
        let text = match self {
            Self::Server((address, ..)) => format!("nameserver {address}"),
            Self::Sort(networks) => {
                let networks: Vec<_> = networks.iter().map(|(written, ..)| *written).collect();
                format!("sortlist {}", networks.join("  "))
            }
            Self::Search(domains) => return [b"search ", &domains.join(&b"\t "[..])[..]].concat(),
            Self::Domain(domain) => return [b"domain\t", &domain[..]].concat(),
            Self::Options(options) => {
                let options: Vec<_> = options.iter().map(|(name, _)| *name).collect();
                format!("options {} ", options.join(" "))
            }
            Self::Nothing(line) => (*line).to_owned(),
        };
        text.into_bytes()
    }
}

impl Part for Names {
    fn render(&self, files: &mut Files) {
        files.lines(HOSTS, self.hosts.file());
        files.lines(SERVICES, self.services.file());
        files.lines(PROTOCOLS, self.protocols.file());
        files.file(RESOLV, ended(self.directives.iter().map(Directive::line), self.last_newline));
        files.file(HOSTNAME, [&self.hostname[..], b"\n"].concat());
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![match table {
            "etc_hosts" => self.ask_hosts(),
            "etc_services" => self.ask_services(),
            "etc_protocols" => self.ask_protocols(),
            _ => self.ask_resolvers(),
        }]
    }
}

impl Names {
    fn ask_hosts(&self) -> Question {
        let mut question = Question::of("etc_hosts", &["address", "hostnames"]);
        for (fields, _) in self.hosts.facts() {
            question.row(&[HOSTS], cells![fields[0], fields[1..].join(&b' ')]);
        }
        question
    }

    fn ask_services(&self) -> Question {
        let mut question = Question::of("etc_services", &["name", "port", "protocol", "aliases", "comment"]);
        for (fields, comment) in self.services.facts() {
            let port: Vec<&str> = std::str::from_utf8(&fields[1]).unwrap_or_default().split('/').collect();
            let number: Option<u32> = port[0].parse().ok();
            let row = cells![fields[0], number, port[1], fields[2..].join(&b' '), comment];
            question.row(&[SERVICES], row);
        }
        question
    }

    /// The table has room for the first other name.
    fn ask_protocols(&self) -> Question {
        let mut question = Question::of("etc_protocols", &["name", "number", "alias", "comment"]);
        for (fields, comment) in self.protocols.facts() {
            let number: Option<u32> = std::str::from_utf8(&fields[1]).ok().and_then(|number| number.parse().ok());
            let alias = fields.get(2).map_or(&b""[..], |alias| alias);
            question.row(&[PROTOCOLS], cells![fields[0], number, alias, comment]);
        }
        question
    }

    fn ask_resolvers(&self) -> Question {
        let (mut servers, mut sorted, mut search, mut options) = (Vec::new(), Vec::new(), Vec::new(), DEFAULTS);
        for directive in &self.directives {
            match directive {
                Directive::Server((_, address, bits)) => servers.push((*address, *bits)),
                Directive::Sort(networks) => sorted.extend(networks.iter().map(|(_, network, bits)| (*network, *bits))),
                Directive::Search(domains) => search.clone_from(domains),
                Directive::Domain(domain) => search = vec![domain.clone()],
                Directive::Options(found) => options = found.iter().fold(options, |bits, (_, bit)| bits | bit),
                Directive::Nothing(_) => {}
            }
        }
        servers.truncate(3);
        sorted.truncate(10);
        if servers.is_empty() {
            servers.push(("127.0.0.1", "32"));
        }
        let own = self.hostname.iter().position(|byte| *byte == b'.').filter(|_| search.is_empty());
        search.extend(own.map(|dot| self.hostname[dot + 1..].to_vec()));
        let mut question = Question::of("dns_resolvers", &["id", "type", "address", "netmask", "options"]);
        for (id, (address, bits)) in servers.iter().enumerate() {
            question.row(&[RESOLV], cells![id, "nameserver", address, bits, options]);
        }
        for (id, (network, bits)) in sorted.iter().enumerate() {
            question.row(&[RESOLV], cells![id, "sortlist", network, bits, options]);
        }
        for (id, domain) in search.iter().enumerate() {
            question.row(&[RESOLV, HOSTNAME], cells![id, "search", domain, "", options]);
        }
        question
    }
}
