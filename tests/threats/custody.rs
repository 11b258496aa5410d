//! Somebody takes the end of the log away, or puts another log in its place (T8, T9, T15).

use std::fs;

use optrail::model::UtcMillis;
use optrail::record::Recorder;

use crate::forger::Forger;
use crate::scene::{fold, scene};
use crate::table::{Attack, NextRun, Sees, assert_found};

const OLDER: NextRun = NextRun::Refuses("is older than its checkpoint");

/// An older copy of the log has fewer leaves than the checkpoint that was kept.
const KEPT_OLDER: Sees<'_> = Sees::This(&["missing: leaf sequence={first}..{before second}: "]);

#[test]
fn fault_23_what_was_cut_off_is_missed_by_whoever_holds_a_later_checkpoint() {
    assert_found(&[
        Attack {
            name: "T8: an older copy of the database",
            make: |forger| forger.put_older_database(),
            alone: Sees::Nothing,
            state: Sees::This(&["missing: leaf sequence={first}..{before third}: "]),
            key: Sees::Nothing,
            kept: KEPT_OLDER,
            next_run: OLDER,
        },
        Attack {
            name: "T8: the end of the log is cut off, with its checkpoints",
            make: |forger| forger.cut_off(scene().sealed[0]),
            alone: Sees::Nothing,
            state: Sees::This(&["missing: leaf sequence={first}..{before third}: "]),
            key: Sees::Nothing,
            kept: KEPT_OLDER,
            next_run: OLDER,
        },
        Attack {
            name: "T8: the same, and the checkpoints stay",
            make: |forger| {
                forger.sql("CREATE TABLE kept AS SELECT * FROM checkpoint");
                forger.cut_off(scene().sealed[0]);
                forger.sql("INSERT OR IGNORE INTO checkpoint SELECT * FROM kept; DROP TABLE kept");
            },
            alone: Sees::This(&[
                "invalid: checkpoint size={second}..{third}: each of 2 checkpoints: it covers more than the {first} leaves",
            ]),
            state: Sees::This(&["missing: leaf sequence={first}..{before third}: "]),
            key: Sees::This(&["invalid: checkpoint size={second}..{third}: "]),
            kept: KEPT_OLDER,
            next_run: OLDER,
        },
        Attack {
            name: "T8: an older copy, and the state directory is removed",
            make: |forger| {
                forger.put_older_database();
                forger.remove_state();
            },
            alone: Sees::Nothing,
            state: Sees::Nothing,
            key: Sees::Nothing,
            kept: KEPT_OLDER,
            next_run: NextRun::Refuses("nobody can tell whether it is the newest"),
        },
        Attack {
            name: "T9: an older copy of database and state directory",
            make: |forger| {
                forger.put_older_database();
                forger.put_older_state();
            },
            alone: Sees::Nothing,
            state: Sees::Nothing,
            key: Sees::Nothing,
            kept: KEPT_OLDER,
            next_run: NextRun::Goes(0),
        },
        Attack {
            name: "T9: the end is cut off and the rest signed with the key",
            make: |forger| {
                let size = scene().sealed[1] - 2;
                forger.cut_off(size);
                forger.sign_state(&forger.stolen_key(), size);
            },
            alone: Sees::Nothing,
            state: Sees::Nothing,
            key: Sees::Nothing,
            kept: Sees::This(&["missing: leaf sequence="]),
            next_run: NextRun::Goes(0),
        },
        Attack {
            name: "the state directory alone is removed",
            make: |forger| forger.remove_state(),
            alone: Sees::Nothing,
            state: Sees::Nothing,
            key: Sees::Nothing,
            kept: Sees::Nothing,
            next_run: NextRun::Refuses("nobody can tell whether it is the newest"),
        },
    ]);
}

#[test]
fn another_log_in_its_place_is_found() {
    assert_found(&[
        Attack {
            name: "T15: a new log of the same name",
            make: |forger| make_log(forger, &scene().log),
            alone: Sees::Nothing,
            state: Sees::This(&["missing: leaf sequence=1..{before third}: "]),
            key: Sees::This(&["missing: checkpoint : none that holds is signed with "]),
            kept: Sees::This(&["missing: leaf sequence=1..{before second}: "]),
            next_run: OLDER,
        },
        Attack {
            name: "T15: a new log",
            make: |forger| make_log(forger, "00000000000000000000000000000000"),
            alone: Sees::Nothing,
            state: Sees::This(&["invalid: checkpoint state directory: "]),
            key: Sees::This(&["missing: checkpoint : none that holds is signed with "]),
            kept: Sees::This(&["missing: leaf sequence=1..{before second}: "]),
            next_run: NextRun::Refuses("which was kept there before"),
        },
    ]);
}

fn make_log(forger: &Forger<'_>, log: &str) {
    let database = forger.copy.database();
    fs::remove_file(&database).unwrap();
    let recorder = Recorder::create(&database, log, UtcMillis(1_700_000_000_000)).unwrap();
    recorder.read_blocking(|_| Ok(())).unwrap();
    drop(recorder);
    fold(&database);
}
