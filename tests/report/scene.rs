//! A morning of everything that a report tells: five runs of a schedule of 15 minutes, two that did not happen, one
//! that died, listings whole and not, an id that expired and one that never was, a stop, a redaction, a clock step.
//!
//! Minutes are counted from 2026-03-01T00:00:00Z. Each answer takes 100 ms.

use std::borrow::Cow;
use std::path::Path;

use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{
    Ask, Call, ClockStep, Exchange, Framing, Intervention, KeptBody, Lack, Listing, NoAnswer,
    Parameters, RunEnd, RunKind, RunSkipped, RunStart, ServerDate, SkipCause, Watch, WatchChange,
};
use optrail::evidence::redact::Span;
use optrail::model::{Action, Service, UtcMillis};
use optrail::record::{PlanEntry, Recorder};
use tokio::runtime::Runtime;

/// 2026-03-01T00:00:00Z.
pub const BEGIN: i64 = 1_772_323_200_000;
pub const MINUTE: i64 = 60_000;
pub const EVERY_MS: u64 = 900_000;

pub const ACCOUNT: &str = "1000000000000001";
pub const OTHER_ACCOUNT: &str = "1000000000000002";
pub const REGION: &str = "cn-hangzhou";
pub const CREATE: &str = "6da106ca-1784-4a6f-a7e1-e723863d0001";
pub const OTHER: &str = "6da106ca-1784-4a6f-a7e1-e723863d0002";
pub const GONE: &str = "6da106ca-1784-4a6f-a7e1-e723863d0003";
pub const CADT: &str = "op_1a2b3c";
pub const BATCH: &str = "123456";

/// Everything over which a table stumbles.
pub const REASON: &str = "=cmd|' /C calc'!A0\n<script>alert(1)</script> \u{202e}\"quota\"";

/// The leaves of what is asked for by name in the tests.
#[derive(Debug, Default)]
pub struct Leaves {
    /// First leaves of the collect runs.
    pub starts: Vec<i64>,
    /// The leaf of the incomplete listing.
    pub incomplete: i64,
    /// The answer that showed the present state of each operation.
    pub create: i64,
    pub create_first: i64,
    pub batch: i64,
    /// The page that showed the failed result.
    pub failed: i64,
    pub redacted: i64,
    pub intervention: i64,
    pub stop: i64,
    pub step: i64,
    pub skipped: i64,
}

pub struct Scene {
    recorder: Recorder,
    runtime: Runtime,
    run: i64,
    now: i64,
    answers: u32,
    /// How far the cloud's clock is ahead in the next answer, seconds; else that bears no date.
    ahead_s: Option<i64>,
    plan: Vec<PlanEntry>,
    /// Accounts that the next run is limited to.
    limited_to: Vec<String>,
    pub leaves: Leaves,
}

/// Records all of it.
pub fn record(path: &Path) -> Leaves {
    let mut scene = Scene::until_the_gap(path);
    scene.after_the_gap();
    scene.close()
}

impl Scene {
    /// Minute 0 to 30: watches, two runs.
    pub fn until_the_gap(path: &Path) -> Self {
        let log = "0123456789abcdef0123456789abcdef";
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let mut scene = Self {
            recorder: Recorder::create(path, log, UtcMillis(BEGIN)).unwrap(),
            runtime: builder.build().unwrap(),
            run: 0,
            now: BEGIN,
            answers: 0,
            ahead_s: None,
            plan: Vec::new(),
            limited_to: Vec::new(),
            leaves: Leaves::default(),
        };
        scene.watch("prod", Service::Ros, REGION, CREATE);
        scene.watch("prod", Service::Bpstudio, "", CADT);
        scene.watch("prod", Service::Alidns, "", BATCH);
        scene.watch("dev", Service::Ros, REGION, OTHER);
        scene.watch("dev", Service::Ros, REGION, GONE);
        scene.first_run();
        scene.second_run();
        scene
    }

    pub fn close(self) -> Leaves {
        self.settle();
        self.leaves
    }

    /// What was kept last is derived with the next transaction.
    pub fn settle(&self) {
        self.recorder.read_blocking(|_| Ok(())).unwrap();
    }

    /// Minute 15: all is well.
    fn first_run(&mut self) {
        self.begin(15, &[1, 2, 3, 4]);
        self.leaves.create_first = self.operation(ACCOUNT, CREATE, "CREATE", "RUNNING", "");
        let page = [
            ("cn-beijing", "FAILED", REASON),
            ("cn-hangzhou", "RUNNING", ""),
        ];
        let listing = self.listing(ACCOUNT, CREATE);
        self.leaves.failed = self.page(listing, 2, &page);
        self.cadt("RUNNING", false);
        self.batch(0, 1, 0);
        self.operation(OTHER_ACCOUNT, OTHER, "UPDATE", "RUNNING", "");
        let listing = self.listing(OTHER_ACCOUNT, OTHER);
        self.page(listing, 1, &[("cn-beijing", "RUNNING", "")]);
        self.end("done");
    }

    /// Minute 30: a listing that is not whole, an answer that is throttled, one that never comes.
    fn second_run(&mut self) {
        self.begin(30, &[1, 2, 3, 4, 5]);
        self.refused(
            ACCOUNT,
            Action::GetStackGroupOperation,
            CREATE,
            "Throttling.User",
            400,
        );
        self.operation(ACCOUNT, CREATE, "CREATE", "RUNNING", "");
        let listing = self.listing(ACCOUNT, CREATE);
        self.leaves.incomplete = listing;
        self.page(
            listing,
            3,
            &[
                ("cn-beijing", "FAILED", REASON),
                ("cn-hangzhou", "RUNNING", ""),
            ],
        );
        self.leaves.redacted = self.cadt("RUNNING", true);
        self.batch(0, 2, 0);
        self.unanswered(OTHER_ACCOUNT, OTHER);
        self.unknown_id();
        self.end("done");
    }

    /// Minute 80 to 115; the runs of minute 45 and 60 did not happen.
    pub fn after_the_gap(&mut self) {
        self.third_run();
        self.stop();
        self.skipped();
        self.dying_run();
        self.last_run();
    }

    /// Somebody collects one account only, of which nothing is due.
    pub fn limited_run(&mut self, minute: i64) {
        self.limited_to = vec!["nobody".to_owned()];
        self.start(RunKind::Collect, minute, Vec::new(), Some(EVERY_MS));
        self.end("done");
    }

    /// Minute 80: things have ended; an id expired, another one is unknown to the cloud.
    fn third_run(&mut self) {
        self.begin(80, &[1, 2, 3, 4, 5]);
        let end = r#""EndTime": "2026-03-01T01:10:00", "Surprise": "new","#;
        self.leaves.create = self.operation(ACCOUNT, CREATE, "CREATE", "SUCCEEDED", end);
        let listing = self.listing(ACCOUNT, CREATE);
        let page = [
            ("cn-beijing", "FAILED", REASON),
            ("cn-hangzhou", "SUCCEEDED", ""),
        ];
        self.page(listing, 2, &page);
        let action = Action::GetExecuteOperationResult;
        self.call(ACCOUNT, action, CADT, r#"{"Code": "200"}"#, 200, Vec::new());
        self.leaves.batch = self.batch(1, 3, 1);
        self.operation(OTHER_ACCOUNT, OTHER, "UPDATE", "RUNNING", "");
        let listing = self.listing(OTHER_ACCOUNT, OTHER);
        self.page(listing, 1, &[("cn-beijing", "RUNNING", "")]);
        self.unknown_id();
        self.end("done");
    }

    fn unknown_id(&mut self) {
        let code = "StackGroupOperationNotFound";
        self.refused(
            OTHER_ACCOUNT,
            Action::GetStackGroupOperation,
            GONE,
            code,
            404,
        );
    }

    /// Minute 90: somebody stops the other operation.
    fn stop(&mut self) {
        self.start(RunKind::Stop, 90, Vec::new(), None);
        self.identify("dev", OTHER_ACCOUNT);
        let intervention = Intervention {
            run: self.run,
            account: OTHER_ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            operation: OTHER.to_owned(),
            reason: "wrong template".to_owned(),
            ticket: Some("CHG-7".to_owned()),
            user: "bob".to_owned(),
            caller_arn: Some(arn(OTHER_ACCOUNT)),
            status_before: Some("RUNNING".to_owned()),
            requested_at: UtcMillis(self.now),
        };
        let kept = self.recorder.keep_intervention(intervention);
        let intervention = self.runtime.block_on(kept).unwrap();
        self.leaves.intervention = intervention;
        let call = Call {
            intervention: Some(intervention),
            ..self.of(OTHER_ACCOUNT, Action::StopStackGroupOperation, OTHER)
        };
        self.leaves.stop = self.keep(Ask::Call(call), "{}", 200, Vec::new());
        self.end("done");
    }

    /// Minute 95 and 96: a collector that met another one, and a clock that was set.
    fn skipped(&mut self) {
        let skipped = RunSkipped {
            at: UtcMillis(BEGIN + 95 * MINUTE),
            user: "ann".to_owned(),
            host: "bench".to_owned(),
            process_id: 7,
            cause: SkipCause::Locked,
            detail: None,
        };
        self.recorder.skip_run(skipped).unwrap();
        let step = ClockStep {
            run: None,
            at: UtcMillis(BEGIN + 96 * MINUTE),
            stepped_ms: -2_500,
            detail: None,
        };
        let kept = self.recorder.keep_clock(step);
        self.leaves.step = self.runtime.block_on(kept).unwrap();
        self.leaves.skipped = self.leaves.step - 1;
    }

    /// Minute 98: it dies before it asks.
    fn dying_run(&mut self) {
        self.begin(98, &[4]);
    }

    /// Minute 110: finds it dead, and what came of the stop; minute 115: a watch is given up.
    fn last_run(&mut self) {
        self.begin(110, &[4, 5]);
        let end = r#""EndTime": "2026-03-01T01:31:00","#;
        self.operation(OTHER_ACCOUNT, OTHER, "UPDATE", "STOPPED", end);
        let listing = self.listing(OTHER_ACCOUNT, OTHER);
        self.page(listing, 1, &[("cn-beijing", "CANCELLED", "")]);
        self.unknown_id();
        self.end("done");
        let removal = Watch {
            reason: Some("a typing error".to_owned()),
            ..Watch::new(
                5,
                WatchChange::Remove,
                "cem",
                UtcMillis(BEGIN + 115 * MINUTE),
            )
        };
        self.recorder.remove_watch(removal).unwrap();
    }

    fn watch(&mut self, label: &str, service: Service, region: &str, operation: &str) {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let watch = Watch {
            service: Some(service),
            label: some(label),
            region: some(region),
            operation: some(operation),
            origin: some("command"),
            ..Watch::new(0, WatchChange::Add, "ann", UtcMillis(BEGIN + MINUTE))
        };
        let (watch, _) = self.recorder.add_watch(watch).unwrap();
        self.plan.push(PlanEntry {
            watch,
            service: service.as_str().to_owned(),
            label: label.to_owned(),
            region: region.to_owned(),
            operation: operation.to_owned(),
            ..PlanEntry::default()
        });
    }

    /// Begins a collect run that plans these watches, and asks who it is.
    fn begin(&mut self, minute: i64, watches: &[i64]) {
        let plan = self
            .plan
            .iter()
            .filter(|entry| watches.contains(&entry.watch));
        let plan: Vec<PlanEntry> = plan.cloned().collect();
        let labels = ["prod", "dev"].map(|label| plan.iter().any(|entry| entry.label == label));
        let start = self.start(RunKind::Collect, minute, plan, Some(EVERY_MS));
        self.leaves.starts.push(start);
        if labels[0] {
            self.identify("prod", ACCOUNT);
        }
        // The run that dies does so here.
        if labels[1] && minute != 98 {
            self.identify("dev", OTHER_ACCOUNT);
        }
    }

    /// Tells the first leaf of the run.
    fn start(
        &mut self,
        kind: RunKind,
        minute: i64,
        plan: Vec<PlanEntry>,
        every_ms: Option<u64>,
    ) -> i64 {
        self.now = BEGIN + minute * MINUTE;
        let start = RunStart {
            program: "optrail 0.1.0".to_owned(),
            user: "ann".to_owned(),
            host: "bench".to_owned(),
            process_id: 1,
            every_ms,
            accounts: std::mem::take(&mut self.limited_to),
            ..RunStart::new(0, kind, UtcMillis(self.now))
        };
        let dead = vec![RunKind::Collect];
        let begun = self.recorder.begin_run(start, dead, plan);
        self.run = self.runtime.block_on(begun).unwrap().run_id;
        let run = self.run;
        let start = self.recorder.read_blocking(move |connection| {
            Ok(connection.query_row(
                "SELECT start_sequence FROM run WHERE run_id = ?1",
                [run],
                |row| row.get(0),
            )?)
        });
        start.unwrap()
    }

    fn end(&mut self, reason: &str) {
        let end = RunEnd {
            run: self.run,
            ended_at: UtcMillis(self.now),
            reason: reason.to_owned(),
        };
        self.runtime.block_on(self.recorder.end_run(end)).unwrap();
    }

    fn identify(&mut self, label: &str, account: &str) {
        let body = format!(r#"{{"AccountId": "{account}", "Arn": "{}"}}"#, arn(account));
        // One date in each run: of the run of minute 80 half a minute ahead.
        let is_third = self.now == BEGIN + 80 * MINUTE;
        self.ahead_s = (label == "prod").then_some(if is_third { 30 } else { 0 });
        let call = Call {
            label: Some(label.to_owned()),
            account: None,
            region: None,
            parameters: Parameters::default(),
            ..self.of(account, Action::GetCallerIdentity, "")
        };
        self.keep(Ask::Call(call), &body, 200, Vec::new());
    }

    fn operation(&mut self, account: &str, id: &str, kind: &str, status: &str, more: &str) -> i64 {
        let body = format!(
            r#"{{"StackGroupOperation": {{"OperationId": "{id}", "Status": "{status}", "Action": "{kind}", {more}
            "CreateTime": "2026-03-01T00:10:00", "StackGroupName": "network", "StackGroupId": "g-{id}"}}}}"#
        );
        self.call(
            account,
            Action::GetStackGroupOperation,
            id,
            &body,
            200,
            Vec::new(),
        )
    }

    fn listing(&mut self, account: &str, id: &str) -> i64 {
        let listing = Listing {
            run: self.run,
            account: account.to_owned(),
            action: Action::ListStackGroupOperationResults,
            region: REGION.to_owned(),
            operation: id.to_owned(),
            parameters: Parameters::default(),
            page_size: 50,
            watch: None,
        };
        let begun = self.recorder.begin_listing(listing);
        self.runtime.block_on(begun).unwrap()
    }

    /// One page, which says that there are `total` rows.
    fn page(&mut self, listing: i64, total: usize, rows: &[(&str, &str, &str)]) -> i64 {
        let rows: Vec<serde_json::Value> = rows
            .iter()
            .map(|(region, status, reason)| {
                serde_json::json!({"AccountId": "2000000000000002", "RegionId": region, "Status": status,
                    "StatusReason": Some(reason).filter(|reason| !reason.is_empty())})
            })
            .collect();
        let body = serde_json::json!({"TotalCount": total, "PageSize": 50, "PageNumber": 1,
            "StackGroupOperationResults": rows});
        self.keep(
            Ask::Page { listing, page: 1 },
            &body.to_string(),
            200,
            Vec::new(),
        )
    }

    /// An answer about the CADT operation, maybe one of which something was cut out.
    fn cadt(&mut self, status: &str, is_redacted: bool) -> i64 {
        let body = format!(
            r#"{{"Code": "200", "Data": {{"OperationId": "{CADT}", "Status": "{status}", "Message": "", "Arguments": "{{}}"}}}}"#
        );
        let span = Span {
            offset: 2,
            length: 3,
            rule: Cow::Borrowed("secret"),
        };
        let spans = if is_redacted { vec![span] } else { Vec::new() };
        self.call(
            ACCOUNT,
            Action::GetExecuteOperationResult,
            CADT,
            &body,
            200,
            spans,
        )
    }

    fn batch(&mut self, status: u8, succeeded: u8, failed: u8) -> i64 {
        let body = format!(
            r#"{{"Status": {status}, "TotalCount": 4, "TaskId": {BATCH}, "FailedCount": {failed}, "SuccessCount": {succeeded}, "BatchType": "RR_ADD"}}"#
        );
        self.call(
            ACCOUNT,
            Action::DescribeBatchResultCount,
            BATCH,
            &body,
            200,
            Vec::new(),
        )
    }

    fn refused(&mut self, account: &str, action: Action, id: &str, code: &str, status: u16) {
        let body = format!(r#"{{"Code": "{code}", "Message": "no"}}"#);
        self.call(account, action, id, &body, status, Vec::new());
    }

    fn unanswered(&mut self, account: &str, id: &str) {
        let requested_at = UtcMillis(self.now);
        self.now += 100;
        let no_answer = NoAnswer {
            run: self.run,
            ask: Ask::Call(self.of(account, Action::GetStackGroupOperation, id)),
            attempt: 1,
            requested_at,
            received_at: UtcMillis(self.now),
            outcome: Lack::Unreachable,
            reason: "connect".to_owned(),
            http_status: None,
            partial: None,
        };
        let kept = self.recorder.keep_no_answer(no_answer, None);
        self.runtime.block_on(kept).unwrap();
    }

    fn of(&self, account: &str, action: Action, id: &str) -> Call {
        let region = (action.service() == Service::Ros).then(|| REGION.to_owned());
        let name = if action.service() == Service::Alidns {
            "TaskId"
        } else {
            "OperationId"
        };
        Call {
            label: None,
            account: Some(account.to_owned()),
            action,
            region,
            parameters: Parameters::new([(name.to_owned(), id.to_owned())]).unwrap(),
            intervention: None,
            watch: None,
        }
    }

    fn call(
        &mut self,
        account: &str,
        action: Action,
        id: &str,
        body: &str,
        http_status: u16,
        redacted: Vec<Span>,
    ) -> i64 {
        let call = self.of(account, action, id);
        self.keep(Ask::Call(call), body, http_status, redacted)
    }

    fn keep(&mut self, ask: Ask, body: &str, http_status: u16, redacted: Vec<Span>) -> i64 {
        self.answers += 1;
        let rest = &body[1..];
        let comma = if rest == "}" { "" } else { ", " };
        let body = format!(r#"{{"RequestId": "R-{:04}"{comma}{rest}"#, self.answers);
        let requested_at = UtcMillis(self.now);
        self.now += 100;
        let exchange = Exchange {
            run: self.run,
            ask,
            attempt: 1,
            requested_at,
            received_at: UtcMillis(self.now),
            http_status,
            date: self
                .ahead_s
                .take()
                .map(|ahead_s| ServerDate::UnixSeconds(requested_at.unix_seconds() + ahead_s)),
            retry_after_ms: None,
            framing: Framing::Length,
            body: KeptBody {
                length: body.len() as u64,
                digest: Digest::of(body.as_bytes()),
                redacted,
            },
        };
        let kept = self.recorder.keep_answer(exchange, body.into_bytes());
        self.runtime.block_on(kept).unwrap()
    }
}

fn arn(account: &str) -> String {
    format!("acs:ram::{account}:user/recorder")
}
