//! Seals: checkpoints of the log, signed, and kept in a state directory apart from the database, so that a
//! database that was cut off, replaced or re-written meets what it once was.
//!
//! At each start the database is compared with the newest checkpoint there ([`guard()`]); after each run
//! its head is signed ([`seal()`]). A head is signed only when it is durable, and only if it goes on from the one
//! that was signed before: an origin never signs two histories. Where that is no longer possible, a person
//! starts a new origin ([`adopt()`]).
//!
//! What this does not prove: whoever holds the key and both directories can write a new history and sign it. A
//! checkpoint in somebody else's hands is what shows that.
//!
//! Formats are `evidence`'s, rows are `record`'s. Depends on `record`, `store`, `evidence` and `model`.

mod adopt;
mod error;
mod files;
mod guard;
mod keys;
mod known;
mod look;
mod sealing;
mod state;

pub use adopt::{Adopted, adopt, resume};
pub use error::{BadNews, SealError};
pub use guard::{Access, guard, guard_copy, refuse_lost};
pub use known::{Known, known};
pub use look::{Look, key_of, look};
pub use sealing::{Sealed, make_key, seal};
pub use state::LogState;

use crate::model::UtcMillis;

/// Who does it, and when: what leaves bear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The operating system's user.
    pub user: String,
    /// The host's name.
    pub host: String,
    /// When.
    pub at: UtcMillis,
}
