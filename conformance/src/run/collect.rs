//! Workers, and what collects their trials.

use super::{Board, Chosen, Context, JOBS, Plan, random};
use crate::Verdict;
use crate::report::{Report, Sink, Trial};
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a trial may go on when time is over, before it counts as one that does not end.
const GRACE: Duration = Duration::from_secs(15);
/// How long any trial may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often somebody looks up while nothing comes.
const TICK: Duration = Duration::from_millis(100);

/// What is left to do.
struct Work {
    plan: Plan,
    hosts: Vec<Chosen>,
    board: Arc<Board>,
    jobs: Mutex<VecDeque<(&'static str, super::Job)>>,
    lanes: random::Lanes,
    errors: Mutex<Vec<String>>,
}

pub(super) fn collect(
    plan: &Plan,
    hosts: &[Chosen],
    tired: &dyn Fn() -> bool,
    each: &mut dyn FnMut(&Trial, &Report, Duration),
) -> Result<Report, String> {
    let (begin, workers) = (Instant::now(), plan.jobs.max(1));
    let board = Arc::new(Board {
        end: begin + plan.time,
        stop: Arc::default(),
        current: (0..workers).map(|_| Mutex::new(None)).collect(),
    });
    let work = Arc::new(Work {
        plan: plan.clone(),
        hosts: hosts.to_vec(),
        board: Arc::clone(&board),
        jobs: Mutex::new(JOBS.into_iter().filter(|(suite, _)| plan.suite(suite)).collect()),
        lanes: random::Lanes::new(plan, hosts),
        errors: Mutex::default(),
    });
    let (sender, trials) = channel();
    // Threads that are not waited for: one that never ends must not keep the report back.
    for worker in 0..workers {
        let (work, sender) = (Arc::clone(&work), sender.clone());
        let body = move || work.worker(worker, sender);
        let builder = std::thread::Builder::new().name(format!("conform-{worker}")).stack_size(16 << 20);
        builder.spawn(body).map_err(|error| format!("no thread can be started: {error}"))?;
    }
    drop(sender);
    let mut report = Report::default();
    loop {
        match trials.recv_timeout(TICK) {
            Ok(trial) => {
                report.add(trial.clone());
                each(&trial, &report, begin.elapsed());
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if tired() {
            board.stop.store(true, Ordering::Relaxed);
        }
        let stuck = board.stuck();
        if !stuck.is_empty() {
            board.stop.store(true, Ordering::Relaxed);
            for trial in stuck {
                each(&trial, &report, begin.elapsed());
                report.add(trial);
            }
            break;
        }
    }
    let errors = work.errors.lock().unwrap_or_else(PoisonError::into_inner);
    if errors.is_empty() { Ok(report) } else { Err(errors.join("\n")) }
}

impl Board {
    /// Trials that do not end.
    fn stuck(&self) -> Vec<Trial> {
        let now = Instant::now();
        let asked_to_end = self.over().then(|| self.end.min(now));
        let mut stuck = Vec::new();
        for place in &self.current {
            let current = place.lock().unwrap_or_else(PoisonError::into_inner);
            let Some((since, trial)) = current.as_ref() else { continue };
            let long = now.duration_since(*since);
            let late = asked_to_end.is_some_and(|end| now.duration_since(end.max(*since)) > GRACE);
            if long > PATIENCE || late {
                let why = format!("did not end within {} s", long.as_secs());
                stuck.push(Trial { took: long, ..trial.clone() }.judged(Verdict::Fail(why)));
            }
        }
        stuck
    }
}

impl Work {
    fn worker(&self, worker: usize, trials: Sender<Trial>) {
        let cx = Context { plan: &self.plan, hosts: &self.hosts, board: &self.board, worker, trials };
        loop {
            let job = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((suite, job)) = job else { break };
            match super::caught(|| job(&cx)) {
                Ok(Ok(())) => {}
                Ok(Err(why)) => self.errors.lock().unwrap_or_else(PoisonError::into_inner).push(why),
                Err(panic) => {
                    cx.send(Trial::new(super::name(suite), "harness", "", suite).judged(Verdict::Fail(panic)));
                }
            }
        }
        self.lanes.work(&cx);
    }
}
