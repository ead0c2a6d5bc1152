//! Completion of flags in other people's shells.
#![allow(
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "starts shells, and says which are not there"
)]

use std::process::Command;

/// What a shell prints, if it is there.
fn told(shell: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(shell).args(args).env("HOME", env!("CARGO_TARGET_TMPDIR")).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.is_empty(), "{shell}: {said}");
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// Holds the flags that a shell offers for a word against those that it should; skips where there is no such shell.
fn check(shell: &str, cases: &[(&str, &str)], complete: impl Fn(&str) -> Option<String>) {
    for (word, expect) in cases {
        match complete(word) {
            Some(flags) => assert_eq!(flags, *expect, "{shell}: {word}"),
            None => return eprintln!("skipped: there is no {shell}"),
        }
    }
}

const PROFILE: &str = "--profile_pack= --profile_query= --profile_rounds= --profile_timeout=";

#[test]
fn bash() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/completions/plumb.bash");
    let cases = [
        ("--profile_", PROFILE),
        ("--profile-p", "--profile_pack="),
        ("--flagf", "--flagfile="),
        ("--json", "--json --json_pretty"),
        ("--root=/", ""),
    ];
    check("bash", &cases, |word| {
        let body = format!(
            "compopt() {{ :; }}; source {script}; COMP_WORDS=(plumbi '{word}'); COMP_CWORD=1; _plumb {}; echo \"${{COMPREPLY[@]}}\"",
            env!("CARGO_BIN_EXE_plumbi")
        );
        told("bash", &["-c", &body])
    });
}

/// The names of the flags among the completions, which have a text after each.
fn names(completions: &str, end: char) -> String {
    let name = |line: &str| line.split_once(end).map(|(name, text)| (name.to_owned(), text.len() > 5));
    let (names, told): (Vec<String>, Vec<bool>) = completions.lines().filter_map(name).unzip();
    assert!(told.iter().all(|told| *told), "{completions}");
    names.join(" ")
}

#[test]
fn fish() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/completions/plumb.fish");
    let cases = [
        ("--profile_", PROFILE),
        ("--flagf", "--flagfile="),
        ("--json", "--json --json_pretty"),
        ("--root=/", ""),
        ("select", ""),
    ];
    check("fish", &cases, |word| {
        // It knows programs by their names.
        let body = format!("source {script}; complete -C'{} {word}'", env!("CARGO_BIN_EXE_plumbi"));
        told("fish", &["--no-config", "-c", &body]).map(|completions| names(&completions, '\t'))
    });
}

/// What zsh makes of the list is zsh's own: the parts of its completion are played here.
#[test]
fn zsh() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/completions/_plumb");
    let cases = [("--profile_", PROFILE), ("--flagf", "--flagfile="), ("--root=/", ""), ("select", "")];
    check("zsh", &cases, |word| {
        let body = format!(
            "compset() {{ [[ $PREFIX == --*=* ]] }}; _files() {{ print files }}; words=('{}'); PREFIX='{word}'; \
             _describe() {{ print -l -- $switches $values }}; source {script}",
            env!("CARGO_BIN_EXE_plumbi")
        );
        let completions = told("zsh", &["-fc", &body])?;
        let chosen: Vec<&str> = completions.lines().filter(|line| line.starts_with(word)).collect();
        assert_eq!(completions == "files", chosen.is_empty(), "{completions}");
        Some(names(&chosen.join("\n"), ':'))
    });
}
