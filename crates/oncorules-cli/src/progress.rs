//! How far a long run is: on stderr, on a terminal, and only once it has taken a second.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Counts what was done, and shows it where someone can see it.
pub(crate) struct Progress {
    started: Instant,
    shown: bool,
    bar: Option<ProgressBar>,
    done: u64,
    was_shown: bool,
}

impl Progress {
    /// A progress that is shown, or only counted.
    pub(crate) fn new(shown: bool) -> Self {
        Self { started: Instant::now(), shown, bar: None, done: 0, was_shown: false }
    }

    /// So many cases more are done.
    pub(crate) fn add(&mut self, cases: u64) {
        self.done += cases;
        if self.bar.is_none() && self.shown && self.started.elapsed() > Duration::from_secs(1) {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            // How many cases a stream holds is known at its end only: a count, no percentage.
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {human_pos} cases, {per_sec}, {elapsed}")
            {
                bar.set_style(style);
            }
            self.was_shown = true;
            self.bar = Some(bar.with_elapsed(self.started.elapsed()));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        }
    }

    /// Whether the bar was to be seen.
    pub(crate) fn was_shown(&self) -> bool {
        self.was_shown
    }

    /// Does something that writes on stderr, without the bar in its way.
    pub(crate) fn suspend(&self, work: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(work),
            None => work(),
        }
    }

    /// Takes the bar away; gives the seconds that went by.
    pub(crate) fn finish(&mut self) -> f64 {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.started.elapsed().as_secs_f64()
    }
}
