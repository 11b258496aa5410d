//! Copies that leave the machine, files that come from strangers, and files of older programs: the real binary
//! on real files.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod backup;
#[path = "../cli/bench.rs"]
#[allow(dead_code)] // each test program uses a part of it
mod bench;
mod files;
#[path = "../custody/former.rs"]
mod former;
mod migration;
mod snapshot;
#[path = "../cli/story.rs"]
#[allow(dead_code)]
mod story;
mod strangers;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Names in a directory, in order.
fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The rights of a file.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// One plain file in rollback-journal mode: read and write version of the header are both 1.
fn assert_plain_file(path: &Path) {
    assert_eq!(fs::read(path).unwrap()[18..20], [1, 1]);
    let name = path.file_name().unwrap().to_str().unwrap();
    let beside = names(path.parent().unwrap());
    assert!(
        !beside
            .iter()
            .any(|other| other.starts_with(&format!("{name}-"))),
        "{beside:?}"
    );
    assert_no_drafts(path.parent().unwrap());
}

/// Nothing with a temporary name is left.
fn assert_no_drafts(directory: &Path) {
    let names = names(directory);
    assert!(!names.iter().any(|name| name.contains(".tmp")), "{names:?}");
}
