//! Files of older programs, made with the migrations that these had.

use std::fs;
use std::path::Path;

use optrail::store::open::APPLICATION_ID;
use rusqlite::Connection;

use crate::bench::Bench;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// A database of that schema with the evidence of the story, of which nothing is derived.
pub fn make(bench: &Bench, path: &Path, schema: i64) {
    let told = bench.path("story.db");
    crate::story::record(&told);
    let mut connection = Connection::open(path).unwrap();
    for (pragma, value) in [("application_id", APPLICATION_ID), ("user_version", schema)] {
        connection.pragma_update(None, pragma, value).unwrap();
    }
    embedded::migrations::runner()
        .set_target(refinery::Target::Version(schema.try_into().unwrap()))
        .run(&mut connection)
        .unwrap();
    connection
        .execute_batch(&format!(
            "ATTACH '{}' AS told;
             INSERT INTO body_template SELECT * FROM told.body_template;
             INSERT INTO leaf SELECT * FROM told.leaf;
             INSERT INTO subtree SELECT * FROM told.subtree;",
            told.display()
        ))
        .unwrap();
    connection.close().unwrap();
    fs::remove_file(told).unwrap();
}
