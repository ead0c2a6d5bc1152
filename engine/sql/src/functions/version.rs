//! `version_compare(a, b[, flavour])`.

use super::value::{Answer, Args};
use super::{ANY, Registrar, fail};
use crate::version::Flavour;
use rusqlite::Result;

pub(super) fn register(to: &Registrar<'_>) -> Result<()> {
    to.add("version_compare", ANY, version_compare)
}

fn version_compare(args: &Args<'_, '_>) -> Result<Answer> {
    let (Some(a), Some(b)) = (args.strict_text(0), args.strict_text(1)) else {
        return fail("Must provide two version strings to compare.");
    };
    let flavour = if args.len() > 2 {
        let Some(name) = args.strict_text(2) else {
            return fail("The optional third parameter is not a string.");
        };
        match Flavour::from_name(name) {
            Some(flavour) => flavour,
            None => return fail("The optional third parameter does not match one of: (ARCH, DPKG, RHEL)."),
        }
    } else {
        Flavour::Plain
    };
    Ok(Answer::Int(flavour.compare(a, b) as i64))
}
