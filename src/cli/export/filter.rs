//! From what was typed, or from a manifest, to the rows that are meant.

use clap::Args;

use crate::cli::UsageError;
use crate::cli::dataset::{DATASETS, Dataset};
use crate::cli::values::{region, service, some_text};
use crate::cli::when::{AsOf, When, as_of, when};
use crate::config::Zone;
use crate::model::{Service, UtcMillis};
use crate::report::manifest::Filters;
use crate::store::selection::{ACCOUNT_TOLD, Filter, Period, Selection, columns};
use crate::store::{Connection, StoreError};

/// Which rows. Values of one option are alternatives, different options narrow each other. With
/// the global `--account`; every filter empty: all rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct FilterArgs {
    /// Only this service: ros, bpstudio (or cadt), alidns; repeatable
    #[arg(long, value_name = "SERVICE", value_parser = service)]
    pub service: Vec<Service>,

    /// Only this region; repeatable
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub region: Vec<String>,

    /// Only this operation; repeatable
    #[arg(long, value_name = "ID", value_parser = some_text)]
    pub operation: Vec<String>,

    /// Only results in this account that is deployed to; repeatable
    #[arg(long, value_name = "ID", value_parser = some_text)]
    pub target_account: Vec<String>,

    /// Only results in this region that is deployed to; repeatable
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub target_region: Vec<String>,

    /// Only this status, as the cloud spells it; repeatable
    #[arg(long, value_name = "STATUS", value_parser = some_text)]
    pub status: Vec<String>,

    /// Only what was at this time or later; see below
    #[arg(long, value_name = "TIME", value_parser = when, allow_hyphen_values = true)]
    pub since: Option<When>,

    /// Only what was before this time
    #[arg(long, value_name = "TIME", value_parser = when, allow_hyphen_values = true)]
    pub until: Option<When>,

    /// What was known at this time, or said by so many leaves of evidence
    #[arg(long, value_name = "TIME|SIZE", value_parser = as_of, allow_hyphen_values = true)]
    pub as_of: Option<AsOf>,
}

impl FilterArgs {
    /// What is meant by these, at an instant that is called now, with the words of `--account`.
    ///
    /// # Errors
    /// [`UsageError`] for a period in which nothing can be.
    pub(super) fn resolve(
        &self,
        accounts: Vec<String>,
        as_of: Option<i64>,
        now: UtcMillis,
        zone: &Zone,
    ) -> Result<Filters, UsageError> {
        let instant = |when: Option<When>| when.map(|when| when.resolve(now, zone));
        let (since, until) = (instant(self.since), instant(self.until));
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            return Err(UsageError(format!(
                "nothing is between --since, {}, and --until, {}; the first has to be earlier",
                zone.to_text(since),
                zone.to_text(until)
            )));
        }
        let services = self.service.iter();
        Ok(Filters {
            account: accounts,
            service: services
                .map(|service| service.as_str().to_owned())
                .collect(),
            region: self.region.clone(),
            operation: self.operation.clone(),
            target_account: self.target_account.clone(),
            target_region: self.target_region.clone(),
            status: self.status.clone(),
            since: since.map(|at| at.to_string()),
            until: until.map(|at| at.to_string()),
            as_of,
        })
    }
}

/// One filter: the columns that it is about, its flag, and its values.
type Known = (
    &'static [&'static str],
    &'static str,
    fn(&Filters) -> &Vec<String>,
);

const FILTERS: [Known; 7] = [
    // Rows of what was never told whose it is bear the label alone.
    (&["account_id", "label"], "--account", |all| &all.account),
    (&["service"], "--service", |all| &all.service),
    (&["region_id"], "--region", |all| &all.region),
    (&["operation_id"], "--operation", |all| &all.operation),
    (&["target_account_id"], "--target-account", |all| {
        &all.target_account
    }),
    (&["target_region_id"], "--target-region", |all| {
        &all.target_region
    }),
    (&["status"], "--status", |all| &all.status),
];

/// The dataset of which rows may bear a label where their run was told the account.
const REQUESTS: &str = "requests";

/// The rows of a dataset that these filters mean.
///
/// # Errors
/// [`UsageError`] for a filter that the dataset cannot have, or [`StoreError`].
pub(in crate::cli) fn selection(
    connection: &Connection,
    dataset: &Dataset,
    filters: &Filters,
) -> anyhow::Result<Selection> {
    let columns = columns(connection, dataset.view)?;
    if columns.is_empty() {
        let what = format!("the view {} is not there", dataset.view);
        return Err(StoreError::Inconsistent(what).into());
    }
    let mut narrowing = Vec::new();
    for (wanted, flag, values) in FILTERS {
        let values = values(filters);
        if values.is_empty() {
            continue;
        }
        let has = |column: &&&'static str| columns.iter().any(|name| name == **column);
        let mut found: Vec<&'static str> = wanted.iter().filter(has).copied().collect();
        if dataset.view == REQUESTS && wanted.contains(&"label") {
            found.push(ACCOUNT_TOLD);
        }
        if found.is_empty() {
            return Err(UsageError(format!(
                "{} has no column {}; leave {flag} out",
                dataset.view,
                wanted.first().unwrap_or(&""),
            ))
            .into());
        }
        narrowing.push(Filter {
            columns: found,
            values: values.clone(),
        });
    }
    Ok(Selection {
        view: dataset.view,
        columns,
        order: dataset.key,
        is_by_operation: dataset.is_by_operation,
        filters: narrowing,
        period: period(dataset, filters)?,
    })
}

fn period(dataset: &Dataset, filters: &Filters) -> Result<Option<Period>, UsageError> {
    if filters.since.is_none() && filters.until.is_none() {
        return Ok(None);
    }
    let Some(time) = dataset.time else {
        let others = DATASETS.iter().filter(|dataset| dataset.time.is_some());
        let others: Vec<&str> = others.map(|dataset| dataset.view).collect();
        return Err(UsageError(format!(
            "a row of {} has no time; leave --since and --until out, or export one that has: {}",
            dataset.view,
            others.join(", ")
        )));
    };
    Ok(Some(Period {
        time,
        since: filters.since.clone(),
        until: filters.until.clone(),
    }))
}
