//! Where packages come from: `apt_sources`.
//!
//! sources.list(5): `deb [options] URI suite components`, where `#` begins a comment and quotes keep blanks, or paragraphs of `Types`, `URIs` and
//! `Suites`, each URI with each suite. Files of `sources.list.d` count by their endings, and only if their names have nothing but
//! letters, digits, `_`, `-` and `.`. What apt has fetched lies in `/var/lib/apt/lists` under names made of the URI without
//! scheme, user and brackets of a host, with `%5f` for `_` and `_` for `/` (`apt-get update --print-uris` tells them).

use super::names::ended;
use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;
use std::collections::BTreeMap;

/// See the module.
pub static SUBJECT: Subject = Subject { name: "apt", tables: &["apt_sources"], needs: &[], generate };

#[derive(Debug)]
struct Sources {
    /// Files of the one-line form, with their lines.
    lists: Vec<(&'static str, Vec<Line>)>,
    /// Files of the other form, with their paragraphs.
    paragraphs: Vec<(&'static str, Vec<Paragraph>)>,
    /// What was fetched, by the beginning of the file's name.
    fetched: BTreeMap<String, Fetched>,
    last_newline: bool,
}

#[derive(Debug)]
enum Line {
    Source { uri: &'static Uri, suite: Suite, options: &'static str, blank: &'static str, comment: &'static str },
    Nothing(&'static str),
}

#[derive(Debug)]
struct Paragraph {
    types: &'static str,
    uris: Vec<&'static Uri>,
    suites: Vec<Suite>,
    enabled: Option<&'static str>,
    layout: Layout,
}

#[derive(Clone, Copy, Debug)]
enum Layout {
    Plain,
    Lower,
    Folded,
}

/// A URI as it is written, the same without a slash at its end, that without its scheme, and what names of files have of it.
#[derive(Debug)]
struct Uri(&'static str, &'static str, &'static str, &'static str);

/// A suite, and what names of files have of it.
type Suite = (&'static str, &'static str);

/// What an archive says of itself.
#[derive(Clone, Debug)]
struct Release {
    codename: Vec<u8>,
    version: Option<&'static str>,
    origin: Vec<u8>,
    components: &'static str,
    architectures: &'static str,
}

#[derive(Clone, Debug)]
enum Fetched {
    /// The file with its signature in it; an older one without may lie beside it.
    Signed(Release, bool),
    Plain(Release),
    Never,
}

const LISTS: [&str; 3] =
    ["/etc/apt/sources.list", "/etc/apt/sources.list.d/vendor.list", "/etc/apt/sources.list.d/A_b-c.1.list"];
const DEB822: [&str; 2] = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list.d/x-y_z.sources"];
/// Files that are no sources, whatever they say.
const IGNORED: [&str; 6] = [
    "/etc/apt/sources.list.d/vendor.list.save",
    "/etc/apt/sources.list.d/my repo.list",
    "/etc/apt/sources.list.d/a+b.list",
    "/etc/apt/sources.list.d/.hidden.list",
    "/etc/apt/sources.list.d/README",
    "/etc/apt/sources.list.d/old.sources~",
];

static URIS: [Uri; 6] = [
    Uri("http://deb.example/debian", "http://deb.example/debian", "deb.example/debian", "deb.example_debian"),
    Uri("http://deb.example/debian/", "http://deb.example/debian", "deb.example/debian", "deb.example_debian"),
    Uri("https://host.example", "https://host.example", "host.example", "host.example"),
    Uri("file:/srv/my_repo", "file:/srv/my_repo", "/srv/my_repo", "_srv_my%5frepo"),
    Uri("copy:/srv/c", "copy:/srv/c", "/srv/c", "_srv_c"),
    Uri("http://a.example:8080/x", "http://a.example:8080/x", "a.example:8080/x", "a.example:8080_x"),
];
static ODD_URIS: [Uri; 8] = [
    Uri("http://h.example//d", "http://h.example//d", "h.example//d", "h.example__d"),
    Uri("http://i.example/d//e///", "http://i.example/d//e", "i.example/d//e", "i.example_d__e__"),
    Uri("file:///srv/r", "file:///srv/r", "/srv/r", "_srv_r"),
    Uri("http://[2001:db8::1]:80/d", "http://[2001:db8::1]:80/d", "[2001:db8::1]:80/d", "2001:db8::1:80_d"),
    Uri("https://b.example/~u/a=1&b", "https://b.example/~u/a=1&b", "b.example/~u/a=1&b", "b.example_%7eu_a%3d1%26b"),
    Uri("http://caf\u{e9}.example/d", "http://caf\u{e9}.example/d", "caf\u{e9}.example/d", "caf%c3%a9.example_d"),
    Uri("http://c.example/d@e", "http://c.example/d@e", "c.example/d@e", "c.example_d%40e"),
    Uri("http://u:p@d.example/", "http://u:p@d.example", "u:p@d.example", "d.example"),
];
/// What only the one-line form can say: with blanks in brackets or quotes, or escaped.
static LINE_URIS: [Uri; 5] = [
    Uri(
        "cdrom:[Debian GNU/Linux 12 _B_ - Official #1 10:21]/",
        "cdrom:[Debian GNU/Linux 12 _B_ - Official #1 10:21]",
        "[Debian GNU/Linux 12 _B_ - Official #1 10:21]",
        "Debian%20GNU_Linux%2012%20%5fB%5f%20-%20Official%20%231%2010:21",
    ),
    Uri("http://e.example/a%20b", "http://e.example/a b", "e.example/a b", "e.example_a%20b"),
    Uri("\"http://f.example/d\"", "http://f.example/d", "f.example/d", "f.example_d"),
    Uri("http://g.example/\"a b\"/d/", "http://g.example/a b/d", "g.example/a b/d", "g.example_a%20b_d"),
    Uri("cdrom:[D \"1\" 2]/", "cdrom:[D 1 2]", "[D 1 2]", "D%201%202"),
];
const SUITES: [Suite; 4] = [
    ("bookworm", "_dists_bookworm_"),
    ("bookworm-updates", "_dists_bookworm-updates_"),
    ("stable/updates", "_dists_stable_updates_"),
    ("./", "_._"),
];
const ODD_SUITES: [Suite; 4] =
    [("a//b", "_dists_a__b_"), ("/", "_"), ("sub/dir/", "_sub_dir_"), ("a_b", "_dists_a%5fb_")];
/// What begins a comment in the other form.
const SIGN_SUITES: [Suite; 2] = [("#", "_dists_%23_"), ("s#t", "_dists_s%23t_")];
const OPTIONS: [&str; 3] = ["", "[arch=amd64] ", "[ arch=amd64,i386 signed-by=/usr/share/keyrings/x.gpg ]\t"];
const ODD_OPTIONS: [&str; 2] = ["[signed-by=/k#x trusted=yes] ", "[lang=a,b]  "];
const NOTHING: [&str; 5] = [
    "# deb http://no.example/ s main",
    "deb-src http://deb.example/debian bookworm main",
    "",
    "  \t",
    "#deb [arch=amd64] http://no.example/ s main",
];

fn generate(draw: &mut Draw<'_, '_>, _: &mut Pool) -> Result<Box<dyn Part>> {
    let (mut lists, mut paragraphs) = (Vec::new(), Vec::new());
    for path in LISTS {
        lists.push((path, (0..draw.count(1, 3)?).map(|_| line(draw)).collect::<Result<_>>()?));
    }
    for path in DEB822 {
        paragraphs.push((path, (0..draw.count(1, 2)?).map(|_| paragraph(draw)).collect::<Result<_>>()?));
    }
    let mut sources = Sources { lists, paragraphs, fetched: BTreeMap::new(), last_newline: !draw.odd(4)? };
    let names: Vec<String> = sources.all().iter().map(|(uri, suite, _)| list_name(uri, *suite)).collect();
    for name in names {
        let fetched = match draw.number(0, 5)? {
            0..=2 => Fetched::Signed(release(draw)?, draw.chance(2)?),
            3 | 4 => Fetched::Plain(release(draw)?),
            _ => Fetched::Never,
        };
        sources.fetched.entry(name).or_insert(fetched);
    }
    Ok(Box::new(sources))
}

fn line(draw: &mut Draw<'_, '_>) -> Result<Line> {
    if draw.chance(4)? {
        return Ok(Line::Nothing(draw.pick(&NOTHING)?));
    }
    let uri = if draw.odd(4)? { pick(draw, &LINE_URIS)? } else { uri(draw)? };
    Ok(Line::Source {
        uri,
        suite: suite(draw)?,
        options: if draw.odd(4)? { draw.pick(&ODD_OPTIONS)? } else { draw.pick(&OPTIONS)? },
        blank: draw.pick(&[" ", "\t", "  "])?,
        comment: draw.pick(&["", " # deb http://no.example/ s", "#x"])?,
    })
}

fn paragraph(draw: &mut Draw<'_, '_>) -> Result<Paragraph> {
    Ok(Paragraph {
        types: draw.pick(&["deb", "deb", "deb deb-src", "deb-src deb", "deb-src"])?,
        uris: (0..draw.count(1, 2)?).map(|_| uri(draw)).collect::<Result<_>>()?,
        suites: (0..draw.count(1, 2)?)
            .map(|_| if draw.odd(6)? { draw.pick(&SIGN_SUITES) } else { suite(draw) })
            .collect::<Result<_>>()?,
        enabled: draw.pick(&[None, None, None, Some("yes"), Some("no"), Some("no # yes")])?,
        layout: draw.pick(&[Layout::Plain, Layout::Lower, Layout::Folded])?,
    })
}

fn pick(draw: &mut Draw<'_, '_>, from: &'static [Uri]) -> Result<&'static Uri> {
    draw.pick(&from.iter().collect::<Vec<_>>())
}

fn uri(draw: &mut Draw<'_, '_>) -> Result<&'static Uri> {
    if draw.odd(3)? { pick(draw, &ODD_URIS) } else { pick(draw, &URIS) }
}

fn suite(draw: &mut Draw<'_, '_>) -> Result<Suite> {
    if draw.odd(3)? { draw.pick(&ODD_SUITES) } else { draw.pick(&SUITES) }
}

fn release(draw: &mut Draw<'_, '_>) -> Result<Release> {
    const BLANKS: &[u8] = b" \t\n\r\x0b\x0c";
    Ok(Release {
        codename: draw.word(BLANKS)?,
        version: draw.pick(&[None, Some("12.5"), Some("2024:1~x")])?,
        origin: [&draw.word(BLANKS)?[..], b" ", &draw.word(BLANKS)?].concat(),
        components: draw.pick(&["main", "main contrib non-free", "updates/main"])?,
        architectures: draw.pick(&["all amd64 i386", "amd64"])?,
    })
}

fn list_name(uri: &Uri, suite: Suite) -> String {
    format!("/var/lib/apt/lists/{}{}", uri.3, suite.1)
}

impl Line {
    fn text(&self) -> Vec<u8> {
        match self {
            Self::Nothing(text) => text.as_bytes().to_vec(),
            Self::Source { uri, suite, options, blank, comment } => {
                // A path instead of a suite has no components.
                let components = if suite.0.ends_with('/') { "" } else { " main contrib" };
                format!("deb{blank}{options}{}{blank}{}{components}{comment}", uri.0, suite.0).into_bytes()
            }
        }
    }
}

impl Paragraph {
    fn counts(&self) -> bool {
        self.enabled != Some("no") && self.types.split(' ').any(|kind| kind == "deb")
    }

    fn text(&self) -> String {
        let uris: Vec<&str> = self.uris.iter().map(|uri| uri.0).collect();
        let suites: Vec<&str> = self.suites.iter().map(|suite| suite.0).collect();
        let enabled = self.enabled.map(|word| format!("Enabled: {word}\n")).unwrap_or_default();
        let key = "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF URIs: x\n";
        let (types, joined) = (self.types, suites.join(" "));
        match self.layout {
            Layout::Plain => {
                format!("Types: {types}\nURIs: {}\nSuites: {joined}\nComponents: main\n{enabled}{key}", uris.join(" "))
            }
            Layout::Lower => {
                format!("# URIs: x\n{enabled}types:{types}\nsuites:\t{joined} \nuris:{}\n{key}", uris.join("\t"))
            }
            Layout::Folded => format!(
                "{key}Types: {types}\nURIs:\n {}\nSuites: {}\nComponents:\n main\n contrib\n{enabled}",
                uris.join("\n# no\n "),
                suites.join("\n\t")
            ),
        }
    }
}

impl Release {
    fn text(&self) -> Vec<u8> {
        let version = self.version.map(|version| format!("Version: {version}\n")).unwrap_or_default();
        let rest = format!(
            "\nLabel: Version: 9\nSuite: stable\n{version}Date: Sat, 10 Feb 2024 11:07:25 UTC\nAcquire-By-Hash: yes\n\
             Architectures: {}\nComponents: {}\nDescription: Codename: no\nSHA256:\n {} 1484322 main/Origin: x\n",
            self.architectures,
            self.components,
            "0123456789abcdef".repeat(4)
        );
        [b"Origin: ", &self.origin[..], b"\nCodename: ", &self.codename, rest.as_bytes()].concat()
    }
}

const OLDER: &str = "Origin: Older\nCodename: older\nVersion: 1\nComponents: none\nArchitectures: none\n";

impl Part for Sources {
    fn render(&self, files: &mut Files) {
        for (path, lines) in &self.lists {
            files.lines(*path, ended(lines.iter().map(Line::text), self.last_newline));
        }
        for (path, paragraphs) in &self.paragraphs {
            files.file(*path, paragraphs.iter().map(Paragraph::text).collect::<Vec<_>>().join("\n \n"));
        }
        let Some(((uri, suite, _), _)) = self.rows().into_iter().next() else { return };
        for path in IGNORED {
            let text = format!("deb {} {}\n\nTypes: deb\nURIs: {}\nSuites: {}\n", uri.0, suite.0, uri.0, suite.0);
            files.file(path, text);
        }
        for (name, fetched) in &self.fetched {
            match fetched {
                Fetched::Signed(release, older) => {
                    let (head, tail) = (
                        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n",
                        b"-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG v2\n\niQIz\n=x\n-----END PGP SIGNATURE-----\n",
                    );
                    files.file(format!("{name}InRelease"), [&head[..], &release.text(), tail].concat());
                    if *older {
                        files.file(format!("{name}Release"), OLDER);
                    }
                }
                Fetched::Plain(release) => files.file(format!("{name}Release"), release.text()),
                Fetched::Never => {}
            }
        }
    }

    fn ask(&self, _: &str) -> Vec<Question> {
        let columns =
            &["name", "source", "base_uri", "release", "version", "maintainer", "components", "architectures"];
        let mut question = Question::of("apt_sources", columns);
        for ((uri, suite, path), release) in self.rows() {
            let list = list_name(uri, suite);
            let (signed, plain) = (format!("{list}InRelease"), format!("{list}Release"));
            let row = cells![
                format!("{} {}", uri.2, suite.0),
                path,
                uri.1,
                release.codename,
                release.version.unwrap_or_default(),
                release.origin,
                release.components,
                release.architectures,
            ];
            question.row(&[path.as_bytes(), signed.as_bytes(), plain.as_bytes()], row);
        }
        vec![question]
    }
}

impl Sources {
    /// Every source, with the path of the file that names it.
    fn all(&self) -> Vec<(&'static Uri, Suite, &'static str)> {
        let mut found = Vec::new();
        for (path, lines) in &self.lists {
            let sources = lines.iter().filter_map(|line| match line {
                Line::Source { uri, suite, .. } => Some((*uri, *suite, *path)),
                Line::Nothing(_) => None,
            });
            found.extend(sources);
        }
        for (path, paragraphs) in &self.paragraphs {
            for paragraph in paragraphs.iter().filter(|paragraph| paragraph.counts()) {
                for uri in &paragraph.uris {
                    found.extend(paragraph.suites.iter().map(|suite| (*uri, *suite, *path)));
                }
            }
        }
        found
    }

    /// Those that were fetched, with what was.
    fn rows(&self) -> Vec<((&'static Uri, Suite, &'static str), &Release)> {
        let release = |(uri, suite, _): &(&Uri, Suite, &str)| match self.fetched.get(&list_name(uri, *suite))? {
            Fetched::Signed(release, _) | Fetched::Plain(release) => Some(release),
            Fetched::Never => None,
        };
        self.all().into_iter().filter_map(|source| Some((source, release(&source)?))).collect()
    }
}
