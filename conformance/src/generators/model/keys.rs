//! Keys of the secure shell: `authorized_keys`, `known_hosts`.
//!
//! sshd(8): a key a line, options before it that hold blanks only between double quotes, a comment behind it; empty lines
//! and those that begin with `#` count for nothing. A key in base64 begins with the name of its type and that name's length.
//! A line of accepted hosts has a marker, the hosts or a digest of them, and the key.

use super::names::ended;
use super::{Draw, Files, Part, Pool, Question, Subject, accounts, cells};
use arbitrary::Result;

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "keys", tables: &["authorized_keys", "known_hosts"], needs: &[&accounts::SUBJECT], generate };

/// All files of one kind.
#[derive(Debug)]
struct Keys {
    authorized: Vec<File>,
    known: Vec<File>,
    last_newline: bool,
}

#[derive(Debug)]
struct File {
    uid: u32,
    path: Vec<u8>,
    lines: Vec<Line>,
}

#[derive(Debug)]
enum Line {
    /// What stands before a key: options, or hosts with their marker.
    Key {
        indent: &'static str,
        before: &'static str,
        blank: &'static str,
        key: Key,
        comment: Vec<u8>,
    },
    Nothing(&'static str),
}

#[derive(Debug)]
struct Key {
    kind: &'static str,
    text: String,
}

/// Types of keys, and how their keys begin in base64.
const KINDS: [(&str, &str); 5] = [
    ("ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5"),
    ("ssh-rsa", "AAAAB3NzaC1yc2EA"),
    ("ecdsa-sha2-nistp256", "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYA"),
    ("sk-ssh-ed25519@openssh.com", "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t"),
    ("ssh-ed25519-cert-v01@openssh.com", "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t"),
];
/// What may stand before a key: usually, and among odd settings.
type Choices = (&'static [&'static str], &'static [&'static str]);

const OPTIONS: [&str; 4] = ["", "", "no-pty,no-agent-forwarding", "from=\"*.example,!bad.example\",restrict"];
const ODD_OPTIONS: [&str; 6] = [
    "command=\"echo \\\"a b\\\" # no\",no-pty",
    "command=\"ssh-rsa AAAAB3NzaC1yc2EA x\"",
    "environment=\"A=b c\",permitopen=\"[2001:db8::1]:80\"",
    "cert-authority,principals=\"a,b\"",
    "expiry-time=\"20301231\"",
    "command=\"\"",
];
const HOSTS: [&str; 3] =
    ["host.example,192.0.2.1", "[host.example]:2222", "|1|F1E2d3C4b5A6978869504132abcdefghijk=|398="];
const ODD_HOSTS: [&str; 4] = ["@revoked *", "@cert-authority *.example,!bad.example", "2001:db8::1", "host.example#1"];
const NOTHING: [&str; 5] = ["# ssh-rsa AAAAB3NzaC1yc2EA no", "", "   \t", "  # c", "#"];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let (mut authorized, mut known) = (Vec::new(), Vec::new());
    for home in &pool.homes {
        for name in ["authorized_keys", "authorized_keys2", "known_hosts"] {
            if name.ends_with('2') && !draw.chance(2)? {
                continue;
            }
            let (choices, files): (Choices, _) = match name {
                "known_hosts" => ((&HOSTS, &ODD_HOSTS), &mut known),
                _ => ((&OPTIONS, &ODD_OPTIONS), &mut authorized),
            };
            let mut lines = vec![key_line(draw, choices)?];
            for _ in 0..draw.count(0, 2)? {
                lines.push(line(draw, choices)?);
            }
            files.push(File { uid: home.uid, path: [&home.path[..], b"/.ssh/", name.as_bytes()].concat(), lines });
        }
    }
    Ok(Box::new(Keys { authorized, known, last_newline: !draw.odd(4)? }))
}

fn line(draw: &mut Draw<'_, '_>, choices: Choices) -> Result<Line> {
    if draw.odd(4)? { Ok(Line::Nothing(draw.pick(&NOTHING)?)) } else { key_line(draw, choices) }
}

fn key_line(draw: &mut Draw<'_, '_>, (usual, odd): Choices) -> Result<Line> {
    Ok(Line::Key {
        indent: if draw.odd(4)? { draw.pick(&[" ", "\t", "  \t"])? } else { "" },
        before: if draw.odd(2)? { draw.pick(odd)? } else { draw.pick(usual)? },
        blank: if draw.odd(6)? { draw.pick(&["\t", "  "])? } else { " " },
        key: key(draw)?,
        comment: draw.text(b"\n\r\t\x0b\x0c")?.trim_ascii().to_vec(),
    })
}

fn key(draw: &mut Draw<'_, '_>) -> Result<Key> {
    let (kind, head) = draw.pick(&KINDS)?;
    let mut text = head.to_owned();
    for _ in 0..draw.count(1, 4)? {
        text += draw.pick(&["AAAA", "AAAI", "b/+9", "Qq0w", "zZ9/"])?;
    }
    if draw.chance(3)? {
        text += draw.pick(&["AA==", "ab0="])?;
    }
    Ok(Key { kind, text })
}

impl Line {
    fn text(&self) -> Vec<u8> {
        match self {
            Self::Nothing(text) => text.as_bytes().to_vec(),
            Self::Key { indent, .. } => [indent.as_bytes(), &self.whole()].concat(),
        }
    }

    /// The line without the blanks around it.
    fn whole(&self) -> Vec<u8> {
        let Self::Key { before, blank, key, comment, .. } = self else { return Vec::new() };
        let parts = [before.as_bytes(), key.kind.as_bytes(), key.text.as_bytes(), comment];
        let parts: Vec<&[u8]> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(blank.as_bytes())
    }
}

impl Part for Keys {
    fn render(&self, files: &mut Files) {
        for file in self.authorized.iter().chain(&self.known) {
            files.lines(&file.path[..], ended(file.lines.iter().map(Line::text), self.last_newline));
        }
    }

    /// Of the user that asks (root), and of all by the way people ask.
    fn ask(&self, table: &str) -> Vec<Question> {
        let keys = table == "authorized_keys";
        let of = |from: Option<&str>| match (keys, from) {
            (true, from) => {
                question("authorized_keys", &["uid", "algorithm", "key", "options", "comment", "key_file"], from)
            }
            (false, from) => question("known_hosts", &["uid", "key", "key_file"], from),
        };
        let (mut own, mut all) = (of(None), of(Some("users u JOIN # t USING (uid)")));
        for File { uid, path, lines } in if keys { &self.authorized } else { &self.known } {
            for line in lines {
                let Line::Key { before, key, comment, .. } = line else { continue };
                let row = match keys {
                    true => cells![uid, key.kind, key.text, before, comment, path],
                    false => cells![uid, line.whole(), path],
                };
                let sources: [&[u8]; 2] = [path, b"/etc/passwd"];
                all.row(&sources, row.clone());
                if *uid == 0 {
                    own.row(&sources, row);
                }
            }
        }
        vec![own, all]
    }
}

fn question(table: &'static str, columns: &'static [&'static str], from: Option<&str>) -> Question {
    let question = Question::of(table, columns);
    match from {
        None => question,
        Some(from) => Question { from: from.replace('#', table), with: &["users"], ..question },
    }
}
