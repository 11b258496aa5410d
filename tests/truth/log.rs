//! What a poller has to tell of its looks: in order, what was asked when and what came back. The oracle
//! works from this alone; the program works from its own leaves and bodies.

use super::answers::Page;
use super::world::State;

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Its leaf.
    pub sequence: i64,
    /// When it was asked, ms.
    pub requested_at: i64,
    /// When it was there, ms.
    pub received_at: i64,
    /// The instant between the two at which the cloud looked at the truth. Only the judge uses it.
    pub instant: i64,
}

/// Something that the poller did or met, in order of the leaves.
#[derive(Debug, Clone)]
pub enum Event {
    /// A run ended, or was found dead.
    RunClosed {
        /// The run.
        run_id: i64,
    },
    /// An operation was answered.
    Look {
        /// Its number in the world.
        op: usize,
        /// When.
        at: Answered,
        /// What it was.
        state: State,
    },
    /// A reading of all pages began.
    ListingBegun {
        /// Its number.
        listing_id: i64,
        /// The run.
        run_id: i64,
        /// The operation's number in the world.
        op: usize,
    },
    /// A page was answered.
    Page {
        /// The listing.
        listing_id: i64,
        /// When.
        at: Answered,
        /// What it held.
        page: Page,
    },
}
