//! Folding a write-ahead log that has grown into its database.
//!
//! SQLite moves the log into the file by itself, after each 1,000 pages, but begins it anew only at a moment when nobody
//! reads what is newer than the file. While readers overlap and somebody writes there is no such moment, and the log
//! grows. So this is for whoever has nothing to write for a while: those who began to read before the last commit
//! end, then everything is in the file, and who begins after that reads the file alone and is not in the way.
//!
//! When that is, and who is told that it did not succeed, is not decided here. Uses `open` and `disk` alone.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::disk::log_bytes;
use super::{StoreError, open};

/// A log up to this size is left to SQLite, bytes: four times what SQLite lets it grow to where nobody reads. Whoever
/// reads meanwhile finds a page in it as quickly as in the file.
pub const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How long readers are waited for: longer than an export or a report takes. The lock of a collector is held
/// meanwhile, and the next run of a cron line may be a minute away.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Time between two attempts; nothing is locked in it.
const PAUSE: Duration = Duration::from_millis(50);

/// How the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// It is not large, or not any more.
    Small,
    /// Somebody read for longer than was waited.
    Large {
        /// Its size.
        bytes: u64,
    },
    /// It is large, and nobody waited for readers to the end, or the file is of an older schema.
    Unsettled,
}

/// Folds the log of a database into it if it has more than `bytes_max` bytes, and waits for readers no longer than
/// `patience`, or until `is_unwanted`. Everything in the log is committed and synced: whatever fails here, nothing
/// is lost.
///
/// No lock is held while it waits: each attempt takes what it gets at once. SQLite's own way to wait (a busy timeout)
/// holds the lock of writers all the while, and an `optrail stop` would wait for somebody's export.
pub fn fold(
    database: &Path,
    bytes_max: u64,
    patience: Duration,
    is_unwanted: &dyn Fn() -> bool,
) -> Result<Log, StoreError> {
    if log_bytes(database) <= bytes_max {
        return Ok(Log::Small);
    }
    // Bringing a file up to date is a fact of its own, which whoever opens it to record keeps.
    if !open::is_current(database)? {
        return Ok(Log::Unsettled);
    }
    let connection = open::for_writing(database)?.connection;
    connection.busy_timeout(Duration::ZERO)?;
    let begun = Instant::now();
    let log = loop {
        let Some(left) = truncate(&connection)? else {
            break Log::Small;
        };
        if begun.elapsed() >= patience {
            tracing::debug!(pages = left.log, folded = left.folded, "the log stays");
            // Another process may have folded it since.
            break match log_bytes(database) {
                bytes if bytes > bytes_max => Log::Large { bytes },
                _ => Log::Small,
            };
        }
        if is_unwanted() {
            break Log::Unsettled;
        }
        thread::sleep(PAUSE);
    };
    Ok(log)
}

/// What an attempt left, in pages; SQLite says -1 where it does not know.
struct Left {
    log: i64,
    folded: i64,
}

/// Moves what readers allow into the file, and cuts the log to nothing if they allow that, too: then nothing is left.
fn truncate(connection: &Connection) -> Result<Option<Left>, StoreError> {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let tried = connection.query_row(sql, [], |row| {
        let left = Left {
            log: row.get(1)?,
            folded: row.get(2)?,
        };
        Ok((row.get::<_, i64>(0)? != 0, left))
    });
    match tried.map_err(StoreError::from) {
        Ok((is_busy, left)) => Ok(is_busy.then_some(left)),
        // Somebody recovers the log, or closes it: SQLite came not even to look at it.
        Err(error) if error.is_locked() => Ok(Some(Left {
            log: -1,
            folded: -1,
        })),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use std::sync::mpsc;

    /// A log is folded here from this size, bytes.
    const BYTES_MAX: u64 = 100_000;

    /// Longer than any test takes.
    const LONG: Duration = Duration::from_secs(60);

    /// A database, and a connection that keeps its log from being folded when others close.
    struct Bench {
        _home: tempfile::TempDir,
        path: PathBuf,
        writer: Connection,
    }

    impl Bench {
        fn new() -> Self {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join("optrail.db");
            let writer = open::create(&path).unwrap().connection;
            writer.execute_batch("CREATE TABLE filler (a)").unwrap();
            Self {
                _home: home,
                path,
                writer,
            }
        }

        /// A transaction of so many bytes.
        fn write(&self, bytes: i64) {
            let sql = "INSERT INTO filler VALUES (zeroblob(?1))";
            self.writer.execute(sql, [bytes]).unwrap();
        }

        /// Reads from now on until it is dropped.
        fn reader(&self) -> Connection {
            let reader = open::read_only(&self.path).unwrap();
            reader.execute_batch("BEGIN").unwrap();
            rows(&reader);
            reader
        }

        fn fold(&self, patience: Duration) -> Log {
            fold(&self.path, BYTES_MAX, patience, &|| false).unwrap()
        }
    }

    fn rows(connection: &Connection) -> i64 {
        let sql = "SELECT count(*) FROM filler";
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_small_log_stays_and_a_large_one_goes() {
        let bench = Bench::new();
        let small = log_bytes(&bench.path);
        assert!(small > 0 && small <= BYTES_MAX, "{small}");
        assert_eq!(bench.fold(LONG), Log::Small);
        assert_eq!(log_bytes(&bench.path), small);
        bench.write(200_000);
        assert_eq!(bench.fold(LONG), Log::Small);
        assert_eq!(log_bytes(&bench.path), 0);
        assert_eq!(rows(&bench.reader()), 1);
    }

    #[test]
    fn fault_28_a_reader_that_ends_is_waited_for_and_nobody_else_waits() {
        let bench = Bench::new();
        let reader = bench.reader();
        bench.write(200_000);
        let (path, (tried, attempts)) = (bench.path.clone(), mpsc::channel());
        let folding = thread::spawn(move || {
            fold(&path, BYTES_MAX, LONG, &move || tried.send(()).is_err()).unwrap()
        });
        attempts.recv().unwrap();
        // Others write and read as if nothing was.
        bench.writer.busy_timeout(LONG / 10).unwrap();
        bench.write(1);
        let younger = bench.reader();
        assert_eq!((rows(&reader), rows(&younger)), (0, 2));
        drop(reader);
        // The second attempt from here on has begun after that, and moved everything into the file.
        while attempts.try_recv().is_ok() {}
        for _ in 0..2 {
            attempts.recv().unwrap();
        }
        let youngest = bench.reader();
        drop(younger);
        assert_eq!(folding.join().unwrap(), Log::Small);
        assert_eq!(log_bytes(&bench.path), 0);
        assert_eq!(rows(&youngest), 2);
    }

    #[test]
    fn fault_28_a_reader_that_stays_is_told_and_folded_behind_later() {
        let bench = Bench::new();
        let reader = bench.reader();
        bench.write(200_000);
        let bytes = log_bytes(&bench.path);
        assert!(bytes > BYTES_MAX);
        assert_eq!(bench.fold(PAUSE * 2), Log::Large { bytes });
        assert_eq!((rows(&reader), rows(&bench.reader())), (0, 1));
        let ended = fold(&bench.path, BYTES_MAX, LONG, &|| true).unwrap();
        assert_eq!(ended, Log::Unsettled);
        drop(reader);
        assert_eq!(bench.fold(Duration::ZERO), Log::Small);
        assert_eq!(log_bytes(&bench.path), 0);
        assert_eq!(rows(&bench.reader()), 1);
    }
}
