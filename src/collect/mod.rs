//! Asking: what is due, in which order, page by page, within a deadline; and the one call that changes
//! the world.
//!
//! The only room that joins cloud and store. Every attempt is kept before its answer is read; what the
//! answer means is decided by `services` and, for the rows, by derivation. Only the questions of `doctor` are no
//! collection, and not kept. Depends on `cloud`, `services`,
//! `evidence`, `store`, `record`, `config` and `model`.

mod account;
mod ask;
mod declared;
mod discover;
pub mod doctor;
mod due;
mod failures;
mod fleet;
mod follow;
mod glob;
mod host;
mod jobs;
mod lock;
mod pages;
mod patience;
mod poll;
mod preview;
mod progress;
mod round;
mod sealed;
mod shared;
mod signal;
mod stop;
mod summary;
mod told;
mod wall;

pub use account::{Account, DEFAULT_LABEL};
pub use declared::{CONFIGURATION, Declared, declare};
pub use due::{Watched, due};
pub use failures::Failure;
pub use host::host_name;
pub use lock::{Lock, LockError};
pub use preview::Why;
pub use progress::Progress;
pub use round::{Collector, CollectorError, Look, RoundEnd, RoundOptions};
pub use signal::{Signal, Stopping};
pub use stop::{StopEnd, StopOrder, StopResult};
pub use summary::summary_line;
pub use told::{Detail, FAILURE_LINES_MAX, Failing, Now, TELL_AGAIN_MS, Telling, decide};
