//! What was learned of the pace that the cloud allows: operational, no evidence. It may be lost; the pace is
//! then learned again.

use rusqlite::{Connection, params};

use super::StoreError;

/// The pace of one call with the credentials of one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LearnedLimit {
    /// Name of the credentials in the configuration.
    pub label: String,
    /// The call.
    pub action: String,
    /// Thousandths of a request a second, more than 0.
    pub per_second_milli: i64,
    /// When it was learned, ms.
    pub learned_at: i64,
}

/// What was learned with the credentials of one label, in order.
pub fn load(connection: &Connection, label: &str) -> Result<Vec<LearnedLimit>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT label, action, per_second_milli, learned_at FROM limit_learned WHERE label = ?1 ORDER BY action",
    )?;
    let rows = statement.query_map([label], |row| {
        Ok(LearnedLimit {
            label: row.get(0)?,
            action: row.get(1)?,
            per_second_milli: row.get(2)?,
            learned_at: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Remembers what was learned, in place of what was known of the same calls.
pub fn save(connection: &Connection, limits: &[LearnedLimit]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO limit_learned (label, action, per_second_milli, learned_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (label, action) DO UPDATE
         SET per_second_milli = excluded.per_second_milli, learned_at = excluded.learned_at",
    )?;
    for limit in limits {
        statement.execute(params![
            limit.label,
            limit.action,
            limit.per_second_milli,
            limit.learned_at
        ])?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_learned_later_replaces_what_was_known() {
        let connection = crate::store::aside::open_aside().unwrap();
        let slow = LearnedLimit {
            label: "prod".to_owned(),
            action: "GetStackGroupOperation".to_owned(),
            per_second_milli: 7_000,
            learned_at: 1,
        };
        let fast = LearnedLimit {
            per_second_milli: 20_000,
            learned_at: 2,
            ..slow.clone()
        };
        let other = LearnedLimit {
            label: "test".to_owned(),
            ..slow.clone()
        };
        save(&connection, &[slow, other.clone()]).unwrap();
        save(&connection, std::slice::from_ref(&fast)).unwrap();
        assert_eq!(load(&connection, "prod").unwrap(), [fast]);
        assert_eq!(load(&connection, "test").unwrap(), [other]);
    }
}
