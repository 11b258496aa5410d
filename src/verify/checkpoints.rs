//! The checkpoints in the file: which hold, and the stretches of those that do not. There may be one for each
//! run of years: signatures are checked on several threads, and a changed past is told once, not once for each
//! checkpoint that knows better.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::{Builder, available_parallelism, scope};

use super::heads::Roots;
use super::keys::{Keys, LogKey};
use super::report::{Findings, Report};
use super::stretch::{Stretches, Verdict};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::{Note, VerifierKey};
use crate::store::custody::{RawCheckpoint, each_raw_checkpoint};
use crate::store::{Connection, StoreError};

/// The table of the checkpoints in the file.
pub(super) const TABLE: &str = "checkpoint";

/// Checkpoints that are checked together: enough to be worth some threads (one takes 60 µs).
const BATCH_ROWS: usize = 1_024;

/// Bytes of their notes; one may go beyond. A note of ours has 300.
const BATCH_BYTES: usize = 1024 * 1024;

/// Checkpoints for which it is worth to begin a thread.
const THREAD_ROWS: usize = 64;

/// What checkpoints and held heads are judged by.
#[derive(Clone, Copy)]
pub(super) struct Measure<'a> {
    /// Roots that the leaves give.
    pub(super) roots: &'a Roots,
    /// The keys that the log names.
    pub(super) keys: &'a Keys,
    /// The keys of which one must have signed; where none is given, those of the log are believed.
    pub(super) given: &'a [VerifierKey],
    /// Leaves of the log.
    pub(super) size: i64,
}

/// Judges the checkpoints of `first` leaves and more, and fills what the report says of them.
pub(super) fn judge<'a>(
    live: &'a Connection,
    first: i64,
    measure: Measure<'a>,
    findings: &mut Findings,
    report: &mut Report,
) -> Result<(), StoreError> {
    let mut stretches = Stretches::new(live, measure.size);
    let mut batch = Batch::default();
    let read = each_raw_checkpoint(live, first, |row| {
        batch.add(row);
        match batch.is_full() {
            true => batch.judge(measure, &mut stretches, findings, report),
            false => Ok(()),
        }
    });
    // What was read before the damage is judged all the same.
    findings.unless_damaged(TABLE, read)?;
    batch.judge(measure, &mut stretches, findings, report)?;
    stretches.end(findings);
    Ok(())
}

/// Checkpoints as they lie in the file.
#[derive(Default)]
struct Batch {
    rows: Vec<Row>,
    bytes: usize,
}

struct Row {
    size: i64,
    origin: Vec<u8>,
    root: Vec<u8>,
    note: Vec<u8>,
}

impl Batch {
    fn add(&mut self, row: RawCheckpoint<'_>) {
        self.bytes += row.origin.len() + row.root.len() + row.note.len();
        self.rows.push(Row {
            size: row.size,
            origin: row.origin.to_owned(),
            root: row.root.to_owned(),
            note: row.note.to_owned(),
        });
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    /// Judges those that it holds, and forgets them.
    fn judge<'k>(
        &mut self,
        measure: Measure<'k>,
        stretches: &mut Stretches<'k>,
        findings: &mut Findings,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        for (row, verdict) in self.rows.iter().zip(verdicts(&self.rows, measure)?) {
            report.checkpoints_checked += 1;
            if let Verdict::Holds(key) | Verdict::OtherKey(key) = verdict {
                report.sealed_size = row.size;
                report.sealed_with = Some(key.vkey.clone());
                if measure.given.contains(&key.vkey) {
                    report.sealed_by_key = Some(row.size);
                }
            }
            stretches.take(row.size, verdict, findings);
        }
        *self = Self::default();
        Ok(())
    }
}

/// The verdict on each row, in their order.
fn verdicts<'k>(rows: &[Row], measure: Measure<'k>) -> Result<Vec<Verdict<'k>>, StoreError> {
    let threads = available_parallelism().map_or(1, NonZeroUsize::get);
    let share = rows.len().div_ceil(threads).max(THREAD_ROWS);
    let judge_share =
        move |rows: &[Row]| -> Vec<_> { rows.iter().map(|row| judge_row(row, measure)).collect() };
    if rows.len() <= share {
        return Ok(judge_share(rows));
    }
    scope(|threads| {
        let begun: Vec<_> = rows
            .chunks(share)
            .map(|rows| {
                Builder::new()
                    .name("optrail-signatures".to_owned())
                    .spawn_scoped(threads, move || judge_share(rows))
                    .map_err(|error| StoreError::Thread(Arc::new(error)))
            })
            .collect();
        let mut verdicts = Vec::with_capacity(rows.len());
        for thread in begun {
            let judged = thread?.join();
            verdicts.extend(judged.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        Ok(verdicts)
    })
}

fn judge_row<'k>(row: &Row, measure: Measure<'k>) -> Verdict<'k> {
    let (said, key) = match signed(row, measure.keys) {
        Ok(signed) => signed,
        Err(what) => return Verdict::Refused(what),
    };
    if row.size > measure.size {
        return Verdict::CutOff;
    }
    match measure.roots.at(said.size) {
        Some(root) if *root != said.root => Verdict::OtherRoot,
        None => Verdict::NoRoot,
        Some(_) if measure.given.is_empty() || measure.given.contains(&key.vkey) => {
            Verdict::Holds(key)
        }
        Some(_) => Verdict::OtherKey(key),
    }
}

/// What a row says, and the key of the log that has signed that; else what is wrong with it.
fn signed<'k>(row: &Row, keys: &'k Keys) -> Result<(Checkpoint, &'k LogKey), String> {
    let note = Note::parse(&row.note).map_err(|error| error.to_string())?;
    // Others' signatures have no place here, and each takes its time.
    if note.signatures().len() != 1 {
        let count = note.signatures().len();
        return Err(format!(
            "its note bears {count} signatures, and the recorder writes one"
        ));
    }
    let said = Checkpoint::parse_text(note.text()).map_err(|error| error.to_string())?;
    if said.origin.as_bytes() != row.origin
        || i64::try_from(said.size) != Ok(row.size)
        || said.root.as_slice() != row.root
    {
        return Err("its note states another origin, size or root than its columns".to_owned());
    }
    keys.that_signed(&note)
}
