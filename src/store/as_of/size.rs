//! How many leaves there were at a time.

use rusqlite::Connection;

use crate::model::UtcMillis;
use crate::store::{StoreError, leaf_time};

/// How many leaves had been kept at an instant: those before the first that is later, so that a clock that
/// jumped ahead cuts early. A leaf that bears no time (a plan, the beginning of a listing) belongs to what came
/// before it. An answer bears the time of its receipt, a stop that of its request.
///
/// Reads leaves until one is later: a clock can have been ahead at any of them, and no index knows their times.
/// About a second for a million. The first `known` are left out: none of them is later, as somebody knows who
/// has asked for an earlier instant; else 0.
///
/// # Errors
/// [`StoreError`].
pub fn size_at(connection: &Connection, known: i64, at: UtcMillis) -> Result<i64, StoreError> {
    let mut statement = connection
        .prepare("SELECT sequence, record FROM main.leaf WHERE sequence >= ?1 ORDER BY sequence")?;
    let mut rows = statement.query([known])?;
    let mut size = known;
    while let Some(row) = rows.next()? {
        let sequence: i64 = row.get(0)?;
        let record = row
            .get_ref(1)?
            .as_bytes()
            .map_err(|error| StoreError::Inconsistent(format!("leaf {sequence}: {error}")))?;
        if leaf_time::of(record).is_some_and(|time| time > at.0) {
            return Ok(sequence);
        }
        size = sequence + 1;
    }
    Ok(size)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::*;
    use crate::store::open;

    /// Keeps leaves that bear these times; a negative one stands for a leaf without a time.
    pub(in crate::store::as_of) fn keep(connection: &Connection, times: &[i64]) {
        for (sequence, at) in (0_i64..).zip(times) {
            let record = match at {
                ..0 => r#"{"t":"plan","v":1,"run":1,"entries":0,"body":"x","length":0}"#.to_owned(),
                at => format!(r#"{{"t":"key","v":1,"at":{at},"change":"made"}}"#),
            };
            connection
                .execute(
                    "INSERT INTO leaf (sequence, record, hash) VALUES (?1, ?2, zeroblob(32))",
                    rusqlite::params![sequence, record],
                )
                .unwrap();
        }
    }

    #[test]
    fn a_time_means_the_leaves_before_the_first_that_is_later() {
        let home = tempfile::tempdir().unwrap();
        let file = open::create(&home.path().join("optrail.db")).unwrap();
        let connection = file.connection;
        assert_eq!(size_at(&connection, 0, UtcMillis(5)).unwrap(), 0);
        // A tie, a leaf without a time, a clock that was ahead for one leaf and then set back.
        keep(&connection, &[10, 20, 20, -1, 30, 99, 40, -1]);
        for (at, size) in [
            (i64::MIN, 0),
            (9, 0),
            (10, 1),
            (19, 1),
            (20, 4),
            (29, 4),
            (30, 5),
            (40, 5),
            (98, 5),
            (99, 8),
            (i64::MAX, 8),
        ] {
            for known in 0..=size {
                let found = size_at(&connection, known, UtcMillis(at)).unwrap();
                assert_eq!(found, size, "{at}");
            }
        }
    }
}
