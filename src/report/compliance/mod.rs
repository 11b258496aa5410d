//! The compliance report: a record of operations, and of its own completeness, for a period and a scope.
//!
//! Read once as typed rows (`facts`), counted into figures (`completeness`, `schedule`: pure), then told in one of
//! two languages (`words` holds every sentence). It reads no clock: of the time after the newest evidence it says
//! that nothing is known. The same evidence, asked the same, gives the same document.
//!
//! It does not verify: what a verification came to is handed in. Depends on `store`, `verify` and the shapes of
//! `export`.

mod completeness;
mod coverage;
mod durations;
mod facts;
mod head;
mod integrity;
mod operations;
mod others;
mod schedule;
mod statement;
mod table;
mod words;

use crate::export::document::{Document, Language};
use crate::model::UtcMillis;
use crate::store::report::log;
use crate::store::{Connection, StoreError, migrate};

pub use crate::store::report::Window;
pub use completeness::{Completeness, Figure};
pub use facts::{Facts, FailedResult, TargetCounts, Used};
pub use integrity::IntegrityFacts;
pub use schedule::Schedule;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The database could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The period has no moment.
    #[error(
        "the period ends at {until}, before it begins at {since}; --since must be before --until"
    )]
    NoPeriod {
        /// Its first instant.
        since: UtcMillis,
        /// The first instant after it.
        until: UtcMillis,
    },
}

/// Which period and whose rows, as far as they were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The first instant; else the time of the first leaf.
    pub since: Option<UtcMillis>,
    /// The first instant after it; else just after the newest leaf.
    pub until: Option<UtcMillis>,
    /// Ids and labels of accounts; none: all.
    pub accounts: Vec<String>,
    /// Words of services; none: all.
    pub services: Vec<String>,
    /// Regions; none: all.
    pub regions: Vec<String>,
}

impl Scope {
    /// The period and the scope, with what the evidence says where nothing was asked.
    pub fn window(self, connection: &Connection) -> Result<Window, ReportError> {
        let bounds = log::bounds(connection)?;
        let (first, last) = bounds.unwrap_or((UtcMillis(0), UtcMillis(0)));
        let since = self.since.unwrap_or(first);
        let until = self.until.unwrap_or(last.max(since).plus_ms(1));
        if until <= since {
            return Err(ReportError::NoPeriod { since, until });
        }
        Ok(Window {
            since,
            until,
            evidence_end: last,
            accounts: self.accounts,
            services: self.services,
            regions: self.regions,
        })
    }
}

/// What made the report, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Version of the program.
    pub version: String,
    /// The command that makes it again, every choice spelled out.
    pub command: String,
    /// Accounts as they were asked for.
    pub accounts: Vec<String>,
    /// File name of the database.
    pub database: String,
    /// Leaves that the connection shows.
    pub size: i64,
    /// Later leaves, of which no rows are derived yet.
    pub leaves_not_derived: i64,
}

/// A report while it is being told.
struct Report<'r> {
    language: Language,
    window: &'r Window,
    facts: &'r Facts,
    figures: &'r Completeness,
    integrity: &'r IntegrityFacts,
    size: i64,
    leaves_not_derived: i64,
}

/// Reads what the report is made from, and its figures.
pub fn figures(
    connection: &Connection,
    window: &Window,
    size: i64,
) -> Result<(Facts, Completeness), ReportError> {
    let facts = facts::read(connection, window, size)?;
    let figures = Completeness::of(&facts, window);
    Ok((facts, figures))
}

/// Makes the report of the moment that the connection shows.
pub fn compliance(
    connection: &Connection,
    window: &Window,
    made: &Made,
    integrity: &IntegrityFacts,
    language: Language,
) -> Result<Document, ReportError> {
    let (mut facts, figures) = figures(connection, window, made.size)?;
    let targets = std::mem::take(&mut facts.targets);
    let report = Report {
        language,
        window,
        facts: &facts,
        figures: &figures,
        integrity,
        size: made.size,
        leaves_not_derived: made.leaves_not_derived,
    };
    Ok(Document {
        language,
        title: words::titles::TITLE.of(language).to_owned(),
        facts: report.head(made, migrate::schema_version(connection)?),
        sections: report.sections(targets),
    })
}
