//! What can go wrong with the database, by what the caller does next.

use std::path::PathBuf;
use std::sync::Arc;

use super::disk;
use super::values::UnknownWord;

/// An error of the database.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// There is no such file: it has to be made on purpose.
    #[error(
        "no database at {0}; `optrail init` or `optrail watch add` makes one, `--db FILE` names another"
    )]
    Missing(PathBuf),
    /// The file is something else.
    #[error("{0} is not an optrail database; name another file with `--db FILE`")]
    Foreign(PathBuf),
    /// The file was begun, and whoever made it died before it had tables.
    #[error("{0} was never finished; `optrail init --db FILE` finishes it")]
    Unfinished(PathBuf),
    /// The file was made by a newer program.
    #[error(
        "{path} has schema {found}, this program knows {known}; use the newer optrail that made it"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The file was made by an older program: what is newer cannot be read in it.
    #[error(
        "{path} has schema {found}, and this program reads schema {known}; `optrail rebuild` or the next `optrail collect` brings it up to date"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The file is a snapshot, and was to be written to.
    #[error("{0} is a snapshot, which is only read; name the database itself with `--db FILE`")]
    Snapshot(PathBuf),
    /// A migration is due, and the file as it is could not be copied before: nothing was changed.
    #[error(
        "{path} has schema {schema} and is brought up to date only when it has been copied: {reason}; nothing was changed"
    )]
    NotCopied {
        /// The file.
        path: PathBuf,
        /// Its schema.
        schema: i64,
        /// Why there is no copy.
        reason: String,
    },
    /// The file cannot be opened or prepared.
    #[error("cannot open the database {path}: {reason}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
        /// Whether the disk failed or is full.
        is_of_disk: bool,
    },
    /// The file was derived with other rules: evidence can be added, rows cannot.
    #[error(
        "the database was derived with rules {found}, this program has rules {known}; run `optrail rebuild`"
    )]
    OtherRules {
        /// Version of the rules in the file.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A row that contradicts what the program wrote.
    #[error("the database contradicts itself: {0}; run `optrail verify`")]
    Inconsistent(String),
    /// A body that could never be read back, so that it was not kept.
    #[error(
        "a body of {length} bytes is longer than what can be read back, and was not kept; ask for less at once"
    )]
    TooLong {
        /// Bytes.
        length: usize,
    },
    /// A statement failed.
    #[error("the database refused: {0}")]
    Sqlite(Arc<rusqlite::Error>),
    /// The machine gives no thread to work with.
    #[error("cannot start a thread that works on the database: {0}")]
    Thread(Arc<std::io::Error>),
    /// The writer thread has ended, after an error that was reported before, or a fault of its own.
    #[error(
        "the database writer has stopped, after an error that was told before or a fault of the program; what was kept is whole, so run the command again"
    )]
    WriterGone,
}

impl StoreError {
    /// Whether it tells of what the file holds (a row that the program cannot have written, a page that is
    /// no page), and not of what the machine did: lock, memory, disk.
    pub fn is_damage(&self) -> bool {
        use rusqlite::{Error, ErrorCode};
        match self {
            Self::Inconsistent(_) => true,
            Self::Sqlite(error) => match error.as_ref() {
                Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::InvalidColumnType(..)
                | Error::Utf8Error(..)
                | Error::QueryReturnedNoRows => true,
                other => matches!(
                    other.sqlite_error_code(),
                    Some(
                        ErrorCode::DatabaseCorrupt
                            | ErrorCode::ConstraintViolation
                            | ErrorCode::TypeMismatch
                            | ErrorCode::TooBig
                    )
                ),
            },
            _ => false,
        }
    }
}

impl StoreError {
    /// Whether the disk failed or is full: what the file holds is as it was, and a later command may succeed.
    pub fn is_of_disk(&self) -> bool {
        match self {
            Self::Open { is_of_disk, .. } => *is_of_disk,
            Self::Sqlite(error) => disk::is_of_disk(error.as_ref()),
            _ => false,
        }
    }
}

impl StoreError {
    /// Whether another process kept the database locked for longer than is waited.
    pub fn is_locked(&self) -> bool {
        use rusqlite::ErrorCode;
        match self {
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            ),
            _ => false,
        }
    }
}

impl StoreError {
    /// Whether a statement was ended from outside: its time was over.
    pub fn is_interrupted(&self) -> bool {
        match self {
            Self::Sqlite(error) => {
                error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)
            }
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if let rusqlite::Error::FromSqlConversionFailure(_, _, reason) = &error
            && let Some(unknown) = reason.downcast_ref::<UnknownWord>()
        {
            return Self::Inconsistent(unknown.to_string());
        }
        Self::Sqlite(Arc::new(error))
    }
}
