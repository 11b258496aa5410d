//! The file: many operations of few results, fewer of many, and some of a hundred thousand, each looked at while
//! it goes on and when it has ended, every tenth once more, by runs on a schedule.

use std::fmt::Write as _;
use std::path::Path;

use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{
    Ask, Call, Exchange, Framing, KeptBody, Leaf, Listing, Parameters, Plan, RunEnd, RunKind,
    RunStart, ServerDate, Watch, WatchChange,
};
use optrail::model::{Action, Service, UtcMillis};
use optrail::record::{PlanEntry, Recorder, Session};
use optrail::store::{Writer, open};

/// Rows on a page of results, as the service has them.
const PAGE_ROWS: u64 = 50;

/// Leaves of one transaction: the file is to be read, so that writing may be coarse.
const BATCH_LEAVES: usize = 5_000;

/// Results of a very large operation.
const GIANT: u64 = 100_000;

/// Of a hundred versions so many belong to very large operations.
const GIANT_PERCENT: u64 = 20;

/// Looks at each operation that show another state: going on, ended.
const STATES: u64 = 2;

/// Operations that begin between two runs.
const OPERATIONS_PER_RUN: usize = 40;

/// The first run, and the schedule.
const BEGIN_MS: i64 = 1_790_000_000_000;
const EVERY_MS: i64 = 900_000;

const ACCOUNT: &str = "1234567890123456";
const LABEL: &str = "default";
const REGIONS: [&str; 3] = ["cn-hangzhou", "cn-beijing", "eu-central-1"];

/// The sizes of a hundred other operations: how many of each.
const SIZES: [(u64, usize); 5] = [(20, 75), (100, 15), (500, 6), (1_000, 3), (2_000, 1)];

/// What the ids of operations of so many results are like, in SQL.
pub fn pattern(size: u64) -> String {
    format!("{size:08x}-%")
}

/// Writes a file of about so many versions of results, with all of it derived.
pub fn write(file: &Path, versions: u64) -> anyhow::Result<()> {
    let log = "0123456789abcdef0123456789abcdef";
    drop(Recorder::create(file, log, UtcMillis(BEGIN_MS))?);
    let writer = Writer::start(open::for_writing(file)?.connection, Session::default())?;
    let mut pen = Pen {
        writer,
        waiting: Vec::new(),
        next: 1,
        now: BEGIN_MS,
    };
    let operations = operations(versions);
    for operation in &operations {
        pen.now += 1;
        pen.add(Leaf::Watch(watch(operation, pen.now)), None)?;
    }
    let begins: Vec<&[Operation]> = operations.chunks(OPERATIONS_PER_RUN).collect();
    // The last operations are looked at twice more after they have begun.
    for number in 0..begins.len() + 2 {
        let at = |age: usize| number.checked_sub(age).and_then(|begun| begins.get(begun));
        let mut looks: Vec<(&Operation, u64)> = Vec::new();
        looks.extend(
            at(0)
                .into_iter()
                .flat_map(|some| some.iter())
                .map(|op| (op, 0)),
        );
        looks.extend(
            at(1)
                .into_iter()
                .flat_map(|some| some.iter())
                .map(|op| (op, 1)),
        );
        let again = at(2).into_iter().flat_map(|some| some.iter());
        looks.extend(again.filter(|op| op.number % 10 == 0).map(|op| (op, 1)));
        run(&mut pen, i64::try_from(number)? + 1, &looks)?;
    }
    pen.flush()?;
    // What was kept last is derived with the next transaction.
    Ok(pen.writer.write_blocking(|_, _| Ok(()))?)
}

/// An operation of so many results.
struct Operation {
    number: u64,
    size: u64,
}

impl Operation {
    fn id(&self) -> String {
        format!("{:08x}-1784-4a6f-a7e1-{:012}", self.size, self.number)
    }

    fn region(&self) -> &'static str {
        REGIONS[self.number as usize % REGIONS.len()]
    }
}

/// As many operations as come nearest to so many versions.
fn operations(versions: u64) -> Vec<Operation> {
    let giants = versions * GIANT_PERCENT / 100 / STATES / GIANT;
    let rest = versions / STATES - giants * GIANT;
    let hundred: Vec<u64> = SIZES
        .iter()
        .flat_map(|(size, count)| std::iter::repeat_n(*size, *count))
        .collect();
    let mut sizes: Vec<u64> = Vec::new();
    let mut rows = 0;
    // Spread over the hundred, so that the small ones do not come first: 37 has no factor of 100.
    for place in (0..).map(|number: usize| number * 37 % hundred.len()) {
        if rows >= rest {
            break;
        }
        sizes.push(hundred[place]);
        rows += hundred[place];
    }
    let apart = sizes.len() / (giants as usize + 1);
    for giant in 0..giants as usize {
        sizes.insert((giant + 1) * apart + giant, GIANT);
    }
    let numbered = sizes.into_iter().zip(0..);
    numbered
        .map(|(size, number)| Operation { number, size })
        .collect()
}

fn run(pen: &mut Pen, run: i64, looks: &[(&Operation, u64)]) -> anyhow::Result<()> {
    // Reading very large operations may take longer than the schedule gives.
    pen.now = pen.now.max(BEGIN_MS + run * EVERY_MS);
    pen.add(Leaf::RunStart(run_start(run, pen.now)), None)?;
    let entries: Vec<PlanEntry> = looks.iter().map(|(op, _)| plan_entry(op)).collect();
    let plan = serde_json::to_vec(&entries)?;
    let leaf = Plan {
        run,
        entries: entries.len() as u64,
        body: Digest::of(&plan),
        length: plan.len() as u64,
    };
    pen.add(Leaf::Plan(leaf), Some(plan))?;
    let identity = format!(
        r#"{{"RequestId":"{}","AccountId":"{ACCOUNT}","Arn":"acs:ram::{ACCOUNT}:role/optrail-reader","IdentityType":"AssumedRoleUser"}}"#,
        pen.request_id()
    );
    pen.answer(run, call(Action::GetCallerIdentity, None), identity)?;
    for (operation, state) in looks {
        look(pen, run, operation, *state)?;
    }
    let end = RunEnd {
        run,
        ended_at: UtcMillis(pen.now),
        reason: "done".to_owned(),
    };
    pen.add(Leaf::RunEnd(end), None)
}

/// The operation and all pages of its results.
fn look(pen: &mut Pen, run: i64, operation: &Operation, state: u64) -> anyhow::Result<()> {
    let body = operation_body(&pen.request_id(), operation, state);
    pen.answer(
        run,
        call(Action::GetStackGroupOperation, Some(operation)),
        body,
    )?;
    let listing = pen.next;
    let leaf = Listing {
        run,
        account: ACCOUNT.to_owned(),
        action: Action::ListStackGroupOperationResults,
        region: operation.region().to_owned(),
        operation: operation.id(),
        parameters: Parameters::default(),
        page_size: PAGE_ROWS as u32,
        watch: None,
    };
    pen.add(Leaf::Listing(leaf), None)?;
    for page in 1..=operation.size.div_ceil(PAGE_ROWS) {
        let ask = Ask::Page {
            listing,
            page: page as u32,
        };
        let body = page_body(&pen.request_id(), operation, state, page);
        pen.answer(run, ask, body)?;
    }
    Ok(())
}

/// Adds leaves, many in a transaction.
struct Pen {
    writer: Writer<Session>,
    waiting: Vec<(Leaf, Option<Vec<u8>>)>,
    /// Sequence of the next leaf.
    next: i64,
    /// The recorder's clock, ms.
    now: i64,
}

impl Pen {
    fn answer(&mut self, run: i64, ask: Ask, body: String) -> anyhow::Result<()> {
        let body = body.into_bytes();
        let requested_at = UtcMillis(self.now);
        self.now += 20;
        let exchange = Exchange {
            run,
            ask,
            attempt: 1,
            requested_at,
            received_at: UtcMillis(self.now),
            http_status: 200,
            date: Some(ServerDate::UnixSeconds(self.now / 1000)),
            retry_after_ms: None,
            framing: Framing::Length,
            body: KeptBody {
                length: body.len() as u64,
                digest: Digest::of(&body),
                redacted: Vec::new(),
            },
        };
        self.add(Leaf::Exchange(exchange), Some(body))
    }

    fn request_id(&self) -> String {
        format!("14A07460-EBE7-47CA-9757-{:012X}", self.next)
    }

    fn add(&mut self, leaf: Leaf, body: Option<Vec<u8>>) -> anyhow::Result<()> {
        self.waiting.push((leaf, body));
        self.next += 1;
        if self.waiting.len() >= BATCH_LEAVES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let leaves = std::mem::take(&mut self.waiting);
        Ok(self.writer.write_blocking(move |transaction, session| {
            for (leaf, body) in leaves {
                session.append(transaction, &leaf, body.as_deref())?;
            }
            Ok(())
        })?)
    }
}

fn watch(operation: &Operation, at: i64) -> Watch {
    let number = operation.number as i64 + 1;
    Watch {
        service: Some(Service::Ros),
        label: Some(LABEL.to_owned()),
        region: Some(operation.region().to_owned()),
        operation: Some(operation.id()),
        origin: Some("import".to_owned()),
        ..Watch::new(number, WatchChange::Add, "bench", UtcMillis(at))
    }
}

fn run_start(run: i64, at: i64) -> RunStart {
    RunStart {
        run,
        kind: RunKind::Collect,
        started_at: UtcMillis(at),
        program: "bench".to_owned(),
        user: "bench".to_owned(),
        host: "bench".to_owned(),
        process_id: 1,
        deadline_ms: None,
        concurrency: None,
        endpoint: None,
        simulated: true,
        every_ms: Some(EVERY_MS.unsigned_abs()),
        services: Vec::new(),
        accounts: Vec::new(),
    }
}

fn plan_entry(operation: &Operation) -> PlanEntry {
    PlanEntry {
        watch: operation.number as i64 + 1,
        service: "ros".to_owned(),
        label: LABEL.to_owned(),
        region: operation.region().to_owned(),
        operation: operation.id(),
        ..PlanEntry::default()
    }
}

/// A call about an operation, or about none.
fn call(action: Action, operation: Option<&Operation>) -> Ask {
    let id = operation.map(|operation| ("OperationId".to_owned(), operation.id()));
    Ask::Call(Call {
        label: Some(LABEL.to_owned()),
        account: operation.map(|_| ACCOUNT.to_owned()),
        action,
        region: operation.map(|operation| operation.region().to_owned()),
        // One name cannot come twice.
        parameters: Parameters::new(id).unwrap_or_default(),
        intervention: None,
        watch: None,
    })
}

fn operation_body(request_id: &str, operation: &Operation, state: u64) -> String {
    let action = ["CREATE", "UPDATE", "UPDATE", "DELETE"][operation.number as usize % 4];
    let begun = BEGIN_MS + operation.number as i64 / OPERATIONS_PER_RUN as i64 * EVERY_MS;
    let second = |ms: i64| UtcMillis(ms).to_string()[..19].to_owned();
    let end_time = match state {
        0 => String::new(),
        _ => format!(r#""EndTime":"{}","#, second(begun + EVERY_MS)),
    };
    format!(
        r#"{{"RequestId":"{request_id}","StackGroupOperation":{{"OperationId":"{}","Action":"{action}","Status":"{}","CreateTime":"{}",{end_time}"StackGroupId":"fd0ddef9-9540-4b42-a464-{:012}","StackGroupName":"group-{}","RetainStacks":false}}}}"#,
        operation.id(),
        if state == 0 { "RUNNING" } else { "SUCCEEDED" },
        second(begun),
        operation.number % 100,
        operation.number % 100,
    )
}

/// A page as the service writes it: account, region, folder, a word; a reason for one row in fifty, which fails.
fn page_body(request_id: &str, operation: &Operation, state: u64, page: u64) -> String {
    let mut body = format!(
        r#"{{"TotalCount":{},"PageSize":{PAGE_ROWS},"RequestId":"{request_id}","PageNumber":{page},"StackGroupOperationResults":["#,
        operation.size,
    );
    let first = (page - 1) * PAGE_ROWS;
    for number in first..(first + PAGE_ROWS).min(operation.size) {
        let comma = if number == first { "" } else { "," };
        let status = match (state, number % 50) {
            (0, _) => r#""RUNNING""#,
            (_, 7) => r#""FAILED","StatusReason":"Resource [vpc] quota exceeded, limit is 10""#,
            _ => r#""SUCCEEDED""#,
        };
        // Writing to a String cannot fail.
        let _ = write!(
            body,
            r#"{comma}{{"Status":{status},"AccountId":"{:016}","RegionId":"cn-{}","RdFolderId":"fd-4PvlVLOL8v"}}"#,
            1_000_000_000_000_000 + (number / 20 + operation.number * 3) * 7_919,
            number % 20,
        );
    }
    body.push_str("]}");
    body
}
