//! What the cloud writes at an instant: bodies without their RequestId.

use serde_json::{Map, Value, json};

use super::truth::{Group, Operation, Service, State};

/// Rows on a page.
pub const PAGE_ROWS: usize = 50;

/// An instant as ROS writes it.
pub fn ros_time(at: i64) -> String {
    let (days, ms) = (at.div_euclid(86_400_000), at.rem_euclid(86_400_000));
    // Civil from days, after Howard Hinnant.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let seconds = ms / 1_000;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// The same as the program writes instants.
pub fn utc(at: i64) -> String {
    format!("{}.{:03}Z", ros_time(at), at.rem_euclid(1_000))
}

/// What is answered about an operation that the cloud knows.
pub fn operation(operation: &Operation, group: Option<&Group>, state: &State) -> Value {
    match operation.service {
        Service::Ros => ros(operation, group, state),
        Service::Bpstudio => json!({
            "Code": "200", "Message": "ok",
            "Data": {"OperationId": operation.id, "Status": state.status, "Message": "", "Arguments": "{}"},
        }),
        Service::Alidns => {
            let [total, done, failed] = state.counts.unwrap_or_default();
            json!({
                "TaskId": operation.id.parse::<i64>().unwrap(), "Status": state.status.parse::<i64>().unwrap(),
                "BatchType": operation.kind, "TotalCount": total, "SuccessCount": done, "FailedCount": failed,
                "Reason": state.reason,
            })
        }
    }
}

fn ros(operation: &Operation, group: Option<&Group>, state: &State) -> Value {
    let group = group.unwrap();
    let mut entity = Map::new();
    let mut put = |name: &str, value: Value| entity.insert(name.to_owned(), value);
    put("OperationId", json!(operation.id));
    put("Action", json!(operation.kind));
    put("Status", json!(state.status));
    put("StackGroupId", json!(group.id));
    put("StackGroupName", json!(group.name));
    put("CreateTime", json!(ros_time(operation.born_at)));
    put("EndTime", json!(state.ended_at.map(ros_time)));
    put(
        "DeploymentTargets",
        json!({"AccountIds": ["2000000000000000"]}),
    );
    if operation.has_new_field {
        put("RetryPolicy", json!("Default"));
    }
    if let Some((status, found, counts)) = state.drift {
        let [total, drifted, in_sync, in_progress, failed, cancelled] = counts;
        let detail = json!({
            "DriftDetectionStatus": status, "StackGroupDriftStatus": found,
            "DriftDetectionTime": ros_time(operation.born_at), "TotalStackInstancesCount": total,
            "DriftedStackInstancesCount": drifted, "InSyncStackInstancesCount": in_sync,
            "InProgressStackInstancesCount": in_progress, "FailedStackInstancesCount": failed,
            "CancelledStackInstancesCount": cancelled,
        });
        put("StackGroupDriftDetectionDetail", detail);
    }
    json!({"StackGroupOperation": entity})
}

/// What is answered about an id that the cloud does not know, and with which HTTP status.
pub fn missing(service: Service) -> (u16, Value) {
    match service {
        Service::Ros => (404, refusal("StackGroupOperationNotFound")),
        Service::Bpstudio => (200, json!({"Code": "200", "Message": "ok"})),
        Service::Alidns => (200, json!({"Status": -1})),
    }
}

pub fn refusal(code: &str) -> Value {
    json!({"Code": code, "Message": "refused"})
}

pub fn identity(account_id: &str, arn: &str) -> Value {
    json!({"AccountId": account_id, "Arn": arn, "IdentityType": "AssumedRoleUser"})
}

/// A page of results: the number of the page, what it says of the total, its rows.
pub fn results(
    operation: &Operation,
    page: usize,
    total_count: Option<i64>,
    rows: &[(usize, &'static str, Option<&'static str>)],
) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(row, status, reason)| {
            let row = &operation.rows[*row];
            json!({
                "AccountId": row.account_id, "RegionId": row.region_id, "Status": status,
                "StatusReason": reason, "RdFolderId": "fd-4PvlVLOL8v",
            })
        })
        .collect();
    let mut body = json!({
        "PageNumber": page, "PageSize": PAGE_ROWS, "StackGroupOperationResults": rows,
    });
    if let Some(total_count) = total_count {
        body["TotalCount"] = json!(total_count);
    }
    body
}

/// The rows of a DNS task that has ended, on one page.
pub fn details(operation: &Operation, state: &State) -> Value {
    let [total, _, failed] = state.counts.unwrap_or_default();
    let rows: Vec<Value> = (0..total)
        .map(|row| {
            json!({
                "BatchType": operation.kind, "Domain": format!("example{row}.com"), "Rr": "www", "Type": "A",
                "Value": "192.0.2.1", "Status": row >= failed,
            })
        })
        .collect();
    json!({
        "TotalCount": total, "PageNumber": 1, "PageSize": 20,
        "BatchResultDetails": rows,
    })
}

#[test]
fn instants_are_written_as_everybody_writes_them() {
    assert_eq!(utc(1_735_689_600_000), "2025-01-01T00:00:00.000Z");
    assert_eq!(utc(1_740_787_199_999), "2025-02-28T23:59:59.999Z");
    assert_eq!(ros_time(1_709_208_000_000), "2024-02-29T12:00:00");
}
