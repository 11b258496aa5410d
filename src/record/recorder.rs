//! The recorder: what collection, `watch` and `stop` hand their facts to.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::deriver::target_of;
use super::tree::head;
use super::{PlanEntry, Session, plan};
use crate::evidence::digest::Digest;
use crate::evidence::leaf::{
    Exchange, Genesis, Intervention, Leaf, Listing, NoAnswer, Plan, RunAborted, RunEnd, RunKind,
    RunStart, Watch, WatchChange,
};
use crate::model::{PROGRAM, UtcMillis};
use crate::services::Body;
use crate::store::open::{Migrated, Opened};
use crate::store::watches::WatchTarget;
use crate::store::{Connection, StoreError, Transaction, Writer, evidence, open, runs, watches};

/// A database open for recording. Every call returns once its leaf is committed and synced.
pub struct Recorder {
    pub(super) writer: Writer<Session>,
    migrated: Option<Migrated>,
}

/// A run that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunStarted {
    /// Its number.
    pub run_id: i64,
    /// Runs before it that were found dead.
    pub aborted: usize,
}

impl Recorder {
    /// Opens a database for recording, which must exist.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::start(open::for_writing(path)?)
    }

    /// Opens a database for recording, and makes it where there is none: `log` is the name that it gets.
    pub fn create(path: &Path, log: &str, now: UtcMillis) -> Result<Self, StoreError> {
        let recorder = Self::start(open::create(path)?)?;
        let log = log.to_owned();
        recorder
            .writer
            .write_blocking(move |transaction, session| {
                if evidence::size(transaction)? > 0 {
                    return Ok(());
                }
                let genesis = Genesis {
                    log,
                    created_at: now,
                    program: PROGRAM.to_owned(),
                };
                session
                    .append(transaction, &Leaf::Genesis(genesis), None)
                    .map(drop)
            })?;
        Ok(recorder)
    }

    fn start(opened: Opened) -> Result<Self, StoreError> {
        Ok(Self {
            writer: Writer::start(opened.connection, Session::default())?,
            migrated: opened.migrated,
        })
    }

    /// What opening did to a file of an older schema.
    pub const fn migrated(&self) -> Option<&Migrated> {
        self.migrated.as_ref()
    }

    /// Begins a run: names those that died before it, and keeps its plan. `dead` says of which kinds a run
    /// without an end must be dead, because this process holds their lock. The number in `start` and
    /// the program are filled in here.
    pub async fn begin_run(
        &self,
        start: RunStart,
        dead: Vec<RunKind>,
        entries: Vec<PlanEntry>,
    ) -> Result<RunStarted, StoreError> {
        self.writer
            .write(move |transaction, session| {
                begin_run(transaction, session, start, &dead, &entries)
            })
            .await
    }

    /// Keeps what a run has found to ask beside its first plan, before it asks. Nothing to ask leaves no leaf.
    pub async fn keep_plan(&self, run_id: i64, entries: Vec<PlanEntry>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.writer
            .write(move |transaction, session| append_plan(transaction, session, run_id, &entries))
            .await
    }

    /// Adds watches for what a discovery has found, all or none; their numbers are filled in. Tells the number of each
    /// new watch; `None` where the target ever had a watch: what a person has given up is not taken up again by itself.
    pub async fn discover(&self, found: Vec<Watch>) -> Result<Vec<Option<i64>>, StoreError> {
        self.writer
            .write(move |transaction, session| discover(transaction, session, found))
            .await
    }

    /// Begins a listing and tells its number.
    pub async fn begin_listing(&self, listing: Listing) -> Result<i64, StoreError> {
        self.append(Leaf::Listing(listing), None).await
    }

    /// Keeps an answer, without secrets already.
    pub async fn keep_answer(
        &self,
        exchange: Exchange,
        body: impl Into<Body>,
    ) -> Result<i64, StoreError> {
        self.append(Leaf::Exchange(exchange), Some(body.into()))
            .await
    }

    /// Keeps an attempt without an answer, with what came of it.
    pub async fn keep_no_answer(
        &self,
        no_answer: NoAnswer,
        partial: Option<Vec<u8>>,
    ) -> Result<i64, StoreError> {
        self.append(Leaf::NoAnswer(no_answer), partial.map(Body::from))
            .await
    }

    /// Keeps the intent of a stop, and tells its number.
    pub async fn keep_intervention(&self, intervention: Intervention) -> Result<i64, StoreError> {
        self.append(Leaf::Intervention(intervention), None).await
    }

    /// Ends a run. What it came to is derived and can be read when this returns, with size and root of the
    /// tree.
    pub async fn end_run(
        &self,
        end: RunEnd,
    ) -> Result<(runs::RunEndRow, i64, [u8; 32]), StoreError> {
        let run_id = end.run;
        self.append(Leaf::RunEnd(end), None).await?;
        self.read(move |connection| {
            let row = runs::end(connection, run_id)?
                .ok_or_else(|| StoreError::Inconsistent(format!("run {run_id} has no end")))?;
            let (size, root) = head(connection)?;
            Ok((row, size, root))
        })
        .await
    }

    /// Adds a watch unless it is there; tells its number and whether it is new. The number in `watch` is
    /// filled in here.
    pub fn add_watch(&self, watch: Watch) -> Result<(i64, bool), StoreError> {
        let added = self.add_watches(vec![watch])?;
        added.first().copied().ok_or_else(|| {
            StoreError::Inconsistent("a watch was neither added nor found".to_owned())
        })
    }

    /// Adds watches unless they are there, all or none; tells of each its number and whether it is new.
    pub fn add_watches(&self, wanted: Vec<Watch>) -> Result<Vec<(i64, bool)>, StoreError> {
        self.writer
            .write_blocking(move |transaction, session| add(transaction, session, wanted))
    }

    /// Gives a watch up.
    pub fn remove_watch(&self, watch: Watch) -> Result<(), StoreError> {
        self.remove_watches(vec![watch])
    }

    /// Gives watches up, all or none.
    pub fn remove_watches(&self, watches: Vec<Watch>) -> Result<(), StoreError> {
        if watches.is_empty() {
            return Ok(());
        }
        self.writer.write_blocking(move |transaction, session| {
            for watch in watches {
                session.append(transaction, &Leaf::Watch(watch), None)?;
            }
            Ok(())
        })
    }

    /// Reads with everything derived that has been kept before.
    pub async fn read<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer
            .write(move |transaction, session| {
                session.settle(transaction)?;
                question(transaction)
            })
            .await
    }

    /// The same for callers outside the runtime.
    pub fn read_blocking<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write_blocking(move |transaction, session| {
            session.settle(transaction)?;
            question(transaction)
        })
    }

    pub(super) async fn append(&self, leaf: Leaf, body: Option<Body>) -> Result<i64, StoreError> {
        self.writer
            .write(move |transaction, session| session.append(transaction, &leaf, body.as_ref()))
            .await
    }
}

fn begin_run(
    transaction: &Transaction<'_>,
    session: &mut Session,
    start: RunStart,
    dead: &[RunKind],
    entries: &[PlanEntry],
) -> Result<RunStarted, StoreError> {
    session.settle(transaction)?;
    let open = runs::open(transaction)?;
    let run_id = runs::next_id(transaction)?;
    let kind = start.kind;
    let found_at = start.started_at;
    let start = RunStart {
        run: run_id,
        program: PROGRAM.to_owned(),
        ..start
    };
    session.append(transaction, &Leaf::RunStart(start), None)?;
    let mut aborted = 0;
    for run in open.iter().filter(|run| dead.contains(&run.kind)) {
        let leaf = RunAborted {
            run: run.run_id,
            found_by: run_id,
            found_at,
        };
        session.append(transaction, &Leaf::RunAborted(leaf), None)?;
        aborted += 1;
    }
    if kind == RunKind::Collect {
        append_plan(transaction, session, run_id, entries)?;
    }
    Ok(RunStarted { run_id, aborted })
}

fn append_plan(
    transaction: &Transaction<'_>,
    session: &mut Session,
    run_id: i64,
    entries: &[PlanEntry],
) -> Result<(), StoreError> {
    for (count, body) in plan::to_bodies(entries)? {
        let leaf = Plan {
            run: run_id,
            entries: u64::try_from(count).unwrap_or(u64::MAX),
            body: Digest::of(&body),
            length: u64::try_from(body.len()).unwrap_or(u64::MAX),
        };
        session.append(transaction, &Leaf::Plan(leaf), Some(&body.into()))?;
    }
    Ok(())
}

fn discover(
    transaction: &Transaction<'_>,
    session: &mut Session,
    found: Vec<Watch>,
) -> Result<Vec<Option<i64>>, StoreError> {
    session.settle(transaction)?;
    let mut next_id = watches::next_id(transaction)?;
    // Nothing of this transaction is derived before its end, so what comes twice is known from here.
    let mut added = HashSet::new();
    let mut numbers = Vec::with_capacity(found.len());
    for watch in found {
        let target = target_of(&watch);
        if watches::find_ever(transaction, &target)?.is_some() || !added.insert(target) {
            numbers.push(None);
            continue;
        }
        numbers.push(Some(append_watch(
            transaction,
            session,
            &mut next_id,
            watch,
        )?));
    }
    Ok(numbers)
}

fn add(
    transaction: &Transaction<'_>,
    session: &mut Session,
    wanted: Vec<Watch>,
) -> Result<Vec<(i64, bool)>, StoreError> {
    session.settle(transaction)?;
    let mut next_id = watches::next_id(transaction)?;
    // Nothing of this transaction is derived before its end, so what comes twice is known from here.
    let mut added: HashMap<WatchTarget, i64> = HashMap::new();
    let mut numbers = Vec::with_capacity(wanted.len());
    for watch in wanted {
        let target = target_of(&watch);
        let there = match added.get(&target) {
            Some(watch_id) => Some(*watch_id),
            None => watches::find(transaction, &target)?,
        };
        if let Some(watch_id) = there {
            numbers.push((watch_id, false));
            continue;
        }
        let watch_id = append_watch(transaction, session, &mut next_id, watch)?;
        added.insert(target, watch_id);
        numbers.push((watch_id, true));
    }
    Ok(numbers)
}

/// Keeps a new watch under the next number, and tells that.
fn append_watch(
    transaction: &Transaction<'_>,
    session: &mut Session,
    next_id: &mut i64,
    watch: Watch,
) -> Result<i64, StoreError> {
    let watch_id = *next_id;
    let leaf = Watch {
        watch: watch_id,
        change: WatchChange::Add,
        ..watch
    };
    session.append(transaction, &Leaf::Watch(leaf), None)?;
    *next_id += 1;
    Ok(watch_id)
}
