//! The suite *agent*: another agent, by its command line. What programs say of this host and what the agent says of itself
//! are asked side by side.

use super::{Context, Unpacked, live};
use crate::Verdict;
use crate::engines::shell::Shell;
use crate::foreign::{self, Scope};
use crate::report::Trial;

/// What programs of this host say, if it is this host that the agent tells about.
pub(super) fn truths(cx: &Context<'_>) -> Result<(), String> {
    let here = !cx.plan.steady && cx.plan.host.is_none();
    let Some(command) = cx.plan.agent.as_ref().filter(|_| here) else { return Ok(()) };
    let mut agent = Shell::new(command)?;
    live::truths(cx, "agent", &mut agent)?;
    troubles(cx, &agent, live::HERE);
    Ok(())
}

/// The laws of SQL; over a fixture host its recorded answers too.
pub(super) fn run(cx: &Context<'_>) -> Result<(), String> {
    let Some(command) = &cx.plan.agent else { return Ok(()) };
    let chosen = cx.hosts.first();
    let unpacked = chosen.map(Unpacked::new).transpose()?;
    let mut agent = Shell::new(&unpacked.as_ref().map_or_else(|| command.clone(), |root| root.command(command)))?;
    let host = chosen.map_or(live::HERE, |chosen| chosen.name.as_str());
    if let Some(chosen) = chosen {
        super::recorded::answers(cx, "agent", chosen, &mut agent)?;
    }
    let scope = Scope { suite: "agent", host, plan: cx.plan, steady: cx.plan.steady || chosen.is_some() };
    let proved = foreign::prove(&mut agent, &scope, &mut &*cx);
    troubles(cx, &agent, host);
    proved.map_err(|error| format!("{command}: {error}"))
}

/// Crashes and hangs, with what was asked.
fn troubles(cx: &Context<'_>, agent: &Shell, host: &str) {
    for trouble in &agent.troubles {
        let (sql, why) = trouble.rsplit_once("\n  ").unwrap_or((trouble.as_str(), ""));
        // Whoever interrupts the run interrupts the agent too.
        if cx.stopped() && why.contains("signal: 2 ") {
            continue;
        }
        let trial = Trial::new("agent", "never_panics", host, "statement").query(sql);
        let trial = trial.replay(cx.plan.again("agent", "never_panics", cx.plan.host.as_deref()));
        cx.send(trial.tables(super::tables_of(sql)).judged(Verdict::Fail(why.to_owned())));
    }
}
