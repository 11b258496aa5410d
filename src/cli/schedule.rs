//! Whether the declared schedule is kept: when the last run began, and whether the next is overdue.

use std::time::Duration;

use serde::Serialize;

use crate::config::duration_text;
use crate::model::UtcMillis;
use crate::record;
use crate::store::status::LastCollect;

/// A schedule that is declared, and the last run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Schedule {
    /// From the start of one run to that of the next.
    every_ms: u64,
    last_run_at: Option<String>,
    /// When the next one is due: at once where there was none.
    next_run_at: Option<String>,
    since_last_run_ms: Option<i64>,
    /// Whether the next run is late.
    overdue: bool,
}

impl Schedule {
    /// `configured` is what the configuration declares; without it counts what the newest run was told.
    /// `None` where nothing is declared.
    pub(super) fn of(
        last: LastCollect,
        configured: Option<Duration>,
        now: UtcMillis,
    ) -> Option<Self> {
        let judged = record::Schedule::of(last, configured, now)?;
        Some(Self {
            every_ms: judged.every_ms,
            last_run_at: judged.last_run_at.map(|at| at.to_string()),
            next_run_at: judged.next_run_at().map(|at| at.to_string()),
            since_last_run_ms: judged.since_last_run_ms,
            overdue: judged.is_overdue,
        })
    }

    /// Whether the next run is overdue.
    pub(super) fn is_overdue(&self) -> bool {
        self.overdue
    }

    /// When the next run is due.
    pub(super) fn next_run_at(&self) -> Option<&str> {
        self.next_run_at.as_deref()
    }

    /// `last run 8 min ago, declared every 10s: overdue`.
    pub(super) fn text(&self) -> String {
        let every = duration_text(Duration::from_millis(self.every_ms));
        let state = if self.overdue { "overdue" } else { "on time" };
        match self.since_last_run_ms {
            Some(ms) => format!("last run {} ago, declared every {every}: {state}", age(ms)),
            None => format!("no run yet, declared every {every}"),
        }
    }
}

/// A length of time in the largest unit of which there are two, rounded down.
fn age(ms: i64) -> String {
    const UNITS: [(&str, i64); 3] = [("d", 86_400), ("h", 3_600), ("min", 60)];
    let seconds = ms / 1000;
    match UNITS.into_iter().find(|(_, unit)| seconds >= 2 * unit) {
        Some((name, unit)) => format!("{} {name}", seconds / unit),
        None => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMillis = UtcMillis(1_790_000_000_000);

    fn last(ago_ms: i64, every_ms: Option<u64>) -> LastCollect {
        LastCollect {
            started_at: Some(NOW.plus_ms(-ago_ms)),
            every_ms,
        }
    }

    fn text(last: LastCollect, configured: Option<Duration>) -> Option<String> {
        Schedule::of(last, configured, NOW).map(|schedule| schedule.text())
    }

    #[test]
    fn a_run_is_overdue_where_its_beginning_would_end_a_gap() {
        let every = Some(Duration::from_secs(10));
        let said = |ago_ms| text(last(ago_ms, None), every).unwrap_or_default();
        assert_eq!(
            said(480_000),
            "last run 8 min ago, declared every 10s: overdue"
        );
        assert_eq!(
            said(15_001),
            "last run 15 s ago, declared every 10s: overdue"
        );
        assert_eq!(
            said(15_000),
            "last run 15 s ago, declared every 10s: on time"
        );
        assert_eq!(
            said(-5_000),
            "last run 0 s ago, declared every 10s: on time"
        );
    }

    #[test]
    fn the_configuration_declares_before_the_newest_run_does() {
        let hour = Some(Duration::from_secs(3_600));
        let of_run = last(480_000, Some(60_000));
        assert_eq!(
            text(of_run, None).as_deref(),
            Some("last run 8 min ago, declared every 1m: overdue")
        );
        assert_eq!(
            text(of_run, hour).as_deref(),
            Some("last run 8 min ago, declared every 1h: on time")
        );
        assert_eq!(text(last(480_000, None), None), None);
        let none = LastCollect::default();
        assert_eq!(
            text(none, hour).as_deref(),
            Some("no run yet, declared every 1h")
        );
    }
}
