//! What a run says of its failures: which things fail, and which of those that failed before are well again.

use std::collections::{BTreeMap, BTreeSet};

use super::folding::{LOG, of_log};
use crate::cli::{asking, output, sealing};
use crate::collect::{Detail, Failing, Failure, Now, RoundEnd, RoundOptions, decide};
use crate::config::{Config, Verbosity};
use crate::model::{Action, Clock as _, Outcome, Service, SystemClock, Verdict};
use crate::record::Recorder;
use crate::seal::SealError;
use crate::store::fold::Log;
use crate::store::watches::WatchTarget;
use crate::store::{StoreError, told};

/// What fails when runs have too little time.
const TIME: &str = "time for a run";

/// What fails when a run dies.
const DEAD: &str = "the last run";

/// What fails when a run cannot be sealed.
const SEAL: &str = "the seal";

/// Prints what is new about failures, and remembers what was printed.
pub(super) fn tell(
    config: &Config,
    options: &RoundOptions,
    end: &RoundEnd,
    unsealed: Option<&SealError>,
    log: Log,
) -> Result<(), StoreError> {
    let recorder = Recorder::open(&config.database)?;
    let before = recorder.read_blocking(told::load)?;
    let mut failing = failing(end);
    match unsealed {
        // No lasting failure: the next run is refused.
        Some(error) if error.is_bad_news() => {
            output::complaint(config, &sealing::unsealed_text(config, error));
        }
        unsealed => failing.extend(unsealed.map(|error| of_seal(config, error))),
    }
    if let Log::Large { bytes } = log {
        failing.push(of_log(&config.database, bytes));
    }
    if failing.is_empty() && before.is_empty() {
        return Ok(());
    }
    let learned = Learned {
        is_sealed: unsealed.is_none(),
        is_log_small: log == Log::Small,
        ..Learned::of(end, options)
    };
    let detail = match config.verbosity {
        Verbosity::Quiet | Verbosity::Normal => Detail::News,
        Verbosity::Verbose | Verbosity::Debug => Detail::All,
    };
    let now = SystemClock.now();
    let telling = decide(
        now,
        &failing,
        |what| learned.of_thing(what),
        &before,
        detail,
    );
    for line in &telling.lines {
        output::complaint(config, line);
    }
    if telling.told != before {
        recorder.remember_told(telling.told)?;
    }
    Ok(())
}

/// Everything that fails as of this run.
fn failing(end: &RoundEnd) -> Vec<Failing> {
    // A list that a signal cut short is no failure: somebody wanted it so.
    let is_cut_short =
        |failure: &Failure| end.signal.is_some() && failure.outcome == Verdict::Incomplete.as_str();
    let mut all: Vec<Failing> = end
        .failures
        .iter()
        .filter(|failure| !is_cut_short(failure))
        .map(|failure| of_failure(failure, end.clock_offset_ms))
        .collect();
    if end.row.deferred_again > 0 && end.signal.is_none() {
        all.push(Failing {
            what: TIME.to_owned(),
            cause: "deferred".to_owned(),
            code: None,
            text: format!(
                "{} watches were left over twice running: give the run more time (--deadline) or more requests in flight (--concurrency)",
                end.row.deferred_again
            ),
            kind: TIME.to_owned(),
        });
    }
    if end.aborted > 0 {
        all.push(Failing {
            what: DEAD.to_owned(),
            cause: "aborted".to_owned(),
            code: None,
            text: "the run before this one died; its answers are kept".to_owned(),
            kind: DEAD.to_owned(),
        });
    }
    all
}

/// That a run could not be sealed.
fn of_seal(config: &Config, error: &SealError) -> Failing {
    let cause = match error {
        SealError::Key { .. } | SealError::Origin { .. } => "key",
        SealError::State { .. } => "state directory",
        _ => "unsealed",
    };
    Failing {
        what: SEAL.to_owned(),
        cause: cause.to_owned(),
        code: None,
        text: sealing::unsealed_text(config, error),
        kind: SEAL.to_owned(),
    }
}

fn of_failure(failure: &Failure, clock_offset_ms: Option<i64>) -> Failing {
    let mut text = asking::failure_text(failure);
    if failure.outcome == Outcome::Clock.as_str()
        && let Some(offset_ms) = clock_offset_ms
    {
        text.push_str(&format!("; {}", clock_text(offset_ms)));
    }
    let action = failure.action.map_or("", Action::as_str);
    let code = failure.code.as_deref().unwrap_or_default();
    Failing {
        what: asking::failing_thing(failure),
        cause: failure.outcome.to_owned(),
        code: failure.code.clone(),
        text,
        kind: format!("{} {action} {} {code}", failure.label, failure.outcome),
    }
}

/// How our clock stands, by the cloud's clock less ours.
fn clock_text(offset_ms: i64) -> String {
    let seconds = offset_ms.unsigned_abs() / 1000;
    let length = match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    };
    let direction = if offset_ms > 0 { "behind" } else { "ahead of" };
    format!("this machine's clock is {length} {direction} the cloud's")
}

/// What a run has learned about things that may have failed before.
struct Learned {
    /// Operations that were planned, and whether they had a good look.
    looks: BTreeMap<String, bool>,
    /// What discoveries and last tasks that had no bad look are about: the words before the name of a call.
    discovered: Vec<String>,
    /// Accounts that were asked.
    accounts: BTreeSet<String>,
    /// Whether this run was about all watches.
    is_of_all: bool,
    /// Whether it had time for all that it was about: no signal ended it, and nothing was left over.
    had_time: bool,
    /// Whether a checkpoint seals it.
    is_sealed: bool,
    /// Whether its write-ahead log is small, or was folded.
    is_log_small: bool,
}

impl Learned {
    fn of(end: &RoundEnd, options: &RoundOptions) -> Self {
        let mut learned = Self {
            looks: BTreeMap::new(),
            discovered: Vec::new(),
            accounts: BTreeSet::new(),
            is_of_all: options.services.is_empty() && !options.only_these_accounts,
            had_time: end.signal.is_none() && end.row.watches_deferred == 0,
            is_sealed: false,
            is_log_small: false,
        };
        let mut missed: BTreeMap<String, bool> = BTreeMap::new();
        for look in &end.looks {
            let is_good = look.missed.is_none();
            if look.missed.as_deref() != Some("deferred") {
                learned
                    .accounts
                    .insert(asking::account_thing(&look.target.label));
            }
            let Some(service) = service_of(&look.target) else {
                continue;
            };
            if look.target.is_moving() {
                let about = asking::thing(&look.target.label, service, None, "");
                *missed.entry(about).or_default() |= !is_good;
            } else {
                let region = Some(look.target.region_id.as_str());
                let name = &look.target.operation_id;
                let what = asking::thing(&look.target.label, service, region, name);
                learned.looks.insert(what, is_good);
            }
        }
        let well = missed.into_iter().filter(|(_, is_missed)| !is_missed);
        learned.discovered = well.map(|(about, _)| about).collect();
        learned
    }

    /// What is known of something that does not fail now.
    fn of_thing(&self, what: &str) -> Now {
        if what == DEAD {
            // It is over when it is told; nobody waits to hear that a run lived.
            return Now::Over;
        }
        let of_run = match what {
            SEAL => Some(self.is_sealed),
            LOG => Some(self.is_log_small),
            // A part of the watches, or a run that was cut short, says nothing of the time that all take.
            TIME => Some(self.is_of_all && self.had_time),
            _ => None,
        };
        if let Some(is_well) = of_run {
            return if is_well { Now::Well } else { Now::Unknown };
        }
        if self.accounts.contains(what) {
            return Now::Well;
        }
        if let Some(is_good) = self.looks.get(what) {
            return if *is_good { Now::Well } else { Now::Unknown };
        }
        let (about, name) = what.rsplit_once(' ').unwrap_or(("", what));
        if Action::from_wire(name).is_some() {
            // Words, not letters: the label of another account may begin like the name of a service.
            let is_of = |known: &String| {
                let rest = about.strip_prefix(known.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            };
            let is_well = self.discovered.iter().any(is_of);
            return if is_well { Now::Well } else { Now::Unknown };
        }
        // Not planned: it has ended or was given up, or this run was not about it.
        if self.is_of_all {
            Now::Over
        } else {
            Now::Unknown
        }
    }
}

fn service_of(target: &WatchTarget) -> Option<Service> {
    target.service.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_told_with_its_direction() {
        let behind = "this machine's clock is 20 min 3 s behind the cloud's";
        assert_eq!(clock_text(1_203_400), behind);
        let ahead = "this machine's clock is 7 s ahead of the cloud's";
        assert_eq!(clock_text(-7_000), ahead);
    }

    fn learned(is_of_all: bool) -> Learned {
        Learned {
            looks: BTreeMap::from([
                ("ros cn-hangzhou a".to_owned(), true),
                ("ros cn-hangzhou b".to_owned(), false),
            ]),
            discovered: vec!["ros".to_owned()],
            accounts: BTreeSet::from(["account 'default'".to_owned()]),
            is_of_all,
            had_time: true,
            is_sealed: true,
            is_log_small: true,
        }
    }

    #[test]
    fn time_suffices_where_all_was_asked() {
        assert_eq!(learned(true).of_thing(TIME), Now::Well);
        assert_eq!(learned(false).of_thing(TIME), Now::Unknown);
        let short = Learned {
            had_time: false,
            ..learned(true)
        };
        assert_eq!(short.of_thing(TIME), Now::Unknown);
    }

    #[test]
    fn a_log_is_well_once_it_is_small() {
        assert_eq!(learned(false).of_thing(LOG), Now::Well);
        let large = Learned {
            is_log_small: false,
            ..learned(true)
        };
        assert_eq!(large.of_thing(LOG), Now::Unknown);
    }

    #[test]
    fn only_what_was_seen_well_is_called_well() {
        let all = learned(true);
        assert_eq!(all.of_thing("ros cn-hangzhou a"), Now::Well);
        assert_eq!(all.of_thing("ros cn-hangzhou b"), Now::Unknown);
        assert_eq!(all.of_thing("ros cn-hangzhou gone"), Now::Over);
        assert_eq!(all.of_thing("account 'default'"), Now::Well);
        assert_eq!(all.of_thing("ros cn-hangzhou ListStackGroups"), Now::Well);
        let other = all.of_thing("prod ros cn-hangzhou ListStackGroups");
        assert_eq!(other, Now::Unknown);
        let other = all.of_thing("ros-x ros cn-hangzhou ListStackGroups");
        assert_eq!(other, Now::Unknown);
        let some = learned(false);
        assert_eq!(some.of_thing("ros cn-hangzhou gone"), Now::Unknown);
    }
}
