//! What happened in a life, told without any of the program's types.

/// Where an event stands among all events.
pub type Order = usize;

/// Everything that happened.
#[derive(Debug, Default)]
pub struct Log {
    pub watches: Vec<Watch>,
    pub runs: Vec<Run>,
    /// Collectors that asked nothing: when, and whether for want of room.
    pub skips: Vec<(Order, i64, bool)>,
}

/// One watch.
#[derive(Debug)]
pub struct Watch {
    pub watch_id: i64,
    /// The operation, by its place among those of the life.
    pub thing: usize,
    pub label: &'static str,
    pub added: (Order, i64),
    pub removed: Option<(Order, i64)>,
}

/// One collect run.
#[derive(Debug)]
pub struct Run {
    pub started: (Order, i64),
    pub every_ms: Option<i64>,
    /// Its end, or where it was found dead.
    pub ended: (Order, i64),
    pub is_aborted: bool,
    /// Credentials that could not be used: label, cause, when, and the call that failed if one did.
    pub refused: Vec<(&'static str, &'static str, i64, Option<Order>)>,
    /// Watches that it set out to ask.
    pub planned: Vec<i64>,
    pub reads: Vec<Read>,
    pub listings: Vec<Listing>,
}

/// One attempt to read an operation.
#[derive(Debug)]
pub struct Read {
    pub thing: usize,
    pub order: Order,
    pub requested_at: i64,
    pub received_at: i64,
    pub came: Came,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    Seen,
    NotFound,
    Expired,
    Failed(&'static str),
}

/// One listing.
#[derive(Debug)]
pub struct Listing {
    pub thing: usize,
    pub ended_at: i64,
    pub is_complete: bool,
    /// The page that failed for good: where, when, why.
    pub failed: Option<(Order, i64, &'static str)>,
}

/// One row of the view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    pub scope: String,
    pub operation_id: String,
    pub watch_id: Option<i64>,
    pub cause: String,
    pub gap_from: String,
    pub gap_until: Option<String>,
    pub gap_seconds: Option<i64>,
}

/// The operations of a life; the first ones have results.
pub const THINGS: [&str; 4] = ["ros-0", "ros-1", "cadt-0", "cadt-1"];

/// Whether an operation has results to list.
pub fn lists_results(thing: usize) -> bool {
    THINGS[thing].starts_with("ros")
}
