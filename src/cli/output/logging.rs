//! Log lines on stderr.
//!
//! Only our own events are written, never those of a library: an HTTP library may print headers
//! and addresses, and with them keys and signatures. For the same reason there is no variable that
//! lets more through.

use std::io::{self, Write};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::config::{LogFormat, Verbosity};
use crate::export::TerminalWriter;
use crate::export::escape::Notation;

/// The target of our own events, which is the crate's name.
const OWN_TARGET: &str = env!("CARGO_CRATE_NAME");

/// Sends log lines of the whole process to stderr. Called once; a second call changes nothing.
pub fn start_logging(verbosity: Verbosity, format: LogFormat) {
    // An error means that logging has been started, which is what is wanted.
    let _ = subscriber(verbosity, format, io::stderr).try_init();
}

fn subscriber<W: Write + 'static>(
    verbosity: Verbosity,
    format: LogFormat,
    open: impl Fn() -> W + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    let level = match verbosity {
        Verbosity::Quiet => LevelFilter::ERROR,
        Verbosity::Normal => LevelFilter::WARN,
        Verbosity::Verbose => LevelFilter::INFO,
        Verbosity::Debug => LevelFilter::DEBUG,
    };
    let only_ours = Targets::new().with_target(OWN_TARGET, level);
    let notation = match format {
        LogFormat::Text => Notation::Braces,
        LogFormat::Json => Notation::Json,
    };
    let layer = fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(move || TerminalWriter::new(open(), notation));
    let layer = match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    Registry::default().with(layer.with_filter(only_ours))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Bytes that are still there when the subscriber has gone.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(verbosity: Verbosity, format: LogFormat, events: impl FnOnce()) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = subscriber(verbosity, format, move || writer.clone());
        tracing::subscriber::with_default(subscriber, events);
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    fn one_of_each() {
        tracing::error!("broken");
        tracing::warn!("odd");
        tracing::info!("begun");
        tracing::debug!("asked");
    }

    #[test]
    fn each_step_of_verbosity_says_one_thing_more() {
        let steps = [
            (Verbosity::Quiet, 1),
            (Verbosity::Normal, 2),
            (Verbosity::Verbose, 3),
            (Verbosity::Debug, 4),
        ];
        for (verbosity, lines) in steps {
            let text = logged(verbosity, LogFormat::Text, one_of_each);
            assert_eq!(text.lines().count(), lines, "{text}");
        }
    }

    #[test]
    fn libraries_are_not_heard() {
        let text = logged(Verbosity::Debug, LogFormat::Text, || {
            tracing::error!(target: "hyper::client", "authorization: secret");
        });
        assert_eq!(text, "");
    }

    #[test]
    fn words_of_the_cloud_are_escaped_and_json_stays_json() {
        let hostile = "a\u{1b}[2J\u{9b}\u{202e}\nb";
        let say = || tracing::warn!(code = hostile, "refused");
        let text = logged(Verbosity::Normal, LogFormat::Text, say);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            !text
                .trim_end()
                .chars()
                .any(crate::export::escape::is_unsafe),
            "{text}"
        );
        let line = logged(Verbosity::Normal, LogFormat::Json, say);
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(json["code"], hostile);
        assert_eq!(json["message"], "refused");
        assert!(
            !line
                .trim_end()
                .chars()
                .any(crate::export::escape::is_unsafe),
            "{line}"
        );
    }
}
