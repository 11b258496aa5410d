//! Data on stdout, with a quiet end when its reader goes away.

use std::io::{self, IsTerminal, Write};

use crate::cli::UsageError;
use crate::export::escape::Notation;
use crate::export::{Format, TerminalWriter};

/// What kind of text is written, which decides how it is escaped on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataFormat {
    /// CSV and other text that holds the cloud's words unescaped.
    Raw,
    /// JSON, which can spell any character in another way.
    Json,
    /// Already escaped, cell by cell; its colors must pass.
    Escaped,
    /// No text: a terminal is refused.
    Bytes,
}

impl From<Format> for DataFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Csv => Self::Raw,
            Format::Json | Format::Jsonl => Self::Json,
            Format::Table => Self::Escaped,
            Format::Xlsx => Self::Bytes,
        }
    }
}

/// Whoever read our stdout has closed it. Only [`to_stdout`] makes this error, so that a broken
/// pipe elsewhere, as to the cloud, is never taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reader of stdout has gone")]
struct ReaderGone;

/// Whether an error comes from [`ReaderGone`], however deep below.
fn reader_gone(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .is_some_and(|inner| inner.is::<ReaderGone>())
    })
}

/// Lets `fill` write to stdout, escaped where that is a terminal, and flushes. `Ok(None)` where
/// the reader went away before the end: a success, with nothing more to say.
pub fn to_stdout<T>(
    format: DataFormat,
    fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    write_data(stdout.lock(), is_terminal, format, fill)
}

/// Prints one line on stdout, escaped where that is a terminal. That nobody reads it any more is an error here: it
/// was to be kept.
pub fn line_to_stdout(format: DataFormat, line: &str) -> anyhow::Result<()> {
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    write_line(stdout.lock(), is_terminal, format, line)
}

fn write_line(
    out: impl Write,
    is_terminal: bool,
    format: DataFormat,
    line: &str,
) -> anyhow::Result<()> {
    let fill = |out: &mut dyn Write| Ok(writeln!(out, "{line}")?);
    match write_data(out, is_terminal, format, fill)? {
        Some(()) => Ok(()),
        None => Err(ReaderGone.into()),
    }
}

fn write_data<T>(
    out: impl Write,
    is_terminal: bool,
    format: DataFormat,
    fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let mut plain = Watched(out);
    let mut escaped;
    let writer: &mut dyn Write = match (is_terminal, format) {
        (true, DataFormat::Raw) => {
            escaped = TerminalWriter::new(plain, Notation::Braces);
            &mut escaped
        }
        (true, DataFormat::Json) => {
            escaped = TerminalWriter::new(plain, Notation::Json);
            &mut escaped
        }
        (true, DataFormat::Bytes) => {
            let refused = "a workbook is no text for a terminal; name a file with --output, or redirect stdout";
            return Err(UsageError(refused.to_owned()).into());
        }
        (false, _) | (true, DataFormat::Escaped) => &mut plain,
    };
    let filled = fill(writer).and_then(|value| {
        writer.flush()?;
        Ok(value)
    });
    match filled {
        Ok(value) => Ok(Some(value)),
        Err(error) if reader_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Marks the broken pipe of this writer as [`ReaderGone`].
struct Watched<W: Write>(W);

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(mark)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(mark)
    }
}

fn mark(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        io::Error::new(io::ErrorKind::BrokenPipe, ReaderGone)
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use anyhow::Context;

    /// Takes so many bytes, then fails in one way.
    struct Limited(usize, io::ErrorKind);

    impl Write for Limited {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(self.1.into());
            }
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn write_much(out: &mut dyn Write) -> anyhow::Result<u32> {
        out.write_all(&[b'x'; 100]).context("while exporting")?;
        Ok(7)
    }

    #[test]
    fn a_line_is_escaped_for_a_terminal_alone_and_has_to_arrive() {
        let line = "{\"message\":\"\u{9b}2J\u{202e}\"}";
        let printed = |is_terminal| {
            let mut out = Vec::new();
            write_line(&mut out, is_terminal, DataFormat::Json, line).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(printed(false), format!("{line}\n"));
        assert_eq!(printed(true), "{\"message\":\"\\u009b2J\\u202e\"}\n");
        let pipe = Limited(3, io::ErrorKind::BrokenPipe);
        write_line(pipe, false, DataFormat::Json, line).unwrap_err();
    }

    #[test]
    fn a_reader_that_goes_away_is_no_failure() {
        let pipe = Limited(10, io::ErrorKind::BrokenPipe);
        assert_eq!(
            write_data(pipe, false, DataFormat::Raw, write_much).unwrap(),
            None
        );
        let pipe = Limited(10, io::ErrorKind::BrokenPipe);
        assert_eq!(
            write_data(pipe, true, DataFormat::Json, write_much).unwrap(),
            None
        );
    }

    #[test]
    fn any_other_failure_is_one() {
        let full = Limited(10, io::ErrorKind::StorageFull);
        assert!(write_data(full, false, DataFormat::Raw, write_much).is_err());
        let elsewhere = |_: &mut dyn Write| -> anyhow::Result<()> {
            Err(io::Error::from(io::ErrorKind::BrokenPipe).into())
        };
        assert!(write_data(Vec::new(), false, DataFormat::Raw, elsewhere).is_err());
    }

    #[test]
    fn a_terminal_gets_no_workbook() {
        let mut out = Vec::new();
        let error = write_data(&mut out, true, DataFormat::Bytes, write_much).unwrap_err();
        assert!(error.is::<UsageError>());
        assert!(error.to_string().contains("--output"), "{error}");
        assert!(out.is_empty());
        assert!(write_data(&mut out, false, DataFormat::Bytes, write_much).is_ok());
    }

    #[test]
    fn a_terminal_gets_no_escape_sequences_of_others() {
        let shown = |is_terminal, format| {
            let mut out = Vec::new();
            write_data(&mut out, is_terminal, format, |out| -> anyhow::Result<()> {
                out.write_all("\u{1b}[2J\u{9b}\n".as_bytes())?;
                Ok(())
            })
            .unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown(true, DataFormat::Raw), "\\u{1b}[2J\\u{9b}\n");
        assert_eq!(shown(true, DataFormat::Json), "\\u001b[2J\\u009b\n");
        assert_eq!(shown(true, DataFormat::Escaped), "\u{1b}[2J\u{9b}\n");
        assert_eq!(shown(false, DataFormat::Raw), "\u{1b}[2J\u{9b}\n");
    }
}
