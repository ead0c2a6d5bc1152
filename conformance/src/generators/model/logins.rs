//! Logins: `shadow`, `logged_in_users`, `last`.
//!
//! shadow(5): nine fields between colons, numbers may be empty; the old form has five. utmp(5): records of one size, with whole
//! `long` times on the newer 64-bit architectures; texts end at a NUL or where their field ends. Of `/run/utmp` init's own
//! records count for nobody; of `/var/log/wtmp` logins (7) and their ends (8) count.

use super::{Draw, Files, Part, Pool, Question, Subject, ToValue, cells};
use arbitrary::Result;

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "logins", tables: &["shadow", "logged_in_users", "last"], needs: &[], generate };

#[derive(Debug)]
struct Logins {
    passwords: Vec<Password>,
    wide: bool,
    now: Vec<Record>,
    past: Vec<Record>,
    /// Bytes of a record that was not written to its end.
    torn: bool,
}

/// A line of `/etc/shadow`.
#[derive(Debug)]
struct Password {
    name: Vec<u8>,
    hash: &'static str,
    /// Last change, least, most, warning, inactive, expiry.
    days: [Option<i32>; 6],
    flag: Option<u32>,
    old_form: bool,
}

/// A record of a login.
#[derive(Debug)]
struct Record {
    kind: u16,
    pid: i32,
    line: Vec<u8>,
    user: Vec<u8>,
    host: Vec<u8>,
    time: i64,
}

/// What stands in the password field, what that means, and the method.
const HASHES: [(&str, &str, Option<&str>); 8] = [
    ("$6$salt$abcdefghij/.", "active", Some("6")),
    ("$y$j9T$abc$defghi", "active", Some("y")),
    ("$2b$12$abcdefgh", "active", Some("2b")),
    ("abJnggxhB/yWI", "active", None),
    ("", "empty", None),
    ("!!", "not_set", None),
    ("!", "locked", None),
    ("*", "locked", None),
];
const KINDS: [&str; 10] =
    ["empty", "runlevel", "boot_time", "new_time", "old_time", "init", "login", "user", "dead", "accounting"];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let passwords = (0..draw.count(2, 5)?).map(|_| password(draw, pool)).collect::<Result<_>>()?;
    let wide = matches!(pool.arch, "aarch64" | "riscv64");
    let mut records = |most| (0..draw.count(2, most)?).map(|_| record(draw, pool, wide)).collect::<Result<Vec<_>>>();
    let (now, past) = (records(5)?, records(8)?);
    Ok(Box::new(Logins { passwords, wide, now, past, torn: draw.odd(6)? }))
}

fn password(draw: &mut Draw<'_, '_>, pool: &Pool) -> Result<Password> {
    let mut days = [None; 6];
    for day in &mut days {
        *day = match draw.number(0, 3)? {
            0 => None,
            1 if draw.odd(3)? => Some(draw.pick(&[0, i32::MAX, 99_999])?),
            _ => Some(draw.small(0, 20_000)?.cast_signed()),
        };
    }
    let flag = if draw.odd(4)? { Some(draw.small(0, 7)?) } else { None };
    let (hash, ..) = draw.pick(&HASHES)?;
    // The C library wants something in the last field of the old form.
    let old_form = draw.odd(8)? && days[2].is_some();
    Ok(Password { name: draw.pick(&pool.names)?, hash, days, flag, old_form })
}

fn record(draw: &mut Draw<'_, '_>, pool: &Pool, wide: bool) -> Result<Record> {
    let mut host = draw.word(b"")?;
    if draw.odd(8)? {
        host = vec![b'h'; 256];
    }
    let mut name = draw.pick(&pool.names)?;
    if draw.odd(8)? {
        name = vec![b'u'; 32];
    }
    Ok(Record {
        kind: if draw.chance(2)? { 7 } else { draw.number(0, 9)?.try_into().unwrap_or(0) },
        pid: draw.pick(&pool.pids)?.cast_signed(),
        line: if draw.chance(3)? { b"~".to_vec() } else { format!("pts/{}", draw.number(0, 30)?).into_bytes() },
        user: name,
        host: if draw.chance(2)? { Vec::new() } else { host },
        time: match (draw.odd(4)?, wide) {
            // What looks like microseconds in the short form would leave it open which form it is.
            (true, true) => draw.pick(&[1 << 31, (1 << 32) + 5_000_000, 253_402_300_800])?,
            (true, false) => draw.pick(&[0, i64::from(i32::MAX), 86_400])?,
            (false, _) => 1_700_000_000 + i64::from(draw.small(0, 10_000_000)?),
        },
    })
}

impl Password {
    fn line(&self) -> Vec<u8> {
        let number = |day: &Option<i32>| day.map(|day| day.to_string()).unwrap_or_default();
        let days: Vec<String> = self.days.iter().map(number).collect();
        let rest = match self.old_form {
            true => days[..3].join(":"),
            false => format!("{}:{}", days.join(":"), self.flag.map(|flag| flag.to_string()).unwrap_or_default()),
        };
        [&self.name[..], b":", self.hash.as_bytes(), b":", rest.as_bytes(), b"\n"].concat()
    }

    fn row(&self) -> Vec<super::Value> {
        let (status, method) =
            HASHES.iter().find(|hash| hash.0 == self.hash).map_or(("", None), |hash| (hash.1, hash.2));
        let known = if self.old_form { 3 } else { 6 };
        let mut row = cells![status, method];
        for (place, day) in self.days.iter().enumerate() {
            row.push(day.filter(|_| place < known).unwrap_or(-1).to_value());
        }
        row.extend(cells![self.flag.filter(|_| !self.old_form), self.name]);
        row
    }
}

impl Record {
    fn bytes(&self, wide: bool) -> Vec<u8> {
        let text = |text: &[u8], length: usize| {
            let mut text = text.to_vec();
            text.resize(length, 0);
            text
        };
        let mut bytes = [&self.kind.to_le_bytes()[..], &[0; 2], &self.pid.to_le_bytes()].concat();
        bytes.extend([text(&self.line, 32), b"ts/0".to_vec(), text(&self.user, 32), text(&self.host, 256)].concat());
        // How it ended.
        bytes.extend([0; 4]);
        match wide {
            // Session, seconds and microseconds.
            true => bytes.extend([7, self.time, 9].map(i64::to_le_bytes).concat()),
            false => {
                let time = i32::try_from(self.time).unwrap_or(i32::MAX);
                bytes.extend([7_i32.to_le_bytes(), time.to_le_bytes(), 9_i32.to_le_bytes()].concat());
            }
        }
        // The address of the host, and what is kept free.
        bytes.extend([0; 36]);
        bytes.resize(if wide { 400 } else { 384 }, 0);
        bytes
    }
}

const SHADOW: &[u8] = b"/etc/shadow";
const UTMP: &[u8] = b"/run/utmp";
const WTMP: &[u8] = b"/var/log/wtmp";

impl Part for Logins {
    fn render(&self, files: &mut Files) {
        files.lines(SHADOW, self.passwords.iter().flat_map(Password::line).collect::<Vec<u8>>());
        let records =
            |records: &[Record]| records.iter().flat_map(|record| record.bytes(self.wide)).collect::<Vec<u8>>();
        files.file(UTMP, records(&self.now));
        let mut past = records(&self.past);
        if self.torn {
            past.extend(b"\x07\0\0\0torn");
        }
        files.file(WTMP, past);
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![match table {
            "shadow" => self.ask_shadow(),
            "last" => self.ask_last(),
            _ => self.ask_logged_in(),
        }]
    }
}

impl Logins {
    fn ask_shadow(&self) -> Question {
        let columns = &[
            "password_status",
            "hash_alg",
            "last_change",
            "min",
            "max",
            "warning",
            "inactive",
            "expire",
            "flag",
            "username",
        ];
        let mut question = Question::of("shadow", columns);
        self.passwords.iter().for_each(|password| question.row(&[SHADOW], password.row()));
        question
    }

    fn ask_logged_in(&self) -> Question {
        let mut question = Question::of("logged_in_users", &["type", "user", "tty", "host", "time", "pid"]);
        for Record { kind, pid, line, user, host, time } in self.now.iter().filter(|record| record.pid != 1) {
            let kind = KINDS[usize::from(*kind)];
            question.row(&[UTMP], cells![kind, user, line, host, time, pid]);
        }
        question
    }

    fn ask_last(&self) -> Question {
        let mut question = Question::of("last", &["username", "tty", "pid", "type", "type_name", "time", "host"]);
        for Record { kind, pid, line, user, host, time } in &self.past {
            let name = match kind {
                7 => "user-process",
                8 => "dead-process",
                _ => continue,
            };
            question.row(&[WTMP], cells![user, line, pid, kind, name, time, host]);
        }
        question
    }
}
