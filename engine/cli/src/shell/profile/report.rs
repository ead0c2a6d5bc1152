//! What was measured, as a table and as JSON.

use super::round::Cost;
use super::select::Chosen;
use serde_json::{Map, Value, json};

/// A query that was measured.
pub(super) struct Profile {
    pub(super) query: Chosen,
    /// Its runs, or the lines of the error of the first that failed.
    pub(super) measured: Result<Vec<Cost>, Vec<String>>,
}

/// All of them.
pub(super) struct Report {
    pub(super) rounds: u64,
    pub(super) profiles: Vec<Profile>,
    /// Names, and why not.
    pub(super) left_out: Vec<(String, String)>,
}

/// The classes, with the values at which their levels 1, 2 and 3 begin: those of osquery's `tools/analysis/profile.py`.
const CLASSES: [(&str, [f64; 3]); 5] = [
    ("utilization", [8.0, 20.0, 50.0]),
    ("cpu_time", [0.4, 1.0, 10.0]),
    ("memory", [8.0 * MIB, 12.0 * MIB, 24.0 * MIB]),
    ("fds", [10.0, 20.0, 50.0]),
    ("duration", [0.8, 1.0, 3.0]),
];

const MIB: f64 = 1_048_576.0;

/// The least time over which utilization is told: that of a sample of `profile.py`. A query of milliseconds would always use a
/// whole CPU otherwise.
const SAMPLE: f64 = 0.5;

/// Blue, green, yellow and red, for the levels.
const COLOURS: [&str; 4] = ["\x1b[34m", "\x1b[32m", "\x1b[33m", "\x1b[31m"];

/// The mean of runs.
struct Mean {
    wall: f64,
    user: f64,
    system: f64,
    memory: Option<f64>,
    growth: Option<f64>,
    fds: Option<f64>,
    /// The least and the most rows.
    rows: (u64, u64),
}

impl Mean {
    fn of(costs: &[Cost]) -> Self {
        let count = costs.len().max(1) as f64;
        let mean = |value: fn(&Cost) -> f64| costs.iter().map(value).sum::<f64>() / count;
        let known = |value: fn(&Cost) -> Option<u64>| {
            let all: Option<Vec<u64>> = costs.iter().map(value).collect();
            all.map(|all| all.into_iter().map(|value| value as f64).sum::<f64>() / count)
        };
        let rows = costs.iter().map(|cost| cost.rows);
        Self {
            wall: mean(|cost| cost.wall),
            user: mean(|cost| cost.user),
            system: mean(|cost| cost.system),
            memory: known(|cost| cost.memory),
            growth: known(|cost| cost.growth),
            fds: known(|cost| cost.fds),
            rows: (rows.clone().min().unwrap_or(0), rows.max().unwrap_or(0)),
        }
    }

    fn cpu(&self) -> f64 {
        self.user + self.system
    }

    /// Percent of a CPU.
    fn utilization(&self) -> f64 {
        self.cpu() / self.wall.max(SAMPLE) * 100.0
    }

    /// The value of each class.
    fn values(&self) -> [Option<f64>; 5] {
        [Some(self.utilization()), Some(self.cpu()), self.memory, self.fds, Some(self.wall)]
    }
}

/// From 0 to 3.
fn level(value: f64, begins: [f64; 3]) -> usize {
    begins.iter().filter(|begin| value >= **begin).count()
}

impl Report {
    pub(super) fn has_failed(&self) -> bool {
        self.profiles.iter().any(|profile| profile.measured.is_err())
    }

    pub(super) fn json(&self) -> Value {
        let measured =
            self.profiles.iter().filter_map(|profile| Some((&profile.query, profile.measured.as_ref().ok()?)));
        let failed =
            self.profiles.iter().filter_map(|profile| Some((&profile.query, profile.measured.as_ref().err()?)));
        json!({
            "rounds": self.rounds,
            "queries": measured.map(|(query, costs)| of_query(query, costs)).collect::<Vec<_>>(),
            "failed": failed.map(|(query, error)| json!({ "name": query.name, "error": error })).collect::<Vec<_>>(),
            "left_out": self.left_out.iter().map(|(name, why)| json!({ "name": name, "why": why })).collect::<Vec<_>>(),
        })
    }

    pub(super) fn text(&self, colours: bool) -> String {
        let mut lines = vec![HEAD.map(str::to_owned)];
        let mut levels = Vec::new();
        for Profile { query, measured } in &self.profiles {
            if let Ok(costs) = measured {
                let mean = Mean::of(costs);
                lines.push(cells(query, &mean));
                levels.push(marks(&mean, colours));
            }
        }
        let widths: Vec<usize> = (0..HEAD.len())
            .map(|column| {
                lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        let levels = std::iter::once("levels".to_owned()).chain(levels);
        // Without a row there is no table.
        for (line, levels) in lines.iter().zip(levels).filter(|_| lines.len() > 1) {
            for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
                let fill = " ".repeat(width.saturating_sub(cell.chars().count()));
                text += &if column == 0 { format!("{cell}{fill}") } else { format!("  {fill}{cell}") };
            }
            text += &format!("  {levels}\n");
        }
        for Profile { query, measured } in &self.profiles {
            if let Err(error) = measured {
                text += &format!("failed: {}\n", query.name);
                error.iter().for_each(|line| text += &format!("  {line}\n"));
            }
        }
        for (name, why) in &self.left_out {
            text += &format!("left out: {name}: {why}\n");
        }
        text + &self.summary()
    }

    fn summary(&self) -> String {
        let count = |number: u64, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
        let failed = self.profiles.iter().filter(|profile| profile.measured.is_err()).count() as u64;
        let measured = count(self.profiles.len() as u64 - failed, "query", "queries");
        let rounds = count(self.rounds, "round", "rounds");
        format!("{measured} measured in {rounds}, {failed} failed, {} left out\n", self.left_out.len())
    }
}

const HEAD: [&str; 7] = ["query", "rows", "wall", "CPU", "utilization", "memory", "fds"];

fn cells(query: &Chosen, mean: &Mean) -> [String; 7] {
    let (least, most) = mean.rows;
    let unknown = || "?".to_owned();
    [
        query.name.replace(char::is_control, " "),
        if least == most { most.to_string() } else { format!("{least}-{most}") },
        time(mean.wall),
        time(mean.cpu()),
        format!("{:.1} %", mean.utilization()),
        mean.memory.map_or_else(unknown, |bytes| format!("{:.1} MiB", bytes / MIB)),
        mean.fds.map_or_else(unknown, |fds| format!("{fds:.0}")),
    ]
}

fn time(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.2} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

/// The level of each class behind its first letter.
fn marks(mean: &Mean, colours: bool) -> String {
    let mark = |((name, begins), value): (&(&str, [f64; 3]), Option<f64>)| {
        let letter = name.chars().next().unwrap_or_default().to_ascii_uppercase();
        let Some(level) = value.map(|value| level(value, *begins)) else { return format!("{letter}:?") };
        match COLOURS.get(level).filter(|_| colours) {
            Some(colour) => format!("{colour}{letter}:{level}\x1b[0m"),
            None => format!("{letter}:{level}"),
        }
    };
    CLASSES.iter().zip(mean.values()).map(mark).collect::<Vec<_>>().join(" ")
}

fn of_query(query: &Chosen, costs: &[Cost]) -> Value {
    let mean = Mean::of(costs);
    let classes: Map<String, Value> = CLASSES
        .iter()
        .zip(mean.values())
        .filter_map(|((name, begins), value)| Some(((*name).to_owned(), json!([level(value?, *begins), value?]))))
        .collect();
    let round = |cost: &Cost| {
        json!({
            "rows": cost.rows, "wall": cost.wall, "user": cost.user, "system": cost.system, "memory": cost.memory,
            "growth": cost.growth, "fds": cost.fds,
        })
    };
    json!({
        "name": query.name,
        "pack": query.pack,
        "query": query.sql,
        "rows": mean.rows.1,
        "wall": mean.wall,
        "user": mean.user,
        "system": mean.system,
        "growth": mean.growth,
        "classes": classes,
        "runs": costs.iter().map(round).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let query = |name: &str| Chosen { name: name.to_owned(), pack: "main".to_owned(), sql: "select 1".to_owned() };
        let cheap = Cost {
            rows: 2,
            wall: 0.004,
            user: 0.002,
            system: 0.001,
            memory: Some(9 << 20),
            growth: Some(1 << 20),
            fds: Some(5),
        };
        let dear = Cost { rows: 4, wall: 4.0, user: 2.0, system: 1.0, memory: Some(25 << 20), growth: None, fds: None };
        Report {
            rounds: 2,
            profiles: vec![
                Profile {
                    query: query("cheap"),
                    measured: Ok(vec![cheap, Cost { rows: 3, memory: Some(11 << 20), ..cheap }]),
                },
                Profile { query: query("dear\n"), measured: Ok(vec![dear, dear]) },
                Profile {
                    query: query("bad"),
                    measured: Err(vec!["Error: no such table: x".into(), "help: y".into()]),
                },
            ],
            left_out: vec![("win".to_owned(), "is for platform windows".to_owned())],
        }
    }

    #[test]
    fn levels() {
        for (value, expect) in [(0.0, 0), (7.9, 0), (8.0, 1), (19.0, 1), (20.0, 2), (49.9, 2), (50.0, 3), (1e9, 3)] {
            assert_eq!(level(value, CLASSES[0].1), expect, "{value}");
        }
    }

    #[test]
    fn as_text() {
        let expect = "\
query  rows     wall      CPU  utilization    memory  fds  levels
cheap   2-3  4.00 ms  3.00 ms        0.6 %  10.0 MiB    5  U:0 C:0 M:1 F:0 D:0
dear      4   4.00 s   3.00 s       75.0 %  25.0 MiB    ?  U:3 C:2 M:3 F:? D:3
failed: bad
  Error: no such table: x
  help: y
left out: win: is for platform windows
2 queries measured in 2 rounds, 1 failed, 1 left out
";
        assert_eq!(report().text(false), expect);
        let coloured = report().text(true);
        assert!(
            coloured.contains("\x1b[31mU:3\x1b[0m \x1b[33mC:2\x1b[0m") && coloured.contains("\x1b[34mU:0"),
            "{coloured}"
        );
        let none = Report { profiles: Vec::new(), ..report() };
        assert!(none.text(false).starts_with("left out"));
    }

    #[test]
    fn as_json() {
        let json = report().json();
        let cheap = &json["queries"][0];
        assert_eq!(cheap["classes"]["memory"], json!([1, (10 << 20) as f64]));
        assert_eq!(cheap["runs"].as_array().map(Vec::len), Some(2));
        assert_eq!((&cheap["rows"], &cheap["runs"][0]["rows"]), (&json!(3), &json!(2)));
        let dear = &json["queries"][1];
        assert_eq!((&dear["classes"]["fds"], &dear["classes"]["cpu_time"]), (&Value::Null, &json!([2, 3.0])));
        assert_eq!(json["failed"][0]["error"][1], "help: y");
        assert_eq!(json["left_out"][0]["why"], "is for platform windows");
        assert!(report().has_failed());
    }
}
