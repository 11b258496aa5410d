//! Listings that were still open at a size: what they will tell when they close was not known, although the answers
//! that tell it were there.

use rusqlite::Connection;

use crate::store::StoreError;

/// How many of the newest runs are looked at for those without an end; derivation needs fewer. Of older ones only a stop
/// may still be open, since each collect run ends those that died before it.
const RUNS_LOOKED_AT: i64 = 1000;

/// The first run from a number on.
pub(super) const NEXT_RUN: &str =
    "SELECT run_id, start_sequence FROM main.run WHERE run_id >= ?1 ORDER BY run_id LIMIT 1";

/// Listings that had begun below leaf ?1 and were not closed there: their run not ended, not complete, and no later
/// listing of the same thing begun, which would have closed them. ?2 is the newest run.
pub(super) const STILL_OPEN: &str = concat!(
    "
WITH open_run (run_id) AS MATERIALIZED (
    SELECT o.run_id FROM main.run o WHERE o.run_id > ?2 - ?3 AND o.run_id <= ?2
        AND NOT EXISTS (SELECT 1 FROM main.run_end r WHERE r.run_id = o.run_id AND r.end_sequence < ?1)
    UNION ALL
    SELECT o.run_id FROM main.run o WHERE o.kind = 'stop' AND o.run_id <= ?2 - ?3
        AND NOT EXISTS (SELECT 1 FROM main.run_end r WHERE r.run_id = o.run_id AND r.end_sequence < ?1)
)
SELECT l.listing_id FROM open_run o CROSS JOIN main.listing l ON l.run_id = o.run_id
    LEFT JOIN main.listing_end e ON e.listing_id = l.listing_id
WHERE l.listing_id < ?1
    AND NOT coalesce(e.verdict = 'complete' AND e.end_sequence < ?1, 0)
    AND NOT EXISTS (SELECT 1 FROM main.listing n WHERE n.op = l.op AND n.listing_id > l.listing_id AND n.listing_id < ?1)
UNION ALL
SELECT l.listing_id FROM open_run o CROSS JOIN main.page_listing l ON l.run_id = o.run_id
    LEFT JOIN main.page_listing_end e ON e.listing_id = l.listing_id
WHERE l.listing_id < ?1
    AND NOT coalesce(e.verdict = 'complete' AND e.end_sequence < ?1, 0)
    AND NOT EXISTS (
        SELECT 1 FROM main.page_listing n NOT INDEXED WHERE n.listing_id > l.listing_id AND n.listing_id < ?1
            AND ",
    is_same_list!(),
    ")
ORDER BY 1"
);

/// The listings that were open, in order.
pub(super) struct OpenLists(Vec<i64>);

impl OpenLists {
    /// Those at a size.
    pub(super) fn at(connection: &Connection, size: i64) -> Result<Self, StoreError> {
        let Some(newest) = newest_run(connection, size)? else {
            return Ok(Self(Vec::new()));
        };
        let mut statement = connection.prepare(STILL_OPEN)?;
        let rows = statement.query_map([size, newest, RUNS_LOOKED_AT], |row| row.get(0))?;
        Ok(Self(rows.collect::<Result<_, _>>()?))
    }

    /// The first of them.
    pub(super) fn oldest(&self) -> Option<i64> {
        self.0.first().copied()
    }

    /// Puts them where [`OpenLists::without`] finds them: a run in which nothing could be listed leaves as many open
    /// as there are operations, too many to be written out.
    pub(super) fn keep(&self, connection: &Connection) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        connection
            .execute_batch("CREATE TEMP TABLE as_of_open (listing_id INTEGER PRIMARY KEY)")?;
        let mut insert =
            connection.prepare("INSERT INTO temp.as_of_open (listing_id) VALUES (?1)")?;
        for listing_id in &self.0 {
            insert.execute([listing_id])?;
        }
        Ok(())
    }

    /// A condition, with its AND, that leaves their rows out.
    pub(super) fn without(&self, listing: &str) -> String {
        match self.oldest() {
            Some(_) => format!(" AND {listing} NOT IN temp.as_of_open"),
            None => String::new(),
        }
    }

    /// The same for rows that bear the leaf of a page. What is older than all of them needs no look.
    pub(super) fn without_pages(&self, leaf: &str) -> String {
        let Some(oldest) = self.oldest() else {
            return String::new();
        };
        format!(
            " AND (r.{leaf} < {oldest} OR coalesce(
                (SELECT x.listing_id FROM main.exchange x WHERE x.sequence = r.{leaf}), -1) NOT IN temp.as_of_open)"
        )
    }
}

/// The newest run that had begun. The numbers of runs grow with their leaves, so that halving finds it.
fn newest_run(connection: &Connection, size: i64) -> Result<Option<i64>, StoreError> {
    let (first, last): (Option<i64>, Option<i64>) = connection.query_row(
        "SELECT (SELECT min(run_id) FROM main.run), (SELECT max(run_id) FROM main.run)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let (Some(mut low), Some(last)) = (first, last) else {
        return Ok(None);
    };
    // All runs below `low` had begun, none from `high` on.
    let mut high = last.saturating_add(1);
    let mut newest = None;
    let mut next = connection.prepare(NEXT_RUN)?;
    while low < high {
        let middle = low + (high - low) / 2;
        let (run_id, start_sequence): (i64, i64) =
            next.query_row([middle], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if start_sequence < size {
            newest = Some(run_id);
            low = run_id.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(newest)
}
