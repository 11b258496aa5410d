//! One file with its manifest: read, compared with the database, and written again.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;

use anyhow::Context as _;

use super::evidence::{compare_facts, is_that_log, refuse_newer};
use super::{About, Checked, report, rows};
use crate::cli::export::moment::{self, Moment};
use crate::cli::manifested::{manifest_path, sha256_of};
use crate::cli::read;
use crate::config::Config;
use crate::report::compare::{Comparison, FirstDifference};
use crate::report::manifest::{BYTES_MAX, Content, FileDigest, Manifest};

/// Checks it; gives its manifest, too.
///
/// # Errors
/// Where it cannot be checked: file, manifest or database cannot be read, or are of a newer program.
pub(super) fn check(path: &Path, config: &Config) -> anyhow::Result<(Checked, Manifest)> {
    let mut checked = Checked::of(path);
    let manifest = read_manifest(&manifest_path(path), &mut checked)?;
    let digest = match &manifest.content {
        Content::Export(export) => Some(&export.file),
        Content::Report(report) => match report.files.as_slice() {
            [file] => Some(file),
            _ => None,
        },
    };
    match digest {
        Some(digest) => compare_file(path, digest, &mut checked)?,
        None => checked.differs(About::Manifest, "the manifest is not about one file"),
    }
    write_again(path, &manifest, config, &mut checked)
        .with_context(|| format!("cannot check {}", path.display()))?;
    Ok((checked, manifest))
}

/// Writes again what the manifest is about, a file or a directory, as of its size, and compares all that follows from
/// the evidence.
///
/// # Errors
/// Where it cannot be: the database cannot be read, the manifest is of a newer program.
pub(super) fn write_again(
    path: &Path,
    manifest: &Manifest,
    config: &Config,
    checked: &mut Checked,
) -> anyhow::Result<()> {
    let facts = &manifest.facts;
    refuse_newer(facts)?;
    if !is_that_log(facts, config, checked)? {
        return Ok(());
    }
    // A head of exactly so many leaves may have been signed after the file was made.
    let sealed = facts
        .evidence
        .checkpoint
        .as_ref()
        .map_or(0, |head| head.size);
    let source = moment::open_at(config, facts.evidence.evidence_size, sealed)?;
    source.database.read(|connection| {
        let moment = Moment::of(connection, &source)?;
        compare_facts(connection, moment, facts, checked)?;
        match &manifest.content {
            Content::Export(export) => rows::write_again(connection, path, export, facts, checked),
            Content::Report(report) => {
                report::write_again(connection, config, path, report, facts, checked)
            }
        }
    })
}

/// Reads a manifest, and tells of the file what it says and whether it was changed.
///
/// # Errors
/// Where it is none, or one of a newer program.
pub(super) fn read_manifest(path: &Path, checked: &mut Checked) -> anyhow::Result<Manifest> {
    let text = read_text(path)?;
    let cannot = || format!("cannot check {}", checked.file);
    let (manifest, is_as_written) = Manifest::parse(&text)
        .with_context(|| path.display().to_string())
        .with_context(cannot)?;
    match &manifest.content {
        Content::Export(export) => {
            checked.dataset = Some(export.dataset.clone());
            checked.rows = Some(export.rows);
        }
        Content::Report(report) => checked.report = Some(report.report.name.clone()),
    }
    let evidence = &manifest.facts.evidence;
    checked.evidence_size = Some(evidence.evidence_size);
    checked.evidence_root = Some(evidence.evidence_root.clone());
    if !is_as_written {
        let what = "the manifest was changed: its text is not that of its digest";
        checked.differs(About::Manifest, what);
    }
    Ok(manifest)
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    let cannot = || {
        format!(
            "cannot read {}: only what has its manifest beside it can be checked",
            path.display()
        )
    };
    read::file(path, BYTES_MAX).with_context(cannot)
}

/// Compares a file with what its manifest says of it.
pub(super) fn compare_file(
    path: &Path,
    said_of_it: &FileDigest,
    checked: &mut Checked,
) -> anyhow::Result<()> {
    let (sha256, bytes) = sha256_of(path)?;
    if bytes != said_of_it.bytes {
        let said = said_of_it.bytes;
        let what = format!("the file has {bytes} bytes, its manifest says {said}");
        checked.differs(About::File, what);
    }
    if sha256 != said_of_it.sha256 {
        let said = &said_of_it.sha256;
        let what = format!("the file's SHA-256 is {sha256}, its manifest says {said}");
        checked.differs(About::File, what);
    }
    Ok(())
}

/// Compares what is written now, byte for byte, with a file; tells the first difference.
pub(super) fn compare_bytes<T>(
    path: &Path,
    format: &str,
    checked: &mut Checked,
    written: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let cannot = || format!("cannot read {}", path.display());
    let held = BufReader::new(File::open(path).with_context(cannot)?);
    let mut comparison = Comparison::with(held);
    let told = written(&mut comparison)?;
    if let Some(first) = comparison.finish().with_context(cannot)? {
        checked.differs(About::Rows, first_difference(&first, format));
    }
    Ok(told)
}

/// In words: where, and both lines. What no person can read is told by its place alone.
fn first_difference(first: &FirstDifference, format: &str) -> String {
    if format == "xlsx" {
        return format!("the first byte that differs is number {}", first.offset + 1);
    }
    let line = |line: &Option<String>| line.clone().unwrap_or_else(|| "(nothing)".to_owned());
    format!(
        "line {} differs first; from the evidence: {}; in the file: {}",
        first.lines_before + 1,
        line(&first.written),
        line(&first.held)
    )
}
