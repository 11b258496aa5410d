//! The bar of `collect --follow`: how far the present run has come. Shown on a terminal alone.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::collect::{Progress, RoundEnd};
use crate::config::{Config, LogFormat, Verbosity};

/// How often the bar is drawn anew.
const DRAWN_EVERY: Duration = Duration::from_millis(200);

/// A bar that follows the counts of a collector.
pub(super) struct Bar {
    bar: ProgressBar,
    drawing: JoinHandle<()>,
}

impl Bar {
    pub(super) fn start(config: &Config, progress: Arc<Progress>, runtime: &Runtime) -> Self {
        let is_for_people =
            config.log_format == LogFormat::Text && matches!(config.verbosity, Verbosity::Normal);
        let target = if is_for_people {
            // Draws nothing where stderr is no terminal.
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("[{bar:30}] {pos}/{len} {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        let shown = bar.clone();
        let drawing = runtime.spawn(async move {
            loop {
                let (finished, planned) = progress.read();
                shown.set_length(planned);
                shown.set_position(finished);
                tokio::time::sleep(DRAWN_EVERY).await;
            }
        });
        Self { bar, drawing }
    }

    /// Prints something while the bar is out of the way.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Says what the last run came to.
    pub(super) fn ended(&self, end: &RoundEnd, active: usize) {
        let row = &end.row;
        self.bar.set_message(format!(
            "run {}, {active} active, {} failed",
            row.run_id, row.watches_failed
        ));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.drawing.abort();
        self.bar.finish_and_clear();
    }
}
