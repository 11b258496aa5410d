//! Rows, written again.

use std::path::Path;

use anyhow::bail;

use super::file::compare_bytes;
use super::{About, Checked};
use crate::cli::dataset;
use crate::cli::export::FormatArgs;
use crate::cli::export::file::write_rows_of;
use crate::cli::export::filter::selection;
use crate::model::PROGRAM;
use crate::report::manifest::{Export, Facts};
use crate::store::Connection;

/// Writes the rows again and compares each byte.
///
/// # Errors
/// Where the file or the database cannot be read.
pub(super) fn write_again(
    connection: &Connection,
    path: &Path,
    export: &Export,
    facts: &Facts,
    checked: &mut Checked,
) -> anyhow::Result<()> {
    let dataset = match dataset::find(&export.dataset) {
        Ok(dataset) => dataset,
        Err(error) => {
            checked.differs(About::Manifest, error.to_string());
            return Ok(());
        }
    };
    let rows = match selection(connection, dataset, &facts.filters) {
        Ok(rows) => rows,
        Err(error) => {
            checked.differs(About::Manifest, format!("its filters: {error}"));
            return Ok(());
        }
    };
    let (format, layout) = match export.layout.options() {
        Ok(options) => options,
        Err(error) => {
            checked.differs(About::Manifest, format!("its layout: {error}"));
            return Ok(());
        }
    };
    let told = checked.differences.len();
    let word = &export.layout.format;
    let format = FormatArgs { format, layout };
    let written = compare_bytes(path, word, checked, |out| {
        write_rows_of(connection, &rows, &format, None, out)
    })?;
    let made_by = &facts.making.program;
    let is_as_made = told == 0 && checked.differences.len() > told;
    if is_as_made && made_by != PROGRAM {
        // Views gain columns, and the dictionary is the program's own text.
        bail!(
            "it is the file that {made_by} made, and {PROGRAM} writes {} in another way: only the same program writes \
             it again to the byte",
            export.dataset
        );
    }
    if written != export.rows {
        let said = export.rows;
        let what = format!("the evidence gives {written} rows, the manifest says {said}");
        checked.differs(About::Rows, what);
    }
    Ok(())
}
