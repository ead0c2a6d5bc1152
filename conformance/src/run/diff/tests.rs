//! How often agents are asked.

use super::*;
use crate::engines::Engine;
use std::sync::Mutex;

/// An agent of which each statement has an answer of its own, and that remembers what it was asked.
struct Spoken {
    answers: fn(&str, usize) -> &'static str,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Engine for Spoken {
    fn ask(&mut self, sql: &str) -> Answer {
        let mut asked = self.asked.lock().expect("no panic");
        let times = asked.iter().filter(|known| *known == sql).count();
        asked.push(sql.to_owned());
        let row = |cell: &str| [("c".to_owned(), Some(cell.as_bytes().to_vec()))].into();
        Ok((self.answers)(sql, times).split_whitespace().map(row).collect())
    }
}

fn compared(answers: [fn(&str, usize) -> &'static str; 2], live: bool) -> (Vec<String>, [usize; 2]) {
    let asked: [Arc<Mutex<Vec<String>>>; 2] = Default::default();
    let [mut a, mut b] = [0, 1].map(|n| Side {
        name: format!("agent {n}"),
        engine: Box::new(Spoken { answers: answers[n], asked: Arc::clone(&asked[n]) }),
        is_program: false,
    });
    let (plan, mut report, mut verdicts) = (Plan::default(), Report::default(), Vec::new());
    let mut each = |trial: &Trial, _: &Report, _| {
        verdicts.push(format!("{:?}", trial.verdict).split(['(', '"']).next().unwrap_or_default().to_owned());
    };
    let mut work = Work {
        plan: &plan,
        host: "nowhere".to_owned(),
        names: ["agent 0", "agent 1"],
        report: &mut report,
        until: Until::default(),
        each: &mut each,
        begin: Instant::now(),
        lossy: false,
        live,
        shares: Shares::default(),
        sizes: BTreeMap::new(),
    };
    let questions =
        ["steady", "moving"].map(|sql| Asked { trial: work.about("rows", sql), sql: sql.to_owned(), keys: Vec::new() });
    work.ask(&mut a, &mut b, questions.to_vec());
    (verdicts, asked.map(|asked| asked.lock().expect("no panic").len()))
}

#[test]
fn who_says_the_same_is_asked_once() {
    let honest = |_: &str, _: usize| "1 2 3";
    assert_eq!(compared([honest, honest], true), (vec!["Pass".to_owned(); 2], [2, 2]));
    // The same rows in another order are the same.
    assert_eq!(compared([honest, |_, _| "3 1 2"], true), (vec!["Pass".to_owned(); 2], [2, 2]));
}

#[test]
fn what_differs_is_asked_again() {
    let honest = |_: &str, _: usize| "1 2 3";
    let wrong = |sql: &str, _: usize| if sql == "moving" { "1 2" } else { "1 2 3" };
    let verdicts = vec!["Pass".to_owned(), "Fail".to_owned()];
    assert_eq!(compared([honest, wrong], false), (verdicts.clone(), [3, 3]));
    // On a host that changes it must last: once together, then alone until it has shown in every round.
    assert_eq!(compared([honest, wrong], true), (verdicts, [3 + 2 * (ROUNDS - 1), 3 + 2 * (ROUNDS - 1)]));
    // What has gone by the next round was on its way.
    let moved = |sql: &str, times: usize| if sql == "moving" && times == 0 { "1 2" } else { "1 2 3" };
    assert_eq!(compared([honest, moved], true), (vec!["Pass".to_owned(); 2], [4, 4]));
}
