//! Recording from end to end: the simulated cloud on one side, the collector (in this process or as the
//! installed program) in the middle, and on the other side what SQL shows of the file.
//!
//! What must have been recorded is worked out from the sandbox's own log and schedules, never from the
//! product's code, and every test that records ends with `verify`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "recording/clocks.rs"]
mod clocks;
#[path = "recording/disk.rs"]
mod disk;
#[path = "recording/ends.rs"]
mod ends;
#[path = "recording/exit_codes.rs"]
mod exit_codes;
#[path = "recording/expected.rs"]
mod expected;
#[path = "recording/faults.rs"]
mod faults;
#[path = "recording/kill.rs"]
mod kill;
#[path = "recording/paging.rs"]
mod paging;
#[path = "recording/process.rs"]
mod process;
#[path = "recording/random.rs"]
mod random;
#[path = "recording/relay.rs"]
mod relay;
#[path = "recording/secrets.rs"]
mod secrets;
#[path = "recording/sizes.rs"]
mod sizes;
#[path = "recording/stop.rs"]
mod stop;
#[path = "recording/truth.rs"]
mod truth;
#[path = "recording/unattended.rs"]
mod unattended;
#[path = "recording/world.rs"]
mod world;
