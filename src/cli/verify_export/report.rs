//! A report, written again: one file, or a directory of them.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::bail;

use super::directory::compare_sums;
use super::file::{compare_bytes, compare_file, read_manifest, write_again as check_again};
use super::{About, Checked};
use crate::cli::report::making::{self, Choices, Order};
use crate::config::Config;
use crate::export::document::{Document, DocumentFormat, files, write};
use crate::model::PROGRAM;
use crate::report::manifest::{Content, Facts, OF_DIRECTORY, Report};
use crate::store::{Connection, migrate};

/// Whether a directory holds a report.
pub(super) fn is_one(directory: &Path) -> bool {
    directory.join(OF_DIRECTORY).is_file()
}

/// Checks a directory that holds one.
///
/// # Errors
/// As for a file.
pub(super) fn check(directory: &Path, config: &Config) -> anyhow::Result<Vec<Checked>> {
    let mut whole = Checked::of(directory);
    compare_sums(directory, &mut whole)?;
    let manifest = read_manifest(&directory.join(OF_DIRECTORY), &mut whole)?;
    let Content::Report(_) = manifest.content else {
        whole.differs(About::Manifest, "the manifest is not about a report");
        return Ok(vec![whole]);
    };
    check_again(directory, &manifest, config, &mut whole)?;
    Ok(vec![whole])
}

/// Makes the report again and compares each byte.
///
/// # Errors
/// Where the database or a file cannot be read, or another program made it: the words of a report are its program's.
pub(super) fn write_again(
    connection: &Connection,
    config: &Config,
    path: &Path,
    report: &Report,
    facts: &Facts,
    checked: &mut Checked,
) -> anyhow::Result<()> {
    let made = &facts.making;
    let schema = migrate::schema_version(connection)?;
    if (made.program.as_str(), made.schema_version) != (PROGRAM, schema) {
        bail!(
            "it was made by {} from a database of schema {}, and this is {PROGRAM} and schema {schema}: only the same \
             program writes a report again to the byte",
            made.program,
            made.schema_version
        );
    }
    let choices = match Choices::of(&report.report) {
        Ok(choices) => choices,
        Err(error) => {
            checked.differs(About::Manifest, format!("{error:#}"));
            return Ok(());
        }
    };
    let order = Order {
        filters: &facts.filters,
        wanted: &report.report,
        size: facts.evidence.evidence_size,
        root: Some(facts.evidence.evidence_root.clone()),
        leaves_not_derived: facts.completeness.leaves_not_derived,
        database: Path::new(&made.database),
    };
    let (document, _) = making::document(connection, config, &order)?;
    match choices.format {
        DocumentFormat::Csv => compare_files(path, report, &document, checked),
        format => compare_bytes(path, format.as_str(), checked, |out| {
            // At once, so that the line that differs first is told whole.
            let mut written = Vec::new();
            write(&document, format, &mut written)?;
            Ok(out.write_all(&written)?)
        }),
    }
}

/// The files of a directory: those that the manifest names, and that the evidence gives.
fn compare_files(
    directory: &Path,
    report: &Report,
    document: &Document,
    checked: &mut Checked,
) -> anyhow::Result<()> {
    if !directory.is_dir() {
        checked.differs(About::File, "a report as csv is a directory");
        return Ok(());
    }
    let mut named: BTreeSet<&str> = report.files.iter().map(|file| file.file.as_str()).collect();
    for (name, bytes) in files(document) {
        let path = directory.join(&name);
        let digest = report.files.iter().find(|file| file.file == name);
        if !named.remove(name.as_str()) || !path.is_file() {
            let what = format!("the evidence gives a file {name}, which is not there");
            checked.differs(About::Rows, what);
            continue;
        }
        let mut of_file = Checked::of(&path);
        if let Some(digest) = digest {
            compare_file(&path, digest, &mut of_file)?;
        }
        let whole = |out: &mut dyn std::io::Write| Ok(out.write_all(&bytes)?);
        compare_bytes(&path, DocumentFormat::Csv.as_str(), &mut of_file, whole)?;
        for difference in of_file.differences {
            checked.differs(difference.about, format!("{name}: {}", difference.what));
        }
    }
    for name in named {
        let what = format!("the manifest names a file {name}, which the evidence does not give");
        checked.differs(About::Manifest, what);
    }
    Ok(())
}
