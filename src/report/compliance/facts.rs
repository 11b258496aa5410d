//! All that a report says, as typed rows: read once, in no language.

use std::collections::{BTreeMap, HashMap};

use super::schedule::{Schedule, schedule};
use super::table::count;
use crate::model::{Phase, UtcMillis};
use crate::store::report::gaps::{self, Gap};
use crate::store::report::identities::{self, Identity};
use crate::store::report::listings::{self, Listings};
use crate::store::report::log::{self, Held, Leaves, Log, Sealed};
use crate::store::report::operations::{self, Operation};
use crate::store::report::others::{self, Batch, Drift, Intervention, Unknown};
use crate::store::report::requests::{self, Counted};
use crate::store::report::results::{self, Dictionary, Target};
use crate::store::report::runs::{self, LastRun, Run};
use crate::store::report::watches::{self, Lost, Watch};
use crate::store::report::{Key, Window};
use crate::store::{Connection, StoreError, leaf_time};

/// What was found.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The log itself.
    pub log: Log,
    /// Its newest checkpoint within the report's size.
    pub sealed: Option<Sealed>,
    /// Leaves of the whole log.
    pub held: Held,
    /// Leaves of the period.
    pub leaves: Leaves,
    /// Runs that began in the period.
    pub runs: Vec<Run>,
    /// The newest run of all.
    pub last_run: Option<LastRun>,
    /// Whether any run asked the simulated cloud.
    pub is_simulated: bool,
    /// Runs against the declared schedule.
    pub schedule: Schedule,
    /// Collectors that asked nothing, by their leaves.
    pub skipped: Vec<i64>,
    /// Steps of our clock, by their leaves.
    pub clock_steps: Vec<i64>,
    /// Watches that existed.
    pub watches: Vec<Watch>,
    /// Ids that were lost.
    pub lost: Vec<Lost>,
    /// Coverage gaps.
    pub gaps: Vec<Gap>,
    /// Listings of any kind.
    pub listings: Listings,
    /// Identities that were used.
    pub identities: Vec<Used>,
    /// Operations.
    pub operations: Vec<Operation>,
    /// Results of these that failed.
    pub failed: Vec<FailedResult>,
    /// Results of these by target, in the order of targets.
    pub targets: Vec<(Target, TargetCounts)>,
    /// Requests.
    pub requests: Counted,
    /// Drift detections.
    pub drift: Vec<Drift>,
    /// DNS batch tasks.
    pub batches: Vec<Batch>,
    /// Stops.
    pub interventions: Vec<Intervention>,
    /// Words and fields that are not known.
    pub unknowns: Vec<Unknown>,
    /// Receipt of the leaves with which the stretches of failed operations began.
    pub received: HashMap<i64, UtcMillis>,
}

/// One identity, as it was used in the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// Name of the credentials in the configuration.
    pub label: String,
    /// The account.
    pub account_id: String,
    /// The caller as the cloud names it.
    pub arn: Option<String>,
    /// The first answer of the period that named it.
    pub first_used_at: UtcMillis,
    /// The last one.
    pub last_used_at: UtcMillis,
    /// Requests of the period about that account in runs in which it answered so.
    pub requests: i64,
    /// These answers.
    pub leaves: Vec<i64>,
}

/// A result that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedResult {
    /// Its operation.
    pub key: Key,
    /// Where.
    pub target: Target,
    /// Status, as the cloud writes it.
    pub status: Option<String>,
    /// Reason given with it.
    pub reason: Option<String>,
    /// Receipt of the answer that first showed this status.
    pub entered_latest_at: Option<UtcMillis>,
    /// The leaf that showed its newest version, and the one with which the stretch began.
    pub leaves: [i64; 2],
}

/// Results of one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)] // phases, explained in `model`
pub struct TargetCounts {
    pub results: i64,
    pub succeeded: i64,
    pub failed: i64,
    pub cancelled: i64,
    pub other: i64,
    pub operations: i64,
    /// The leaves that showed the versions counted.
    pub leaves: Vec<i64>,
}

/// Reads them, of the moment that the connection shows.
pub fn read(connection: &Connection, window: &Window, size: i64) -> Result<Facts, StoreError> {
    let runs = runs::collect_runs(connection, window)?;
    let operations = operations::overlapping(connection, window)?;
    let (failed, targets) = results(connection, &operations)?;
    let requests = requests::counted(connection, window)?;
    let told = identities::told(connection, window)?;
    Ok(Facts {
        log: log::read(connection, window)?,
        sealed: log::sealed(connection, size)?,
        held: log::held(connection)?,
        leaves: log::leaves(connection, window)?,
        last_run: runs.last().map(LastRun::from),
        is_simulated: runs.iter().any(|run| run.simulated),
        schedule: schedule(&runs, window),
        skipped: runs::skipped(connection, window)?,
        clock_steps: runs::clock_steps(connection, window)?,
        watches: watches::existing(connection, window)?,
        lost: watches::lost(connection, window)?,
        gaps: gaps::overlapping(connection, window)?,
        listings: listings::begun(connection, window)?,
        identities: used(&told, &requests, window),
        received: stretch_begins(connection, &operations)?,
        failed,
        targets,
        drift: others::drift(connection, window)?,
        batches: others::batches(connection, window)?,
        interventions: others::interventions(connection, window)?,
        unknowns: others::unknowns(connection, window)?,
        runs: in_period(runs, window),
        operations,
        requests,
    })
}

fn in_period(mut runs: Vec<Run>, window: &Window) -> Vec<Run> {
    runs.retain(|run| window.holds(UtcMillis(run.started_at)));
    runs
}

/// What was counted of each target.
type CountsByTarget = Vec<(Target, TargetCounts)>;

/// Walks the results of all operations once.
fn results(
    connection: &Connection,
    operations: &[Operation],
) -> Result<(Vec<FailedResult>, CountsByTarget), StoreError> {
    let dictionary = Dictionary::read(connection)?;
    let mut failed = Vec::new();
    let mut targets: HashMap<i64, TargetCounts> = HashMap::new();
    for operation in operations.iter().filter(|one| one.key.service == "ros") {
        let begin = failed.len();
        dictionary.each_present(connection, operation.op, |result| {
            let counts = targets.entry(result.target_no).or_default();
            counts.results += 1;
            // The same: a target stands once among the present results of an operation. Both columns are public.
            counts.operations += 1;
            counts.leaves.push(result.sequence);
            *match result.status.phase {
                Phase::Succeeded => &mut counts.succeeded,
                Phase::Failed => &mut counts.failed,
                Phase::Cancelled => &mut counts.cancelled,
                _ => &mut counts.other,
            } += 1;
            if result.status.phase == Phase::Failed {
                let reason = result.reason;
                failed.push(FailedResult {
                    key: operation.key.clone(),
                    target: result.target.clone(),
                    status: result.status.status.clone(),
                    reason: reason
                        .map(|no| results::reason(connection, no))
                        .transpose()?,
                    entered_latest_at: leaf_time::received_at(connection, result.stretch_begin)?,
                    leaves: [result.sequence, result.stretch_begin],
                });
            }
            Ok(())
        })?;
        failed[begin..].sort_by(|a, b| a.target.cmp(&b.target));
    }
    // There may be millions: their names are moved on, and not written a second time.
    let all = dictionary.into_targets();
    let named = all.filter_map(|(number, target)| Some((target, targets.remove(&number)?)));
    let mut named: Vec<_> = named.collect();
    named.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok((failed, named))
}

/// When the present stretch of each failed operation began.
fn stretch_begins(
    connection: &Connection,
    operations: &[Operation],
) -> Result<HashMap<i64, UtcMillis>, StoreError> {
    let mut received = HashMap::new();
    let failed = operations.iter().filter(|one| one.phase == Phase::Failed);
    for sequence in failed.filter_map(Operation::stretch_begin) {
        if let Some(at) = leaf_time::received_at(connection, sequence)? {
            received.insert(sequence, at);
        }
    }
    Ok(received)
}

/// Groups the answers of the period, and the requests by the identity of their run and account.
fn used(told: &[Identity], requests: &Counted, window: &Window) -> Vec<Used> {
    let mut used: BTreeMap<(&str, &str, Option<&str>), Used> = BTreeMap::new();
    // One caller may ask for several accounts, and one account be asked as several callers: the first one counts.
    let mut answered: HashMap<(i64, &str), (&str, Option<&str>)> = HashMap::new();
    for one in told {
        let arn = one.arn.as_deref();
        let label: &str = &one.label;
        answered
            .entry((one.run_id, &one.account_id))
            .or_insert((label, arn));
        if !window.holds(one.received_at) {
            continue;
        }
        let group = used
            .entry((label, &one.account_id, arn))
            .or_insert_with(|| Used {
                label: label.to_owned(),
                account_id: one.account_id.as_ref().to_owned(),
                arn: arn.map(str::to_owned),
                first_used_at: one.received_at,
                last_used_at: one.received_at,
                requests: 0,
                leaves: Vec::new(),
            });
        group.first_used_at = group.first_used_at.min(one.received_at);
        group.last_used_at = group.last_used_at.max(one.received_at);
        group.leaves.push(one.sequence);
    }
    for ((run_id, account_id), requests) in &requests.by_caller {
        let caller = answered.get(&(*run_id, account_id.as_str()));
        let group =
            caller.and_then(|(label, arn)| used.get_mut(&(*label, account_id.as_str(), *arn)));
        if let Some(group) = group {
            group.requests += requests;
        }
    }
    used.into_values().collect()
}

impl Facts {
    /// The longest blind stretch, of a watch or of the recorder, cut to the period and to what is known,
    /// milliseconds.
    pub fn longest_blind_ms(&self, window: &Window) -> (i64, Option<&Gap>) {
        let cut = |gap: &Gap| {
            let end = gap.gap_until.unwrap_or(window.evidence_end);
            let end = end.min(window.until).min(window.evidence_end);
            (end.0 - gap.gap_from.max(window.since).0).max(0)
        };
        let gaps = self.gaps.iter();
        // The first of those that are equally long.
        gaps.map(|gap| (cut(gap), gap))
            .fold((0, None), |longest, (length, gap)| {
                if longest.1.is_none() || length > longest.0 {
                    (length, Some(gap))
                } else {
                    longest
                }
            })
    }

    /// Requests with one outcome, or all.
    pub fn requests_of(&self, outcome: Option<&str>) -> (i64, Option<(i64, i64)>) {
        let groups = self.requests.groups.iter();
        let groups =
            groups.filter(|(kind, _)| outcome.is_none_or(|outcome| kind.outcome == outcome));
        groups.fold((0, None), |(count, span), (_, group)| {
            let (first, last) = group.span;
            let span = span.map_or((first, last), |(begin, end): (i64, i64)| {
                (begin.min(first), end.max(last))
            });
            (count + group.count, Some(span))
        })
    }

    /// How many gaps of the recorder itself.
    pub fn recorder_gaps(&self) -> i64 {
        count(self.gaps.iter().filter(|gap| !gap.is_of_watch()).count())
    }
}
