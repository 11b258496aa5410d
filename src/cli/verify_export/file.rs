//! One file with its manifest: read, compared with the database, and written again.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::{About, Checked};
use crate::cli::database;
use crate::cli::dataset;
use crate::cli::export::FormatArgs;
use crate::cli::export::file::{manifest_path, sha256_of, write_rows_of};
use crate::cli::export::filter::selection;
use crate::cli::export::moment::{self, Moment};
use crate::config::Config;
use crate::evidence::checkpoint;
use crate::evidence::note::{Note, VerifierKey};
use crate::record::{DERIVE_VERSION, Keyring, root_at};
use crate::report::compare::{Comparison, FirstDifference};
use crate::report::manifest::{BYTES_MAX, Completeness, Manifest, SignedHead, hex};
use crate::store::progress::Progress;
use crate::store::{Connection, migrate};

/// Checks it; gives its manifest, too.
///
/// # Errors
/// Where it cannot be checked: file, manifest or database cannot be read, or are of a newer program.
pub(super) fn check(path: &Path, config: &Config) -> anyhow::Result<(Checked, Manifest)> {
    let mut checked = Checked::of(path);
    let beside = manifest_path(path);
    let text = read_manifest(&beside)?;
    let cannot = || format!("cannot check {}", path.display());
    let (manifest, is_as_written) = Manifest::parse(&text)
        .with_context(|| beside.display().to_string())
        .with_context(cannot)?;
    refuse_newer(&manifest).with_context(cannot)?;
    checked.dataset = Some(manifest.dataset.clone());
    checked.rows = Some(manifest.rows);
    checked.evidence_size = Some(manifest.evidence.evidence_size);
    checked.evidence_root = Some(manifest.evidence.evidence_root.clone());
    if !is_as_written {
        let what = "the manifest was changed: its text is not that of its digest";
        checked.differs(About::Manifest, what);
    }
    compare_file(path, &manifest, &mut checked)?;
    if is_that_log(&manifest, config, &mut checked).with_context(cannot)? {
        write_again(path, &manifest, config, &mut checked).with_context(cannot)?;
    }
    Ok((checked, manifest))
}

fn read_manifest(path: &Path) -> anyhow::Result<String> {
    let cannot = || {
        format!(
            "cannot read {}: only an export with its manifest beside it can be checked",
            path.display()
        )
    };
    let file = File::open(path).with_context(cannot)?;
    let mut text = String::new();
    file.take(BYTES_MAX + 1)
        .read_to_string(&mut text)
        .with_context(cannot)?;
    if text.len() as u64 > BYTES_MAX {
        bail!(
            "{} has more than {BYTES_MAX} bytes; is it the right file?",
            path.display()
        );
    }
    Ok(text)
}

/// Rows of other rules, or of views that this program does not have, cannot be written again.
fn refuse_newer(manifest: &Manifest) -> anyhow::Result<()> {
    let (schema, derive) = (
        manifest.making.schema_version,
        manifest.making.derive_version,
    );
    if schema > migrate::known_version() || derive > DERIVE_VERSION {
        bail!(
            "it was made by {} (schema {schema}, rules {derive}), and this program knows schema {} and rules {DERIVE_VERSION}: \
             use that one or a newer",
            manifest.making.program,
            migrate::known_version()
        );
    }
    Ok(())
}

fn compare_file(path: &Path, manifest: &Manifest, checked: &mut Checked) -> anyhow::Result<()> {
    let (sha256, bytes) = sha256_of(path)?;
    if bytes != manifest.bytes {
        let said = manifest.bytes;
        let what = format!("the file has {bytes} bytes, its manifest says {said}");
        checked.differs(About::File, what);
    }
    if sha256 != manifest.sha256 {
        let said = &manifest.sha256;
        let what = format!("the file's SHA-256 is {sha256}, its manifest says {said}");
        checked.differs(About::File, what);
    }
    Ok(())
}

/// Whether the database has the evidence that the file was made from.
fn is_that_log(
    manifest: &Manifest,
    config: &Config,
    checked: &mut Checked,
) -> anyhow::Result<bool> {
    let database = database::to_read(config)?;
    let connection = &database.connection;
    let said = &manifest.evidence;
    let log = Keyring::read(connection)?.log;
    // Before the first leaf there was no log to name.
    if log != said.log && said.evidence_size > 0 {
        let name = |log: &Option<String>| log.clone().unwrap_or_else(|| "no".to_owned());
        checked.differs(
            About::Evidence,
            format!(
                "the manifest is about the log {}, the database holds the log {}",
                name(&said.log),
                name(&log)
            ),
        );
        return Ok(false);
    }
    let progress = Progress::read(connection)?;
    let (size, all) = (said.evidence_size, progress.evidence_size);
    if size > all || size < 0 {
        let what = format!("the database has {all} leaves of evidence, the manifest says {size}");
        checked.differs(About::Evidence, what);
        return Ok(false);
    }
    if size > progress.derived_through + 1 {
        bail!(
            "rows of this evidence wait to be derived: `optrail collect` or `optrail rebuild` does it"
        );
    }
    let root = hex(&root_at(connection, size)?);
    if root != said.evidence_root {
        checked.differs(
            About::Evidence,
            format!(
                "the root of the first {size} leaves of the database is {root}, the manifest says {}",
                said.evidence_root
            ),
        );
        return Ok(false);
    }
    Ok(true)
}

/// Writes the rows again as of the size of the manifest and compares all that follows from the evidence.
fn write_again(
    path: &Path,
    manifest: &Manifest,
    config: &Config,
    checked: &mut Checked,
) -> anyhow::Result<()> {
    let size = manifest.evidence.evidence_size;
    let source = moment::open_at(config, size)?;
    source.database.read(|connection| {
        let moment = Moment::of(connection, &source)?;
        compare_facts(connection, moment, manifest, checked)?;
        let dataset = match dataset::find(&manifest.dataset) {
            Ok(dataset) => dataset,
            Err(error) => {
                checked.differs(About::Manifest, error.to_string());
                return Ok(());
            }
        };
        let rows = match selection(connection, dataset, &manifest.filters) {
            Ok(rows) => rows,
            Err(error) => {
                checked.differs(About::Manifest, format!("its filters: {error}"));
                return Ok(());
            }
        };
        let (format, layout) = match manifest.layout.options() {
            Ok(options) => options,
            Err(error) => {
                checked.differs(About::Manifest, format!("its layout: {error}"));
                return Ok(());
            }
        };
        let cannot = || format!("cannot read {}", path.display());
        let held = BufReader::new(File::open(path).with_context(cannot)?);
        let mut comparison = Comparison::with(held);
        let format = FormatArgs { format, layout };
        let written = write_rows_of(connection, &rows, &format, &mut comparison)?;
        if let Some(first) = comparison.finish().with_context(cannot)? {
            checked.differs(
                About::Rows,
                first_difference(&first, &manifest.layout.format),
            );
        }
        if written != manifest.rows {
            let said = manifest.rows;
            let what = format!("the evidence gives {written} rows, the manifest says {said}");
            checked.differs(About::Rows, what);
        }
        Ok(())
    })
}

/// What the manifest says besides, and follows from the evidence.
fn compare_facts(
    connection: &Connection,
    moment: Moment,
    manifest: &Manifest,
    checked: &mut Checked,
) -> anyhow::Result<()> {
    let said = &manifest.evidence;
    let found = moment.evidence(connection)?;
    if (&found.last_run, &found.origin) != (&said.last_run, &said.origin) {
        let what = "the manifest says another last run, or another origin, than the evidence does";
        checked.differs(About::Manifest, what);
    }
    // How many leaves waited when it was made cannot be known any more.
    let found = moment.completeness(connection, &manifest.filters)?;
    let found = Completeness::of(
        found.coverage_gaps,
        found.coverage_gaps_open,
        found.listings_incomplete,
        manifest.completeness.leaves_not_derived,
    );
    if found != manifest.completeness {
        checked.differs(
            About::Manifest,
            format!(
                "the manifest counts {} gaps ({} open) and {} incomplete lists, the evidence {} ({}) and {}",
                manifest.completeness.coverage_gaps,
                manifest.completeness.coverage_gaps_open,
                manifest.completeness.listings_incomplete,
                found.coverage_gaps,
                found.coverage_gaps_open,
                found.listings_incomplete
            ),
        );
    }
    if let Some(head) = &said.checkpoint
        && let Err(reason) = compare_checkpoint(connection, head, said.evidence_size)?
    {
        let what = format!("the checkpoint in the manifest does not hold: {reason}");
        checked.differs(About::Manifest, what);
    }
    Ok(())
}

/// Whether a key of the log signed it, and the database has what it covers.
fn compare_checkpoint(
    connection: &Connection,
    head: &SignedHead,
    size: i64,
) -> anyhow::Result<Result<(), String>> {
    let keyring = Keyring::read(connection)?;
    let opened = || {
        let note = Note::parse(head.note.as_bytes()).map_err(|error| error.to_string())?;
        let made = keyring.of_origin(&head.origin);
        let made = made.ok_or_else(|| format!("the log has no key {}", head.origin))?;
        let key: VerifierKey = made.vkey.parse().map_err(|error| format!("{error}"))?;
        checkpoint::open(&note, &key).map_err(|error| error.to_string())
    };
    let signed = match opened() {
        Ok(signed) => signed,
        Err(reason) => return Ok(Err(reason)),
    };
    if i64::try_from(signed.size) != Ok(head.size) || head.size > size {
        return Ok(Err("it is of another size".to_owned()));
    }
    if root_at(connection, head.size)? != signed.root {
        return Ok(Err("its root is not that of the database".to_owned()));
    }
    Ok(Ok(()))
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
