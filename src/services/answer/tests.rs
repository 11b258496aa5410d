//! The published samples, and what no answer may do: panic, or pass for another.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::model::ResultRow;
use crate::services::{Body, UnknownKind, alidns, bpstudio, embedded_json, ros, sts};

const GET_JSON: &[u8] = include_bytes!("../../../tests/data/seeds/ros_get_operation.json");
const GET_XML: &[u8] = include_bytes!("../../../tests/data/seeds/ros_get_operation.xml");
const LIST_JSON: &[u8] = include_bytes!("../../../tests/data/seeds/ros_list_results.json");
const LIST_XML: &[u8] = include_bytes!("../../../tests/data/seeds/ros_list_results.xml");
const STOP_JSON: &[u8] = include_bytes!("../../../tests/data/seeds/ros_stop_operation.json");
const CADT_JSON: &[u8] = include_bytes!("../../../tests/data/seeds/bpstudio_get_result.json");
const BATCH_JSON: &[u8] = include_bytes!("../../../tests/data/seeds/alidns_batch_count.json");

const REGIONS_JSON: &[u8] =
    br#"{"RequestId":"R","Regions":[{"RegionId":"cn-hangzhou","LocalName":"x"}]}"#;
const GROUPS_JSON: &[u8] = br#"{"PageNumber":1,"PageSize":10,"TotalCount":1,"RequestId":"R","StackGroups":[
    {"StackGroupId":"fd0ddef9-9540-4b42-a464-94f778350000","StackGroupName":"G","Status":"ACTIVE"}]}"#;
const GROUP_OPERATIONS_JSON: &[u8] = br#"{"PageNumber":1,"PageSize":10,"TotalCount":1,"RequestId":"R",
    "StackGroupOperations":[{"OperationId":"6da106ca-1784-4a6f-a7e1-e723863d0000","Action":"CREATE",
    "Status":"QUEUED","StackGroupId":"fd0ddef9-9540-4b42-a464-94f778350000","StackGroupName":"G"}]}"#;
const BATCH_ROWS_JSON: &[u8] = br#"{"RequestId":"R","PageNumber":1,"PageSize":20,"TotalCount":1,
    "BatchResultDetails":{"BatchResultDetail":[{"BatchType":"RR_ADD","Domain":"example.com","Status":true}]}}"#;

const SAMPLES: [(Action, &[u8]); 11] = [
    (Action::GetStackGroupOperation, GET_JSON),
    (Action::GetStackGroupOperation, GET_XML),
    (Action::ListStackGroupOperationResults, LIST_JSON),
    (Action::ListStackGroupOperationResults, LIST_XML),
    (Action::StopStackGroupOperation, STOP_JSON),
    (Action::GetExecuteOperationResult, CADT_JSON),
    (Action::DescribeBatchResultCount, BATCH_JSON),
    (Action::DescribeRegions, REGIONS_JSON),
    (Action::ListStackGroups, GROUPS_JSON),
    (Action::ListStackGroupOperations, GROUP_OPERATIONS_JSON),
    (Action::DescribeBatchResultDetail, BATCH_ROWS_JSON),
];

/// The id that the request of the sample of GetStackGroupOperation asks for; its answer names
/// [`ANSWERED_ID`].
const ASKED_ID: &str = "6da106ca-1784-4a6f-a7e1-e723863d****";
const ANSWERED_ID: &str = "645d0eed-f1e6-40b0-8e8f-0e1eaa34da6f";

fn read(action: Action, asked: &Asked, http_status: u16, body: &[u8]) -> Answer {
    Body::from(body.to_vec()).read(action, asked, http_status)
}

fn answer_to(request: &Request, body: &[u8]) -> Answer {
    read(request.action, &Asked::from(request), 200, body)
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_sample_of_an_operation_reads_under_the_id_it_names() {
    let request = ros::get_operation("cn-hangzhou", ANSWERED_ID);
    let answer = answer_to(&request, GET_JSON);
    assert_eq!(answer, answer_to(&request, GET_XML));
    assert_eq!(answer.outcome, Outcome::Ok);
    assert_eq!(
        answer.request_id,
        text("14A07460-EBE7-47CA-9757-12CC4761D47A")
    );
    let Content::RosOperation(reading) = answer.content else {
        panic!("an operation");
    };
    assert!(reading.unknown.is_empty());
    let operation = reading.value;
    assert_eq!(operation.operation_id, text(ANSWERED_ID));
    assert_eq!(operation.action, text("DELETE"));
    assert_eq!(operation.status, text("SUCCEEDED"));
    assert_eq!(operation.retain_stacks, Some(false));
    assert_eq!(operation.create_time, text("2020-01-20T09:22:3"));
    assert_eq!(operation.end_time, text("2020-01-20T09:22:4"));
    assert_eq!(
        operation.stack_group_id,
        text("fd0ddef9-9540-4b42-a464-94f77835****")
    );
    let preferences = operation.operation_preferences.unwrap();
    assert_eq!(preferences.max_concurrent_count, Some(1));
    assert_eq!(preferences.failure_tolerance_count, Some(0));
    assert_eq!(
        preferences.region_ids_order.unwrap(),
        ["cn-hangzhou", "cn-beijing"]
    );
}

#[test]
fn the_sample_of_an_operation_is_about_another_than_its_request_asks_for() {
    let answer = answer_to(&ros::get_operation("cn-hangzhou", ASKED_ID), GET_JSON);
    assert_eq!(answer.outcome, Outcome::WrongEntity);
    assert_eq!(
        answer.content,
        Content::WrongEntity(Mismatch {
            parameter: "OperationId",
            asked: ASKED_ID.to_owned(),
            answered: ANSWERED_ID.to_owned(),
        })
    );
}

#[test]
fn the_sample_of_results_reads_with_its_masked_account() {
    let request = ros::list_results("cn-hangzhou", ASKED_ID, 1, 10);
    let answer = answer_to(&request, LIST_JSON);
    assert_eq!(answer, answer_to(&request, LIST_XML));
    let Content::ResultsPage(reading) = answer.content else {
        panic!("a page");
    };
    assert!(reading.unknown.is_empty());
    assert_eq!(
        reading.value,
        ResultsPage {
            page_number: Some(1),
            page_size: Some(10),
            total_count: Some(1),
            rows: vec![ResultRow {
                account_id: "175458090349****".to_owned(),
                region_id: "cn-hangzhou".to_owned(),
                status: text("SUCCEEDED"),
                status_raw: text("SUCCEEDED"),
                status_reason: text("User initiated operation"),
                folder_id: None,
            }],
        }
    );
}

#[test]
fn the_sample_of_a_stop_says_that_it_was_accepted() {
    let request = ros::stop_operation("cn-hangzhou", ASKED_ID);
    let answer = answer_to(&request, STOP_JSON);
    assert_eq!(answer.outcome, Outcome::Ok);
    assert_eq!(answer.content, Content::Stopped);
    assert_eq!(
        answer.request_id,
        text("14A07460-EBE7-47CA-9757-12CC4761D47A")
    );
    assert_eq!(answer_to(&request, b"{}").outcome, Outcome::InvalidAnswer);
}

#[test]
fn the_sample_of_cadt_has_an_unknown_word_and_json_in_its_texts() {
    let answer = answer_to(&bpstudio::get_result("op_xxxxxxxx", None), CADT_JSON);
    assert_eq!(answer.outcome, Outcome::Ok);
    let Content::Bpstudio(reading) = answer.content else {
        panic!("a CADT answer");
    };
    assert_eq!(reading.unknown.len(), 1);
    assert_eq!(reading.unknown[0].kind, UnknownKind::Word);
    assert_eq!(reading.unknown[0].name, "BpstudioOperation.Status");
    assert_eq!(reading.unknown[0].value, "INIT/RUNNING/SUCCESS/FAILURE");
    let BpstudioAnswer::Operation(operation) = reading.value else {
        panic!("an operation");
    };
    assert_eq!(operation.code, text("200"));
    assert_eq!(operation.message, text("\" \""));
    assert_eq!(operation.status_raw, text("INIT/RUNNING/SUCCESS/FAILURE\n"));
    let message = embedded_json(operation.data_message.as_deref().unwrap()).unwrap();
    assert!(message.starts_with(r#"[{"vServerGroupId":"rsp-xxxx","healthCheckHttpVersion""#));
    assert_eq!(
        embedded_json(operation.data_arguments.as_deref().unwrap()).as_deref(),
        Some(r#"{"tagMap":{"cadt":["12xxxxxxx","34xxxxxxx"]}}"#)
    );
}

#[test]
fn the_sample_of_a_batch_is_still_running_although_its_counts_add_up() {
    let answer = answer_to(&alidns::batch_count(Some("123456"), None, "en"), BATCH_JSON);
    assert_eq!(answer.outcome, Outcome::Ok);
    let Content::Batch(reading) = answer.content else {
        panic!("a batch");
    };
    assert!(reading.unknown.is_empty());
    let BatchAnswer::Count(count) = reading.value else {
        panic!("counts");
    };
    assert_eq!((count.status, count.task_id), (Some(0), Some(123_456)));
    assert_eq!(
        (count.total_count, count.success_count, count.failed_count),
        (Some(4), Some(2), Some(2))
    );
    assert_eq!(count.batch_type, text("DOMAIN_ADD"));
    assert_eq!(count.reason, text("failed_reason"));
}

#[test]
fn an_answer_about_something_else_is_the_wrong_entity() {
    let page = |number| ros::list_results("cn-hangzhou", ASKED_ID, number, 10);
    let cadt = |id| bpstudio::get_result(id, None);
    let batch = |id| alidns::batch_count(Some(id), None, "en");
    for (request, body) in [
        (page(2), LIST_JSON),
        (page(2), LIST_XML),
        (cadt("op_yyyyyyyy"), CADT_JSON),
        (batch("123457"), BATCH_JSON),
        (batch("123457"), br#"{"Status":0,"TaskId":0}"#),
        (ros::list_groups("r", 2, 10), GROUPS_JSON),
        (
            ros::list_group_operations("r", "G", 2, 10),
            GROUP_OPERATIONS_JSON,
        ),
        (
            ros::list_group_operations("r", "g", 1, 10),
            GROUP_OPERATIONS_JSON,
        ),
        (
            alidns::batch_detail("7", None, "en", 2, 20),
            BATCH_ROWS_JSON,
        ),
    ] {
        let answer = answer_to(&request, body);
        assert_eq!(answer.outcome, Outcome::WrongEntity, "{request:?}");
        assert!(matches!(answer.content, Content::WrongEntity(_)));
    }
    // What names nothing contradicts nothing.
    for (request, body) in [
        (page(2), &br#"{"TotalCount":0}"#[..]),
        (
            page(2),
            br#"{"PageNumber":null,"TotalCount":0,"StackGroupOperationResults":[]}"#,
        ),
        (cadt("op_x"), br#"{"Code":"200","Data":{"Status":"INIT"}}"#),
        (
            cadt("op_x"),
            br#"{"Code":"200","Data":{"Status":"INIT","OperationId":""}}"#,
        ),
        (batch("0123456"), BATCH_JSON),
        (batch("7"), br#"{"Status":0}"#),
        (
            ros::list_group_operations("r", "G", 1, 10),
            GROUP_OPERATIONS_JSON,
        ),
        (
            ros::list_group_operations("r", "g", 1, 10),
            br#"{"StackGroupOperations":[{"OperationId":"o"}]}"#,
        ),
    ] {
        assert_eq!(
            answer_to(&request, body).outcome,
            Outcome::Ok,
            "{request:?}"
        );
    }
}

#[test]
fn no_task_is_not_found_only_if_it_was_asked_for() {
    let body = br#"{"Status":-1,"TaskId":0,"RequestId":"R"}"#;
    let by_id = answer_to(&alidns::batch_count(Some("7"), None, "en"), body);
    let last = answer_to(&alidns::batch_count(None, None, "en"), body);
    assert_eq!(by_id.outcome, Outcome::NotFound);
    assert_eq!(last.outcome, Outcome::Ok);
    assert_eq!(by_id.content, last.content);
    let unnamed = answer_to(&alidns::batch_count(None, None, "en"), br#"{"Status":0}"#);
    assert_eq!(unnamed.outcome, Outcome::InvalidAnswer);
}

#[test]
fn an_expired_id_tells_what_the_cloud_said() {
    let body = br#"{"Code":"200","Message":"gone","RequestId":"R"}"#;
    let answer = answer_to(&bpstudio::get_result("op_x", None), body);
    assert_eq!(answer.outcome, Outcome::Expired);
    assert_eq!((answer.code, answer.message), (text("200"), text("gone")));
}

#[test]
fn failures_keep_code_message_and_request_id() {
    let json = br#"{"RequestId":"R","HostId":"h","Code":"StackGroupOperationNotFound","Message":"gone","Recommend":"u"}"#;
    let xml =
        b"<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>R</RequestId><HostId>h</HostId>\
        <Code>StackGroupOperationNotFound</Code><Message>gone</Message></Error>";
    for body in [&json[..], xml] {
        let request = ros::get_operation("cn-hangzhou", ASKED_ID);
        let answer = read(request.action, &Asked::from(&request), 404, body);
        assert_eq!(answer.outcome, Outcome::NotFound);
        assert_eq!(answer.code, text("StackGroupOperationNotFound"));
        assert_eq!(answer.message, text("gone"));
        assert_eq!(answer.request_id, text("R"));
        assert_eq!(answer.content, Content::Nothing);
    }
}

#[test]
fn an_identity_is_read() {
    let body = br#"{"AccountId":"1234567890123456","IdentityType":"Account","RequestId":"R"}"#;
    let answer = answer_to(&sts::caller_identity(), body);
    let Content::CallerIdentity(reading) = answer.content else {
        panic!("an identity");
    };
    assert_eq!(reading.value.account_id, "1234567890123456");
}

fn arbitrary_request() -> impl Strategy<Value = Request> {
    proptest::sample::select(vec![
        ros::get_operation("cn-hangzhou", ANSWERED_ID),
        ros::list_results("cn-hangzhou", ASKED_ID, 1, 10),
        ros::stop_operation("cn-hangzhou", ASKED_ID),
        bpstudio::get_result("op_xxxxxxxx", None),
        alidns::batch_count(Some("123456"), None, "en"),
        alidns::batch_count(None, None, "en"),
        sts::caller_identity(),
        ros::describe_regions(),
        ros::list_groups("cn-hangzhou", 1, 50),
        ros::list_group_operations("cn-hangzhou", "G", 1, 50),
        alidns::batch_detail("123456", None, "en", 1, 20),
    ])
}

/// Whether outcome and content of an answer agree.
fn is_consistent(answer: &Answer) -> bool {
    use Content::*;
    let content_fits = match answer.outcome {
        Outcome::Ok => !matches!(answer.content, Nothing | Unreadable(_) | WrongEntity(_)),
        Outcome::InvalidAnswer => matches!(answer.content, Unreadable(_)),
        Outcome::WrongEntity => matches!(answer.content, WrongEntity(_)),
        Outcome::Expired => matches!(answer.content, Bpstudio(_)),
        Outcome::NotFound => matches!(answer.content, Nothing | Batch(_)),
        Outcome::Unreachable | Outcome::Truncated | Outcome::TooLarge => false,
        _ => matches!(answer.content, Nothing),
    };
    let bears_no_error = answer.code.is_none() && answer.message.is_none();
    content_fits && (answer.outcome != Outcome::Ok || bears_no_error)
}

proptest! {
    #[test]
    fn fault_72_arbitrary_bytes_are_read_to_something(
        request in arbitrary_request(),
        http_status in prop_oneof![Just(200_u16), any::<u16>()],
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let answer = read(request.action, &Asked::from(&request), http_status, &body);
        prop_assert!(is_consistent(&answer), "{answer:?}");
    }

    #[test]
    fn mutated_samples_are_read_to_something(
        request in arbitrary_request(),
        sample in 0..SAMPLES.len(),
        http_status in prop_oneof![Just(200_u16), Just(400), Just(503)],
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..4, proptest::collection::vec(any::<u8>(), 0..4)), 0..4),
    ) {
        let mut body = SAMPLES[sample].1.to_vec();
        for (at, removed, inserted) in cuts {
            let from = at.index(body.len() + 1);
            let until = (from + removed).min(body.len());
            body.splice(from..until, inserted);
        }
        let answer = read(request.action, &Asked::from(&request), http_status, &body);
        prop_assert!(is_consistent(&answer), "{answer:?}");
    }

    #[test]
    fn a_body_that_was_cut_short_is_never_a_success(
        sample in 0..SAMPLES.len(),
        cut in any::<prop::sample::Index>(),
    ) {
        let (action, body) = SAMPLES[sample];
        let whole = body.trim_ascii_end();
        let kept = &whole[..cut.index(whole.len())];
        let answer = read(action, &Asked::default(), 200, kept);
        prop_assert_eq!(answer.outcome, Outcome::InvalidAnswer);
    }
}
