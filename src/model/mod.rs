//! The words of the domain: identifiers, times, vocabularies, and the shapes of what is recorded.
//!
//! It is not behaviour: nothing here asks, stores or decides. It imports nothing of ours and does
//! no I/O, so every other room may import it.

mod action;
mod alidns;
mod bpstudio;
mod cause;
mod clock;
mod hex;
mod identity;
mod key;
mod list_page;
mod outcome;
mod phase;
mod ros;
mod run;
mod stack_group;
mod time;
mod version;
mod watch_state;
mod words;

/// The program with its version, as leaves, exports and bundles name what made them.
pub const PROGRAM: &str = concat!("optrail ", env!("CARGO_PKG_VERSION"));

pub use action::{ALL_REGIONS, Action, Service};
pub use alidns::{BATCH_TYPES, BatchCount, BatchDetail, REASON_LANGS, is_task_id};
pub use bpstudio::BpstudioOperation;
pub use cause::Cause;
pub use clock::{Clock, ManualClock, SystemClock};
pub use hex::hex;
pub use identity::CallerIdentity;
pub use key::OperationKey;
pub use list_page::{Extent, ListPage};
pub use outcome::{Outcome, Verdict};
pub use phase::Phase;
pub use ros::{
    DeploymentTargets, DriftDetection, OperationPreferences, ResultRow, ResultsPage, RosOperation,
};
pub use run::{RunKind, RunOutcome};
pub use stack_group::{ListedOperation, RosRegion, StackGroup, Tag};
pub use time::{DAY_MS, HOUR_MS, MINUTE_MS, UtcMillis, millis, parse_cloud_time};
pub use version::{FieldValue, OperationState, ResultVersion, VersionPlace, result_flags};
pub use watch_state::WatchState;
