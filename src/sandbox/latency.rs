//! How long every answer takes: a line in which answers wait until they are as old as they have to be.
//!
//! A thread that sleeps, not the runtime's timer: that counts whole milliseconds and rounds up twice, which made 21.5
//! of 20, and whoever measures a client would have measured that.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// An answer that waits.
struct Waiting {
    due: Instant,
    go: oneshot::Sender<()>,
}

/// The line. All wait equally long, so whoever came first goes first.
pub(super) struct Latency {
    latency: Duration,
    line: mpsc::Sender<Waiting>,
}

impl Latency {
    /// Answers that take so long. The thread ends when this is dropped and nobody waits any more.
    pub(super) fn new(latency: Duration) -> io::Result<Self> {
        let (line, waiting) = mpsc::channel::<Waiting>();
        thread::Builder::new()
            .name("sandbox-latency".to_owned())
            .spawn(move || {
                for Waiting { due, go } in waiting {
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    // Whoever asked may have gone.
                    let _ = go.send(());
                }
            })?;
        Ok(Self { latency, line })
    }

    /// Waits until a request that came at `arrived_at` may be answered.
    pub(super) async fn wait(&self, arrived_at: Instant) {
        let due = arrived_at + self.latency;
        let (go, gone) = oneshot::channel();
        // The thread lives as long as this does; if it did not, there would be nothing to wait for.
        if self.line.send(Waiting { due, go }).is_ok() {
            let _ = gone.await;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn nobody_goes_early_and_waits_overlap() {
        // One after the other they would take ten seconds: the bound is half of that, far above what a busy machine adds.
        let long = Duration::from_millis(200);
        let latency = Arc::new(Latency::new(long).unwrap());
        let arrived_at = Instant::now();
        let mut waits = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let latency = Arc::clone(&latency);
            waits.spawn(async move { latency.wait(arrived_at).await });
        }
        waits.join_all().await;
        let waited = arrived_at.elapsed();
        assert!(waited >= long, "{waited:?}");
        assert!(waited < 25 * long, "{waited:?}");
    }

    #[tokio::test]
    async fn who_has_waited_already_goes_at_once() {
        let latency = Latency::new(Duration::from_secs(3600)).unwrap();
        let long_ago = Instant::now()
            .checked_sub(Duration::from_secs(7200))
            .unwrap();
        latency.wait(long_ago).await;
    }
}
