//! Fixture hosts and what was recorded about them: `conformance/hosts/NAME/{tree.tar.gz, golden/, STATUS.json}`.

use crate::answer::{Cell, Row};
use plumb_host::Mem;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Why a fixture cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// A file cannot be read.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// A file is not what it should be.
    #[error("{0}: {1}")]
    Json(PathBuf, serde_json::Error),
}

/// A fixture host.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub dir: PathBuf,
}

/// A recorded answer.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The table, or empty for a query that is no table's whole content.
    pub table: String,
    /// What was asked.
    pub sql: String,
    /// What was answered.
    pub rows: Vec<Row>,
    /// Columns that a static tree cannot carry.
    pub ignore: Vec<String>,
    /// What the shell's exit code was, if not 0.
    pub fails: bool,
}

/// The folder of the fixture hosts in this repository.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts")
}

impl Fixture {
    /// Every fixture of a folder, in name order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn all(folder: &Path) -> Result<Vec<Self>, FixtureError> {
        let list = std::fs::read_dir(folder).map_err(|error| FixtureError::Io(folder.to_owned(), error))?;
        let dirs =
            list.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.join("tree.tar.gz").exists());
        let name = |dir: &PathBuf| dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut all: Vec<Self> = dirs.map(|dir| Self { name: name(&dir), dir }).collect();
        all.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(all)
    }

    /// The host in memory: no privileges are needed.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn load(&self) -> Result<Mem, FixtureError> {
        let path = self.dir.join("tree.tar.gz");
        let bytes = std::fs::read(&path).map_err(|error| FixtureError::Io(path.clone(), error))?;
        Mem::from_tar_gz(&*bytes).map_err(|error| FixtureError::Io(path, error))
    }

    /// The recorded answers: whole tables first, then queries.
    ///
    /// # Errors
    /// When a file is missing or malformed.
    pub fn recorded(&self) -> Result<Vec<Recorded>, FixtureError> {
        let status = json(&self.dir.join("STATUS.json"))?;
        let golden = self.dir.join("golden");
        let list = std::fs::read_dir(&golden).map_err(|error| FixtureError::Io(golden.clone(), error))?;
        let mut names: Vec<String> = list
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().to_string_lossy().strip_suffix(".json").map(str::to_owned))
            .filter(|name| name != "QUERIES")
            .collect();
        names.sort();
        let mut recorded = Vec::new();
        for table in names {
            let about = &status[&table];
            let rows = rows(&json(&golden.join(format!("{table}.json")))?);
            let sql = about["sql"].as_str().map_or_else(|| format!("select * from {table}"), str::to_owned);
            let ignore = about["ignore_columns"].as_array().into_iter().flatten();
            let ignore = ignore.filter_map(Value::as_str).map(str::to_owned).collect();
            recorded.push(Recorded { table, sql, rows, ignore, fails: false });
        }
        for case in json(&golden.join("QUERIES.json"))?.as_array().into_iter().flatten() {
            let sql = case["sql"].as_str().unwrap_or_default().to_owned();
            let fails = case["rc"].as_i64().is_some_and(|code| code != 0);
            recorded.push(Recorded { table: String::new(), sql, rows: rows(&case["rows"]), ignore: Vec::new(), fails });
        }
        Ok(recorded)
    }
}

fn json(path: &Path) -> Result<Value, FixtureError> {
    let text = std::fs::read_to_string(path).map_err(|error| FixtureError::Io(path.to_owned(), error))?;
    serde_json::from_str(&hide_surrogates(&text)).map_err(|error| FixtureError::Json(path.to_owned(), error))
}

/// Bytes that are not UTF-8 were recorded as lone surrogates, which JSON parsers refuse: they become characters of the
/// private use area, U+F780 to U+F7FF.
fn hide_surrogates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find("\\u") {
        // An escaped backslash before the u is no escape.
        let slashes = rest[..place].bytes().rev().take_while(|byte| *byte == b'\\').count();
        let digits = rest.get(place + 2..place + 6).unwrap_or_default().to_ascii_lowercase();
        let lone = slashes.is_multiple_of(2)
            && digits.starts_with("dc")
            && digits.as_bytes().get(2).is_some_and(|d| *d >= b'8');
        out.push_str(&rest[..place]);
        if lone {
            out.push_str("\\uf7");
            out.push_str(&digits[2..]);
            rest = &rest[place + 6..];
        } else {
            out.push_str("\\u");
            rest = &rest[place + 2..];
        }
    }
    out.push_str(rest);
    out
}

fn rows(value: &Value) -> Vec<Row> {
    let row = |object: &serde_json::Map<String, Value>| {
        object.iter().map(|(name, value)| (name.clone(), cell(value))).collect()
    };
    value.as_array().into_iter().flatten().filter_map(Value::as_object).map(row).collect::<Vec<BTreeMap<_, _>>>()
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => None,
        Value::String(text) => Some(bytes(text)),
        other => Some(other.to_string().into_bytes()),
    }
}

/// Turns hidden surrogates back into the bytes they stand for.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c) {
            code @ 0xf780..=0xf7ff => out.extend(u8::try_from(code - 0xf700)),
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_bytes() {
        for (json, expect) in [
            (r#""a\udcffb""#, b"a\xffb".as_slice()),
            (r#""\\udcff""#, b"\\udcff"),
            (r#""\ud83d\ude00""#, "😀".as_bytes()),
            (r#""\u00e9\udc80\udc81""#, b"\xc3\xa9\x80\x81"),
        ] {
            let value: Value = serde_json::from_str(&hide_surrogates(json)).expect(json);
            assert_eq!(cell(&value), Some(expect.to_vec()), "{json}");
        }
    }

    #[test]
    fn fixtures_are_there() {
        let all = Fixture::all(&folder()).expect("the folder of hosts");
        assert!(all.len() >= 2);
        for fixture in all {
            let recorded = fixture.recorded().expect("recorded answers");
            assert!(recorded.iter().filter(|one| !one.rows.is_empty()).count() > 10, "{}", fixture.name);
        }
    }
}
