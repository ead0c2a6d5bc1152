//! Mathematics. Text counts as the number it begins with, NULL gives NULL.

use super::value::{Answer, Args, real};
use super::{Registrar, fail};
use rusqlite::Result;
use rusqlite::types::ValueRef;
use std::f64::consts::PI;

type Unary = fn(f64) -> f64;

/// The functions of one number.
const UNARY: [(&str, Unary); 13] = [
    ("sqrt", f64::sqrt),
    ("log", f64::ln),
    ("log10", f64::log10),
    ("exp", f64::exp),
    ("sin", f64::sin),
    ("cos", f64::cos),
    ("tan", f64::tan),
    ("cot", |x| 1.0 / x.tan()),
    ("asin", f64::asin),
    ("acos", f64::acos),
    ("atan", f64::atan),
    ("degrees", |x| x * 180.0 / PI),
    ("radians", |x| x * PI / 180.0),
];

pub(super) fn register(to: &Registrar<'_>) -> Result<()> {
    for (name, function) in UNARY {
        // A pole is an error for logarithms; the cotangent of 0 is infinite.
        let pole = matches!(name, "log" | "log10");
        to.add(name, 1, move |args| match args.get(0) {
            ValueRef::Null => Ok(Answer::Null),
            value => {
                let argument = real(value);
                answer(function(argument), pole && argument == 0.0)
            }
        })?;
    }
    to.add("power", 2, power)?;
    to.add("pi", 0, |_| Ok(Answer::Real(PI)))?;
    to.add("ceil", 1, |args| Ok(whole(args.get(0), f64::ceil)))?;
    to.add("floor", 1, |args| Ok(whole(args.get(0), f64::floor)))
}

fn power(args: &Args<'_, '_>) -> Result<Answer> {
    match (args.get(0), args.get(1)) {
        (ValueRef::Null, _) | (_, ValueRef::Null) => Ok(Answer::Null),
        (base, exponent) => {
            let (base, exponent) = (real(base), real(exponent));
            answer(base.powf(exponent), base == 0.0 && exponent < 0.0)
        }
    }
}

fn answer(result: f64, pole: bool) -> Result<Answer> {
    if result.is_nan() {
        fail("Numerical argument out of domain")
    } else if pole {
        fail("Numerical result out of range")
    } else {
        Ok(Answer::Real(result))
    }
}

/// An integer, where one can hold the result.
fn whole(value: ValueRef<'_>, round: fn(f64) -> f64) -> Answer {
    match value {
        ValueRef::Null => Answer::Null,
        ValueRef::Integer(i) => Answer::Int(i),
        value => match round(real(value)) {
            #[allow(clippy::cast_possible_truncation, reason = "checked to be in range")]
            rounded if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) => {
                Answer::Int(rounded as i64)
            }
            rounded => Answer::Real(rounded),
        },
    }
}
