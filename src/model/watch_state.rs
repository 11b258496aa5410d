//! In which state an operation is watched.

use super::words::words;

words! {
    /// In which state an operation is watched.
    pub enum WatchState {
        /// Asked in each run.
        Active = "active",
        /// Ended and completely seen: asked no more.
        Settled = "settled",
        /// Ended, and its results never came whole: asked daily.
        Unsettled = "unsettled",
        /// The cloud does not know it: asked no more.
        NotFound = "not_found",
        /// Past its hour: asked no more.
        Expired = "expired",
    }
}
