//! The only room that knows SQL: one SQLite file, opened on purpose, written by one thread.
//!
//! It is not policy: what a row means and when it is written is decided in `derive` and `record`, which
//! hand their work in as closures over the transaction. Depends on `model` alone.

#[macro_use]
mod fragments;

pub mod accounts;
pub mod as_of;
pub mod aside;
pub mod batch_details;
mod before;
pub mod catalogue;
pub mod check;
pub mod compare;
pub mod completeness;
pub mod configs;
pub mod copy;
pub mod custody;
pub mod derived;
pub mod dictionary;
pub mod diff;
pub mod directory;
pub mod disk;
mod door;
mod error;
pub mod evidence;
pub mod exchanges;
pub mod fold;
pub mod gaps;
pub mod identity;
pub mod interventions;
pub mod leaf_time;
pub mod life;
pub mod limits;
pub mod listings;
pub mod metrics;
pub mod migrate;
pub mod open;
pub mod operation_key;
pub mod operations;
pub mod page_listings;
pub mod progress;
pub mod proving;
pub mod query;
pub mod replace;
pub mod report;
pub mod results;
pub mod runs;
pub mod selection;
pub mod show;
pub mod snapshot;
pub mod stack_groups;
pub mod status;
#[cfg(feature = "sandbox")]
pub mod story;
pub mod targets;
pub mod told;
pub mod unknowns;
mod untrusted;
mod values;
pub mod views;
pub mod watches;
mod writer;

pub use error::StoreError;
pub use writer::{Session, Writer};

/// A connection inside a transaction, or one that only reads.
pub use rusqlite::Connection;
/// A transaction.
pub use rusqlite::Transaction;
/// How a transaction begins.
pub use rusqlite::TransactionBehavior;
