//! Rows of gaps: stretches in which something due was not seen. Each is one row when it begins and one when
//! it ends, so that neither is ever changed.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;
use crate::model::Verdict;

/// What was not seen, as a gap's row names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An operation, under whichever watches.
    Operation {
        /// Word of the service.
        service: String,
        /// Account whose credentials ask.
        account_id: String,
        /// Region of the stack group; empty where the service has none.
        region_id: String,
        /// The cloud's id.
        operation_id: String,
    },
    /// A watch that is about no one operation, or whose account is unknown.
    Watch(i64),
}

/// What a watch is about, as far as a gap names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Word of the service.
    pub service: String,
    /// Credentials to ask with.
    pub label: String,
    /// Region of the stack group; empty where the service has none.
    pub region_id: String,
    /// The cloud's id; empty where it is about no one operation.
    pub operation_id: String,
}

/// A gap that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapRow {
    /// Leaf with which it became known.
    pub sequence: i64,
    /// `operation`, `watch` or `recorder`.
    pub subject: &'static str,
    /// Watch of the first bad look.
    pub watch_id: Option<i64>,
    /// What that watch is about; `None` for the recorder.
    pub target: Option<Target>,
    /// Account whose credentials ask; empty while it is unknown.
    pub account_id: String,
    /// Run of the first bad look; of the recorder the last run before.
    pub run_id: Option<i64>,
    /// Exchange whose failure is the reason.
    pub exchange: Option<i64>,
    /// Word of the cause.
    pub cause: &'static str,
    /// Where it begins, ms.
    pub gap_from: i64,
}

/// A gap that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GapEnd {
    /// Leaf with which that became known.
    pub sequence: i64,
    /// `seen`, `removed` or `run`.
    pub how: &'static str,
    /// Where it ends, ms.
    pub gap_until: i64,
    /// Run that ended it.
    pub run_id: Option<i64>,
}

/// Adds a gap and tells its number.
pub fn insert(connection: &Connection, gap: &GapRow) -> Result<i64, StoreError> {
    let target = gap.target.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO gap (gap_id, sequence, subject, watch_id, service, account_id, region_id, operation_id,
                 run_id, exchange, cause, gap_from)
             VALUES ((SELECT coalesce(max(gap_id), 0) + 1 FROM gap), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            gap.sequence,
            gap.subject,
            gap.watch_id,
            target.map_or("", |target| &target.service),
            gap.account_id,
            target.map_or("", |target| &target.region_id),
            target.map_or("", |target| &target.operation_id),
            gap.run_id,
            gap.exchange,
            gap.cause,
            gap.gap_from
        ])?;
    Ok(connection.last_insert_rowid())
}

/// Ends a gap.
pub fn insert_end(connection: &Connection, gap_id: i64, end: &GapEnd) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO gap_end (gap_id, sequence, how, gap_until, run_id) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            gap_id,
            end.sequence,
            end.how,
            end.gap_until,
            end.run_id
        ])?;
    Ok(())
}

/// A gap that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenGap {
    /// Its number.
    pub gap_id: i64,
    /// Leaf with which it became known.
    pub sequence: i64,
}

/// The open gap of a subject. Of all its gaps only the newest can be open.
pub fn open(connection: &Connection, subject: &Subject) -> Result<Option<OpenGap>, StoreError> {
    let newest = match subject {
        Subject::Operation {
            service,
            account_id,
            region_id,
            operation_id,
        } => connection
            .prepare_cached(
                "SELECT gap_id, sequence FROM gap
                 WHERE operation_id = ?1 AND account_id = ?2 AND region_id = ?3 AND service = ?4
                   AND subject = 'operation' ORDER BY gap_id DESC LIMIT 1",
            )?
            .query_row(
                params![operation_id, account_id, region_id, service],
                read_open,
            ),
        Subject::Watch(watch_id) => connection
            .prepare_cached(
                "SELECT gap_id, sequence FROM gap WHERE watch_id = ?1 AND subject = 'watch'
                 ORDER BY gap_id DESC LIMIT 1",
            )?
            .query_row([watch_id], read_open),
    };
    unless_ended(connection, newest.optional()?)
}

/// The open gap of the recorder for a cause.
pub fn open_of_recorder(
    connection: &Connection,
    cause: &str,
) -> Result<Option<OpenGap>, StoreError> {
    let newest = connection
        .prepare_cached(
            "SELECT gap_id, sequence FROM gap WHERE cause = ?1 AND subject = 'recorder'
             ORDER BY gap_id DESC LIMIT 1",
        )?
        .query_row([cause], read_open)
        .optional()?;
    unless_ended(connection, newest)
}

fn read_open(row: &Row<'_>) -> rusqlite::Result<OpenGap> {
    Ok(OpenGap {
        gap_id: row.get(0)?,
        sequence: row.get(1)?,
    })
}

fn unless_ended(
    connection: &Connection,
    gap: Option<OpenGap>,
) -> Result<Option<OpenGap>, StoreError> {
    let Some(gap) = gap else {
        return Ok(None);
    };
    let ended: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM gap_end WHERE gap_id = ?1)")?
        .query_row([gap.gap_id], |row| row.get(0))?;
    Ok((!ended).then_some(gap))
}

/// A good look at an operation, by its evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoodLook {
    /// The answer that read the operation.
    pub sequence: i64,
    /// Receipt of the last answer of the complete listing, ms (ROS).
    pub listing_ended_at: Option<i64>,
}

/// The newest good look at an operation by collection, of those whose answer has a sequence above `after`
/// and below `before`: the operation was answered and, where it has results, the newest listing of the same
/// run is complete.
pub fn newest_good_look(
    connection: &Connection,
    op: i64,
    lists_results: bool,
    after: i64,
    before: i64,
) -> Result<Option<GoodLook>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.sequence, e.run_id FROM exchange e JOIN run r ON r.run_id = e.run_id
         WHERE e.op = ?1 AND e.look IS NOT NULL AND e.sequence > ?2 AND e.sequence < ?3
           AND r.kind = 'collect'
         ORDER BY e.sequence DESC",
    )?;
    let mut rows = statement.query([op, after, before])?;
    while let Some(row) = rows.next()? {
        let sequence = row.get(0)?;
        if !lists_results {
            return Ok(Some(GoodLook {
                sequence,
                listing_ended_at: None,
            }));
        }
        if let Some(ended_at) = complete_listing(connection, op, row.get(1)?)? {
            return Ok(Some(GoodLook {
                sequence,
                listing_ended_at: ended_at,
            }));
        }
    }
    Ok(None)
}

/// When the newest listing of a run ended, if it is complete.
fn complete_listing(
    connection: &Connection,
    op: i64,
    run_id: i64,
) -> Result<Option<Option<i64>>, StoreError> {
    let newest = connection
        .prepare_cached(
            "SELECT e.verdict, e.ended_at
             FROM run r CROSS JOIN listing_end e ON e.op = ?2 AND e.listing_id > r.start_sequence
             CROSS JOIN listing l ON l.listing_id = e.listing_id AND l.run_id = r.run_id
             WHERE r.run_id = ?1 ORDER BY e.listing_id DESC LIMIT 1",
        )?
        .query_row([run_id, op], |row| {
            Ok((row.get::<_, Verdict>(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(newest.and_then(|(verdict, ended_at)| (verdict == Verdict::Complete).then_some(ended_at)))
}

/// A watch of an operation: when it began and, where it has, when it ended, by the sequences of its leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchSpan {
    /// The watch.
    pub watch_id: i64,
    /// What it is about.
    pub target: Target,
    /// Its watch leaf.
    pub added: i64,
    /// The leaf that ended it.
    pub removed: Option<i64>,
}

const SPAN: &str =
    "SELECT w.watch_id, w.service, w.label, w.region_id, w.operation_id, w.add_sequence, r.sequence
     FROM watch w LEFT JOIN watch_removal r ON r.watch_id = w.watch_id";

/// One watch.
pub fn span(connection: &Connection, watch_id: i64) -> Result<Option<WatchSpan>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("{SPAN} WHERE w.watch_id = ?1"))?
        .query_row([watch_id], read_span)
        .optional()?)
}

/// All watches of an operation by its names, whoever's credentials they ask with, given up or not.
pub fn spans(
    connection: &Connection,
    service: &str,
    region_id: &str,
    operation_id: &str,
) -> Result<Vec<WatchSpan>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "{SPAN} WHERE w.operation_id = ?1 AND w.service = ?2 AND w.region_id = ?3 ORDER BY w.watch_id"
    ))?;
    let rows = statement.query_map([operation_id, service, region_id], read_span)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read_span(row: &Row<'_>) -> rusqlite::Result<WatchSpan> {
    Ok(WatchSpan {
        watch_id: row.get(0)?,
        target: Target {
            service: row.get(1)?,
            label: row.get(2)?,
            region_id: row.get(3)?,
            operation_id: row.get(4)?,
        },
        added: row.get(5)?,
        removed: row.get(6)?,
    })
}

/// Watches given up with leaves above `after` and below `before`, in order.
pub fn removed_between(
    connection: &Connection,
    after: i64,
    before: i64,
) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT watch_id FROM watch_removal WHERE sequence > ?1 AND sequence < ?2 ORDER BY sequence",
    )?;
    let rows = statement.query_map([after, before], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a run asked for a watch that is about no one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedForWatch {
    /// Exchanges that stand for themselves, in order.
    pub exchanges: Vec<i64>,
    /// Of the lists that it read the request of the first answer and the receipt of the last, ms.
    pub lists: Option<(i64, i64)>,
}

/// What a run asked for a watch that is about no one operation.
pub fn asked_for_watch(
    connection: &Connection,
    run_id: i64,
    watch_id: i64,
) -> Result<AskedForWatch, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.sequence FROM run r
         CROSS JOIN exchange_watch w ON w.watch_id = ?2 AND w.sequence > r.start_sequence
         JOIN exchange e ON e.sequence = w.sequence AND e.run_id = r.run_id
         WHERE r.run_id = ?1 ORDER BY e.sequence",
    )?;
    let rows = statement.query_map([run_id, watch_id], |row| row.get(0))?;
    let exchanges = rows.collect::<Result<_, _>>()?;
    let (first, last): (Option<i64>, Option<i64>) = connection
        .prepare_cached(
            "SELECT min(e.started_at), max(e.ended_at)
             FROM page_listing l INDEXED BY page_listing_by_run
             CROSS JOIN page_listing_end e ON e.listing_id = l.listing_id
             WHERE l.run_id = ?1 AND l.watch_id = ?2",
        )?
        .query_row([run_id, watch_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(AskedForWatch {
        exchanges,
        lists: first.zip(last),
    })
}

/// Adds a good look of a watch that is about no one operation: run, end of the run, request of its first
/// answer and receipt of its last, ms.
pub fn insert_watch_look(
    connection: &Connection,
    watch_id: i64,
    run_id: i64,
    sequence: i64,
    requested_at: i64,
    received_at: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO watch_look (watch_id, run_id, sequence, requested_at, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute([watch_id, run_id, sequence, requested_at, received_at])?;
    Ok(())
}

/// Request of the newest good look of a watch that is about no one operation, ms.
pub fn newest_watch_look(
    connection: &Connection,
    watch_id: i64,
) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT requested_at FROM watch_look WHERE watch_id = ?1 ORDER BY run_id DESC LIMIT 1",
        )?
        .query_row([watch_id], |row| row.get(0))
        .optional()?)
}
