//! The suite *agent*: another agent, by its command line. What programs say of this host and what the agent says of itself
//! are asked side by side.

use super::{Context, live};
use crate::Verdict;
use crate::engines::shell::Shell;
use crate::foreign::{self, Scope};
use crate::report::Trial;

/// What programs of this host say, if it is this host that the agent tells about.
pub(super) fn truths(cx: &Context<'_>) -> Result<(), String> {
    let Some(command) = cx.plan.agent.as_ref().filter(|_| !cx.plan.steady) else { return Ok(()) };
    let mut agent = Shell::new(command)?;
    live::truths(cx, "agent", &mut agent)?;
    troubles(cx, &agent);
    Ok(())
}

/// The laws of SQL.
pub(super) fn run(cx: &Context<'_>) -> Result<(), String> {
    let Some(command) = &cx.plan.agent else { return Ok(()) };
    let mut agent = Shell::new(command)?;
    let scope = Scope { suite: "agent", host: live::HERE, plan: cx.plan, steady: cx.plan.steady };
    let proved = foreign::prove(&mut agent, &scope, &mut &*cx);
    troubles(cx, &agent);
    proved.map_err(|error| format!("{command}: {error}"))
}

/// Crashes and hangs, with what was asked.
fn troubles(cx: &Context<'_>, agent: &Shell) {
    for trouble in &agent.troubles {
        let (sql, why) = trouble.rsplit_once("\n  ").unwrap_or((trouble.as_str(), ""));
        // Whoever interrupts the run interrupts the agent too.
        if cx.stopped() && why.contains("signal: 2 ") {
            continue;
        }
        let trial = Trial::new("agent", "never_panics", live::HERE, "statement").query(sql);
        let trial = trial.replay(cx.plan.again("agent", "never_panics", None));
        cx.send(trial.tables(super::tables_of(sql)).judged(Verdict::Fail(why.to_owned())));
    }
}
