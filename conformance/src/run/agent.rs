//! The suite *agent*: another agent, by its command line.

use super::{Context, live};
use crate::Verdict;
use crate::engines::shell::Shell;
use crate::foreign::{self, Scope};
use crate::report::Trial;

pub(super) fn run(cx: &Context<'_>) -> Result<(), String> {
    let Some(command) = &cx.plan.agent else { return Ok(()) };
    let mut agent = Shell::new(command)?;
    if !cx.plan.steady {
        live::truths(cx, "agent", &mut agent)?;
    }
    let scope = Scope { suite: "agent", host: live::HERE, plan: cx.plan, steady: cx.plan.steady };
    foreign::prove(&mut agent, &scope, &mut &*cx)?;
    for trouble in &agent.troubles {
        let (sql, why) = trouble.rsplit_once("\n  ").unwrap_or((trouble.as_str(), ""));
        let trial = Trial::new("agent", "never_panics", live::HERE, "statement").query(sql);
        cx.send(trial.tables(super::tables_of(sql)).judged(Verdict::Fail(why.to_owned())));
    }
    Ok(())
}
