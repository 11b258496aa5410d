//! One stack-group operation: what it is, how it moves, and how GetStackGroupOperation shows it.
//!
//! Pure: every answer is a function of the operation and the instant.

use super::pages::Paging;
use super::rows::{Row, Rows, Word};
use super::schedule::Schedule;
use super::stop::{Stop, is_final, stop_operation, stop_row};
use super::written;
use crate::model::UtcMillis;
use crate::sandbox::answer::{Object, Value};

/// A number, or a share of the whole: the API takes one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many accounts.
    Count(u32),
    /// So many percent of the accounts.
    Percentage(u32),
}

/// `OperationPreferences`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    /// `FailureToleranceCount` or `FailureTolerancePercentage`.
    pub failure_tolerance: Amount,
    /// `MaxConcurrentCount` or `MaxConcurrentPercentage`.
    pub max_concurrent: Amount,
    /// `RegionIdsOrder`.
    pub region_ids_order: Vec<String>,
}

/// `DeploymentTargets`, of service-managed groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentTargets {
    /// `AccountIds`.
    pub account_ids: Vec<String>,
    /// `RdFolderIds`.
    pub folder_ids: Vec<String>,
}

/// `StackGroupDriftDetectionDetail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftDetail {
    /// `DriftDetectionStatus`.
    pub detection_status: Word,
    /// `StackGroupDriftStatus`.
    pub drift_status: Word,
    /// `DriftDetectionTime`, an instant that is written like the other times.
    pub detection_time: Option<UtcMillis>,
    /// `DriftedStackInstancesCount`.
    pub drifted: u32,
    /// `InSyncStackInstancesCount`.
    pub in_sync: u32,
    /// `InProgressStackInstancesCount`.
    pub in_progress: u32,
    /// `FailedStackInstancesCount`.
    pub failed: u32,
    /// `CancelledStackInstancesCount`.
    pub cancelled: u32,
}

/// What an operation is to be. [`RosSpec::new`] fills in the ordinary; change what matters.
#[derive(Debug, Clone, PartialEq)]
pub struct RosSpec {
    /// Whose operation it is; another account does not find it.
    pub account_id: String,
    /// Where the stack group lives; another region does not find it.
    pub region_id: String,
    /// A lower-case UUID; `None`: a fresh one.
    pub operation_id: Option<String>,
    /// `Action`: CREATE, UPDATE, DELETE, DETECT_DRIFT.
    pub action: Word,
    /// `StackGroupId`; `None`: a fresh one.
    pub stack_group_id: Option<String>,
    /// `StackGroupName`.
    pub stack_group_name: String,
    /// `OperationDescription`.
    pub description: Option<String>,
    /// `RetainStacks`, of DELETE.
    pub retain_stacks: Option<bool>,
    /// `AdministrationRoleName`, of self-managed groups.
    pub administration_role_name: Option<String>,
    /// `ExecutionRoleName`, of self-managed groups.
    pub execution_role_name: Option<String>,
    /// `OperationPreferences`.
    pub preferences: Option<Preferences>,
    /// `DeploymentTargets`.
    pub deployment_targets: Option<DeploymentTargets>,
    /// `StackGroupDriftDetectionDetail` over time, of DETECT_DRIFT.
    pub drift: Option<Schedule<DriftDetail>>,
    /// `Status` over time; its beginning is `CreateTime`, its first final word `EndTime`.
    pub status: Schedule<Word>,
    /// The results.
    pub rows: Rows,
    /// How the listing of the results behaves.
    pub paging: Paging,
    /// How long a stop takes.
    pub stop_takes_ms: u32,
    /// Seconds below ten are written with one digit, as in the published examples.
    pub one_digit_seconds: bool,
}

/// How long a stop takes unless the spec says otherwise.
const STOP_TAKES_MS: u32 = 90_000;

impl RosSpec {
    /// A CREATE of a self-managed group in cn-hangzhou, without results.
    pub fn new(account_id: impl Into<String>, status: Schedule<Word>) -> Self {
        Self {
            account_id: account_id.into(),
            region_id: "cn-hangzhou".to_owned(),
            operation_id: None,
            action: "CREATE".into(),
            stack_group_id: None,
            stack_group_name: "sandbox-group".to_owned(),
            description: None,
            retain_stacks: None,
            administration_role_name: Some("AliyunROSStackGroupAdministrationRole".to_owned()),
            execution_role_name: Some("AliyunROSStackGroupExecutionRole".to_owned()),
            preferences: None,
            deployment_targets: None,
            drift: None,
            status,
            rows: Rows::Listed(Vec::new()),
            paging: Paging::default(),
            stop_takes_ms: STOP_TAKES_MS,
            one_digit_seconds: false,
        }
    }
}

/// An operation in the world.
#[derive(Debug, Clone, PartialEq)]
pub struct RosOperation {
    /// What it was made from.
    pub spec: RosSpec,
    /// Its id.
    pub operation_id: String,
    /// Its stack group's id.
    pub stack_group_id: String,
    /// The stop that was carried out, if any.
    pub stop: Option<Stop>,
}

impl RosOperation {
    /// The true history of its status.
    pub fn status_history(&self) -> Schedule<Word> {
        match self.stop {
            Some(stop) => stop_operation(self.spec.status.clone(), stop),
            None => self.spec.status.clone(),
        }
    }

    /// Its status at `now`; `None` before it was created.
    pub fn status_at(&self, now: UtcMillis) -> Option<Word> {
        self.status_history().at(now).cloned()
    }

    /// How many rows it ever has.
    pub fn row_count(&self) -> u32 {
        self.spec.rows.count()
    }

    /// Row number `number` with its true history.
    pub fn row(&self, number: u32) -> Option<Row> {
        let mut row = self.spec.rows.row(number)?;
        if let Some(stop) = self.stop {
            row.history = stop_row(row.history, stop);
        }
        Some(row)
    }

    /// The instant at which it ended, if it has by `now`.
    pub fn ended_at(&self, now: UtcMillis) -> Option<UtcMillis> {
        let history = self.status_history();
        let steps = history.until(now).iter();
        steps
            .rev()
            .take_while(|(_, status)| is_final(status))
            .last()
            .map(|(at, _)| *at)
    }

    fn time(&self, at: UtcMillis) -> String {
        let pattern = if self.spec.one_digit_seconds {
            "%Y-%m-%dT%H:%M:%-S"
        } else {
            "%Y-%m-%dT%H:%M:%S"
        };
        written(at, pattern)
    }

    /// The body of GetStackGroupOperation; `None` before the operation was created.
    pub(super) fn answer(&self, now: UtcMillis) -> Option<Object> {
        let spec = &self.spec;
        let status = self.status_at(now)?;
        let created_at = spec.status.steps().first().map_or(now, |(at, _)| *at);
        let drift = spec.drift.as_ref().and_then(|drift| drift.at(now));
        let operation = Object::new()
            .with("OperationId", &self.operation_id)
            .with("Action", spec.action.clone())
            .with("Status", status)
            .with("CreateTime", self.time(created_at))
            // What EndTime holds while an operation runs is not documented; absent is one of the ways.
            .with_some("EndTime", self.ended_at(now).map(|at| self.time(at)))
            .with("StackGroupId", &self.stack_group_id)
            .with("StackGroupName", &spec.stack_group_name)
            .with_some("OperationDescription", spec.description.as_ref())
            .with_some("RetainStacks", spec.retain_stacks)
            .with_some(
                "AdministrationRoleName",
                spec.administration_role_name.as_ref(),
            )
            .with_some("ExecutionRoleName", spec.execution_role_name.as_ref())
            .with_some(
                "DeploymentTargets",
                spec.deployment_targets.as_ref().map(targets),
            )
            .with_some(
                "OperationPreferences",
                spec.preferences.as_ref().map(preferences),
            )
            .with_some(
                "StackGroupDriftDetectionDetail",
                drift.map(|detail| self.drift(detail)),
            );
        Some(Object::new().with("StackGroupOperation", operation))
    }

    fn drift(&self, detail: &DriftDetail) -> Object {
        let total =
            detail.drifted + detail.in_sync + detail.in_progress + detail.failed + detail.cancelled;
        Object::new()
            .with("DriftDetectionStatus", detail.detection_status.clone())
            .with("StackGroupDriftStatus", detail.drift_status.clone())
            .with_some(
                "DriftDetectionTime",
                detail.detection_time.map(|at| self.time(at)),
            )
            .with("TotalStackInstancesCount", total)
            .with("DriftedStackInstancesCount", detail.drifted)
            .with("InSyncStackInstancesCount", detail.in_sync)
            .with("InProgressStackInstancesCount", detail.in_progress)
            .with("FailedStackInstancesCount", detail.failed)
            .with("CancelledStackInstancesCount", detail.cancelled)
    }
}

fn targets(targets: &DeploymentTargets) -> Object {
    Object::new()
        .with("AccountIds", Value::from(&targets.account_ids[..]))
        .with("RdFolderIds", Value::from(&targets.folder_ids[..]))
}

fn preferences(preferences: &Preferences) -> Object {
    let (tolerance, failures) = match preferences.failure_tolerance {
        Amount::Count(count) => ("FailureToleranceCount", count),
        Amount::Percentage(percentage) => ("FailureTolerancePercentage", percentage),
    };
    let (concurrency, accounts) = match preferences.max_concurrent {
        Amount::Count(count) => ("MaxConcurrentCount", count),
        Amount::Percentage(percentage) => ("MaxConcurrentPercentage", percentage),
    };
    Object::new()
        .with(tolerance, failures)
        .with(concurrency, accounts)
        .with(
            "RegionIdsOrder",
            Value::from(&preferences.region_ids_order[..]),
        )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sandbox::answer::write_json;

    fn operation(stop: Option<Stop>) -> RosOperation {
        let status = Schedule::starting(UtcMillis(0), Word::from("QUEUED"))
            .then(5_000, Word::from("RUNNING"))
            .then(60_000, Word::from("SUCCEEDED"));
        let mut spec = RosSpec::new("1", status);
        spec.one_digit_seconds = true;
        RosOperation {
            spec,
            operation_id: "op".to_owned(),
            stack_group_id: "group".to_owned(),
            stop,
        }
    }

    fn shown(operation: &RosOperation, now: i64) -> serde_json::Value {
        let body = operation.answer(UtcMillis(now)).unwrap();
        let body: serde_json::Value = serde_json::from_str(&write_json(&body)).unwrap();
        body["StackGroupOperation"].clone()
    }

    #[test]
    fn the_end_is_absent_until_it_is_there() {
        let operation = operation(None);
        assert!(operation.answer(UtcMillis(-1)).is_none());
        assert_eq!(shown(&operation, 0)["Status"], "QUEUED");
        assert_eq!(shown(&operation, 64_999)["Status"], "RUNNING");
        assert!(shown(&operation, 64_999).get("EndTime").is_none());
        let ended = shown(&operation, 65_000);
        assert_eq!(ended["CreateTime"], "1970-01-01T00:00:0");
        assert_eq!(ended["EndTime"], "1970-01-01T00:01:5");
        assert_eq!(shown(&operation, 999_999), ended, "what has ended stays");
    }

    #[test]
    fn a_stop_decides_the_end() {
        let operation = operation(Some(Stop {
            requested_at: UtcMillis(6_000),
            stopped_at: UtcMillis(8_000),
        }));
        assert_eq!(shown(&operation, 7_999)["Status"], "STOPPING");
        let ended = shown(&operation, 99_000);
        assert_eq!(ended["Status"], "STOPPED");
        assert_eq!(ended["EndTime"], "1970-01-01T00:00:8");
    }
}
