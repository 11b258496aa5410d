//! Somebody writes the history anew, with and without the key (T4 to T7).

use optrail::evidence::note::SignerKey;

use crate::forger::Forger;
use crate::scene::scene;
use crate::table::{Attack, NextRun, Sees, assert_found};

const STATE: &str = "invalid: leaf sequence=0..{before third}: they do not have the root that ";

const KEPT: Sees<'_> =
    Sees::This(&["invalid: leaf sequence=0..{before second}: they do not have the root that "]);

/// What somebody sees who knows the key, and finds nothing that it has signed.
const NO_SEAL: &str = "missing: checkpoint : none that holds is signed with ";

/// What he sees where somebody else has signed.
const OTHER_KEY: &str =
    "invalid: checkpoint size={first}..{third}: each of 3 checkpoints: signed with ";

#[test]
fn a_history_that_is_not_signed_with_the_key_is_found_by_whoever_knows_it() {
    assert_found(&[
        Attack {
            name: "T4: another story, without its checkpoints",
            make: |forger| {
                forger.write_anew(scene().victim.1);
                forger.sql("DELETE FROM checkpoint");
            },
            alone: Sees::Nothing,
            state: Sees::This(&[STATE]),
            key: Sees::This(&[NO_SEAL]),
            kept: KEPT,
            next_run: NextRun::Refuses("has another history than its checkpoint"),
        },
        Attack {
            name: "T5: the same, and the state directory is removed",
            make: |forger| {
                forger.write_anew(scene().victim.1);
                forger.sql("DELETE FROM checkpoint");
                forger.remove_state();
            },
            alone: Sees::Nothing,
            state: Sees::Nothing,
            key: Sees::This(&[NO_SEAL]),
            kept: KEPT,
            // The log names a key that nobody holds any more: recorded, and not sealed.
            next_run: NextRun::Goes(4),
        },
        Attack {
            name: "T4: another story, sealed with a key of his own",
            make: |forger| {
                let key = forger.own_key();
                forger.name_key(&key);
                forger.write_anew(scene().victim.1);
                forger.sign_rows(&key);
            },
            alone: Sees::Nothing,
            state: Sees::This(&[STATE]),
            key: Sees::This(&[NO_SEAL, OTHER_KEY]),
            kept: KEPT,
            next_run: NextRun::Refuses("has another history than its checkpoint"),
        },
        Attack {
            name: "T5: the same, and the state directory with his key",
            make: |forger| {
                let key = forger.own_key();
                forger.name_key(&key);
                forger.write_anew(scene().victim.1);
                forger.sign_rows(&key);
                forger.sign_state(&key, scene().size);
                forger.write_key(&key);
            },
            alone: Sees::Nothing,
            state: Sees::Nothing,
            key: Sees::This(&[NO_SEAL, OTHER_KEY]),
            kept: KEPT,
            next_run: NextRun::Goes(0),
        },
        Attack {
            name: "T4: another story, and a checkpoint of it in the state directory that the key has not signed",
            make: |forger| {
                forger.write_anew(scene().victim.1);
                forger.sql("DELETE FROM checkpoint");
                forger.sign_state(&forger.own_key(), scene().size);
            },
            alone: Sees::Nothing,
            state: Sees::This(&["invalid: checkpoint state directory: the checkpoint "]),
            key: Sees::This(&[NO_SEAL]),
            kept: KEPT,
            next_run: NextRun::Refuses("cannot be used"),
        },
        Attack {
            name: "T4: the same, of an origin that the log does not name",
            make: |forger| {
                forger.write_anew(scene().victim.1);
                forger.sql("DELETE FROM checkpoint");
                forger.sign_state(&stranger(), scene().size);
            },
            alone: Sees::Nothing,
            state: Sees::This(&["invalid: checkpoint state directory: the checkpoint "]),
            key: Sees::This(&[NO_SEAL]),
            kept: KEPT,
            next_run: NextRun::Refuses("the log names no key of x/optrail/0000000000000000"),
        },
    ]);
}

#[test]
fn a_missing_row_of_the_key_hides_no_checkpoint_that_it_has_not_signed() {
    let copy = scene().copy();
    let forger = Forger::at(&copy);
    forger.write_anew(scene().victim.1);
    forger.sql("DELETE FROM checkpoint; DELETE FROM key_event");
    forger.sign_state(&forger.own_key(), scene().size);
    for depth in ["--quick", "--leaves"] {
        let said = copy.run(&["verify", depth]).expect(3).stdout;
        let refused = "invalid: checkpoint state directory: the checkpoint ";
        assert!(said.contains(refused), "{depth}: {said}");
    }
    copy.run(&["collect"]).expect(3);
    copy.run(&["rebuild"]).expect(3);
}

#[test]
fn a_checkpoint_in_the_state_directory_is_older_than_no_key_that_signed_it() {
    let copy = scene().copy();
    let forger = Forger::at(&copy);
    forger.sql("DELETE FROM checkpoint");
    forger.sign_state(&forger.stolen_key(), 1);
    let said = copy.run(&["verify"]).expect(3).stdout;
    assert!(
        said.contains("its key was made later, with leaf "),
        "{said}"
    );
    let refused = copy.run(&["collect"]).expect(3).stderr;
    assert!(refused.contains("its key was made later"), "{refused}");
}

/// A key of an origin that is not the log's.
fn stranger() -> SignerKey {
    SignerKey::generate("x/optrail/0000000000000000", [77; 32]).unwrap()
}

#[test]
fn fault_23_a_history_that_is_signed_with_the_key_is_found_by_whoever_kept_a_checkpoint() {
    assert_found(&[
        Attack {
            name: "T6: another story, older than the checkpoint that was kept",
            make: |forger| {
                forger.write_anew(scene().victim.1);
                forger.sign_rows(&forger.stolen_key());
                forger.sign_state(&forger.stolen_key(), scene().sealed[2]);
            },
            alone: Sees::Nothing,
            state: Sees::Nothing,
            key: Sees::Nothing,
            kept: KEPT,
            next_run: NextRun::Goes(0),
        },
        Attack {
            name: "T7: the same, younger: nobody can find it",
            make: |forger| {
                forger.write_anew(scene().late.1);
                forger.sign_rows(&forger.stolen_key());
                forger.sign_state(&forger.stolen_key(), scene().sealed[2]);
            },
            alone: Sees::Nothing,
            state: Sees::Nothing,
            key: Sees::Nothing,
            kept: Sees::Nothing,
            next_run: NextRun::Goes(0),
        },
    ]);
}
