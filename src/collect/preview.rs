//! What a run would ask now, and why. Reads alone: it takes no lock and writes nothing.

use std::collections::BTreeSet;
use std::fmt;

use super::declared::CONFIGURATION;
use super::due::{Watched, due, read_watches};
use super::round::{Collector, CollectorError, RoundOptions};
use crate::evidence::leaf::Watch;
use crate::model::{HOUR_MS, Service, UtcMillis, WatchState};
use crate::record::target_of;
use crate::store::watches::{self, WatchTarget};
use crate::store::{StoreError, open};

/// How long the cloud answers about a CADT operation, ms (BPStudio, GetExecuteOperationResult).
const CADT_ID_LIFETIME_MS: i64 = HOUR_MS;

/// Why a watch is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was never asked.
    New,
    /// Its operation has not ended.
    Running,
    /// The run before left it over.
    Overdue,
    /// Its id dies then, if the clocks agree.
    ExpiresBy(UtcMillis),
    /// It has ended and is asked again on request.
    Recheck,
    /// Its results never came whole: it is asked once a day.
    Daily,
    /// It finds others.
    Discovery,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new"),
            Self::Running => f.write_str("running"),
            Self::Overdue => f.write_str("overdue"),
            Self::ExpiresBy(at) => write!(f, "expires by {at}"),
            Self::Recheck => f.write_str("recheck"),
            Self::Daily => f.write_str("daily"),
            Self::Discovery => f.write_str("discovery"),
        }
    }
}

impl Why {
    fn of(watched: &Watched, is_left_over: bool) -> Self {
        match watched.row.state {
            None | Some(WatchState::Active) => {}
            Some(WatchState::Unsettled) => return Self::Daily,
            Some(_) => return Self::Recheck,
        }
        if watched.service == Service::Bpstudio {
            return Self::ExpiresBy(watched.born_at().plus_ms(CADT_ID_LIFETIME_MS));
        }
        match watched.row.last_sequence {
            _ if is_left_over => Self::Overdue,
            None => Self::New,
            Some(_) if watched.row.target.is_moving() => Self::Discovery,
            Some(_) => Self::Running,
        }
    }
}

impl Collector {
    /// What a run would ask first, in order, with the watches that `declared` would add and without those that
    /// it would give up. New watches bear the number 0.
    ///
    /// # Errors
    /// [`CollectorError::NothingWatched`], [`CollectorError::NoDatabase`], or the database cannot be read.
    pub fn preview(
        &self,
        options: &RoundOptions,
        declared: Vec<Watch>,
    ) -> Result<Vec<(Watched, Why)>, CollectorError> {
        let (watched, left_over) = self.watched_with(options, declared)?;
        let watched = watched
            .into_iter()
            .filter(|watched| self.is_asked_for(&watched.row.target.label, options))
            .collect();
        let due = due(
            watched,
            &options.services,
            options.recheck,
            self.clock.now(),
        );
        Ok(due
            .into_iter()
            .map(|watched| {
                let why = Why::of(&watched, left_over.contains(&watched.row.watch_id));
                (watched, why)
            })
            .collect())
    }

    fn watched_with(
        &self,
        options: &RoundOptions,
        declared: Vec<Watch>,
    ) -> Result<(Vec<Watched>, BTreeSet<i64>), CollectorError> {
        let db = match open::read_only(&self.database) {
            Ok(db) => db,
            Err(StoreError::Missing(_)) if !declared.is_empty() => {
                let new = declared.into_iter().filter_map(announced).collect();
                return Ok((new, BTreeSet::new()));
            }
            Err(StoreError::Missing(path)) => return Err(CollectorError::NoDatabase(path)),
            Err(error) => return Err(error.into()),
        };
        if declared.is_empty() && watches::count(&db)? == 0 {
            return Err(CollectorError::NothingWatched(self.database.clone()));
        }
        let mut watched = read_watches(&db, options.recheck)?;
        let targets: Vec<WatchTarget> = declared.iter().map(target_of).collect();
        let undeclared: BTreeSet<i64> = watches::of_origin(&db, CONFIGURATION)?
            .into_iter()
            .filter(|(_, target)| !targets.contains(target))
            .map(|(watch_id, _)| watch_id)
            .collect();
        watched.retain(|watched| !undeclared.contains(&watched.row.watch_id));
        for (watch, target) in declared.into_iter().zip(&targets) {
            if watches::find(&db, target)?.is_none() {
                watched.extend(announced(watch));
            }
        }
        Ok((watched, watches::left_over(&db)?.into_iter().collect()))
    }
}

/// A watch that is not added yet.
fn announced(watch: Watch) -> Option<Watched> {
    let service = watch.service?;
    Some(Watched::new(0, watch, service))
}
