//! Every row of the classification: status, code, body.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const LIST: Action = Action::ListStackGroupOperationResults;
const CADT: Action = Action::GetExecuteOperationResult;

fn outcome_of(action: Action, http_status: u16, body: &str) -> Outcome {
    let document = Document::parse(body.as_bytes());
    classify(action, http_status, document.as_ref()).outcome
}

#[test]
fn each_code_has_its_outcome_whatever_the_form() {
    use Outcome::*;
    let rows = [
        (400, "Throttling", Throttled),
        (400, "Throttling.User", Throttled),
        (400, "Throttling.Api", Throttled),
        (400, "Throttling.Anything", Throttled),
        (503, "Rejected.Throttling", Throttled),
        (503, "ServiceUnavailable", ServerError),
        (500, "InternalError", ServerError),
        (400, "UnknownError", ServerError),
        (500, "NeverHeardOf", ServerError),
        (400, "InvalidTimeStamp.Expired", Clock),
        (400, "InvalidTimeStamp.Format", Clock),
        (400, "InvalidTimestamp.Expired", Clock),
        (400, "IllegalTimestamp", Clock),
        (404, "InvalidAccessKeyId.NotFound", Credential),
        (400, "InvalidAccessKeyId.Inactive", Credential),
        (403, "Forbidden.AccessKeyDisabled", Credential),
        (400, "InvalidSecurityToken.Expired", Credential),
        (400, "InvalidSecurityToken.Malformed", Credential),
        (
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            Credential,
        ),
        (400, "MissingSecurityToken", Credential),
        (400, "SignatureDoesNotMatch", Credential),
        (400, "IncompleteSignature", Credential),
        (401, "NeverHeardOf", Credential),
        (403, "Forbidden.RAM", Denied),
        (403, "Forbidden", Denied),
        (403, "Forbidden.RiskControl", Denied),
        (403, "Forbidden.UserVerification", Denied),
        (400, "NoPermission", Denied),
        (403, "ActionUnauthorized", Denied),
        (403, "NeverHeardOf", Denied),
        (404, "StackGroupOperationNotFound", NotFound),
        (400, "StackGroupOperationNotFound", NotFound),
        (200, "StackGroupOperationNotFound", NotFound),
        (404, "StackGroupNotFound", NotFound),
        (404, "StackInstanceNotFound", NotFound),
        (404, "StackNotFound", NotFound),
        (404, "InvalidApi.NotFound", InvalidRequest),
        (404, "InvalidAction.NotFound", InvalidRequest),
        (403, "InvalidAction", InvalidRequest),
        (404, "InvalidProduct.NotFound", InvalidRequest),
        (400, "NoSuchVersion", InvalidRequest),
        (400, "MissingParameter", InvalidRequest),
        (400, "InvalidParameter", InvalidRequest),
        (400, "UnsupportedParameter", InvalidRequest),
        (400, "UnsupportedOperation", InvalidRequest),
        (403, "UnsupportedHTTPMethod", InvalidRequest),
        (400, "InvalidProtocol.NeedSsl", InvalidRequest),
        (400, "SignatureNonceUsed", InvalidRequest),
        (404, "NeverHeardOf", InvalidRequest),
        (400, "StackGroupNotFoundOrSo", InvalidRequest),
        (200, "NeverHeardOf", InvalidRequest),
        (429, "NeverHeardOf", Throttled),
        (302, "Throttling", InvalidAnswer),
    ];
    for (http_status, code, expected) in rows {
        let bodies = [
            format!(
                r#"{{"RequestId":"R","HostId":"h","Code":"{code}","Message":"M","Recommend":"U"}}"#
            ),
            format!(r#"{{"requestId":"R","code":"{code}","message":"M"}}"#),
            format!(
                "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>R</RequestId><HostId>h</HostId><Code>{code}</Code><Message>M</Message></Error>"
            ),
        ];
        for body in bodies {
            for action in [LIST, CADT] {
                let document = Document::parse(body.as_bytes()).unwrap();
                let classified = classify(action, http_status, Result::Ok(&document));
                assert_eq!(classified.outcome, expected, "{http_status} {body}");
                assert_eq!(classified.code.as_deref(), Some(code));
                assert_eq!(classified.message.as_deref(), Some("M"));
                assert_eq!(document.request_id().as_deref(), Some("R"));
            }
        }
    }
}

#[test]
fn bodies_that_cannot_be_read_are_classified_by_status() {
    use Outcome::*;
    for (http_status, expected) in [
        (200, InvalidAnswer),
        (204, InvalidAnswer),
        (302, InvalidAnswer),
        (403, InvalidAnswer),
        (407, InvalidAnswer),
        (429, Throttled),
        (500, ServerError),
        (502, ServerError),
        (503, ServerError),
        (999, InvalidAnswer),
    ] {
        for body in ["", "null", "[]", "<html><body>Bad Gateway</body></html>"] {
            assert_eq!(
                outcome_of(LIST, http_status, body),
                expected,
                "{http_status} {body}"
            );
        }
    }
    // A readable object that names no code is no better, unless its status says more.
    for (http_status, expected) in [
        (400, InvalidAnswer),
        (403, InvalidAnswer),
        (429, Throttled),
        (503, ServerError),
    ] {
        assert_eq!(
            outcome_of(LIST, http_status, "{}"),
            expected,
            "{http_status}"
        );
    }
}

#[test]
fn a_code_beside_the_entity_is_no_failure() {
    let body = r#"{"Code":"Throttling","TotalCount":0,"StackGroupOperationResults":[]}"#;
    assert_eq!(outcome_of(LIST, 200, body), Outcome::Ok);
    assert_eq!(outcome_of(LIST, 400, body), Outcome::Throttled);
    let body = r#"{"Code":"Throttling","StackGroupOperationResults":null}"#;
    assert_eq!(outcome_of(LIST, 200, body), Outcome::Throttled);
    let stop = Action::StopStackGroupOperation;
    assert_eq!(outcome_of(stop, 200, r#"{"RequestId":"R"}"#), Outcome::Ok);
    assert_eq!(
        outcome_of(stop, 200, r#"{"RequestId":"R","Code":"OK"}"#),
        Outcome::Ok
    );
    assert_eq!(
        outcome_of(stop, 200, r#"{"RequestId":"R","Code":"InvalidParameter"}"#),
        Outcome::InvalidRequest
    );
}

#[test]
fn bpstudio_fails_inside_http_200() {
    use Outcome::*;
    for (code, message, expected) in [
        (r#""200""#, "", Ok),
        ("200", "", Ok),
        (r#"" 200\n""#, "", Ok),
        (r#""500""#, "bp.java.whatever", ServerError),
        ("503", "", ServerError),
        (r#""429""#, "", Throttled),
        (r#""1001""#, "bp.java.nullParams", InvalidRequest),
        (r#""1003""#, "bp.java.incompleteParams", InvalidRequest),
        (r#""2001""#, "bp.java.userNotExist", Credential),
        (r#""2002""#, "bp.java.login", Credential),
        (r#""2003""#, "bp.java.nopower", Denied),
        (r#""9999""#, "bp.java.nopower", Denied),
        (r#""2003""#, "words", Denied),
        (r#""2005""#, "account.no.balance", InvalidRequest),
        (r#""3002""#, "bp.java.whiteList", InvalidRequest),
        (r#""Throttling.User""#, "", Throttled),
        (r#""Forbidden.RAM""#, "", Denied),
    ] {
        let body = format!(r#"{{"Code":{code},"Message":"{message}","RequestId":"R"}}"#);
        assert_eq!(outcome_of(CADT, 200, &body), expected, "{body}");
    }
    // No outcome of BPStudio's numbers reaches the other services.
    assert_eq!(outcome_of(LIST, 400, r#"{"Code":"2003"}"#), InvalidRequest);
    assert_eq!(outcome_of(CADT, 503, r#"{"Code":"200"}"#), ServerError);
}
