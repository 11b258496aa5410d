//! What an export may lack: stretches that nobody saw, lists that are not whole; and the run that came last.

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::StoreError;
use super::selection::{Conditions, Filter, Period, Time};
use crate::model::ALL_REGIONS;

/// What is asked about; every list empty: everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Ids and names of accounts.
    pub accounts: Vec<String>,
    /// Services.
    pub services: Vec<String>,
    /// Regions.
    pub regions: Vec<String>,
    /// Operations.
    pub operations: Vec<String>,
    /// The first instant, `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    pub since: Option<String>,
    /// The first instant after.
    pub until: Option<String>,
}

/// How much is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missing {
    /// Stretches in which something due was not seen, those in which no run began included.
    pub coverage_gaps: i64,
    /// Of them without an end.
    pub coverage_gaps_open: i64,
    /// Lists that are not whole.
    pub listings_incomplete: i64,
}

/// A run, as one looks back on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// Number of the run.
    pub run_id: i64,
    /// When it began, UTC.
    pub started_at: String,
    /// When it ended, UTC; `None` for one that died or goes on.
    pub ended_at: Option<String>,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<String>,
}

impl Scope {
    fn filters(&self, account_columns: &[&'static str]) -> Vec<Filter> {
        let filters = [
            (account_columns, &self.accounts),
            (&["service"], &self.services),
            (&["region_id"], &self.regions),
            (&["operation_id"], &self.operations),
        ];
        let asked = filters.into_iter().filter(|(_, values)| !values.is_empty());
        asked
            .map(|(columns, values)| Filter {
                columns: columns.to_vec(),
                values: values.clone(),
            })
            .collect()
    }

    /// The same for rows of watches: a watch that finds operations in all regions is of each of them. An operation
    /// never has that word as its region.
    fn filters_of_watches(&self) -> Vec<Filter> {
        let mut filters = self.filters(&["account_id", "label"]);
        let regions = filters.iter_mut();
        for filter in regions.filter(|filter| filter.columns == ["region_id"]) {
            filter.values.push(ALL_REGIONS.to_owned());
        }
        filters
    }

    fn period(&self, time: Time) -> Period {
        Period {
            time,
            since: self.since.clone(),
            until: self.until.clone(),
        }
    }
}

/// Counts what is missing. A stretch in which no run began concerns everything that is asked about.
pub fn missing(connection: &Connection, scope: &Scope) -> Result<Missing, StoreError> {
    let gap = Time::Stretch {
        from: &["gap_from"],
        until: "gap_until",
    };
    let mut found = Missing::default();
    for (which, filters) in [
        ("watch", scope.filters_of_watches()),
        ("recorder", Vec::new()),
    ] {
        let mut conditions = Conditions::of(&filters, Some(&scope.period(gap)));
        conditions.add(&format!("scope = '{which}'"));
        let sql = format!(
            "SELECT count(*), count(*) FILTER (WHERE gap_until IS NULL) FROM coverage_gaps{}",
            conditions.where_clause()
        );
        let (gaps, open): (i64, i64) =
            connection.query_row(&sql, params_from_iter(conditions.parameters()), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        found.coverage_gaps += gaps;
        found.coverage_gaps_open += open;
    }
    let began = scope.period(Time::Point("began_at"));
    let mut conditions = Conditions::of(&scope.filters(&["account_id"]), Some(&began));
    conditions.add("verdict = 'incomplete'");
    // A list of which no page was answered has no time of its own.
    let sql = format!(
        "SELECT count(*) FROM (
             SELECT l.account_id, l.service, l.region_id, l.operation_id, l.verdict,
                 coalesce(l.started_at, (SELECT r.started_at FROM collection_runs r WHERE r.run_id = l.run_id)) AS began_at
             FROM listings l){}",
        conditions.where_clause()
    );
    found.listings_incomplete =
        connection.query_row(&sql, params_from_iter(conditions.parameters()), |row| {
            row.get(0)
        })?;
    Ok(found)
}

/// The newest run; `None` before the first.
pub fn last_run(connection: &Connection) -> Result<Option<LastRun>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT run_id, started_at, ended_at, outcome FROM collection_runs
             WHERE run_id = (SELECT max(run_id) FROM run)",
        )?
        .query_row([], |row| {
            Ok(LastRun {
                run_id: row.get(0)?,
                started_at: row.get(1)?,
                ended_at: row.get(2)?,
                outcome: row.get(3)?,
            })
        })
        .optional()?)
}
