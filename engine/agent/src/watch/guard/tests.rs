use super::*;

const MIB: u64 = 1 << 20;

fn limits() -> Limits {
    let seconds = Duration::from_secs;
    Limits {
        memory: Some(200 * MIB),
        utilization: Some(10),
        latency: seconds(12),
        delay: seconds(60),
        forced: seconds(4),
        longest_wait: seconds(600),
        alarm: seconds(15),
    }
}

/// A guard with a clock that stands still until it is moved, and a worker that uses what it is told to.
struct Lab {
    guard: Guard,
    now: Duration,
    sample: Option<Sample>,
}

impl Lab {
    fn new(limits: Limits) -> Self {
        Self { guard: Guard::new(limits), now: Duration::ZERO, sample: Some(Sample::default()) }
    }

    /// One whose worker runs.
    fn running(limits: Limits) -> Self {
        let mut lab = Self::new(limits);
        assert_eq!(lab.tick(), Action::Start);
        lab.guard.started(lab.now);
        lab
    }

    fn tick(&mut self) -> Action {
        self.guard.tick(self.now, || self.sample)
    }

    /// Lets time pass as the guard wants until it wants something else than to wait; answers that and when, in seconds.
    fn until_it_acts(&mut self, percent: u64, most: u64) -> Option<(u64, Action)> {
        loop {
            match self.tick() {
                Action::Wait(time) => {
                    assert!(!time.is_zero());
                    self.now += time;
                    if let Some(sample) = &mut self.sample {
                        sample.cpu += time * u32::try_from(percent).unwrap() / 100;
                    }
                    if self.now.as_secs() > most {
                        return None;
                    }
                }
                action => return Some((self.now.as_secs(), action)),
            }
        }
    }

    fn end(&mut self, how: Ending) -> (u64, u64) {
        let (lived, wait) = self.guard.ended(self.now, how);
        (lived.as_secs(), wait.as_secs())
    }
}

#[test]
fn a_modest_worker_is_left_alone() {
    let mut lab = Lab::running(limits());
    lab.sample = Some(Sample { memory: 200 * MIB, cpu: Duration::ZERO });
    assert_eq!(lab.until_it_acts(10, 100_000), None);
}

#[test]
fn a_worker_that_cannot_be_looked_at_is_left_alone() {
    let mut lab = Lab::running(limits());
    lab.sample = None;
    assert_eq!(lab.until_it_acts(0, 10_000), None);
}

#[test]
fn too_much_memory() {
    let mut lab = Lab::running(limits());
    lab.sample = Some(Sample { memory: 200 * MIB + 1, cpu: Duration::ZERO });
    let excess = Excess::Memory(200 * MIB + 1, 200 * MIB);
    assert_eq!(lab.until_it_acts(0, 1000), Some((60, Action::Stop(excess))), "not before the delay");
    assert_eq!(excess.to_string(), "Memory limits exceeded: 209715201 bytes (limit is 200MB)");
    assert_eq!(lab.until_it_acts(0, 1000), Some((64, Action::Kill)), "after the time it is given");
    assert_eq!(lab.until_it_acts(0, 1000), None, "once is enough");
    assert_eq!(lab.end(Ending::Other).1, 0, "it lived long");
    assert_eq!(lab.tick(), Action::Start);
    lab.guard.started(lab.now);
    let (at, action) = lab.until_it_acts(0, 10_000).unwrap();
    assert_eq!(action, Action::Stop(excess));
    assert!(at < 1010, "the delay counts from the watchdog's start: {at}");
}

#[test]
fn too_much_cpu_for_too_long() {
    // 10.8 s of CPU beyond the limit are what a spinning thread uses in 12 s.
    for (percent, at) in [(100, 69), (400, 69), (50, 84), (20, 165), (11, 1137)] {
        let mut lab = Lab::running(limits());
        let time = Duration::from_secs(at - 57);
        let expect = Some((at, Action::Stop(Excess::Cpu(time, 10))));
        assert_eq!(lab.until_it_acts(percent, 10_000), expect, "{percent} %");
    }
    let mut whole = Lab::running(Limits { utilization: Some(100), ..limits() });
    let expect = Some((69, Action::Stop(Excess::Cpu(Duration::from_secs(12), 100))));
    assert_eq!(whole.until_it_acts(101, 10_000), expect);
    let text = "CPU utilization limits exceeded: 12 seconds (limit is 10%)";
    assert_eq!(Excess::Cpu(Duration::from_secs(12), 10).to_string(), text);

    let mut bursts = Lab::running(limits());
    for _ in 0..100 {
        let until = bursts.now.as_secs() + 6;
        assert_eq!(bursts.until_it_acts(100, until), None);
        assert_eq!(bursts.until_it_acts(0, until + 3), None);
    }
}

#[test]
fn no_limits() {
    let mut lab = Lab::running(Limits { memory: None, utilization: None, ..limits() });
    lab.sample = Some(Sample { memory: u64::MAX, cpu: Duration::ZERO });
    assert_eq!(lab.until_it_acts(800, 100_000), None);
}

#[test]
fn a_worker_that_ends_is_started_again() {
    for how in [Ending::Code(0), Ending::Code(101), Ending::Other] {
        let mut lab = Lab::running(limits());
        lab.now += SHORT_LIFE;
        assert_eq!(lab.end(how), (4, 0), "{how:?}");
        assert_eq!(lab.tick(), Action::Start, "{how:?}");
    }
}

#[test]
fn workers_that_fail_early_wait_longer_each_time() {
    let mut lab = Lab::new(limits());
    let mut waits = Vec::new();
    for round in 0..12 {
        assert_eq!(lab.until_it_acts(0, u64::MAX).unwrap().1, Action::Start);
        // Every other one cannot even be started.
        if round % 2 == 0 {
            lab.guard.started(lab.now);
            lab.now += Duration::from_secs(3);
        }
        waits.push(lab.end(Ending::Other).1);
    }
    assert_eq!(waits, [7, 9, 13, 21, 37, 69, 133, 261, 517, 600, 600, 600]);
    assert_eq!(lab.until_it_acts(0, u64::MAX).unwrap().1, Action::Start);
    lab.guard.started(lab.now);
    lab.now += SHORT_LIFE;
    assert_eq!(lab.end(Ending::Other).1, 0, "one that lived makes up for all");
}

#[test]
fn codes_of_workers_that_need_no_other() {
    for (how, expect) in
        [(Ending::Code(CATASTROPHIC), CATASTROPHIC), (Ending::Code(FINISHED), 0), (Ending::Code(FAILED), FAILED)]
    {
        let mut lab = Lab::running(limits());
        lab.end(how);
        assert_eq!(lab.tick(), Action::End(expect), "{how:?}");
    }
    let mut lab = Lab::running(limits());
    lab.now += SHORT_LIFE;
    lab.end(Ending::Other);
    assert_eq!(lab.tick(), Action::Start);
    lab.guard.started(lab.now);
    lab.now += SHORT_LIFE;
    lab.end(Ending::Code(FAILED));
    assert_eq!(lab.tick(), Action::Start, "what could start once can again");
}

#[test]
fn the_end_of_the_daemon() {
    let mut orderly = Lab::running(limits());
    assert!(orderly.guard.quit(orderly.now), "the worker is to be told");
    assert!(orderly.guard.quit(orderly.now), "and again, if that is wanted");
    orderly.end(Ending::Code(0));
    assert_eq!(orderly.tick(), Action::End(0));
    assert!(!orderly.guard.quit(orderly.now));

    let mut hung = Lab::running(limits());
    assert!(hung.guard.quit(hung.now));
    hung.now += Duration::from_secs(7);
    assert!(hung.guard.quit(hung.now), "a second signal gives no more time");
    assert_eq!(hung.until_it_acts(0, 1000), Some((15, Action::Kill)));
    hung.end(Ending::Other);
    assert_eq!(hung.tick(), Action::End(FAILED), "it was no orderly end");

    let mut down = Lab::running(limits());
    down.end(Ending::Other);
    assert!(!down.guard.quit(down.now), "there is nobody to tell");
    assert_eq!(down.tick(), Action::End(0));

    let mut stopping = Lab::running(limits());
    stopping.sample = Some(Sample { memory: u64::MAX, cpu: Duration::ZERO });
    assert!(matches!(stopping.until_it_acts(0, 1000), Some((60, Action::Stop(_)))));
    assert!(stopping.guard.quit(stopping.now));
    stopping.end(Ending::Code(0));
    assert_eq!(stopping.tick(), Action::End(0), "it is not started again");
}
