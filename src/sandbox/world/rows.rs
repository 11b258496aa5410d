//! The results of a stack-group operation: one row for each target account and region.
//!
//! Pure. A small operation lists its rows; a huge one has a formula that makes row number `n` on
//! demand, so that a page of fifty costs the same out of ten rows and out of a hundred thousand.

use std::borrow::Cow;

use super::schedule::Schedule;
use crate::model::UtcMillis;

/// A word or a text of an answer.
pub type Word = Cow<'static, str>;

/// What one row says at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowState {
    /// `Status` as sent.
    pub status: Word,
    /// `StatusReason` as sent; `None`: the field is absent.
    pub reason: Option<Word>,
}

impl RowState {
    /// A state without a reason.
    pub fn of(status: impl Into<Word>) -> Self {
        Self {
            status: status.into(),
            reason: None,
        }
    }

    /// A state and why.
    pub fn because(status: impl Into<Word>, reason: impl Into<Word>) -> Self {
        Self {
            status: status.into(),
            reason: Some(reason.into()),
        }
    }
}

/// One target account and region, with its whole history.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The target account, 16 digits.
    pub account_id: String,
    /// The target region.
    pub region_id: String,
    /// `RdFolderId`, of service-managed groups.
    pub folder_id: Option<String>,
    /// What the row says over time; `None`: the row is not listed then. It may come back.
    pub history: Schedule<Option<RowState>>,
}

/// The rows of one operation, numbered from 0 in the order in which they are listed.
#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    /// Each written out.
    Listed(Vec<Row>),
    /// Each made on demand.
    Formula(RowFormula),
}

impl Rows {
    /// How many rows there ever are.
    pub fn count(&self) -> u32 {
        match self {
            // A listing of four thousand million rows does not fit in memory.
            Self::Listed(rows) => u32::try_from(rows.len()).unwrap_or(u32::MAX),
            Self::Formula(formula) => formula.count,
        }
    }

    /// Row number `number`; `None` at or past the count.
    pub fn row(&self, number: u32) -> Option<Row> {
        match self {
            Self::Listed(rows) => rows.get(number as usize).cloned(),
            Self::Formula(formula) => formula.row(number),
        }
    }
}

/// Rows by rule: number `n` waits, runs, and ends, one wave of targets after the other; one in
/// `fails_one_in` fails. Every row is listed from the beginning on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFormula {
    /// How many rows.
    pub count: u32,
    /// From when on they are listed.
    pub begins_at: UtcMillis,
    /// How many targets run at a time.
    pub wave: u32,
    /// How long a target runs.
    pub wave_ms: u32,
    /// One in so many fails; 0: none.
    pub fails_one_in: u32,
}

/// The target regions of a formula, in the order of the deployment.
const REGIONS: [&str; 8] = [
    "cn-hangzhou",
    "cn-beijing",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-hongkong",
    "ap-southeast-1",
    "eu-central-1",
    "us-west-1",
];

/// The target account of a formula's first rows; each further one is one higher. 16 digits.
const FIRST_TARGET_ACCOUNT: u64 = 1_500_000_000_000_000;

impl RowFormula {
    /// Rows that run in waves of 500, a minute each, one in 97 failing.
    pub fn of(count: u32, begins_at: UtcMillis) -> Self {
        Self {
            count,
            begins_at,
            wave: 500,
            wave_ms: 60_000,
            fails_one_in: 97,
        }
    }

    /// When the last row has ended, in milliseconds after the beginning.
    pub fn takes_ms(&self) -> u32 {
        let waves = self.count.div_ceil(self.wave.max(1));
        waves.saturating_mul(self.wave_ms)
    }

    fn row(&self, number: u32) -> Option<Row> {
        if number >= self.count {
            return None;
        }
        let regions = u32::try_from(REGIONS.len()).unwrap_or(1);
        let waits_ms = (number / self.wave.max(1)).saturating_mul(self.wave_ms);
        let fails = self.fails_one_in > 0 && number % self.fails_one_in == self.fails_one_in - 1;
        let end = if fails {
            RowState::because("FAILED", "The quota of the target account is used up.")
        } else {
            RowState::because("SUCCEEDED", "")
        };
        let history = Schedule::starting(self.begins_at, Some(RowState::of("PENDING")))
            .then(waits_ms, Some(RowState::of("RUNNING")))
            .then(self.wave_ms, Some(end));
        Some(Row {
            account_id: (FIRST_TARGET_ACCOUNT + u64::from(number / regions)).to_string(),
            region_id: REGIONS[(number % regions) as usize].to_owned(),
            folder_id: None,
            history,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_formula_names_every_target_once_and_ends_when_it_says() {
        let formula = RowFormula::of(2_000, UtcMillis(1_000));
        let end = UtcMillis(1_000).plus_ms(i64::from(formula.takes_ms()));
        let rows = Rows::Formula(formula);
        let mut targets = HashSet::new();
        let mut failed = 0;
        for number in 0..rows.count() {
            let row = rows.row(number).unwrap();
            assert_eq!(row.account_id.len(), 16);
            assert!(targets.insert((row.account_id, row.region_id)));
            assert_eq!(row.history.at(UtcMillis(999)), None);
            let state = row.history.at(end).unwrap().clone().unwrap();
            assert!(matches!(&*state.status, "SUCCEEDED" | "FAILED"));
            failed += u32::from(state.status == "FAILED");
        }
        assert_eq!(failed, 2_000 / 97);
        assert_eq!(rows.row(2_000), None);
    }
}
