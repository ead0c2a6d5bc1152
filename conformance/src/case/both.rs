//! One question about a host, over virtual tables and over plain copies of them.

use super::ask::{Asked, copies};
use super::{Trouble, answer};
use crate::Verdict;
use plumb_host::Host;
use std::sync::Arc;

/// What a question gives, and whether plain copies give the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BothWays {
    /// The rows, as cases show them.
    pub text: String,
    /// How many there are.
    pub rows: usize,
    /// Whether plain copies agree.
    pub verdict: Verdict,
}

/// Asks both ways. The copies are asked between two questions to the tables, so that a host which changes by itself is seen.
///
/// # Errors
/// What the engine says of the question.
pub fn both_ways(host: Arc<dyn Host>, sql: &str) -> Result<BothWays, String> {
    let told = |trouble| match trouble {
        Trouble::Skip(why) => why,
        Trouble::Fail(failure) => failure.text,
    };
    let mut asked = Asked::embedded(host).map_err(told)?;
    let got = asked.ask(sql).map_err(told)??;
    let plain = copies(&asked.host, sql);
    let again = asked.ask(sql).map_err(told)?;
    let verdict = match plain {
        _ if again.as_ref().ok() != Some(&got) => Verdict::Skip("the host changed meanwhile".to_owned()),
        Err(why) => Verdict::Skip(why),
        Ok(Err(error)) => Verdict::Fail(format!("they refuse: {error}")),
        Ok(Ok(plain)) => match plain.same(&got, false) {
            Err((_, text)) => Verdict::Fail(text),
            Ok(()) if got.rows.is_empty() => Verdict::Skip("no rows".to_owned()),
            Ok(()) => Verdict::Pass,
        },
    };
    Ok(BothWays { text: answer::write(&got.columns, &got.rows), rows: got.rows.len(), verdict })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::host::small;

    #[test]
    fn questions_both_ways() {
        let ask = |sql: &str| both_ways(Arc::new(small::files()), sql);
        // Hidden columns, which copies have too, do not show.
        let all = ask("SELECT * FROM users").expect("rows");
        assert!(all.verdict == Verdict::Pass && all.rows > 1 && all.text.starts_with("uid "), "{all:?}");
        let one = ask("SELECT username, uid, NULL AS \"n\" FROM users WHERE username = 'root'").expect("a row");
        assert_eq!((one.text.as_str(), one.rows), ("username | uid | n\n'root'   | 0   | NULL\n", 1));
        for (sql, why) in [
            ("SELECT * FROM users WHERE uid = -7", "no rows"),
            ("SELECT random() AS r FROM users", "the host changed meanwhile"),
            ("SELECT path FROM file WHERE path = '/etc/passwd'", "no plain copies"),
        ] {
            let asked = ask(sql).expect(sql);
            assert!(matches!(&asked.verdict, Verdict::Skip(text) if text.contains(why)), "{sql}: {asked:?}");
        }
        assert!(ask("SELECT nothing FROM users").is_err_and(|error| error.contains("nothing")));
    }
}
