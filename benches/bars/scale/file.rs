//! The file: many operations of few results, fewer of many, and some of a hundred thousand, each looked at again and
//! again by runs on a schedule while it goes on and when it has ended.

use std::path::Path;

use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{Ask, Call, Leaf, Listing, Parameters, Plan, Watch, WatchChange};
use optrail::model::{Action, Service, UtcMillis};
use optrail::record::PlanEntry;

use crate::rig::Pen;
use crate::rig::pen::{BEGIN_MS, PAGE_ROWS, Row, page_body};

/// Results of a very large operation.
const GIANT: u64 = 100_000;

/// Of a hundred versions so many belong to very large operations.
const GIANT_PERCENT: u64 = 20;

/// What each operation shows, look after look: two states, so that each result has two versions; the other looks
/// find nothing new, as most looks do.
const LOOKS: [State; 5] = [
    State::Running,
    State::Running,
    State::Running,
    State::Ended,
    State::Ended,
];

/// Different states among the looks.
const STATES: u64 = 2;

/// Operations that begin between two runs.
const OPERATIONS_PER_RUN: usize = 40;

/// The schedule.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Ended,
}

/// Writes a file of about so many versions of results, with all of it derived.
pub fn write(file: &Path, versions: u64) -> anyhow::Result<()> {
    let mut pen = Pen::create(file)?;
    let operations = operations(versions);
    for operation in &operations {
        pen.now += 1;
        let leaf = watch(operation, pen.now);
        pen.add(Leaf::Watch(leaf), None)?;
    }
    let begun: Vec<&[Operation]> = operations.chunks(OPERATIONS_PER_RUN).collect();
    // The last operations are looked at as often as the others.
    for number in 0..begun.len() + LOOKS.len() - 1 {
        let mut looks: Vec<(&Operation, State)> = Vec::new();
        for (age, state) in LOOKS.into_iter().enumerate() {
            let operations = number.checked_sub(age).and_then(|group| begun.get(group));
            let operations = operations.into_iter().flat_map(|group| group.iter());
            looks.extend(operations.map(|operation| (operation, state)));
        }
        run(&mut pen, i64::try_from(number)? + 1, &looks)?;
    }
    pen.finish()
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

fn run(pen: &mut Pen, run: i64, looks: &[(&Operation, State)]) -> anyhow::Result<()> {
    // Reading very large operations may take longer than the schedule gives.
    pen.now = pen.now.max(BEGIN_MS + run * EVERY_MS);
    pen.begin_run(run, Some(EVERY_MS.unsigned_abs()))?;
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
    pen.end_run(run)
}

/// The operation and all pages of its results.
fn look(pen: &mut Pen, run: i64, operation: &Operation, state: State) -> anyhow::Result<()> {
    let body = operation_body(&pen.request_id(), operation, state);
    let ask = call(Action::GetStackGroupOperation, Some(operation));
    pen.answer(run, ask, body)?;
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
        let body = page_body(&pen.request_id(), operation.size, page, |number| {
            result(operation, state, number)
        });
        pen.answer(run, ask, body)?;
    }
    Ok(())
}

/// One result in fifty fails.
fn result(operation: &Operation, state: State, number: u64) -> Row<'static> {
    let (status, reason) = match (state, number % 50) {
        (State::Running, _) => ("RUNNING", None),
        (State::Ended, 7) => (
            "FAILED",
            Some("Resource [vpc] quota exceeded, limit is 10".to_owned()),
        ),
        (State::Ended, _) => ("SUCCEEDED", None),
    };
    Row {
        account: 1_000_000_000_000_000 + (number / 20 + operation.number * 3) * 7_919,
        region: number % 20,
        status,
        reason,
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

fn operation_body(request_id: &str, operation: &Operation, state: State) -> String {
    let action = ["CREATE", "UPDATE", "UPDATE", "DELETE"][operation.number as usize % 4];
    let begun = BEGIN_MS + operation.number as i64 / OPERATIONS_PER_RUN as i64 * EVERY_MS;
    let second = |ms: i64| UtcMillis(ms).to_string()[..19].to_owned();
    let (status, end_time) = match state {
        State::Running => ("RUNNING", String::new()),
        // Between the last look that shows it running and the next.
        State::Ended => (
            "SUCCEEDED",
            format!(r#""EndTime":"{}","#, second(begun + EVERY_MS * 7 / 2)),
        ),
    };
    format!(
        r#"{{"RequestId":"{request_id}","StackGroupOperation":{{"OperationId":"{}","Action":"{action}","Status":"{status}","CreateTime":"{}",{end_time}"StackGroupId":"fd0ddef9-9540-4b42-a464-{:012}","StackGroupName":"group-{}","RetainStacks":false}}}}"#,
        operation.id(),
        second(begun),
        operation.number % 100,
        operation.number % 100,
    )
}
