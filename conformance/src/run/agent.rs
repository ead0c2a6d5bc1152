//! The suite *agent*: another agent, by its command line. What programs say of this host and what the agent says of itself
//! are asked side by side.

use super::{Context, Unpacked, live};
use crate::Verdict;
use crate::engines::shell::Shell;
use crate::engines::{Engine, Trouble};
use crate::foreign::{self, Scope};
use crate::report::Trial;
use std::time::Duration;

/// What programs of this host say, if it is this host that the agent tells about.
pub(super) fn truths(cx: &Context<'_>) -> Result<(), String> {
    let here = !cx.plan.steady && cx.plan.host.is_none();
    let Some(command) = cx.plan.agent.as_ref().filter(|_| here) else { return Ok(()) };
    let mut agent = start(cx, command)?;
    live::truths(cx, "agent", &mut agent)?;
    troubles(cx, &agent, live::HERE);
    Ok(())
}

/// The laws of SQL; over a fixture host its recorded answers too.
pub(super) fn run(cx: &Context<'_>) -> Result<(), String> {
    let Some(command) = &cx.plan.agent else { return Ok(()) };
    let chosen = cx.hosts.first();
    let unpacked = chosen.map(Unpacked::new).transpose()?;
    let mut agent = start(cx, &unpacked.as_ref().map_or_else(|| command.clone(), |root| root.command(command)))?;
    let host = chosen.map_or(live::HERE, |chosen| chosen.name.as_str());
    if let Some(chosen) = chosen {
        super::recorded::answers(cx, "agent", chosen, &mut agent)?;
    }
    let scope = Scope { suite: "agent", host, plan: cx.plan, steady: cx.plan.steady || chosen.is_some() };
    let proved = foreign::prove(&mut agent, &scope, &mut &*cx);
    troubles(cx, &agent, host);
    proved.map_err(|error| format!("{command}: {error}"))
}

/// How long an agent may be silent, at most; less in a short run, so that one that hangs leaves time for other questions.
const SILENCE: Duration = Duration::from_secs(20);

fn start(cx: &Context<'_>, command: &str) -> Result<Shell, String> {
    let mut agent = Shell::new(command)?;
    agent.until = cx.until();
    agent.deadline = (cx.plan.time / 5).clamp(Duration::from_secs(1), SILENCE);
    Ok(agent)
}

/// Crashes, hangs and garbage, with what was asked.
fn troubles(cx: &Context<'_>, agent: &Shell, host: &str) {
    for Trouble { sql, why } in agent.troubles() {
        let trial = Trial::new("agent", "never_panics", host, "statement").query(sql);
        let trial = trial.replay(cx.plan.again("agent", "never_panics", cx.plan.host.as_deref()));
        cx.send(trial.tables(super::tables_of(sql)).judged(Verdict::Fail(why.clone())));
    }
}
