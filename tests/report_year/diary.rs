//! What the recorder met, in order, as those who made it happen know it. The oracle counts from this and the
//! truth alone; the program from its leaves and bodies.

use super::truth::State;

/// The number of a leaf.
pub type Leaf = i64;

#[derive(Debug, Default)]
pub struct Diary {
    pub runs: Vec<Run>,
    pub requests: Vec<Request>,
    pub looks: Vec<Look>,
    pub listings: Vec<Listing>,
    pub watches: Vec<Watch>,
    /// Collectors that asked nothing: when, and whether the disk was full.
    pub skipped: Vec<(i64, bool, Leaf)>,
    pub clock_steps: Vec<(i64, Leaf)>,
    pub interventions: Vec<Intervention>,
    /// Times of leaves that bear one.
    pub times: Vec<(i64, Leaf)>,
    /// Number of leaves.
    pub leaves: i64,
    /// When the newest leaf that bears a time was written.
    pub evidence_end: i64,
    /// Places cut out of answers: when it was asked, how many.
    pub redactions: Vec<(i64, i64)>,
    /// Words and fields that nobody documented: action, kind, name, value, and the answer.
    pub unknowns: Vec<(&'static str, &'static str, &'static str, &'static str, Leaf)>,
    /// Whose credentials a run asked with: label, account (by its number, or a stranger), run, answer, when.
    pub identities: Vec<Identity>,
}

#[derive(Debug, Clone)]
pub struct Identity {
    pub run: i64,
    pub label: String,
    pub account_id: String,
    pub arn: String,
    pub leaf: Leaf,
    pub received_at: i64,
}

#[derive(Debug, Clone)]
pub struct Run {
    pub id: i64,
    pub is_collect: bool,
    /// Whether it was limited to some accounts.
    pub is_limited: bool,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub outcome: Option<&'static str>,
    pub every_ms: i64,
    pub start: Leaf,
    pub end: Option<Leaf>,
    pub due: i64,
    pub polled: i64,
    pub failed: i64,
    pub deferred: i64,
    /// What was done with each planned watch, in order.
    pub fates: Vec<(usize, Fate)>,
    /// Every answer's date less the middle of its exchange, ms.
    pub offsets: Vec<i64>,
}

/// What a run was for one watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Seen as promised: request of the operation, receipt of the last answer.
    Good { requested_at: i64, received_at: i64 },
    /// Not seen: why, whether it was asked for, and whether its id was answered all the same.
    Missed {
        cause: &'static str,
        was_asked: bool,
        was_answered: bool,
    },
    /// The cloud does not know it.
    NotFound,
    /// Past its hour, and its end was seen.
    Expired,
}

#[derive(Debug, Clone)]
pub struct Request {
    pub leaf: Leaf,
    pub run: i64,
    pub account_id: Option<String>,
    /// Name of the credentials, of a call that asks whose they are.
    pub label: Option<String>,
    pub service: &'static str,
    pub action: &'static str,
    pub outcome: &'static str,
    pub requested_at: i64,
    pub received_at: i64,
}

/// An answer that showed an operation.
#[derive(Debug, Clone)]
pub struct Look {
    pub op: usize,
    pub leaf: Leaf,
    pub requested_at: i64,
    pub received_at: i64,
    pub state: State,
}

/// A page of results that was answered and read.
#[derive(Debug, Clone)]
pub struct Page {
    pub leaf: Leaf,
    pub requested_at: i64,
    pub received_at: i64,
    pub total_count: Option<i64>,
    /// Row number, status, reason.
    pub rows: Vec<(usize, &'static str, Option<&'static str>)>,
}

#[derive(Debug, Clone)]
pub struct Listing {
    pub leaf: Leaf,
    pub op: usize,
    pub run: i64,
    /// Of the rows of a DNS task.
    pub is_details: bool,
    pub pages: Vec<Page>,
    /// Whether a page failed for good.
    pub is_torn: bool,
    pub is_complete: bool,
}

#[derive(Debug, Clone)]
pub struct Watch {
    pub id: i64,
    /// `None` for the one that finds others.
    pub op: Option<usize>,
    pub label: String,
    pub added_at: i64,
    pub added_by: &'static str,
    pub origin: String,
    pub parent: Option<i64>,
    pub leaf: Leaf,
    /// When, by whom, why, and the leaf.
    pub removed: Option<(i64, &'static str, &'static str, Leaf)>,
    /// `active`, `settled`, `unsettled`, `not_found`, `expired`, and the run since when.
    pub state: (&'static str, i64),
}

#[derive(Debug, Clone)]
pub struct Intervention {
    pub leaf: Leaf,
    pub op: usize,
    pub requested_at: i64,
    pub user: &'static str,
    pub reason: &'static str,
    pub outcome: &'static str,
    pub status_before: &'static str,
}
