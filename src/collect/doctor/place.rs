//! Files and directories: who may write them, who may read what is secret, and whether there is room.

use std::fs::Metadata;
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
    let mut look = |path: &Path, rights: u32, what: &str| {
        if let Ok(metadata) = std::fs::metadata(path) {
            looked_at += 1;
            checks.extend(loose(path, &metadata, rights, what));
        }
    };
    if let Some(file) = &places.config_file {
        look(file, OTHERS_WRITE, "the configuration");
    }
    for file in &places.credential_files {
        look(file, OTHERS_ANY, "these credentials");
    }
    look(&places.state_directory, OTHERS_WRITE, "the state directory");
    look(
        directory_of(&places.database),
        OTHERS_WRITE,
        "the directory of the database",
    );
    for file in database_files(&places.database) {
        look(&file, OTHERS_ANY, "the record");
    }
    for path in [directory_of(&places.database), &places.database] {
        if path.exists() && rustix::fs::access(path, Access::WRITE_OK).is_err() {
            checks.push(Check::error(
                Topic::Files,
                format!("this user cannot write {}", path.display()),
                "run as the user who owns it, or choose another database with --db",
            ));
        }
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

/// A finding where group or others have some of these rights.
fn loose(path: &Path, metadata: &Metadata, rights: u32, what: &str) -> Option<Check> {
    let mode = metadata.permissions().mode() & 0o7777;
    let given = mode & rights;
    if given == 0 {
        return None;
    }
    let shown = path.display();
    let command = if rights == OTHERS_WRITE {
        format!("run `chmod go-w {shown}`")
    } else {
        format!("run `chmod 600 {shown}`")
    };
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
    use std::fs::{Permissions, create_dir, set_permissions, write};

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
    }

    #[test]
    fn room_is_told_before_the_directory_is_there() {
        let home = tempfile::tempdir().unwrap();
        let check = room(&home.path().join("not/there/x.db"));
        assert_ne!(check.health, Health::Skipped, "{}", check.detail);
    }
}
