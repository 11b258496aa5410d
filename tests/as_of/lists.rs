//! Lists that break off after some of their pages: what these told is known when the list closes, with the next list
//! of the same thing or with its run.

use std::path::Path;

use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{
    Ask, Exchange, Framing, KeptBody, Listing, Parameters, RunEnd, RunKind, RunStart,
};
use optrail::model::{Action, UtcMillis};
use optrail::record::Recorder;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::answers::{ACCOUNT, REGION, ros_page};

const BEGIN: i64 = 1_790_000_000_000;

struct Scene {
    recorder: Recorder,
    runtime: Runtime,
    run: i64,
    now: i64,
}

/// Records three runs.
pub fn record(path: &Path) {
    let log = "0123456789abcdef0123456789abcdef";
    let mut scene = Scene {
        recorder: Recorder::create(path, log, UtcMillis(BEGIN)).unwrap(),
        runtime: tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap(),
        run: 0,
        now: BEGIN,
    };
    for run in 0..3 {
        scene.begin();
        scene.groups(REGION, run);
        // Another region, which no later list closes: the run does.
        scene.groups("cn-beijing", run);
        scene.results("op-a", &["RUNNING", "FAILED"][..]);
        scene.groups(REGION, run + 10);
        scene.results("op-b", &["SUCCEEDED", "RUNNING"][..]);
        scene.results("op-a", &["SUCCEEDED", "RUNNING"][..]);
        scene.end();
    }
    scene.recorder.read_blocking(|_| Ok(())).unwrap();
}

impl Scene {
    fn begin(&mut self) {
        let start = RunStart {
            user: "ann".to_owned(),
            host: "desk".to_owned(),
            process_id: 1,
            simulated: true,
            ..RunStart::new(0, RunKind::Collect, UtcMillis(self.now))
        };
        let begun = self.recorder.begin_run(start, Vec::new(), Vec::new());
        self.run = self.runtime.block_on(begun).unwrap().run_id;
    }

    fn end(&mut self) {
        let end = RunEnd {
            run: self.run,
            ended_at: UtcMillis(self.now),
            reason: "done".to_owned(),
        };
        self.runtime.block_on(self.recorder.end_run(end)).unwrap();
    }

    /// Two pages of three.
    fn groups(&mut self, region: &str, number: i64) {
        let listing = self.list(Action::ListStackGroups, region, "");
        for page in 1..=2 {
            let group = |place: i64| json!({"StackGroupId": format!("{region}-{place}"), "StackGroupName": format!("name-{number}"), "Status": "ACTIVE"});
            let body = json!({
                "RequestId": "%R", "PageNumber": page, "PageSize": 2, "TotalCount": 6,
                "StackGroups": [group(2 * page), group(2 * page + 1)]
            });
            self.page(listing, page, &body);
        }
    }

    /// The first page of two.
    fn results(&mut self, operation: &str, statuses: &[&str]) {
        let listing = self.list(Action::ListStackGroupOperationResults, REGION, operation);
        let rows: Vec<_> = ["1", "2"]
            .into_iter()
            .zip(statuses)
            .map(|(account, status)| (account, *status, None))
            .collect();
        let body = serde_json::from_str(&ros_page(1, 4, &rows)).unwrap();
        self.page(listing, 1, &body);
    }

    fn list(&mut self, action: Action, region: &str, operation: &str) -> i64 {
        let listing = Listing {
            run: self.run,
            account: ACCOUNT.to_owned(),
            action,
            region: region.to_owned(),
            operation: operation.to_owned(),
            parameters: Parameters::default(),
            page_size: 2,
            watch: None,
        };
        let begun = self.recorder.begin_listing(listing);
        self.runtime.block_on(begun).unwrap()
    }

    fn page(&mut self, listing: i64, page: i64, body: &Value) {
        self.now += 40;
        let body = body.to_string().replace("%R", &format!("R-{}", self.now));
        let exchange = Exchange {
            run: self.run,
            ask: Ask::Page {
                listing,
                page: u32::try_from(page).unwrap(),
            },
            attempt: 1,
            requested_at: UtcMillis(self.now - 20),
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
        let kept = self.recorder.keep_answer(exchange, body.into_bytes());
        self.runtime.block_on(kept).unwrap();
    }
}
