//! One page of the results of a stack-group operation, and the ways in which paging misbehaves.
//!
//! Pure: the page is a function of the operation, the instant and the number of pages served.

use super::ros::RosOperation;
use super::rows::{Row, RowState};
use super::stop::is_final;
use crate::model::UtcMillis;
use crate::sandbox::answer::{Object, Value};

/// How `TotalCount` is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TotalCount {
    /// As a number, the true one.
    #[default]
    Number,
    /// Not at all.
    Missing,
    /// As text.
    Text,
    /// As a number that is one too high on every second page.
    Changing,
}

/// How the listing of the results behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Paging {
    /// The server answers no larger page, and says so in `PageSize`.
    pub page_size_cap: Option<u32>,
    /// While the operation runs, every page served moves the rows by this many places, so that the
    /// pages of one reading overlap and miss rows. 0: the order is stable.
    pub shift: u32,
    /// How `TotalCount` is given.
    pub total_count: TotalCount,
}

/// One page as it is served.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Page {
    number: u32,
    size: u32,
    /// The true number of rows at this instant.
    pub(super) total: u32,
    total_count: Option<Value>,
    /// Row number, row, and what it says now.
    pub(super) rows: Vec<(u32, Row, RowState)>,
}

impl Page {
    /// Page `number` of the results at `now`, after `served` pages were served before it.
    pub(super) fn of(
        operation: &RosOperation,
        now: UtcMillis,
        served: u32,
        number: u32,
        asked_size: u32,
    ) -> Self {
        let paging = operation.spec.paging;
        let size = paging
            .page_size_cap
            .map_or(asked_size, |cap| cap.min(asked_size));
        let listed = Listed::at(operation, now);
        let total = listed.count();
        let running = operation.status_at(now).is_some_and(|s| !is_final(&s));
        let shift = match total {
            0 => 0,
            _ if running => served.wrapping_mul(paging.shift) % total,
            _ => 0,
        };
        let first = u64::from(number - 1) * u64::from(size);
        let last = (first + u64::from(size)).min(u64::from(total));
        let rows = (first..last)
            .filter_map(|place| {
                let moved = (place + u64::from(total - shift)) % u64::from(total);
                let row_number = listed.row_number(u32::try_from(moved).ok()?);
                let row = operation.row(row_number)?;
                let state = row.history.at(now).cloned().flatten()?;
                Some((row_number, row, state))
            })
            .collect();
        let total_count = match paging.total_count {
            TotalCount::Number => Some(Value::from(total)),
            TotalCount::Missing => None,
            TotalCount::Text => Some(Value::from(total.to_string())),
            TotalCount::Changing => Some(Value::from(total + served % 2)),
        };
        Self {
            number,
            size,
            total,
            total_count,
            rows,
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
        Object::new()
            .with("PageNumber", self.number)
            .with("PageSize", self.size)
            .with_some("TotalCount", self.total_count.clone())
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
