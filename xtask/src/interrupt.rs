//! What must still happen when somebody presses Ctrl-C.
//!
//! Running programs and test peers register how they are stopped; the last registered stops first. Work that must not
//! be cut in the middle (a package installation) is shielded: the signal waits for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

type Stop = Box<dyn FnOnce() + Send>;

static STATE: Mutex<State> = Mutex::new(State {
    next: 0,
    stops: Vec::new(),
    shields: 0,
    signal: None,
});

struct State {
    next: u64,
    stops: Vec<(u64, Stop)>,
    shields: u32,
    signal: Option<i32>,
}

/// Starts the thread that waits for SIGINT, SIGTERM and SIGHUP.
pub fn listen() -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("listening for signals")?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let mut state = lock();
            state.signal = Some(signal);
            if state.shields > 0 {
                eprintln!("\nstopping as soon as the running installation is complete");
                continue;
            }
            drop(state);
            stop_everything(signal);
        }
    });
    Ok(())
}

/// Runs `stop` when the returned guard is dropped, or on a signal, whichever comes first.
pub fn on_stop(stop: impl FnOnce() + Send + 'static) -> Guard {
    let mut state = lock();
    let id = state.next;
    state.next += 1;
    state.stops.push((id, Box::new(stop)));
    Guard { id }
}

/// See [`on_stop`].
#[must_use]
pub struct Guard {
    id: u64,
}

impl Guard {
    /// Forgets the registration: what it would have stopped has ended by itself.
    pub fn dismiss(self) {
        drop(self.take());
    }

    fn take(&self) -> Option<Stop> {
        let mut state = lock();
        let position = state.stops.iter().position(|(id, _)| *id == self.id)?;
        Some(state.stops.remove(position).1)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(stop) = self.take() {
            stop();
        }
    }
}

/// Does `work` to its end before a signal is obeyed.
pub fn shielded<T>(work: impl FnOnce() -> T) -> T {
    lock().shields += 1;
    let result = work();
    let mut state = lock();
    state.shields -= 1;
    if let (0, Some(signal)) = (state.shields, state.signal) {
        drop(state);
        stop_everything(signal);
    }
    result
}

/// Never returns once a signal is obeyed, so that the caller reports no failure that is only the interruption.
pub fn hold_if_stopping() {
    let state = lock();
    let is_stopping = state.signal.is_some() && state.shields == 0;
    drop(state);
    if is_stopping {
        loop {
            std::thread::park();
        }
    }
}

fn stop_everything(signal: i32) -> ! {
    eprintln!("\nstopping");
    let stops = std::mem::take(&mut lock().stops);
    for (_, stop) in stops.into_iter().rev() {
        stop();
    }
    std::process::exit(128 + signal)
}

fn lock() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_dropped_guard_stops_once_and_a_dismissed_one_never() {
        let stopped = Arc::new(AtomicU32::new(0));
        let count = |stopped: &Arc<AtomicU32>| {
            let stopped = Arc::clone(stopped);
            move || {
                stopped.fetch_add(1, Ordering::SeqCst);
            }
        };
        drop(on_stop(count(&stopped)));
        assert_eq!(stopped.load(Ordering::SeqCst), 1);
        on_stop(count(&stopped)).dismiss();
        assert_eq!(stopped.load(Ordering::SeqCst), 1);
    }
}
