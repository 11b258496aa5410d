//! Two runs over three operations, recorded through the library at fixed times, with answers that are hard
//! to print.

use std::path::Path;

use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{
    Ask, Call, Exchange, Framing, KeptBody, Listing, Parameters, RunEnd, RunKind, RunStart, Watch,
    WatchChange,
};
use optrail::model::{Action, Service, UtcMillis};
use optrail::record::{PlanEntry, Recorder};
use optrail::store::watches::WatchTarget;

pub const ACCOUNT: &str = "1000000000000001";
pub const ROS: &str = "6da106ca-1784-4a6f-a7e1-e723863d0000";
pub const LATER: &str = "7eb217da-2895-4b7a-b8f2-f8e9a34e1111";
pub const CADT: &str = "op_1a2b3c";
pub const BATCH: &str = "123456";

/// Before the first run: 2026-01-31T08:00:00Z.
const BEGIN: i64 = 1_769_846_400_000;
const MINUTE: i64 = 60_000;

/// A reason with everything that CSV, JSON and terminals stumble over.
const REASON: &str = r#"quota \"ecs\", region\nfull \u001b[31m"#;

struct Teller {
    recorder: Recorder,
    run: i64,
    now: i64,
    answers: u32,
}

/// Records the story.
pub fn record(path: &Path) {
    let (mut teller, plan) = watched(path);
    runtime().block_on(async {
        teller.first_run(&plan).await;
        teller.second_run(&plan).await;
    });
}

/// Records the story and goes on: in the third run a result fails and another is new, in the fourth the failure is
/// taken back, in the fourth and fifth a row is missing, so that it is gone after the fifth.
pub fn record_on(path: &Path) {
    let (mut teller, plan) = watched(path);
    let end = r#""EndTime": "2026-01-31T08:09:59","#;
    let hangzhou = |status| ("cn-hangzhou", status, "");
    let (beijing, shanghai) = (
        ("cn-beijing", "FAILED", REASON),
        ("cn-shanghai", "SUCCEEDED", ""),
    );
    let runs = [
        vec![beijing, hangzhou("FAILED"), shanghai],
        vec![hangzhou("SUCCEEDED"), shanghai],
        vec![hangzhou("SUCCEEDED"), shanghai],
    ];
    runtime().block_on(async {
        teller.first_run(&plan).await;
        teller.second_run(&plan).await;
        for (number, rows) in (3..).zip(runs) {
            teller.begin(BEGIN + 5 * number * MINUTE, &plan).await;
            teller.ros(ROS, "SUCCEEDED", end, &rows).await;
            teller.end().await;
        }
    });
}

/// Records a run that ended before any operation was asked about.
pub fn record_deferred(path: &Path) {
    let (mut teller, plan) = watched(path);
    runtime().block_on(async {
        teller.begin(BEGIN + MINUTE, &plan).await;
        teller.end().await;
    });
}

/// Records the first run of the story alone, in which nothing has ended.
pub fn record_first_run(path: &Path) {
    let (mut teller, plan) = watched(path);
    runtime().block_on(teller.first_run(&plan));
}

/// Records the second run of the story after [`record_first_run`], or once more.
pub fn record_second_run(path: &Path) {
    let (mut teller, plan) = told_by(Recorder::open(path).unwrap());
    // Its answers have RequestIds of their own.
    teller.answers = 100;
    runtime().block_on(teller.second_run(&plan));
}

/// Records a later operation of the same stack group, with what became of the target that had failed.
pub fn record_later(path: &Path, status: &str) {
    let (mut teller, _) = watched(path);
    let target = target("ros", "cn-hangzhou", LATER);
    let (number, _) = teller.recorder.add_watch(watch(&target)).unwrap();
    let plan = [PlanEntry {
        watch: number,
        service: target.service,
        label: target.label,
        region: target.region_id,
        operation: target.operation_id,
        ..PlanEntry::default()
    }];
    runtime().block_on(async {
        teller.begin(BEGIN + 20 * MINUTE, &plan).await;
        teller
            .ros(LATER, "SUCCEEDED", "", &[("cn-beijing", status, "later")])
            .await;
        teller.end().await;
    });
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.build().unwrap()
}

/// Opens the log with its three watches.
fn watched(path: &Path) -> (Teller, Vec<PlanEntry>) {
    let log = "0123456789abcdef0123456789abcdef";
    told_by(Recorder::create(path, log, UtcMillis(BEGIN)).unwrap())
}

fn told_by(recorder: Recorder) -> (Teller, Vec<PlanEntry>) {
    let targets = [
        target("ros", "cn-hangzhou", ROS),
        target("bpstudio", "", CADT),
        target("alidns", "", BATCH),
    ];
    let mut plan = Vec::new();
    for target in targets {
        let (watch, _) = recorder.add_watch(watch(&target)).unwrap();
        plan.push(PlanEntry {
            watch,
            service: target.service,
            label: target.label,
            region: target.region_id,
            operation: target.operation_id,
            ..PlanEntry::default()
        });
    }
    let teller = Teller {
        recorder,
        run: 0,
        now: BEGIN,
        answers: 0,
    };
    (teller, plan)
}

fn target(service: &str, region_id: &str, operation_id: &str) -> WatchTarget {
    WatchTarget {
        service: service.to_owned(),
        label: "default".to_owned(),
        region_id: region_id.to_owned(),
        operation_id: operation_id.to_owned(),
        ..WatchTarget::default()
    }
}

fn watch(target: &WatchTarget) -> Watch {
    Watch {
        service: Some(target.service.parse::<Service>().unwrap()),
        label: Some(target.label.clone()),
        region: Some(target.region_id.clone()).filter(|region| !region.is_empty()),
        operation: Some(target.operation_id.clone()),
        lang: (target.service == "alidns").then(|| "en".to_owned()),
        origin: Some("command".to_owned()),
        ..Watch::new(0, WatchChange::Add, "ann", UtcMillis(BEGIN))
    }
}

impl Teller {
    async fn first_run(&mut self, plan: &[PlanEntry]) {
        self.begin(BEGIN + 5 * MINUTE, plan).await;
        let rows = [
            ("cn-beijing", "FAILED", REASON),
            ("cn-hangzhou", "RUNNING", ""),
        ];
        self.ros(ROS, "RUNNING", "", &rows).await;
        self.cadt("RUNNING").await;
        self.batch(0, 1, 0).await;
        self.end().await;
    }

    async fn second_run(&mut self, plan: &[PlanEntry]) {
        self.begin(BEGIN + 10 * MINUTE, plan).await;
        let end = r#""EndTime": "2026-01-31T08:09:59","#;
        let rows = [
            ("cn-beijing", "FAILED", REASON),
            ("cn-hangzhou", "SUCCEEDED", ""),
        ];
        self.ros(ROS, "SUCCEEDED", end, &rows).await;
        self.cadt("SUCCESS").await;
        self.batch(1, 3, 1).await;
        self.batch_rows().await;
        self.end().await;
    }

    async fn begin(&mut self, at: i64, plan: &[PlanEntry]) {
        self.now = at;
        let start = RunStart {
            user: "ann".to_owned(),
            host: "bench".to_owned(),
            process_id: 1,
            simulated: true,
            ..RunStart::new(0, RunKind::Collect, UtcMillis(at))
        };
        let begun = self
            .recorder
            .begin_run(start, Vec::new(), plan.to_vec())
            .await;
        self.run = begun.unwrap().run_id;
        let body =
            format!(r#"{{"AccountId": "{ACCOUNT}", "Arn": "acs:ram::{ACCOUNT}:user/recorder"}}"#);
        self.call(None, Action::GetCallerIdentity, None, &[], &body)
            .await;
    }

    async fn end(&mut self) {
        let end = RunEnd {
            run: self.run,
            ended_at: UtcMillis(self.now),
            reason: "done".to_owned(),
        };
        self.recorder.end_run(end).await.unwrap();
    }

    async fn ros(&mut self, id: &str, status: &str, end: &str, rows: &[(&str, &str, &str)]) {
        let region = "cn-hangzhou";
        let body = format!(
            r#"{{"StackGroupOperation": {{"OperationId": "{id}", "Status": "{status}", "Action": "CREATE", {end}
            "CreateTime": "2026-01-31T08:04:00", "StackGroupName": "网络", "StackGroupId": "fd0ddef9"}}}}"#
        );
        let parameters = [("RegionId", region), ("OperationId", id)];
        let action = Action::GetStackGroupOperation;
        self.call(Some(ACCOUNT), action, Some(region), &parameters, &body)
            .await;
        let listing = Listing {
            run: self.run,
            account: ACCOUNT.to_owned(),
            action: Action::ListStackGroupOperationResults,
            region: region.to_owned(),
            operation: id.to_owned(),
            parameters: Parameters::default(),
            page_size: 50,
            watch: None,
        };
        let listing = self.recorder.begin_listing(listing).await.unwrap();
        let rows: Vec<String> = rows
            .iter()
            .map(|(region, status, reason)| {
                format!(r#"{{"AccountId": "2000000000000002", "RegionId": "{region}", "Status": "{status}", "StatusReason": "{reason}"}}"#)
            })
            .collect();
        let body = format!(
            r#"{{"TotalCount": {}, "PageSize": 50, "PageNumber": 1, "StackGroupOperationResults": [{}]}}"#,
            rows.len(),
            rows.join(", ")
        );
        self.keep(Ask::Page { listing, page: 1 }, &body).await;
    }

    async fn cadt(&mut self, status: &str) {
        let body = format!(
            r#"{{"Code": "200", "Data": {{"OperationId": "{CADT}", "Status": "{status}", "Message": "", "Arguments": "{{}}"}}}}"#
        );
        let action = Action::GetExecuteOperationResult;
        self.call(Some(ACCOUNT), action, None, &[("OperationId", CADT)], &body)
            .await;
    }

    async fn batch(&mut self, status: u8, succeeded: u8, failed: u8) {
        let body = format!(
            r#"{{"Status": {status}, "TotalCount": 4, "TaskId": {BATCH}, "FailedCount": {failed}, "SuccessCount": {succeeded}, "BatchType": "RR_ADD"}}"#
        );
        let action = Action::DescribeBatchResultCount;
        self.call(
            Some(ACCOUNT),
            action,
            None,
            &[("TaskId", BATCH), ("Lang", "en")],
            &body,
        )
        .await;
    }

    async fn batch_rows(&mut self) {
        let listing = Listing {
            run: self.run,
            account: ACCOUNT.to_owned(),
            action: Action::DescribeBatchResultDetail,
            region: String::new(),
            operation: BATCH.to_owned(),
            parameters: Parameters::new([("Lang".to_owned(), "en".to_owned())]).unwrap(),
            page_size: 20,
            watch: None,
        };
        let listing = self.recorder.begin_listing(listing).await.unwrap();
        let rows: Vec<String> = ["www", "mail", "ftp", "域"]
            .iter()
            .map(|rr| format!(r#"{{"Domain": "example.com", "Rr": "{rr}", "Status": true}}"#))
            .collect();
        let body = format!(
            r#"{{"TotalCount": 4, "PageSize": 20, "PageNumber": 1, "BatchResultDetails": {{"BatchResultDetail": [{}]}}}}"#,
            rows.join(", ")
        );
        self.keep(Ask::Page { listing, page: 1 }, &body).await;
    }

    async fn call(
        &mut self,
        account: Option<&str>,
        action: Action,
        region: Option<&str>,
        parameters: &[(&str, &str)],
        body: &str,
    ) {
        let pairs = parameters
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        let call = Call {
            label: Some("default".to_owned()),
            account: account.map(str::to_owned),
            action,
            region: region.map(str::to_owned),
            parameters: Parameters::new(pairs).unwrap(),
            intervention: None,
            watch: None,
        };
        self.keep(Ask::Call(call), body).await;
    }

    /// Keeps an answer that took 20 ms, with a RequestId of its own.
    async fn keep(&mut self, ask: Ask, body: &str) {
        self.answers += 1;
        let body = format!(r#"{{"RequestId": "R-{:04}", {}"#, self.answers, &body[1..]);
        let requested_at = UtcMillis(self.now);
        self.now += 20;
        let exchange = Exchange {
            run: self.run,
            ask,
            attempt: 1,
            requested_at,
            received_at: UtcMillis(self.now),
            http_status: 200,
            date: None,
            retry_after_ms: None,
            framing: Framing::Length,
            body: KeptBody {
                length: body.len() as u64,
                digest: Digest::of(body.as_bytes()),
                redacted: Vec::new(),
            },
        };
        self.recorder
            .keep_answer(exchange, body.into_bytes())
            .await
            .unwrap();
    }
}
