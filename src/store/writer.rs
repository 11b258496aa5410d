//! The writer: one thread that owns the write connection, and group commit.
//!
//! SQLite has one writer anyway; a thread of its own keeps its blocking calls away from the runtime and
//! lets many answers share one fsync. Work comes in as closures over the transaction through a bounded
//! channel, so that a slow disk slows the callers instead of filling memory.

use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// Jobs waiting for the writer. More than one transaction takes, so that it never idles.
const QUEUE: usize = 256;

/// Most jobs in one transaction: 64 reach nine tenths of what any number reaches, and an error loses
/// (and reports) no more than these.
const BATCH: usize = 64;

/// State that the writer keeps between transactions.
pub trait Session: Send + 'static {
    /// Called first in each transaction.
    fn begin(&mut self, transaction: &Transaction<'_>) -> Result<(), StoreError>;
    /// Called when a transaction was not committed: whatever was remembered of it is wrong.
    fn forget(&mut self);
}

/// A unit of work and the caller who waits for it.
trait Job<S>: Send {
    /// Does the work inside the transaction.
    fn run(&mut self, transaction: &Transaction<'_>, session: &mut S) -> Result<(), StoreError>;
    /// Answers the caller, once it is known whether the transaction was committed.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Work<T, F> {
    work: Option<F>,
    outcome: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<S, T, F> Job<S> for Work<T, F>
where
    T: Send,
    F: FnOnce(&Transaction<'_>, &mut S) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, transaction: &Transaction<'_>, session: &mut S) -> Result<(), StoreError> {
        if let Some(work) = self.work.take() {
            self.outcome = Some(work(transaction, session)?);
        }
        Ok(())
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { outcome, reply, .. } = *self;
        let answer = committed.and_then(|()| outcome.ok_or(StoreError::WriterGone));
        // Nobody may be waiting any more; that does not undo the commit.
        let _ = reply.send(answer);
    }
}

/// A handle to the writer thread. Dropping it ends the thread after the jobs that wait, and joins it.
pub struct Writer<S: Session> {
    jobs: Option<mpsc::Sender<Box<dyn Job<S>>>>,
    thread: Option<JoinHandle<()>>,
}

impl<S: Session> Writer<S> {
    /// Starts the thread.
    pub fn start(connection: Connection, session: S) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("optrail-writer".to_owned())
            .spawn(move || serve(connection, session, queue))
            .map_err(|error| StoreError::Thread(Arc::new(error)))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Runs `work` in a transaction, perhaps together with others; returns once that is committed and
    /// synced. Dropping the future does not undo the work.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>, &mut S) -> Result<T, StoreError> + Send + 'static,
    {
        let (job, answer) = package(work);
        let jobs = self.jobs.as_ref().ok_or(StoreError::WriterGone)?;
        jobs.send(job).await.map_err(|_| StoreError::WriterGone)?;
        answer.await.map_err(|_| StoreError::WriterGone)?
    }

    /// The same for callers outside the runtime.
    pub fn write_blocking<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>, &mut S) -> Result<T, StoreError> + Send + 'static,
    {
        let (job, answer) = package(work);
        let jobs = self.jobs.as_ref().ok_or(StoreError::WriterGone)?;
        jobs.blocking_send(job)
            .map_err(|_| StoreError::WriterGone)?;
        answer.blocking_recv().map_err(|_| StoreError::WriterGone)?
    }
}

impl<S: Session> Drop for Writer<S> {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn package<S, T, F>(work: F) -> (Box<dyn Job<S>>, oneshot::Receiver<Result<T, StoreError>>)
where
    S: Session,
    T: Send + 'static,
    F: FnOnce(&Transaction<'_>, &mut S) -> Result<T, StoreError> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (
        Box::new(Work {
            work: Some(work),
            outcome: None,
            reply,
        }),
        answer,
    )
}

fn serve<S: Session>(
    mut connection: Connection,
    mut session: S,
    mut queue: mpsc::Receiver<Box<dyn Job<S>>>,
) {
    while let Some(first) = queue.blocking_recv() {
        let mut batch = vec![first];
        let outcome = commit_batch(&mut connection, &mut session, &mut batch, &mut queue);
        // After a failed sync the kernel may have dropped what it could not write, and would report the next one
        // as good: nothing is written through this connection any more. Who opens the file anew sees what it holds.
        let is_over = matches!(&outcome, Err(error) if error.is_of_disk());
        if outcome.is_err() {
            session.forget();
        }
        for job in batch {
            job.finish(outcome.clone());
        }
        if is_over {
            break;
        }
    }
    // The last connection to close checkpoints by itself and swallows errors; nothing is lost then,
    // because the write-ahead log stays.
    let _ = connection.close();
}

/// One transaction over the first job of `batch` and whatever else waits. An error of one job undoes the
/// batch: evidence is never kept in part.
fn commit_batch<S: Session>(
    connection: &mut Connection,
    session: &mut S,
    batch: &mut Vec<Box<dyn Job<S>>>,
    queue: &mut mpsc::Receiver<Box<dyn Job<S>>>,
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    session.begin(&transaction)?;
    let mut done = 0;
    while done < batch.len() {
        batch[done].run(&transaction, session)?;
        done += 1;
        if batch.len() < BATCH
            && let Ok(job) = queue.try_recv()
        {
            batch.push(job);
        }
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Counting {
        begun: usize,
        forgotten: usize,
    }

    impl Session for Counting {
        fn begin(&mut self, _: &Transaction<'_>) -> Result<(), StoreError> {
            self.begun += 1;
            Ok(())
        }
        fn forget(&mut self) {
            self.forgotten += 1;
        }
    }

    fn writer() -> Writer<Counting> {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE t (a INTEGER UNIQUE)")
            .unwrap();
        Writer::start(connection, Counting::default()).unwrap()
    }

    fn insert(
        number: i64,
    ) -> impl FnOnce(&Transaction<'_>, &mut Counting) -> Result<i64, StoreError> + Send {
        move |transaction, _| {
            transaction.execute("INSERT INTO t (a) VALUES (?1)", [number])?;
            Ok(number)
        }
    }

    #[test]
    fn an_error_undoes_its_batch_and_the_writer_goes_on() {
        let writer = writer();
        assert_eq!(writer.write_blocking(insert(1)).unwrap(), 1);
        assert!(matches!(
            writer.write_blocking(insert(1)),
            Err(StoreError::Sqlite(_))
        ));
        assert_eq!(writer.write_blocking(insert(2)).unwrap(), 2);
        let (rows, forgotten) = writer
            .write_blocking(|transaction, session| {
                let rows: i64 =
                    transaction.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?;
                Ok((rows, session.forgotten))
            })
            .unwrap();
        assert_eq!((rows, forgotten), (2, 1));
    }

    #[test]
    fn fault_12_nothing_is_written_after_the_disk_has_failed() {
        let writer = writer();
        writer.write_blocking(insert(1)).unwrap();
        for code in [rusqlite::ffi::SQLITE_IOERR, rusqlite::ffi::SQLITE_FULL] {
            let writer = self::writer();
            let failed = writer.write_blocking(move |_, _| -> Result<(), StoreError> {
                let failure = rusqlite::ffi::Error::new(code);
                Err(rusqlite::Error::SqliteFailure(failure, None).into())
            });
            assert!(failed.unwrap_err().is_of_disk());
            assert!(matches!(
                writer.write_blocking(insert(2)),
                Err(StoreError::WriterGone)
            ));
        }
        writer.write_blocking(insert(2)).unwrap();
    }

    #[tokio::test]
    async fn jobs_that_wait_share_a_transaction() {
        let writer = std::sync::Arc::new(writer());
        // Holds the writer until the others have queued up.
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let held = tokio::spawn({
            let writer = writer.clone();
            async move { writer.write(move |_, _| Ok(wait.recv().is_ok())).await }
        });
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let queued: Vec<_> = (0..20)
            .map(|number| {
                let writer = writer.clone();
                tokio::spawn(async move { writer.write(insert(number)).await })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        go.send(()).unwrap();
        assert!(held.await.unwrap().unwrap());
        for job in queued {
            job.await.unwrap().unwrap();
        }
        let begun = writer.write(|_, session| Ok(session.begun)).await.unwrap();
        assert!(begun <= 4, "21 jobs took {begun} transactions");
    }
}
