//! Where evidence becomes durable and rows are derived from it: one session over the writer's transactions.
//!
//! Each transaction first derives what earlier ones kept, then keeps what is new: one fsync for both. Nothing is
//! derived from an answer that is not durable, or becomes durable with it, in one transaction. The same [`Deriver`] catches up after a
//! crash, rebuilds from nothing, and makes the rows that `verify` compares with.
//!
//! It decides no rule (`derive` does) and knows no network. Depends on `store`, `derive`, `evidence`,
//! `services` and `model`.

mod answers;
mod body;
mod closing;
mod configuration;
mod deriver;
mod fresh;
mod gaps;
mod judging;
mod keeping;
mod life;
mod listings;
mod moving;
mod page_lists;
mod plan;
mod recorder;
mod runs;
mod schedule;
mod sealing;
mod session;
mod tree;
mod unchanged;
mod whose;

pub use body::read_body;
pub use configuration::{NamedAccount, Settings};
pub use deriver::{DERIVE_VERSION, Deriver, leaf_at, target_of};
pub use gaps::recorder::is_late;
pub use plan::PlanEntry;
pub use recorder::{Recorder, RunStarted};
pub use schedule::Schedule;
pub use sealing::{Keyring, MadeKey};
pub use session::Session;
pub use tree::{Tree, head, root_at};
