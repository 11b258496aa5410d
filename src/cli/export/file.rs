//! One file of rows with its manifest.

use std::io::Write;
use std::path::Path;

use super::FormatArgs;
use crate::cli::dataset::Dataset;
use crate::cli::manifested;
use crate::cli::rows::write_selection;
use crate::cli::sections::json_layout;
use crate::export::{Layout, encoder};
use crate::report::manifest::{Content, Export, Facts, FileLayout, Manifest};
use crate::store::Connection;
use crate::store::selection::Selection;

/// Writes rows, and counts them. Nothing of a terminal: no width, no color.
///
/// `temporary`: where a format that needs room on disk takes it; the system's place if `None`.
pub(in crate::cli) fn write_rows_of(
    connection: &Connection,
    selection: &Selection,
    format: &FormatArgs,
    temporary: Option<&Path>,
    out: &mut dyn Write,
) -> anyhow::Result<u64> {
    let layout = Layout {
        json_columns: json_layout().json_columns,
        time_columns: json_layout().time_columns,
        sheet: Some(selection.view.to_owned()),
        temporary: temporary.map(Path::to_owned),
        ..format.layout.clone()
    };
    let mut encoder = encoder(format.format, &layout)?;
    write_selection(connection, selection, encoder.as_mut(), out)
}

/// Writes a file, and its manifest if there are facts for one.
pub(super) fn write_file(
    connection: &Connection,
    path: &Path,
    dataset: &Dataset,
    selection: &Selection,
    format: &FormatArgs,
    facts: Option<&Facts>,
) -> anyhow::Result<Option<Manifest>> {
    // There has to be room for the file itself, so there is for what it is made from.
    let beside = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let beside = beside.unwrap_or(Path::new("."));
    manifested::write_file(
        path,
        |out| write_rows_of(connection, selection, format, Some(beside), out),
        |file, rows| {
            let export = Export {
                dataset: dataset.view.to_owned(),
                file,
                rows,
                layout: FileLayout::of(format.format, &format.layout),
            };
            Some(Manifest::of(Content::Export(export), facts?.clone()))
        },
    )
}
