//! One log's part of the state directory: its key, its newest checkpoint, where its database is.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::SealError;
use super::files::{self, failed};
use super::guard::is_name;
use super::keys::digits_of;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::{KeyError, Note, SignerKey};

/// `STATE/<log>`: files apart from the database, best in another backup set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogState {
    directory: PathBuf,
}

/// A checkpoint as it lies in the state directory.
#[derive(Debug, Clone)]
pub struct KeptCheckpoint {
    /// The note.
    pub note: Note,
    /// What it says. Nobody has looked at its signature yet.
    pub checkpoint: Checkpoint,
}

impl LogState {
    /// That of the log of this name (32 hexadecimal digits).
    pub fn of(state_directory: &Path, log: &str) -> Self {
        Self {
            directory: state_directory.join(log),
        }
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The private key, in Go's note form, and a line feed.
    pub fn key_path(&self) -> PathBuf {
        self.directory.join("key")
    }

    /// The newest checkpoint: a signed note.
    pub fn checkpoint_path(&self) -> PathBuf {
        self.directory.join("checkpoint")
    }

    fn database_path(&self) -> PathBuf {
        self.directory.join("database")
    }

    /// Makes its directory, and waits until no other process signs.
    pub(super) fn lock(&self) -> Result<File, SealError> {
        files::make_directory(&self.directory)?;
        let path = self.directory.join("lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed("open", &path))?;
        file.lock().map_err(failed("lock", &path))?;
        Ok(file)
    }

    /// The newest checkpoint; `None` where there is none, an inner error where it cannot be understood.
    pub fn checkpoint(&self) -> Result<Option<Result<KeptCheckpoint, String>>, SealError> {
        match files::read(&self.checkpoint_path()) {
            Ok(Some(bytes)) => Ok(Some(understand(&bytes))),
            Ok(None) => Ok(None),
            Err(SealError::State { source, .. }) if source.kind() == ErrorKind::FileTooLarge => {
                Ok(Some(Err(source.to_string())))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn write_checkpoint(&self, note: &Note) -> Result<(), SealError> {
        files::replace(&self.checkpoint_path(), note.to_string().as_bytes())
    }

    /// The private key; `None` where there is none. One that others may read is refused.
    pub(super) fn key(&self) -> Result<Option<SignerKey>, SealError> {
        let path = self.key_path();
        let unusable = |reason: String| SealError::Key {
            path: path.clone(),
            reason,
        };
        let bytes = match files::read(&path) {
            Ok(Some(bytes)) => zeroize::Zeroizing::new(bytes),
            Ok(None) => return Ok(None),
            Err(error) => return Err(unusable(error.to_string())),
        };
        if files::is_open_to_others(&path)? {
            return Err(unusable(
                "others than its owner may read it; `chmod 600` it, and think about who has"
                    .to_owned(),
            ));
        }
        let text =
            std::str::from_utf8(&bytes).map_err(|_| unusable("it is not text".to_owned()))?;
        let key = text.trim_end_matches('\n').parse();
        key.map(Some)
            .map_err(|error: KeyError| unusable(error.to_string()))
    }

    pub(super) fn write_key(&self, key: &SignerKey) -> Result<(), SealError> {
        let text = key.secret_text();
        let mut line = zeroize::Zeroizing::new(String::with_capacity(text.len() + 1));
        line.push_str(&text);
        line.push('\n');
        files::replace(&self.key_path(), line.as_bytes())
    }

    /// Remembers where the database is, so that it is missed when it is gone.
    pub(super) fn remember_database(&self, database: &Path) -> Result<(), SealError> {
        let line = database_line(database)?;
        let path = self.database_path();
        if files::read(&path)?.as_deref() == Some(&line) {
            return Ok(());
        }
        files::replace(&path, &line)
    }

    /// Moves key and checkpoint of an origin that is over aside; they are never used again. `origin_id` names what does
    /// not say itself of which origin it is. Tells whether there was a key.
    pub(super) fn retire(&self, origin_id: &str) -> Result<bool, SealError> {
        let had_key = self.retire_key(origin_id)?;
        let origin = match self.checkpoint()? {
            None => return Ok(had_key),
            Some(Ok(kept)) => digits_of(&kept.checkpoint.origin),
            Some(Err(_)) => origin_id.to_owned(),
        };
        self.move_to_former(&self.checkpoint_path(), &origin, "checkpoint")?;
        Ok(had_key)
    }

    /// The same of the key alone.
    pub(super) fn retire_key(&self, origin_id: &str) -> Result<bool, SealError> {
        let path = self.key_path();
        if path.symlink_metadata().is_err() {
            return Ok(false);
        }
        let origin = match self.key() {
            Ok(Some(key)) => digits_of(key.verifier().name()),
            Ok(None) | Err(_) => origin_id.to_owned(),
        };
        self.move_to_former(&path, &origin, "key").map(|()| true)
    }

    /// Moves a file to a name of its own; what lies there stays.
    fn move_to_former(&self, path: &Path, origin: &str, extension: &str) -> Result<(), SealError> {
        let former = self.directory.join("former");
        files::make_directory(&former)?;
        let name = |number: u32| match number {
            1 => former.join(format!("{origin}.{extension}")),
            _ => former.join(format!("{origin}-{number}.{extension}")),
        };
        let mut free = (1..).map(name).filter(|to| to.symlink_metadata().is_err());
        match free.next() {
            Some(to) => files::move_away(path, &to),
            // There are four thousand million names.
            None => Ok(()),
        }
    }

    /// The logs whose database was at this path when they were sealed last, by name, with their state.
    pub(super) fn of_database(
        state_directory: &Path,
        database: &Path,
    ) -> Result<Vec<(String, Self)>, SealError> {
        let line = database_line(database)?;
        let entries = match std::fs::read_dir(state_directory) {
            Err(error) if files::is_absent(&error) => return Ok(Vec::new()),
            entries => entries.map_err(failed("read", state_directory))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed("read", state_directory))?;
            // A directory of another name was moved away, if only within this one.
            let Some(log) = entry.file_name().into_string().ok().filter(|n| is_name(n)) else {
                continue;
            };
            let state = Self::of(state_directory, &log);
            if matches!(files::read(&state.database_path()), Ok(Some(there)) if there == line) {
                found.push((log, state));
            }
        }
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }
}

fn understand(bytes: &[u8]) -> Result<KeptCheckpoint, String> {
    let note = Note::parse(bytes).map_err(|error| error.to_string())?;
    let checkpoint = Checkpoint::parse_text(note.text()).map_err(|error| error.to_string())?;
    Ok(KeptCheckpoint { note, checkpoint })
}

/// The absolute path of a database, with its directory resolved where that is there, and a line feed.
fn database_line(database: &Path) -> Result<Vec<u8>, SealError> {
    use std::os::unix::ffi::OsStrExt as _;
    let absolute = std::path::absolute(database).map_err(failed("find", database))?;
    let resolved = match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) => parent
            .canonicalize()
            .map_or(absolute.clone(), |parent| parent.join(name)),
        _ => absolute,
    };
    let mut line = resolved.as_os_str().as_bytes().to_vec();
    line.push(b'\n');
    Ok(line)
}
