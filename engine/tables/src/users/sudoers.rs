//! `sudoers`: sudo's rules.
//!
//! Sources: `/etc/sudoers` (where a distribution has moved it: `/usr/etc/sudoers`) and what it includes (sudoers(5)).

use plumb_formats::lines::before;
use plumb_formats::sudoers::{Include, Rule, sudoers};
use plumb_host::join;
use plumb_host::{FileKind, Follow};
use plumb_schema::{Column, Cx, Platforms, Request, Rows, Table, text};
use std::collections::HashSet;
use std::sync::Arc;

/// A rule and the file it stands in.
pub struct Row {
    source: Arc<[u8]>,
    rule: Rule,
}

type Col = Column<Row>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Row> = Table {
    name: "sudoers",
    doc: "Rules that say who may run what as whom with sudo.",
    on: Platforms::POSIX,
    columns: &[
        Col::text("source",       "File with the rule",                                     |r| text(&r.source)),
        Col::text("header",       "First word: user, %group, #uid, Defaults, an alias, @include …", |r| text(&r.rule.header)),
        Col::text("rule_details", "The rest of the rule, continuation lines joined",        |r| text(&r.rule.details)),
    ],
    scan,
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _request: &Request) -> Rows<Row> {
    let paths: [&[u8]; 2] = [b"/etc/sudoers", b"/usr/etc/sudoers"];
    let there = |path: &&[u8]| cx.host.root().stat(path, Follow::Yes).is_ok();
    let first = paths.into_iter().find(there).map(<[u8]>::to_vec);
    Box::new(Walk {
        cx: Arc::clone(cx),
        seen: HashSet::new(),
        stack: vec![Step::Files(Vec::from_iter(first).into_iter())],
    })
}

/// What is still to be done at one level of inclusion.
enum Step {
    Files(std::vec::IntoIter<Vec<u8>>),
    Rules(Arc<[u8]>, std::vec::IntoIter<Rule>),
}

/// The rules in the order in which sudo meets them. Each file is read once, so circles of inclusion end.
struct Walk {
    cx: Arc<Cx>,
    seen: HashSet<(u64, u64)>,
    stack: Vec<Step>,
}

impl Iterator for Walk {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            let step = match self.stack.last_mut()? {
                Step::Files(paths) => paths.next().map(|path| self.enter(path)),
                Step::Rules(source, rules) => match rules.next() {
                    Some(rule) => {
                        let source = Arc::clone(source);
                        let inner = rule.include.as_ref().map(|include| self.included(&source, include));
                        self.stack.extend(inner);
                        return Some(Row { source, rule });
                    }
                    None => None,
                },
            };
            match step {
                Some(step) => self.stack.extend(step),
                None => drop(self.stack.pop()),
            }
        }
    }
}

impl Walk {
    /// Reads a file, unless it was read before.
    fn enter(&mut self, path: Vec<u8>) -> Option<Step> {
        let stat =
            self.cx.host.root().stat(&path, Follow::Yes).map_err(|error| self.cx.note_error(&path, &error)).ok()?;
        if !self.seen.insert((stat.dev, stat.ino)) {
            self.cx.note(&path, "is included again: read once");
            return None;
        }
        let rules = sudoers(&self.cx.read(&path)?);
        Some(Step::Rules(path.into(), rules.into_iter()))
    }

    /// The files that a rule includes. sudo passes over names with a dot or a tilde at the end.
    fn included(&self, source: &[u8], include: &Include) -> Step {
        let files = match include {
            Include::File(path) => vec![self.resolve(source, path)],
            Include::Dir(path) => {
                let path = self.resolve(source, path);
                let names = self.cx.open_dir(&path).map(|dir| self.cx.names(&*dir, &path)).unwrap_or_default();
                let counts = |name: &[u8]| !name.contains(&b'.') && !name.ends_with(b"~");
                names
                    .into_iter()
                    .filter(|(name, kind)| *kind != FileKind::Directory && counts(name))
                    .map(|(name, _)| join(&path, &name))
                    .collect()
            }
        };
        Step::Files(files.into_iter())
    }

    /// A relative path is meant from the including file's directory; `%h` is the host's short name.
    fn resolve(&self, source: &[u8], path: &[u8]) -> Vec<u8> {
        let mut whole = match path.first() {
            Some(b'/') => Vec::new(),
            _ => source
                .iter()
                .rposition(|byte| *byte == b'/')
                .and_then(|end| source.get(..=end))
                .unwrap_or_default()
                .to_vec(),
        };
        let mut rest = path.iter().peekable();
        while let Some(byte) = rest.next() {
            if *byte == b'%' && rest.next_if(|byte| **byte == b'h').is_some() {
                whole.extend(self.short_host_name());
            } else {
                whole.push(*byte);
            }
        }
        whole
    }

    fn short_host_name(&self) -> Vec<u8> {
        let name = match self.cx.host.kernel() {
            Some(kernel) => kernel.name().nodename,
            None => self.cx.read(b"/etc/hostname").unwrap_or_default(),
        };
        before(name.trim_ascii(), b'.').to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    fn host() -> Mem {
        Mem::new()
            .file(
                "/etc/sudoers",
                "Defaults\tenv_reset\n# c\n#1000 ALL = \\\n  ALL\n#include sudoers.local\n@include /etc/none\n\
                 @includedir /etc/sudoers.d/\nroot ALL=(ALL) ALL\n",
            )
            .file("/etc/sudoers.local", "@include /etc/sudoers.%h\nlocal ALL=ALL\n")
            .file("/etc/hostname", "box.example.org\n")
            .file("/etc/sudoers.box", b"box ALL=\xff\n@include \"/etc/sudoers\"\n")
            .file("/etc/sudoers.d/20-b", "b ALL=ALL")
            .file("/etc/sudoers.d/10-a", "a ALL=ALL\n#includedir /etc/sudoers.d\n")
            .file("/etc/sudoers.d/with.dot", "no ALL=ALL\n")
            .file("/etc/sudoers.d/tilde~", "no ALL=ALL\n")
            .dir("/etc/sudoers.d/dir")
    }

    #[test]
    fn rules_in_order() {
        let top = "/etc/sudoers";
        check(
            &TABLE,
            host(),
            &["source", "header", "rule_details"],
            &[
                &[top, "Defaults", "env_reset"],
                &[top, "#1000", "ALL = ALL"],
                &[top, "#include", "sudoers.local"],
                &["/etc/sudoers.local", "@include", "/etc/sudoers.%h"],
                &["/etc/sudoers.box", "box", "ALL=\u{fffd}"],
                &["/etc/sudoers.box", "@include", "\"/etc/sudoers\""],
                &["/etc/sudoers.local", "local", "ALL=ALL"],
                &[top, "@include", "/etc/none"],
                &[top, "@includedir", "/etc/sudoers.d/"],
                &["/etc/sudoers.d/10-a", "a", "ALL=ALL"],
                &["/etc/sudoers.d/10-a", "#includedir", "/etc/sudoers.d"],
                &["/etc/sudoers.d/20-b", "b", "ALL=ALL"],
                &[top, "root", "ALL=(ALL) ALL"],
            ],
        );
        let notes = rows(&TABLE, host(), &["source"], Vec::new()).1;
        let again: Vec<&str> = notes.iter().map(|note| note.source.as_str()).collect();
        assert_eq!(again, [top, "/etc/sudoers.d/10-a", "/etc/sudoers.d/20-b"]);
    }

    #[test]
    fn moved_by_the_distribution() {
        let host = Mem::new().file("/usr/etc/sudoers", "@include more\n").file("/usr/etc/more", "a b\n");
        check(&TABLE, host, &["source", "header"], &[&["/usr/etc/sudoers", "@include"], &["/usr/etc/more", "a"]]);
        check(&TABLE, Mem::new(), &["source"], &[]);
    }
}
