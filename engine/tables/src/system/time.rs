//! `time`: the current time.
//!
//! Sources: the host's clock; the time zone of `TZ` (on a live host) or `/etc/localtime` (tzset(3)).

use jiff::civil::{DateTime, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, tz};
use plumb_host::join;
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, Type, owned, text};
use std::sync::Arc;

/// A moment.
pub struct Now {
    cx: Arc<Cx>,
    unix: i64,
    /// `None` outside the years that a calendar is sure of.
    utc: Option<DateTime>,
}

type Col = Column<Now>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Now> = Table {
    name: "time",
    doc: "The current time, in UTC.",
    on: Platforms::ALL,
    columns: &[
        Col::text   ("weekday",        "Day of the week in English",                       |t| text(weekday(t.utc?))),
        Col::integer("year",           "Year, four digits long",                           |t| Some(t.utc?.year().into())),
        Col::integer("month",          "Month, 1-12",                                      |t| Some(t.utc?.month().into())),
        Col::integer("day",            "Day of the month, 1-31",                           |t| Some(t.utc?.day().into())),
        Col::integer("hour",           "Hour, 0-23",                                       |t| Some(t.utc?.hour().into())),
        Col::integer("minutes",        "Minute, 0-59",                                     |t| Some(t.utc?.minute().into())),
        Col::integer("seconds",        "Second, 0-59",                                     |t| Some(t.utc?.second().into())),
        Col::text   ("timezone",       "Time zone of the other columns: UTC",              |_| text("UTC")),
        Col::text   ("local_timezone", "Abbreviation of the host's own time zone",         |t| owned(t.local_timezone())),
        Col::integer("unix_time",      "Seconds since the epoch",                          |t| Some(t.unix)),
        Col::text   ("timestamp",      "As asctime(3) writes it, with the time zone",      |t| owned(asctime(t.utc?))),
        Col::text   ("datetime",       "As ISO 8601 writes it",                            |t| owned(iso_8601(t.utc?))).aliases(&["date_time"]),
        Col::text   ("iso_8601",       "As ISO 8601 writes it",                            |t| owned(iso_8601(t.utc?))),
        Col::foreign(Platforms::WINDOWS, Type::BigInt, "win_timestamp", "100 ns ticks since 1601"),
    ],
    scan,
    cost: Cost { rows: 1, row: 2 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Now> {
    let unix = cx.host.now().secs;
    let utc = Timestamp::from_second(unix).ok().map(|now| Offset::UTC.to_datetime(now));
    Box::new(std::iter::once(Now { cx: Arc::clone(cx), unix, utc }))
}

fn weekday(utc: DateTime) -> &'static str {
    match utc.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

fn iso_8601(utc: DateTime) -> String {
    let (date, time) = (utc.date(), utc.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

fn asctime(utc: DateTime) -> String {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let (date, time) = (utc.date(), utc.time());
    let month = usize::from(date.month().unsigned_abs()).saturating_sub(1) * 3;
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} {} UTC",
        weekday(utc).get(..3).unwrap_or_default(),
        MONTHS.get(month..month + 3).unwrap_or_default(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        date.year()
    )
}

impl Now {
    fn local_timezone(&self) -> String {
        let zone = zone(&self.cx).unwrap_or(TimeZone::UTC);
        let now = Timestamp::from_second(self.unix).unwrap_or_default();
        zone.to_offset_info(now).abbreviation().to_owned()
    }
}

/// The host's time zone. `TZ` is a name below `/usr/share/zoneinfo` or a rule as in POSIX; unset, `/etc/localtime`
/// counts; what cannot be understood is UTC, as in libc.
fn zone(cx: &Cx) -> Option<TimeZone> {
    let file = |path: &[u8]| {
        let data = cx.read(path)?;
        TimeZone::tzif("", &data).map_err(|error| cx.note(path, error)).ok()
    };
    let Some(name) = cx.host.env("TZ") else { return file(b"/etc/localtime") };
    let name = name.strip_prefix(b":").unwrap_or(&name);
    if name.starts_with(b"/") {
        return file(name);
    }
    let inside = !name.is_empty() && !name.split(|byte| *byte == b'/').any(|part| part == b"..");
    let rule = || tz::TimeZone::posix(std::str::from_utf8(name).ok()?).ok();
    inside.then(|| file(&join(b"/usr/share/zoneinfo", name))).flatten().or_else(rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::testing::Running;
    use crate::testing::check;
    use plumb_host::{Mem, Moment};

    fn at(secs: i64) -> Mem {
        Mem::new().clock(Moment { secs, nanos: 999_999_999 })
    }

    #[test]
    fn forms() {
        let columns = &["weekday", "year", "month", "day", "hour", "minutes", "seconds", "timezone", "unix_time"];
        check(
            &TABLE,
            at(1_700_000_000),
            columns,
            &[&["Tuesday", "2023", "11", "14", "22", "13", "20", "UTC", "1700000000"]],
        );
        let texts = &["timestamp", "datetime", "iso_8601", "win_timestamp"];
        for (secs, timestamp, iso) in [
            (0, "Thu Jan  1 00:00:00 1970 UTC", "1970-01-01T00:00:00Z"),
            (1_795_406_485, "Mon Nov 23 04:01:25 2026 UTC", "2026-11-23T04:01:25Z"),
        ] {
            check(&TABLE, at(secs), texts, &[&[timestamp, iso, iso, "NULL"]]);
        }
        check(&TABLE, at(i64::MAX), &["year", "unix_time"], &[&["NULL", "9223372036854775807"]]);
    }

    #[test]
    fn zones() {
        // The smallest TZif file of version 2: no transitions, one type, and a rule for ever.
        let header = |version: u8, types: u8, letters: u8| {
            let mut bytes = b"TZif".to_vec();
            bytes.push(version);
            bytes.extend([0; 15]);
            for count in [0, 0, 0, 0, types, letters] {
                bytes.extend([0, 0, 0, count]);
            }
            bytes
        };
        let body = b"\x00\x00\x0e\x10\x00\x00CET\0";
        let tzif = [
            header(b'2', 1, 4),
            body.to_vec(),
            header(b'2', 1, 4),
            body.to_vec(),
            b"\nCET-1CEST,M3.5.0,M10.5.0/3\n".to_vec(),
        ]
        .concat();
        let summer = 1_690_000_000;
        let columns = &["local_timezone"];
        check(&TABLE, at(summer).file("/etc/localtime", &tzif), columns, &[&["CEST"]]);
        check(&TABLE, at(summer), columns, &[&["UTC"]]);
        check(&TABLE, at(summer).file("/etc/localtime", "junk"), columns, &[&["UTC"]]);
        check(&TABLE, Running::new(at(summer).file("/etc/localtime", &tzif)), columns, &[&["EDT"]]);
    }
}
