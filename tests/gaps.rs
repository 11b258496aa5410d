//! Gaps against an oracle: random lives of watches and runs are kept by a real recorder in a real file, and
//! `coverage_gaps` must hold what the words of the promise give for the same life, computed here without SQL.
//!
//! A failure names its seed. `OPTRAIL_GAPS_SEED=n` runs that case alone, `OPTRAIL_GAPS_CASES=n` more cases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "verify/answers.rs"]
#[allow(dead_code)]
mod answers;
#[path = "truth/dice.rs"]
#[allow(dead_code)]
mod dice;
#[path = "gaps/leaves.rs"]
mod leaves;
#[path = "gaps/life.rs"]
mod life;
#[path = "gaps/log.rs"]
mod log;
#[path = "gaps/oracle.rs"]
mod oracle;
#[path = "gaps/quick.rs"]
mod quick;

use std::path::Path;

use dice::Dice;
use optrail::verify::{Depth, verify};
use rusqlite::Connection;

/// Lives in an ordinary run of the tests.
const CASES: u64 = 16;

#[test]
fn gaps_are_those_of_the_promise() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seeds = match number("OPTRAIL_GAPS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("OPTRAIL_GAPS_CASES").unwrap_or(CASES),
    };
    let mut gaps = 0;
    for seed in seeds.clone() {
        gaps += case(seed);
    }
    assert!(
        seeds.end - seeds.start < CASES || gaps > 200,
        "{gaps} gaps say little"
    );
}

/// One life; the number of its gaps.
fn case(seed: u64) -> usize {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    let log = life::live(&path, Dice::new(seed));
    let expected = oracle::gaps(&log);
    let found = read(&path);
    let without = |these: &[log::Gap], those: &[log::Gap]| -> Vec<log::Gap> {
        let left_over = these.iter().filter(|gap| !those.contains(gap));
        left_over.cloned().collect()
    };
    let (extra, missing) = (without(&found, &expected), without(&expected, &found));
    assert!(
        found == expected,
        "OPTRAIL_GAPS_SEED={seed}: extra {extra:#?}, missing {missing:#?}"
    );
    // The same rows again, derived at once and not answer by answer.
    let report = verify(&path, Depth::All).unwrap();
    assert!(report.agrees(), "OPTRAIL_GAPS_SEED={seed}");
    expected.len()
}

/// The view, without its words.
fn read(path: &Path) -> Vec<log::Gap> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection
        .prepare(
            "SELECT scope, operation_id, watch_id, cause, gap_from, gap_until, gap_seconds, account_id, detail
             FROM coverage_gaps",
        )
        .unwrap();
    let mut gaps: Vec<log::Gap> = statement
        .query_map([], |row| {
            let detail: String = row.get(8)?;
            assert!(detail.contains("run"), "{detail}");
            if let Some(account_id) = row.get::<_, Option<String>>(7)? {
                assert_eq!(account_id, answers::ACCOUNT);
            }
            Ok(log::Gap {
                scope: row.get(0)?,
                operation_id: row.get(1)?,
                watch_id: row.get(2)?,
                cause: row.get(3)?,
                gap_from: row.get(4)?,
                gap_until: row.get(5)?,
                gap_seconds: row.get(6)?,
            })
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    gaps.sort();
    gaps
}
