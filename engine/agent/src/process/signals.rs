//! Signals, as values that a thread hands on.

use signal_hook::consts;
use signal_hook::iterator::Signals;
use std::io;

/// A signal that means something to a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End in order (SIGTERM).
    Terminate,
    /// End in order (SIGINT): somebody pressed Ctrl-C.
    Interrupt,
    /// End in order (SIGUSR1): a limit is exceeded.
    Exceeded,
    /// Read the configuration again and reopen the logs (SIGHUP).
    Reload,
    /// A child has ended (SIGCHLD).
    Child,
}

impl Signal {
    /// The signals that a daemon without children listens to.
    pub const DAEMON: [Self; 4] = [Self::Terminate, Self::Interrupt, Self::Exceeded, Self::Reload];

    /// Those, and what tells of children.
    pub const WATCHER: [Self; 5] = [Self::Terminate, Self::Interrupt, Self::Exceeded, Self::Reload, Self::Child];

    const fn number(self) -> i32 {
        match self {
            Self::Terminate => consts::SIGTERM,
            Self::Interrupt => consts::SIGINT,
            Self::Exceeded => consts::SIGUSR1,
            Self::Reload => consts::SIGHUP,
            Self::Child => consts::SIGCHLD,
        }
    }

    fn of(number: i32) -> Option<Self> {
        Self::WATCHER.into_iter().find(|signal| signal.number() == number)
    }

    /// Whether it asks the process to end.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Terminate | Self::Interrupt | Self::Exceeded)
    }

    /// The same, to be sent to another process.
    pub(crate) const fn to_send(self) -> rustix::process::Signal {
        match self {
            Self::Terminate => rustix::process::Signal::TERM,
            Self::Interrupt => rustix::process::Signal::INT,
            Self::Exceeded => rustix::process::Signal::USR1,
            Self::Reload => rustix::process::Signal::HUP,
            Self::Child => rustix::process::Signal::CHILD,
        }
    }
}

/// Hands these signals to `take`, each time they come, in a thread of its own; from now on they do nothing else. Signals that
/// come close together may arrive as one.
///
/// # Errors
/// When the system has no more descriptors or threads.
pub fn listen(signals: &[Signal], mut take: impl FnMut(Signal) + Send + 'static) -> io::Result<()> {
    let mut numbers = Signals::new(signals.iter().map(|signal| signal.number()))?;
    let wait = move || numbers.forever().filter_map(Signal::of).for_each(&mut take);
    std::thread::Builder::new().name("signals".to_owned()).stack_size(64 * 1024).spawn(wait).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for signal in Signal::WATCHER {
            assert_eq!(Signal::of(signal.number()), Some(signal));
            assert_eq!(signal.to_send().as_raw(), signal.number());
        }
        assert_eq!(Signal::of(consts::SIGKILL), None);
        assert!(Signal::DAEMON.iter().all(|signal| Signal::WATCHER.contains(signal)));
    }
}
