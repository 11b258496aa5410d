//! What one run means for a watch that is about no operation: a discovery, or the account's last task.
//!
//! Such a watch is asked in parts, one for each entry of the run's plans, and looked well when every part
//! did. It stays active until it is given up: what it finds today says nothing of tomorrow.

use super::watching::{Asked, Cause, Judgement, RunEnded, WatchState};
use crate::model::Outcome;

/// How one part of a watch went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It was not asked, because it was not its turn.
    NotBegun,
    /// It was not asked, because the credentials could not be tied to an account.
    NoIdentity(Cause),
    /// It was asked; what became of the last attempt, or of the page that failed for good.
    Answered(Outcome),
    /// Its list was begun and pages of it were not asked; why the account could be asked no more, if so.
    Cut(Option<Cause>),
    /// Every page was answered, and the list is not whole.
    Incomplete,
}

impl Part {
    /// Why it is no good look; `None` where it is one.
    fn cause(self, ended: RunEnded) -> Option<Cause> {
        match self {
            Self::NotBegun => Some(ended.not_begun()),
            Self::NoIdentity(cause) => Some(cause),
            Self::Answered(outcome) => Cause::of(outcome),
            Self::Cut(refused) => Some(ended.cut(refused)),
            Self::Incomplete if ended == RunEnded::Died => Some(Cause::Aborted),
            Self::Incomplete => Some(Cause::IncompleteListing),
        }
    }
}

/// What the parts of a watch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// How the watch was asked, all in all.
    pub asked: Asked,
    /// What the run means for it.
    pub judgement: Judgement,
    /// The part whose failure is the reason, by its place.
    pub failed_part: Option<usize>,
}

/// Judges one watch by its parts in the order of the plans. A run that died may have left out parts that it
/// had yet to find, so a discovery in it (`finds_parts`) is never a good look.
pub fn judge_parts(parts: &[Part], ended: RunEnded, finds_parts: bool) -> Whole {
    let failed = parts
        .iter()
        .enumerate()
        .find_map(|(place, part)| Some((place, part.cause(ended)?)));
    let cut_short = (ended == RunEnded::Died && finds_parts).then_some(Cause::Aborted);
    Whole {
        asked: asked(parts),
        judgement: Judgement {
            state: WatchState::Active,
            missed: failed.map(|(_, cause)| cause).or(cut_short),
            not_found: false,
            expired_unseen: false,
        },
        failed_part: failed.map(|(place, _)| place),
    }
}

/// A watch of which any part was answered well was asked well; else its first part that was asked tells.
fn asked(parts: &[Part]) -> Asked {
    let answers = || {
        parts.iter().filter_map(|part| match part {
            Part::Answered(outcome) => Some(*outcome),
            Part::Cut(_) | Part::Incomplete => Some(Outcome::Ok),
            Part::NotBegun | Part::NoIdentity(_) => None,
        })
    };
    let answer = answers()
        .find(|outcome| Cause::of(*outcome).is_none())
        .or_else(|| answers().next());
    let refusal = || {
        parts.iter().find_map(|part| match part {
            Part::NoIdentity(cause) => Some(Asked::NoIdentity(*cause)),
            _ => None,
        })
    };
    answer
        .map(Asked::Answered)
        .or_else(refusal)
        .unwrap_or(Asked::NotBegun)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: Part = Part::Answered(Outcome::Ok);

    #[test]
    fn every_part_must_be_good() {
        let good = judge_parts(
            &[OK, OK, Part::Answered(Outcome::NotFound)],
            RunEnded::ByItself,
            true,
        );
        assert_eq!(good.judgement.missed, None);
        assert_eq!(good.asked, Asked::Answered(Outcome::Ok));
        let torn = judge_parts(
            &[OK, Part::Incomplete, Part::NotBegun],
            RunEnded::ByItself,
            true,
        );
        assert_eq!(torn.judgement.missed, Some(Cause::IncompleteListing));
        assert_eq!(torn.failed_part, Some(1));
        assert_eq!(torn.judgement.state, WatchState::Active);
        let late = judge_parts(&[OK, Part::NotBegun], RunEnded::ByItself, true);
        assert_eq!(late.judgement.missed, Some(Cause::Deferred));
        let cut = judge_parts(&[OK, Part::Incomplete], RunEnded::Died, true);
        assert_eq!(cut.judgement.missed, Some(Cause::Aborted));
        let stopped = judge_parts(&[OK, Part::Cut(None)], RunEnded::Interrupted, true);
        assert_eq!(stopped.judgement.missed, Some(Cause::Aborted));
        let late = judge_parts(&[Part::Cut(None)], RunEnded::ByItself, true);
        assert_eq!(late.judgement.missed, Some(Cause::Deferred));
        let refused = Part::Cut(Some(Cause::Credential));
        let refused = judge_parts(&[refused], RunEnded::ByItself, true);
        assert_eq!(refused.judgement.missed, Some(Cause::Credential));
    }

    #[test]
    fn a_run_that_died_may_have_left_parts_unfound() {
        assert_eq!(
            judge_parts(&[OK], RunEnded::Died, true).judgement.missed,
            Some(Cause::Aborted)
        );
        assert_eq!(
            judge_parts(&[OK], RunEnded::Died, false).judgement.missed,
            None
        );
        assert_eq!(
            judge_parts(&[Part::NotBegun], RunEnded::Died, false)
                .judgement
                .missed,
            Some(Cause::Aborted)
        );
    }

    #[test]
    fn a_watch_of_which_nothing_was_answered_well_was_not_answered() {
        let refused = judge_parts(&[Part::Answered(Outcome::Denied)], RunEnded::ByItself, true);
        assert_eq!(refused.asked, Asked::Answered(Outcome::Denied));
        assert_eq!(refused.judgement.missed, Some(Cause::Denied));
        let nobody = judge_parts(
            &[Part::NoIdentity(Cause::Credential)],
            RunEnded::ByItself,
            true,
        );
        assert_eq!(nobody.asked, Asked::NoIdentity(Cause::Credential));
        assert_eq!(nobody.judgement.missed, Some(Cause::Credential));
        assert_eq!(
            judge_parts(&[Part::NotBegun], RunEnded::ByItself, true).asked,
            Asked::NotBegun
        );
    }
}
