//! The program `conform` as people run it: exit codes, what it prints and to whom, and the files of a report.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "starts the program that it tests")]

use crate::liars::agent;
use std::fs::{create_dir_all, read_to_string, write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Nothing failed, something did, and nothing could be done.
const CODES: [i32; 3] = [0, 1, 2];

fn conform(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
    command.args(args).stdin(Stdio::null());
    command
}

fn output(args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = conform(args).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code().expect("a code"), text(stdout), text(stderr))
}

/// A small machine: a directory with a few files.
fn machine() -> TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    create_dir_all(folder.path().join("etc")).expect("a directory");
    let users: String = (0..12).map(|n| format!("user{n}:x:{}:{}:U {n}:/home/u{n}:/bin/sh\n", n / 2, n % 3)).collect();
    write(folder.path().join("etc/passwd"), format!("root:x:0:0:root:/root:/bin/bash\n{users}")).expect("a file");
    write(folder.path().join("etc/group"), "root:x:0:\nadm:x:4:user1,user2\nnobody:x:65534:\n").expect("a file");
    folder
}

/// What is left of a report, read by the programs that would.
struct Written {
    trials: Vec<serde_json::Value>,
    page: String,
    failures: Vec<String>,
}

fn written(folder: &Path) -> Written {
    let read = |name: &str| read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let trials = read("trials.jsonl").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let xml = read("junit.xml");
    let document = roxmltree::Document::parse(&xml).expect("XML");
    let named = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).collect::<Vec<_>>();
    let failures: Vec<String> =
        named("failure").iter().map(|node| node.text().unwrap_or_default().to_owned()).collect();
    let counted = document.root_element().attribute("failures").map(str::to_owned);
    assert_eq!(counted, Some(failures.len().to_string()));
    assert!(!named("testcase").is_empty());
    Written { trials, page: read("index.html"), failures }
}

impl Written {
    fn count(&self, verdict: &str) -> usize {
        self.trials.iter().filter(|trial| trial["verdict"] == verdict).count()
    }
}

#[test]
fn bad_usage_is_told_from_findings() {
    for args in [
        &["rnu"][..],
        &["run", "--suite", "nothing"],
        &["run", "--host", "/nowhere", "--report", "REPORT"],
        &["run", "--table", "usres"],
        &["run", "--agent", "/no/such/agent", "--time", "5", "--report", "REPORT"],
        &["run", "--agent", "'unclosed", "--report", "REPORT"],
        &["diff", "--a", "embedded"],
        &["diff", "--a", "embedded", "--b", "/no/such/agent", "--report", "REPORT"],
        &["replay", "/nowhere.case"],
        &["shrink", "/nowhere.case"],
        &["ask"],
        &["ask", "SELECT"],
        &["completion", "tcsh"],
        &["record", "/"],
    ] {
        let folder = tempfile::tempdir().expect("a directory");
        let report = folder.path().display().to_string();
        let args: Vec<&str> = args.iter().map(|arg| if *arg == "REPORT" { report.as_str() } else { arg }).collect();
        let (code, out, err) = output(&args);
        assert_eq!(code, CODES[2], "{args:?}\n{out}{err}");
        assert!(err.starts_with("conform: ") && !err.contains("panicked") && out.is_empty(), "{args:?}: {out}{err}");
    }
}

#[test]
fn what_is_there_is_told() {
    for (args, expect) in [
        (&["--help"][..], "usage: cargo conform [COMMAND]"),
        (&["run", "--help"], "--agent CMD"),
        (&["list"], "fixture hosts:"),
        (&["completion", "bash"], "complete -o default -F _conform conform"),
    ] {
        let (code, out, err) = output(args);
        assert_eq!((code, err.as_str()), (CODES[0], ""), "{args:?}");
        assert!(out.contains(expect), "{args:?}: {out}");
    }
}

#[test]
fn an_honest_run_is_reported() {
    let (host, report) = (machine(), tempfile::tempdir().expect("a directory"));
    let (host, folder) = (host.path().display().to_string(), report.path().display().to_string());
    let args = ["run", "--host", &host, "--suite", "tables,queries", "--table", "users,groups", "--count", "8"];
    let (code, out, err) = output(&[&args[..], &["--time", "60", "--report", &folder]].concat());
    assert_eq!((code, err.as_str()), (CODES[0], ""), "{out}");
    let written = written(report.path());
    assert!(written.count("pass") >= 20 && written.count("fail") == 0, "{out}");
    assert!(out.contains(&format!("everything held in {} trials", written.trials.len())), "{out}");
    assert!(written.failures.is_empty() && written.page.ends_with("</html>\n"));
    assert!(!report.path().join("findings").exists());
}

#[test]
fn a_machine_is_asked_both_ways() {
    let host = machine();
    let host = host.path().display().to_string();
    let (code, out, err) = output(&["ask", "SELECT count(*) AS n FROM users WHERE uid < 2", "--host", &host]);
    assert_eq!((code, out.as_str(), err.as_str()), (CODES[0], "n\n5\n1 row\nplain copies agree\n", ""));
    let (code, out, _) = output(&[
        "diff", "--a", "embedded", "--b", "embedded", "--host", &host, "--count", "4", "--table", "users", "--report",
        &host,
    ]);
    assert!(code == CODES[0] && out.contains("everything held"), "{out}");
}

/// Lies, and how the program tells of them: the oracle, and words of its finding.
const LIES: [(&str, &str, &str); 5] = [
    ("wrong-type", "schema_truth", "declared"),
    ("dropped-row", "tlp", "rows"),
    ("crash", "never_panics", "crashed"),
    ("garbage", "never_panics", "not JSON"),
    ("hang", "never_panics", "hung"),
];

#[test]
fn a_lying_agent_is_reported() {
    let Some(agent) = agent() else { return };
    let (machine, liar) = (machine(), env!("CARGO_BIN_EXE_liar"));
    let host = machine.path().display().to_string();
    for (lie, oracle, words) in LIES {
        let report = tempfile::tempdir().expect("a directory");
        let folder = report.path().display().to_string();
        let command =
            format!("'{liar}' --lie {lie} -- '{}' --root '{host}' --enable_tables=users,groups", agent.display());
        // The one that hangs is waited for as long as the time allows.
        let time = if lie == "hang" { "10" } else { "60" };
        let args = ["run", "--agent", &command, "--steady", "--count", "16", "--time", time, "--report", &folder];
        let (code, out, err) = output(&args);
        assert_eq!((code, err.as_str()), (CODES[1], ""), "{lie}: {out}");
        let written = written(report.path());
        let found = |trial: &&serde_json::Value| trial["verdict"] == "fail" && trial["oracle"] == oracle;
        let trial = written.trials.iter().find(found).unwrap_or_else(|| panic!("{lie}: {out}"));
        let (why, query) = (trial["why"].as_str(), trial["query"].as_str().or(trial["name"].as_str()));
        assert!(why.is_some_and(|why| why.contains(words)), "{lie}: {trial}");
        let about = |query: &str| query.contains("users") || query.contains("groups");
        assert!(query.is_some_and(about), "{lie}: {trial}");
        assert!(out.contains(&format!("agent / {oracle}")), "{lie}: {out}");
        assert!(written.failures.iter().any(|text| text.contains(words)), "{lie}: {:?}", written.failures);
        assert!(written.page.contains(oracle) && written.page.contains("--lie"), "{lie}");
    }
}

#[test]
fn diff_tells_a_liar_from_an_honest_agent() {
    let Some(agent) = agent() else { return };
    let (machine, liar) = (machine(), env!("CARGO_BIN_EXE_liar"));
    let host = machine.path().display().to_string();
    let honest = format!("'{}' --enable_tables=users,groups", agent.display());
    let here = ["--table", "users,groups"];
    // What an agent says is held against what the other says once; on this very host a difference must last.
    let lies = [
        ("none", false, ""),
        ("dropped-row", false, "queries"),
        ("wrong-type", false, "queries"),
        ("wrong-schema", false, "schema"),
        ("garbage", false, "never_panics"),
        ("none", true, ""),
        ("wrong-type", true, "queries"),
        ("wrong-schema", true, "schema"),
    ];
    for (lie, live, oracle) in lies {
        let report = tempfile::tempdir().expect("a directory");
        let (root, place) = if live { ("", &here) } else { (" --root {root}", &["--host", host.as_str()]) };
        let other = format!("'{liar}' --lie {lie} -- {honest}{root}");
        let args = ["diff", "--a", &honest, "--b", &other, "--count", "48", "--time", "100"];
        let report_to = ["--report", &report.path().display().to_string()].map(str::to_owned);
        let report_to = report_to.each_ref().map(String::as_str);
        let (code, out, err) = output(&[&args[..], &place[..], &report_to].concat());
        let expect = if lie == "none" { CODES[0] } else { CODES[1] };
        assert_eq!((code, err.as_str()), (expect, ""), "{lie} {live}: {out}");
        let written = written(report.path());
        assert!(written.trials.len() > 10, "{lie}: {out}");
        let found = |trial: &serde_json::Value| trial["verdict"] == "fail" && trial["oracle"] == oracle;
        assert!(lie == "none" || written.trials.iter().any(found), "{lie}: {out}");
    }
}

#[test]
fn cases_are_replayed_and_shrunk() {
    let folder = tempfile::tempdir().expect("a directory");
    let (wrong, small) = (folder.path().join("wrong.case"), folder.path().join("small.case"));
    // Chance breaks the law of determinism, whoever is asked.
    let case = "=== about\nNever twice the same.\n=== oracle determinism\n=== host linux\n=== file /etc/passwd\n\
                root:x:0:0:root:/root:/bin/bash\nal:x:1000:1000:Al:/home/al:/bin/sh\n=== file /etc/hosts\n\
                127.0.0.1 localhost\n=== query\nSELECT uid, username, random() AS r FROM users WHERE uid >= 0 ORDER BY 1\n";
    write(&wrong, case).expect("a file");
    let (path, output_path) = (wrong.display().to_string(), small.display().to_string());
    let (code, out, err) = output(&["replay", &path]);
    assert_eq!((code, err.as_str()), (CODES[1], ""), "{out}");
    let (code, out, err) = output(&["shrink", &path, "--output", &output_path]);
    assert_eq!((code, err.as_str()), (CODES[0], ""), "{out}");
    let shorter = read_to_string(&small).expect("a smaller case");
    assert!(shorter.len() < case.len() && !shorter.contains("/etc/hosts"), "{shorter}");
    let (code, out, _) = output(&["replay", &output_path]);
    assert_eq!(code, CODES[1], "{out}");
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/or-keeps-duplicate-rows.case");
    let (code, out, err) = output(&["replay", corpus]);
    assert_eq!((code, err.as_str()), (CODES[0], ""), "{out}");
    let (code, _, err) = output(&["shrink", corpus]);
    assert!(code == CODES[2] && err.contains("nothing to shrink"), "{err}");
}

/// Whoever reads has gone before the first word.
#[test]
fn nobody_listens() {
    let host = machine();
    let host = host.path().display().to_string();
    for args in [
        &["list"][..],
        &["--help"],
        &["ask", "SELECT * FROM users", "--host", &host],
        &["completion", "zsh"],
        &["run", "--host", &host, "--suite", "tables", "--table", "users", "--report", &host],
        &["rnu"],
    ] {
        let mut child = conform(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop((child.stdout.take(), child.stderr.take()));
        let code = child.wait().expect("a status").code();
        assert_eq!(code, Some(if args == ["rnu"] { CODES[2] } else { CODES[0] }), "{args:?}");
    }
    // A text that is lost for another reason is not taken for a whole one.
    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let Output { status, stderr, .. } = conform(&["list"]).stdout(full).output().expect("it runs");
        let err = String::from_utf8_lossy(&stderr);
        assert!(status.code() == Some(CODES[2]) && err.contains("standard output"), "{err}");
    }
}
