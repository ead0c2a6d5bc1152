//! `/etc/services` (services(5)) and `/etc/protocols` (protocols(5)): a name, a number, other names, and a comment
//! that tells what it is.

use crate::lines::{fields, int};

/// A line of `/etc/services`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The official name.
    pub name: Vec<u8>,
    /// The port.
    pub port: Option<i64>,
    /// The transport protocol.
    pub protocol: Vec<u8>,
    /// Other names, separated by spaces.
    pub aliases: Vec<u8>,
    /// What follows the `#`.
    pub comment: Vec<u8>,
}

/// A line of `/etc/protocols`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// The official name.
    pub name: Vec<u8>,
    /// The number.
    pub number: Option<i64>,
    /// The first other name.
    pub alias: Vec<u8>,
    /// What follows the `#`.
    pub comment: Vec<u8>,
}

/// The entry of a line of `/etc/services`; `None` for blank lines, comments and what is no entry.
pub fn service(line: &[u8], odd: &mut dyn FnMut(&'static str)) -> Option<Service> {
    let (entry, comment) = parts(line)?;
    let mut fields = fields(entry);
    let name = fields.next()?;
    let Some((port, protocol)) = fields.next().and_then(port_protocol) else {
        odd("no PORT/PROTOCOL");
        return None;
    };
    let aliases: Vec<&[u8]> = fields.collect();
    Some(Service {
        name: name.to_vec(),
        port: number(port, odd),
        protocol: protocol.to_vec(),
        aliases: aliases.join(&b' '),
        comment,
    })
}

/// The entry of a line of `/etc/protocols`; `None` for blank lines, comments and what is no entry.
pub fn protocol(line: &[u8], odd: &mut dyn FnMut(&'static str)) -> Option<Protocol> {
    let (entry, comment) = parts(line)?;
    let mut fields = fields(entry);
    let name = fields.next()?;
    let Some(value) = fields.next() else {
        odd("no number");
        return None;
    };
    let alias = fields.next().unwrap_or_default().to_vec();
    Some(Protocol { name: name.to_vec(), number: number(value, odd), alias, comment })
}

/// The entry and the comment of a line. A `#` within a comment is set off by single spaces.
fn parts(line: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let mut parts = line.trim_ascii().split(|byte| *byte == b'#');
    let entry = parts.next().filter(|entry| !entry.is_empty())?;
    let comments: Vec<&[u8]> = parts.filter(|part| !part.is_empty()).map(<[u8]>::trim_ascii).collect();
    Some((entry, comments.join(&b" # "[..])))
}

/// The two parts of `22/tcp`.
fn port_protocol(field: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = field.split(|byte| *byte == b'/').filter(|part| !part.is_empty());
    let pair = (parts.next()?, parts.next()?);
    parts.next().is_none().then_some(pair)
}

/// A decimal number. Of a range (`6000-6063`) or a number with something behind it the first number counts.
fn number(field: &[u8], odd: &mut dyn FnMut(&'static str)) -> Option<i64> {
    let sign = usize::from(matches!(field.first(), Some(b'-' | b'+')));
    let digits = field.iter().skip(sign).take_while(|byte| byte.is_ascii_digit()).count();
    let value = field.get(..sign + digits).and_then(int);
    if value.is_none() || sign + digits < field.len() {
        odd("not a number that means something");
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn service_lines() {
        for (line, expect, odds) in [
            ("http\t\t80/tcp\t\twww\t\t# WorldWideWeb HTTP", Some("http 80 tcp [www] [WorldWideWeb HTTP]"), 0),
            ("shell 514/tcp cmd  syslog # a # b", Some("shell 514 tcp [cmd syslog] [a # b]"), 0),
            ("  echo 7/udp", Some("echo 7 udp [] []"), 0),
            ("a 1/tcp#b#c##d", Some("a 1 tcp [] [b # c # d]"), 0),
            ("a 1/tcp x\r", Some("a 1 tcp [x] []"), 0),
            ("a 6000-6063/tcp", Some("a 6000 tcp [] []"), 1),
            ("a 99999999999/tcp", Some("a 99999999999 tcp [] []"), 0),
            ("a 99999999999999999999/tcp", Some("a - tcp [] []"), 1),
            ("a http/tcp", Some("a - tcp [] []"), 1),
            ("a 010/tcp", Some("a 10 tcp [] []"), 0),
            ("a 22", None, 1),
            ("a 22/", None, 1),
            ("a 22/tcp/x", None, 1),
            ("a", None, 1),
            ("# a 1/tcp", None, 0),
            ("  # a 1/tcp", None, 0),
            ("", None, 0),
            (" \t\r", None, 0),
        ] {
            let mut seen = 0;
            let got = service(line.as_bytes(), &mut |_| seen += 1).map(|row| {
                let port = row.port.map_or("-".to_owned(), |port| port.to_string());
                let [name, protocol, aliases, comment] =
                    [&row.name, &row.protocol, &row.aliases, &row.comment].map(|part| text(part));
                format!("{name} {port} {protocol} [{aliases}] [{comment}]")
            });
            assert_eq!((got.as_deref(), seen), (expect, odds), "{line:?}");
        }
    }

    #[test]
    fn protocol_lines() {
        for (line, expect, odds) in [
            ("rspf\t73\tRSPF CPHB\t# Radio", Some("rspf 73 RSPF [Radio]"), 0),
            ("manet 138 # MANET", Some("manet 138  [MANET]"), 0),
            ("x 99999999999", Some("x 99999999999  []"), 0),
            ("x y z", Some("x - z []"), 1),
            ("x -1", Some("x -1  []"), 0),
            ("x +", Some("x -  []"), 1),
            ("#\t99\t\t# private", None, 0),
            ("x # y", None, 1),
        ] {
            let mut seen = 0;
            let got = protocol(line.as_bytes(), &mut |_| seen += 1).map(|row| {
                let number = row.number.map_or("-".to_owned(), |number| number.to_string());
                format!("{} {number} {} [{}]", text(&row.name), text(&row.alias), text(&row.comment))
            });
            assert_eq!((got.as_deref(), seen), (expect, odds), "{line:?}");
        }
    }
}
