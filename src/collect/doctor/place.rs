//! Files and directories: who may write them, who may read what is secret, and whether there is room.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::{Check, Topic};
use crate::collect::lock::stop_lock_path;
use crate::config::lock_path;
use crate::store::disk::{FREE_BYTES_MIN, SHM, WAL, beside, directory_of, free_bytes};

/// Rights of group and others to write.
const OTHERS_WRITE: u32 = 0o022;

/// Any right of group and others.
const OTHERS_ANY: u32 = 0o077;

/// What others may do with a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Openness {
    /// Look into it, and change nothing.
    Readable,
    /// Nothing with the file.
    ClosedFile,
    /// Nothing with the directory.
    ClosedDirectory,
}

impl Openness {
    /// Rights that others must not have.
    const fn rights(self) -> u32 {
        match self {
            Self::Readable => OTHERS_WRITE,
            Self::ClosedFile | Self::ClosedDirectory => OTHERS_ANY,
        }
    }

    /// The mode that mends it, as `chmod` reads it.
    const fn mode(self) -> &'static str {
        match self {
            Self::Readable => "go-w",
            Self::ClosedFile => "600",
            Self::ClosedDirectory => "700",
        }
    }
}

/// What is to be looked at; what is not there is passed over.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The configuration file.
    pub config_file: Option<PathBuf>,
    /// Files of credentials.
    pub credential_files: Vec<PathBuf>,
    /// Where keys and checkpoints are kept.
    pub state_directory: PathBuf,
    /// The database.
    pub database: PathBuf,
}

/// Modes of files and directories, then room on the disk.
pub fn examine_places(places: &Places) -> Vec<Check> {
    let mut looked_at = 0;
    let mut checks = Vec::new();
    let mut look = |path: &Path, openness: Openness, what: &str| match std::fs::metadata(path) {
        Ok(metadata) => {
            looked_at += 1;
            checks.extend(loose(path, &metadata, openness, what));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => checks.push(Check::warning(
            Topic::Files,
            format!("cannot look at {what}, {}: {error}", path.display()),
            "run as the user who owns it",
        )),
    };
    if let Some(file) = &places.config_file {
        look(file, Openness::Readable, "the configuration");
    }
    for file in &places.credential_files {
        look(file, Openness::ClosedFile, "these credentials");
    }
    let of_state = state_directories(&places.state_directory);
    for directory in &of_state {
        look(directory, Openness::ClosedDirectory, "the state directory");
    }
    look(
        directory_of(&places.database),
        Openness::Readable,
        "the directory of the database",
    );
    for file in database_files(&places.database) {
        look(&file, Openness::ClosedFile, "the record");
    }
    for path in [directory_of(&places.database), &places.database] {
        let advice = "run as the user who owns it, or choose another database with --db";
        checks.extend(not_writable(path, "", advice));
    }
    for directory in &of_state {
        let advice = "run as the user who owns it, or name another with [state] directory";
        checks.extend(not_writable(directory, ": runs are not sealed", advice));
    }
    if checks.is_empty() {
        let detail = format!("{looked_at} files and directories, none open to others");
        checks.push(Check::ok(Topic::Files, detail));
    }
    checks.push(room(&places.database));
    checks
}

/// The database and what lies beside it.
fn database_files(database: &Path) -> [PathBuf; 5] {
    [
        database.to_owned(),
        beside(database, WAL),
        beside(database, SHM),
        lock_path(database),
        stop_lock_path(database),
    ]
}

/// The state directory, and in it that of each log.
fn state_directories(directory: &Path) -> Vec<PathBuf> {
    let logs = std::fs::read_dir(directory).into_iter().flatten();
    let logs = logs.filter_map(|entry| Some(entry.ok()?.path()));
    let mut all = vec![directory.to_owned()];
    all.extend(logs.filter(|path| path.is_dir()));
    all.sort();
    all
}

/// A finding where a place is there and this user cannot write it.
fn not_writable(path: &Path, consequence: &str, advice: &str) -> Option<Check> {
    if !path.exists() || rustix::fs::access(path, Access::WRITE_OK).is_ok() {
        return None;
    }
    let detail = format!("this user cannot write {}{consequence}", path.display());
    Some(Check::error(Topic::Files, detail, advice))
}

/// A finding where group or others have rights that they must not have.
fn loose(path: &Path, metadata: &Metadata, openness: Openness, what: &str) -> Option<Check> {
    let mode = metadata.permissions().mode() & 0o7777;
    let given = mode & openness.rights();
    if given == 0 {
        return None;
    }
    let shown = path.display();
    let command = format!("run `chmod {} {shown}`", openness.mode());
    let told = |may: &str| format!("others may {may} {what}: {shown} has mode {mode:04o}");
    Some(if given & OTHERS_WRITE != 0 {
        Check::error(Topic::Files, told("change"), command)
    } else {
        Check::warning(Topic::Files, told("read"), command)
    })
}

/// Whether the disk has room for a run.
fn room(database: &Path) -> Check {
    let absolute = std::path::absolute(database).unwrap_or_else(|_| database.to_owned());
    // The directory is made with the database; until then its parent tells.
    let there = absolute.ancestors().skip(1).find(|path| path.is_dir());
    let free = there.and_then(|directory| free_bytes(&directory.join("database")));
    let mib = |bytes: u64| bytes / (1024 * 1024);
    match free {
        Some(free) if free < FREE_BYTES_MIN => Check::error(
            Topic::Disk,
            format!(
                "{} MiB free, and a run needs {} MiB",
                mib(free),
                mib(FREE_BYTES_MIN)
            ),
            "make room where the database lies, or move it",
        ),
        Some(free) => Check::ok(Topic::Disk, format!("{} MiB free", mib(free))),
        None => Check::skipped(Topic::Disk, "the system does not say how much is free"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs::{Permissions, create_dir, create_dir_all, set_permissions, write};

    use super::super::Health;
    use super::*;

    fn chmod(path: &Path, mode: u32) {
        set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn each_loose_mode_is_told_with_its_remedy() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("data");
        create_dir(&directory).unwrap();
        chmod(&directory, 0o700);
        let places = Places {
            config_file: Some(home.path().join("optrail.toml")),
            credential_files: vec![home.path().join("config.json")],
            state_directory: home.path().join("state"),
            database: directory.join("x.db"),
        };
        let files = [
            (home.path().join("optrail.toml"), 0o644),
            (home.path().join("config.json"), 0o600),
            (directory.join("x.db"), 0o600),
            (directory.join("x.db-wal"), 0o600),
        ];
        for (path, mode) in &files {
            write(path, "").unwrap();
            chmod(path, *mode);
        }
        let findings = || -> Vec<(Health, Option<String>)> {
            let checks = examine_places(&places);
            let found = checks.into_iter().filter(|c| c.topic == Topic::Files);
            found.map(|check| (check.health, check.advice)).collect()
        };
        assert_eq!(findings(), [(Health::Ok, None)]);
        for ((path, _), (mode, health, command)) in files.iter().zip([
            (0o664, Health::Error, "go-w"),
            (0o640, Health::Warning, "600"),
            (0o606, Health::Error, "600"),
            (0o644, Health::Warning, "600"),
        ]) {
            chmod(path, mode);
            let advice = format!("run `chmod {command} {}`", path.display());
            assert_eq!(findings(), [(health, Some(advice))]);
            chmod(path, 0o600);
        }
        chmod(&directory, 0o770);
        assert_eq!(findings()[0].0, Health::Error);
        chmod(&directory, 0o700);
        let log = home.path().join("state/0123");
        create_dir_all(&log).unwrap();
        chmod(&home.path().join("state"), 0o700);
        for (mode, health) in [(0o770, Health::Error), (0o750, Health::Warning)] {
            chmod(&log, mode);
            let advice = format!("run `chmod 700 {}`", log.display());
            assert_eq!(findings(), [(health, Some(advice))], "told once");
        }
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_passed_over() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.json");
        // Also for root, whom no mode hinders.
        std::os::unix::fs::symlink(&path, &path).unwrap();
        let places = Places {
            credential_files: vec![path, home.path().join("none")],
            state_directory: home.path().join("state"),
            database: home.path().join("x.db"),
            config_file: None,
        };
        chmod(home.path(), 0o700);
        let checks = examine_places(&places);
        let found: Vec<_> = checks.iter().filter(|c| c.topic == Topic::Files).collect();
        let [check] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(check.health, Health::Warning);
        assert!(
            check.detail.starts_with("cannot look at"),
            "{}",
            check.detail
        );
    }

    #[test]
    fn room_is_told_before_the_directory_is_there() {
        let home = tempfile::tempdir().unwrap();
        let check = room(&home.path().join("not/there/x.db"));
        assert_ne!(check.health, Health::Skipped, "{}", check.detail);
    }
}
