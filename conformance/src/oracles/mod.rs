//! The oracles. Each says which class of bugs it finds.

pub mod budget;
pub mod catalogue;
pub mod collation_affinity;
pub mod config_roundtrip;
pub mod determinism;
pub mod diff_replay;
pub mod flags;
pub mod formats;
pub mod generated;
pub mod hostile;
pub mod limit_prefix;
pub mod materialized;
pub mod model_roundtrip;
pub mod norec;
pub mod one_picture;
pub mod parser_agreement;
pub mod projection;
pub mod pushdown;
pub mod question;
pub mod recorded;
pub mod schema_truth;
pub mod seek_subset;
pub mod statements;
pub mod table_laws;
pub mod tally;
pub mod tlp;
pub mod types;
pub mod whole_rows;

use crate::Verdict;
use crate::generators::query::Material;
use arbitrary::Unstructured;
use question::Question;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An oracle that takes any bytes.
pub type Target = fn(&[u8]) -> Verdict;

/// What fuzz targets run, by the name of the target.
pub const TARGETS: &[(&str, Target)] = &[
    ("analysis", parser_agreement::check),
    ("config", config_roundtrip::check),
    ("differ", diff_replay::check),
    ("flags", flags::check),
    ("formats", formats::check),
    ("host_model", model_roundtrip::check),
    ("sql_generated", generated::check),
    ("sql_text", statements::check),
    ("tables", hostile::check),
];

/// Makes a question of an agent's tables from bytes.
pub type Ask = fn(&Material, &mut Unstructured<'_>) -> arbitrary::Result<Question>;

/// The oracles that need nothing but SQL and ask random questions, by name. They run against this agent in process, over
/// hosts of any kind, and against any other agent.
pub const QUESTIONS: &[(&str, Ask)] = &[
    ("collation_affinity", collation_affinity::question),
    ("limit_prefix", limit_prefix::question),
    ("norec", norec::question),
    ("one_picture", one_picture::again),
    ("projection", projection::question),
    ("pushdown", pushdown::question),
    ("seek_subset", seek_subset::question),
    ("tlp", tlp::question),
    ("types", types::question),
];

/// Runs laws; a panic is a law that does not hold.
fn caught<T>(laws: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(laws)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("panic: {}", text.unwrap_or("without words")))
    })
}
