//! Where "now" comes from. Code that needs the time is handed a [`Clock`]; durations come from the
//! monotonic clock, never from the difference of two readings of this one.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::UtcMillis;

/// A source of the present instant.
pub trait Clock: Send + Sync {
    /// The present instant; it may step in either direction between two calls.
    fn now(&self) -> UtcMillis;

    /// An instant at which `elapsed` has passed for certain on the monotonic clock since `earlier`, as soon
    /// after as milliseconds can say: never before `earlier`, even if this clock stepped. `earlier` itself
    /// was cut to a millisecond, and what is said to have been there by then must have been.
    fn after(&self, earlier: UtcMillis, elapsed: Duration) -> UtcMillis {
        let elapsed_ms = elapsed.as_micros().div_ceil(1000) + 1;
        earlier.plus_ms(i64::try_from(elapsed_ms).unwrap_or(i64::MAX))
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UtcMillis {
        let ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        UtcMillis(ms)
    }
}

/// A clock that moves only when told to: `demo` and the sandbox share one, so that hours pass in seconds.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn new(start: UtcMillis) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Moves the clock by `ms` (may be negative).
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Puts the clock at `instant`.
    pub fn set(&self, instant: UtcMillis) {
        self.0.store(instant.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UtcMillis {
        UtcMillis(self.0.load(Ordering::SeqCst))
    }

    /// What time the machine needs does not pass on this clock.
    fn after(&self, earlier: UtcMillis, _elapsed: Duration) -> UtcMillis {
        earlier.max(self.now())
    }
}
