//! The house rules that a machine can hold: which room may use which, what each file says of itself, how long it
//! may grow, and that the list of faults tells the truth.

#![allow(clippy::expect_used)]

#[path = "architecture/faults.rs"]
mod faults;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines of a file at most; a longer one is more than one idea.
const LINES_MAX: usize = 500;

/// For each room, the rooms that it may use besides `model`, which all may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("services", &[]),
    ("evidence", &[]),
    ("store", &[]),
    ("export", &[]),
    ("sandbox", &[]),
    ("config", &[]),
    ("derive", &["services", "evidence"]),
    ("cloud", &["services", "config"]),
    ("record", &["store", "derive", "evidence", "services"]),
    ("seal", &["record", "store", "evidence"]),
    ("prove", &["record", "store", "evidence", "export"]),
    ("verify", &["record", "store", "evidence"]),
    ("report", &["store", "verify", "export"]),
    (
        "collect",
        &["cloud", "services", "evidence", "store", "record", "config"],
    ),
    (
        "cli",
        &[
            "cloud", "collect", "config", "evidence", "export", "prove", "record", "report",
            "sandbox", "seal", "services", "store", "verify",
        ],
    ),
];

fn source_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory of the source") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    source_files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    assert!(found.len() > 50, "the source was not found");
    found
}

/// The room that a file belongs to; `None` for `lib.rs` and `main.rs`.
fn room(path: &Path) -> Option<String> {
    let inside = path
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .expect("in src");
    let first = inside.components().next()?.as_os_str().to_str()?;
    let room = first.trim_end_matches(".rs");
    (!matches!(room, "lib" | "main")).then(|| room.to_owned())
}

/// The lines of the file that are neither comments nor its tests: what an attribute `cfg(test)` stands on, up to the
/// brace or semicolon that ends it at the same depth.
fn code_lines(text: &str) -> Vec<&str> {
    let mut code = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() == "#[cfg(test)]" {
            let indent = &line[..line.len() - line.trim_start().len()];
            let closes = format!("{indent}}}");
            // An item of one line ends with itself, one with a block at the brace below its first letter.
            let is_end = |line: &str| {
                line == closes
                    || (line.ends_with(';')
                        && line.starts_with(indent)
                        && !line[indent.len()..].starts_with(' '))
            };
            lines.by_ref().find(|line| is_end(line));
        } else if !line.trim_start().starts_with("//") {
            code.push(line);
        }
    }
    code
}

/// The rooms named after `crate::` in the file, but for its tests.
fn used_rooms(text: &str) -> BTreeSet<String> {
    code_lines(text)
        .into_iter()
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .filter(|name: &String| !name.is_empty())
        .collect()
}

#[test]
fn only_the_tests_of_a_file_are_left_out() {
    let text = "//! x crate::seal\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\npub(crate) mod fixture;\nuse crate::store::Row;\n\
        mod small {\n    #[cfg(test)]\n    use crate::verify::A;\n}\nuse crate::record::Tree;\n\
        #[cfg(test)]\n#[allow(clippy::unwrap_used)]\nmod inline {\n    use crate::cli::Run;\n}\n";
    let used: Vec<String> = used_rooms(text).into_iter().collect();
    assert_eq!(used, ["record", "store"]);
}

#[test]
fn rooms_use_one_another_in_one_direction() {
    let mut wrong = Vec::new();
    for path in all_files() {
        let Some(room) = room(&path) else { continue };
        let is_test =
            path.to_string_lossy().contains("test") || path.to_string_lossy().contains("fixture");
        if is_test {
            continue;
        }
        let allowed = ARROWS
            .iter()
            .find(|(name, _)| *name == room)
            .map(|(_, allowed)| *allowed);
        let Some(allowed) = allowed else {
            wrong.push(format!("{room} is a room that no arrow names"));
            continue;
        };
        let text = fs::read_to_string(&path).expect("a source file");
        for used in used_rooms(&text) {
            let known = ARROWS.iter().any(|(name, _)| *name == used);
            if known && used != room && used != "model" && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_arrow_is_used() {
    let mut drawn: BTreeSet<(String, String)> = BTreeSet::new();
    for path in all_files() {
        let Some(room) = room(&path) else { continue };
        let text = fs::read_to_string(&path).expect("a source file");
        drawn.extend(
            used_rooms(&text)
                .into_iter()
                .map(|used| (room.clone(), used)),
        );
    }
    let arrows = ARROWS.iter().flat_map(|(room, allowed)| {
        let allowed = allowed.iter();
        allowed.map(|used| (room.to_string(), used.to_string()))
    });
    let unused: Vec<_> = arrows.filter(|arrow| !drawn.contains(arrow)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<_> = all_files()
        .into_iter()
        .filter(|path| {
            !fs::read_to_string(path)
                .expect("a source file")
                .starts_with("//!")
        })
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn no_file_grows_past_one_idea() {
    let long: Vec<_> = all_files()
        .into_iter()
        .map(|path| {
            (
                fs::read_to_string(&path)
                    .expect("a source file")
                    .lines()
                    .count(),
                path,
            )
        })
        .filter(|(lines, _)| *lines > LINES_MAX)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}
