//! What is not seen: ids that were lost, stretches in which something due was missed; and words that are new.

use rusqlite::{Connection, params};

use crate::model::{OperationKey, UtcMillis};
use crate::store::operation_key::of_row;
use crate::store::{StoreError, accounts, leaf_time};

/// An id that is not asked about any more, because the cloud does not know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Which operation.
    pub key: OperationKey,
    /// Its name, if it was ever seen.
    pub resource_name: Option<String>,
    /// Whether it died before its end was seen; else the cloud never knew it, or did no more in three runs.
    pub is_expired: bool,
    /// Status as last seen; `None` where it was never seen.
    pub last_status: Option<String>,
    /// End of the run that found it so.
    pub sequence: i64,
    /// When that run ended, where its leaf says so.
    pub since: Option<UtcMillis>,
}

fn lost_sql() -> String {
    format!(
        concat!(
            "
SELECT o.service, o.account_id, o.region_id, o.operation_id, v.resource_name, s.state = 'expired', v.status, s.from_sequence, {}
FROM operation_state s
JOIN operation o ON o.op = s.op
JOIN leaf l ON l.sequence = s.from_sequence
LEFT JOIN operation_version v ON v.op = o.op AND v.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
WHERE s.state IN ('expired', 'not_found')
    AND NOT EXISTS (SELECT 1 FROM operation_state n WHERE n.op = s.op AND n.number = s.number + 1)
    AND (?1 = '[]' OR o.account_id IN (SELECT value FROM json_each(?1)))
    AND NOT ",
            is_given_up!(),
            "
ORDER BY s.from_sequence, o.op"
        ),
        leaf_time::sql("l.record")
    )
}

/// Ids that are not asked about any more, and that nobody has given up.
///
/// # Errors
/// [`StoreError`].
pub fn lost(connection: &Connection, accounts: &[String]) -> Result<Vec<Lost>, StoreError> {
    let accounts = accounts::parameter(accounts);
    let mut statement = connection.prepare_cached(&lost_sql())?;
    let mut rows = statement.query([&accounts])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Lost {
            key: of_row(row)?,
            resource_name: row.get(4)?,
            is_expired: row.get(5)?,
            last_status: row.get(6)?,
            sequence: row.get(7)?,
            since: row.get(8)?,
        });
    }
    Ok(found)
}

/// A stretch in which something due was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blind {
    /// Watch of the first look that was missed; `None` for the recorder itself.
    pub watch_id: Option<i64>,
    /// Name of its credentials in the configuration.
    pub label: Option<String>,
    /// Service, account, region and id of what was not seen; empty where there is none.
    pub service: String,
    /// As above.
    pub account_id: String,
    /// As above.
    pub region_id: String,
    /// As above.
    pub operation_id: String,
    /// Why.
    pub cause: String,
    /// In words.
    pub detail: String,
    /// From when.
    pub from: UtcMillis,
    /// Until when; `None` while it lasts.
    pub until: Option<UtcMillis>,
    /// Leaf with which it became known.
    pub sequence: i64,
}

/// Stretches that last, and those of the recorder that ended after ?2.
const BLIND: &str = "
SELECT c.watch_id, c.label, coalesce(c.service, ''), coalesce(c.account_id, ''), c.region_id, c.operation_id, c.cause, coalesce(c.detail, ''),
    g.gap_from, e.gap_until, g.sequence
FROM gap g
LEFT JOIN gap_end e ON e.gap_id = g.gap_id
JOIN coverage_gaps c ON c.gap_id = g.gap_id
WHERE (e.gap_id IS NULL OR (g.subject = 'recorder' AND e.gap_until >= ?2))
    AND (?1 = '[]' OR g.subject = 'recorder' OR c.account_id IN (SELECT value FROM json_each(?1))
        OR c.label IN (SELECT value FROM json_each(?1)))
ORDER BY g.gap_from, g.gap_id";

/// What nobody sees now, and when the recorder did not run, as far as that ended after `since`.
///
/// # Errors
/// [`StoreError`].
pub fn blind(
    connection: &Connection,
    accounts: &[String],
    since: UtcMillis,
) -> Result<Vec<Blind>, StoreError> {
    let accounts = accounts::parameter(accounts);
    let mut statement = connection.prepare_cached(BLIND)?;
    let rows = statement.query_map(params![accounts, since], |row| {
        Ok(Blind {
            watch_id: row.get(0)?,
            label: row.get(1)?,
            service: row.get(2)?,
            account_id: row.get(3)?,
            region_id: row.get(4)?,
            operation_id: row.get(5)?,
            cause: row.get(6)?,
            detail: row.get(7)?,
            from: row.get(8)?,
            until: row.get(9)?,
            sequence: row.get(10)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A word or field that the program does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Call whose answer held it.
    pub action: String,
    /// Whether it is a whole field; else a word in a known one.
    pub is_field: bool,
    /// The field.
    pub name: String,
    /// The word; of an unknown field its JSON type.
    pub value: String,
    /// Answer that first held it.
    pub sequence: i64,
    /// Receipt of that answer.
    pub first_seen: UtcMillis,
}

const UNKNOWN: &str = "
SELECT u.action, u.kind = 'field', u.name, u.value, u.first, json_extract(l.record, '$.received_at')
FROM (SELECT x.action, x.kind, x.name, x.value,
        (SELECT min(s.sequence) FROM unknown_seen s
            JOIN exchange e ON e.sequence = s.sequence
            JOIN leaf a ON a.sequence = s.sequence
            LEFT JOIN leaf g ON g.sequence = e.listing_id
            WHERE s.unknown_id = x.unknown_id AND (?2 = '[]'
                OR coalesce(g.record ->> '$.account', a.record ->> '$.account') IN (SELECT value FROM json_each(?2))
                OR a.record ->> '$.label' IN (SELECT value FROM json_each(?2)))) AS first
    FROM unknown x) u
JOIN leaf l ON l.sequence = u.first
WHERE json_extract(l.record, '$.received_at') >= ?1
ORDER BY u.first, u.action, u.name, u.value";

/// Words and fields that were first met after `since`, in answers to these accounts.
///
/// # Errors
/// [`StoreError`].
pub fn unknown(
    connection: &Connection,
    accounts: &[String],
    since: UtcMillis,
) -> Result<Vec<Unknown>, StoreError> {
    let accounts = accounts::parameter(accounts);
    let mut statement = connection.prepare_cached(UNKNOWN)?;
    let rows = statement.query_map(params![since, accounts], |row| {
        Ok(Unknown {
            action: row.get(0)?,
            is_field: row.get(1)?,
            name: row.get(2)?,
            value: row.get(3)?,
            sequence: row.get(4)?,
            first_seen: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::database;
    use super::*;

    #[test]
    fn stretches_without_runs_grow_old_and_open_gaps_do_not() {
        let connection = database(
            "INSERT INTO watch (watch_id, add_sequence, service, label, region_id, operation_id)
                 VALUES (1, 0, 'ros', 'prod', 'r', 'o');
             INSERT INTO gap (gap_id, sequence, subject, watch_id, service, account_id, region_id, operation_id, cause, gap_from)
                 VALUES (1, 1, 'recorder', NULL, '', '', '', '', 'not_run', 1000),
                     (2, 2, 'recorder', NULL, '', '', '', '', 'not_run', 5000),
                     (3, 3, 'operation', 1, 'ros', '7', 'r', 'o', 'denied', 10),
                     (4, 4, 'operation', 1, 'ros', '7', 'r', 'o', 'denied', 20),
                     (5, 5, 'recorder', NULL, '', '', '', '', 'disk', 30);
             INSERT INTO gap_end (gap_id, sequence, how, gap_until, run_id)
                 VALUES (1, 2, 'run', 4000, 1), (2, 3, 'run', 6000, 2), (3, 4, 'seen', 15, 2);",
        );
        let found = |accounts: &[&str], since: i64| -> Vec<(i64, String)> {
            let accounts: Vec<String> = accounts.iter().map(|&id| id.to_owned()).collect();
            let gaps = blind(&connection, &accounts, UtcMillis(since)).unwrap();
            gaps.into_iter()
                .map(|gap| (gap.from.0, gap.cause))
                .collect()
        };
        let denied = (20, "denied".to_owned());
        let disk = (30, "disk".to_owned());
        let missed = |from| (from, "not_run".to_owned());
        assert_eq!(
            found(&[], 0),
            [denied.clone(), disk.clone(), missed(1000), missed(5000)]
        );
        assert_eq!(
            found(&["7"], 5000),
            [denied.clone(), disk.clone(), missed(5000)]
        );
        assert_eq!(found(&["prod"], 6001), [denied, disk.clone()]);
        assert_eq!(found(&["8"], 6001), [disk]);
    }

    #[test]
    fn words_count_from_the_answer_that_first_held_them() {
        let connection = database(
            "INSERT INTO run (run_id, start_sequence, kind, started_at) VALUES (1, 0, 'collect', 0);
             INSERT INTO exchange (sequence, run_id, attempt, outcome) VALUES (2, 1, 1, 'ok'), (6, 1, 1, 'ok');
             INSERT INTO unknown VALUES (1, 'GetStackGroupOperation', 'word', 'Status', 'PAUSED'),
                 (2, 'GetStackGroupOperation', 'field', 'New', 'string');
             INSERT INTO unknown_seen VALUES (1, 2), (1, 6), (2, 6);",
        );
        let since = |ms| -> Vec<String> {
            let found = unknown(&connection, &[], UtcMillis(ms)).unwrap();
            found.into_iter().map(|word| word.value).collect()
        };
        assert_eq!(since(2_000), ["PAUSED", "string"]);
        assert_eq!(since(2_001), ["string"]);
        assert_eq!(since(6_001), [""; 0]);
    }

    #[test]
    fn words_are_of_the_accounts_that_were_asked() {
        let connection = database(
            "INSERT INTO run (run_id, start_sequence, kind, started_at) VALUES (1, 0, 'collect', 0);
             INSERT INTO leaf (sequence, record, hash) SELECT value ->> 0, json_object('received_at', 5000, 'account', value ->> 1), zeroblob(32)
                 FROM json_each('[[10, \"7\"], [11, null], [12, \"7\"], [13, \"8\"]]');
             INSERT INTO exchange (sequence, run_id, listing_id, attempt, outcome)
                 VALUES (11, 1, 10, 1, 'ok'), (12, 1, NULL, 1, 'ok'), (13, 1, NULL, 1, 'ok');
             INSERT INTO unknown VALUES (1, 'ListStackGroupOperationResults', 'word', 'Status', 'PAUSED'),
                 (2, 'GetStackGroupOperation', 'field', 'New', 'string');
             INSERT INTO unknown_seen VALUES (1, 11), (2, 12), (1, 13);",
        );
        let of = |account: &str| -> Vec<(String, i64)> {
            let found = unknown(&connection, &[account.to_owned()], UtcMillis(0)).unwrap();
            let found = found.into_iter();
            found.map(|word| (word.value, word.sequence)).collect()
        };
        let word = |word: &str, leaf: i64| (word.to_owned(), leaf);
        assert_eq!(of("7"), [word("PAUSED", 11), word("string", 12)]);
        assert_eq!(of("8"), [word("PAUSED", 13)]);
        assert_eq!(of("9"), []);
    }
}
