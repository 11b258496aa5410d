//! Whether what is written is, byte for byte, what a file holds; and the first row that is not.
//!
//! It takes what an encoder writes and reads the file beside it; neither is kept. Encoders hand on whole rows, so the
//! piece with the first difference holds the row in which it is.

use std::io::{self, Read, Write};

/// Bytes of a row that a difference shows at most: enough to find it, little enough for a terminal.
const SHOWN_BYTES_MAX: usize = 400;

/// Of them before the first that differs.
const SHOWN_BEFORE_BYTES: usize = 160;

/// The first difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstDifference {
    /// Bytes before it.
    pub offset: u64,
    /// Lines before that in which it is.
    pub lines_before: u64,
    /// That line as it was written now; `None` where nothing was.
    pub written: Option<String>,
    /// That line as it stands in the file; `None` where the file has ended.
    pub held: Option<String>,
}

/// A writer that compares.
pub struct Comparison<R> {
    held: R,
    /// The piece of the file beside the one that is written.
    piece: Vec<u8>,
    offset: u64,
    lines: u64,
    difference: Option<FirstDifference>,
}

impl<R: Read> Comparison<R> {
    /// With what `held` holds.
    pub fn with(held: R) -> Self {
        Self {
            held,
            piece: Vec::new(),
            offset: 0,
            lines: 0,
            difference: None,
        }
    }

    /// The first difference, after everything has been written; `None` where there is none.
    pub fn finish(mut self) -> io::Result<Option<FirstDifference>> {
        if self.difference.is_some() {
            return Ok(self.difference);
        }
        let rest = self.read(SHOWN_BYTES_MAX)?;
        Ok((rest > 0).then(|| FirstDifference {
            offset: self.offset,
            lines_before: self.lines,
            written: None,
            held: Some(line_at(&self.piece, 0).0),
        }))
    }

    /// Fills the piece with so many bytes of the file, or what there is.
    fn read(&mut self, bytes: usize) -> io::Result<usize> {
        self.piece.clear();
        let limit = u64::try_from(bytes).unwrap_or(u64::MAX);
        (&mut self.held).take(limit).read_to_end(&mut self.piece)
    }
}

impl<R: Read> Write for Comparison<R> {
    fn write(&mut self, written: &[u8]) -> io::Result<usize> {
        if self.difference.is_some() {
            return Ok(written.len());
        }
        self.read(written.len())?;
        if self.piece == written {
            self.offset += written.len() as u64;
            self.lines += count_lines(written);
            return Ok(written.len());
        }
        let differs = |(one, other): (&u8, &u8)| one != other;
        let same = self.piece.iter().zip(written);
        let at = same
            .clone()
            .position(differs)
            .unwrap_or_else(|| same.count());
        let (line, before) = line_at(written, at);
        // The line of the file may go on behind this piece; what is shown is cut anyway.
        let held = (at < self.piece.len()).then(|| line_at(&self.piece, at).0);
        self.difference = Some(FirstDifference {
            offset: self.offset + at as u64,
            lines_before: self.lines + before,
            written: Some(line),
            held,
        });
        Ok(written.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn count_lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The line around a byte, as text, cut; and how many lines stand before it.
fn line_at(bytes: &[u8], at: usize) -> (String, u64) {
    let before = &bytes[..at];
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    let rest = &bytes[start..];
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or(rest);
    // What differs is shown, however far in the line it stands.
    let from = (at - start).saturating_sub(SHOWN_BEFORE_BYTES);
    let shown = &line[from.min(line.len())..line.len().min(from + SHOWN_BYTES_MAX)];
    (
        String::from_utf8_lossy(shown).into_owned(),
        count_lines(&bytes[..start]),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn compare(held: &str, pieces: &[&str]) -> Option<FirstDifference> {
        let mut comparison = Comparison::with(held.as_bytes());
        for piece in pieces {
            comparison.write_all(piece.as_bytes()).unwrap();
        }
        comparison.finish().unwrap()
    }

    #[test]
    fn what_is_the_same_has_no_difference() {
        assert_eq!(compare("", &[]), None);
        assert_eq!(compare("a\nb\nc\n", &["a\n", "b\nc\n"]), None);
    }

    #[test]
    fn the_first_line_that_differs_is_told() {
        let found = compare("a\nb\ncX\nd\n", &["a\n", "b\ncY\nd\n", "e\n"]).unwrap();
        assert_eq!(
            found,
            FirstDifference {
                offset: 5,
                lines_before: 2,
                written: Some("cY".to_owned()),
                held: Some("cX".to_owned()),
            }
        );
    }

    #[test]
    fn a_file_that_ends_early_or_late_differs() {
        let short = compare("a\n", &["a\n", "b\n"]).unwrap();
        assert_eq!((short.offset, short.lines_before), (2, 1));
        assert_eq!((short.written.as_deref(), short.held), (Some("b"), None));
        let long = compare("a\nb\n", &["a\n"]).unwrap();
        assert_eq!((long.offset, long.lines_before), (2, 1));
        assert_eq!((long.written, long.held.as_deref()), (None, Some("b")));
        let cut = compare("a\nb", &["a\nb\n"]).unwrap();
        assert_eq!((cut.offset, cut.written.as_deref()), (3, Some("b")));
    }
}
