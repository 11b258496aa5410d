//! A database in which everything has happened that leaves a row: written by the recorder itself.

use std::path::Path;

use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{
    Ask, Call, ClockStep, CredentialCall, Exchange, Framing, Intervention, KeptBody, Lack, Listing,
    NoAnswer, Note, Parameters, RunEnd, RunKind, RunSkipped, RunStart, ServerDate, SkipCause,
    Watch, WatchChange,
};
use optrail::evidence::redact::{Redactor, Span};
use optrail::model::{Action, Cause, Outcome, Service, UtcMillis};
use optrail::record::{NamedAccount, PlanEntry, Recorder, Settings};
use tokio::runtime::Runtime;

use crate::answers::{
    ACCOUNT, REGION, batch_count, bpstudio_expired, bpstudio_operation, caller_identity, failure,
    failure_xml, ros_operation, ros_page,
};

mod custody;
mod discovery;

/// The name of the credentials.
const LABEL: &str = "default";

/// Rounds in which nothing changes: enough leaves for a subtree and a tail.
const QUIET_ROUNDS: usize = 24;

/// What is watched: service and id. The last one is given up.
const WATCHED: [(Service, &str); 7] = [
    (Service::Ros, "op-a"),
    (Service::Ros, "op-b"),
    (Service::Ros, "op-none"),
    (Service::Bpstudio, "op_cadt"),
    (Service::Bpstudio, "op_late"),
    (Service::Alidns, "7"),
    (Service::Ros, "op-given-up"),
];

/// Writes the database. All evidence has been derived.
pub fn record(path: &Path) {
    let mut scene = Scene::new(path);
    scene.add_watches();
    scene.add_moving_watches();
    scene.first_round();
    scene.round_that_changes_everything();
    scene.stop();
    scene.what_keeps_it_from_its_work();
    scene.round_of_strangers();
    scene.custody();
    scene.round_that_dies();
    for _ in 0..QUIET_ROUNDS {
        scene.quiet_round();
    }
}

/// Adds a round to it whose last leaves are not derived yet.
pub fn record_without_deriving(path: &Path) {
    let mut scene = Scene::new(path);
    scene.round_that_dies();
}

struct Scene {
    recorder: Recorder,
    runtime: Runtime,
    now: i64,
    run: i64,
    requests: u64,
}

impl Scene {
    fn new(path: &Path) -> Self {
        let now = 1_790_000_000_000;
        let log = "0123456789abcdef0123456789abcdef";
        Self {
            recorder: Recorder::create(path, log, UtcMillis(now)).unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap(),
            now,
            run: 0,
            requests: 0,
        }
    }

    fn tick(&mut self) -> UtcMillis {
        self.now += 40;
        UtcMillis(self.now)
    }

    fn add_watches(&mut self) {
        for (service, operation) in WATCHED {
            let watch = self.watch(0, WatchChange::Add, Some((service, operation)));
            self.recorder.add_watch(watch).unwrap();
        }
        let given_up = self.watch(7, WatchChange::Remove, None);
        self.recorder.remove_watch(given_up).unwrap();
    }

    fn watch(&mut self, watch: i64, change: WatchChange, what: Option<(Service, &str)>) -> Watch {
        Watch {
            service: what.map(|(service, _)| service),
            label: what.map(|_| LABEL.to_owned()),
            region: what.and_then(|(service, _)| region(service)),
            operation: what.map(|(_, operation)| operation.to_owned()),
            origin: Some("command".to_owned()),
            reason: what.is_none().then(|| "no longer ours".to_owned()),
            ..Watch::new(watch, change, "auditor", self.tick())
        }
    }

    fn first_round(&mut self) {
        self.begin(RunKind::Collect, vec![]);
        self.no_answer(identity_call(), 1, Lack::Unreachable, None);
        self.answer(identity_call(), 2, 200, &caller_identity());

        self.get_ros("op-a", &ros_operation("op-a", "RUNNING", None));
        let listing = self.listing("op-a");
        let page = [
            ("11", "RUNNING", Some("queued before")),
            ("12", "RUNNING", None),
        ];
        self.page(listing, 1, 200, &ros_page(1, 4, &page));
        let page = [
            ("13", "STALLED", Some("nobody knows")),
            ("14", "PENDING", None),
        ];
        self.page(listing, 2, 200, &ros_page(2, 4, &page));

        self.get_ros("op-b", &ros_operation("op-b", "MOVING", None));
        self.torn_listing();

        let none = call(Action::GetStackGroupOperation, "op-none");
        self.answer(
            none,
            1,
            404,
            &failure_xml("StackGroupOperationNotFound", "no such operation"),
        );
        let running = bpstudio_operation("op_cadt", "RUNNING");
        self.answer(
            call(Action::GetExecuteOperationResult, "op_cadt"),
            1,
            200,
            &running,
        );
        let late = call(Action::GetExecuteOperationResult, "op_late");
        self.answer(late, 1, 200, &bpstudio_expired());
        self.echo_of_a_secret();
        self.answer(
            call(Action::DescribeBatchResultCount, "7"),
            2,
            200,
            &batch_count(7, 0, 1),
        );
        self.discover();
        self.end("done");
    }

    /// A listing whose second page fails for good.
    fn torn_listing(&mut self) {
        let listing = self.listing("op-b");
        let page = [("21", "RUNNING", None), ("22", "RUNNING", None)];
        self.page(listing, 1, 200, &ros_page(1, 3, &page));
        self.page(
            listing,
            2,
            400,
            &failure("Throttling.User", "too many requests"),
        );
        let ask = Ask::Page { listing, page: 2 };
        self.no_answer(ask, 2, Lack::Truncated, Some(b"{\"TotalCount\":3,\"Sta"));
    }

    /// A refused signature, with the string to sign in the message.
    fn echo_of_a_secret(&mut self) {
        let secret = "s3cr3t-t0ken-that-was-echoed";
        let body = failure(
            "SignatureDoesNotMatch",
            &format!("server string to sign is:{secret}"),
        );
        let redacted = Redactor::new(&[secret]).redact(self.with_request_id(&body), &[]);
        assert!(!redacted.spans.is_empty());
        let ask = call(Action::DescribeBatchResultCount, "7");
        self.keep(ask, 1, 400, redacted.bytes, redacted.spans);
    }

    fn round_that_changes_everything(&mut self) {
        self.begin(RunKind::Collect, vec![]);
        self.answer(identity_call(), 1, 200, &caller_identity());
        self.get_ros(
            "op-a",
            &ros_operation("op-a", "SUCCEEDED", Some("2026-01-20T09:30:00")),
        );
        // Twice without the fourth row: it is retired.
        for _ in 0..2 {
            self.whole_listing_of_a();
        }
        let b = call(Action::GetStackGroupOperation, "op-b");
        self.answer(b, 1, 200, &ros_operation("op-another", "RUNNING", None));
        let done = bpstudio_operation("op_cadt", "success\n");
        self.answer(
            call(Action::GetExecuteOperationResult, "op_cadt"),
            1,
            200,
            &done,
        );
        self.answer(
            call(Action::DescribeBatchResultCount, "7"),
            1,
            200,
            &batch_count(7, 1, 3),
        );
        self.discover_again();
        self.end("deadline");
    }

    fn whole_listing_of_a(&mut self) {
        let listing = self.listing("op-a");
        let page = [
            ("11", "SUCCEEDED", Some("queued before")),
            ("12", "FAILED", Some("no quota")),
        ];
        self.page(listing, 1, 200, &ros_page(1, 3, &page));
        self.page(
            listing,
            2,
            200,
            &ros_page(2, 3, &[("13", "CANCELLED", None)]),
        );
    }

    fn stop(&mut self) {
        self.begin(RunKind::Stop, vec![]);
        self.answer(identity_call(), 1, 200, &caller_identity());
        let intervention = Intervention {
            run: self.run,
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            operation: "op-b".to_owned(),
            reason: "wrong target".to_owned(),
            ticket: Some("CHG-1".to_owned()),
            user: "auditor".to_owned(),
            caller_arn: None,
            status_before: Some("MOVING".to_owned()),
            requested_at: self.tick(),
        };
        let intent = self.recorder.keep_intervention(intervention);
        let intent = self.runtime.block_on(intent).unwrap();
        let Ask::Call(stop) = call(Action::StopStackGroupOperation, "op-b") else {
            unreachable!()
        };
        let stop = Call {
            intervention: Some(intent),
            ..stop
        };
        self.answer(Ask::Call(stop), 1, 200, &says_nothing());
        self.end("done");
    }

    fn what_keeps_it_from_its_work(&mut self) {
        for (cause, detail) in [
            (SkipCause::Locked, None),
            (SkipCause::Disk, Some("12 MB free, 64 MB wanted")),
        ] {
            let skipped = RunSkipped {
                at: self.tick(),
                user: "auditor".to_owned(),
                host: "host".to_owned(),
                process_id: 2,
                cause,
                detail: detail.map(str::to_owned),
            };
            self.recorder.skip_run(skipped).unwrap();
        }
        let settings = Settings {
            at: self.tick(),
            every_ms: Some(300_000),
            alidns_offset_minutes: Some(480),
        };
        let accounts = vec![NamedAccount {
            label: LABEL.to_owned(),
            name: Some("Production".to_owned()),
            account_id: Some(ACCOUNT.to_owned()),
            owner: Some("ops".to_owned()),
            environment: Some("prod".to_owned()),
        }];
        let kept = self.recorder.keep_config(settings, accounts.clone());
        assert!(self.runtime.block_on(kept).unwrap());
        let same = self.recorder.keep_config(settings, accounts);
        assert!(!self.runtime.block_on(same).unwrap());
        let step = ClockStep {
            run: Some(self.run),
            at: self.tick(),
            stepped_ms: -1_000,
            detail: None,
        };
        self.runtime
            .block_on(self.recorder.keep_clock(step))
            .unwrap();
    }

    /// A run, an hour late, whose credentials answer as another account than before.
    fn round_of_strangers(&mut self) {
        self.now += 3_600_000;
        self.begin(RunKind::Collect, vec![RunKind::Collect]);
        for (action, outcome) in [
            (None, Outcome::Ok),
            (Some(Action::AssumeRole), Outcome::Denied),
        ] {
            let call = CredentialCall {
                run: self.run,
                label: Some(LABEL.to_owned()),
                account: None,
                source: "ecs metadata".to_owned(),
                action,
                parameters: action.map(|_| Parameters::default()),
                attempt: None,
                requested_at: self.tick(),
                received_at: self.tick(),
                outcome,
                http_status: Some(200),
                code: action.map(|_| "NoPermission".to_owned()),
                message: None,
                request_id: Some("R".to_owned()),
                key_id_tail: Some("abcd".to_owned()),
                expires_at: Some(UtcMillis(self.now + 3_600_000)),
            };
            self.runtime
                .block_on(self.recorder.keep_credential(call))
                .unwrap();
        }
        self.answer(identity_call(), 1, 200, &caller_identity());
        let note = Note {
            run: self.run,
            label: Some(LABEL.to_owned()),
            account: Some(ACCOUNT.to_owned()),
            cause: Cause::Credential,
            text: "answers as another account".to_owned(),
            at: self.tick(),
        };
        self.runtime
            .block_on(self.recorder.keep_note(note))
            .unwrap();
        self.end("done");
    }

    /// A collector that is killed in the middle of a listing.
    fn round_that_dies(&mut self) {
        self.begin(RunKind::Collect, vec![RunKind::Collect]);
        self.answer(identity_call(), 1, 200, &caller_identity());
        self.get_ros("op-b", &ros_operation("op-b", "STOPPED", None));
        let listing = self.listing("op-b");
        let page = [("21", "STOPPED", None), ("22", "STOPPED", None)];
        self.page(listing, 1, 200, &ros_page(1, 3, &page));
    }

    fn quiet_round(&mut self) {
        self.begin(RunKind::Collect, vec![RunKind::Collect]);
        self.answer(identity_call(), 1, 200, &caller_identity());
        self.get_ros(
            "op-a",
            &ros_operation("op-a", "SUCCEEDED", Some("2026-01-20T09:30:00")),
        );
        self.whole_listing_of_a();
        let none = call(Action::GetStackGroupOperation, "op-none");
        self.answer(
            none,
            1,
            404,
            &failure_xml("StackGroupOperationNotFound", "no such operation"),
        );
        let done = bpstudio_operation("op_cadt", "success\n");
        self.answer(
            call(Action::GetExecuteOperationResult, "op_cadt"),
            1,
            200,
            &done,
        );
        self.answer(
            call(Action::DescribeBatchResultCount, "7"),
            1,
            200,
            &batch_count(7, 1, 3),
        );
        self.end("SIGTERM");
    }

    fn begin(&mut self, kind: RunKind, dead: Vec<RunKind>) {
        let start = RunStart {
            user: "auditor".to_owned(),
            host: "host".to_owned(),
            process_id: 1,
            deadline_ms: Some(50_000),
            concurrency: Some(8),
            every_ms: Some(300_000),
            ..RunStart::new(0, kind, self.tick())
        };
        let plan = (1..)
            .zip(WATCHED)
            .map(|(watch, (service, operation))| PlanEntry {
                watch,
                service: service.as_str().to_owned(),
                label: LABEL.to_owned(),
                region: region(service).unwrap_or_default(),
                operation: operation.to_owned(),
                ..PlanEntry::default()
            });
        let plan = plan.take(WATCHED.len() - 1).collect();
        let run = self.recorder.begin_run(start, dead, plan);
        self.run = self.runtime.block_on(run).unwrap().run_id;
    }

    fn end(&mut self, reason: &str) {
        let end = RunEnd {
            run: self.run,
            ended_at: self.tick(),
            reason: reason.to_owned(),
        };
        self.runtime.block_on(self.recorder.end_run(end)).unwrap();
    }

    fn get_ros(&mut self, operation: &str, body: &str) {
        self.answer(
            call(Action::GetStackGroupOperation, operation),
            1,
            200,
            body,
        );
    }

    fn listing(&mut self, operation: &str) -> i64 {
        let listing = Listing {
            run: self.run,
            account: ACCOUNT.to_owned(),
            action: Action::ListStackGroupOperationResults,
            region: REGION.to_owned(),
            operation: operation.to_owned(),
            parameters: Parameters::default(),
            page_size: 2,
            watch: None,
        };
        let listing = self.recorder.begin_listing(listing);
        self.runtime.block_on(listing).unwrap()
    }

    fn page(&mut self, listing: i64, page: u32, http_status: u16, body: &str) {
        self.answer(Ask::Page { listing, page }, 1, http_status, body);
    }

    fn answer(&mut self, ask: Ask, attempt: u32, http_status: u16, body: &str) {
        let body = self.with_request_id(body);
        self.keep(ask, attempt, http_status, body, vec![]);
    }

    fn keep(
        &mut self,
        ask: Ask,
        attempt: u32,
        http_status: u16,
        body: Vec<u8>,
        redacted: Vec<Span>,
    ) {
        let exchange = Exchange {
            run: self.run,
            ask,
            attempt,
            requested_at: self.tick(),
            received_at: self.tick(),
            http_status,
            date: Some(ServerDate::UnixSeconds(self.now / 1000)),
            retry_after_ms: None,
            framing: Framing::Length,
            body: kept(&body, redacted),
        };
        let kept = self.recorder.keep_answer(exchange, body);
        self.runtime.block_on(kept).unwrap();
    }

    fn no_answer(&mut self, ask: Ask, attempt: u32, outcome: Lack, partial: Option<&[u8]>) {
        let leaf = NoAnswer {
            run: self.run,
            ask,
            attempt,
            requested_at: self.tick(),
            received_at: self.tick(),
            outcome,
            reason: "the connection broke".to_owned(),
            http_status: partial.map(|_| 200),
            partial: partial.map(|bytes| kept(bytes, vec![])),
        };
        let kept = self
            .recorder
            .keep_no_answer(leaf, partial.map(<[u8]>::to_vec));
        self.runtime.block_on(kept).unwrap();
    }

    fn with_request_id(&mut self, body: &str) -> Vec<u8> {
        self.requests += 1;
        let request_id = format!("14A07460-EBE7-47CA-9757-{:012X}", self.requests);
        body.replace("%R", &request_id).into_bytes()
    }
}

fn kept(body: &[u8], redacted: Vec<Span>) -> KeptBody {
    KeptBody {
        length: body.len() as u64,
        digest: Digest::of(body),
        redacted,
    }
}

fn region(service: Service) -> Option<String> {
    (service == Service::Ros).then(|| REGION.to_owned())
}

fn identity_call() -> Ask {
    Ask::Call(Call {
        label: Some(LABEL.to_owned()),
        account: None,
        action: Action::GetCallerIdentity,
        region: None,
        parameters: Parameters::default(),
        intervention: None,
        watch: None,
    })
}

fn call(action: Action, operation: &str) -> Ask {
    let id = match action.service() {
        Service::Alidns => "TaskId",
        _ => "OperationId",
    };
    let parameters = [(id.to_owned(), operation.to_owned())];
    Ask::Call(Call {
        label: Some(LABEL.to_owned()),
        account: Some(ACCOUNT.to_owned()),
        action,
        region: region(action.service()),
        parameters: Parameters::new(parameters).unwrap(),
        intervention: None,
        watch: None,
    })
}

/// A success that says nothing, as that of a stop.
fn says_nothing() -> String {
    r#"{"RequestId":"%R"}"#.to_owned()
}
