//! Rules and plans: `sudoers`, `crontab`, `shell_history`.
//!
//! sudoers(5): lines, continued behind a backslash; what they include comes where it is included; a file of an included
//! directory counts unless its name has a dot or ends with `~`. crontab(5): five fields or a nickname, then the command, before it
//! the user in system tables; settings, comments and blank lines count for nothing. Histories of shells: bash writes a time
//! as a comment before a command, zsh on the command's line.

use super::{Draw, Files, Part, Pool, Question, Subject, accounts, cells};
use arbitrary::Result;

/// See the module.
pub static SUBJECT: Subject =
    Subject { name: "rules", tables: &["sudoers", "crontab", "shell_history"], needs: &[&accounts::SUBJECT], generate };

#[derive(Debug)]
struct Rules {
    sudo: Vec<Rule>,
    /// By name, in the included directory.
    included: Vec<(Vec<u8>, Vec<Rule>)>,
    crons: Vec<(Vec<u8>, Vec<Job>)>,
    histories: Vec<History>,
}

/// A line of sudoers.
#[derive(Debug)]
enum Rule {
    Line { header: Vec<u8>, details: Vec<&'static str>, space: &'static str, broken: bool },
    Comment(&'static str),
}

/// A line of a crontab.
#[derive(Debug)]
enum Job {
    At { schedule: [&'static str; 5], space: &'static str, command: Vec<u8> },
    Event { event: &'static str, command: Vec<u8> },
    Noise(&'static str),
}

/// A history.
#[derive(Debug)]
struct History {
    uid: u32,
    path: Vec<u8>,
    zsh: bool,
    lines: Vec<(Option<i64>, Vec<u8>)>,
}

const DETAILS: [&[&str]; 4] = [
    &["ALL=(ALL:ALL)", "ALL"],
    &["ALL", "=", "(root)", "NOPASSWD:", "/usr/bin/systemctl restart *,", "/bin/ls"],
    &["env_reset"],
    &["secure_path=\"/usr/local/sbin:/usr/local/bin\""],
];
const COMMENTS: [&str; 5] = ["# comment", "#", "", "   \t", "## @include /etc/other"];
const CRON_NOISE: [&str; 6] =
    ["# m h dom mon dow command", "", "SHELL=/bin/sh", "MAILTO = root", "  \t", "\"X\"='1 2 3 4 5 6'"];
const SCHEDULES: [[&str; 5]; 4] = [
    ["*", "*", "*", "*", "*"],
    ["*/15", "0-5,22", "1", "jan-mar", "mon"],
    ["0", "4", "*", "*", "7"],
    ["5-55/10", "~", "31", "12", "0,6"],
];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let sudo = (0..draw.count(2, 5)?).map(|_| rule(draw, pool)).collect::<Result<_>>()?;
    let mut included = Vec::new();
    for name in [&b"10-admins"[..], b"90.backup", b"old~", b"z y"] {
        if draw.chance(2)? {
            included.push((name.to_vec(), (0..draw.count(1, 2)?).map(|_| rule(draw, pool)).collect::<Result<_>>()?));
        }
    }
    let mut crons = vec![(b"/etc/crontab".to_vec(), jobs(draw, pool, true)?)];
    for name in [&b"/etc/cron.d/php"[..], b"/etc/cron.d/.placeholder", b"/etc/cron.d/a b"] {
        if draw.chance(2)? {
            crons.push((name.to_vec(), jobs(draw, pool, true)?));
        }
    }
    let owner = draw.file_name(b".")?;
    if draw.chance(2)? {
        crons.push(([&b"/var/spool/cron/crontabs/"[..], &owner].concat(), jobs(draw, pool, false)?));
    }
    let mut histories = Vec::new();
    for home in &pool.homes {
        for (name, zsh) in [(".bash_history", false), (".zsh_history", true), (".sh_history", false)] {
            if draw.chance(2)? || name == ".bash_history" {
                let path = [&home.path[..], b"/", name.as_bytes()].concat();
                let lines = (0..draw.count(1, 3)?).map(|_| typed(draw, zsh)).collect::<Result<_>>()?;
                histories.push(History { uid: home.uid, path, zsh, lines });
            }
        }
    }
    Ok(Box::new(Rules { sudo, included, crons, histories }))
}

fn rule(draw: &mut Draw<'_, '_>, pool: &Pool) -> Result<Rule> {
    if draw.chance(4)? {
        return Ok(Rule::Comment(draw.pick(&COMMENTS)?));
    }
    let header = match draw.number(0, 5)? {
        0 => b"Defaults".to_vec(),
        1 => b"#1000".to_vec(),
        2 => b"%sudo".to_vec(),
        3 => b"User_Alias".to_vec(),
        _ => {
            let name = draw.pick(&pool.names)?;
            // A blank or a backslash would have to be escaped, and some words are not users.
            if name.iter().any(|byte| b" \\\"@#".contains(byte)) { b"ALL".to_vec() } else { name }
        }
    };
    Ok(Rule::Line {
        header,
        details: draw.pick(&DETAILS)?.to_vec(),
        space: if draw.odd(2)? { draw.pick(&["\t", "  ", " \t "])? } else { " " },
        broken: draw.odd(2)?,
    })
}

fn jobs(draw: &mut Draw<'_, '_>, pool: &Pool, system: bool) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for _ in 0..draw.count(1, 4)? {
        let user = if system { [&draw.pick(&pool.names)?[..], b" "].concat() } else { Vec::new() };
        let words = (0..draw.count(1, 3)?).map(|_| draw.word(b"\n\r \t\x0b\x0c")).collect::<Result<Vec<_>>>()?;
        let user: Vec<u8> = user.iter().map(|byte| if *byte == b' ' { b' ' } else { *byte }).collect();
        // Names with blanks cannot be users of cron.
        let user = if user.trim_ascii().contains(&b' ') { b"root ".to_vec() } else { user };
        let command = [user.trim_ascii(), if system { b" " } else { b"" }, b"/bin/", &words.join(&b' ')[..]].concat();
        jobs.push(match draw.number(0, 5)? {
            0 => Job::Noise(draw.pick(&CRON_NOISE)?),
            1 => Job::Event { event: draw.pick(&["@reboot", "@daily", "@hourly"])?, command },
            _ => Job::At {
                schedule: draw.pick(&SCHEDULES)?,
                space: if draw.odd(2)? { draw.pick(&["\t", "  ", " \t"])? } else { " " },
                command,
            },
        });
    }
    Ok(jobs)
}

fn typed(draw: &mut Draw<'_, '_>, zsh: bool) -> Result<(Option<i64>, Vec<u8>)> {
    let time = if draw.chance(2)? { None } else { Some(i64::from(draw.small(0, i32::MAX.unsigned_abs())?)) };
    // zsh writes bytes beyond ASCII in a code of its own, and a backslash at the end continues a line.
    let text = draw.text(if zsh { b"\n\\\xff\xfe\xc3\xa9\xe2\x80\xae" } else { b"\n" })?;
    let command = [b"ls ", &text[..]].concat();
    Ok((time, if zsh && !command.is_ascii() { b"ls".to_vec() } else { command }))
}

impl Rule {
    fn text(&self) -> Vec<u8> {
        match self {
            Self::Comment(text) => [text.as_bytes(), b"\n"].concat(),
            Self::Line { header, details, space, broken } => {
                let between: &str = if *broken { " \\\n\t  " } else { " " };
                [header, space.as_bytes(), details.join(between).as_bytes(), b"\n"].concat()
            }
        }
    }
}

impl Job {
    fn text(&self) -> Vec<u8> {
        match self {
            Self::Noise(text) => [text.as_bytes(), b"\n"].concat(),
            Self::Event { event, command } => [event.as_bytes(), b" ", command, b"\n"].concat(),
            Self::At { schedule, space, command } => {
                [schedule.join(space).as_bytes(), space.as_bytes(), command, b"\n"].concat()
            }
        }
    }
}

impl History {
    fn text(&self) -> Vec<u8> {
        let line = |(time, command): &(Option<i64>, Vec<u8>)| match (time, self.zsh) {
            (None, _) => [&command[..], b"\n"].concat(),
            (Some(time), true) => [format!(": {time}:0;").as_bytes(), command, b"\n"].concat(),
            (Some(time), false) => [format!("#{time}\n").as_bytes(), command, b"\n"].concat(),
        };
        self.lines.iter().flat_map(line).collect()
    }
}

const SUDOERS: &[u8] = b"/etc/sudoers";
const SUDOERS_D: &[u8] = b"/etc/sudoers.d";

impl Part for Rules {
    fn render(&self, files: &mut Files) {
        let mut sudo: Vec<u8> = self.sudo.iter().flat_map(Rule::text).collect();
        sudo.extend(b"@includedir /etc/sudoers.d\n");
        files.file(SUDOERS, sudo);
        for (name, rules) in &self.included {
            files.file([SUDOERS_D, b"/", name].concat(), rules.iter().flat_map(Rule::text).collect::<Vec<u8>>());
        }
        for (path, jobs) in &self.crons {
            files.lines(&path[..], jobs.iter().flat_map(Job::text).collect::<Vec<u8>>());
        }
        for history in &self.histories {
            files.file(&history.path[..], history.text());
        }
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        match table {
            "sudoers" => vec![self.ask_sudoers()],
            "crontab" => vec![self.ask_crontab()],
            _ => self.ask_histories(),
        }
    }
}

impl Rules {
    fn ask_sudoers(&self) -> Question {
        let mut question = Question::of("sudoers", &["source", "header", "rule_details"]);
        let mut add = |path: &[u8], rules: &[Rule]| {
            for rule in rules {
                if let Rule::Line { header, details, .. } = rule {
                    question.row(&[path, SUDOERS, SUDOERS_D], cells![path, header, details.join(" ")]);
                }
            }
        };
        add(SUDOERS, &self.sudo);
        for (name, rules) in self.included.iter().filter(|(name, _)| !name.contains(&b'.') && !name.ends_with(b"~")) {
            add(&[SUDOERS_D, b"/", name].concat(), rules);
        }
        question.row(&[SUDOERS], cells![SUDOERS, "@includedir", SUDOERS_D]);
        question
    }

    fn ask_crontab(&self) -> Question {
        let columns = &["event", "minute", "hour", "day_of_month", "month", "day_of_week", "command", "path"];
        let mut question = Question::of("crontab", columns);
        for (path, jobs) in self.crons.iter().filter(|(path, _)| !path.ends_with(b"/.placeholder")) {
            for job in jobs {
                let row = match job {
                    Job::Noise(_) => continue,
                    Job::Event { event, command } => cells![event, "", "", "", "", "", command, path],
                    Job::At { schedule: [minute, hour, day, month, weekday], command, .. } => {
                        cells!["", minute, hour, day, month, weekday, command, path]
                    }
                };
                question.row(&[path], row);
            }
        }
        question
    }

    /// Of the user that asks (root), and of all by the way people ask.
    fn ask_histories(&self) -> Vec<Question> {
        const COLUMNS: &[&str] = &["uid", "time", "command", "history_file"];
        let mut own = Question::of("shell_history", COLUMNS);
        let mut all = Question {
            from: "users u JOIN shell_history t USING (uid)".to_owned(),
            with: &["users"],
            ..Question::of("shell_history", COLUMNS)
        };
        for History { uid, path, lines, .. } in &self.histories {
            for (time, command) in lines {
                let row = cells![uid, time.unwrap_or(0), command, path];
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
