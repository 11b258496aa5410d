//! Where the statement comes from: the command line, stdin or a file.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use anyhow::{Context as _, bail};

/// The longest statement that is read from a file or stdin, bytes: SQLite takes no longer one by default.
const LONGEST_BYTES: u64 = 1_000_000;

/// The text of the statement; clap has seen to it that there is one source.
pub(super) fn read(typed: Option<&str>, file: Option<&Path>) -> anyhow::Result<String> {
    match (typed, file) {
        (_, Some(path)) => {
            let opened =
                File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            bounded(opened)
                .with_context(|| format!("cannot read a statement from {}", path.display()))
        }
        (Some("-"), None) => bounded(stdin().lock()).context("cannot read a statement from stdin"),
        (typed, None) => Ok(typed.unwrap_or_default().to_owned()),
    }
}

fn bounded(source: impl Read) -> anyhow::Result<String> {
    let mut text = String::new();
    source.take(LONGEST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST_BYTES {
        bail!("it is longer than {LONGEST_BYTES} bytes");
    }
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_an_end() {
        assert_eq!(bounded("SELECT 1;\n".as_bytes()).unwrap(), "SELECT 1;\n");
        assert!(bounded(std::io::repeat(b' ')).is_err());
        assert!(bounded(&b"\xff"[..]).is_err());
        assert_eq!(read(Some("SELECT 2"), None).unwrap(), "SELECT 2");
        let missing = read(None, Some(Path::new("/nowhere/at.sql"))).unwrap_err();
        assert!(missing.to_string().contains("/nowhere/at.sql"));
    }
}
