//! A workbook: sheets of one header and many rows, going on in a further sheet where one is full.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, IgnoreError, Workbook,
    Worksheet, XlsxError,
};
use unicode_width::UnicodeWidthStr as _;

use super::cell::{Content, content};
use super::stream::{guarded, save};
use crate::export::Cell;

/// Rows below the header that one sheet holds: the format's 1,048,576, less the header.
pub(in crate::export) const ROWS_PER_SHEET: u32 = 1_048_575;

/// Longest name of a sheet, characters (ours are ASCII).
const NAME_MAX: usize = 31;

/// Narrowest and widest column, in characters.
const WIDTHS: (usize, usize) = (8, 60);

/// Room of the filter's arrow in the header, in characters.
const ARROW_WIDTH: usize = 3;

/// Width of a date as it is shown, in characters.
const DATE_WIDTH: usize = 28;

/// Bytes of text from which on the archive uses the form for parts above 4 GiB; markup may double them.
const LARGE_BYTES: u64 = 1 << 30;

/// How a date is shown: to the millisecond, and saying which zone it is of.
const DATE_FORMAT: &str = "yyyy-mm-dd hh:mm:ss.000\" UTC\"";

/// What a column's values are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::export) enum Style {
    /// Texts stay texts, numbers numbers.
    Plain,
    /// The same, and long texts break into lines.
    Wrapped,
    /// Texts of the form of our instants are dates.
    Time,
}

/// One column of a sheet.
#[derive(Debug, Clone)]
pub(in crate::export) struct Column {
    /// What stands above it.
    pub(in crate::export) header: String,
    /// What its values are made.
    pub(in crate::export) style: Style,
}

/// The looks of cells.
struct Looks {
    header: Format,
    text: Format,
    wrapped: Format,
    date: Format,
}

/// A workbook in the making.
pub(in crate::export) struct Book {
    workbook: Workbook,
    looks: Looks,
    /// Whether rows go to a temporary file at once.
    is_streaming: bool,
    /// The directory of that file; the system's if `None`.
    temporary: Option<PathBuf>,
    rows_per_sheet: u32,
    /// Bytes of text so far.
    bytes: u64,
    sheet: Option<Sheet>,
}

/// The sheet that rows go to.
struct Sheet {
    worksheet: Worksheet,
    name: String,
    /// Which one of its name, from 1.
    part: u32,
    columns: Vec<Column>,
    /// The widest text of each column, in characters.
    widths: Vec<usize>,
    rows: u32,
}

impl Book {
    /// A workbook that may get long. `temporary` is where its rows wait; the system's directory if `None`.
    pub(in crate::export) fn streaming(temporary: Option<&Path>, rows_per_sheet: u32) -> Self {
        let mut book = Self::in_memory(rows_per_sheet);
        book.is_streaming = true;
        book.temporary = temporary.map(Path::to_owned);
        book
    }

    /// A workbook whose rows are in memory anyway.
    pub(in crate::export) fn in_memory(rows_per_sheet: u32) -> Self {
        let mut workbook = Workbook::new();
        let mut properties = DocProperties::new().set_author("optrail");
        // The same rows give the same bytes, so the file cannot say when it was made.
        if let Ok(never) = ExcelDateTime::from_ymd(2000, 1, 1) {
            properties = properties.set_creation_datetime(&never);
        }
        workbook.set_properties(&properties);
        Self {
            workbook,
            looks: Looks {
                header: Format::new()
                    .set_bold()
                    .set_num_format("@")
                    .set_text_wrap()
                    .set_align(FormatAlign::Top)
                    .set_border_bottom(FormatBorder::Thin),
                text: Format::new()
                    .set_num_format("@")
                    .set_align(FormatAlign::Top),
                wrapped: Format::new()
                    .set_num_format("@")
                    .set_align(FormatAlign::Top)
                    .set_text_wrap(),
                date: Format::new()
                    .set_num_format(DATE_FORMAT)
                    .set_align(FormatAlign::Top),
            },
            is_streaming: false,
            temporary: None,
            rows_per_sheet,
            bytes: 0,
            sheet: None,
        }
    }

    /// Ends the sheet before, and begins one: its name (cut where it is too long) and its columns.
    pub(in crate::export) fn begin(&mut self, name: &str, columns: Vec<Column>) -> io::Result<()> {
        self.end_sheet()?;
        self.open(name.to_owned(), 1, columns)
    }

    /// One row of the sheet that was begun.
    pub(in crate::export) fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        if let Some(full) = self
            .sheet
            .take_if(|sheet| sheet.rows >= self.rows_per_sheet)
        {
            let (name, part, columns) = (full.name.clone(), full.part + 1, full.columns.clone());
            self.sheet = Some(full);
            self.end_sheet()?;
            self.open(name, part, columns)?;
        }
        let (looks, bytes) = (&self.looks, &mut self.bytes);
        let Some(sheet) = &mut self.sheet else {
            return Err(io::Error::other("a row outside of any sheet"));
        };
        guarded(|| sheet.push(cells, looks, bytes))
    }

    /// Ends the last sheet and writes the workbook.
    pub(in crate::export) fn finish(mut self, out: &mut dyn Write) -> io::Result<()> {
        self.end_sheet()?;
        self.workbook.use_zip_large_file(self.bytes > LARGE_BYTES);
        save(&mut self.workbook, out)
    }

    fn open(&mut self, name: String, part: u32, columns: Vec<Column>) -> io::Result<()> {
        let mut worksheet = if self.is_streaming {
            if let Some(directory) = &self.temporary {
                let tried = guarded(|| self.workbook.set_tempdir(directory).map(drop));
                tried.map_err(|error| unusable(directory, &error))?;
            }
            guarded(|| self.workbook.new_worksheet_with_constant_memory())?
        } else {
            Worksheet::new()
        };
        guarded(|| {
            worksheet.set_name(sheet_name(&name, part))?;
            worksheet.set_freeze_panes(1, 0)?;
            worksheet.set_repeat_rows(0, 0)?;
            worksheet.set_landscape().set_print_fit_to_pages(1, 0);
            for (number, column) in (0..).zip(&columns) {
                worksheet.write_string_with_format(
                    0,
                    number,
                    &column.header,
                    &self.looks.header,
                )?;
            }
            Ok(())
        })?;
        let widths = columns
            .iter()
            .map(|column| column.header.width() + ARROW_WIDTH)
            .collect();
        self.sheet = Some(Sheet {
            worksheet,
            name,
            part,
            columns,
            widths,
            rows: 0,
        });
        Ok(())
    }

    fn end_sheet(&mut self) -> io::Result<()> {
        let Some(mut sheet) = self.sheet.take() else {
            return Ok(());
        };
        guarded(|| sheet.frame())?;
        self.workbook.push_worksheet(sheet.worksheet);
        Ok(())
    }
}

impl Sheet {
    fn push(
        &mut self,
        cells: &[Cell<'_>],
        looks: &Looks,
        bytes: &mut u64,
    ) -> Result<(), XlsxError> {
        let row = self.rows + 1;
        for ((number, column), (cell, width)) in (0_u16..)
            .zip(&self.columns)
            .zip(cells.iter().zip(&mut self.widths))
        {
            let shown = match content(*cell, column.style == Style::Time) {
                Content::Empty => continue,
                Content::Number(value) => {
                    self.worksheet.write_number(row, number, value)?;
                    continue;
                }
                Content::Date(days) => {
                    self.worksheet
                        .write_number_with_format(row, number, days, &looks.date)?;
                    DATE_WIDTH
                }
                Content::Text(text) => {
                    let look = match column.style {
                        Style::Wrapped => &looks.wrapped,
                        Style::Plain | Style::Time => &looks.text,
                    };
                    *bytes += text.len() as u64;
                    let shown = text.width();
                    self.worksheet
                        .write_string_with_format(row, number, text, look)?;
                    shown
                }
            };
            *width = shown.max(*width);
        }
        self.rows = row;
        Ok(())
    }

    /// What is known at the end: how wide the columns are, and which cells the filter is for.
    fn frame(&mut self) -> Result<(), XlsxError> {
        let (narrowest, widest) = WIDTHS;
        let mut last = 0;
        for (number, width) in (0_u16..).zip(&self.widths) {
            let width = u16::try_from((*width).clamp(narrowest, widest)).unwrap_or(u16::MAX);
            self.worksheet.set_column_width(number, width + 1)?;
            last = number;
        }
        if !self.columns.is_empty() {
            self.worksheet.autofilter(0, 0, self.rows, last)?;
            // Identifiers of digits are texts on purpose: no warning sign in each of them.
            self.worksheet.ignore_error_range(
                0,
                0,
                self.rows,
                last,
                IgnoreError::NumberStoredAsText,
            )?;
        }
        Ok(())
    }
}

fn unusable(directory: &Path, error: &io::Error) -> io::Error {
    let text = format!("no temporary file in {}: {error}", directory.display());
    io::Error::new(error.kind(), text)
}

/// The name of a sheet; the second of its name is `NAME 2`. Sheets are named by us, so that no character needs care.
fn sheet_name(name: &str, part: u32) -> String {
    let end = if part == 1 {
        String::new()
    } else {
        format!(" {part}")
    };
    let room = NAME_MAX - end.len();
    let start: String = name.chars().take(room).collect();
    format!("{start}{end}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn column(name: &str) -> Column {
        Column {
            header: name.to_owned(),
            style: match name.ends_with("_at") {
                true => Style::Time,
                false => Style::Plain,
            },
        }
    }

    fn names_and_rows(bytes: Vec<u8>) -> Vec<(String, usize)> {
        let mut archive = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
        let mut read = |name: &str| io::read_to_string(archive.by_name(name).unwrap()).unwrap();
        let workbook = read("xl/workbook.xml");
        let names = workbook.split("<sheet name=\"").skip(1);
        let names: Vec<&str> = names.filter_map(|rest| rest.split('"').next()).collect();
        let rows = (1..).zip(names).map(|(number, name)| {
            let sheet = read(&format!("xl/worksheets/sheet{number}.xml"));
            (name.to_owned(), sheet.matches("<row ").count())
        });
        rows.collect()
    }

    #[test]
    fn a_full_sheet_goes_on_in_another_with_the_header_again() {
        for mut book in [Book::streaming(None, 3), Book::in_memory(3)] {
            book.begin(
                "a_name_of_more_than_thirty_one_characters",
                vec![column("n")],
            )
            .unwrap();
            for number in 0..7 {
                book.row(&[Cell::Integer(number)]).unwrap();
            }
            book.begin("b", vec![column("n")]).unwrap();
            let mut out = Vec::new();
            book.finish(&mut out).unwrap();
            assert_eq!(
                names_and_rows(out),
                [
                    ("a_name_of_more_than_thirty_one_".to_owned(), 4),
                    ("a_name_of_more_than_thirty_on 2".to_owned(), 4),
                    ("a_name_of_more_than_thirty_on 3".to_owned(), 2),
                    ("b".to_owned(), 1),
                ]
            );
        }
    }

    #[test]
    fn an_output_that_takes_no_more_is_told_and_a_directory_that_is_not_there_too() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut book = Book::streaming(None, 3);
        book.begin("a", vec![column("n")]).unwrap();
        let error = book.finish(&mut Full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);

        let missing = tempfile::tempdir().unwrap().path().join("missing");
        let mut book = Book::streaming(Some(&missing), 3);
        let error = book.begin("a", vec![column("n")]).unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
    }
}
