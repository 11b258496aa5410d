//! What a run means for a watch and for itself, from the words of the promise.

use super::diary::{Fate, Run};
use super::truth::{self, Service};

/// Runs in a row in which an id must be unknown.
const NOT_FOUND_RUNS: u32 = 3;

/// Looks at an ended operation that never came whole before it is asked daily.
const FINAL_LOOKS: u32 = 5;

/// How a watch stands.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    pub state: Option<&'static str>,
    pub status: Option<&'static str>,
    final_looks: u32,
    not_found_runs: u32,
    pub details_complete: bool,
    pub last_asked_at: i64,
}

impl Standing {
    pub fn state(&self) -> &'static str {
        self.state.unwrap_or("active")
    }

    pub fn is_due(&self, now: i64) -> bool {
        match self.state() {
            "active" => true,
            "unsettled" => now - self.last_asked_at >= truth::DAY,
            _ => false,
        }
    }

    pub fn has_ended(&self) -> bool {
        self.status.is_some_and(truth::is_final)
    }

    /// An answer showed a status.
    pub fn look(&mut self, status: &'static str) {
        if truth::is_final(status) {
            self.final_looks += 1;
        }
        self.status = Some(status);
    }

    /// The operation was answered; whether its list came whole, and with all rows final.
    pub fn answered(&mut self, service: Service, whole: bool, all_final: bool) {
        self.not_found_runs = 0;
        let seen_whole = match service {
            Service::Ros => whole && all_final,
            Service::Alidns => self.details_complete,
            Service::Bpstudio => true,
        };
        self.state = Some(match () {
            () if !self.has_ended() => "active",
            () if seen_whole => "settled",
            () if self.final_looks >= FINAL_LOOKS => "unsettled",
            () => "active",
        });
    }

    pub fn not_found(&mut self) {
        self.not_found_runs += 1;
        if self.not_found_runs >= NOT_FOUND_RUNS {
            self.state = Some("not_found");
        }
    }

    pub fn expired(&mut self) -> Fate {
        if self.has_ended() {
            self.state = Some("settled");
            return Fate::Expired;
        }
        self.state = Some("expired");
        Fate::Missed {
            cause: "expired_unseen",
            was_asked: true,
            was_answered: true,
        }
    }

    /// The run asked and got no answer about the id.
    pub fn failed(&mut self) {
        self.not_found_runs = 0;
    }
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Done,
    Deadline,
    Signal,
    Error,
    Died,
}

impl How {
    /// What the run says of its end, if it could.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Done => Some("done"),
            Self::Deadline => Some("deadline"),
            Self::Signal => Some("SIGTERM"),
            Self::Error => Some("error: the database is locked"),
            Self::Died => None,
        }
    }

    /// What a look was in a run that ended so: of a list that was not whole when the run died, nobody knows
    /// whether it would have been asked for again.
    pub fn of_torn(self, fate: Fate) -> Fate {
        match fate {
            Fate::Missed {
                cause,
                was_asked,
                was_answered: true,
            } if cause != "expired_unseen" => Fate::Missed {
                cause: if self.not_begun() == "aborted" {
                    "aborted"
                } else {
                    cause
                },
                was_asked,
                was_answered: true,
            },
            other => other,
        }
    }

    /// Why what was not begun was not.
    pub const fn not_begun(self) -> &'static str {
        match self {
            Self::Done | Self::Deadline | Self::Signal => "deferred",
            Self::Error | Self::Died => "aborted",
        }
    }
}

/// Counts what a run's watches came to. `lacking` are tasks whose rows are still to be listed.
pub fn count(run: &mut Run, how: How, lacking: i64) {
    let (mut answered, mut unseen) = (0, lacking);
    run.due = i64::try_from(run.fates.len()).unwrap();
    for (_, fate) in &run.fates {
        match fate {
            Fate::Good { .. } | Fate::Expired => {
                run.polled += 1;
                answered += 1;
            }
            Fate::NotFound => {
                run.polled += 1;
                answered += 1;
                unseen += 1;
            }
            Fate::Missed {
                cause,
                was_asked,
                was_answered,
            } => {
                unseen += 1;
                run.polled += i64::from(*was_asked);
                answered += i64::from(*was_answered);
                match *cause {
                    "deferred" => run.deferred += 1,
                    "expired_unseen" => {}
                    _ => run.failed += 1,
                }
            }
        }
    }
    run.outcome = Some(match how {
        How::Died => "aborted",
        How::Signal => "interrupted",
        How::Error => "failed",
        How::Done | How::Deadline if run.due > 0 && answered == 0 => "failed",
        How::Done | How::Deadline if unseen > 0 => "partial",
        How::Done | How::Deadline => "complete",
    });
}
