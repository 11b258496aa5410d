//! The wish to end: begun by SIGTERM or SIGINT, honoured between two requests.

use std::sync::Arc;

use tokio::sync::watch;

/// The signals that end a run cleanly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// From `kill`, or from the service manager.
    Terminate,
    /// From the keyboard.
    Interrupt,
}

impl Signal {
    /// The name in evidence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
        }
    }
}

/// Whether, and since which signal, the run is to end.
#[derive(Debug, Clone)]
pub struct Stopping {
    sender: Arc<watch::Sender<Option<Signal>>>,
}

impl Default for Stopping {
    fn default() -> Self {
        Self {
            sender: Arc::new(watch::Sender::new(None)),
        }
    }
}

impl Stopping {
    /// Ends the run with `signal`; the first one counts.
    pub fn stop(&self, signal: Signal) {
        self.sender.send_if_modified(|state| {
            let first = state.is_none();
            state.get_or_insert(signal);
            first
        });
    }

    /// The signal that came, if one did.
    pub fn signal(&self) -> Option<Signal> {
        *self.sender.borrow()
    }

    /// Returns when a signal comes.
    pub async fn stopped(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives in `self`, so that waiting for it cannot fail.
        let _ = receiver.wait_for(Option::is_some).await;
    }

    /// Listens for the process's signals from now on.
    pub fn listen(&self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        for (kind, word) in [
            (SignalKind::terminate(), Signal::Terminate),
            (SignalKind::interrupt(), Signal::Interrupt),
        ] {
            let mut signals = signal(kind)?;
            let stopping = self.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    stopping.stop(word);
                }
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_signal_counts() {
        let stopping = Stopping::default();
        assert_eq!(stopping.signal(), None);
        stopping.stop(Signal::Terminate);
        stopping.stop(Signal::Interrupt);
        stopping.stopped().await;
        assert_eq!(stopping.signal(), Some(Signal::Terminate));
    }
}
