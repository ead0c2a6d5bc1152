//! Tables of files that a host seldom has, or that nobody should write to for a test: keys and rules of sudo. The [`Scene`] has
//! a directory with such files (`{root}`), made by the programs that own the formats, and the agent is asked about it as its
//! host.
//!
//! [`Scene`]: super::Scene

use super::read::{cell, columns, lines, named, row, text, words, words_and_rest};
use super::{Run, Truth};
use crate::answer::Row;
use std::fs;
use std::io;
use std::path::Path;

pub(super) static TRUTHS: &[Truth] = &[
    Truth {
        name: "authorized_keys: ssh-keygen -l",
        table: "authorized_keys",
        program: "ssh-keygen",
        package: "openssh-client",
        run: Run::Script(FINGERPRINTS_OF_USERS),
        // Where a key has options, ssh-keygen(1) shows them in the place of the comment, and where it has neither, it says so.
        read: |out| fingerprints(out, "comment"),
        sql: "select uid, md5(from_base64(key)) as fingerprint, algorithm, coalesce(nullif(options, ''), nullif(comment, ''), 'no comment') as comment \
              from authorized_keys where uid in (select uid from users)",
        key: &["uid", "fingerprint"],
        ..Truth::EMPTY
    },
    Truth {
        name: "known_hosts: ssh-keygen -l",
        table: "known_hosts",
        program: "ssh-keygen",
        package: "openssh-client",
        run: Run::Script(FINGERPRINTS_OF_HOSTS),
        read: |out| fingerprints(out, "hosts"),
        sql: "select uid, md5(from_base64(split(key, ' ', 2))) as fingerprint, split(key, ' ', 1) as algorithm, split(key, ' ', 0) as hosts \
              from known_hosts where uid in (select uid from users)",
        key: &["uid", "hosts", "fingerprint"],
        ..Truth::EMPTY
    },
    Truth {
        name: "sudoers: cvtsudoers",
        table: "sudoers",
        program: "cvtsudoers",
        package: "sudo",
        run: Run::Script("cvtsudoers -f sudoers {root}/etc/sudoers"),
        // It writes spaces where it likes them.
        read: |out| {
            let rule = |line| {
                let (words, rest) = words_and_rest(line, 1);
                let details: Vec<u8> = rest.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
                named(&["header"], words).into_iter().chain([("details".to_owned(), cell(details))]).collect()
            };
            lines(out).map(rule).collect()
        },
        sql: "select header, replace(replace(rule_details, ' ', ''), char(9), '') as details from sudoers where header not like '@include%'",
        key: &["header", "details"],
        ..Truth::EMPTY
    },
    Truth {
        name: "sudoers: visudo -c",
        table: "sudoers",
        program: "visudo",
        package: "sudo",
        run: Run::Script("visudo -c -f {root}/etc/sudoers | sed 's|^{root}||; s/: parsed OK$//'"),
        read: |out| columns(out, &["source"]),
        sql: "select distinct source from sudoers",
        key: &["source"],
        ..Truth::EMPTY
    },
];

/// `uid`, and what ssh-keygen(1) says of each key.
const FINGERPRINTS_OF_USERS: &str = "cut -d: -f3,6 {root}/etc/passwd | tr : ' ' | while read -r uid home; do \
    ssh-keygen -E md5 -lf {root}$home/.ssh/authorized_keys | sed \"s/^/$uid /\"; done";
const FINGERPRINTS_OF_HOSTS: &str = "cut -d: -f3,6 {root}/etc/passwd | tr : ' ' | while read -r uid home; do \
    ssh-keygen -E md5 -lf {root}$home/.ssh/known_hosts | sed \"s/^/$uid /\"; done";

/// `1000 256 MD5:b3:da:… what stands beside it (ED25519)`
fn fingerprints(out: &[u8], beside: &str) -> Vec<Row> {
    let key = |line| {
        let (head, rest) = words_and_rest(line, 3);
        let [uid, _, print] = head.as_slice() else { return None };
        let print: String = text(print).strip_prefix("MD5:")?.split(':').collect();
        let kind = words(rest).last()?;
        let shown = rest.strip_suffix(kind)?.trim_ascii();
        Some(row([
            ("uid", cell(uid)),
            ("fingerprint", cell(print)),
            ("algorithm", cell(algorithm(kind)?)),
            (beside, cell(shown)),
        ]))
    };
    lines(out).filter_map(key).collect()
}

/// The name that a type of keys has in files.
fn algorithm(shown: &[u8]) -> Option<&'static str> {
    match shown {
        b"(ED25519)" => Some("ssh-ed25519"),
        b"(RSA)" => Some("ssh-rsa"),
        b"(ECDSA)" => Some("ecdsa-sha2-nistp256"),
        _ => None,
    }
}

/// Makes the files. Without ssh-keygen(1) there are no keys.
pub(super) fn fill(root: &Path) -> io::Result<()> {
    for folder in ["etc/sudoers.d", "root/.ssh", "home/al/.ssh"] {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nal:x:1000:1000::/home/al:/bin/sh\n")?;
    fs::write(root.join("etc/sudoers"), SUDOERS)?;
    fs::write(
        root.join("etc/sudoers.d/10-al"),
        "al\tALL = (bo) NOEXEC: /bin/id, \\\n  /bin/ls -l\n@include ../sudoers.more\n",
    )?;
    fs::write(root.join("etc/sudoers.d/skipped.bak"), "no ALL = ALL\n")?;
    fs::write(root.join("etc/sudoers.more"), "more box = (:adm) ALL")?;
    let mut public = Vec::new();
    for (name, options) in
        [("ed25519", &["-C", "two words"][..]), ("ecdsa", &["-C", "c"]), ("rsa", &["-b", "1024", "-C", ""])]
    {
        let mut command = super::program::command("ssh-keygen");
        command.args(["-q", "-N", "", "-t", name]).args(options).arg("-f").arg(root.join(name));
        if command.status().is_ok_and(|status| status.success()) {
            public.push(fs::read_to_string(root.join(name).with_extension("pub"))?);
        }
    }
    let [first, second, third] = public.as_slice() else { return Ok(()) };
    let bare = |key: &str| key.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let keys = format!("# {second}\n{first}no-pty,command=\"echo 'a b'\" {third}\n  {second}");
    fs::write(root.join("root/.ssh/authorized_keys"), &keys)?;
    fs::write(root.join("home/al/.ssh/authorized_keys"), third)?;
    let (first, second, third) = (bare(first), bare(second), bare(third));
    let hosts = format!(
        "# known\nbox.example,192.0.2.1 {first}\n[box]:2222 {third}\n\n|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= {second}\n"
    );
    fs::write(root.join("root/.ssh/known_hosts"), hosts)?;
    fs::write(root.join("home/al/.ssh/known_hosts"), format!("*.example,!no.example {second}"))
}

/// Rules that sudo(8) takes, in spellings that people use.
const SUDOERS: &str = "\
# a comment
Defaults	env_reset, \\
	timestamp_timeout=5
Defaults:al !lecture
User_Alias OPS = al, bo
Cmnd_Alias UP = /usr/bin/apt-get update, /usr/bin/apt-get \"upgrade\"
root	ALL=(ALL:ALL) ALL
%sudo   ALL=(ALL:ALL)   NOPASSWD: ALL
#1000	ALL = /bin/ls
   OPS ALL = UP
@includedir sudoers.d
";
