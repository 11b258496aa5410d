//! Somebody edits what is no evidence: derived rows, checkpoints, the schema (T3).

use crate::table::{Attack, NextRun, Sees, assert_found};

/// An attack that everybody finds in the same way, and no run.
fn found_by_all<'a>(
    name: &'static str,
    make: fn(&crate::forger::Forger<'_>),
    sees: Sees<'a>,
) -> Attack<'a> {
    Attack {
        name,
        make,
        alone: sees,
        state: sees,
        key: sees,
        kept: sees,
        next_run: NextRun::Goes(0),
    }
}

#[test]
fn derived_rows_and_the_schema_are_compared_with_what_they_must_be() {
    assert_found(&[
        found_by_all(
            "T3: a derived row",
            |forger| {
                forger.sql(
                    "UPDATE operation_version SET status = 'FAILED' WHERE op = 1 AND version = 1",
                )
            },
            Sees::This(&[
                "invalid: operation_version op=1, version=1: status is \"FAILED\", the evidence gives \"RUNNING\"",
            ]),
        ),
        found_by_all(
            "T3: the row of a key",
            |forger| forger.sql("UPDATE key_event SET change = 'unusable'"),
            Sees::This(&["invalid: key_event sequence="]),
        ),
        found_by_all(
            "a trigger is dropped",
            |forger| {
                let drop = "DROP TRIGGER checkpoint_is_append_only_delete";
                forger.open().execute_batch(drop).unwrap();
            },
            Sees::This(&[
                "missing: sqlite_schema checkpoint_is_append_only_delete: the trigger is not there",
            ]),
        ),
        found_by_all(
            "a view is added",
            |forger| forger.sql("CREATE VIEW runs_too AS SELECT 1"),
            Sees::This(&["extra: sqlite_schema runs_too: no new file has this view"]),
        ),
    ]);
}

#[test]
fn a_checkpoint_in_the_file_must_hold() {
    assert_found(&[
        found_by_all(
            "a checkpoint is put in",
            |forger| {
                forger.sql(
                    "INSERT INTO checkpoint SELECT size - 1, origin, root, note FROM checkpoint ORDER BY size LIMIT 1",
                );
            },
            Sees::This(&[
                "invalid: checkpoint size={before first}: its note states another origin, size or root than its columns",
            ]),
        ),
        found_by_all(
            "a checkpoint gets a second signature",
            |forger| {
                forger.sql(
                    "UPDATE checkpoint SET note = note || '— other.example AAAAAAAA' || char(10)
                     WHERE size = (SELECT min(size) FROM checkpoint)",
                );
            },
            Sees::This(&[
                "invalid: checkpoint size={first}: its note bears 2 signatures, and the recorder writes one",
            ]),
        ),
        found_by_all(
            "a checkpoint is no text, and the others are judged",
            |forger| {
                forger.sql(
                    "UPDATE checkpoint SET note = CAST(x'ff' AS TEXT) WHERE size = (SELECT min(size) FROM checkpoint)",
                );
            },
            Sees::This(&[
                "invalid: checkpoint size={first}: this is no signed note: it is not UTF-8",
                "3 checkpoints checked, the newest that holds seals {third} of ",
            ]),
        ),
        found_by_all(
            "the key has signed two histories",
            |forger| {
                let key = forger.stolen_key();
                let connection = forger.open();
                let root = [7; 32];
                let head = optrail::evidence::checkpoint::Checkpoint {
                    origin: key.verifier().name().to_owned(),
                    size: crate::scene::scene().sealed[1].try_into().unwrap(),
                    root,
                };
                let note = optrail::evidence::checkpoint::sign(&head, &key).unwrap();
                connection
                    .execute_batch("DROP TRIGGER checkpoint_is_append_only_update")
                    .unwrap();
                let update = "UPDATE checkpoint SET root = ?2, note = ?3 WHERE size = ?1";
                let size = crate::scene::scene().sealed[1];
                let changed = connection.execute(update, (size, root, note.to_string()));
                assert_eq!(changed, Ok(1));
            },
            Sees::This(&[
                "invalid: checkpoint size={second}: the leaves before it do not have the root that it states, and a later \
                 checkpoint (size={third}) confirms these leaves",
            ]),
        ),
        // What no later checkpoint needs: nothing in the file says how many there were.
        found_by_all(
            "a checkpoint is taken out: no harm",
            |forger| {
                forger.sql("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)")
            },
            Sees::Nothing,
        ),
    ]);
}
