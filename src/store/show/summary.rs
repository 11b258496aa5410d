//! The results of one operation, counted: by status, by region, by reason of failure. One walk over its newest
//! versions, whatever their number.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use super::REASONS_SHOWN;
use crate::model::Phase;
use crate::store::StoreError;
use crate::store::query::{OwnedValue, Rows};
use crate::store::values::shown_phase;

/// The counts.
pub(super) struct Summary {
    pub(super) total: i64,
    pub(super) by_status: Rows,
    pub(super) by_region: Rows,
    pub(super) failures: Rows,
    pub(super) failure_reasons: i64,
}

const RESULTS: &str = "
SELECT v.status_no, v.flags & 1, v.reason_no, t.region_id
FROM operation o
JOIN result_version v ON v.op = o.op
JOIN target t ON t.target = v.target
WHERE o.service = ?1 AND o.account_id = ?2 AND o.region_id = ?3 AND o.operation_id = ?4
    AND NOT EXISTS (SELECT 1 FROM result_version n WHERE n.op = v.op AND n.target = v.target AND n.version = v.version + 1)";

/// A status word of results.
struct Word {
    status: Option<String>,
    phase: Phase,
}

/// Results of one region, by what became of them.
#[derive(Default)]
struct OfRegion {
    succeeded: i64,
    failed: i64,
    cancelled: i64,
    other: i64,
}

impl Summary {
    /// Reads it, of the operation with this key.
    pub(super) fn read(connection: &Connection, key: &[&str; 4]) -> Result<Self, StoreError> {
        let words = words(connection)?;
        let mut statuses: BTreeMap<(bool, i64), i64> = BTreeMap::new();
        let mut regions: BTreeMap<String, OfRegion> = BTreeMap::new();
        let mut reasons: HashMap<(i64, Option<i64>), i64> = HashMap::new();
        let mut statement = connection.prepare_cached(RESULTS)?;
        let mut rows = statement.query(key)?;
        while let Some(row) = rows.next()? {
            let (status_no, is_present): (i64, bool) = (row.get(0)?, row.get(1)?);
            *statuses.entry((!is_present, status_no)).or_default() += 1;
            if !is_present {
                continue;
            }
            let phase = words
                .get(&status_no)
                .map_or(Phase::Unknown, |word| word.phase);
            let region_id = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
            if !regions.contains_key(region_id) {
                regions.insert(region_id.to_owned(), OfRegion::default());
            }
            if let Some(region) = regions.get_mut(region_id) {
                region.count(phase);
            }
            if phase == Phase::Failed {
                *reasons.entry((status_no, row.get(2)?)).or_default() += 1;
            }
        }
        let reasons = of_words(reasons, &words);
        Ok(Self {
            total: statuses.values().sum(),
            by_status: by_status(&statuses, &words),
            by_region: by_region(regions),
            failure_reasons: i64::try_from(reasons.len()).unwrap_or(i64::MAX),
            failures: failures(connection, reasons)?,
        })
    }
}

/// Failures of one status word, which may have been sent with blanks around it, and one reason.
type Reasons<'w> = BTreeMap<(Option<&'w str>, Option<i64>), i64>;

fn of_words(reasons: HashMap<(i64, Option<i64>), i64>, words: &HashMap<i64, Word>) -> Reasons<'_> {
    let mut merged = Reasons::new();
    for ((status_no, reason_no), count) in reasons {
        let status = words
            .get(&status_no)
            .and_then(|word| word.status.as_deref());
        *merged.entry((status, reason_no)).or_default() += count;
    }
    merged
}

impl OfRegion {
    fn count(&mut self, phase: Phase) {
        *match phase {
            Phase::Succeeded => &mut self.succeeded,
            Phase::Failed => &mut self.failed,
            Phase::Cancelled => &mut self.cancelled,
            Phase::Pending | Phase::Running | Phase::Stopping | Phase::Stopped | Phase::Unknown => {
                &mut self.other
            }
        } += 1;
    }
}

/// All status words of results, by our numbers: a handful.
fn words(connection: &Connection) -> Result<HashMap<i64, Word>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT status_no, status, phase FROM result_status")?;
    let rows = statement.query_map([], |row| {
        let word = Word {
            status: row.get(1)?,
            phase: shown_phase(&row.get::<_, String>(2)?),
        };
        Ok((row.get(0)?, word))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn rows(columns: &[&str], rows: Vec<Vec<OwnedValue>>) -> Rows {
    Rows {
        columns: columns.iter().map(|&column| column.to_owned()).collect(),
        rows,
    }
}

/// Words that differ in blanks alone are one status.
fn by_status(statuses: &BTreeMap<(bool, i64), i64>, words: &HashMap<i64, Word>) -> Rows {
    let mut counts: BTreeMap<(bool, Option<&str>, &str), i64> = BTreeMap::new();
    for ((is_gone, status_no), count) in statuses {
        let word = words.get(status_no);
        let status = word.and_then(|word| word.status.as_deref());
        let phase = word.map_or(Phase::Unknown, |word| word.phase).as_str();
        *counts.entry((*is_gone, status, phase)).or_default() += count;
    }
    let counted = counts.into_iter().map(|((is_gone, status, phase), count)| {
        vec![
            OwnedValue::from(status.map(str::to_owned)),
            phase.to_owned().into(),
            i64::from(!is_gone).into(),
            count.into(),
        ]
    });
    rows(
        &["status", "phase", "present", "results"],
        counted.collect(),
    )
}

fn by_region(regions: BTreeMap<String, OfRegion>) -> Rows {
    let counted = regions.into_iter().map(|(region_id, region)| {
        let OfRegion {
            succeeded,
            failed,
            cancelled,
            other,
        } = region;
        let total = succeeded + failed + cancelled + other;
        let counts = [total, succeeded, failed, cancelled, other];
        std::iter::once(OwnedValue::from(region_id))
            .chain(counts.map(OwnedValue::from))
            .collect()
    });
    let columns = [
        "target_region_id",
        "results",
        "succeeded",
        "failed",
        "cancelled",
        "other",
    ];
    rows(&columns, counted.collect())
}

fn failures(connection: &Connection, reasons: Reasons<'_>) -> Result<Rows, StoreError> {
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    // The most frequent first; of equally frequent ones that which was met first.
    reasons.sort_by_key(|&((status, reason_no), count)| (Reverse(count), reason_no, status));
    let mut text = connection.prepare_cached("SELECT value FROM result_text WHERE text_no = ?1")?;
    let mut counted = Vec::new();
    for ((status, reason_no), count) in reasons.into_iter().take(REASONS_SHOWN) {
        let reason: Option<String> = match reason_no {
            Some(number) => Some(text.query_row([number], |row| row.get(0))?),
            None => None,
        };
        let status = status.map(str::to_owned);
        counted.push(vec![status.into(), reason.into(), count.into()]);
    }
    Ok(rows(&["status", "status_reason", "results"], counted))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_by_what_they_are_now() {
        let connection = crate::store::aside::open_aside().unwrap();
        connection
            .execute_batch(
                "INSERT INTO operation VALUES (1, 'ros', '7', 'r', 'o', 0), (2, 'ros', '7', 'r', 'other', 0);
                 INSERT INTO target VALUES (1, 'a', 'x'), (2, 'b', 'x'), (3, 'c', 'y'), (4, 'd', 'y'), (5, 'e', 'y');
                 INSERT INTO result_status VALUES (1, 'RUNNING', 'RUNNING', 'running'), (2, 'FAILED', 'FAILED', 'failed'),
                     (3, ' FAILED', 'FAILED', 'failed'), (4, 'SUCCEEDED', 'SUCCEEDED', 'succeeded');
                 INSERT INTO result_text VALUES (1, 'quota'), (2, 'role');
                 INSERT INTO result_version (op, target, version, from_sequence, stretch, flags, status_no, reason_no)
                     VALUES (1, 1, 1, 0, 1, 3, 1, NULL), (1, 1, 2, 0, 2, 3, 2, 1), (1, 2, 1, 0, 1, 3, 3, 1),
                         (1, 3, 1, 0, 1, 3, 2, 2), (1, 4, 1, 0, 1, 3, 4, NULL), (1, 5, 1, 0, 1, 3, 2, 2), (1, 5, 2, 0, 1, 2, 2, 2),
                         (2, 1, 1, 0, 1, 3, 2, 2);",
            )
            .unwrap();
        let summary = Summary::read(&connection, &["ros", "7", "r", "o"]).unwrap();
        let text = |rows: &Rows| -> Vec<String> {
            let cell = |value: &OwnedValue| match value {
                OwnedValue::Integer(number) => number.to_string(),
                OwnedValue::Text(text) => text.clone(),
                _ => "-".to_owned(),
            };
            let line = |row: &Vec<OwnedValue>| row.iter().map(cell).collect::<Vec<_>>().join(" ");
            rows.rows.iter().map(line).collect()
        };
        assert_eq!(summary.total, 5);
        let by_status = [
            "FAILED failed 1 3",
            "SUCCEEDED succeeded 1 1",
            "FAILED failed 0 1",
        ];
        assert_eq!(text(&summary.by_status), by_status);
        assert_eq!(text(&summary.by_region), ["x 2 0 2 0 0", "y 2 1 1 0 0"]);
        assert_eq!(text(&summary.failures), ["FAILED quota 2", "FAILED role 1"]);
        assert_eq!(summary.failure_reasons, 2);
    }
}
