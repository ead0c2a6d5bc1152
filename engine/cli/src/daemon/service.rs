//! From flags to running processes: the background, the pidfile, the watchdog, and the daemon itself.

use crate::shell::Machine;
use plumb_agent::daemon::{Daemon, Order, Orders, Start};
use plumb_agent::flags::{Flags, os_text};
use plumb_agent::glog::{Place, Severity};
use plumb_agent::here;
use plumb_agent::logger::hub::Hub;
use plumb_agent::process::yield_to_others;
use plumb_agent::process::{Notifier, Pidfile, PidfileError, Side, Signal, State, daemonize, exit_within, listen};
use plumb_agent::watch::{self, Program, Worker};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

/// The command line of this process; that of a worker comes from its watcher.
pub(crate) fn words(args: Vec<OsString>) -> Vec<OsString> {
    let program = args.first().cloned();
    match Worker::of_environment().map(|mut worker| worker.words()) {
        Some(Ok(words)) => {
            // Only a daemon has workers, whatever its file is called.
            let daemon = [program.unwrap_or_default(), OsString::from("-D")];
            daemon.into_iter().chain(words).collect()
        }
        _ => args,
    }
}

/// Runs the daemon and answers its exit code.
pub(crate) fn main(flags: Flags, odd: &[String], machine: &Machine<'_>, stderr: &mut dyn Write) -> i32 {
    let hub = Arc::new(Hub::new());
    hub.configure(&flags);
    for line in odd {
        hub.say(Severity::Info, here!(), &format!("flag file line that sets nothing: {line}"));
    }
    let worker = Worker::of_environment();
    if worker.is_none() && flags.bool("daemonize") {
        match daemonize() {
            Ok(Side::Starter) => return 0,
            Ok(Side::Background) => {}
            Err(error) => return refuse(&hub, &format!("Cannot go into the background: {}", os_text(&error))),
        }
    }
    let _pidfile = match (&worker, flags.bool("ephemeral")) {
        (None, false) => match Pidfile::take(Path::new(flags.text("pidfile")), flags.bool("force")) {
            Ok(pidfile) => Some(pidfile),
            Err(error) => {
                refuse(&hub, &error.to_string());
                let help = match &error {
                    PidfileError::Busy { pid: Some(pid) } => {
                        format!("process {pid} runs already: --force ends it, --pidfile lets both run")
                    }
                    PidfileError::Busy { pid: None } => "another process holds it: --pidfile names another".to_owned(),
                    PidfileError::Io { .. } => "--pidfile names another".to_owned(),
                };
                // There is nobody left to be told that standard error is closed.
                let _ = writeln!(stderr, "help: {help}");
                return 1;
            }
        },
        _ => None,
    };
    if worker.is_none() && !flags.bool("disable_watchdog") {
        return watch(&flags, &hub);
    }
    serve(flags, machine, worker, hub)
}

fn refuse(hub: &Hub, text: &str) -> i32 {
    hub.say(Severity::Error, here!(), text);
    1
}

/// The parent of the process that does the work.
fn watch(flags: &Flags, hub: &Hub) -> i32 {
    let (sender, signals) = mpsc::channel();
    // Whoever waits for signals lives as long as the process.
    let take = move |signal| sender.send(signal).unwrap_or_default();
    let program = listen(&Signal::WATCHER, take).and_then(|()| Program::this());
    let program = match program {
        Ok(program) => program,
        Err(error) => return refuse(hub, &format!("The watchdog cannot start: {}", os_text(&error))),
    };
    let say = |severity: Severity, place: Place, text: &str| hub.say(severity, place, text);
    watch::run(flags, program, &signals, &Notifier::from_environment(), &say)
}

/// The process that does the work.
fn serve(flags: Flags, machine: &Machine<'_>, worker: Option<Worker>, hub: Arc<Hub>) -> i32 {
    let notifier = Arc::new(Notifier::from_environment());
    let alarm = Duration::from_secs(flags.u64("alarm_timeout"));
    // Signals that come before the daemon is there end it when it is.
    let target = Arc::new(Target::default());
    let heard = {
        let (target, notifier) = (Arc::clone(&target), Arc::clone(&notifier));
        move |signal: Signal| {
            if signal.is_end() {
                notifier.tell(&[State::Stopping]);
                // An orderly end must not hang; without a thread for that it is hoped not to.
                let _ = exit_within(alarm, 0);
                let is_blamed = signal == Signal::Exceeded;
                target.order(if is_blamed { Order::Exceeded } else { Order::Stop });
            } else {
                target.order(Order::Reload);
            }
        }
    };
    if let Err(error) = listen(&Signal::DAEMON, heard) {
        return refuse(&hub, &format!("Cannot listen to signals: {}", os_text(&error)));
    }
    let watcher = worker.as_ref().map(Worker::watcher);
    let mut relay = None;
    if let Some(worker) = worker {
        if let Err(error) = yield_to_others() {
            hub.say(Severity::Warning, here!(), &format!("Cannot lower the priority: {}", os_text(&error)));
        }
        let target = Arc::clone(&target);
        match worker.follow(move || target.order(Order::Stop)) {
            Ok(followed) => relay = Some(followed),
            Err(error) => return refuse(&hub, &format!("Cannot follow the watcher: {}", os_text(&error))),
        }
    }
    let host = match (machine.open)(&flags) {
        Ok(host) => host,
        Err(error) => return refuse(&hub, &error),
    };
    let clock = {
        let host = Arc::clone(&host);
        Arc::new(move || host.now().secs)
    };
    let start = Start { flags, host, tables: (machine.tables)(), hub: Arc::clone(&hub), clock, watcher };
    match Daemon::start(start) {
        Ok(daemon) => {
            if let Some(watcher) = watcher {
                hub.say(Severity::Info, here!(), &format!("osquery worker initialized [watcher={watcher}]"));
            }
            if let Some(relay) = relay {
                let hub = Arc::clone(&hub);
                relay.open(move |status| hub.pass(status));
            }
            target.set(daemon.orders());
            notifier.tell(&[State::Ready]);
            let alive = |sleep: Duration| match notifier.every() {
                Some(every) => {
                    notifier.tell(&[State::Alive]);
                    sleep.min(every)
                }
                None => sleep,
            };
            // A watcher would start another one, had this one not said that it is done.
            if daemon.run(&alive) && watcher.is_some() { watch::FINISHED } else { 0 }
        }
        Err(error) => {
            refuse(&hub, &error.to_string());
            error.code()
        }
    }
}

/// Where orders go: to the daemon, or to the one that will be there.
#[derive(Default)]
struct Target(Mutex<(Option<Orders>, Vec<Order>)>);

impl Target {
    fn order(&self, order: Order) {
        let mut target = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &target.0 {
            Some(orders) => orders.send(order),
            None => target.1.push(order),
        }
    }

    fn set(&self, orders: Orders) {
        let mut target = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        target.1.drain(..).for_each(|order| orders.send(order));
        target.0 = Some(orders);
    }
}
