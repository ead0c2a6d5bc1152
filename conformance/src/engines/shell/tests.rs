use super::*;

/// An agent made of a shell script: `$1` is `--json`, `$2` the statement if there is one.
fn script(text: &str) -> Shell {
    let mut shell = Shell::new(&format!("sh -c '{text}' agent")).expect("a command");
    shell.exact = false;
    shell
}

fn one(value: &str) -> Vec<Row> {
    vec![[("a".to_owned(), Some(value.as_bytes().to_vec()))].into()]
}

#[test]
fn answers_of_one_process_are_told_apart() {
    let out = r#"[{"a":"1"}] [{"plumb_sentinel":"0"}] [ ] [{"plumb_sentinel":"1"}]"#;
    let mut shell = script(&format!("cat > /dev/null; echo \"{}\"", out.replace('"', "\\\"")));
    assert_eq!(shell.ask_many(&["x".into(), "y".into()]), [Ok(one("1")), Ok(vec![])]);
    assert!(shell.troubles.is_empty());
}

/// What a script prints, in words that its shell leaves alone.
fn printed(out: &str) -> String {
    format!("echo \"{}\"", out.replace('"', "\\\""))
}

#[test]
fn marks_tell_the_time() {
    let out = r#"[{"plumb_sentinel":"","plumb_clock":"10"}] [{"a":"1"}] [{"plumb_sentinel":"0","plumb_clock":"10.5"}]
        [ ] [{"plumb_clock":"10.75","plumb_sentinel":"1"}]"#;
    let mut shell = script(&format!("cat > /dev/null; {}", printed(out)));
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let answers = shell.ask_timed(&["x".into(), "y".into()]);
    assert_eq!(answers, [(Ok(one("1")), hours(12)), (Ok(vec![]), hours(6))]);
}

#[test]
fn an_agent_may_have_no_clock() {
    let out = r#"[{"a":"1"}] [{"plumb_sentinel":"0"}] [ ] [{"plumb_sentinel":"1"}]"#;
    let mut shell = script(&format!(
        "test \"$2\" && exit 1; if grep -q julianday; then echo \"no such function\" >&2; else {}; fi",
        printed(out)
    ));
    assert_eq!(shell.ask_many(&["x".into(), "y".into()]), [Ok(one("1")), Ok(vec![])]);
}

/// Alone, this agent refuses everything: so it is seen that what is empty was asked with others.
#[test]
fn a_complaint_makes_the_others_ask_again_together() {
    let out = r#"[{"plumb_sentinel":""}] [ ] [{"plumb_sentinel":"0"}] [ ] [{"plumb_sentinel":"2"}]"#;
    let mut shell = script(&format!(
        "test \"$2\" && echo \"Error: $2\" >&2 && exit 1; if grep -q bad; then echo \"Error: bad\" >&2; fi; {}",
        printed(out)
    ));
    let answers = shell.ask_many(&["x".into(), "bad".into(), "y".into()]);
    assert_eq!(answers, [Ok(vec![]), Err("Error: bad".to_owned()), Ok(vec![])]);
    assert!(shell.troubles.is_empty());
}

#[test]
fn what_crashes_or_confuses_is_asked_alone() {
    let mut shell = script(
        "case $2 in crash) kill -9 $$;; bad) echo \"Error: bad\" >&2; exit 1;; \
         odd) echo \"[{\";; ?*) echo \"[{\\\"a\\\":\\\"2\\\"}]\";; *) echo nonsense; kill -9 $$;; esac",
    );
    let answers = shell.ask_many(&["fine", "crash", "bad", "odd"].map(String::from));
    assert_eq!(answers.first(), Some(&Ok(one("2"))));
    for (answer, expect) in answers.iter().skip(1).zip(["crashed", "Error: bad", "the output is not JSON"]) {
        assert!(answer.as_ref().is_err_and(|error| error.starts_with(expect)), "{answer:?} {expect}");
    }
    let troubles: Vec<_> = shell.troubles.iter().map(|trouble| trouble.sql.as_str()).collect();
    assert_eq!(troubles, ["crash", "odd"]);
}

/// However slow the machine is, this agent does not answer in time.
#[test]
fn what_hangs_is_ended() {
    let mut shell = script("exec sleep 1000");
    shell.deadline = Duration::from_millis(100);
    assert!(shell.ask("x").is_err_and(|error| error.starts_with("hung")));
    assert!(shell.troubles.iter().all(|trouble| trouble.sql == "x" && trouble.why.starts_with("hung")));
    assert_eq!(shell.troubles.len(), 1);
}

#[test]
fn a_crash_that_takes_several_statements_is_reported() {
    let mut shell = script("test \"$2\" || exit 139; echo \"[{\\\"a\\\":\\\"2\\\"}]\"");
    assert_eq!(shell.ask_many(&["x".into(), "y".into()]), [Ok(one("2")), Ok(one("2"))]);
    assert!(shell.troubles.iter().any(|trouble| trouble.why.ends_with("none of the statements does alone")));
    assert_eq!(shell.troubles.len(), 1);
}

/// An agent that starts a process which would live on, and what that process said before it was gone.
fn worker(then: &str, deadline: Duration) -> (Answer, String) {
    let folder = tempfile::tempdir().expect("a directory");
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600), 0)
        .expect("a pipe");
    let mut shell =
        script(&format!("test \"$2\" || exit 0; exec 3> {}; (sleep 10; echo alive >&3) & {then}", pipe.display()));
    shell.deadline = deadline;
    let path = pipe.clone();
    let reader = std::thread::spawn(move || std::fs::read_to_string(path));
    let answer = shell.ask("x");
    // However slow the agent was, the reader is not left alone.
    while !reader.is_finished() {
        let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
        drop(rustix::fs::open(&pipe, flags, rustix::fs::Mode::empty()));
        std::thread::yield_now();
    }
    (answer, reader.join().expect("no panic").expect("text"))
}

#[test]
fn what_an_agent_started_ends_with_it() {
    let (answer, said) = worker("wait", Duration::from_secs(1));
    assert!(answer.is_err_and(|error| error.starts_with("hung")));
    assert_eq!(said, "");
    // One that ends by itself, while its worker holds the pipes, has answered.
    let (answer, said) = worker("echo \"[{\\\"a\\\":\\\"1\\\"}]\"", Duration::from_secs(60));
    assert_eq!((answer, said.as_str()), (Ok(one("1")), ""));
}

#[test]
fn one_that_prints_on_and_on_is_not_silent() {
    let mut shell =
        script("for n in 1 2 3 4 5 6 7 8; do echo \"[ ]\"; sleep 0.2; done; echo \"[{\\\"a\\\":\\\"1\\\"}]\"");
    shell.deadline = Duration::from_secs(30);
    assert_eq!(shell.ask("x"), Ok(one("1")));
    let mut shell = script("while echo \"[ ]\"; do sleep 0.01; done");
    shell.deadline = Duration::from_millis(300);
    assert!(shell.ask("x").is_err_and(|error| error.starts_with("hung")));
}

#[test]
fn nobody_waits_when_it_is_over() {
    let mut shell = script("exec sleep 1000");
    let stop = Arc::clone(&shell.until.stop);
    let answer = std::thread::scope(|scope| {
        let asked = scope.spawn(|| shell.ask("x"));
        stop.store(true, Ordering::Relaxed);
        asked.join().expect("no panic")
    });
    assert_eq!(answer, Err(STOPPED.to_owned()));
    let mut shell = script("exec sleep 1000");
    shell.until.end = Some(Instant::now());
    assert_eq!(shell.ask_many(&["x".into(), "y".into()]), vec![Err(STOPPED.to_owned()); 2]);
    assert!(shell.troubles.is_empty());
}
