//! Texts that somebody hands over in a file or on stdin, read as far as they may go and no further: a file can grow
//! while it is read, and a pipe or a device has no length.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::Utf8Error;

/// The longest SQL statement that is read, bytes: what SQLite takes by default.
pub(super) const STATEMENT_LONGEST_BYTES: u64 = 1_000_000;

/// Why a source was not read; the caller says which, and what it was to hold.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// The machine refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It goes on.
    #[error("it is longer than {0} bytes; is it the right one?")]
    TooLong(u64),
    /// It is text of another encoding, or none.
    #[error("it is no UTF-8: {0}")]
    NoText(Utf8Error),
}

/// The bytes of a source, all of them.
///
/// # Errors
/// It cannot be read, or is longer than so many bytes.
pub(super) fn bytes(source: impl Read, longest_bytes: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    source.take(longest_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest_bytes {
        return Err(ReadError::TooLong(longest_bytes));
    }
    Ok(bytes)
}

/// The text of a source, all of it.
///
/// # Errors
/// As [`bytes`], or it is no UTF-8.
pub(super) fn text(source: impl Read, longest_bytes: u64) -> Result<String, ReadError> {
    let read = bytes(source, longest_bytes)?;
    String::from_utf8(read).map_err(|error| ReadError::NoText(error.utf8_error()))
}

/// The text of a file.
///
/// # Errors
/// As [`text`]; the caller says which file.
pub(super) fn file(path: &Path, longest_bytes: u64) -> Result<String, ReadError> {
    text(File::open(path)?, longest_bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_an_end() {
        assert_eq!(text("SELECT 1;\n".as_bytes(), 10).unwrap(), "SELECT 1;\n");
        let long = text("SELECT 12;\n".as_bytes(), 10).unwrap_err();
        assert!(matches!(long, ReadError::TooLong(10)), "{long}");
        assert!(text(std::io::repeat(b' '), 10).is_err());
        // Cut in the middle of a character, it is too long, and not of another encoding.
        let long = text("123456789网".as_bytes(), 10).unwrap_err();
        assert!(matches!(long, ReadError::TooLong(10)), "{long}");
        assert!(
            text(&b"\xff"[..], 10)
                .unwrap_err()
                .to_string()
                .contains("no UTF-8")
        );
        assert!(file(Path::new("/nowhere/at.sql"), 10).is_err());
    }
}
