//! `conform diff`.

use crate::prove::{Recorder, finish, here};
use plumb_conformance::report::About;
use plumb_conformance::run::{self, Plan};
use std::path::Path;

pub(crate) fn diff(plan: &Plan, names: &[String; 2], folder: &Path) -> Result<bool, String> {
    let [a, b] = names.each_ref().map(String::as_str);
    let about = About { agent: format!("{a} against {b}"), seed: plan.seed, ..here() };
    let recorder = Recorder::new(folder)?;
    let tired = recorder.tired();
    let outcome = recorder.record(plan.time, |_, each| run::diff(plan, [a, b], &tired, each))?;
    finish(outcome, about, folder)
}
