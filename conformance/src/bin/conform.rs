//! `cargo conform`: proves the agent on this host and on the fixture hosts, and writes a report.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to people")]

use plumb_conformance::Verdict;
use plumb_conformance::divergences::Divergences;
use plumb_conformance::engines::Engine;
use plumb_conformance::engines::embedded::Embedded;
use plumb_conformance::engines::shell::Shell;
use plumb_conformance::fixtures::{Fixture, folder};
use plumb_conformance::foreign;
use plumb_conformance::generators::bytes;
use plumb_conformance::oracles::materialized::Pair;
use plumb_conformance::oracles::recorded::Comparison;
use plumb_conformance::oracles::table_laws;
use plumb_conformance::report::{Report, Section};
use plumb_conformance::truth::{self, Scene};
use plumb_host::Host;
use plumb_schema::Platforms;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

const HELP: &str = "\
Proves that the agent answers right: on the fixture hosts and on this very host.

usage: cargo conform [OPTION]...

  --host NAME      only this fixture host, and not this one
  --seeds N        random queries a host (default 1000)
  --first SEED     the first seed (default 0): a failure names its seed
  --ask SQL        ask --host (or this host) one question, over virtual tables and over plain copies, and leave
  --agent CMD      prove another agent instead, by its command line: any that takes --json and SQL as osqueryi does
  --steady         the agent's host does not change by itself: what differs from one answer to the next is a failure
  --report FILE    where the report goes (default target/conform/report.md)
  --help           this text
";

struct Options {
    host: Option<String>,
    seeds: u64,
    first: u64,
    ask: Option<String>,
    agent: Option<String>,
    steady: bool,
    report: PathBuf,
}

fn main() -> ExitCode {
    match options().and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("conform: {message}");
            ExitCode::from(2)
        }
    }
}

fn options() -> Result<Options, String> {
    let report = PathBuf::from("target/conform/report.md");
    let mut options = Options { host: None, seeds: 1000, first: 0, ask: None, agent: None, steady: false, report };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value; see --help"));
        let number = |text: String| text.parse().map_err(|_| format!("{text} is not a number"));
        match arg.as_str() {
            "--host" => options.host = Some(value()?),
            "--seeds" => options.seeds = number(value()?)?,
            "--first" => options.first = number(value()?)?,
            "--ask" => options.ask = Some(value()?),
            "--agent" => options.agent = Some(value()?),
            "--steady" => options.steady = true,
            "--report" => options.report = value()?.into(),
            "--help" | "-h" => {
                print!("{HELP}");
                std::process::exit(0);
            }
            other => return Err(format!("unknown option {other}; see --help")),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Result<bool, String> {
    if let Some(command) = &options.agent {
        return foreign_agent(options, command);
    }
    let chosen = |fixture: &Fixture| options.host.as_ref().is_none_or(|name| *name == fixture.name);
    let fixtures: Vec<Fixture> =
        Fixture::all(&folder()).map_err(|error| error.to_string())?.into_iter().filter(chosen).collect();
    if fixtures.is_empty() {
        return Err(format!("there is no fixture host {}", options.host.clone().unwrap_or_default()));
    }
    if let Some(sql) = &options.ask {
        return ask(options, &fixtures, sql);
    }
    let mut report = Report::default();
    for fixture in &fixtures {
        fixture_host(fixture, options, &mut report)?;
    }
    if options.host.is_none() {
        this_host(&mut report)?;
    }
    finish(options, &report)
}

/// Shows the report and writes it.
fn finish(options: &Options, report: &Report) -> Result<bool, String> {
    progress("");
    print!("{}", report.summary());
    if let Some(folder) = options.report.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    std::fs::write(&options.report, report.markdown("Conformance report"))
        .map_err(|error| format!("{}: {error}", options.report.display()))?;
    println!("report: {}", options.report.display());
    Ok(!report.failed())
}

/// What SQL alone can prove about any agent.
fn foreign_agent(options: &Options, command: &str) -> Result<bool, String> {
    let mut agent = Shell::new(command)?;
    let mut report = Report::default();
    let seeds = options.first..options.first.saturating_add(options.seeds);
    foreign::prove(&mut agent, &foreign::Plan { seeds, steady: options.steady }, &mut report)?;
    let mut section = Section::new("agent: crashes and hangs");
    for trouble in agent.troubles {
        section.add("statement", Verdict::Fail(trouble));
    }
    report.push(section);
    finish(options, &report)
}

/// Shows what is being done, on a terminal: each line replaces the one before it.
fn progress(what: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{what}");
    }
}

/// What programs vouch for, and the law that needs no second look: tables of a live host change under one's eyes.
fn this_host(report: &mut Report) -> Result<(), String> {
    let host: Arc<dyn Host> = Arc::new(plumb_host::Live::new().map_err(|error| error.to_string())?);
    let scene = Scene::new().map_err(|error| format!("nothing can be set up to look at: {error}"))?;
    let mut engine = Embedded::new(Arc::clone(&host))?;
    let mut section = Section::new("this host: ground truth");
    for truth in truth::all() {
        progress(&format!("this host: {}", truth.name));
        section.add(truth.name, truth.check(&scene, &mut engine).verdict);
    }
    report.push(section);
    let mut section = Section::new("this host: laws of tables");
    for table in plumb_tables::registry().on(Platforms::CURRENT) {
        progress(&format!("this host: types of {}", table.name()));
        section.add(&format!("{} types", table.name()), table_laws::types(&host, table, &[]));
    }
    report.push(section);
    Ok(())
}

fn load(fixture: &Fixture) -> Result<Arc<dyn Host>, String> {
    fixture.load().map(|host| Arc::new(host) as Arc<dyn Host>).map_err(|error| error.to_string())
}

fn fixture_host(fixture: &Fixture, options: &Options, report: &mut Report) -> Result<(), String> {
    progress(&format!("{}: recorded answers", fixture.name));
    let host = load(fixture)?;
    let registry = plumb_tables::registry();
    let divergences = Divergences::load()?;
    let mut engine = Embedded::new(Arc::clone(&host))?;
    let mut comparison = Comparison::new(&divergences);
    let mut section = Section::new(format!("{}: recorded answers", fixture.name));
    for recorded in fixture.recorded().map_err(|error| error.to_string())? {
        section.add(&recorded.sql, comparison.check(&mut engine, &registry, &recorded));
    }
    report.push(section);
    progress(&format!("{}: laws of tables", fixture.name));
    report.push(laws(&format!("{}: laws of tables", fixture.name), &host));
    let mut section = Section::new(format!("{}: random queries", fixture.name));
    let mut pair = Pair::new(host)?;
    for seed in options.first..options.first + options.seeds {
        if seed % 50 == 0 {
            progress(&format!("{}: random query {seed}", fixture.name));
        }
        let (_, verdict) = pair.check(&bytes(seed, 400));
        section.add(&format!("--host {} --first {seed} --seeds 1", fixture.name), verdict);
    }
    report.push(section);
    Ok(())
}

fn laws(title: &str, host: &Arc<dyn Host>) -> Section {
    let mut section = Section::new(title);
    for table in plumb_tables::registry().on(Platforms::CURRENT) {
        section.add(&format!("{} types", table.name()), table_laws::types(host, table, &[]));
        section.add(&format!("{} projection", table.name()), table_laws::projection(host, table, &[]));
        section.add(&format!("{} lookups", table.name()), table_laws::seek_subset(host, table));
    }
    section
}

fn ask(options: &Options, fixtures: &[Fixture], sql: &str) -> Result<bool, String> {
    let host: Arc<dyn Host> = match (options.host.is_some(), fixtures.first()) {
        (true, Some(fixture)) => load(fixture)?,
        _ => Arc::new(plumb_host::Live::new().map_err(|error| error.to_string())?),
    };
    let rows = Embedded::new(Arc::clone(&host))?.ask(sql)?;
    for row in &rows {
        let cell = |cell: &Option<Vec<u8>>| {
            cell.as_ref().map_or("NULL".into(), |bytes| String::from_utf8_lossy(bytes).into_owned())
        };
        println!(
            "{}",
            row.iter().map(|(name, value)| format!("{name}={}", cell(value))).collect::<Vec<_>>().join("  ")
        );
    }
    println!("{} rows", rows.len());
    match Pair::new(host)?.compare(sql) {
        Verdict::Pass => println!("plain copies agree"),
        Verdict::Skip(why) => println!("plain copies tell nothing: {why}"),
        Verdict::Fail(why) => println!("plain copies differ: {why}"),
    }
    Ok(true)
}
