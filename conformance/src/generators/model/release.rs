//! The release and the time: `os_version`, `time`.
//!
//! os-release(5): assignments as for a shell, quoted or not; `/etc/os-release` before `/usr/lib/os-release`. Red Hat's line
//! in `/etc/redhat-release` has the last word where it is. The calendar is Gregorian, in UTC; `/etc/localtime` (tzfile(5)) names the
//! host's own zone.

use super::{Draw, Files, Part, Pool, Question, Subject, cells};
use arbitrary::Result;

/// See the module.
pub static SUBJECT: Subject = Subject { name: "release", tables: &["os_version", "time"], needs: &[], generate };

#[derive(Debug)]
struct Release {
    file: &'static str,
    assignments: Vec<(Key, Vec<u8>, Quotes)>,
    numbers: Vec<u32>,
    red_hat: Option<(&'static str, [u32; 3])>,
    noise: Vec<&'static str>,
    shared: Vec<(String, Vec<u8>)>,
    arch: &'static str,
    now: i64,
    zone: Option<(&'static str, i32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Name,
    Version,
    VersionId,
    Build,
    Id,
    Like,
    Codename,
}

#[derive(Clone, Copy, Debug)]
enum Quotes {
    None,
    Single,
    Double,
}

const NOISE: [&str; 5] = ["# NAME=wrong", "", "HOME_URL=\"https://example.org/\"", "   # ID=x", "ANSI_COLOR=\"0;34\""];

fn generate(draw: &mut Draw<'_, '_>, pool: &mut Pool) -> Result<Box<dyn Part>> {
    let mut numbers = Vec::new();
    for _ in 0..draw.count(1, 3)? {
        let most = if draw.odd(4)? { i32::MAX.unsigned_abs() } else { 40 };
        numbers.push(draw.small(0, most)?);
    }
    let version: Vec<String> = numbers.iter().map(u32::to_string).collect();
    let mut assignments = Vec::new();
    for key in [Key::Name, Key::Version, Key::VersionId, Key::Build, Key::Id, Key::Like, Key::Codename] {
        let needed = matches!(key, Key::Name | Key::Id);
        if !needed && draw.chance(4)? {
            continue;
        }
        let (value, quotes) = match key {
            Key::VersionId => {
                (version.join(".").into_bytes(), draw.pick(&[Quotes::None, Quotes::Single, Quotes::Double])?)
            }
            _ => quoted(draw)?,
        };
        assignments.push((key, value, quotes));
    }
    let noise = (0..draw.count(0, 3)?).map(|_| draw.pick(&NOISE)).collect::<Result<_>>()?;
    Ok(Box::new(Release {
        file: draw.pick(&["/etc/os-release", "/usr/lib/os-release"])?,
        assignments,
        numbers,
        red_hat: match draw.chance(5)? {
            true => Some((
                draw.pick(&["CentOS Linux", "AlmaLinux"])?,
                [draw.small(7, 9)?, draw.small(0, 9)?, draw.small(0, 2009)?],
            )),
            false => None,
        },
        noise,
        shared: pool.proc_sys(),
        arch: pool.arch,
        now: pool.now,
        zone: draw.pick(&[
            None,
            Some(("CET", 3600)),
            Some(("-03", -10_800)),
            Some(("UTC", 0)),
            Some(("ACWST", 31_500)),
        ])?,
    }))
}

/// A value that is not empty, and quotes that suit it.
fn quoted(draw: &mut Draw<'_, '_>) -> Result<(Vec<u8>, Quotes)> {
    Ok(match draw.number(0, 2)? {
        0 => (draw.pick(&[&b"debian"[..], b"rhel", b"12-SP5", b"a.b_c"])?.to_vec(), Quotes::None),
        1 => ([&b"v"[..], &draw.text(b"\n\r'")?].concat(), Quotes::Single),
        _ => ([&b"v"[..], &draw.text(b"\n\r")?].concat(), Quotes::Double),
    })
}

impl Quotes {
    fn write(self, value: &[u8]) -> Vec<u8> {
        match self {
            Self::None => value.to_vec(),
            Self::Single => [b"'", value, b"'"].concat(),
            Self::Double => {
                let byte = |byte: &u8| match byte {
                    b'"' | b'\\' | b'$' | b'`' => vec![b'\\', *byte],
                    _ => vec![*byte],
                };
                [b"\"", &value.iter().flat_map(byte).collect::<Vec<u8>>()[..], b"\""].concat()
            }
        }
    }
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Version => "VERSION",
            Self::VersionId => "VERSION_ID",
            Self::Build => "BUILD_ID",
            Self::Id => "ID",
            Self::Like => "ID_LIKE",
            Self::Codename => "VERSION_CODENAME",
        }
    }
}

const RED_HAT: &str = "/etc/redhat-release";
const LOCALTIME: &str = "/etc/localtime";

impl Part for Release {
    fn render(&self, files: &mut Files) {
        let mut text = Vec::new();
        for (place, (key, value, quotes)) in self.assignments.iter().enumerate() {
            text.extend(self.noise.get(place).map(|line| format!("{line}\n").into_bytes()).unwrap_or_default());
            text.extend([key.name().as_bytes(), b"=", &quotes.write(value), b"\n"].concat());
        }
        files.file(self.file, text);
        if let Some((name, [major, minor, patch])) = self.red_hat {
            files.file(RED_HAT, format!("{name} release {major}.{minor}.{patch} (Core)\n"));
        }
        Pool::render_proc_sys(&self.shared, files);
        if let Some((name, offset)) = self.zone {
            files.file(LOCALTIME, zone_file(name, offset));
        }
    }

    fn ask(&self, table: &str) -> Vec<Question> {
        vec![if table == "time" { self.ask_time() } else { self.ask_version() }]
    }
}

/// tzfile(5), version 2: a zone that has always been the same.
fn zone_file(name: &str, offset: i32) -> Vec<u8> {
    let count = |count: usize| u32::try_from(count).unwrap_or(0).to_be_bytes();
    let header =
        [&b"TZif2"[..], &[0; 15], &count(0), &count(0), &count(0), &count(0), &count(1), &count(name.len() + 1)];
    let block = [&header.concat()[..], &offset.to_be_bytes(), &[0, 0], name.as_bytes(), b"\0"].concat();
    let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
    // POSIX counts west of Greenwich.
    let sign = if offset > 0 { "-" } else { "" };
    let rule = format!("\n<{name}>{sign}{hours:02}:{minutes:02}\n");
    [&block[..], &block, rule.as_bytes()].concat()
}

impl Release {
    fn value(&self, key: Key) -> &[u8] {
        self.assignments.iter().find(|(other, ..)| *other == key).map_or(b"", |(_, value, _)| value)
    }

    fn ask_version(&self) -> Question {
        let columns =
            &["name", "version", "major", "minor", "patch", "build", "platform", "platform_like", "codename", "arch"];
        let mut question = Question::of("os_version", columns);
        let value = |key| self.value(key).to_vec();
        let known = !self.value(Key::VersionId).is_empty();
        let number = |place: usize| self.numbers.get(place).filter(|_| known).copied().unwrap_or(0);
        let (codename, arch) = (value(Key::Codename), self.arch);
        let row = match self.red_hat {
            None => cells![
                value(Key::Name),
                value(Key::Version),
                number(0),
                number(1),
                number(2),
                value(Key::Build),
                value(Key::Id),
                value(Key::Like),
                codename,
                arch,
            ],
            Some((name, [major, minor, patch])) => {
                let line = format!("{name} release {major}.{minor}.{patch} (Core)");
                cells![name, line, major, minor, patch, "", "rhel", "rhel", codename, arch]
            }
        };
        question.row(&[b"/etc", b"/usr/lib", b"/proc/sys"], row);
        question
    }

    fn ask_time(&self) -> Question {
        const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let columns = &[
            "weekday",
            "year",
            "month",
            "day",
            "hour",
            "minutes",
            "seconds",
            "timezone",
            "local_timezone",
            "unix_time",
            "timestamp",
            "datetime",
            "iso_8601",
        ];
        let mut question = Question::of("time", columns);
        let (days, rest) = (self.now.div_euclid(86_400), self.now.rem_euclid(86_400));
        let (year, month, day) = date(days);
        let (hour, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
        let weekday = DAYS[usize::try_from(days.rem_euclid(7)).unwrap_or(0)];
        let name = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
        let timestamp = format!("{} {name} {day:2} {hour:02}:{minutes:02}:{seconds:02} {year} UTC", &weekday[..3]);
        let iso = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minutes:02}:{seconds:02}Z");
        let zone = self.zone.map_or("UTC", |(name, _)| name);
        let row =
            cells![weekday, year, month, day, hour, minutes, seconds, "UTC", zone, self.now, timestamp, iso, iso,];
        question.row(&[LOCALTIME.as_bytes()], row);
        question
    }
}

/// The date of a day since the epoch, year by year and month by month.
fn date(mut days: i64) -> (i64, i64, i64) {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days < 0 {
        year -= 1;
        days += if leap(year) { 366 } else { 365 };
    }
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}
