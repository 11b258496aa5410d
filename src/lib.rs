//! optrail records operations of Alibaba Cloud: what it was asked, what it answered, what that means, and
//! how anybody can check it.
//!
//! # The way of an answer
//! ```text
//! watches ─▶ plan ─▶ ask (cloud) ─▶ keep (body + leaf, committed) ─▶ derive (pure) ─▶ versions ─▶ views ─▶ export
//!    ▲                   ▲                    │
//!    └── found ──────────┴── next page, retry └─▶ tree ─▶ checkpoint (seal)
//! ```
//! One direction. Nothing normalized is written but by derivation from kept evidence, and nothing is derived
//! from an answer that is not durable, or becomes durable with it, in one transaction. So every row can be made again, years later, with a better parser:
//! that is `rebuild`, and comparing the two is `verify`.
//!
//! # Rooms, in reading order
//! - [`model`]: the words. No behaviour, imports nothing of ours.
//! - [`services`]: what each service is asked, and how its answers read. Pure.
//! - [`evidence`]: leaf lines, body templates, redaction, the tree, its proofs and signed checkpoints. Pure.
//! - [`mod@derive`]: the rules from answers to versions, listing verdicts, watch states. Pure.
//! - [`store`]: the only SQL: one SQLite file, one writer thread, the views.
//! - [`record`]: joins these: appends evidence and derives rows in the writer's transactions.
//! - [`seal`]: signs the head of the log, and compares the database with what was signed at each start.
//! - [`prove`]: bundles: what one needs to check operations, runs or a sample without the database.
//! - [`cloud`]: signatures, where credentials come from, the pace that the cloud allows, one HTTP attempt. Knows
//!   no SQL.
//! - [`collect`]: the only room that joins cloud and store: what is due, each account on its own, discovery,
//!   pages, one run, stop.
//! - [`verify`]: recomputes everything from evidence and compares; rebuilds.
//! - [`report`]: questions that need more than a view: changes, what needs a person, the compliance report, manifests.
//! - [`export`]: rows and documents to bytes. Pure.
//! - [`config`], [`cli`]: what was typed, and what stands in the configuration file.
//! - `sandbox` (feature `sandbox`): the simulated cloud behind `optrail demo`, with code of its own.
//!
//! Imports go one way; a test holds that. What a room says of what it depends on holds for each of its files.
//!
//! # Three kinds of data
//! *Evidence* (`leaf`, `body_template`, `subtree`) is insert-only, and so are the checkpoints that sign it, which follow
//! from nothing in the file. *Derived* rows can be dropped and made again;
//! they refer to the sequence of the leaf that first showed them, never to a clock, and are never updated; from the
//! list of the open watches (`watch_open`) alone rows go.
//! One row of bookkeeping (`derivation`) says how far derivation has come. *Operational* rows (learned limits,
//! failures that were told already) are mutable and prove nothing: nobody compares them, a rebuild keeps them.
//!
//! # Commit order
//! The writer's transaction derives what was durable before, then inserts what is new, and is synced: one
//! fsync for any number of answers that wait. Callers hear of their answer after that, and only then read it.
//! A head of the tree is signed when it is durable, written to the state directory, and only then handed out.
#![forbid(unsafe_code)]

pub mod cli;
pub mod cloud;
pub mod collect;
pub mod config;
pub mod derive;
pub mod evidence;
pub mod export;
pub mod model;
pub mod prove;
pub mod record;
pub mod report;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod seal;
pub mod services;
pub mod store;
pub mod verify;
