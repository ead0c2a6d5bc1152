//! A trial as a line of JSON, for programs that want all of them.

use super::Trial;
use crate::Verdict;
use serde_json::json;

/// A trial as one line, with its newline.
#[must_use]
pub fn line(trial: &Trial) -> String {
    let (verdict, why) = match &trial.verdict {
        Verdict::Pass => ("pass", None),
        Verdict::Skip(why) => ("skip", Some(why)),
        Verdict::Fail(why) => ("fail", Some(why)),
    };
    let mut object = json!({
        "suite": trial.suite,
        "oracle": trial.oracle,
        "host": trial.host,
        "tables": trial.tables,
        "name": trial.name,
        "verdict": verdict,
        "micros": u64::try_from(trial.took.as_micros()).unwrap_or(u64::MAX),
    });
    if let Some(object) = object.as_object_mut() {
        object.extend(why.map(|why| ("why".to_owned(), json!(why))));
        object.extend(trial.query.as_ref().map(|query| ("query".to_owned(), json!(query))));
        // What held can be found by its name; this keeps a long run's file small.
        if matches!(trial.verdict, Verdict::Fail(_)) {
            object.insert("replay".to_owned(), json!(trial.replay));
        }
        if trial.left_out > 0 {
            object.insert("left_out".to_owned(), json!(trial.left_out));
        }
    }
    format!("{object}\n")
}
