//! How the content of a file is written: the format and its options.

use serde::{Deserialize, Serialize};

use crate::export::{Format, Layout, LayoutError, UnknownFormat};

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLayout {
    /// `--format`.
    pub format: String,
    /// Whether there is a header line, in formats that have one.
    pub header: bool,
    /// `--delimiter`; null: the format's own.
    pub delimiter: Option<String>,
    /// `--null`; null: the format's own.
    pub null: Option<String>,
    /// `--bom`.
    pub bom: bool,
    /// `--spreadsheet-safe`.
    pub spreadsheet_safe: bool,
}

/// A layout that this program cannot write.
#[derive(Debug, thiserror::Error)]
pub enum UnknownLayout {
    /// No such format.
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    /// No such options.
    #[error(transparent)]
    Options(#[from] LayoutError),
}

impl FileLayout {
    /// What a format and its options say, but for what no file has (width, color).
    pub fn of(format: Format, layout: &Layout) -> Self {
        Self {
            format: format.as_str().to_owned(),
            header: !layout.no_header,
            delimiter: layout
                .delimiter
                .map(|delimiter| char::from(delimiter.byte()).to_string()),
            null: layout.null.clone(),
            bom: layout.bom,
            spreadsheet_safe: layout.spreadsheet_safe,
        }
    }

    /// The format and options.
    ///
    /// # Errors
    /// [`UnknownLayout`] for words that this program does not know.
    pub fn options(&self) -> Result<(Format, Layout), UnknownLayout> {
        let delimiter = self.delimiter.as_deref().map(str::parse).transpose()?;
        let layout = Layout {
            no_header: !self.header,
            delimiter,
            null: self.null.clone(),
            bom: self.bom,
            spreadsheet_safe: self.spreadsheet_safe,
            ..Layout::default()
        };
        Ok((self.format.parse()?, layout))
    }
}
