//! Texts that somebody hands over in a file or on stdin, read as far as they may go and no further: a file can grow
//! while it is read, and a pipe or a device has no length.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::bail;

/// The longest SQL statement that is read, bytes: what SQLite takes by default.
pub(super) const STATEMENT_LONGEST_BYTES: u64 = 1_000_000;

/// The text of a source, all of it.
///
/// # Errors
/// It cannot be read, is no UTF-8, or is longer than so many bytes.
pub(super) fn text(source: impl Read, longest_bytes: u64) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    source.take(longest_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest_bytes {
        bail!("it is longer than {longest_bytes} bytes");
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => bail!("it is no UTF-8: {}", error.utf8_error()),
    }
}

/// The text of a file.
///
/// # Errors
/// As [`text`]; the caller says which file.
pub(super) fn file(path: &Path, longest_bytes: u64) -> anyhow::Result<String> {
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
        assert_eq!(long.to_string(), "it is longer than 10 bytes");
        assert!(text(std::io::repeat(b' '), 10).is_err());
        // Cut in the middle of a character, it is too long, and not of another encoding.
        let long = text("123456789网".as_bytes(), 10).unwrap_err();
        assert_eq!(long.to_string(), "it is longer than 10 bytes");
        assert!(
            text(&b"\xff"[..], 10)
                .unwrap_err()
                .to_string()
                .contains("no UTF-8")
        );
        assert!(file(Path::new("/nowhere/at.sql"), 10).is_err());
    }
}
