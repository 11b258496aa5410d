//! Migrations: the files of `migrations/`, applied all together or not at all.

use std::path::Path;

use rusqlite::Connection;

use super::{StoreError, disk};

mod embedded {
    #![allow(missing_docs)]
    refinery::embed_migrations!("migrations");
}

/// The newest schema, as the build script counted the files.
const NEWEST: i64 = match i64::from_str_radix(env!("NEWEST_MIGRATION"), 10) {
    Ok(newest) => newest,
    Err(_) => panic!("the build script writes a number"),
};

/// The newest schema that this program knows.
pub const fn known_version() -> i64 {
    NEWEST
}

/// Brings the database to the newest schema, and tells the one that it had; `None` where it was a new file, or
/// nothing was to be done. Grouped: refinery's default commits a migration and the record of it apart, and a
/// failure between them can not be mended.
pub fn run(connection: &mut Connection, path: &Path) -> Result<Option<i64>, StoreError> {
    refuse_newer(connection, path)?;
    let found = schema_version(connection)?;
    if found == known_version() {
        return Ok(None);
    }
    let mut migrate = || {
        embedded::migrations::runner()
            .set_grouped(true)
            .run(connection)
    };
    // Of several processes at once one migrates, and the others fail where they wait for it: what was done is
    // read before the transaction begins. They find nothing to do when they look again.
    migrate()
        .or_else(|_| migrate())
        .map_err(|error| StoreError::Open {
            path: path.to_owned(),
            reason: format!("its schema cannot be brought up to date: {error}"),
            is_of_disk: disk::is_of_disk(&error),
        })?;
    connection.pragma_update(None, "user_version", known_version())?;
    Ok(Some(found).filter(|found| *found > 0))
}

/// Refuses a database that a newer program has migrated.
pub fn refuse_newer(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found = schema_version(connection)?;
    if found > known_version() {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: known_version(),
        });
    }
    Ok(())
}

/// Refuses to read a database that this program would have to migrate first.
pub fn refuse_older(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found = schema_version(connection)?;
    if found < known_version() {
        return Err(StoreError::Older {
            path: path.to_owned(),
            found,
            known: known_version(),
        });
    }
    Ok(())
}

/// Refuses a file that has been begun and has no schema yet: there is nothing to read in it.
pub fn refuse_unfinished(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    if schema_version(connection)? == 0 {
        return Err(StoreError::Unfinished(path.to_owned()));
    }
    Ok(())
}

/// The schema of the file; 0 before it has one.
pub fn schema_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// The texts of the migrations in their order, without the statements that write rows: what makes the tables,
/// indexes and triggers of a new file, with its comments.
pub fn definitions() -> Vec<String> {
    let runner = embedded::migrations::runner();
    let mut migrations: Vec<_> = runner.get_migrations().iter().collect();
    migrations.sort_by_key(|migration| migration.version());
    let texts = migrations.iter().filter_map(|migration| migration.sql());
    texts.map(without_rows).collect()
}

/// Names of the tables of a new file.
pub fn tables() -> Vec<String> {
    let definitions = definitions();
    let lines = definitions.iter().flat_map(|text| text.lines());
    let made = lines.filter_map(|line| line.strip_prefix("CREATE TABLE "));
    let names = made.filter_map(|rest| rest.split([' ', '(']).next());
    names
        .chain(["refinery_schema_history"])
        .map(str::to_owned)
        .collect()
}

/// A migration without what it inserts and updates; each such statement stands on one line, with a comment above it
/// or none.
fn without_rows(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines() {
        if line.starts_with("INSERT INTO ") || line.starts_with("UPDATE ") {
            while kept.last().is_some_and(|above| above.starts_with("--")) {
                kept.pop();
            }
        } else {
            kept.push(line);
        }
    }
    kept.join("\n") + "\n"
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_migration_and_numbers_have_no_gap() {
        let mut names: Vec<String> =
            std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
        names.sort_by_key(|name| {
            name.split("__").next().unwrap()[1..]
                .parse::<i64>()
                .unwrap()
        });
        for (index, name) in names.iter().enumerate() {
            assert!(
                name.starts_with(&format!("V{}__", index + 1)) && name.ends_with(".sql"),
                "{name}"
            );
        }
        assert_eq!(i64::try_from(names.len()).unwrap(), known_version());
        let runner = embedded::migrations::runner();
        let versions = runner
            .get_migrations()
            .iter()
            .map(|m| i64::from(m.version()));
        assert_eq!(versions.max(), Some(known_version()));
    }

    #[test]
    fn no_migration_sets_a_pragma() {
        for migration in embedded::migrations::runner().get_migrations() {
            let sql = migration.sql().unwrap_or_default().to_ascii_uppercase();
            assert!(!sql.contains("PRAGMA"), "{migration}");
        }
    }

    #[test]
    fn rows_of_older_rules_are_marked_until_they_are_rebuilt() {
        for (derived_through, derive_version) in [(-1, 2), (5, 1)] {
            let mut connection = Connection::open_in_memory().unwrap();
            embedded::migrations::runner()
                .set_target(refinery::Target::Version(2))
                .run(&mut connection)
                .unwrap();
            connection
                .execute(
                    "UPDATE derivation SET derived_through = ?1",
                    [derived_through],
                )
                .unwrap();
            run(&mut connection, Path::new("old")).unwrap();
            let found: i64 = connection
                .query_row("SELECT derive_version FROM derivation", [], |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(found, derive_version, "derived through {derived_through}");
        }
    }

    #[test]
    fn an_older_database_is_read_after_its_migration_only() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db");
        let mut connection = Connection::open(&path).unwrap();
        connection
            .pragma_update(None, "application_id", crate::store::open::APPLICATION_ID)
            .unwrap();
        embedded::migrations::runner()
            .set_target(refinery::Target::Version(2))
            .run(&mut connection)
            .unwrap();
        connection.pragma_update(None, "user_version", 2).unwrap();
        drop(connection);
        let refused = crate::store::open::read_only(&path).unwrap_err();
        assert!(matches!(refused, StoreError::Older { found: 2, .. }));
        assert!(refused.to_string().contains("optrail rebuild"), "{refused}");
        crate::store::open::read_only_of_any_age(&path).unwrap();
        assert!(!crate::store::open::is_current(&path).unwrap());
        drop(crate::store::open::for_writing(&path).unwrap());
        crate::store::open::read_only(&path).unwrap();
        assert!(crate::store::open::is_current(&path).unwrap());
    }

    #[test]
    fn a_newer_database_is_refused_in_our_words() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db");
        let connection = crate::store::open::create(&path).unwrap().connection;
        connection
            .pragma_update(None, "user_version", known_version() + 1)
            .unwrap();
        drop(connection);
        assert!(matches!(
            crate::store::open::create(&path),
            Err(StoreError::Newer { .. })
        ));
        assert!(matches!(
            crate::store::open::read_only(&path),
            Err(StoreError::Newer { .. })
        ));
    }
}
