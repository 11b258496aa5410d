//! Which operation a call started, read from the JSON of its answer.
//!
//! Pure. What such answers look like (documentation of the services):
//! - ROS `CreateStackInstances`, `UpdateStackInstances`, `DeleteStackInstances`, `UpdateStackGroup`,
//!   `DetectStackGroupDrift`, `ImportStacksToStackGroup`: `OperationId`, a text;
//! - BPStudio `ExecuteOperationASync`: `Data`, a text that is the id; `ExecuteOperationSync`: `Data`,
//!   an object with `OperationId`; `Code` is `"200"` in both, and a failure is HTTP 200 too;
//! - AliDNS `OperateBatchDomain`: `TaskId`, a 64-bit number, which must not pass through a float.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::Service;

/// Longest answer that is read, in bytes: the real ones have a few hundred.
pub const MAX_ANSWER_BYTES: u64 = 1 << 20;

/// `Code` of a BPStudio answer that succeeded; the other services have none when they succeed.
const BPSTUDIO_OK: &str = "200";

/// An operation that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Whose operation it is.
    pub service: Service,
    /// Its id, as opaque text.
    pub operation_id: String,
}

/// Why no operation could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FromAnswerError {
    /// Not even JSON.
    #[error(
        "the answer is not a JSON object ({0}); ask the cloud for JSON and pipe its answer in unchanged"
    )]
    NotJson(String),
    /// The call failed, so that nothing was started.
    #[error("the answer is a failure, {code}: {message}; no operation was started")]
    Failed {
        /// The cloud's code.
        code: String,
        /// The cloud's message.
        message: String,
    },
    /// No field that names an operation, or not of the service asked for.
    #[error("the answer names no operation{}; expected is OperationId (ros), Data (bpstudio) or TaskId (alidns)", of_service(.0))]
    NoId(Option<Service>),
    /// Ids of several services.
    #[error("the answer has ids of several services; say which with --service")]
    Ambiguous,
    /// A field that should name an operation and does not.
    #[error("{field} in the answer is {found}, which is no id")]
    BadId {
        /// The field's name.
        field: &'static str,
        /// Its value, as JSON.
        found: String,
    },
}

fn of_service(service: &Option<Service>) -> String {
    service.map_or_else(String::new, |service| format!(" of {service}"))
}

/// The fields that matter, unread.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(borrow)]
    operation_id: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    task_id: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

/// The operation that an answer names; of `service`, where several could be meant.
pub fn read(answer: &str, service: Option<Service>) -> Result<Started, FromAnswerError> {
    let answer: Answer<'_> = serde_json::from_str(answer.trim_start_matches('\u{feff}'))
        .map_err(|error| FromAnswerError::NotJson(error.to_string()))?;
    if let Some(code) = answer.code.map(plain)
        && code != BPSTUDIO_OK
    {
        let message = answer.message.map(plain).unwrap_or_default();
        return Err(FromAnswerError::Failed { code, message });
    }
    let fields = [
        (Service::Ros, answer.operation_id),
        (Service::Bpstudio, answer.data),
        (Service::Alidns, answer.task_id),
    ];
    let mut present = fields
        .into_iter()
        .filter(|(of, _)| service.is_none_or(|wanted| wanted == *of))
        .filter_map(|(of, value)| Some((of, value?)));
    let (service, value) = present.next().ok_or(FromAnswerError::NoId(service))?;
    if present.next().is_some() {
        return Err(FromAnswerError::Ambiguous);
    }
    let operation_id = match service {
        Service::Ros => text_id("OperationId", value),
        Service::Bpstudio => data_id(value),
        _ => task_id(value),
    }?;
    Ok(Started {
        service,
        operation_id,
    })
}

/// A JSON value as a text: of a string what it says, of anything else how it is written.
fn plain(value: &RawValue) -> String {
    serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())
}

fn bad_id(field: &'static str, value: &RawValue) -> FromAnswerError {
    FromAnswerError::BadId {
        field,
        found: value.get().chars().take(80).collect(),
    }
}

/// An id that is a non-empty string.
fn text_id(field: &'static str, value: &RawValue) -> Result<String, FromAnswerError> {
    serde_json::from_str::<String>(value.get())
        .ok()
        .filter(|id| !id.trim().is_empty())
        .ok_or_else(|| bad_id(field, value))
}

/// `Data`: the id itself, or an object that holds it.
fn data_id(value: &RawValue) -> Result<String, FromAnswerError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Data<'a> {
        #[serde(borrow)]
        operation_id: &'a RawValue,
    }
    match serde_json::from_str::<Data<'_>>(value.get()) {
        Ok(data) => text_id("Data.OperationId", data.operation_id),
        Err(_) => text_id("Data", value),
    }
}

/// `TaskId`: digits, as a number or (some tools quote long numbers) as a string; zero is "no task".
fn task_id(value: &RawValue) -> Result<String, FromAnswerError> {
    match plain(value).parse::<i64>() {
        Ok(id) if id > 0 => Ok(id.to_string()),
        _ => Err(bad_id("TaskId", value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(service: Service, operation_id: &str) -> Result<Started, FromAnswerError> {
        Ok(Started {
            service,
            operation_id: operation_id.to_owned(),
        })
    }

    #[test]
    fn each_service_names_its_operation_in_its_own_field() {
        assert_eq!(
            read(
                r#"{"RequestId":"R","OperationId":"6da106ca-1784-4a6f-a7e1-e723863d0000"}"#,
                None
            ),
            started(Service::Ros, "6da106ca-1784-4a6f-a7e1-e723863d0000")
        );
        assert_eq!(
            read(
                r#"{"Code":"200","Message":"","RequestId":"R","Data":"op_x_ecs_rename"}"#,
                None
            ),
            started(Service::Bpstudio, "op_x_ecs_rename")
        );
        assert_eq!(
            read(
                r#"{"Code":200,"Data":{"OperationId":"op_x","Status":"SUCCESS"}}"#,
                None
            ),
            started(Service::Bpstudio, "op_x")
        );
        assert_eq!(
            read(
                "\u{feff} {\"TaskId\": 123456, \"RequestId\": \"R\"}\n",
                None
            ),
            started(Service::Alidns, "123456")
        );
    }

    #[test]
    fn long_task_ids_are_kept_to_the_last_digit() {
        for id in ["9007199254740993", "9223372036854775807"] {
            assert_eq!(
                read(&format!(r#"{{"TaskId":{id}}}"#), None),
                started(Service::Alidns, id)
            );
            assert_eq!(
                read(&format!(r#"{{"TaskId":"{id}"}}"#), None),
                started(Service::Alidns, id)
            );
        }
        for bad in [
            "1e6",
            "1.0",
            "0",
            "-1",
            "9223372036854775808",
            "\"\"",
            "true",
        ] {
            let answer = format!(r#"{{"TaskId":{bad}}}"#);
            assert_eq!(
                read(&answer, None),
                Err(FromAnswerError::BadId {
                    field: "TaskId",
                    found: bad.to_owned()
                })
            );
        }
    }

    #[test]
    fn a_failure_is_told_as_the_cloud_told_it() {
        let answer = r#"{"RequestId":"R","HostId":"ros.aliyuncs.com","Code":"StackGroupNotFound","Message":"gone"}"#;
        assert_eq!(
            read(answer, None),
            Err(FromAnswerError::Failed {
                code: "StackGroupNotFound".to_owned(),
                message: "gone".to_owned(),
            })
        );
        let in_http_200 = r#"{"Code":"500","Message":"busy","Data":"op_x"}"#;
        assert!(matches!(
            read(in_http_200, None),
            Err(FromAnswerError::Failed { .. })
        ));
    }

    #[test]
    fn what_is_no_such_answer_is_refused() {
        assert!(matches!(
            read("<Error/>", None),
            Err(FromAnswerError::NotJson(_))
        ));
        assert!(matches!(read("", None), Err(FromAnswerError::NotJson(_))));
        assert!(matches!(
            read("[1]", None),
            Err(FromAnswerError::NotJson(_))
        ));
        assert!(matches!(
            read(r#"{"TaskId":1} {"TaskId":2}"#, None),
            Err(FromAnswerError::NotJson(_))
        ));
        assert_eq!(
            read(r#"{"RequestId":"R"}"#, None),
            Err(FromAnswerError::NoId(None))
        );
        assert_eq!(
            read(r#"{"OperationId":null}"#, None),
            Err(FromAnswerError::NoId(None))
        );
        for bad in [
            r#"{"OperationId":""}"#,
            r#"{"OperationId":7}"#,
            r#"{"Data":{}}"#,
            r#"{"Data":[]}"#,
        ] {
            assert!(
                matches!(read(bad, None), Err(FromAnswerError::BadId { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn of_several_ids_the_user_chooses() {
        let answer = r#"{"OperationId":"a","TaskId":7}"#;
        assert_eq!(read(answer, None), Err(FromAnswerError::Ambiguous));
        assert_eq!(
            read(answer, Some(Service::Alidns)),
            started(Service::Alidns, "7")
        );
        let other = read(answer, Some(Service::Bpstudio));
        assert_eq!(other, Err(FromAnswerError::NoId(Some(Service::Bpstudio))));
    }
}
