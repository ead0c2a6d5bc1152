//! Runs the Python suites as a part of `cargo test --workspace`: builds the module and the programs in the profile of this very
//! test, makes a virtual environment from pinned requirements once, and runs pytest.
//!
//! Where there is no Python, or its packages cannot be had, it says that it skips; `PLUMB_REQUIRE_PYTHON=1`, which CI sets,
//! makes that a failure. `PYTHON` names another interpreter than `python3`, `PLUMB_PYTEST` has more options for pytest.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    clippy::unwrap_used,
    reason = "starts programs"
)]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crate's folder.
const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn suites() {
    let folder = profile();
    build(&folder);
    let work = folder.join("python");
    let python = match environment(&work) {
        Ok(python) => python,
        Err(why) => {
            assert!(env::var_os("PLUMB_REQUIRE_PYTHON").is_none_or(|value| value != "1"), "{why}");
            // Not `eprintln`, which the harness shows for failures alone.
            writeln!(std::io::stderr(), "SKIPPED the Python suites: {why}").unwrap();
            return;
        }
    };
    let modules = place(&folder, &work);
    let mut pytest = Command::new(python);
    pytest
        .current_dir(HERE)
        .env("PYTHONPATH", modules)
        .env("PLUMB_PROGRAMS", &folder)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    pytest.args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "--numprocesses=4", "--dist=worksteal"]);
    pytest.arg(with("--basetemp=", &work.join("tmp"))).arg(with("--junitxml=", &work.join("junit.xml")));
    pytest.args(env::var("PLUMB_PYTEST").unwrap_or_default().split_whitespace());
    let status = pytest.status().unwrap();
    assert!(status.success(), "pytest: {status}");
}

fn with(option: &str, path: &Path) -> OsString {
    let mut word = OsString::from(option);
    word.push(path);
    word
}

/// Where cargo puts programs and libraries of this profile.
fn profile() -> PathBuf {
    let test = env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

/// The module, the shell, the daemon and the liar, as new as their sources.
fn build(folder: &Path) {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(HERE).args(["build", "--quiet", "--lib", "--bins"]);
    cargo.arg(with("--target-dir=", folder.parent().unwrap()));
    for package in ["plumb-python", "plumb", "plumb-conformance"] {
        cargo.args(["--package", package]);
    }
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.status().unwrap();
    assert!(status.success(), "cargo build: {status}");
}

/// The interpreter of an environment that has the requirements; made once for each text of them and each Python.
fn environment(work: &Path) -> Result<PathBuf, String> {
    let python = env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let requirements = Path::new(HERE).join("requirements.txt");
    let mut hash = DefaultHasher::new();
    fs::read(&requirements).unwrap().hash(&mut hash);
    asked(Command::new(&python).args(["-I", "-c", "import sys; print(sys.version, sys.prefix)"]))?.hash(&mut hash);
    // Beside the profiles, so that they share it.
    let folder = work.parent().and_then(Path::parent).unwrap().join(format!("python-{:016x}", hash.finish()));
    let inside = folder.join("bin/python");
    let made = folder.join("made");
    if !made.exists() {
        asked(Command::new(&python).args(["-I", "-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = Command::new(&inside);
        pip.args(["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]);
        asked(pip.arg("--no-deps").arg("--requirement").arg(&requirements))?;
        fs::write(&made, "").unwrap();
    }
    Ok(inside)
}

/// What a program prints, or why it does not.
fn asked(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} failed ({}): {}", output.status, said.trim()))
}

/// The package as it is installed, its Python files beside the library; the folder that holds it.
fn place(folder: &Path, work: &Path) -> PathBuf {
    let modules = work.join("modules");
    let package = modules.join("plumb");
    fs::create_dir_all(&package).unwrap();
    for entry in fs::read_dir(Path::new(HERE).join("python/plumb")).unwrap() {
        let file = entry.unwrap().path();
        if file.is_file() {
            fs::copy(&file, package.join(file.file_name().unwrap())).unwrap();
        }
    }
    let library = format!("{}_plumb{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    // A rename, so that a Python that has the old one loaded keeps it whole.
    let new = package.join("new");
    fs::copy(folder.join(library), &new).unwrap();
    let extension = if cfg!(windows) { "_plumb.pyd" } else { "_plumb.abi3.so" };
    fs::rename(new, package.join(extension)).unwrap();
    modules
}
