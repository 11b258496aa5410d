//! Cloud Architect Design Tools (BPStudio): the call about one operation, and its reading.

use super::Request;
use super::classify::BPSTUDIO_SUCCESS;
use super::document::Document;
use super::fields::Fields;
use super::reading::{InvalidAnswer, Reading, Unknowns};
use crate::model::{Action, BpstudioOperation, Phase};

const ANSWER: &str = "GetExecuteOperationResult";
const ENTITY: &str = "BpstudioOperation";

/// What a success of GetExecuteOperationResult says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BpstudioAnswer {
    /// The operation.
    Operation(BpstudioOperation),
    /// A success without `Data`: the id is past its hour, or was never valid. The cloud does not
    /// tell these apart.
    Expired,
}

/// Asks for one operation; the resource group is for the permission check alone.
pub fn get_result(operation_id: &str, resource_group_id: Option<&str>) -> Request {
    let mut parameters = vec![("OperationId", operation_id.to_owned())];
    parameters.extend(resource_group_id.map(|id| ("ResourceGroupId", id.to_owned())));
    Request {
        action: Action::GetExecuteOperationResult,
        parameters,
    }
}

/// Reads an answer whose code does not say failure. Expiry is concluded only from an explicit
/// success without `Data`, because it is final; `Data` that has neither an id nor a status is
/// invalid.
pub fn read_result(document: &Document) -> Result<Reading<BpstudioAnswer>, InvalidAnswer> {
    let mut unknowns = Unknowns::default();
    let mut answer = document.fields(ANSWER);
    let code = either(&mut answer, "Code", "code")?;
    let message = either(&mut answer, "Message", "message")?;
    let data = answer.object("Data", ENTITY)?;
    answer.finish(&mut unknowns);
    let Some(data) = data else {
        let succeeded = code.is_some_and(|code| code.trim() == BPSTUDIO_SUCCESS);
        return if succeeded {
            Ok(unknowns.reading(BpstudioAnswer::Expired))
        } else {
            Err(InvalidAnswer::new("Code and Data are missing"))
        };
    };
    let operation = read_data(data, code, message, &mut unknowns)?;
    Ok(unknowns.reading(BpstudioAnswer::Operation(operation)))
}

fn read_data(
    mut data: Fields<'_>,
    code: Option<String>,
    message: Option<String>,
    unknowns: &mut Unknowns,
) -> Result<BpstudioOperation, InvalidAnswer> {
    let status_raw = data.text("Status")?;
    let status = status_raw.as_deref().map(|word| word.trim().to_uppercase());
    let operation = BpstudioOperation {
        code,
        message,
        operation_id: data.text("OperationId")?,
        status,
        status_raw,
        data_message: data.text("Message")?,
        data_arguments: data.text("Arguments")?,
    };
    data.finish(unknowns);
    if operation.operation_id.is_none() && operation.status.is_none() {
        return Err(InvalidAnswer::new(
            "Data has neither OperationId nor Status",
        ));
    }
    if let Some(status) = &operation.status
        && Phase::of_word(status) == Phase::Unknown
    {
        unknowns.word("BpstudioOperation.Status", status);
    }
    Ok(operation)
}

fn either(
    fields: &mut Fields<'_>,
    name: &'static str,
    other: &'static str,
) -> Result<Option<String>, InvalidAnswer> {
    let value = fields.text(name)?;
    let other = fields.text(other)?;
    Ok(value.or(other))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::services::Placement;

    fn read(body: &str) -> Result<Reading<BpstudioAnswer>, InvalidAnswer> {
        read_result(&Document::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn the_resource_group_is_sent_only_if_given() {
        let request = get_result("op_x", Some("rg"));
        assert_eq!(request.parameter("ResourceGroupId"), Some("rg"));
        assert_eq!(request.placement(), Placement::Form);
        assert_eq!(get_result("op_x", None).parameters.len(), 1);
    }

    #[test]
    fn status_is_folded_and_kept_as_sent() {
        let body = r#"{"Code":"200","Message":"","Data":{"OperationId":"op_x","Status":"success\n",
            "Message":"\"[{}]\"","Arguments":"{}"}}"#;
        let reading = read(body).unwrap();
        let BpstudioAnswer::Operation(operation) = reading.value else {
            panic!("an operation");
        };
        assert_eq!(operation.status.as_deref(), Some("SUCCESS"));
        assert_eq!(operation.status_raw.as_deref(), Some("success\n"));
        assert_eq!(operation.message.as_deref(), Some(""));
        assert_eq!(operation.data_message.as_deref(), Some("\"[{}]\""));
        assert_eq!(operation.data_arguments.as_deref(), Some("{}"));
        assert!(reading.unknown.is_empty());
    }

    #[test]
    fn only_a_success_without_data_is_expiry() {
        for body in [
            r#"{"Code":"200","Message":"","RequestId":"R"}"#,
            r#"{"Code":200,"Data":null}"#,
            "<GetExecuteOperationResultResponse><Code>200</Code><Data/></GetExecuteOperationResultResponse>",
        ] {
            assert_eq!(read(body).unwrap().value, BpstudioAnswer::Expired, "{body}");
        }
        for body in [
            "{}",
            r#"{"Message":"x"}"#,
            r#"{"Code":"200","Data":{}}"#,
            r#"{"Code":"200","Data":[]}"#,
            r#"{"Code":"200","Data":"op_x"}"#,
            r#"{"Code":"200","Data":{"Status":"INIT","Message":{"a":1}}}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }
}
