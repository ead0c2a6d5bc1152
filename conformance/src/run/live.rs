//! The suite *live*: this very host. Independent programs vouch for answers; values are of their declared types. Tables of
//! a live host change under one's eyes, so other laws are not asked here.

use super::Context;
use crate::engines::Engine;
use crate::engines::embedded::Embedded;
use crate::oracles::table_laws;
use crate::report::Trial;
use crate::truth::{self, Scene};
use plumb_host::{Host, Live, Rooted};
use plumb_schema::Platforms;
use std::sync::Arc;

/// The name under which reports know this host.
pub(super) const HERE: &str = "this host";

pub(super) fn run(cx: &Context<'_>) -> Result<(), String> {
    let host: Arc<dyn Host> = Arc::new(Live::new().map_err(|error| error.to_string())?);
    let mut engine = Embedded::new(Arc::clone(&host))?;
    truths(cx, "live", &mut engine)?;
    if !cx.plan.oracle("types") {
        return Ok(());
    }
    for table in plumb_tables::registry().on(Platforms::CURRENT).filter(|table| cx.plan.table(table.name())) {
        let trial = Trial::new("live", "types", HERE, table.name()).tables([table.name()]);
        cx.judge(trial.replay(cx.plan.again("live", "types", None)), |_| table_laws::types(&host, table, &[]));
    }
    Ok(())
}

/// Asks every program that vouches for a table of this host.
pub(super) fn truths(cx: &Context<'_>, suite: &'static str, engine: &mut dyn Engine) -> Result<(), String> {
    let here = truth::all().map(|truth| (truth, false));
    // Another agent cannot be told to look at a directory.
    let below = truth::in_a_tree().filter(|_| suite == "live").map(|truth| (truth, true));
    let truths: Vec<_> = here.chain(below).filter(|(truth, _)| cx.plan.table(truth.table)).collect();
    if !cx.plan.oracle("ground_truth") || truths.is_empty() {
        return Ok(());
    }
    let scene = Scene::new().map_err(|error| format!("nothing can be set up to look at: {error}"))?;
    let tree = Rooted::open(scene.root()).map_err(|error| error.to_string())?;
    let mut tree = Embedded::new(Arc::new(tree))?;
    for (truth, in_tree) in truths {
        let engine: &mut dyn Engine = if in_tree { &mut tree } else { &mut *engine };
        let trial =
            Trial::new(suite, "ground_truth", HERE, truth.name).tables([truth.table]).query(scene.fill(truth.sql));
        let again = cx.plan.again(suite, "ground_truth", None);
        let again = if cx.plan.tables.is_empty() { format!("{again} --table {}", truth.table) } else { again };
        cx.judge(trial.replay(again), |trial| {
            let outcome = truth.check(&scene, engine);
            trial.left_out = outcome.unsteady;
            outcome.verdict
        });
    }
    Ok(())
}
