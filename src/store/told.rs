//! Failures that the user has been told of: operational, no evidence. Lost, they are told again.

use rusqlite::{Connection, params};

use super::StoreError;

/// A failure that was told and had not ended then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldRow {
    /// What fails.
    pub what: String,
    /// Why.
    pub cause: String,
    /// Code of the cloud's answer.
    pub code: Option<String>,
    /// When it began, ms.
    pub first_at: i64,
    /// When it was told last, ms.
    pub last_told_at: i64,
}

/// All failures that were told and have not ended, in order.
pub fn load(connection: &Connection) -> Result<Vec<ToldRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT what, cause, code, first_at, last_told_at FROM told ORDER BY what",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(ToldRow {
            what: row.get(0)?,
            cause: row.get(1)?,
            code: row.get(2)?,
            first_at: row.get(3)?,
            last_told_at: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Remembers exactly these, and forgets all others.
pub fn save(connection: &Connection, told: &[ToldRow]) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM told")?.execute([])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO told (what, cause, code, first_at, last_told_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for row in told {
        statement.execute(params![
            row.what,
            row.cause,
            row.code,
            row.first_at,
            row.last_told_at
        ])?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_is_forgotten() {
        let connection = crate::store::aside::open_aside().unwrap();
        let row = |what: &str| ToldRow {
            what: what.to_owned(),
            cause: "denied".to_owned(),
            code: None,
            first_at: 1,
            last_told_at: 2,
        };
        save(&connection, &[row("b"), row("a")]).unwrap();
        assert_eq!(load(&connection).unwrap(), [row("a"), row("b")]);
        save(&connection, &[row("b")]).unwrap();
        assert_eq!(load(&connection).unwrap(), [row("b")]);
    }
}
