use super::*;
use plumb_agent::flags::Origin;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// An installation in a folder, in which all is well.
struct House {
    folder: tempfile::TempDir,
    flags: Flags,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut house = Self { folder, flags: Flags::default() };
        for (directory, mode) in [("etc", 0o755), ("db", 0o700), ("log", 0o750), ("run", 0o755)] {
            fs::create_dir(house.path(directory)).unwrap();
            house.mode(directory, mode);
        }
        house.write("etc/osquery.conf", r#"{"schedule": {"q": {"query": "select 1", "interval": 60}}}"#);
        house.write("proc/sys/kernel/osrelease", "6.1.0-test\n");
        for (flag, path) in [
            ("config_path", "etc/osquery.conf"),
            ("database_path", "db"),
            ("logger_path", "log"),
            ("pidfile", "run/osqueryd.pidfile"),
            ("extensions_socket", "run/osquery.em"),
        ] {
            let path = house.path(path).display().to_string();
            house.set(flag, &path);
        }
        house
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    fn mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn set(&mut self, flag: &str, value: &str) {
        self.flags.set(flag, value, Origin::CommandLine).unwrap();
    }

    /// What is not well, and is a matter of the house and not of the machine that the test runs on.
    fn found(&self) -> Vec<(&'static str, &'static str, String)> {
        let found = Exam::new(&self.flags, self.folder.path()).all();
        let of_machine = |finding: &&Finding| {
            matches!(finding.subject, "user" | "limits" | "clock") || finding.text.contains("openat2")
        };
        assert!(found.iter().any(|finding| finding.state == State::Ok));
        assert!(found.iter().all(|finding| (finding.state == State::Ok) == finding.remedy.is_none()));
        let here = self.folder.path().display().to_string();
        let not_well = found.iter().filter(|finding| finding.state != State::Ok && !of_machine(finding));
        not_well.map(|finding| (finding.state.word(), finding.subject, finding.text.replace(&here, "HOME"))).collect()
    }

    #[track_caller]
    fn finds(&self, state: &str, subject: &str, part: &str) {
        let found = self.found();
        let is_it = |(s, j, text): &&(&str, &str, String)| (*s, *j) == (state, subject) && text.contains(part);
        assert!(found.iter().any(|finding| is_it(&finding)), "{state} {subject} {part:?} is not in {found:#?}");
        assert_eq!(found.len(), 1, "{found:#?}");
    }
}

#[test]
fn all_is_well() {
    assert_eq!(House::new().found(), []);
}

#[test]
fn one_thing_at_a_time() {
    type Harm = fn(&mut House);
    let cases: &[(Harm, &str, &str, &str)] = &[
        (
            |house| fs::remove_file(house.path("etc/osquery.conf")).unwrap(),
            "fail",
            "config",
            "config file does not exist: HOME/etc/osquery.conf",
        ),
        (
            |house| house.write("etc/osquery.conf", "{\"schedule\": {},\n}"),
            "fail",
            "config",
            "Error parsing the config JSON",
        ),
        (|house| house.write("etc/osquery.conf", "{\"shedule\": {}}"), "warn", "config", "HOME/etc/osquery.conf:1:2: "),
        (|house| house.write("etc/osquery.conf.d/x.conf", "[]"), "fail", "config", "Error parsing the config JSON"),
        (|house| house.set("config_plugin", "nope"), "fail", "config", "Cannot activate nope config plugin"),
        (|house| house.set("logger_plugin", "filesystem,nope"), "fail", "logger", "no logger plugin nope"),
        (
            |house| house.mode("etc/osquery.conf", 0o666),
            "warn",
            "config",
            "osquery.conf can be changed by others (mode 0666)",
        ),
        (|house| house.mode("etc", 0o777), "warn", "config", "everything in HOME/etc"),
        (|house| house.mode("db", 0o755), "warn", "database", "HOME/db is open to others (mode 0755)"),
        (|house| fs::remove_dir(house.path("log")).unwrap(), "fail", "logs", "HOME/log: No such file"),
        (|house| house.mode("log", 0o777), "warn", "logs", "HOME/log can be changed by others"),
        (|house| house.set("pidfile", "/no/such/place/x"), "fail", "pidfile", "no directory /no/such/place"),
        (|house| house.set("extensions_socket", "/no/such/place/x"), "fail", "socket", "no directory /no/such/place"),
        (|house| house.write("proc/4711/comm", "osqueryd\n"), "warn", "agents", "osqueryd runs, as process 4711"),
        (|house| house.set("disable_watchdog", "true"), "warn", "watchdog", "off"),
        (|house| house.set("watchdog_memory_limit", "20"), "warn", "watchdog", "may have 20 MiB"),
        (
            |house| {
                house.write("proc/self/cgroup", "0::/system.slice/x.service\n");
                house.write("sys/fs/cgroup/system.slice/x.service/memory.max", "max\n");
                house.write("sys/fs/cgroup/system.slice/memory.max", "104857600\n");
            },
            "warn",
            "watchdog",
            "may have 100 MiB, less than the watchdog's 200",
        ),
        (
            |house| house.write("proc/self/mounts", "proc /proc proc rw,nosuid,hidepid=2 0 0\n"),
            "warn",
            "kernel",
            "hidepid=2",
        ),
        (
            |house| {
                house.set("enable_file_events", "true");
                house.write("proc/sys/fs/inotify/max_user_watches", "8192\n");
            },
            "warn",
            "events",
            "only 8192 directories",
        ),
    ];
    for (harm, state, subject, part) in cases {
        let mut house = House::new();
        harm(&mut house);
        house.finds(state, subject, part);
    }
}

#[test]
fn what_is_not_used_is_not_looked_at() {
    let mut house = House::new();
    for directory in ["db", "log", "run"] {
        fs::remove_dir(house.path(directory)).unwrap();
    }
    for flag in ["disable_database", "disable_logging", "ephemeral", "disable_extensions"] {
        house.set(flag, "true");
    }
    assert_eq!(house.found(), []);
}

#[test]
fn an_agent_that_holds_the_pidfile_is_the_one_that_is_asked_about() {
    let house = House::new();
    house.write("proc/4711/comm", "plumbd\n");
    house.write("run/osqueryd.pidfile", "4711");
    assert_eq!(house.found(), []);
}

#[test]
fn a_database_that_is_not_there_yet_is_made() {
    let mut house = House::new();
    let path = house.path("new/db").display().to_string();
    house.set("database_path", &path);
    assert_eq!(house.found(), []);
    let socket = house.path("new/agent.em").display().to_string();
    house.set("extensions_socket", &socket);
    assert_eq!(house.found(), [], "it lies in a directory that is made for the database");
}

#[test]
fn as_it_is_printed() {
    let finding = |state, subject, remedy: Option<&str>| Finding {
        state,
        subject,
        text: format!("about {subject}"),
        remedy: remedy.map(str::to_owned),
    };
    let found = [
        finding(State::Ok, "clock", None),
        finding(State::Warning, "database", Some("do that")),
        finding(State::Failure, "logs", Some("do this")),
    ];
    let expect = "ok    clock     about clock\nwarn  database  about database\n                -> do that\n\
                  fail  logs      about logs\n                -> do this\n1 ok, 1 to look at, 1 wrong\n";
    assert_eq!(as_text(&found), expect);
    let json = as_json(&found);
    assert_eq!(json["ok"], false);
    assert_eq!(
        json["checks"][2],
        json!({ "state": "fail", "subject": "logs", "text": "about logs", "remedy": "do this" })
    );
    assert_eq!(json["checks"][0]["remedy"], Value::Null);
}
