//! Asking: what is due, in which order, page by page, within a deadline; and the one call that changes
//! the world.
//!
//! The only room that joins cloud and store. Every attempt is kept before its answer is read; what the
//! answer means is decided by `services` and, for the rows, by derivation. Depends on `cloud`, `services`,
//! `derive`, `evidence`, `store`, `record` and `model`.

mod ask;
mod due;
mod host;
mod listing;
mod lock;
mod poll;
mod round;
mod signal;
mod stop;
mod summary;
mod told;

pub use ask::{Caller, Failure};
pub use due::{Watched, due};
pub use host::host_name;
pub use lock::{Lock, LockError};
pub use round::{Collector, CollectorError, DEFAULT_LABEL, RoundEnd, RoundOptions};
pub use signal::{Signal, Stopping};
pub use stop::{StopEnd, StopOrder, StopResult};
pub use summary::summary_line;
pub use told::{Failing, TELL_AGAIN_MS, Telling, Well, decide};
