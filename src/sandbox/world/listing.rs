//! One page of the results of a stack-group operation.
//!
//! Pure: the page is a function of the operation, the instant and the number of pages served.

use super::pages::Places;
use super::ros::RosOperation;
use super::rows::{Row, RowState};
use super::stop::is_final;
use crate::model::UtcMillis;
use crate::sandbox::answer::{Object, Value};
use crate::sandbox::call::PageRequest;

/// One page as it is served.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Page {
    places: Places,
    /// The true number of rows at this instant.
    pub(super) total: u32,
    /// Row number, row, and what it says now.
    pub(super) rows: Vec<(u32, Row, RowState)>,
}

impl Page {
    /// A page of the results at `now`, after `served` pages were served before it.
    pub(super) fn of(
        operation: &RosOperation,
        now: UtcMillis,
        served: u32,
        asked: PageRequest,
    ) -> Self {
        let listed = Listed::at(operation, now);
        let total = listed.count();
        let running = operation.status_at(now).is_some_and(|s| !is_final(&s));
        let places = Places::of(operation.spec.paging, total, served, running, asked);
        let rows = places.places.iter().filter_map(|place| {
            let row_number = listed.row_number(*place);
            let row = operation.row(row_number)?;
            let state = row.history.at(now).cloned().flatten()?;
            Some((row_number, row, state))
        });
        Self {
            total,
            rows: rows.collect(),
            places,
        }
    }

    /// The body of ListStackGroupOperationResults.
    pub(super) fn answer(&self) -> Object {
        let rows = self.rows.iter().map(|(_, row, state)| {
            Object::new()
                .with("AccountId", &row.account_id)
                .with("RegionId", &row.region_id)
                .with("Status", state.status.clone())
                .with_some("StatusReason", state.reason.clone())
                .with_some("RdFolderId", row.folder_id.as_ref())
                .into()
        });
        self.places
            .head()
            .with("StackGroupOperationResults", Value::List(rows.collect()))
    }
}

/// Which rows are listed at one instant, in order. All of them is the common case and costs nothing.
enum Listed {
    All(u32),
    Some(Vec<u32>),
}

impl Listed {
    fn at(operation: &RosOperation, now: UtcMillis) -> Self {
        let count = operation.row_count();
        if matches!(operation.spec.rows, super::rows::Rows::Formula(_)) {
            let begun = operation
                .row(0)
                .is_some_and(|row| row.history.at(now).is_some());
            return Self::All(if begun { count } else { 0 });
        }
        let is_listed = |number: &u32| {
            let row = operation.row(*number);
            row.is_some_and(|row| matches!(row.history.at(now), Some(Some(_))))
        };
        Self::Some((0..count).filter(is_listed).collect())
    }

    fn count(&self) -> u32 {
        match self {
            Self::All(count) => *count,
            // There are no more of them than row numbers.
            Self::Some(numbers) => u32::try_from(numbers.len()).unwrap_or(u32::MAX),
        }
    }

    fn row_number(&self, place: u32) -> u32 {
        match self {
            Self::All(_) => place,
            Self::Some(numbers) => numbers[place as usize],
        }
    }
}

#[cfg(test)]
mod tests;
