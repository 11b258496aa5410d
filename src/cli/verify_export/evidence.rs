//! What any manifest says of evidence and program, compared with the database.

use anyhow::bail;

use super::{About, Checked};
use crate::cli::database;
use crate::cli::export::moment::Moment;
use crate::config::Config;
use crate::evidence::checkpoint;
use crate::evidence::note::{Note, VerifierKey};
use crate::model::hex;
use crate::record::{DERIVE_VERSION, Keyring, root_at};
use crate::report::manifest::{Completeness, Facts, SignedHead};
use crate::store::progress::Progress;
use crate::store::{Connection, migrate};

/// Rows of other rules, or of views that this program does not have, cannot be written again.
pub(super) fn refuse_newer(facts: &Facts) -> anyhow::Result<()> {
    let (schema, derive) = (facts.making.schema_version, facts.making.derive_version);
    if schema > migrate::known_version() || derive > DERIVE_VERSION {
        bail!(
            "it was made by {} (schema {schema}, rules {derive}), and this program knows schema {} and rules {DERIVE_VERSION}: \
             use that one or a newer",
            facts.making.program,
            migrate::known_version()
        );
    }
    Ok(())
}

/// Whether the database has the evidence that the file was made from.
pub(super) fn is_that_log(
    facts: &Facts,
    config: &Config,
    checked: &mut Checked,
) -> anyhow::Result<bool> {
    let database = database::to_read(config)?;
    let connection = &database.connection;
    let said = &facts.evidence;
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

/// What the manifest says besides, and follows from the evidence.
pub(super) fn compare_facts(
    connection: &Connection,
    moment: Moment,
    facts: &Facts,
    checked: &mut Checked,
) -> anyhow::Result<()> {
    let said = &facts.evidence;
    let found = moment.evidence(connection)?;
    if (&found.last_run, &found.origin) != (&said.last_run, &said.origin) {
        let what = "the manifest says another last run, or another origin, than the evidence does";
        checked.differs(About::Manifest, what);
    }
    // How many leaves waited when it was made cannot be known any more.
    let found = moment.completeness(connection, &facts.filters)?;
    let found = Completeness::of(
        found.coverage_gaps,
        found.coverage_gaps_open,
        found.listings_incomplete,
        facts.completeness.leaves_not_derived,
    );
    if found != facts.completeness {
        checked.differs(
            About::Manifest,
            format!(
                "the manifest counts {} gaps ({} open) and {} incomplete lists, the evidence {} ({}) and {}",
                facts.completeness.coverage_gaps,
                facts.completeness.coverage_gaps_open,
                facts.completeness.listings_incomplete,
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
