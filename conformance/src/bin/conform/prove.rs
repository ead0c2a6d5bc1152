//! `conform run`.

use crate::progress::Progress;
use crate::say::say;
use plumb_conformance::engines::Engine;
use plumb_conformance::engines::shell::Shell;
use plumb_conformance::report::{self, About, Ink, Report};
use plumb_conformance::run::{self, Plan};
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) fn run(plan: &Plan, folder: &Path) -> Result<bool, String> {
    let about = about(plan);
    let mut outcome = Recorder::new(folder)?.record(plan.time, |tired, each| run::run(plan, tired, each))?;
    run::settle(&mut outcome.report, plan, &run::hosts(plan)?, &folder.join("findings"))?;
    finish(outcome, about, folder)
}

/// A report, and whether somebody was tired of waiting for more.
pub(crate) struct Recorded {
    report: Report,
    interrupted: bool,
}

/// Keeps every trial as a line, shows how far it is, and listens for an interrupt.
pub(crate) struct Recorder {
    lines: BufWriter<File>,
    tired: Arc<AtomicBool>,
}

/// Something that is interrupted when its first argument says so, and tells its second of every trial.
type Each<'a> = &'a mut dyn FnMut(&report::Trial, &Report, std::time::Duration);

impl Recorder {
    pub(crate) fn new(folder: &Path) -> Result<Self, String> {
        let path = folder.join("trials.jsonl");
        let file = std::fs::create_dir_all(folder).and_then(|()| File::create(&path));
        let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
        let tired = Arc::new(AtomicBool::new(false));
        // The first interrupt asks for an early end; a second one does not ask.
        let listen =
            signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGINT, 130, Arc::clone(&tired))
                .and_then(|_| signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&tired)));
        listen.map_err(|error| format!("interrupts cannot be listened for: {error}"))?;
        Ok(Self { lines: BufWriter::new(file), tired })
    }

    /// What an interrupt sets.
    pub(crate) fn tired(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.tired)
    }

    pub(crate) fn record(
        mut self,
        time: std::time::Duration,
        work: impl FnOnce(&dyn Fn() -> bool, Each<'_>) -> Result<Report, String>,
    ) -> Result<Recorded, String> {
        let mut progress = Progress::new(time);
        let (lines, mut lost) = (&mut self.lines, None);
        let tired = Arc::clone(&self.tired);
        let report = work(&move || tired.load(Ordering::Relaxed), &mut |trial, report, elapsed| {
            progress.show(trial, report, elapsed);
            if let Err(error) = lines.write_all(report::line(trial).as_bytes()) {
                lost.get_or_insert(error);
            }
        })?;
        progress.end();
        let lost = lost.map_or_else(|| self.lines.flush().err(), Some);
        match lost {
            None => Ok(Recorded { report, interrupted: self.tired.load(Ordering::Relaxed) }),
            Some(error) => Err(format!("trials.jsonl: {error}")),
        }
    }
}

/// Shows the report and writes it.
pub(crate) fn finish(recorded: Recorded, about: About, folder: &Path) -> Result<bool, String> {
    let Recorded { mut report, interrupted } = recorded;
    if report.total().trials() == 0 {
        return Err("nothing was judged: no suite that was chosen has anything to do here".to_owned());
    }
    let About { hosts, took, .. } = std::mem::take(&mut report.about);
    report.about = About { hosts, took, interrupted, ..about };
    let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let ink = if color { Ink::Ansi } else { Ink::None };
    say(&format!("{}{}", report.summary(ink), report.findings_text(ink)));
    let paths = report::write(&report, folder)?;
    say(&format!("\n{}\n", report.verdict(ink)));
    for path in paths {
        say(&format!("  {}\n", path.display()));
    }
    Ok(!report.failed())
}

/// What the page says was tested.
fn about(plan: &Plan) -> About {
    let (agent, version) = match &plan.agent {
        None => ("plumb, in process".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        Some(command) => (command.clone(), version(command).unwrap_or_default()),
    };
    About { agent, version, hosts: Vec::new(), seed: plan.seed, ..here() }
}

/// What is the same of every report.
pub(crate) fn here() -> About {
    let args: Vec<String> = std::env::args().skip(1).map(|arg| run::quoted(&arg)).collect();
    About {
        command: [vec!["cargo conform".to_owned()], args].concat().join(" "),
        when: jiff::Zoned::now().strftime("%-d %B %Y, %H:%M").to_string(),
        ..About::default()
    }
}

/// The version that an agent says it has.
fn version(command: &str) -> Option<String> {
    let rows = Shell::new(command).ok()?.ask("SELECT version FROM osquery_info").ok()?;
    let cell = rows.first()?.get("version")?.as_ref()?;
    Some(String::from_utf8_lossy(cell).into_owned())
}
