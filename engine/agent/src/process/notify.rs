//! Telling the service manager (systemd) how it goes: datagrams of `KEY=VALUE` lines to the socket that `NOTIFY_SOCKET` names.
//!
//! Nothing here fails: a daemon that cannot tell works all the same.

#![allow(clippy::disallowed_methods, reason = "the service manager speaks through the environment")]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// What can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State<'a> {
    /// The start is over, or the reload is.
    Ready,
    /// The configuration is being read again.
    Reloading,
    /// The end has begun.
    Stopping,
    /// Still at work: must be said more often than [`Notifier::every`].
    Alive,
    /// One line for people.
    Status(&'a str),
}

/// The way to the service manager, if there is one.
#[derive(Debug, Default)]
pub struct Notifier {
    way: Option<(UnixDatagram, SocketAddr)>,
    every: Option<Duration>,
}

impl Notifier {
    /// What the environment says.
    #[must_use]
    pub fn from_environment() -> Self {
        let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let micros = number("WATCHDOG_USEC").filter(|&micros| is_ours && micros > 0);
        Self::new(std::env::var_os("NOTIFY_SOCKET").as_deref(), micros.map(Duration::from_micros))
    }

    /// To a socket: a path, or `@` and an abstract name. `within`: how long the manager waits for a sign of life.
    #[must_use]
    pub fn new(socket: Option<&OsStr>, within: Option<Duration>) -> Self {
        let way = socket.and_then(address).and_then(|address| Some((UnixDatagram::unbound().ok()?, address)));
        Self { every: within.filter(|_| way.is_some()).map(|time| time / 2), way }
    }

    /// How often a sign of life is wanted; `None` for never.
    #[must_use]
    pub const fn every(&self) -> Option<Duration> {
        self.every
    }

    /// Tells all of this at once.
    pub fn tell(&self, states: &[State<'_>]) {
        if let Some((socket, address)) = &self.way {
            let _ = socket.send_to_addr(text(states).as_bytes(), address);
        }
    }
}

fn text(states: &[State<'_>]) -> String {
    let mut text = String::new();
    for state in states {
        match state {
            State::Ready => text.push_str("READY=1\n"),
            State::Reloading => {
                let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
                let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1000;
                text.push_str(&format!("RELOADING=1\nMONOTONIC_USEC={micros}\n"));
            }
            State::Stopping => text.push_str("STOPPING=1\n"),
            State::Alive => text.push_str("WATCHDOG=1\n"),
            State::Status(line) => text.push_str(&format!("STATUS={}\n", line.replace('\n', " "))),
        }
    }
    text
}

fn address(socket: &OsStr) -> Option<SocketAddr> {
    match socket.as_bytes() {
        #[cfg(target_os = "linux")]
        [b'@', name @ ..] => <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name).ok(),
        [b'/', ..] => SocketAddr::from_pathname(OsString::from(socket)).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 512];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[test]
    fn to_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let notifier = Notifier::new(Some(path.as_os_str()), Some(Duration::from_secs(30)));
        assert_eq!(notifier.every(), Some(Duration::from_secs(15)));
        notifier.tell(&[State::Ready, State::Status("12 queries\nin 2 packs")]);
        assert_eq!(received(&manager), "READY=1\nSTATUS=12 queries in 2 packs\n");
        notifier.tell(&[State::Reloading]);
        let text = received(&manager);
        let micros = text.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().trim_end();
        assert!(micros.parse::<u64>().unwrap() > 0);
        notifier.tell(&[State::Alive, State::Stopping]);
        assert_eq!(received(&manager), "WATCHDOG=1\nSTOPPING=1\n");
        drop((manager, folder));
        notifier.tell(&[State::Alive]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn to_an_abstract_name() {
        use std::os::linux::net::SocketAddrExt;
        let name = format!("plumb-notify-test-{}", std::process::id());
        let manager = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        Notifier::new(Some(OsStr::new(&format!("@{name}"))), None).tell(&[State::Ready]);
        assert_eq!(received(&manager), "READY=1\n");
    }

    #[test]
    fn to_nobody() {
        for socket in [None, Some(OsStr::new("")), Some(OsStr::new("relative"))] {
            let notifier = Notifier::new(socket, Some(Duration::from_secs(30)));
            assert_eq!(notifier.every(), None, "{socket:?}");
            notifier.tell(&[State::Ready]);
        }
    }
}
