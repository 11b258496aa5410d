//! When one subject was seen, and the gaps between.

use super::model::Gap;

/// What a run was for one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Good,
    Bad(&'static str),
    /// A fact about the id: neither seen nor missed.
    Fact,
}

/// When a subject was seen, and when not.
#[derive(Debug, Default)]
pub struct Sight {
    /// Its last good look, or its adding.
    pub since: i64,
    pub open: Option<(i64, &'static str)>,
    pub gaps: Vec<(&'static str, i64, Option<i64>)>,
}

impl Sight {
    pub fn take(&mut self, look: Look, at: i64) {
        match look {
            Look::Good => {
                self.close(at);
                self.since = at;
            }
            Look::Bad(cause) => self.open = self.open.or(Some((self.since, cause))),
            Look::Fact => {}
        }
    }

    pub fn close(&mut self, at: i64) {
        if let Some((from, cause)) = self.open.take() {
            self.gaps.push((cause, from, Some(at)));
        }
    }

    pub fn rows(&self, subject: &str) -> Vec<Gap> {
        let open = self.open.map(|(from, cause)| (cause, from, None));
        let gaps = self.gaps.iter().copied().chain(open);
        gaps.map(|(cause, from, until)| ("watch", subject.to_owned(), cause, from, until))
            .collect()
    }
}
