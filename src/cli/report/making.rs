//! A report from what was asked for, resolved: made now, or once more by `verify-export`.

use std::path::Path;

use anyhow::{Context as _, anyhow};

use super::{LEVELS, command, level_word};
use crate::cli::verify::{kept_by_program, signed};
use crate::config::Config;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::{Note, VerifierKey};
use crate::export::document::{Document, DocumentFormat, Language};
use crate::model::UtcMillis;
use crate::report::compliance::{IntegrityFacts, Made, Scope, compliance};
use crate::report::manifest::{COMPLIANCE, Filters, Keeper, KeptCheckpoint, Wanted};
use crate::store::Connection;
use crate::verify::{Depth, Report, verify_against};

/// What is made, of which moment.
pub(in crate::cli) struct Order<'a> {
    /// With a period.
    pub(in crate::cli) filters: &'a Filters,
    pub(in crate::cli) wanted: &'a Wanted,
    /// Leaves that the connection shows.
    pub(in crate::cli) size: i64,
    /// Root of the tree over them, hexadecimal; `None` where some of them are missing.
    pub(in crate::cli) root: Option<String>,
    pub(in crate::cli) leaves_not_derived: i64,
    /// The database's path; its name stands in the report.
    pub(in crate::cli) database: &'a Path,
}

/// The words of a manifest, understood.
pub(in crate::cli) struct Choices {
    pub(in crate::cli) format: DocumentFormat,
    language: Language,
    depth: Depth,
    keys: Vec<VerifierKey>,
}

impl Choices {
    /// What the words mean.
    ///
    /// # Errors
    /// For a word that this program does not know.
    pub(in crate::cli) fn of(wanted: &Wanted) -> anyhow::Result<Self> {
        let unknown = |word: &str| anyhow!("this program knows no '{word}' of a report");
        if wanted.name != COMPLIANCE {
            return Err(unknown(&wanted.name));
        }
        let mut formats = DocumentFormat::ALL.into_iter();
        let mut languages = Language::ALL.into_iter();
        let mut levels = LEVELS.into_iter();
        let keys = wanted.key.iter().map(|key| key.parse());
        Ok(Self {
            format: formats
                .find(|one| one.as_str() == wanted.format)
                .ok_or_else(|| unknown(&wanted.format))?,
            language: languages
                .find(|one| one.as_str() == wanted.lang)
                .ok_or_else(|| unknown(&wanted.lang))?,
            depth: levels
                .find(|one| level_word(*one) == wanted.verify)
                .ok_or_else(|| unknown(&wanted.verify))?,
            keys: keys.collect::<Result<_, _>>()?,
        })
    }
}

/// The document, and whether the verification of the database found that all agrees.
pub(in crate::cli) fn document(
    connection: &Connection,
    config: &Config,
    order: &Order<'_>,
) -> anyhow::Result<(Document, bool)> {
    let (filters, wanted) = (order.filters, order.wanted);
    let choices = Choices::of(wanted)?;
    let scope = Scope {
        since: instant(&filters.since)?,
        until: instant(&filters.until)?,
        accounts: filters.account.clone(),
        services: filters.service.clone(),
        regions: filters.region.clone(),
    };
    let window = scope.window(connection)?;
    // After the moment of the report is fixed: what is verified is that, and maybe more.
    let integrity = IntegrityFacts {
        depth: choices.depth,
        found: verified(config, &choices, &wanted.compared_with)?,
        root: order.root.clone(),
    };
    let name = order.database.file_name().unwrap_or_default();
    let made = Made {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: command::again(filters, wanted, order.size),
        accounts: wanted.account.clone(),
        database: name.to_string_lossy().into_owned(),
        size: order.size,
        leaves_not_derived: order.leaves_not_derived,
    };
    let document = compliance(connection, &window, &made, &integrity, choices.language)?;
    Ok((document, integrity.found.agrees()))
}

fn instant(text: &Option<String>) -> anyhow::Result<Option<UtcMillis>> {
    let parsed = text.as_ref().map(|text| {
        UtcMillis::parse_rfc3339(text).with_context(|| format!("'{text}' is no time in UTC"))
    });
    parsed.transpose()
}

/// Verifies the configured database against these copies, and no other.
fn verified(
    config: &Config,
    choices: &Choices,
    copies: &[KeptCheckpoint],
) -> anyhow::Result<Report> {
    let mut held = Vec::new();
    let mut refused = Vec::new();
    for copy in copies {
        let (source, bytes) = (copy.source.clone(), copy.note.as_bytes());
        match copy.by {
            Keeper::State => {
                let note = Note::parse(bytes)?;
                let checkpoint = Checkpoint::parse_text(note.text())?;
                held.push(kept_by_program(source, checkpoint, note));
            }
            Keeper::Others => match signed(source, bytes, &choices.keys)? {
                Ok(head) => held.push(head),
                Err(difference) => refused.push(difference),
            },
        }
    }
    let mut report = verify_against(&config.database, choices.depth, &held, &choices.keys)?;
    refused.into_iter().for_each(|one| report.add(one));
    Ok(report)
}
