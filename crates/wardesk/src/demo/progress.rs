//! How far the set-up is: on the terminal as a bar, on the demo page as a sentence.

use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

/// What the page says while the set-up runs; none when it is done.
#[derive(Clone, Default)]
pub(super) struct Told(Arc<Mutex<Option<String>>>);

impl Told {
    pub(super) fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, text: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

/// The display.
pub(super) struct Progress {
    told: Told,
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(told: Told) -> Self {
        Self {
            told,
            bar: ProgressBar::hidden(),
        }
    }

    /// Begins a step of so many pieces; the one before is done.
    pub(super) fn step(&mut self, what: &str, pieces: usize) {
        self.finish();
        self.told.set(Some(what.to_owned()));
        self.bar = ProgressBar::new(pieces as u64);
        let style = ProgressStyle::with_template("  {spinner} {prefix:<28} {bar:24} {pos}/{len}  {elapsed}");
        if let Ok(style) = style {
            self.bar.set_style(style);
        }
        self.bar.set_prefix(what.to_owned());
        self.bar.enable_steady_tick(std::time::Duration::from_millis(120));
    }

    /// One piece is done.
    pub(super) fn done(&self) {
        self.bar.inc(1);
    }

    /// The last step is done.
    pub(super) fn finish(&mut self) {
        let what = self.bar.prefix();
        if !what.is_empty() {
            self.bar.finish_and_clear();
            eprintln!("  ✓ {what}");
        }
        self.bar = ProgressBar::hidden();
        self.told.set(None);
    }
}
