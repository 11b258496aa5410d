//! The same evidence, derived aside in other portions and by memories that come and go, must make the same
//! rows.

use optrail::record::Deriver;
use optrail::store::aside::open_aside;
use optrail::store::{Connection, evidence};

use super::dice::Dice;
use super::views;

/// Tables that hold no derived rows.
const OTHERS: [&str; 4] = [
    "leaf",
    "body_template",
    "subtree",
    "refinery_schema_history",
];

/// Most leaves in a portion.
const PORTION: i64 = 12;

/// Derives the evidence of `file` once leaf by leaf with a fresh memory for each, once in random portions.
pub fn compare(file: &Connection, dice: &mut Dice) -> Result<(), String> {
    let last = evidence::size(file).expect("readable") - 1;
    for most in [1, PORTION] {
        let aside = open_aside().expect("opened");
        let mut deriver = Deriver::default();
        let mut through = -1;
        while through < last {
            through = (through + dice.between(1, most)).min(last);
            if most == 1 || dice.one_in(2) {
                deriver = Deriver::default();
            }
            deriver
                .catch_up(file, &aside, through)
                .map_err(|error| error.to_string())?;
        }
        for table in derived_tables(file) {
            views::compare_whole(
                &table,
                views::rows(&aside, &table),
                views::rows(file, &table),
            )?;
        }
    }
    Ok(())
}

fn derived_tables(file: &Connection) -> Vec<String> {
    let tables = views::rows(
        file,
        "sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    );
    let names = tables
        .iter()
        .map(|table| table["name"].as_str().expect("a name").to_owned());
    let derived: Vec<String> = names
        .filter(|name| !OTHERS.contains(&name.as_str()))
        .collect();
    assert!(derived.len() > 20, "{derived:?}");
    derived
}
