//! The questions behind `prove`: on which leaves the rows of an operation rest, and these rows with the numbers of
//! their leaves. Meant for a connection that [`super::as_of`] has limited to what a checkpoint covers.

use std::collections::BTreeSet;

use rusqlite::{Connection, Params, params};

use super::StoreError;
use super::operation_key::of_row;
use super::query::{Query, Value};
use crate::model::OperationKey;

/// Numbers of leaves.
pub type Leaves = BTreeSet<i64>;

/// Adds the first column of each row that is no NULL.
fn add(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    leaves: &mut Leaves,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        leaves.extend(row.get::<_, Option<i64>>(0)?);
    }
    Ok(())
}

/// The key of each operation that was seen, in the order of `operations`: service, account, region, id.
pub fn each_operation<E: From<StoreError>>(
    connection: &Connection,
    mut visit: impl FnMut([&str; 4]) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = connection
        .prepare(
            "SELECT service, account_id, region_id, operation_id FROM operations
             ORDER BY service, account_id, region_id, operation_id",
        )
        .map_err(StoreError::from)?;
    let mut rows = statement.query([]).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        let text = |column| -> Result<&str, StoreError> {
            let value = row.get_ref(column)?;
            value
                .as_str()
                .map_err(|error| StoreError::Inconsistent(error.to_string()))
        };
        visit([text(0)?, text(1)?, text(2)?, text(3)?])?;
    }
    Ok(())
}

/// The operations about which something was asked between two leaves, in the order of their keys.
pub fn operations_between(
    connection: &Connection,
    first: i64,
    last: i64,
) -> Result<Vec<OperationKey>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT service, account_id, region_id, operation_id FROM operation WHERE op IN (
             SELECT op FROM exchange WHERE sequence BETWEEN ?1 AND ?2
             UNION SELECT op FROM listing WHERE listing_id BETWEEN ?1 AND ?2
             UNION SELECT op FROM page_listing WHERE listing_id BETWEEN ?1 AND ?2
             UNION SELECT op FROM intervention WHERE sequence BETWEEN ?1 AND ?2)
         ORDER BY service, account_id, region_id, operation_id",
    )?;
    let mut rows = statement.query([first, last])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(of_row(row)?);
    }
    Ok(keys)
}

/// Leaves about one operation that its rows rest on, those of its lists apart: what first showed each version,
/// the look before it and the newest one (between them lies each change), failures, interventions, and why it was
/// watched.
const OF_OPERATION: [&str; 7] = [
    "SELECT from_sequence FROM operation_version WHERE op = ?1",
    "SELECT (SELECT e.sequence FROM exchange e WHERE e.op = v.op AND e.look IS NOT NULL AND e.sequence < v.from_sequence
         ORDER BY e.sequence DESC LIMIT 1)
     FROM operation_version v WHERE v.op = ?1",
    "SELECT sequence FROM exchange WHERE op = ?1 AND look IS NOT NULL ORDER BY sequence DESC LIMIT 1",
    "SELECT sequence FROM exchange WHERE op = ?1 AND outcome <> 'ok'",
    "SELECT c.sequence FROM intervention i JOIN intervention_call c ON c.intervention = i.sequence WHERE i.op = ?1
     UNION ALL SELECT i.sequence FROM intervention i WHERE i.op = ?1",
    "SELECT from_sequence FROM operation_state WHERE op = ?1",
    "SELECT w.add_sequence FROM watch_operation o JOIN watch w ON w.watch_id = o.watch_id WHERE o.op = ?1
     UNION ALL SELECT o.from_sequence FROM watch_operation o WHERE o.op = ?1
     UNION ALL SELECT r.sequence FROM watch_operation o JOIN watch_removal r ON r.watch_id = o.watch_id WHERE o.op = ?1",
];

/// Lists of an operation that its rows rest on: those that made a version of a result, the look before each, those
/// that lacked a known row, those that are not complete, the newest look, the last complete one; of a DNS batch
/// those that hold its rows and those that are not complete.
const LISTS_OF_OPERATION: [&str; 7] = [
    "SELECT DISTINCT x.listing_id FROM result_version v JOIN exchange x ON x.sequence = v.from_sequence WHERE v.op = ?1",
    "SELECT DISTINCT (SELECT l.listing_id FROM listing_end l
         WHERE l.op = ?1 AND l.look IS NOT NULL AND l.end_sequence < v.from_sequence ORDER BY l.end_sequence DESC LIMIT 1)
     FROM (SELECT DISTINCT from_sequence FROM result_version WHERE op = ?1) v",
    "SELECT l.listing_id FROM listing l WHERE l.op = ?1
         AND EXISTS (SELECT 1 FROM listing_missing m WHERE m.listing_id = l.listing_id)",
    "SELECT l.listing_id FROM listing l LEFT JOIN listing_end e ON e.listing_id = l.listing_id
     WHERE l.op = ?1 AND e.verdict IS NOT 'complete'
     UNION ALL SELECT l.listing_id FROM page_listing l LEFT JOIN page_listing_end e ON e.listing_id = l.listing_id
     WHERE l.op = ?1 AND e.verdict IS NOT 'complete'",
    "SELECT l.listing_id FROM listing_end l WHERE l.op = ?1 AND l.look IS NOT NULL ORDER BY l.end_sequence DESC LIMIT 1",
    "SELECT l.listing_id FROM listing_end l WHERE l.op = ?1 AND l.verdict = 'complete' ORDER BY l.end_sequence DESC LIMIT 1",
    "SELECT DISTINCT x.listing_id FROM batch_detail d JOIN exchange x ON x.sequence = d.sequence WHERE d.op = ?1",
];

/// Everything about an operation.
const ALL_LOOKS: &str = "SELECT sequence FROM exchange WHERE op = ?1";
const ALL_LISTS: &str = "SELECT listing_id FROM listing WHERE op = ?1
     UNION ALL SELECT listing_id FROM page_listing WHERE op = ?1";

/// Pages of a list: up to its last answer where it is complete, else up to the end of its run.
const PAGES: &str = "
SELECT x.sequence FROM exchange x WHERE x.listing_id = ?1 AND x.sequence > ?1 AND x.sequence <= coalesce(
    (SELECT e.end_sequence FROM listing_end e WHERE e.listing_id = ?1 AND e.verdict = 'complete'),
    (SELECT e.end_sequence FROM page_listing_end e WHERE e.listing_id = ?1 AND e.verdict = 'complete'),
    (SELECT e.end_sequence FROM listing l JOIN run_end e ON e.run_id = l.run_id WHERE l.listing_id = ?1),
    (SELECT e.end_sequence FROM page_listing l JOIN run_end e ON e.run_id = l.run_id WHERE l.listing_id = ?1),
    9223372036854775807)";

/// Adds the leaves on which the rows of an operation rest; with `all_looks` every one about it.
pub fn add_operation(
    connection: &Connection,
    op: i64,
    all_looks: bool,
    leaves: &mut Leaves,
) -> Result<(), StoreError> {
    for sql in OF_OPERATION {
        add(connection, sql, [op], leaves)?;
    }
    let mut lists = Leaves::new();
    for sql in LISTS_OF_OPERATION {
        add(connection, sql, [op], &mut lists)?;
    }
    if all_looks {
        add(connection, ALL_LOOKS, [op], leaves)?;
        add(connection, ALL_LISTS, [op], &mut lists)?;
    }
    for list in lists {
        leaves.insert(list);
        add(connection, PAGES, [list], leaves)?;
    }
    Ok(())
}

/// Adds the leaves that say who answers for the log: its keys and its restores.
pub fn add_custody(connection: &Connection, leaves: &mut Leaves) -> Result<(), StoreError> {
    let sql = "SELECT sequence FROM key_event WHERE change = 'made'
        UNION ALL SELECT sequence FROM restoration";
    add(connection, sql, [], leaves)
}

/// What belongs to each exchange and each list between two leaves: its run's beginning, end and identity, and the
/// list that it is a page of.
const AROUND: [&str; 3] = [
    "SELECT DISTINCT listing_id FROM exchange WHERE sequence BETWEEN ?1 AND ?2 AND listing_id IS NOT NULL",
    "SELECT i.sequence FROM run_identity i WHERE i.run_id IN (
         SELECT run_id FROM exchange WHERE sequence BETWEEN ?1 AND ?2
         UNION SELECT run_id FROM listing WHERE listing_id BETWEEN ?1 AND ?2
         UNION SELECT run_id FROM page_listing WHERE listing_id BETWEEN ?1 AND ?2)",
    "SELECT r.start_sequence FROM run r WHERE r.run_id IN (
         SELECT run_id FROM exchange WHERE sequence BETWEEN ?1 AND ?2
         UNION SELECT run_id FROM listing WHERE listing_id BETWEEN ?1 AND ?2
         UNION SELECT run_id FROM page_listing WHERE listing_id BETWEEN ?1 AND ?2
         UNION SELECT run_id FROM run WHERE start_sequence BETWEEN ?1 AND ?2
         UNION SELECT run_id FROM run_end WHERE end_sequence BETWEEN ?1 AND ?2)
     UNION ALL
     SELECT e.end_sequence FROM run_end e WHERE e.run_id IN (
         SELECT run_id FROM exchange WHERE sequence BETWEEN ?1 AND ?2
         UNION SELECT run_id FROM listing WHERE listing_id BETWEEN ?1 AND ?2
         UNION SELECT run_id FROM page_listing WHERE listing_id BETWEEN ?1 AND ?2
         UNION SELECT run_id FROM run WHERE start_sequence BETWEEN ?1 AND ?2)",
];

/// Adds what belongs to the exchanges and lists from leaf `first` to leaf `last`.
pub fn add_around(
    connection: &Connection,
    first: i64,
    last: i64,
    leaves: &mut Leaves,
) -> Result<(), StoreError> {
    for sql in AROUND {
        add(connection, sql, [first, last], leaves)?;
    }
    Ok(())
}

/// The leaves from the beginning of the first run of `first..=last` to the end of the last one, as far as they are
/// there; `None` where none of these runs is. The second value says whether each of them has its end.
pub fn leaves_of_runs(
    connection: &Connection,
    first: i64,
    last: i64,
) -> Result<Option<(i64, i64, bool)>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT min(r.start_sequence), max(coalesce(e.end_sequence, (SELECT max(l.sequence) FROM leaf l))),
             count(*) = count(e.run_id) AND count(*) = ?2 - ?1 + 1
         FROM run r LEFT JOIN run_end e ON e.run_id = r.run_id WHERE r.run_id BETWEEN ?1 AND ?2",
    )?;
    Ok(statement.query_row([first, last], |row| {
        let first: Option<i64> = row.get(0)?;
        let last: Option<i64> = row.get(1)?;
        let whole = row.get(2)?;
        Ok(first
            .zip(last)
            .map(|(first, last): (i64, i64)| (first, last, whole)))
    })?)
}

/// A table of the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dataset {
    /// Its name, which is that of the view.
    pub name: &'static str,
    /// The rows.
    pub sql: &'static str,
    /// How they are asked for.
    pub of: Of,
}

impl Dataset {
    /// Prepares the question after its rows.
    pub fn query<'c>(&self, connection: &'c Connection) -> Result<Query<'c>, StoreError> {
        Query::prepare(connection, self.sql)
            .map_err(|error| StoreError::Inconsistent(format!("{}: {error}", self.name)))
    }

    /// Asks for the rows of one operation that come from leaves between `first` and `last`.
    pub fn each_row_of_operation<E: From<StoreError>>(
        &self,
        query: &mut Query<'_>,
        key: &OperationKey,
        op: i64,
        (first, last): (i64, i64),
        visit: impl FnMut(&[Value<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (service, account, region) = (key.service.as_str(), &key.account_id, &key.region_id);
        let id = &key.operation_id;
        match self.of {
            Of::Operation => query.each_row_of(params![service, account, region, id, op], visit),
            Of::OperationBetween => query.each_row_of(
                params![service, account, region, id, op, first, last],
                visit,
            ),
            Of::Leaves => Ok(()),
        }
    }

    /// Asks for the rows whose evidence lies between two leaves.
    pub fn each_row_between<E: From<StoreError>>(
        &self,
        query: &mut Query<'_>,
        (first, last): (i64, i64),
        visit: impl FnMut(&[Value<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.of {
            Of::Leaves => query.each_row_of([first, last], visit),
            Of::Operation | Of::OperationBetween => Ok(()),
        }
    }
}

/// How rows of a table are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// One operation at a time: ?1 to ?4 its key, ?5 our number of it. Only where operations are proved.
    Operation,
    /// The same, with the first (?6) and the last (?7) leaf that a row may come from.
    OperationBetween,
    /// All rows whose evidence lies between two leaves, ?1 and ?2.
    Leaves,
}

/// The tables, each row with the numbers of the leaves that it comes from: `exchange_id` is the answer that first
/// showed it, `next_exchange_id` the one that first showed what came after, `last_exchange_id` the newest look.
pub const DATASETS: [Dataset; 11] = [
    Dataset {
        name: "batch_details",
        of: Of::OperationBetween,
        sql: "SELECT * FROM batch_details WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4
              AND exchange_id BETWEEN ?6 AND ?7 AND ?5 ORDER BY position",
    },
    Dataset {
        name: "collection_runs",
        of: Of::Leaves,
        sql: "SELECT c.*, r.start_sequence AS run_start_id, e.end_sequence AS run_end_id
              FROM run r JOIN collection_runs c ON c.run_id = r.run_id LEFT JOIN run_end e ON e.run_id = r.run_id
              WHERE r.start_sequence BETWEEN ?1 AND ?2 ORDER BY c.run_id",
    },
    Dataset {
        name: "interventions",
        of: Of::OperationBetween,
        sql: "SELECT i.*, (SELECT max(c.sequence) FROM intervention_call c
                  WHERE c.intervention = i.intervention_id AND c.sequence BETWEEN ?6 AND ?7) AS exchange_id
              FROM interventions i
              WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4
              AND intervention_id BETWEEN ?6 AND ?7 AND ?5 ORDER BY intervention_id",
    },
    Dataset {
        name: "listings",
        of: Of::Leaves,
        sql: "SELECT * FROM listings WHERE listing_id BETWEEN ?1 AND ?2 ORDER BY listing_id",
    },
    Dataset {
        name: "operation_history",
        of: Of::OperationBetween,
        sql: "SELECT * FROM operation_history WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4
              AND exchange_id BETWEEN ?6 AND ?7 AND ?5 ORDER BY version",
    },
    Dataset {
        name: "operation_timeline",
        of: Of::Operation,
        sql: "SELECT t.*,
                  (SELECT v.from_sequence FROM operation_version v WHERE v.op = ?5 AND v.stretch = t.sequence AND v.starts_stretch) AS exchange_id,
                  (SELECT v.from_sequence FROM operation_version v WHERE v.op = ?5 AND v.stretch = t.sequence + 1 AND v.starts_stretch) AS next_exchange_id
              FROM operation_timeline t WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4
              ORDER BY sequence",
    },
    Dataset {
        name: "operations",
        of: Of::Operation,
        sql: "SELECT t.*,
                  (SELECT v.from_sequence FROM operation_version v WHERE v.op = ?5 AND v.version = t.version) AS exchange_id,
                  (SELECT e.sequence FROM exchange e WHERE e.op = ?5 AND e.look IS NOT NULL ORDER BY e.sequence DESC LIMIT 1) AS last_exchange_id,
                  (SELECT l.listing_id FROM listing_end l WHERE l.op = ?5 AND l.verdict = 'complete' ORDER BY l.end_sequence DESC LIMIT 1) AS listing_id
              FROM operations t WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4",
    },
    Dataset {
        name: "requests",
        of: Of::Leaves,
        sql: "SELECT * FROM requests WHERE exchange_id BETWEEN ?1 AND ?2 ORDER BY exchange_id",
    },
    Dataset {
        name: "result_history",
        of: Of::OperationBetween,
        sql: "SELECT h.*,
                  (SELECT v.from_sequence FROM target g JOIN result_version v ON v.op = ?5 AND v.target = g.target AND v.version = h.version
                      WHERE g.account_id = h.target_account_id AND g.region_id = h.target_region_id) AS exchange_id
              FROM result_history h WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4
              AND exchange_id BETWEEN ?6 AND ?7 ORDER BY target_account_id, target_region_id, version",
    },
    Dataset {
        name: "result_timeline",
        of: Of::Operation,
        sql: "SELECT t.*,
                  (SELECT min(v.from_sequence) FROM target g JOIN result_version v ON v.op = ?5 AND v.target = g.target AND v.stretch = t.sequence
                      WHERE g.account_id = t.target_account_id AND g.region_id = t.target_region_id) AS exchange_id
              FROM result_timeline t WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4
              ORDER BY target_account_id, target_region_id, sequence",
    },
    Dataset {
        name: "results",
        of: Of::Operation,
        sql: "SELECT t.*,
                  (SELECT v.from_sequence FROM target g JOIN result_version v ON v.op = ?5 AND v.target = g.target AND v.version = t.version
                      WHERE g.account_id = t.target_account_id AND g.region_id = t.target_region_id) AS exchange_id,
                  (SELECT x.listing_id FROM target g JOIN result_version v ON v.op = ?5 AND v.target = g.target AND v.version = t.version
                      JOIN exchange x ON x.sequence = v.from_sequence
                      WHERE g.account_id = t.target_account_id AND g.region_id = t.target_region_id) AS listing_id
              FROM results t WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4
              ORDER BY target_account_id, target_region_id",
    },
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{as_of, open};
    use super::*;

    /// A file of which one may ask, limited to no leaf at all.
    fn limited() -> (tempfile::TempDir, Connection) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db");
        drop(open::create(&path).unwrap());
        let connection = as_of::open_at(&path, 0).unwrap();
        (home, connection)
    }

    #[test]
    fn every_question_can_be_asked() {
        let (_home, connection) = limited();
        let mut leaves = Leaves::new();
        add_operation(&connection, 1, true, &mut leaves).unwrap();
        add_custody(&connection, &mut leaves).unwrap();
        add_around(&connection, 0, 9, &mut leaves).unwrap();
        add(&connection, PAGES, [1], &mut leaves).unwrap();
        assert!(leaves.is_empty());
        assert_eq!(leaves_of_runs(&connection, 1, 2).unwrap(), None);
        assert!(operations_between(&connection, 0, 9).unwrap().is_empty());
        each_operation(&connection, |_| Err(StoreError::WriterGone)).unwrap();
        for dataset in DATASETS {
            connection.prepare(dataset.sql).unwrap();
        }
    }

    #[test]
    fn what_is_asked_of_one_operation_is_found_by_seeks_alone() {
        let (_home, connection) = limited();
        let questions = OF_OPERATION.iter().chain(&LISTS_OF_OPERATION);
        let questions = questions.chain([&ALL_LOOKS, &ALL_LISTS, &PAGES]);
        let rows = DATASETS.iter().filter(|dataset| dataset.of != Of::Leaves);
        for sql in questions.copied().chain(rows.map(|dataset| dataset.sql)) {
            let mut statement = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap();
            let parameters = statement.parameter_count();
            let steps = statement
                .query_map(rusqlite::params_from_iter(vec!["1"; parameters]), |row| {
                    row.get::<_, String>(3)
                })
                .unwrap();
            for step in steps {
                let step = step.unwrap();
                // The versions just found; the four words of `changed`.
                let is_small = ["SCAN v", "SCAN c", "SCAN CONSTANT ROW"].contains(&step.as_str());
                assert!(!step.starts_with("SCAN") || is_small, "{sql}: {step}");
            }
        }
    }
}
