//! `conform run`.

use plumb_conformance::report::{Ink, Report, Trial, printable};
use plumb_conformance::run::{self, Plan};
use std::io::{IsTerminal, Write as _};
use std::time::{Duration, Instant};

pub(crate) fn run(plan: &Plan) -> Result<bool, String> {
    let (begin, mut line) = (Instant::now(), Line::new());
    let report = run::run(plan, &|| false, &mut |trial, report, elapsed| line.show(trial, report, elapsed))?;
    line.clear();
    let ink =
        if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() { Ink::Ansi } else { Ink::None };
    print!("{}{}", report.summary(ink), report.findings_text(ink));
    println!("\n{} trials in {:.0} s", report.total().trials(), begin.elapsed().as_secs_f64());
    Ok(!report.failed())
}

/// The line that tells how far it is, on a terminal.
struct Line {
    on: bool,
    last: Option<Instant>,
}

impl Line {
    fn new() -> Self {
        Self { on: std::io::stderr().is_terminal(), last: None }
    }

    fn show(&mut self, trial: &Trial, report: &Report, elapsed: Duration) {
        if !self.on || self.last.is_some_and(|last| last.elapsed() < Duration::from_millis(100)) {
            return;
        }
        self.last = Some(Instant::now());
        let total = report.total();
        let what = printable(&format!("{} / {}", trial.suite, trial.oracle));
        eprint!("\r\x1b[K{:>4} s  {} trials, {} failed  {what}", elapsed.as_secs(), total.trials(), total.failed);
        let _ = std::io::stderr().flush();
    }

    fn clear(&self) {
        if self.on {
            eprint!("\r\x1b[K");
        }
    }
}
