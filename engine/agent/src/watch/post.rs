//! What the parent says, on its way to the loggers of the worker.
//!
//! The parent has no loggers, as it has no store. Its lines go down the worker's standard input, behind the command line, and the worker
//! gives them to its loggers and answers a byte for each. What is not answered goes to the next worker again: nothing is lost with a
//! worker that dies, and a line that it had logged but not answered is logged twice, with the same time.

use super::parent;
use crate::glog::{Place, Severity};
use crate::logger::status::Status;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

/// Lines that wait at most. Of more the oldest go that are not under way: answers say how many lines they are for, not which.
const MOST: usize = 1000;

/// The longest text of a line.
const LONGEST: usize = 1 << 16;

/// The parent's side.
#[derive(Debug, Default)]
pub(super) struct Post {
    /// Lines that are not answered, as they are sent.
    waiting: VecDeque<Vec<u8>>,
    /// How many of these this worker has got.
    sent: usize,
    /// What is left of the last of them.
    rest: Vec<u8>,
    line: Option<UnixStream>,
}

impl Post {
    /// Takes a line.
    pub(super) fn push(&mut self, status: &Status) {
        if self.waiting.len() >= MOST && self.waiting.remove(self.sent).is_none() {
            return;
        }
        self.waiting.push_back(to_bytes(status));
    }

    /// There is a worker at the other end of a line that does not block.
    pub(super) fn begin(&mut self, line: UnixStream) {
        self.end();
        self.line = Some(line);
    }

    /// The worker has ended: what it has not answered is for the next one.
    pub(super) fn end(&mut self) {
        self.hear();
        (self.line, self.sent) = (None, 0);
        self.rest.clear();
    }

    /// Sends what can be sent now.
    pub(super) fn pump(&mut self) {
        self.hear();
        let Some(line) = &mut self.line else { return };
        loop {
            if self.rest.is_empty() {
                let Some(next) = self.waiting.get(self.sent) else { return };
                self.rest.clone_from(next);
                self.sent += 1;
            }
            match line.write(&self.rest) {
                Ok(written) => drop(self.rest.drain(..written.min(self.rest.len()))),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A worker that does not read, or has ended: there will be another time, or another worker.
                Err(_) => return,
            }
        }
    }

    /// Forgets what is answered.
    fn hear(&mut self) {
        let mut answers = [0; 256];
        while let Some(line) = &mut self.line {
            match line.read(&mut answers) {
                Ok(0) => return,
                Ok(count) => {
                    let count = count.min(self.sent);
                    self.waiting.drain(..count);
                    self.sent -= count;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }
}

/// The worker's side: lines wait here until there are loggers.
pub struct Relay<L>(Mutex<State<L>>);

struct State<L> {
    /// The way back.
    line: L,
    early: Vec<Status>,
    take: Option<Take>,
}

type Take = Box<dyn FnMut(&Status) + Send>;

impl<L> std::fmt::Debug for Relay<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Relay")
    }
}

impl<L: Write> Relay<L> {
    pub(super) fn new(line: L) -> Self {
        Self(Mutex::new(State { line, early: Vec::new(), take: None }))
    }

    /// Gives the lines that have come, and each that comes, to somebody who has logged them when that returns.
    pub fn open(&self, take: impl FnMut(&Status) + Send + 'static) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.take = Some(Box::new(take));
        std::mem::take(&mut state.early).into_iter().for_each(|status| state.give(status));
    }

    /// Passes on everything that comes, until the end.
    pub(super) fn follow(&self, from: &mut dyn Read) {
        while let Ok(status) = receive(from) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).give(status);
        }
    }
}

impl<L: Write> State<L> {
    fn give(&mut self, status: Status) {
        match &mut self.take {
            Some(take) => {
                take(&status);
                // A parent that is gone needs no answer.
                let _ = self.line.write_all(b".");
            }
            // The parent does not send more.
            None if self.early.len() < MOST => self.early.push(status),
            None => {}
        }
    }
}

/// The length of what follows; severity, microseconds, thread, line of the source; the text.
fn to_bytes(status: &Status) -> Vec<u8> {
    let text = status.text.get(..status.text.floor_char_boundary(LONGEST)).unwrap_or_default();
    let length = u32::try_from(HEAD + text.len()).unwrap_or(0);
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.push(status.severity as u8);
    bytes.extend(status.time.timestamp().as_microsecond().to_be_bytes());
    bytes.extend(status.thread.to_be_bytes());
    bytes.extend(status.place.line.to_be_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

/// Bytes of a line before its text.
const HEAD: usize = 1 + 8 + 4 + 4;

fn receive(from: &mut dyn Read) -> io::Result<Status> {
    let odd = || io::Error::from(ErrorKind::InvalidData);
    let length = u32::from_be_bytes(number(from)?) as usize;
    let text = length.checked_sub(HEAD).filter(|length| *length <= LONGEST).ok_or_else(odd)?;
    let [severity] = number(from)?;
    let severity = match severity {
        0 => Severity::Info,
        1 => Severity::Warning,
        _ => Severity::Error,
    };
    let micros = i64::from_be_bytes(number(from)?);
    let time = jiff::Timestamp::from_microsecond(micros).map_err(|_| odd())?.to_zoned(jiff::tz::TimeZone::system());
    let thread = u32::from_be_bytes(number(from)?);
    let place = Place { file: parent::FILE, line: u32::from_be_bytes(number(from)?) };
    let mut bytes = vec![0; text];
    from.read_exact(&mut bytes)?;
    Ok(Status { severity, time, thread, place, text: String::from_utf8_lossy(&bytes).into_owned() })
}

fn number<const N: usize>(from: &mut dyn Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn status(text: &str) -> Status {
        let time = "2026-11-23T03:56:56.083395[UTC]".parse().unwrap();
        let place = Place { file: parent::FILE, line: 7 };
        Status { severity: Severity::Warning, time, thread: 99, place, text: text.to_owned() }
    }

    /// A line, and a worker at its end that has loggers or has none; what it has logged.
    fn worker(is_open: bool) -> (UnixStream, UnixStream, Relay<UnixStream>, Arc<Mutex<Vec<String>>>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let relay = Relay::new(theirs.try_clone().unwrap());
        let logged = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&logged);
        if is_open {
            relay.open(move |status| log.lock().unwrap().push(status.text.clone()));
        }
        theirs.set_nonblocking(true).unwrap();
        (ours, theirs, relay, logged)
    }

    fn texts(waiting: &VecDeque<Vec<u8>>) -> Vec<String> {
        waiting.iter().map(|bytes| receive(&mut bytes.as_slice()).unwrap().text).collect()
    }

    #[test]
    fn a_line_arrives_whole() {
        let sent = status("é text");
        let got = receive(&mut to_bytes(&sent).as_slice()).unwrap();
        let fields = |status: &Status| (status.time.timestamp(), status.thread, status.place.line, status.text.clone());
        assert_eq!((fields(&got), got.severity), (fields(&sent), sent.severity));
        let long = receive(&mut to_bytes(&status(&"é".repeat(LONGEST))).as_slice()).unwrap();
        assert_eq!(long.text.len(), LONGEST);
        let bytes = to_bytes(&sent);
        for bad in [&[][..], &bytes[..bytes.len() - 1], &[0, 0, 0, 1, 9], &[255; 40]] {
            assert!(receive(&mut &*bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_answered_is_forgotten() {
        let mut post = Post::default();
        let (ours, mut theirs, relay, logged) = worker(true);
        post.push(&status("before"));
        post.pump();
        post.begin(ours);
        post.push(&status("first"));
        post.pump();
        assert_eq!(post.waiting.len(), 2, "nothing is answered");
        relay.follow(&mut theirs);
        assert_eq!(*logged.lock().unwrap(), ["before", "first"]);
        post.push(&status("second"));
        post.pump();
        assert_eq!(texts(&post.waiting), ["second"]);
    }

    #[test]
    fn nothing_is_lost_with_a_worker() {
        let mut post = Post::default();
        // It reads, and dies before it has loggers.
        let (ours, mut theirs, relay, _) = worker(false);
        post.begin(ours);
        post.push(&status("a"));
        post.push(&status("b"));
        post.pump();
        relay.follow(&mut theirs);
        drop((theirs, relay));
        post.push(&status("c"));
        post.pump();
        post.end();
        // This one has loggers a little later, logs two lines, and dies.
        let (ours, mut theirs, relay, _) = worker(false);
        post.begin(ours);
        post.pump();
        relay.follow(&mut theirs);
        let count = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&count);
        relay.open(move |_| *counted.lock().unwrap() += 1);
        assert_eq!(*count.lock().unwrap(), 3);
        drop((theirs, relay));
        post.push(&status("d"));
        post.end();
        assert_eq!(texts(&post.waiting), ["d"]);
        let (ours, mut theirs, relay, logged) = worker(true);
        post.begin(ours);
        post.pump();
        relay.follow(&mut theirs);
        assert_eq!(*logged.lock().unwrap(), ["d"]);
    }

    #[test]
    fn a_worker_that_does_not_read() {
        let mut post = Post::default();
        let (ours, mut theirs, relay, logged) = worker(true);
        post.begin(ours);
        for number in 0..MOST + 10 {
            post.push(&status(&format!("{number} {}", "x".repeat(4000))));
            post.pump();
        }
        assert_eq!(post.waiting.len(), MOST);
        let under_way = post.sent;
        assert!(under_way < MOST, "not all can be under way");
        // It reads after all.
        for _ in 0..MOST {
            relay.follow(&mut theirs);
            post.pump();
        }
        assert!(post.waiting.is_empty());
        let logged = logged.lock().unwrap();
        let numbers: Vec<usize> = logged.iter().map(|text| text.split(' ').next().unwrap().parse().unwrap()).collect();
        let expect: Vec<usize> = (0..under_way).chain(under_way + 10..MOST + 10).collect();
        assert_eq!(numbers, expect);
    }
}
