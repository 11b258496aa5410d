//! What one run means for one watch: whether it was a good look, why not, and in which state the
//! operation is watched from then on.

pub use crate::model::{Cause, WatchState};
use crate::model::{Outcome, Phase, Service};

/// Runs in a row in which an id must be unknown to the cloud before it is no longer asked for.
pub const NOT_FOUND_RUNS: u32 = 3;
/// Looks at an ended operation without a complete, all-final listing before it is asked daily only.
pub const UNSETTLED_LOOKS: u32 = 5;

/// How a watch was asked in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Not at all, because it was not its turn.
    NotBegun,
    /// Not at all, because the account could not be asked: no credentials, or not those of the account.
    NoIdentity(Cause),
    /// Yes; what became of the last attempt to read the operation itself.
    Answered(Outcome),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnded {
    /// Done, or at its deadline.
    ByItself,
    /// By a signal: what had begun was cut off between two requests.
    Interrupted,
    /// It died, or an error ended it.
    Died,
}

impl RunEnded {
    /// Why something was not begun.
    pub const fn not_begun(self) -> Cause {
        match self {
            Self::ByItself | Self::Interrupted => Cause::Deferred,
            Self::Died => Cause::Aborted,
        }
    }

    /// Why a list was begun and pages of it were not asked; `refused` is why the account could be asked no
    /// more, if so.
    pub fn cut(self, refused: Option<Cause>) -> Cause {
        match self {
            Self::ByItself => refused.unwrap_or(Cause::Deferred),
            Self::Interrupted | Self::Died => Cause::Aborted,
        }
    }
}

/// What is known of a watch when its run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poll {
    /// The service.
    pub service: Service,
    /// How it was asked.
    pub asked: Asked,
    /// How the run ended.
    pub ended: RunEnded,
    /// Meaning of the newest status ever seen.
    pub phase: Option<Phase>,
    /// Whether a complete listing was read in this run (ROS).
    pub listing_complete: bool,
    /// Whether such a listing had only final rows.
    pub listing_all_final: bool,
    /// Whether the rows of the task have ever been listed completely (AliDNS).
    pub details_complete: bool,
    /// Why a page failed for good, if one did.
    pub page_failure: Option<Cause>,
    /// Why pages were not asked, if some were not.
    pub cut: Option<Cause>,
    /// Runs in a row, this one included, in which the id was not found.
    pub not_found_runs: u32,
    /// Looks since the operation was first seen ended, this one included.
    pub final_looks: u32,
    /// The state before.
    pub state: WatchState,
}

impl Poll {
    /// What is known of a watch of that service that was not asked, and of which nothing was seen before.
    pub const fn not_begun(service: Service, ended: RunEnded) -> Self {
        Self {
            service,
            asked: Asked::NotBegun,
            ended,
            phase: None,
            listing_complete: false,
            listing_all_final: false,
            details_complete: false,
            page_failure: None,
            cut: None,
            not_found_runs: 0,
            final_looks: 0,
            state: WatchState::Active,
        }
    }
}

/// What the run means for the watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// The state from now on.
    pub state: WatchState,
    /// Why there was no good look; `None` where there was one, or a fact about the id.
    pub missed: Option<Cause>,
    /// The cloud did not know the id in this run.
    pub not_found: bool,
    /// The id died, and its end was never seen.
    pub expired_unseen: bool,
}

/// Judges one watch at the end of a run.
pub fn judge(poll: &Poll) -> Judgement {
    let nothing = Judgement {
        state: poll.state,
        missed: None,
        not_found: false,
        expired_unseen: false,
    };
    let outcome = match poll.asked {
        Asked::NotBegun => {
            return Judgement {
                missed: Some(poll.ended.not_begun()),
                ..nothing
            };
        }
        Asked::NoIdentity(cause) => {
            return Judgement {
                missed: Some(cause),
                ..nothing
            };
        }
        Asked::Answered(outcome) => outcome,
    };
    let has_ended = poll.phase.is_some_and(Phase::is_final);
    match outcome {
        Outcome::Ok => judge_answered(poll, has_ended),
        Outcome::NotFound => {
            let known_missing = poll.not_found_runs >= NOT_FOUND_RUNS;
            let state = if known_missing {
                WatchState::NotFound
            } else {
                poll.state
            };
            Judgement {
                state,
                not_found: true,
                ..nothing
            }
        }
        Outcome::Expired if has_ended => Judgement {
            state: WatchState::Settled,
            ..nothing
        },
        Outcome::Expired => Judgement {
            state: WatchState::Expired,
            missed: Some(Cause::ExpiredUnseen),
            expired_unseen: true,
            ..nothing
        },
        failed => Judgement {
            missed: Cause::of(failed),
            ..nothing
        },
    }
}

fn judge_answered(poll: &Poll, has_ended: bool) -> Judgement {
    let lists_results = poll.service == Service::Ros;
    let missed = if !lists_results || poll.listing_complete {
        None
    } else if poll.ended == RunEnded::Died {
        Some(Cause::Aborted)
    } else {
        let cause = poll.page_failure.or(poll.cut);
        Some(cause.unwrap_or(Cause::IncompleteListing))
    };
    let seen_whole = match poll.service {
        Service::Ros => poll.listing_complete && poll.listing_all_final,
        // A task is looked at by its counts, and so a list of its rows that is missing is no missed look.
        Service::Alidns => poll.details_complete,
        Service::Bpstudio | Service::Sts => true,
    };
    let state = if !has_ended {
        WatchState::Active
    } else if seen_whole {
        WatchState::Settled
    } else if poll.final_looks >= UNSETTLED_LOOKS {
        WatchState::Unsettled
    } else {
        WatchState::Active
    };
    Judgement {
        state,
        missed,
        not_found: false,
        expired_unseen: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLL: Poll = Poll {
        asked: Asked::Answered(Outcome::Ok),
        phase: Some(Phase::Running),
        listing_complete: true,
        ..Poll::not_begun(Service::Ros, RunEnded::ByItself)
    };

    #[test]
    fn an_ended_and_completely_listed_operation_is_settled() {
        let ended = Poll {
            phase: Some(Phase::Failed),
            listing_all_final: true,
            final_looks: 1,
            ..POLL
        };
        assert_eq!(judge(&ended).state, WatchState::Settled);
        let torn = Poll {
            listing_complete: false,
            ..ended
        };
        assert_eq!(judge(&torn).state, WatchState::Active);
        assert_eq!(judge(&torn).missed, Some(Cause::IncompleteListing));
        assert_eq!(
            judge(&Poll {
                final_looks: UNSETTLED_LOOKS,
                ..torn
            })
            .state,
            WatchState::Unsettled
        );
        assert_eq!(
            judge(&Poll {
                phase: Some(Phase::Unknown),
                ..ended
            })
            .state,
            WatchState::Active
        );
    }

    #[test]
    fn a_task_is_settled_once_its_rows_are_listed() {
        let ended = Poll {
            service: Service::Alidns,
            phase: Some(Phase::Succeeded),
            listing_complete: false,
            final_looks: UNSETTLED_LOOKS - 1,
            ..POLL
        };
        assert_eq!(
            (judge(&ended).state, judge(&ended).missed),
            (WatchState::Active, None)
        );
        let late = Poll {
            final_looks: UNSETTLED_LOOKS,
            ..ended
        };
        assert_eq!(judge(&late).state, WatchState::Unsettled);
        let listed = Poll {
            details_complete: true,
            ..ended
        };
        assert_eq!(judge(&listed).state, WatchState::Settled);
        let running = Poll {
            phase: Some(Phase::Running),
            ..listed
        };
        assert_eq!(judge(&running).state, WatchState::Active);
    }

    #[test]
    fn an_unknown_id_is_given_up_in_the_third_run() {
        let lost = Poll {
            asked: Asked::Answered(Outcome::NotFound),
            not_found_runs: 2,
            phase: None,
            ..POLL
        };
        assert_eq!(
            (judge(&lost).state, judge(&lost).not_found),
            (WatchState::Active, true)
        );
        let third = judge(&Poll {
            not_found_runs: 3,
            ..lost
        });
        assert_eq!(
            (third.state, third.not_found, third.missed),
            (WatchState::NotFound, true, None)
        );
    }

    #[test]
    fn an_id_that_died_is_unseen_only_if_its_end_was() {
        let cadt = Poll {
            service: Service::Bpstudio,
            asked: Asked::Answered(Outcome::Expired),
            ..POLL
        };
        let unseen = judge(&cadt);
        assert_eq!(
            (unseen.state, unseen.expired_unseen),
            (WatchState::Expired, true)
        );
        let seen = judge(&Poll {
            phase: Some(Phase::Succeeded),
            ..cadt
        });
        assert_eq!(
            (seen.state, seen.expired_unseen, seen.missed),
            (WatchState::Settled, false, None)
        );
    }

    #[test]
    fn failures_keep_the_state_and_name_the_cause() {
        for outcome in Outcome::ALL.into_iter().filter(|o| Cause::of(*o).is_some()) {
            let failed = judge(&Poll {
                asked: Asked::Answered(outcome),
                ..POLL
            });
            assert_eq!(
                (failed.state, failed.missed),
                (WatchState::Active, Cause::of(outcome))
            );
        }
        let page = Poll {
            listing_complete: false,
            page_failure: Some(Cause::Denied),
            ..POLL
        };
        assert_eq!(judge(&page).missed, Some(Cause::Denied));
        assert_eq!(
            judge(&Poll {
                asked: Asked::NotBegun,
                ..POLL
            })
            .missed,
            Some(Cause::Deferred)
        );
        assert_eq!(
            judge(&Poll {
                asked: Asked::NotBegun,
                ended: RunEnded::Died,
                ..POLL
            })
            .missed,
            Some(Cause::Aborted)
        );
    }

    #[test]
    fn a_list_is_incomplete_only_if_every_page_was_asked() {
        let missed = |ended: RunEnded, refused, page_failure| {
            judge(&Poll {
                ended,
                listing_complete: false,
                page_failure,
                cut: Some(ended.cut(refused)),
                ..POLL
            })
            .missed
        };
        for ended in [RunEnded::Interrupted, RunEnded::Died] {
            assert_eq!(missed(ended, None, None), Some(Cause::Aborted));
            let refused = Some(Cause::Credential);
            assert_eq!(missed(ended, refused, None), Some(Cause::Aborted));
        }
        let by_itself = RunEnded::ByItself;
        assert_eq!(missed(by_itself, None, None), Some(Cause::Deferred));
        assert_eq!(
            missed(by_itself, Some(Cause::Credential), None),
            Some(Cause::Credential)
        );
        assert_eq!(
            missed(by_itself, None, Some(Cause::Throttled)),
            Some(Cause::Throttled)
        );
    }
}
