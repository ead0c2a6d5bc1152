//! Where apt gets packages from: sources.list(5) in both of its forms, and the Release files that it has fetched.

use crate::Odd;
use crate::deb822::{Stanza, stanzas};
use crate::lines::{fields, lines, split_once};

/// An archive of binary packages: a place, and a suite there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The URI, without slashes at its end.
    pub uri: Vec<u8>,
    /// The suite, or a path that ends with a slash.
    pub suite: Vec<u8>,
    /// The slashes at the URI's end, at least one: apt adds one where there is none, and keeps those that are there.
    slashes: usize,
}

impl Source {
    fn new(uri: &[u8], suite: &[u8]) -> Option<Self> {
        let end = uri.iter().rposition(|byte| *byte != b'/')? + 1;
        let slashes = uri.len().saturating_sub(end).max(1);
        let source = Self { uri: uri.get(..end)?.to_vec(), suite: suite.to_vec(), slashes };
        let has_scheme = uri.iter().position(|byte| *byte == b':').is_some_and(|colon| colon > 0 && colon + 1 < end);
        (has_scheme && !suite.is_empty()).then_some(source)
    }

    /// The URI without its scheme.
    fn place(&self) -> &[u8] {
        let place = split_once(&self.uri, b':').map_or(&[][..], |(_, place)| place);
        place.strip_prefix(b"//").unwrap_or(place)
    }

    /// What people call it: the URI without its scheme, and the suite.
    #[must_use]
    pub fn name(&self) -> Vec<u8> {
        [self.place(), b" ", &self.suite].concat()
    }

    /// What the names of its files in `/var/lib/apt/lists` may begin with; the likeliest first.
    #[must_use]
    pub fn list_names(&self) -> Vec<Vec<u8>> {
        let place = [on_disk(self.place()), b"/".repeat(self.slashes)].concat();
        let path = match self.suite.as_slice() {
            b"/" => place.clone(),
            suite if suite.ends_with(b"/") => [&place[..], suite].concat(),
            suite => [&place[..], b"dists/", suite, b"/"].concat(),
        };
        let mut names = vec![file_name(&path, true), file_name(&path, false)];
        if self.suite.contains(&b'/') {
            // Where a suite has several parts, some archives have them without `dists`.
            let suite = self.suite.trim_ascii_end();
            names.push(file_name(&[&place[..], suite.strip_suffix(b"/").unwrap_or(suite), b"/"].concat(), false));
        }
        names.dedup();
        names
    }
}

/// What a place has to do with names of files: neither user and password (an `@` in a path is part of it), nor the brackets
/// around a host or the name of a disc.
fn on_disk(place: &[u8]) -> Vec<u8> {
    let mut depth = 0_u32;
    let slash = place.iter().position(|byte| {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *byte == b'/' && depth == 0
    });
    let (host, path) = place.split_at_checked(slash.unwrap_or(place.len())).unwrap_or((place, b""));
    let user = host.iter().rposition(|byte| *byte == b'@').map_or(0, |at| at + 1);
    let host = host.get(user..).unwrap_or_default();
    let bracketed = host.strip_prefix(b"[").and_then(|host| split_once(host, b']'));
    let (name, port) = bracketed.unwrap_or((host, b""));
    [name, port, path].concat()
}

/// A path as apt makes it a file name: slashes are underscores, and underscores (among others) are escaped.
fn file_name(path: &[u8], escape: bool) -> Vec<u8> {
    let mut name = Vec::with_capacity(path.len());
    for byte in path {
        match byte {
            b'/' => name.push(b'_'),
            b'\\'
            | b'|'
            | b'{'
            | b'}'
            | b'['
            | b']'
            | b'<'
            | b'>'
            | b'"'
            | b'^'
            | b'~'
            | b'_'
            | b'='
            | b'!'
            | b'@'
            | b'#'
            | b'$'
            | b'%'
            | b'&'
            | b'*'
            | 0..=b' '
            | 0x7f..
                if escape =>
            {
                name.extend_from_slice(format!("%{byte:02x}").as_bytes());
            }
            byte => name.push(*byte),
        }
    }
    name
}

/// The sources in a file of the one-line form.
pub fn one_line(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<Source> {
    let mut found = Vec::new();
    for (number, line) in lines(bytes).enumerate() {
        match source(without_comment(line)) {
            Ok(source) => found.extend(source),
            Err(reason) => odd(Odd { line: number + 1, reason: reason.into() }),
        }
    }
    found
}

/// The source of a line; none if it is empty or about sources of packages.
fn source(line: &[u8]) -> Result<Option<Source>, &'static str> {
    let line = line.trim_ascii_start();
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (kind, mut rest) = line.split_at_checked(end).unwrap_or((line, b""));
    match kind {
        b"" | b"deb-src" => return Ok(None),
        b"deb" => rest = rest.trim_ascii_start(),
        _ => return Err("begins neither with deb nor with deb-src"),
    }
    if rest.starts_with(b"[") {
        rest = split_once(rest, b']').ok_or("options without an end")?.1;
    }
    let words = word(rest).and_then(|(uri, rest)| Some((uri, word(rest)?.0)));
    let (uri, suite) = words.ok_or("lacks a URI or a suite, or a quote or bracket does not end")?;
    Source::new(&uri, &suite).map(Some).ok_or("has no URI with a scheme and a place")
}

/// What stands before a comment sign that is not between brackets. Quotes do not keep it.
fn without_comment(line: &[u8]) -> &[u8] {
    let mut place = 0;
    while let Some(byte) = line.get(place) {
        match byte {
            b'#' => return line.get(..place).unwrap_or(line),
            b'[' => place = after(line, place, b']').unwrap_or(place + 1),
            _ => place += 1,
        }
    }
    line
}

/// The place behind the next byte of a kind.
fn after(line: &[u8], place: usize, byte: u8) -> Option<usize> {
    let found = line.get(place + 1..)?.iter().position(|other| *other == byte)?;
    Some(place + found + 2)
}

/// The next word as apt understands it, and what follows it. Brackets and quotes keep blanks in a word: `cdrom:[Debian 12]/`.
/// Quotes are no part of it, and `%41` is an `A`.
fn word(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let line = line.trim_ascii_start();
    let mut place = 0;
    while let Some(byte) = line.get(place).filter(|byte| !byte.is_ascii_whitespace()) {
        place = match byte {
            b'"' => after(line, place, b'"')?,
            b'[' => after(line, place, b']')?,
            _ => place + 1,
        };
    }
    let (word, rest) = line.split_at_checked(place).filter(|(word, _)| !word.is_empty())?;
    Some((unquoted(word), rest))
}

/// Text without quotes, and with `%41` as `A`.
fn unquoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let digits = digits.filter(|two| *first == b'%' && two.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let escaped = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        out.extend(escaped.or(Some(*first).filter(|byte| *byte != b'"')));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    out
}

/// The sources in a file of the deb822 form: every URI with every suite of a stanza.
pub fn deb822(bytes: &[u8], odd: &mut dyn FnMut(Odd)) -> Vec<Source> {
    let mut found = Vec::new();
    for (number, stanza) in stanzas(bytes).enumerate() {
        let stanza = Stanza::parse(stanza);
        let of = |name| stanza.words(name);
        if stanza.get("Enabled").is_some_and(is_no)
            || !(of("Types").any(|kind| kind == b"deb") || of("Types").count() == 0)
        {
            continue;
        }
        let before = found.len();
        for uri in of("URIs") {
            found.extend(of("Suites").filter_map(|suite| Source::new(uri, suite)));
        }
        if found.len() == before && stanza != Stanza::default() {
            odd(Odd { line: 0, reason: format!("stanza {} lacks a URI or a suite", number + 1).into() });
        }
    }
    found
}

/// What apt takes for no.
fn is_no(word: &[u8]) -> bool {
    [&b"no"[..], b"false", b"without", b"off", b"disable", b"0"].iter().any(|no| no.eq_ignore_ascii_case(word))
}

/// What an archive says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// `Codename`.
    pub codename: Vec<u8>,
    /// `Version`.
    pub version: Vec<u8>,
    /// `Origin`.
    pub origin: Vec<u8>,
    /// `Components`.
    pub components: Vec<u8>,
    /// `Architectures`.
    pub architectures: Vec<u8>,
}

impl Release {
    /// Reads a Release or InRelease file. The signature around an InRelease file is not looked at.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut release = Self::default();
        let lines = lines(bytes).take_while(|line| line.trim_ascii() != b"-----BEGIN PGP SIGNATURE-----");
        for line in lines.filter(|line| !line.starts_with(b" ")) {
            let Some((name, value)) = split_once(line, b':') else { continue };
            let field = match name {
                b"Codename" => &mut release.codename,
                b"Version" => &mut release.version,
                b"Origin" => &mut release.origin,
                b"Components" => &mut release.components,
                b"Architectures" => &mut release.architectures,
                _ => continue,
            };
            *field = fields(value).collect::<Vec<_>>().join(&b' ');
        }
        release
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sources: &[Source]) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        sources.iter().map(|source| (text(&source.uri), text(&source.suite))).collect()
    }

    #[test]
    fn lines_of_sources() {
        for (line, expect) in [
            ("deb http://h/d bookworm main contrib", Some(("http://h/d", "bookworm"))),
            ("  deb\thttp://h/d/// \t s   main  ", Some(("http://h/d", "s"))),
            ("deb [arch=amd64 signed-by=/k] https://h/r/ stable main # c", Some(("https://h/r", "stable"))),
            ("deb [ a=b ] http://h s", Some(("http://h", "s"))),
            ("deb [a=b]http://h s", Some(("http://h", "s"))),
            ("deb file:/srv/repo ./", Some(("file:/srv/repo", "./"))),
            ("deb cdrom:[Debian 12 #1]/ bookworm main", Some(("cdrom:[Debian 12 #1]", "bookworm"))),
            ("deb http://h s\r", Some(("http://h", "s"))),
            ("deb \"http://h/d\" \"s\" main", Some(("http://h/d", "s"))),
            ("deb http://h/\"a b\"/d// s main", Some(("http://h/a b/d", "s"))),
            ("deb cdrom:[D \"1\" 2]/ s main", Some(("cdrom:[D 1 2]", "s"))),
            ("deb http://h/%41%2f%4 s", Some(("http://h/A/%4", "s"))),
            ("deb http://h/[a#b] s # [", Some(("http://h/[a#b]", "s"))),
            ("deb http://h s \"main", Some(("http://h", "s"))),
            ("deb-src http://h s main", None),
            ("#deb http://h s", None),
            ("", None),
            ("   ", None),
        ] {
            let mut odd = Vec::new();
            let found = one_line(line.as_bytes(), &mut |o| odd.push(o));
            let expect: Vec<_> = expect.iter().map(|(uri, suite)| (uri.to_string(), suite.to_string())).collect();
            assert_eq!((texts(&found), odd.len()), (expect, 0), "{line:?}");
        }
        for line in [
            "debby http://h s",
            "deb http://h",
            "deb http://h # s",
            "deb h s",
            "deb http:// s",
            "deb [a=b http://h s",
            "deb \"http://h s",
            "deb \"http://h/a#b\" s",
            "deb http://h/a#b s",
            "deb http://h \"s",
            "deb http://h/[a s",
            "\"deb\" http://h s",
            "deb [a=b]",
            "deb",
            "rpm http://h s",
            "\u{0}",
        ] {
            let mut odd = Vec::new();
            let found = one_line(format!("\n{line}\ndeb http://h s").as_bytes(), &mut |o| odd.push(o.line));
            assert_eq!((found.len(), odd), (1, vec![2]), "{line:?}");
        }
    }

    #[test]
    fn stanzas_of_sources() {
        for (text, expect, odd) in [
            ("Types: deb\nURIs: http://h/d/ https://i\nSuites: a b/c\n", 4, 0),
            ("types: deb-src deb\nuris:\n http://h\n# c\n http://i\nsuites: a\nEnabled: yes\n", 2, 0),
            ("URIs: http://h\nSuites: a\n\n\n# only a comment\n\nTypes: deb\nURIs: http://i\nSuites: ./\n", 2, 0),
            ("Types: deb-src\nURIs: http://h\nSuites: a\n", 0, 0),
            ("Types: deb\nURIs: http://h\nSuites: a\nEnabled: No\n", 0, 0),
            ("Types: deb\nURIs: h\nSuites: a\n", 0, 1),
            ("Types: deb\nURIs: http://h/d#x\nSuites: s # c\n", 3, 0),
            ("Types: deb\nURIs: http://h\n#x\n http://i\nSuites:\n# c\n s\n", 2, 0),
            ("Types: deb\nURIs: http://h\nSuites: s\nEnabled: no # x\n", 1, 0),
            ("Types: deb\nSuites: a\n\nURIs: http://h\n", 0, 2),
            ("", 0, 0),
        ] {
            let mut odds = 0;
            let found = deb822(text.as_bytes(), &mut |_| odds += 1);
            assert_eq!((found.len(), odds), (expect, odd), "{text}");
        }
    }

    #[test]
    fn names() {
        for (uri, suite, name, lists) in [
            ("http://h/d", "s", "h/d s", &["h_d_dists_s_"][..]),
            ("http://u:p@h:80/d", "s", "u:p@h:80/d s", &["h:80_d_dists_s_"]),
            ("http://h", "s/updates", "h s/updates", &["h_dists_s_updates_", "h_s_updates_"]),
            ("http://h/x_y", "./", "h/x_y ./", &["h_x%5fy_._", "h_x_y_._"]),
            ("http://h", "/", "h /", &["h_", "h__"]),
            ("http://h", "apt/source/", "h apt/source/", &["h_apt_source_"]),
            ("file:/srv/r", "s", "/srv/r s", &["_srv_r_dists_s_"]),
            ("cdrom:[D 1/2 #3]", "s", "[D 1/2 #3] s", &["D%201_2%20%233_dists_s_", "D 1_2 #3_dists_s_"]),
            ("http://h//d", "s", "h//d s", &["h__d_dists_s_"]),
            ("http://h/d//e///", "s", "h/d//e s", &["h_d__e___dists_s_"]),
            ("http://h//", "/", "h /", &["h__", "h___"]),
            ("file:///srv//r/", "s//u", "/srv//r s//u", &["_srv__r_dists_s__u_", "_srv__r_s__u_"]),
            ("http://h/d", "sub//dir/", "h/d sub//dir/", &["h_d_sub__dir_"]),
            ("http://[::1]:80/[d]", "s", "[::1]:80/[d] s", &["::1:80_%5bd%5d_dists_s_", "::1:80_[d]_dists_s_"]),
            ("http://h/a%20b", "s", "h/a%20b s", &["h_a%2520b_dists_s_", "h_a%20b_dists_s_"]),
            ("http://h/a b", "s", "h/a b s", &["h_a%20b_dists_s_", "h_a b_dists_s_"]),
        ] {
            let source = Source::new(uri.as_bytes(), suite.as_bytes()).unwrap();
            assert_eq!(String::from_utf8_lossy(&source.name()), name);
            let found: Vec<_> = source.list_names().iter().map(|l| String::from_utf8_lossy(l).into_owned()).collect();
            assert_eq!(found, lists, "{uri} {suite}");
        }
    }

    #[test]
    fn releases() {
        let text =
            b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nOrigin: http://x: y\nVersion:12.5\nCodename: b\r\n\
              Architectures: all  amd64\nSHA256:\n Version: 9\nnonsense\n-----BEGIN PGP SIGNATURE-----\nVersion: 8\n";
        let expect = Release {
            codename: b"b".into(),
            version: b"12.5".into(),
            origin: b"http://x: y".into(),
            components: Vec::new(),
            architectures: b"all amd64".into(),
        };
        assert_eq!(Release::parse(text), expect);
        assert_eq!(Release::parse(b"\xff\0:\n::"), Release::default());
    }
}
