//! The list of faults against the tree: `tests/FAULTS.md` has every number once, what it names is there, and every
//! test that bears a number stands in the row of that number.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::source_files;

/// How many faults there are.
const FAULTS: u32 = 80;

/// What a row says that has no proof.
const DOES_NOT_APPLY: &str = "does not apply";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A row of the list: its proofs as they are written, and what it says that is not proved.
struct Row {
    number: u32,
    proofs: Vec<String>,
    limit: String,
}

fn rows(list: &str) -> Vec<Row> {
    let cells = list.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let number = cells.get(1)?.parse().ok()?;
        assert_eq!(cells.len(), 6, "a row has four cells: {line}");
        Some(Row {
            number,
            proofs: quoted(cells[3]),
            limit: cells[4].to_owned(),
        })
    });
    cells.collect()
}

/// What stands between backquotes.
fn quoted(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Names of the functions of a room: `src`, or a program of tests with its modules.
fn functions(room: &str) -> BTreeSet<String> {
    let mut files = Vec::new();
    let directory = if room == "src" {
        root().join("src")
    } else {
        root().join("tests").join(room)
    };
    if directory.is_dir() {
        source_files(&directory, &mut files);
    }
    let program: PathBuf = root().join("tests").join(format!("{room}.rs"));
    if program.is_file() {
        files.push(program);
    }
    assert!(!files.is_empty(), "there is no room {room}");
    files.iter().flat_map(|file| functions_of(file)).collect()
}

fn functions_of(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a source file");
    let names = text.lines().filter_map(|line| {
        let (before, after) = line.split_once("fn ")?;
        let is_code = before.is_empty() || before.ends_with(' ');
        let is_code = is_code && !before.contains("//");
        let name = |c: char| c.is_alphanumeric() || c == '_';
        is_code.then(|| after.chars().take_while(|c| name(*c)).collect())
    });
    names.collect()
}

/// The number in the name of a test, where it has one.
fn number_of(test: &str) -> Option<u32> {
    let digits = test.strip_prefix("fault_")?.split('_').next()?;
    digits.parse().ok()
}

/// What is wrong with a proof of the list, if anything.
fn wrong_with(proof: &str, rooms: &mut BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    if let Some((room, test)) = proof.split_once("::") {
        let functions = rooms
            .entry(room.to_owned())
            .or_insert_with(|| functions(room));
        return (!functions.contains(test)).then(|| format!("{room} has no test {test}"));
    }
    let (file, part) = proof.split_once(' ').unwrap_or((proof, ""));
    let Ok(script) = fs::read_to_string(root().join(file)) else {
        return Some(format!("there is no {file}"));
    };
    let is_there = part.is_empty() || script.contains(&format!("\"{part}\": ("));
    (!is_there).then(|| format!("{file} has no proof {part}"))
}

#[test]
fn the_list_of_faults_is_whole_and_true() {
    let list = fs::read_to_string(root().join("tests/FAULTS.md")).expect("the list of faults");
    let rows = rows(&list);
    let numbers: Vec<u32> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=FAULTS).collect::<Vec<_>>());
    let mut rooms = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut listed = BTreeSet::new();
    for row in &rows {
        if row.proofs.is_empty() && !row.limit.starts_with(DOES_NOT_APPLY) {
            wrong.push(format!("{} is neither proved nor explained", row.number));
        }
        for proof in &row.proofs {
            wrong.extend(wrong_with(proof, &mut rooms));
            let test = proof.rsplit("::").next().unwrap_or_default();
            if number_of(test).is_some_and(|number| number != row.number) {
                wrong.push(format!("{test} stands in row {}", row.number));
            }
            listed.insert(test.to_owned());
        }
    }
    for proof in list
        .lines()
        .filter(|line| !line.starts_with('|'))
        .flat_map(quoted)
    {
        if proof.contains("::") {
            wrong.extend(wrong_with(&proof, &mut rooms));
        }
    }
    let mut files = Vec::new();
    for place in ["src", "tests"] {
        source_files(&root().join(place), &mut files);
    }
    let tests = files.iter().flat_map(|file| functions_of(file));
    for test in tests.filter(|test| number_of(test).is_some()) {
        if !listed.contains(&test) {
            wrong.push(format!("{test} does not stand in the list"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fault_65_http_2_is_not_in_the_program() {
    let locked = fs::read_to_string(root().join("Cargo.lock")).expect("the locked packages");
    assert!(locked.contains("name = \"hyper\"\n"), "no package is found");
    for package in ["h2", "h3", "quinn"] {
        let name = format!("name = \"{package}\"\n");
        assert!(!locked.contains(&name), "{package} speaks another HTTP");
    }
}
