//! Many accounts, regions and operations from end to end: what is found by itself, whose credentials ask, how
//! fast, and what becomes of it where the cloud or the network fails.
//!
//! The simulated cloud is on one side, the collector (in this process or as the installed program) in the
//! middle, and on the other side what SQL shows of the file. What must have been recorded is worked out from
//! the sandbox's schedules, never from the product's code, and every test that records ends with `verify`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "fleet/accounts.rs"]
mod accounts;
#[path = "fleet/credentials.rs"]
mod credentials;
#[path = "fleet/deadline.rs"]
mod deadline;
#[path = "fleet/discovery.rs"]
mod discovery;
#[path = "fleet/drift.rs"]
mod drift;
#[path = "fleet/faults.rs"]
mod faults;
#[path = "fleet/oracle.rs"]
mod oracle;
#[path = "fleet/pace.rs"]
mod pace;
#[path = "fleet/scene.rs"]
mod scene;
#[path = "fleet/wire.rs"]
mod wire;
#[path = "fleet/wire_faults.rs"]
mod wire_faults;
#[path = "recording/world.rs"]
#[allow(dead_code)] // what these tests do not need, others do
mod world;
