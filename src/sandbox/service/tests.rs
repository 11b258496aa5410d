//! Requests through the whole service, without a network.

#![allow(clippy::unwrap_used)]

use serde_json::Value;

use super::*;
use crate::model::{ManualClock, UtcMillis};
use crate::sandbox::scenario::{DemoIds, demo};
use crate::sandbox::test_client::{ALIDNS, BPSTUDIO, ROS, STS, TestClient};
use crate::sandbox::{DEFAULT_ACCOUNT_ID, Fault};

const NOW: UtcMillis = UtcMillis(1_767_323_045_000);

struct Bench {
    clock: Arc<ManualClock>,
    service: Service,
    client: TestClient,
    ids: DemoIds,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(NOW));
        let mut config = SandboxConfig::new(Arc::<ManualClock>::clone(&clock));
        config.keys[0].security_token = Some("token/of+nobody==".to_owned());
        let other = Key {
            access_key_id: "other".to_owned(),
            account_id: "9999999999999999".to_owned(),
            ..Key::default()
        };
        config.keys.push(other);
        let service = Service::new(&config);
        let ids = demo(service.world(), DEFAULT_ACCOUNT_ID);
        Self {
            clock,
            client: TestClient::new(config.keys[0].clone()),
            service,
            ids,
        }
    }

    fn v3(&self, call: (&str, &str), query: &[(&str, &str)], form: &[(&str, &str)]) -> Reply {
        let raw = self.client.v3(self.clock.now(), call, query, form);
        self.service.reply(&raw)
    }

    fn get(&self, operation_id: &str) -> Reply {
        let query = [("RegionId", "cn-hangzhou"), ("OperationId", operation_id)];
        self.v3((ROS, "GetStackGroupOperation"), &query, &[])
    }

    fn list(&self, paging: &[(&str, &str)]) -> Reply {
        let target = [
            ("RegionId", "cn-hangzhou"),
            ("OperationId", &*self.ids.ros_succeeding),
        ];
        let query = [&target[..], paging].concat();
        self.v3((ROS, "ListStackGroupOperationResults"), &query, &[])
    }

    fn stop(&self, operation_id: &str) -> Reply {
        let query = [("RegionId", "cn-hangzhou"), ("OperationId", operation_id)];
        self.v3((ROS, "StopStackGroupOperation"), &query, &[])
    }

    fn count(&self, query: &[(&str, &str)]) -> Reply {
        self.v3((ALIDNS, "DescribeBatchResultCount"), query, &[])
    }
}

fn json(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

#[track_caller]
fn assert_refused(reply: &Reply, http_status: u16, code: &str) {
    let body = json(reply);
    assert_eq!(
        (reply.http_status, &body["Code"]),
        (http_status, &code.into())
    );
    for field in ["RequestId", "HostId", "Message", "Recommend"] {
        assert!(body[field].is_string(), "{field}");
    }
}

#[test]
fn an_operation_is_shown_with_a_fresh_request_id() {
    let bench = Bench::new();
    let first = json(&bench.get(&bench.ids.ros_succeeding));
    let operation = &first["StackGroupOperation"];
    assert_eq!(operation["Status"], "QUEUED");
    assert_eq!(operation["CreateTime"], "2026-01-02T03:04:05");
    assert_eq!(
        operation["OperationPreferences"]["FailureToleranceCount"],
        1
    );
    let request_id = first["RequestId"].as_str().unwrap();
    assert_eq!(request_id, request_id.to_ascii_uppercase());
    assert_eq!(request_id.len(), 36);
    let second = json(&bench.get(&bench.ids.ros_succeeding));
    assert_ne!(first["RequestId"], second["RequestId"]);
    assert_eq!(first["StackGroupOperation"], second["StackGroupOperation"]);
}

#[test]
fn ids_of_others_and_of_nobody_are_not_found() {
    let bench = Bench::new();
    let id = bench.ids.ros_succeeding.clone();
    let not_found = "StackGroupOperationNotFound";
    let nobody = "6da106ca-1784-4a6f-a7e1-e723863d0000";
    assert_refused(&bench.get(nobody), 404, not_found);
    assert_refused(
        &bench.get("6da106ca-1784-4a6f-a7e1-e723863d****"),
        400,
        "InvalidParameter",
    );
    let query = [("RegionId", "cn-beijing"), ("OperationId", &*id)];
    let elsewhere = bench.v3((ROS, "GetStackGroupOperation"), &query, &[]);
    assert_refused(&elsewhere, 404, not_found);
    let other = TestClient::new(bench.service.world().key("other").unwrap());
    let query = [("RegionId", "cn-hangzhou"), ("OperationId", &*id)];
    let raw = other.v3(NOW, (ROS, "GetStackGroupOperation"), &query, &[]);
    assert_refused(&bench.service.reply(&raw), 404, not_found);
}

#[test]
fn parameters_have_their_place() {
    let bench = Bench::new();
    let id = bench.ids.bpstudio_succeeding.clone();
    let call = (BPSTUDIO, "GetExecuteOperationResult");
    let parameters = [("OperationId", &*id)];
    assert_refused(&bench.v3(call, &parameters, &[]), 400, "MissingParameter");
    assert_eq!(json(&bench.v3(call, &[], &parameters))["Code"], "200");

    let id = bench.ids.ros_succeeding.clone();
    let call = (ROS, "GetStackGroupOperation");
    let parameters = [("RegionId", "cn-hangzhou"), ("OperationId", &*id)];
    assert_refused(&bench.v3(call, &[], &parameters), 400, "MissingParameter");
    let raw = bench
        .client
        .v1(NOW, call, &[("Format", "json")], &parameters);
    assert_refused(&bench.service.reply(&raw), 400, "MissingParameter");
}

#[test]
fn pages_have_limits() {
    let bench = Bench::new();
    for (name, wrong) in [
        ("PageSize", "51"),
        ("PageSize", "0"),
        ("PageSize", "+5"),
        ("PageSize", ""),
        ("PageNumber", "0"),
        ("PageNumber", "-1"),
        ("PageNumber", "two"),
    ] {
        assert_refused(&bench.list(&[(name, wrong)]), 400, "InvalidParameter");
    }
    let page = json(&bench.list(&[("PageNumber", "2"), ("PageSize", "5")]));
    assert_eq!(page["TotalCount"], 12);
    let results = page["StackGroupOperationResults"].as_array().unwrap();
    assert_eq!(results.len(), 5);
    assert_eq!(results[0]["AccountId"], "1412613871910003");
    assert_eq!(json(&bench.list(&[]))["PageSize"], 10, "the default");
}

#[test]
fn actions_and_versions_belong_together() {
    let bench = Bench::new();
    let unknown = "InvalidAction.NotFound";
    assert_refused(
        &bench.v3((STS, "GetStackGroupOperation"), &[], &[]),
        404,
        unknown,
    );
    assert_refused(&bench.v3((ROS, "DeleteStackGroup"), &[], &[]), 404, unknown);
    assert_refused(
        &bench.v3((ROS, "getstackgroupoperation"), &[], &[]),
        404,
        unknown,
    );
    let reply = bench.v3(("2021-10-01", "GetCallerIdentity"), &[], &[]);
    assert_refused(&reply, 400, "NoSuchVersion");
}

#[test]
fn a_nonce_is_good_for_one_request_and_only_if_that_was_signed() {
    let bench = Bench::new();
    let raw = bench.client.v3(NOW, (STS, "GetCallerIdentity"), &[], &[]);
    let mut forged = raw.clone();
    forged.query = b"a=1".to_vec();
    assert_refused(&bench.service.reply(&forged), 400, "SignatureDoesNotMatch");
    let identity = json(&bench.service.reply(&raw));
    assert_eq!(identity["AccountId"], DEFAULT_ACCOUNT_ID);
    assert_eq!(identity["IdentityType"], "RAMUser");
    assert_refused(&bench.service.reply(&raw), 400, "SignatureNonceUsed");
}

#[test]
fn v1_answers_xml_unless_json_is_asked_for() {
    let bench = Bench::new();
    let id = bench.ids.ros_failing.clone();
    let target = [("RegionId", "cn-hangzhou"), ("OperationId", &*id)];
    let call = (ROS, "GetStackGroupOperation");
    let reply = bench
        .service
        .reply(&bench.client.v1(NOW, call, &target, &[]));
    assert_eq!(reply.http_status, 200);
    let text = String::from_utf8(reply.body).unwrap();
    assert!(text.contains("<GetStackGroupOperationResponse><StackGroupOperation>"));
    assert!(text.contains("<RegionIdsOrder>cn-hangzhou</RegionIdsOrder><RegionIdsOrder>"));

    let wrong = bench.client.v1(NOW, (ROS, "NoSuchAction"), &[], &[]);
    let text = String::from_utf8(bench.service.reply(&wrong).body).unwrap();
    assert!(text.starts_with("<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>"));

    for format in ["JSON", "json", "Json"] {
        let query = [&target[..], &[("Format", format)]].concat();
        let reply = bench
            .service
            .reply(&bench.client.v1(NOW, call, &query, &[]));
        assert_eq!(json(&reply)["StackGroupOperation"]["Status"], "RUNNING");
    }
}

#[test]
fn the_signature_clock_may_be_another_than_the_worlds() {
    let world_clock = Arc::new(ManualClock::new(UtcMillis(0)));
    let mut config = SandboxConfig::new(world_clock);
    config.signature_clock = Some(Arc::new(ManualClock::new(NOW)));
    let service = Service::new(&config);
    let client = TestClient::new(Key::default());
    let call = (STS, "GetCallerIdentity");
    assert_eq!(
        service.reply(&client.v3(NOW, call, &[], &[])).http_status,
        200
    );
    let reply = service.reply(&client.v3(UtcMillis(0), call, &[], &[]));
    assert_refused(&reply, 400, "InvalidTimeStamp.Expired");
}

#[test]
fn a_stop_is_carried_out_once() {
    let bench = Bench::new();
    let id = bench.ids.ros_to_stop.clone();
    let status = || json(&bench.get(&id))["StackGroupOperation"]["Status"].clone();
    bench.clock.advance_ms(60_000);
    assert_eq!(status(), "RUNNING");
    let reply = bench.stop(&id);
    let body = json(&reply);
    assert_eq!(reply.http_status, 200);
    assert_eq!(
        body.as_object().unwrap().len(),
        1,
        "RequestId alone: {body}"
    );
    assert_eq!(status(), "STOPPING");
    assert_refused(&bench.stop(&id), 400, "InvalidParameter");
    bench.clock.advance_ms(600_000);
    assert_eq!(status(), "STOPPED");
    assert_refused(&bench.stop(&id), 400, "InvalidParameter");
    let truth = bench.service.world().truth();
    let operation = truth.ros.iter().find(|op| op.operation_id == id).unwrap();
    assert_eq!(
        operation.stop.map(|stop| stop.requested_at),
        Some(NOW.plus_ms(60_000))
    );
}

#[test]
fn batches_are_found_by_id_by_type_or_as_the_last() {
    let bench = Bench::new();
    let id = bench.ids.batch_task_id;
    let last = json(&bench.count(&[]));
    assert_eq!(last["TaskId"], id, "beyond 2^53 and whole");
    assert_eq!(last["Status"], 0);
    assert_eq!(json(&bench.count(&[("BatchType", "RR_DEL")]))["Status"], -1);
    assert_eq!(json(&bench.count(&[("TaskId", "17")]))["Status"], -1);
    assert_refused(&bench.count(&[("TaskId", "1.0")]), 400, "InvalidParameter");
    assert_refused(
        &bench.count(&[("BatchType", "rr_add")]),
        400,
        "InvalidParameter",
    );
    assert_refused(&bench.count(&[("Lang", "fr")]), 400, "InvalidParameter");
    bench.clock.advance_ms(600_000);
    let text = id.to_string();
    let chinese = json(&bench.count(&[("TaskId", &text)]));
    assert_eq!(chinese["Reason"], "解析记录冲突");
    let english = json(&bench.count(&[("TaskId", &text), ("Lang", "en")]));
    assert_eq!(
        (&english["Status"], &english["FailedCount"]),
        (&1.into(), &3.into())
    );
    assert!(english["Reason"].as_str().unwrap().starts_with("The DNS"));
}

#[test]
fn throttling_is_http_400_with_milliseconds() {
    let bench = Bench::new();
    let kind = FaultKind::Throttle {
        retry_after_ms: Some(1_500),
    };
    bench.service.world().script(Fault::once(kind));
    let reply = bench.list(&[]);
    assert_refused(&reply, 400, "Throttling.User");
    let wait = ("x-acs-retry-after", "1500".to_owned());
    assert!(reply.headers.contains(&wait));
    assert_eq!(bench.list(&[]).http_status, 200);
}

#[test]
fn an_echo_holds_every_secret_in_every_spelling() {
    let bench = Bench::new();
    let kind = FaultKind::EchoSecrets(Spelling::ALL.to_vec());
    bench.service.world().script(Fault::once(kind));
    let reply = bench.list(&[]);
    assert_refused(&reply, 400, "SignatureDoesNotMatch");
    let message = json(&reply)["Message"].as_str().unwrap().to_owned();
    for form in [
        "token/of+nobody==",
        "token%2Fof%2Bnobody%3D%3D",
        "token%252Fof%252Bnobody%253D%253D",
        "dG9rZW4vb2Yrbm9ib2R5PT0=",
        "746f6b656e2f6f662b6e6f626f64793d3d",
        "74 6f 6b 65 6e 2f",
        bench.client.key.access_key_secret.as_str(),
        "ACS3-HMAC-SHA256\n",
    ] {
        assert!(message.contains(form), "{form}");
    }
}

#[test]
fn faults_stand_before_the_call_or_break_its_answer() {
    let bench = Bench::new();
    let world = bench.service.world();
    let id = bench.ids.ros_to_stop.clone();
    let stopped = || world.truth().ros.iter().any(|op| op.stop.is_some());
    let before = [
        FaultKind::Denied,
        FaultKind::ServiceUnavailable,
        FaultKind::BadGateway,
        FaultKind::Disconnect { carried_out: false },
    ];
    for kind in before {
        world.script(Fault::once(kind.clone()));
        let reply = bench.stop(&id);
        assert!(reply.http_status >= 400, "{kind:?}");
        assert!(!stopped(), "{kind:?}");
    }
    world.script(Fault::once(FaultKind::CutBody).on_action("StopStackGroupOperation"));
    assert_eq!(bench.stop(&id).delivery, Delivery::Cut);
    assert!(stopped());

    let answer = |kind| {
        world.script(Fault::once(kind));
        bench.get(&id)
    };
    assert_eq!(answer(FaultKind::EmptyBody).body, b"");
    assert_eq!(answer(FaultKind::NullBody).body, b"null");
    assert!(String::from_utf8(answer(FaultKind::GarbledBody).body).is_err());
    let big = answer(FaultKind::Oversized { bytes: 1 << 20 });
    assert_eq!(big.body.len(), 1 << 20);
    let other = json(&answer(FaultKind::WrongEntity));
    assert_ne!(other["StackGroupOperation"]["OperationId"], *id);
    let unknown = json(&answer(FaultKind::UnknownWord("ROLLING_BACK".into())));
    assert_eq!(unknown["StackGroupOperation"]["Status"], "ROLLING_BACK");
    let looks = world.truth().looks;
    assert_eq!(looks.len(), 7, "calls that were carried out");
    assert!(looks.iter().all(|look| !look.faithful));
}

#[test]
fn requests_are_logged_with_business_parameters_only() {
    let bench = Bench::new();
    let raw = bench.client.v1(
        NOW,
        (ALIDNS, "DescribeBatchResultCount"),
        &[("Lang", "en"), ("Format", "JSON")],
        &[],
    );
    bench.service.reply(&raw);
    let requests = bench.service.world().requests();
    let seen = &requests[0];
    assert_eq!(seen.action, "DescribeBatchResultCount");
    assert_eq!(seen.parameters, [("Lang".to_owned(), "en".to_owned())]);
    assert_eq!((seen.at, seen.http_status), (NOW, Some(200)));
    assert_eq!(seen.access_key_id, bench.client.key.access_key_id);
}
