//! Somebody edits evidence and has not the key (T2, T4).

use crate::scene::scene;
use crate::table::{Attack, NextRun, Sees, assert_found};

/// What a checkpoint after the second run and later ones know, if the change is older.
const CHECKPOINTS: &str = "invalid: checkpoint size={second}..{third}: each of 2 checkpoints: the leaves before it do \
                           not have the root that it states: the log was changed first in leaves \
                           {first}..{before second}; the checkpoint of the {first} leaves before still holds (run 1, \
                           which ended 20";

/// What the state directory knows, which has the newest checkpoint.
const STATE: &str = "invalid: leaf sequence=0..{before third}: they do not have the root that ";

/// What somebody knows who has kept the checkpoint after the second run.
const KEPT: &str = "invalid: leaf sequence=0..{before second}: they do not have the root that ";

const OTHER_HISTORY: NextRun = NextRun::Refuses("has another history than its checkpoint");

#[test]
fn fault_24_what_is_edited_in_place_is_named() {
    let body: &[&str] = &[
        "invalid: body_template template_id={template}: ",
        "invalid: leaf sequence={victim}: its body has another digest than the leaf says",
    ];
    let record: &[&str] = &[
        "invalid: leaf sequence={victim}: hash is not that of record",
        CHECKPOINTS,
    ];
    let hashed: &[&str] = &[
        "invalid: subtree number={subtree}: hash is not the root of its leaves",
        CHECKPOINTS,
    ];
    let gap: &[&str] = &[
        "gap: leaf sequence={victim}: no such leaf, and there are later ones",
        "invalid: checkpoint size={second}..{third}: each of 2 checkpoints: leaves before it are missing",
    ];
    assert_found(&[
        Attack {
            name: "T2: a body",
            make: |forger| {
                forger.sql(&format!(
                    "UPDATE body_template SET codec = 0, data = zeroblob(length) WHERE template_id = {}",
                    scene().victim.1
                ));
            },
            alone: Sees::This(body),
            state: Sees::This(body),
            key: Sees::This(body),
            kept: Sees::This(body),
            // The cloud says the same again, which is kept as the body that is there: it cannot be read.
            next_run: NextRun::Goes(4),
        },
        Attack {
            name: "T2: a leaf",
            make: |forger| forger.edit_leaf(scene().victim.0, later),
            alone: Sees::This(record),
            state: Sees::This(&[record[0], STATE]),
            key: Sees::This(record),
            kept: Sees::This(&[record[0], KEPT]),
            // Nor does it hash old leaves.
            next_run: NextRun::Goes(0),
        },
        Attack {
            name: "T2: a leaf and its hash",
            make: |forger| {
                forger.edit_leaf(scene().victim.0, later);
                forger.hash_leaves();
            },
            alone: Sees::This(hashed),
            state: Sees::This(&[hashed[0], STATE]),
            key: Sees::This(hashed),
            kept: Sees::This(&[hashed[0], KEPT]),
            next_run: NextRun::Goes(0),
        },
        Attack {
            name: "T2: a leaf is replaced, by REPLACE",
            make: |forger| {
                let connection = forger.open();
                let replace = "REPLACE INTO leaf (sequence, record, hash) VALUES (?1, '{\"t\":\"x\",\"v\":1}', zeroblob(32))";
                connection.execute(replace, [scene().victim.0]).unwrap();
            },
            alone: Sees::This(record),
            state: Sees::This(&[record[0], STATE]),
            key: Sees::This(record),
            kept: Sees::This(&[record[0], KEPT]),
            // An answer is taken out, and a leaf of a newer program put in: the cached subtree hides it.
            next_run: NextRun::Goes(0),
        },
        Attack {
            name: "T2: a leaf is taken out",
            make: |forger| {
                forger.sql(&format!(
                    "DELETE FROM leaf WHERE sequence = {}",
                    scene().victim.0
                ));
            },
            alone: Sees::This(gap),
            state: Sees::This(&[
                gap[0],
                "invalid: leaf sequence=0..{before third}: they cannot be compared with ",
            ]),
            key: Sees::This(gap),
            kept: Sees::This(&[
                gap[0],
                "invalid: leaf sequence=0..{before second}: they cannot be compared with ",
            ]),
            next_run: NextRun::Goes(0),
        },
    ]);
}

#[test]
fn what_is_edited_with_all_hashes_does_not_pass_the_checkpoints() {
    // The tree agrees with itself, and what was signed does not agree with it.
    let alone = Sees::This(&[CHECKPOINTS]);
    let state = Sees::This(&[CHECKPOINTS, STATE]);
    let kept = Sees::This(&[CHECKPOINTS, KEPT]);
    let attack = |name, make| Attack {
        name,
        make,
        alone,
        state,
        key: alone,
        kept,
        next_run: OTHER_HISTORY,
    };
    assert_found(&[
        attack("T4: a leaf, its hash, and the subtrees", |forger| {
            forger.edit_leaf(scene().victim.0, later);
            forger.hash_leaves();
            forger.cache_subtrees();
        }),
        attack(
            "T4: a leaf is taken out, the later ones move up",
            |forger| {
                forger.remove_leaf(scene().victim.0);
                forger.cache_subtrees();
            },
        ),
        attack("T4: two leaves change places", |forger| {
            let (victim, _) = scene().victim;
            forger.swap_leaves(victim, victim + 1);
            forger.cache_subtrees();
        }),
        attack("T4: a leaf is put in", |forger| {
            forger.insert_leaf(scene().victim.0, r#"{"t":"x","v":1}"#);
            forger.hash_leaves();
            forger.cache_subtrees();
        }),
        attack(
            "T4: another story, with all that follows from it",
            |forger| {
                forger.write_anew(scene().victim.1);
            },
        ),
    ]);
}

/// An answer that came at another time.
fn later(record: &str) -> String {
    record.replace(r#""received_at":1"#, r#""received_at":2"#)
}
