//! Accounts: `users`, `groups`, `user_groups`.
//!
//! passwd(5) and group(5) as the C library reads them: fields between colons, the shell is the rest of the line, members
//! between commas, leading blanks, blank lines and comments passed over, and so are NIS entries (`+…`, `-…`).

use super::pool::Home;
use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;
use std::collections::BTreeSet;

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "accounts", tables: &["users", "groups", "user_groups"], needs: &[], generate };

/// The accounts of a machine.
#[derive(Debug)]
struct Accounts {
    users: Vec<User>,
    groups: Vec<Group>,
    /// Lines without an account, each before the account of that place.
    noise: Vec<(usize, &'static str)>,
    last_newline: bool,
}

/// An account.
#[derive(Clone, Debug)]
struct User {
    name: Vec<u8>,
    password: &'static str,
    uid: u32,
    gid: u32,
    comment: Vec<u8>,
    home: Vec<u8>,
    shell: Vec<u8>,
    indent: &'static str,
}

/// A group.
#[derive(Clone, Debug)]
struct Group {
    name: Vec<u8>,
    gid: u32,
    members: Vec<Vec<u8>>,
    /// What stands between members.
    comma: &'static str,
}

const SHELLS: [&[u8]; 4] = [b"/bin/bash", b"/bin/sh", b"/usr/sbin/nologin", b"/bin/false"];
const ODD_SHELLS: [&[u8]; 4] = [b"", b"/bin/s:h", b"/opt/my shell", b"/bin/\xff"];
const NOISE: [&str; 6] = ["# comment: a:b:c:1:2", "", "+::::::", "+@admins::::::", "-bad", "   \t"];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mut users = vec![root()];
    for _ in 0..draw.count(1, 5)? {
        users.push(user(draw, pool)?);
    }
    if homes(&users).is_empty() {
        // Somebody has a home alone.
        let (name, home) = (b"hermit".to_vec(), b"/var/lib/hermit".to_vec());
        users.push(User { name, uid: 77, gid: 77, home, ..root() });
    }
    let mut groups = Vec::new();
    for _ in 0..draw.count(2, 5)? {
        groups.push(group(draw, pool)?);
    }
    let mut noise = Vec::new();
    while noise.len() < 3 && draw.odd(2)? {
        noise.push((draw.count(0, users.len())?, draw.pick(&NOISE)?));
    }
    pool.homes = homes(&users);
    pool.user_names = users.iter().map(|user| (user.uid, user.name.clone())).collect();
    pool.group_names = groups.iter().map(|group| (group.gid, group.name.clone())).collect();
    Ok(Box::new(Accounts { users, groups, noise, last_newline: !draw.odd(4)? }))
}

fn root() -> User {
    let (name, comment, home, shell) = (b"root".to_vec(), b"root".to_vec(), b"/root".to_vec(), SHELLS[0].to_vec());
    User { name, password: "x", uid: 0, gid: 0, comment, home, shell, indent: "" }
}

fn user(draw: &mut Draw<'_, '_>, pool: &Pool) -> Result<User> {
    let name = draw.pick(&pool.names)?;
    let home = match draw.odd(4)? {
        true => draw.pick(&[&b""[..], b"home/relative", b"/", b"/home/a b", b"/home/\xff"])?.to_vec(),
        false => [&b"/home/"[..], &draw.word(b":\n\r/")?].concat(),
    };
    Ok(User {
        name,
        password: if draw.odd(3)? { draw.pick(&["", "*", "!", "$6$a$b"])? } else { "x" },
        uid: draw.pick(&pool.ids)?,
        gid: draw.pick(&pool.ids)?,
        comment: draw.text(b":\n\r")?,
        home,
        shell: if draw.odd(4)? { draw.pick(&ODD_SHELLS)? } else { draw.pick(&SHELLS)? }.to_vec(),
        indent: if draw.odd(6)? { draw.pick(&[" ", "\t", "  \t"])? } else { "" },
    })
}

fn group(draw: &mut Draw<'_, '_>, pool: &Pool) -> Result<Group> {
    let members = (0..draw.count(0, 3)?).map(|_| draw.pick(&pool.names)).collect::<Result<_>>()?;
    let comma = if draw.odd(4)? { draw.pick(&[",,", ", ", ",\t"])? } else { "," };
    Ok(Group { name: draw.pick(&pool.names)?, gid: draw.pick(&pool.ids)?, members, comma })
}

/// Homes of users that share neither id nor directory with another: what hangs on them is then certain.
fn homes(users: &[User]) -> Vec<Home> {
    let alone = |user: &&User| {
        users.iter().filter(|other| other.uid == user.uid || other.home == user.home).count() == 1
            && user.home.starts_with(b"/")
            && user.home != b"/"
            && !user.home.ends_with(b"/.")
            && !user.home.ends_with(b"/..")
    };
    users.iter().filter(alone).map(|user| Home { uid: user.uid, path: user.home.clone() }).collect()
}

const PASSWD: &[u8] = b"/etc/passwd";
const GROUP: &[u8] = b"/etc/group";

impl Part for Accounts {
    fn render(&self, files: &mut Files) {
        let users = self.users.iter().map(|user| {
            let ids = format!(":{}:{}:{}:", user.password, user.uid, user.gid);
            [user.indent.as_bytes(), &user.name, ids.as_bytes(), &user.comment, b":", &user.home, b":", &user.shell]
                .concat()
        });
        files.lines(PASSWD, self.file(users));
        let groups = self.groups.iter().map(|group| {
            let members = group.members.join(group.comma.as_bytes());
            [&group.name[..], format!(":x:{}:", group.gid).as_bytes(), &members].concat()
        });
        files.lines(GROUP, self.file(groups));
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![match table {
            "users" => self.ask_users(),
            "groups" => self.ask_groups(),
            _ => self.ask_user_groups(),
        }]
    }
}

impl Accounts {
    fn file(&self, records: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
        let mut file = Vec::new();
        for (place, record) in records.enumerate() {
            for (_, line) in self.noise.iter().filter(|(at, _)| *at == place) {
                file.extend([line.as_bytes(), b"\n"].concat());
            }
            file.extend([&record[..], b"\n"].concat());
        }
        if !self.last_newline {
            file.pop();
        }
        file
    }

    fn ask_users(&self) -> Question {
        let columns =
            &["uid", "gid", "uid_signed", "gid_signed", "username", "description", "directory", "shell", "uuid"];
        let mut question = Question::of("users", columns);
        for user in &self.users {
            let User { name, uid, gid, comment, home, shell, .. } = user;
            let (uid_signed, gid_signed) = (uid.cast_signed(), gid.cast_signed());
            question.row(&[PASSWD], cells![uid, gid, uid_signed, gid_signed, name, comment, home, shell, ""]);
        }
        question
    }

    /// A group id has one name, as getgrgid(3) has it: that of the first line.
    fn ask_groups(&self) -> Question {
        let mut question = Question::of("groups", &["gid", "gid_signed", "groupname"]);
        let mut seen = BTreeSet::new();
        for group in self.groups.iter().filter(|group| seen.insert(group.gid)) {
            question.row(&[GROUP], cells![group.gid, group.gid.cast_signed(), group.name]);
        }
        question
    }

    /// getgrouplist(3) for the first account of every id.
    fn ask_user_groups(&self) -> Question {
        let mut question = Question::of("user_groups", &["uid", "gid"]);
        let mut seen = BTreeSet::new();
        for user in self.users.iter().filter(|user| seen.insert(user.uid)) {
            let listed = self.groups.iter().filter(|group| group.members.contains(&user.name));
            let gids: BTreeSet<u32> = listed.map(|group| group.gid).chain([user.gid]).collect();
            for gid in gids {
                question.row(&[PASSWD, GROUP], cells![user.uid.cast_signed(), gid]);
            }
        }
        question
    }
}
