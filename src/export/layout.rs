//! Which format, with which options, and the checks that an option belongs to its format.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::Encoder;
use super::csv::Csv;
use super::json::Json;
use super::jsonl::Jsonl;
use super::spreadsheet::SpreadsheetSafe;
use super::table::Table;
use super::xlsx::Xlsx;

/// A format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// RFC 4180 with a header, UTF-8, LF; NULL an empty field, an empty text `""`.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// One JSON array of objects.
    Json,
    /// Aligned columns for people; the only format that shortens and escapes.
    Table,
    /// A workbook: bytes, never for a terminal.
    Xlsx,
}

impl Format {
    /// Every format, in the order in which help texts name them.
    pub const ALL: [Self; 5] = [Self::Csv, Self::Jsonl, Self::Json, Self::Table, Self::Xlsx];

    /// The word of `--format`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Json => "json",
            Self::Table => "table",
            Self::Xlsx => "xlsx",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no format; known are csv, jsonl, json, table, xlsx")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == word)
            .ok_or_else(|| UnknownFormat(word.to_owned()))
    }
}

/// The byte between two fields of a CSV line: one ASCII character that cannot occur in a number
/// and is neither a quote nor a line end, so that only text ever needs quoting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiter(u8);

impl Delimiter {
    /// RFC 4180's.
    pub const COMMA: Self = Self(b',');

    /// The byte itself.
    pub const fn byte(self) -> u8 {
        self.0
    }
}

impl FromStr for Delimiter {
    type Err = LayoutError;

    /// One character, or `tab` or `\t` for a tabulator.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let byte = match (text, text.as_bytes()) {
            ("tab" | "\\t", _) => b'\t',
            (_, &[byte]) => byte,
            _ => return Err(LayoutError::Delimiter(text.to_owned())),
        };
        let usable = byte == b'\t'
            || byte == b' '
            || (byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'-' | b'+' | b'.'));
        if usable {
            Ok(Self(byte))
        } else {
            Err(LayoutError::Delimiter(text.to_owned()))
        }
    }
}

/// How rows are to be written. The default is the contract's: header, comma, NULL as nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Leave the header line out (csv, table).
    pub no_header: bool,
    /// Between two fields (csv); a comma if `None`.
    pub delimiter: Option<Delimiter>,
    /// What stands for NULL (csv, table); nothing in CSV and `-` in a table if `None`.
    pub null: Option<String>,
    /// Begin with the mark by which spreadsheets know UTF-8 (csv).
    pub bom: bool,
    /// Mark text that a spreadsheet would take for a formula, and name these columns in one more (csv).
    pub spreadsheet_safe: bool,
    /// Columns whose text is JSON (json, jsonl): written as a value where it is valid, else as text.
    pub json_columns: Vec<String>,
    /// Columns whose text is an instant (xlsx): written as a date where it has our form, else as text.
    pub time_columns: Vec<String>,
    /// Terminal columns that a line of a table may take; `None`: as many as it needs.
    pub width: Option<usize>,
    /// Whether a table's header may be set in bold, and its words painted.
    pub color: bool,
    /// Name of the sheet (xlsx), at most 31 characters of `[A-Za-z0-9_ -]`; `rows` if `None`.
    pub sheet: Option<String>,
    /// Directory of temporary files (xlsx); the system's if `None`.
    pub temporary: Option<PathBuf>,
    /// Columns of a table, by their names in the header, whose words are painted by what they mean.
    pub painted_columns: Vec<String>,
}

/// Options that do not fit each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// Not usable between fields.
    #[error(
        "'{0}' cannot separate fields; use one ASCII punctuation mark, a blank or 'tab', but not one of \" - + ."
    )]
    Delimiter(String),
    /// A NULL text that a reader could not tell from the structure of the line.
    #[error(
        "'{0}' cannot stand for NULL: it holds the delimiter, a quote, or a line end; use a plain word"
    )]
    Null(String),
    /// A NULL text that a spreadsheet would take for a formula.
    #[error(
        "'{0}' cannot stand for NULL with --spreadsheet-safe: a spreadsheet would take it for a formula; use a plain word"
    )]
    NullIsFormula(String),
    /// An option of another format.
    #[error("{option} has no meaning with --format {format}; leave one of the two out")]
    NotForFormat {
        /// The flag as the user typed it.
        option: &'static str,
        /// The format asked for.
        format: Format,
    },
}

/// The encoder for a format, once the options have been found to fit.
pub fn encoder(format: Format, layout: &Layout) -> Result<Box<dyn Encoder>, LayoutError> {
    let reject = |option| Err(LayoutError::NotForFormat { option, format });
    let structured = matches!(format, Format::Json | Format::Jsonl | Format::Xlsx);
    let of_csv = [
        (layout.delimiter.is_some(), "--delimiter"),
        (layout.bom, "--bom"),
        (layout.spreadsheet_safe, "--spreadsheet-safe"),
    ];
    let first = of_csv.into_iter().find(|(is_set, _)| *is_set);
    if let Some((_, option)) = first.filter(|_| format != Format::Csv) {
        return reject(option);
    }
    if layout.no_header && structured {
        return reject("--no-header");
    }
    if layout.null.is_some() && structured {
        return reject("--null");
    }
    Ok(match format {
        Format::Csv if layout.spreadsheet_safe => Box::new(SpreadsheetSafe::new(layout)?),
        Format::Csv => Box::new(Csv::new(layout)?),
        Format::Jsonl => Box::new(Jsonl::new(layout)),
        Format::Json => Box::new(Json::new(layout)),
        Format::Table => Box::new(Table::new(layout)),
        Format::Xlsx => Box::new(Xlsx::new(layout)),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn words_come_back() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        assert!("parquet".parse::<Format>().is_err());
    }

    #[test]
    fn a_delimiter_never_occurs_in_a_number_or_in_the_quoting() {
        for good in [",", ";", "|", "tab", "\\t", "\t", " ", ":"] {
            assert!(good.parse::<Delimiter>().is_ok(), "{good:?}");
        }
        for bad in [
            "", "\"", "\n", "\r", "-", "+", ".", "e", "0", "ab", "é", "\u{0}",
        ] {
            assert!(bad.parse::<Delimiter>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_option_of_another_format_is_refused_by_name() {
        let layout = Layout {
            delimiter: Some(Delimiter::COMMA),
            ..Layout::default()
        };
        let error = encoder(Format::Jsonl, &layout).err().unwrap().to_string();
        assert!(
            error.contains("--delimiter") && error.contains("jsonl"),
            "{error}"
        );
        let layout = Layout {
            null: Some("NA".to_owned()),
            ..Layout::default()
        };
        assert!(encoder(Format::Json, &layout).is_err());
        assert!(encoder(Format::Csv, &layout).is_ok());
        assert!(encoder(Format::Table, &layout).is_ok());
    }
}
