//! What a file is made of, read from SQLite's own catalogue: objects, columns, keys.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::StoreError;

/// Type and name of a schema object, as `sqlite_schema` has them.
pub type ObjectName = (String, String);

/// All schema objects with their statements (`None` for indexes that SQLite makes by itself). The tables of
/// statistics that `ANALYZE` makes are left out: they belong to whoever asked for them and change no answer.
pub fn objects(
    connection: &Connection,
) -> Result<BTreeMap<ObjectName, Option<String>>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT type, name, sql FROM sqlite_schema
             WHERE NOT (type = 'table' AND coalesce(sql, '') IN (
                 'CREATE TABLE sqlite_stat1(tbl,idx,stat)',
                 'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)'))",
    )?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Name and checksum of a migration, as refinery writes them.
pub type Migration = (Option<String>, Option<String>);

/// The migrations that a file has had, by their numbers. When that was is left out.
pub fn migrations(connection: &Connection) -> Result<BTreeMap<i64, Migration>, StoreError> {
    let mut statement =
        connection.prepare("SELECT version, name, checksum FROM refinery_schema_history")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns in order.
    pub columns: Vec<String>,
    /// The primary key: places in `columns`, in the order of the key.
    pub key: Vec<usize>,
}

impl Table {
    /// Reads a table's columns and key.
    pub fn read(connection: &Connection, name: &str) -> Result<Self, StoreError> {
        let mut statement =
            connection.prepare("SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid")?;
        let rows = statement.query_map([name], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        })?;
        let (columns, ranks): (Vec<_>, Vec<_>) =
            rows.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        let mut key: Vec<usize> = (0..columns.len()).filter(|i| ranks[*i] > 0).collect();
        key.sort_by_key(|i| ranks[*i]);
        Ok(Self {
            name: name.to_owned(),
            columns,
            key,
        })
    }

    /// A SELECT of all rows in the order of the key.
    pub(super) fn select_in_order(&self) -> String {
        let key: Vec<&str> = self.key.iter().map(|i| self.columns[*i].as_str()).collect();
        format!(
            "SELECT {} FROM {} ORDER BY {}",
            self.columns.join(", "),
            self.name,
            key.join(", ")
        )
    }
}

/// Asks SQLite whether the file is whole (pages, indexes, constraints), and calls `visit` with each
/// complaint, at most `limit`.
pub fn integrity(
    connection: &Connection,
    limit: usize,
    mut visit: impl FnMut(&str),
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({limit})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match row.get_ref(0)?.as_str() {
            Ok("ok") => {}
            Ok(complaint) => visit(complaint),
            Err(_) => visit("a complaint that is not UTF-8"),
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_their_own_order() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (a TEXT, b INTEGER, c INTEGER, PRIMARY KEY (c, a)) WITHOUT ROWID",
            )
            .unwrap();
        let table = Table::read(&connection, "t").unwrap();
        assert_eq!(table.columns, ["a", "b", "c"]);
        assert_eq!(table.key, [2, 0]);
        assert_eq!(
            table.select_in_order(),
            "SELECT a, b, c FROM t ORDER BY c, a"
        );
    }

    #[test]
    fn damage_is_told() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (a INTEGER CHECK (a < 5)); PRAGMA ignore_check_constraints = ON;
                 INSERT INTO t VALUES (3), (7); PRAGMA ignore_check_constraints = OFF;",
            )
            .unwrap();
        let mut complaints = Vec::new();
        integrity(&connection, 10, |text| complaints.push(text.to_owned())).unwrap();
        assert_eq!(complaints, ["CHECK constraint failed in t"]);
    }
}
