//! A writer in front of a terminal that lets no control character through.
//!
//! For formats that are exact by design (CSV, JSON) when someone looks at them on a terminal; into
//! a file or a pipe they go without it. A [table](super::Format::Table) escapes its own cells.

use std::io::{self, Write};

use super::escape::{Notation, terminal_lines};

/// Longest start of a UTF-8 character that is not yet a whole one, in bytes.
const LONGEST_TAIL_BYTES: usize = 3;

/// Escapes what it passes on, line feeds excepted. A character may be split between two writes.
#[derive(Debug)]
pub struct TerminalWriter<W: Write> {
    inner: W,
    notation: Notation,
    /// The start of a character whose end has not come yet.
    tail: Vec<u8>,
}

impl<W: Write> TerminalWriter<W> {
    /// A writer in front of `inner`.
    pub fn new(inner: W, notation: Notation) -> Self {
        Self {
            inner,
            notation,
            tail: Vec::with_capacity(LONGEST_TAIL_BYTES),
        }
    }

    /// The writer behind; a character that never ended is lost.
    pub fn into_inner(self) -> W {
        self.inner
    }

    fn pass_on(&mut self, text: &str) -> io::Result<()> {
        let shown = terminal_lines(text, self.notation);
        self.inner.write_all(shown.as_bytes())
    }
}

impl<W: Write> Write for TerminalWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let joined: Vec<u8>;
        let mut rest: &[u8] = if self.tail.is_empty() {
            bytes
        } else {
            joined = [&std::mem::take(&mut self.tail), bytes].concat();
            &joined
        };
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.pass_on(text)?;
                    return Ok(bytes.len());
                }
                Err(error) => {
                    let (valid, invalid) = rest.split_at(error.valid_up_to());
                    self.pass_on(&String::from_utf8_lossy(valid))?;
                    let Some(length) = error.error_len() else {
                        self.tail = invalid.to_vec();
                        return Ok(bytes.len());
                    };
                    self.pass_on("\u{fffd}")?;
                    rest = &invalid[length..];
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn through(pieces: &[&[u8]]) -> String {
        let mut writer = TerminalWriter::new(Vec::new(), Notation::Braces);
        for piece in pieces {
            writer.write_all(piece).unwrap();
        }
        String::from_utf8(writer.into_inner()).unwrap()
    }

    #[test]
    fn lines_pass_and_controls_do_not() {
        assert_eq!(
            through(&[b"a,b\n\x1b[1m,\"c\r\n\"\n"]),
            "a,b\n\\u{1b}[1m,\"c\\r\n\"\n"
        );
    }

    #[test]
    fn a_character_may_come_in_pieces() {
        let bytes = "é\u{202e}😀\n".as_bytes();
        let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(through(&pieces), "é\\u{202e}😀\n");
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        // 0x9b alone is the 8-bit CSI of a terminal that does not read UTF-8.
        assert_eq!(through(&[b"a\x9b31mb"]), "a\u{fffd}31mb");
    }
}
