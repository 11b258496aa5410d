//! A year of evidence with a truth of its own, and every figure of the compliance report counted from that truth
//! alone.
//!
//! A *world* of accounts, operations and results changes at exact instants. A *life* asks it from a schedule, is
//! refused, cut off, killed, and kept from running; it writes evidence as the recorder does, and a *diary*. The
//! *oracle* counts the figures from world and diary, without database and without the program's rules.
//!
//! A failure names section, row and column. `OPTRAIL_REPORT_SEED=n` runs another world,
//! `OPTRAIL_REPORT_DAYS=365` the whole year (3,000 operations, 200,000 results, 35,040 runs).
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "report_year/answers.rs"]
mod answers;
#[path = "report_year/compare.rs"]
mod compare;
#[path = "report_year/diary.rs"]
mod diary;
#[path = "truth/dice.rs"]
#[allow(dead_code)]
mod dice;
#[path = "report_year/hostile.rs"]
mod hostile;
#[path = "report_year/judge.rs"]
mod judge;
#[path = "report_year/life.rs"]
mod life;
#[path = "report_year/met.rs"]
mod met;
#[path = "report_year/oracle/mod.rs"]
mod oracle;
#[path = "report_year/pen.rs"]
mod pen;
#[path = "report_year/people.rs"]
mod people;
#[path = "report_year/poll.rs"]
mod poll;
#[path = "report_year/truth.rs"]
mod truth;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use answers::utc;
use dice::Dice;
use optrail::verify::{Depth, verify};
use oracle::{Known, Oracle, Scope};
use serde_json::Value;
use truth::{BEGIN, DAY, Size, World};

/// Days of an ordinary run of the tests.
const DAYS: i64 = 60;

#[test]
fn fault_80_the_report_says_what_happened() {
    let number = |name: &str| -> Option<i64> {
        let text = std::env::var(name).ok()?;
        Some(text.parse().unwrap())
    };
    let days = number("OPTRAIL_REPORT_DAYS").unwrap_or(DAYS);
    let seed = number("OPTRAIL_REPORT_SEED").unwrap_or(1).unsigned_abs();
    let operations = usize::try_from(days * 3_000 / 365).unwrap();
    let size = Size {
        days,
        operations,
        rows: operations * 200_000 / 3_000,
    };
    println!("OPTRAIL_REPORT_SEED={seed}, {days} days");
    let begun = Instant::now();
    let mut dice = Dice::new(seed);
    let mut world = World::new(&mut dice, size);
    let home = match std::env::var_os("OPTRAIL_REPORT_HOME") {
        Some(home) => tempfile::Builder::new()
            .disable_cleanup(true)
            .tempdir_in(home),
        None => tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()),
    };
    let home = home.unwrap();
    let file = home.path().join("optrail.db");
    let diary = life::live(&mut world, &file, dice);
    println!(
        "{} leaves, {} runs, {} requests, {} looks, {} listings in {:?}",
        diary.leaves,
        diary.runs.len(),
        diary.requests.len(),
        diary.looks.len(),
        diary.listings.len(),
        begun.elapsed()
    );
    let verified = verify(&file, Depth::All).unwrap();
    assert!(verified.agrees(), "{:#?}", verified.differences);
    println!("verified, {:?} in all", begun.elapsed());
    let known = Known::of(&diary);
    if seed == 1 {
        met::check(&diary, &known);
    }
    for scope in scopes(&world, days) {
        let said = report(&file, &world, &scope);
        let expected = Oracle::new(&world, &diary, &known, &scope).sections();
        let lacking = expected.iter().find(|section| section.rows.is_empty());
        assert!(
            seed != 1 || scope.account.is_some() || lacking.is_none(),
            "nothing is expected of {lacking:?}"
        );
        let differences = compare::differences(&said, &expected, diary.leaves);
        assert!(
            differences.is_empty(),
            "OPTRAIL_REPORT_SEED={seed}, {}:\n{}",
            scope.name,
            differences.join("\n")
        );
        let rows: usize = expected.iter().map(|section| section.rows.len()).sum();
        println!("{}: {rows} rows, {:?} in all", scope.name, begun.elapsed());
    }
}

/// All of it, a quarter, and the same of one account.
fn scopes(world: &World, days: i64) -> [Scope; 3] {
    let quarter = days / 4 * DAY;
    let all = Scope {
        name: "all of it",
        since: BEGIN,
        until: world.end + DAY,
        account: None,
    };
    let of_quarter = Scope {
        name: "a quarter",
        since: BEGIN + quarter,
        until: BEGIN + 2 * quarter,
        account: None,
    };
    let of_account = Scope {
        name: "an account",
        account: Some(4),
        ..of_quarter.clone()
    };
    [all, of_quarter, of_account]
}

/// The report as the program writes it.
fn report(file: &Path, world: &World, scope: &Scope) -> Value {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_optrail"));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env("OPTRAIL_DB", file)
        .args([
            "report",
            "compliance",
            "--format",
            "json",
            "--verify",
            "quick",
        ])
        .args(["--since", &utc(scope.since), "--until", &utc(scope.until)]);
    if let Some(account) = scope.account {
        command.args(["--account", &world.accounts[account].id]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}
