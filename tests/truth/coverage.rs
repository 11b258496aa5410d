//! Which situations the cases have met: a property that is never put to the test proves nothing.

use std::collections::BTreeMap;

/// Situations, and how often each was met.
#[derive(Debug, Default)]
pub struct Coverage(BTreeMap<&'static str, usize>);

/// What a good number of cases must meet.
const NEEDED: [&str; 22] = [
    "memory lost",
    "clock set",
    "answer that is no look",
    "run died",
    "pages in flight together",
    "page after its listing closed",
    "listing closed by the next one",
    "listing never closed",
    "complete listing",
    "incomplete listing",
    "conflicting rows",
    "row whose third state was the failed one",
    "row lacked once",
    "row lacked falsely",
    "row retired",
    "row returned",
    "stretch of a row without a look",
    "status that left and returned unseen",
    "failed row of a later incomplete listing",
    "status that came in another form",
    "target of several deployments",
    "target whose last success is an older one",
];

impl Coverage {
    /// Notes that a situation was met.
    pub fn saw(&mut self, situation: &'static str) {
        *self.0.entry(situation).or_default() += 1;
    }

    /// Fails if a situation was never met.
    pub fn check(&self) {
        for situation in NEEDED {
            assert!(
                self.0.contains_key(situation),
                "no case met '{situation}': {:#?}",
                self.0
            );
        }
    }
}
