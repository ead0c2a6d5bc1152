//! One run of an agent.
//!
//! It gets a process group of its own, and whatever is left of the group when the run is over is killed: an agent that hangs
//! may do so in a process that it started. A run is over when the agent has closed its outputs or ended, when it has said
//! nothing for too long, when it says more than anybody can keep, or when nobody wants to know any more.

use super::{HUNG, STOPPED, Until};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How often it is looked whether the agent still runs, or somebody wants it to stop.
const TICK: Duration = Duration::from_millis(50);
/// More output than this is no answer.
const MOST: usize = 1 << 30;
/// How long one that has closed its outputs may take to end.
const ENDING: Duration = Duration::from_secs(5);

/// How long an agent is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Without a word.
    pub(super) quiet: Duration,
    /// Altogether.
    pub(super) whole: Duration,
}

/// What a process left behind.
pub(super) struct Output {
    pub(super) status: ExitStatus,
    pub(super) out: String,
    pub(super) err: String,
}

impl Output {
    /// Whether a signal ended the process, or a shell around it says so.
    pub(super) fn crashed(&self) -> bool {
        self.status.code().is_none_or(|code| code >= 128)
    }
}

/// A running agent; dropped, it and what it started are gone.
struct Running {
    child: Child,
    /// Whether it was seen to have ended.
    ended: bool,
    /// Whether its status was taken.
    over: bool,
}

/// A piece of what it prints, and whether that is a complaint.
type Piece = (bool, Vec<u8>);

/// Runs a command with an input until it ends, or its time is over.
pub(super) fn run(
    command: &mut Command,
    input: Option<String>,
    patience: Patience,
    until: &Until,
) -> Result<Output, String> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let started = command.spawn().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let mut running = Running { child: started, ended: false, over: false };
    let child = &mut running.child;
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        // An agent that dies early closes its end; what it printed tells.
        std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    }
    let (sender, pieces) = channel();
    drain(child.stdout.take(), false, sender.clone());
    drain(child.stderr.take(), true, sender);
    let (out, err) = running.listen(&pieces, patience, until)?;
    let status = running.end(patience.quiet.max(ENDING))?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Output { status, out: text(out), err: text(err) })
}

impl Running {
    /// What it prints until it closes its outputs.
    fn listen(
        &mut self,
        pieces: &Receiver<Piece>,
        patience: Patience,
        until: &Until,
    ) -> Result<(Vec<u8>, Vec<u8>), String> {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let start = Instant::now();
        let mut last = start;
        loop {
            match pieces.recv_timeout(TICK) {
                Ok((complaint, piece)) => {
                    last = Instant::now();
                    if complaint { &mut err } else { &mut out }.extend(piece);
                }
                Err(RecvTimeoutError::Disconnected) => return Ok((out, err)),
                // It ended, and something that it started keeps the pipes open.
                Err(RecvTimeoutError::Timeout) if self.ended => return Ok((out, err)),
                Err(RecvTimeoutError::Timeout) => {
                    self.ended = self.has_ended();
                    if self.ended {
                        self.kill_group();
                    }
                }
            }
            if until.is_over() {
                return Err(STOPPED.to_owned());
            }
            if out.len() + err.len() > MOST {
                return Err(format!("{HUNG}: it prints without end"));
            }
            let silent = last.elapsed() > patience.quiet;
            if silent || start.elapsed() > patience.whole {
                let waited = if silent { patience.quiet } else { patience.whole };
                return Err(format!("{HUNG}: no answer within {} s", waited.as_secs_f64()));
            }
        }
    }

    /// Whether it ended by itself. Its status is not taken yet: until then its number is no other's.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(Pid::from_child(&self.child)), options).is_ok_and(|status| status.is_some())
    }

    fn kill_group(&self) {
        // There may be nothing left of it.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
    }

    /// Waits for the end of one that has closed its outputs, which is mostly over at once.
    fn end(&mut self, most: Duration) -> Result<ExitStatus, String> {
        let (start, mut pause) = (Instant::now(), Duration::from_micros(100));
        while !self.ended && !self.has_ended() {
            if start.elapsed() > most {
                return Err(format!("{HUNG}: it closed its outputs and did not end"));
            }
            std::thread::park_timeout(pause);
            pause = (pause * 2).min(TICK);
        }
        self.kill_group();
        self.over = true;
        self.child.wait().map_err(|error| error.to_string())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Once its status is taken, its number may be another's.
        if !self.over {
            self.kill_group();
            let _ = self.child.wait();
        }
    }
}

/// Hands on what comes through a pipe, in a thread.
fn drain(pipe: Option<impl Read + Send + 'static>, complaint: bool, sender: Sender<Piece>) {
    let Some(mut pipe) = pipe else { return };
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return,
                Ok(length) => {
                    // Nobody listens any more: the run is over.
                    if sender.send((complaint, buffer.get(..length).unwrap_or_default().to_vec())).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    });
}
