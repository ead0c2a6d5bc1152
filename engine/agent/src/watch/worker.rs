//! The worker's side of the watchdog.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the parent speaks through the environment and a socket"
)]

use super::{Relay, VARIABLE};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;

/// The longest command line that is taken from the parent.
const LONGEST: u32 = 64 << 20;

/// This process, as one that is watched.
#[derive(Debug)]
pub struct Worker {
    watcher: u32,
}

impl Worker {
    /// `None` when nobody watches this process: the variable is not set, or is another process's.
    #[must_use]
    pub fn of_environment() -> Option<Self> {
        let watcher: u32 = std::env::var(VARIABLE).ok()?.parse().ok()?;
        let parent = rustix::process::getppid()?.as_raw_nonzero().get().unsigned_abs();
        (watcher == parent).then_some(Self { watcher })
    }

    /// The process that watches.
    #[must_use]
    pub const fn watcher(&self) -> u32 {
        self.watcher
    }

    /// The parent's command line, without the program's name; to be asked once, before [`Worker::follow`].
    ///
    /// # Errors
    /// When standard input is not what the parent made it, or the parent is gone.
    pub fn words(&mut self) -> io::Result<Vec<OsString>> {
        crate::process::take_name();
        receive(&mut line()?)
    }

    /// Listens to the parent from a thread of its own, which costs nothing while nothing is said, and calls `lost` when the parent is gone. What
    /// it answers has the parent's status lines.
    ///
    /// # Errors
    /// When there can be no more threads or descriptors.
    pub fn follow(self, lost: impl FnOnce() + Send + 'static) -> io::Result<Arc<Relay<File>>> {
        let mut line = line()?;
        let relay = Arc::new(Relay::new(line.try_clone()?));
        let listening = Arc::clone(&relay);
        let wait = move || {
            listening.follow(&mut line);
            // After something that cannot be read only the end counts.
            let _ = io::copy(&mut line, &mut io::sink());
            lost();
        };
        // Lines are logged here: the stack is that of any thread.
        std::thread::Builder::new().name("watcher".to_owned()).spawn(wait)?;
        Ok(relay)
    }
}

/// The socket from the parent. Not by way of `io::stdin`, which whoever has locked it keeps from everybody else.
fn line() -> io::Result<File> {
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

/// Words for [`receive`]: their length, then each with a NUL behind it.
pub(super) fn to_send(words: &[OsString]) -> Vec<u8> {
    let mut text: Vec<u8> = Vec::new();
    for word in words {
        text.extend_from_slice(std::os::unix::ffi::OsStrExt::as_bytes(word.as_os_str()));
        text.push(0);
    }
    // The kernel takes no command line that is longer than a few MiB.
    let length = u32::try_from(text.len()).unwrap_or(0);
    [&length.to_be_bytes(), text.as_slice()].concat()
}

fn receive(from: &mut dyn Read) -> io::Result<Vec<OsString>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > LONGEST {
        return Err(io::Error::other("no command line comes from the watcher"));
    }
    let mut text = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut text)?;
    if text.len() as u64 != u64::from(length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let words = text.split_inclusive(|&byte| byte == 0);
    Ok(words.map(|word| OsString::from_vec(word.strip_suffix(&[0]).unwrap_or(word).to_vec())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_arrive() {
        for words in [&[][..], &[""], &["--config_path", "/etc/x y", "", "--verbose"]] {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            let sent = to_send(&words);
            assert_eq!(receive(&mut sent.as_slice()).unwrap(), words);
            assert!(receive(&mut &sent[..sent.len() - 1]).is_err());
        }
        let words = vec![OsString::from_vec(b"\xff\xfe".to_vec())];
        assert_eq!(receive(&mut to_send(&words).as_slice()).unwrap(), words);
        assert!(receive(&mut &b"select 1 from x"[..]).is_err(), "somebody else's input");
    }
}
