//! Where the statement comes from: the command line, stdin or a file.

use std::io::stdin;
use std::path::Path;

use anyhow::Context as _;

use crate::cli::read::{self, STATEMENT_LONGEST_BYTES};

/// The text of the statement; clap has seen to it that there is one source.
pub(super) fn read(typed: Option<&str>, file: Option<&Path>) -> anyhow::Result<String> {
    match (typed, file) {
        (_, Some(path)) => read::file(path, STATEMENT_LONGEST_BYTES)
            .with_context(|| format!("cannot read a statement from {}", path.display())),
        (Some("-"), None) => read::text(stdin().lock(), STATEMENT_LONGEST_BYTES)
            .context("cannot read a statement from stdin"),
        (typed, None) => Ok(typed.unwrap_or_default().to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_typed_or_read() {
        assert_eq!(read(Some("SELECT 2"), None).unwrap(), "SELECT 2");
        let missing = read(None, Some(Path::new("/nowhere/at.sql"))).unwrap_err();
        assert!(missing.to_string().contains("/nowhere/at.sql"));
        assert!(read(None, Some(Path::new("/dev/zero"))).is_err());
    }
}
