//! Makes a fixture host from a live one: what its tables read, and what they say about that.

use crate::answer::{Cell, Row};
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::hosttext::{Detail, of_mem};
use flate2::Compression;
use flate2::write::GzEncoder;
use plumb_host::{Host, Mem, Recording};
use plumb_schema::{AnyTable, Platforms};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most that is kept of a host, in bytes.
const MOST: usize = 512 << 20;

/// Questions for tables that answer only what they are asked for: by the column that they ask for.
const ASKED: [(&str, &str); 4] = [
    ("uid", "uid IN (SELECT uid FROM users)"),
    ("path", "path IN ('/etc/passwd', '/etc/hostname', '/etc/os-release') OR path LIKE '/etc/ssh/%'"),
    ("directory", "directory IN ('/etc', '/etc/ssh')"),
    ("pid", "pid IN (SELECT pid FROM processes)"),
];

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The files.
    pub paths: Vec<PathBuf>,
    /// Tables with rows about the fixture.
    pub tables: usize,
    /// Tables that have rows about the live host only, since they ask more than files.
    pub live_only: Vec<String>,
    /// How much was not kept, since there was too much of it.
    pub left_out: u64,
}

/// Records a host to a folder (a fixture host with recorded answers), to a file `*.txt` (a host as text), or to another
/// file (a tar archive, compressed).
///
/// # Errors
/// When a table cannot be read, or a file not be written.
pub fn record(host: Arc<dyn Host>, path: &Path) -> Result<Written, String> {
    let recording = Arc::new(Recording::new(host, MOST));
    let live = answers(Arc::clone(&recording) as Arc<dyn Host>)?;
    let left_out = recording.left_out();
    let mem = Arc::into_inner(recording).ok_or("the host is still in use")?.into_mem();
    let name = path.to_string_lossy();
    if name.ends_with(".txt") || name.ends_with(".gz") || name.ends_with(".tgz") {
        let content =
            if name.ends_with(".txt") { of_mem(&mem, Detail::All).to_text().into_bytes() } else { archive(&mem)? };
        put(path, &content)?;
        return Ok(Written { paths: vec![path.to_owned()], tables: live.len(), live_only: Vec::new(), left_out });
    }
    fixture(&mem, &live, path).map(|written| Written { left_out, ..written })
}

/// A folder in the form of those in `conformance/hosts`.
fn fixture(mem: &Mem, live: &[Answer], folder: &Path) -> Result<Written, String> {
    let tree = folder.join("tree.tar.gz");
    put(&tree, &archive(mem)?)?;
    // What the archive gives back is what will be asked.
    let bytes = fs::read(&tree).map_err(|error| format!("{}: {error}", tree.display()))?;
    let back = Mem::from_tar_gz(&*bytes).map_err(|error| format!("{}: {error}", tree.display()))?;
    let (mut status, mut written) =
        (Map::new(), Written { paths: vec![tree], tables: 0, live_only: Vec::new(), left_out: 0 });
    for (recorded, live) in answers(Arc::new(back))?.into_iter().zip(live) {
        let Answer { table, sql, rows } = recorded;
        let mut about = json!({ "rows": rows.len(), "status": "golden ok" });
        if rows.is_empty() {
            about = json!({ "rows": live.rows.len(), "status": "live-only", "note": "asks more than files, or has no rows" });
            written.live_only.extend((!live.rows.is_empty()).then(|| table.to_owned()));
        } else {
            written.tables += 1;
            put(
                &folder.join("golden").join(format!("{table}.json")),
                pretty(&Value::Array(rows.iter().map(object).collect())).as_bytes(),
            )?;
        }
        if sql != format!("SELECT * FROM {table}") {
            about["sql"] = Value::String(sql);
        }
        status.insert(table.to_owned(), about);
    }
    put(&folder.join("golden/QUERIES.json"), b"[]\n")?;
    put(&folder.join("STATUS.json"), pretty(&Value::Object(status)).as_bytes())?;
    written.paths.extend([folder.join("golden"), folder.join("STATUS.json")]);
    Ok(written)
}

/// What a table says.
struct Answer {
    table: &'static str,
    sql: String,
    rows: Vec<Row>,
}

/// What every table says about a host. Tables of the clock and of the agent itself say something else each time.
fn answers(host: Arc<dyn Host>) -> Result<Vec<Answer>, String> {
    let mut engine = Embedded::new(host)?;
    let registry = plumb_tables::registry();
    let of_the_host = |table: &&'static dyn AnyTable| !crate::foreign::tells_of_itself(table.name());
    let mut all = Vec::new();
    for table in registry.on(Platforms::CURRENT).filter(of_the_host) {
        let (sql, rows) = asked(&mut engine, table)?;
        all.push(Answer { table: table.name(), sql, rows });
    }
    Ok(all)
}

/// A question that the table answers, and its rows: if some ask for too little, the next.
fn asked(engine: &mut Embedded, table: &'static dyn AnyTable) -> Result<(String, Vec<Row>), String> {
    let name = table.name();
    let whole = format!("SELECT * FROM {name}");
    if !table.is_constrained() && !table.user_data() {
        return engine.ask(&whole).map(|rows| (whole.clone(), rows)).map_err(|error| format!("{whole}: {error}"));
    }
    let has = |(column, _): &&(&str, &str)| table.specs().any(|spec| spec.name == *column);
    let questions = ASKED.iter().filter(has).map(|(_, condition)| format!("{whole} WHERE {condition}"));
    let mut answered = questions.filter_map(|sql| engine.ask(&sql).ok().map(|rows| (sql, rows))).collect::<Vec<_>>();
    let place = answered.iter().position(|(_, rows)| !rows.is_empty()).unwrap_or(0);
    Ok(if answered.is_empty() { (whole, Vec::new()) } else { answered.swap_remove(place) })
}

fn archive(mem: &Mem) -> Result<Vec<u8>, String> {
    let mut bytes = GzEncoder::new(Vec::new(), Compression::best());
    mem.to_tar(&mut bytes).map_err(|error| error.to_string())?;
    bytes.finish().map_err(|error| error.to_string())
}

/// A row as the shell prints it: everything is text, and what is unknown is empty.
fn object(row: &Row) -> Value {
    let text = |cell: &Cell| cell.as_ref().map_or_else(String::new, |bytes| surrogates(bytes));
    Value::Object(row.iter().map(|(name, cell)| (name.clone(), Value::String(text(cell)))).collect())
}

/// Bytes that are not UTF-8 as characters of the private use area, U+F780 to U+F7FF; [`pretty`] makes lone surrogates of them.
fn surrogates(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(0xf700 + u32::from(*byte))));
    }
    out
}

/// JSON with a line for each value, in which bytes are told as fixtures tell them.
fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        match u32::from(c) {
            code @ 0xf780..=0xf7ff => out.push_str(&format!("\\ud{:03x}", code - 0xf700 + 0xc00)),
            _ => out.push(c),
        }
    }
    out.push('\n');
    out
}

/// What is recorded may be secret: others cannot read it.
fn put(path: &Path, content: &[u8]) -> Result<(), String> {
    let write = || {
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        fs::write(path, content)?;
        private(path)
    };
    write().map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(unix)]
fn private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use crate::generators::host::small::small;

    /// What is recorded of a host answers as the host did, through the same reader as the fixtures of this repository.
    #[test]
    fn a_recorded_host_answers_the_same() {
        let host: Arc<dyn Host> = Arc::new(small().files);
        let folder = tempfile::tempdir().expect("a directory");
        let dir = folder.path().join("copy");
        let written = record(Arc::clone(&host), &dir).expect("a fixture");
        assert!(written.tables > 30 && written.left_out == 0, "{written:?}");
        let fixture = Fixture { name: "copy".to_owned(), dir };
        let mut engines =
            [host, Arc::new(fixture.load().expect("an archive"))].map(|host| Embedded::new(host).expect("an engine"));
        let recorded = fixture.recorded().expect("recorded answers");
        assert_eq!(recorded.len(), written.tables);
        for recorded in recorded {
            // An archive does not keep the numbers of inodes.
            let inode = ["inode".to_owned()];
            let sorted = |rows: &[Row]| {
                let mut rows = crate::answer::printed(rows, &inode);
                rows.sort();
                rows
            };
            let [first, second] =
                engines.each_mut().map(|engine| sorted(&engine.ask(&recorded.sql).expect("an answer")));
            let kept = sorted(&recorded.rows);
            assert!(!kept.is_empty(), "{}", recorded.sql);
            assert_eq!(kept, second, "{}", recorded.sql);
            assert_eq!(first, second, "{}", recorded.sql);
        }
    }

    #[test]
    fn bytes_come_back() {
        let row: Row = [("a".to_owned(), Some(b"x\xff\x80\xc3\xa4".to_vec()))].into();
        assert_eq!(pretty(&object(&row)), "{\n  \"a\": \"x\\udcff\\udc80ä\"\n}\n");
    }
}
