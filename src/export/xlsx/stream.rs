//! The bytes of a finished workbook on their way to the output.
//!
//! The library wants a writer of its own thread; ours is lent and belongs to this one. So it writes pieces into a
//! short queue, and this thread hands them on.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use rust_xlsxwriter::{Workbook, XlsxError};

/// Bytes of a piece.
const PIECE_BYTES: usize = 64 * 1024;

/// Pieces that may wait.
const PIECES: usize = 4;

/// Writes the workbook to `out`.
pub(super) fn save(workbook: &mut Workbook, out: &mut dyn Write) -> io::Result<()> {
    let (sender, receiver) = sync_channel::<Vec<u8>>(PIECES);
    thread::scope(|scope| {
        let pieces = Pieces {
            sender,
            piece: Vec::with_capacity(PIECE_BYTES),
        };
        let saving = scope.spawn(move || guarded(|| workbook.save_to_writer(pieces)));
        // To the end, also when the output takes no more: the library cannot be told to stop.
        let mut written = Ok(());
        for piece in receiver {
            if written.is_ok() {
                written = out.write_all(&piece);
            }
        }
        let saved = saving.join().unwrap_or_else(|_| Err(spilled()));
        written.and(saved)
    })
}

/// Runs a piece of the library, which panics where its temporary file cannot be written to.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, XlsxError>) -> io::Result<T> {
    // What it was at work on is never used again but to be dropped.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(XlsxError::IoError(error) | XlsxError::TempFileError(_, error))) => Err(error),
        Ok(Err(error)) => Err(io::Error::other(error)),
        Err(_) => Err(spilled()),
    }
}

fn spilled() -> io::Error {
    io::Error::new(
        io::ErrorKind::StorageFull,
        "the temporary file of a workbook cannot be written; make room, or set TMPDIR to a directory that has it",
    )
}

/// Gathers small writes. Once nobody takes the pieces, they are dropped.
struct Pieces {
    sender: SyncSender<Vec<u8>>,
    piece: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_BYTES));
        let _ = self.sender.send(piece);
        Ok(())
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
