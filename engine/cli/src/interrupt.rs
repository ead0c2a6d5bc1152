//! Ctrl-C: stops the running statement; at the second time, or with nothing to stop and nobody at a prompt, the program.

use plumb_host::Cancel;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The exit code of a program that Ctrl-C has ended.
pub(crate) const EXIT_CODE: i32 = 130;

/// Shared by the thread that waits for the signal and the one that runs statements.
#[derive(Clone, Debug, Default)]
pub struct Interrupts(Arc<State>);

#[derive(Debug, Default)]
struct State {
    pressed: AtomicBool,
    /// A person sits at the prompt.
    prompt: AtomicBool,
    running: Mutex<Option<Cancel>>,
}

impl Interrupts {
    /// Starts to listen for the signal.
    ///
    /// # Errors
    /// When the system has no more descriptors or threads.
    #[cfg(unix)]
    pub(crate) fn listen(&self) -> std::io::Result<()> {
        let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGINT])?;
        let interrupts = self.clone();
        let wait = move || {
            for _ in signals.forever() {
                if !interrupts.press() {
                    std::process::exit(EXIT_CODE);
                }
            }
        };
        std::thread::Builder::new().name("interrupts".to_owned()).stack_size(64 * 1024).spawn(wait).map(drop)
    }

    /// Starts to listen for the signal: here it simply ends the program.
    #[cfg(not(unix))]
    pub(crate) fn listen(&self) -> std::io::Result<()> {
        Ok(())
    }

    /// Notes the signal and stops what runs. `false`: the program should end, for there is nothing to stop, or it was
    /// told to stop before.
    pub fn press(&self) -> bool {
        match &*self.running() {
            Some(cancel) if !self.0.pressed.swap(true, Ordering::SeqCst) => {
                cancel.cancel();
                true
            }
            Some(_) => false,
            None => self.0.prompt.load(Ordering::SeqCst),
        }
    }

    /// From now on a person sits at the prompt: without a running statement the signal means nothing.
    pub(crate) fn at_prompt(&self) {
        self.0.prompt.store(true, Ordering::SeqCst);
    }

    /// From now on until the guard is dropped the signal pulls this token.
    pub(crate) fn watch(&self, cancel: Cancel) -> Watched<'_> {
        self.0.pressed.store(false, Ordering::SeqCst);
        *self.running() = Some(cancel);
        Watched(self)
    }

    /// Whether the last statement was stopped by the signal.
    pub(crate) fn was_pressed(&self) -> bool {
        self.0.pressed.load(Ordering::SeqCst)
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Cancel>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Interrupts::watch`].
pub(crate) struct Watched<'a>(&'a Interrupts);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        *self.0.running() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_press_stops_the_statement_and_two_the_program() {
        let (interrupts, cancel) = (Interrupts::default(), Cancel::new());
        assert!(!interrupts.press(), "nothing runs");
        {
            let _watched = interrupts.watch(cancel.clone());
            assert!(!cancel.is_cancelled());
            assert!(interrupts.press());
            assert!(cancel.is_cancelled() && interrupts.was_pressed());
            assert!(!interrupts.press(), "it did not stop");
        }
        assert!(interrupts.was_pressed());
        {
            let _watched = interrupts.watch(Cancel::new());
            assert!(!interrupts.was_pressed());
        }
        interrupts.at_prompt();
        assert!(interrupts.press(), "nothing runs, and the person goes on");
    }
}
