//! A recorder whose cloud answers what a test says, and the file that it writes.

use std::path::PathBuf;

use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{
    Ask, Call, Exchange, Framing, KeptBody, Listing, Parameters, RunEnd, RunKind, RunStart, Watch,
    WatchChange, WatchKind,
};
use optrail::model::{Action, Service, UtcMillis};
use optrail::record::{Deriver, PlanEntry, Recorder, Settings};
use optrail::store::catalogue::Table;
use optrail::store::runs::RunEndRow;
use optrail::store::watches::WatchTarget;
use optrail::store::{Connection, aside, compare, derived, evidence, open};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The account of the label `prod`.
pub const ACCOUNT: &str = "1234567890123456";

/// Where stack groups are.
pub const REGION: &str = "cn-hangzhou";

/// The name of the credentials.
pub const LABEL: &str = "prod";

pub struct Scene {
    home: tempfile::TempDir,
    pub recorder: Recorder,
    runtime: Runtime,
    now: i64,
    pub run: i64,
}

impl Scene {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let now = 1_790_000_000_000;
        let log = "0123456789abcdef0123456789abcdef";
        let path = home.path().join("optrail.db");
        Self {
            recorder: Recorder::create(&path, log, UtcMillis(now)).unwrap(),
            home,
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap(),
            now,
            run: 0,
        }
    }

    fn path(&self) -> PathBuf {
        self.home.path().join("optrail.db")
    }

    pub fn tick(&mut self) -> UtcMillis {
        self.now += 1_000;
        UtcMillis(self.now)
    }

    /// The leaf of a watch; what it is about follows from the target.
    pub fn watch(&mut self, target: &WatchTarget) -> Watch {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Watch {
            service: Some(target.service.parse::<Service>().unwrap()),
            label: some(&target.label),
            region: some(&target.region_id),
            operation: some(&target.operation_id),
            kind: target.kind.as_ref().map(|_| WatchKind::RosStackGroups),
            names: target.names.clone(),
            since: target.since,
            batch_type: target.batch_type.clone(),
            ..Watch::new(0, WatchChange::Add, "ann", self.tick())
        }
    }

    pub fn add(&mut self, target: &WatchTarget) -> (i64, bool) {
        let watch = self.watch(target);
        self.recorder.add_watch(watch).unwrap()
    }

    pub fn discover(&mut self, parent: i64, targets: &[WatchTarget]) -> Vec<Option<i64>> {
        let found = targets.iter().map(|target| Watch {
            parent: Some(parent),
            ..self.watch(target)
        });
        let found = found.collect();
        let added = self.recorder.discover(found);
        self.runtime.block_on(added).unwrap()
    }

    /// Says in which zone AliDNS writes its times, minutes east of UTC.
    pub fn configure_zone(&mut self, alidns_offset_minutes: Option<i32>) {
        let settings = Settings {
            at: self.tick(),
            every_ms: None,
            alidns_offset_minutes,
        };
        let kept = self.recorder.keep_config(settings, Vec::new());
        assert!(self.runtime.block_on(kept).unwrap());
    }

    /// Begins a run whose credentials are known.
    pub fn begin(&mut self, plan: Vec<PlanEntry>) {
        self.begin_unknown(plan);
        self.identify(LABEL, ACCOUNT);
    }

    /// Begins a run that knows no credentials yet.
    pub fn begin_unknown(&mut self, plan: Vec<PlanEntry>) {
        let start = RunStart {
            user: "ann".to_owned(),
            host: "bench".to_owned(),
            process_id: 1,
            simulated: true,
            ..RunStart::new(0, RunKind::Collect, self.tick())
        };
        let begun = self.recorder.begin_run(start, vec![RunKind::Collect], plan);
        self.run = self.runtime.block_on(begun).unwrap().run_id;
    }

    pub fn identify(&mut self, label: &str, account: &str) {
        let body = json!({"AccountId": account, "Arn": "acs:ram::1:user/recorder"});
        self.call(identity(label), 200, &body);
    }

    pub fn plan(&mut self, entries: Vec<PlanEntry>) {
        let kept = self.recorder.keep_plan(self.run, entries);
        self.runtime.block_on(kept).unwrap();
    }

    pub fn end(&mut self) -> RunEndRow {
        self.end_because("done")
    }

    pub fn end_because(&mut self, reason: &str) -> RunEndRow {
        let end = RunEnd {
            run: self.run,
            ended_at: self.tick(),
            reason: reason.to_owned(),
        };
        self.runtime.block_on(self.recorder.end_run(end)).unwrap().0
    }

    pub fn call(&mut self, call: Call, http_status: u16, body: &Value) {
        self.keep(Ask::Call(call), http_status, body);
    }

    fn keep(&mut self, ask: Ask, http_status: u16, body: &Value) {
        let bytes = body.to_string().into_bytes();
        let exchange = Exchange {
            run: self.run,
            ask,
            attempt: 1,
            requested_at: self.tick(),
            received_at: self.tick(),
            http_status,
            date: None,
            retry_after_ms: None,
            framing: Framing::Length,
            body: KeptBody {
                length: bytes.len() as u64,
                digest: Digest::of(&bytes),
                redacted: Vec::new(),
            },
        };
        let kept = self.recorder.keep_answer(exchange, bytes);
        self.runtime.block_on(kept).unwrap();
    }

    pub fn regions(&mut self, watch: i64) {
        let body = json!({"RequestId": "R", "Regions": [{"RegionId": REGION}]});
        self.call(for_watch(Action::DescribeRegions, watch), 200, &body);
    }

    pub fn count(&mut self, task: &str, status: i64) {
        let call = Call {
            parameters: Parameters::new([("TaskId".to_owned(), task.to_owned())]).unwrap(),
            watch: None,
            ..for_watch(Action::DescribeBatchResultCount, 0)
        };
        let id: i64 = task.parse().unwrap();
        let body = json!({"RequestId": "R", "TaskId": id, "Status": status, "TotalCount": 3});
        self.call(call, 200, &body);
    }

    /// Begins a list: of groups, of the operations of a name, or of the rows of a task.
    pub fn begin_list(&mut self, action: Action, about: &str) -> i64 {
        let is_batch = action == Action::DescribeBatchResultDetail;
        let name = (action == Action::ListStackGroupOperations)
            .then(|| ("StackGroupName".to_owned(), about.to_owned()));
        let listing = Listing {
            run: self.run,
            account: ACCOUNT.to_owned(),
            action,
            region: if is_batch { "" } else { REGION }.to_owned(),
            operation: if is_batch { about } else { "" }.to_owned(),
            parameters: Parameters::new(name).unwrap(),
            page_size: 2,
            watch: (!is_batch).then_some(1),
        };
        let listing = self.recorder.begin_listing(listing);
        self.runtime.block_on(listing).unwrap()
    }

    pub fn page(&mut self, listing: i64, page: u32, body: &Value) {
        self.keep(Ask::Page { listing, page }, 200, body);
    }

    pub fn page_fails(&mut self, listing: i64, page: u32, code: &str) {
        let body = json!({"RequestId": "R", "Code": code, "Message": "no"});
        self.keep(Ask::Page { listing, page }, 400, &body);
    }

    pub fn groups(&mut self, total: usize, groups: &[Value]) -> i64 {
        let listing = self.begin_list(Action::ListStackGroups, "");
        self.page(listing, 1, &page_of("StackGroups", 1, total, groups));
        listing
    }

    pub fn operations(&mut self, name: &str, ids: &[&str]) -> i64 {
        let listing = self.begin_list(Action::ListStackGroupOperations, name);
        let rows: Vec<Value> = ids
            .iter()
            .map(|id| json!({"OperationId": id, "StackGroupName": name}))
            .collect();
        let body = page_of("StackGroupOperations", 1, rows.len(), &rows);
        self.page(listing, 1, &body);
        listing
    }

    pub fn ask<T, F>(&self, question: F) -> T
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, optrail::store::StoreError> + Send + 'static,
    {
        self.recorder.read_blocking(question).unwrap()
    }

    /// The rows of a view or table, with their columns in the order given, as JSON.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        let connection = open::read_only(&self.path()).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let width = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..width)
                .map(|column| {
                    Ok(match row.get_ref(column)? {
                        compare::ValueRef::Integer(number) => json!(number),
                        compare::ValueRef::Text(text) => {
                            json!(String::from_utf8_lossy(text))
                        }
                        _ => Value::Null,
                    })
                })
                .collect::<Result<Vec<_>, _>>()
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// Derives the evidence once more, leaf by leaf with a fresh memory for each, and compares all rows.
    pub fn rederive(self) {
        self.ask(|_| Ok(()));
        let file = open::read_only(&self.path()).unwrap();
        let again = aside::open_aside().unwrap();
        for last in 0..evidence::size(&file).unwrap() {
            Deriver::default().catch_up(&file, &again, last).unwrap();
        }
        for name in derived::TABLES {
            let table = Table::read(&file, name).unwrap();
            compare::compare(&file, &again, &table, |key, unlike| {
                panic!("{name} {key}: {unlike:?}");
            })
            .unwrap();
        }
    }
}

pub fn identity(label: &str) -> Call {
    Call {
        label: Some(label.to_owned()),
        account: None,
        action: Action::GetCallerIdentity,
        region: None,
        parameters: Parameters::default(),
        intervention: None,
        watch: None,
    }
}

pub fn for_watch(action: Action, watch: i64) -> Call {
    Call {
        label: None,
        account: Some(ACCOUNT.to_owned()),
        action,
        watch: Some(watch),
        ..identity(LABEL)
    }
}

pub fn page_of(name: &str, number: u32, total: usize, rows: &[Value]) -> Value {
    json!({"RequestId": "R", "PageNumber": number, "PageSize": 2, "TotalCount": total, name: rows})
}

pub fn rows_of(number: u32, total: usize, names: &[&str]) -> Value {
    let rows: Vec<Value> = names
        .iter()
        .map(|rr| json!({"Rr": rr, "Status": true}))
        .collect();
    let rows = json!({"BatchResultDetail": rows});
    json!({"PageNumber": number, "PageSize": 2, "TotalCount": total, "BatchResultDetails": rows})
}

pub fn group(id: &str, name: &str, status: &str) -> Value {
    json!({"StackGroupId": id, "StackGroupName": name, "Status": status})
}

pub fn entry(watch: i64, target: &WatchTarget) -> PlanEntry {
    PlanEntry {
        watch,
        service: target.service.clone(),
        label: target.label.clone(),
        region: target.region_id.clone(),
        operation: target.operation_id.clone(),
        group: None,
        batch_type: target.batch_type.clone(),
    }
}

/// A discovery of the stack groups of a region.
pub fn discovery(region: &str) -> WatchTarget {
    WatchTarget {
        service: "ros".to_owned(),
        label: LABEL.to_owned(),
        region_id: region.to_owned(),
        kind: Some("ros-stack-groups".to_owned()),
        ..WatchTarget::default()
    }
}

/// The account's last DNS task of a type.
pub fn last_task(batch_type: Option<&str>) -> WatchTarget {
    WatchTarget {
        service: "alidns".to_owned(),
        label: LABEL.to_owned(),
        batch_type: batch_type.map(str::to_owned),
        ..WatchTarget::default()
    }
}

pub fn task(id: &str) -> WatchTarget {
    WatchTarget {
        operation_id: id.to_owned(),
        ..last_task(None)
    }
}

pub fn operation(id: &str) -> WatchTarget {
    WatchTarget {
        service: "ros".to_owned(),
        label: LABEL.to_owned(),
        region_id: REGION.to_owned(),
        operation_id: id.to_owned(),
        ..WatchTarget::default()
    }
}
