//! A poller that looks at the world at random instants, loses answers, is interrupted, and hands all that
//! it meets to a recorder. A second process looks at the same operations in between, as `stop` does.

use std::path::Path;

use optrail::evidence::leaf::{Ask, Call, Listing, Parameters, RunKind, Watch, WatchChange};
use optrail::model::{Action, Service, UtcMillis};
use optrail::record::{PlanEntry, Recorder};

use super::answers;
use super::coverage::Coverage;
use super::dice::Dice;
use super::log::{Answered, Event};
use super::wire::{Came, Sent, Wire};
use super::world::{self, ACCOUNT, Operation, World};

/// Credentials by their name in the configuration.
const LABEL: &str = "default";
/// Requests for the same thing before it is given up.
const ATTEMPTS: u32 = 3;
/// Most pages of one listing in flight.
const IN_FLIGHT: usize = 3;
/// The process that collects.
const COLLECTOR: usize = 0;
/// The process that looks in between.
const OTHER: usize = 1;

/// The poller.
pub struct Poller<'a> {
    world: &'a World,
    path: &'a Path,
    dice: Dice,
    wires: [Wire; 2],
    /// The runs that have not ended, in order.
    open: Vec<(i64, RunKind)>,
    /// Per operation, the instant from which it can be asked next, ms: looks at one do not overlap.
    free_at: Vec<i64>,
    /// Whether the poller's clock is set forward and back.
    is_clock_set: bool,
    /// By how much the poller's clock is wrong, ms.
    clock_error_ms: i64,
    events: Vec<Event>,
}

/// What a process still has to do about one operation in one run.
struct Task {
    run_id: i64,
    process: usize,
    op: usize,
    /// Listings still to be read.
    readings: usize,
    step: Step,
}

enum Step {
    Operation {
        attempt: u32,
    },
    Listing,
    /// Pages to be asked for, and which attempt that will be.
    Pages {
        listing_id: i64,
        waiting: Vec<(usize, u32)>,
    },
    Done,
}

impl<'a> Poller<'a> {
    /// A poller with a new database at `path` in which every operation is watched. Not to be called inside
    /// the runtime.
    pub fn new(world: &'a World, path: &'a Path, mut dice: Dice) -> Self {
        let recorder =
            Recorder::create(path, &"0".repeat(32), UtcMillis(world::BEGIN)).expect("created");
        for operation in &world.operations {
            add_watch(&recorder, operation);
        }
        let other = Recorder::open(path).expect("opened");
        let losses = dice.pick(&[0, 5, 15, 40]);
        let wires = [recorder, other].map(|recorder| Wire::new(recorder, dice.fork(), losses));
        Self {
            world,
            path,
            wires,
            open: Vec::new(),
            free_at: vec![world::BEGIN; world.operations.len()],
            is_clock_set: dice.one_in(6),
            clock_error_ms: 0,
            dice,
            events: Vec::new(),
        }
    }

    /// Whether the times that the poller notes are not always true ones.
    pub fn is_clock_set(&self) -> bool {
        self.is_clock_set
    }

    /// Polls in so many runs, in about the time in which the world changes; gives the log.
    pub async fn poll(mut self, runs: usize, coverage: &mut Coverage) -> Vec<Event> {
        let most_ms = 2 * (self.world.end - world::BEGIN) / i64::try_from(runs).expect("few");
        for _ in 0..runs {
            let wait_ms = self.dice.between(1, most_ms);
            let now = self.now() + wait_ms;
            self.free_at.fill(now);
            self.run(coverage).await;
            if self.dice.one_in(3) {
                coverage.saw("memory lost");
                let process = self.dice.below(2);
                self.wires[process].reopen(self.path);
            }
        }
        for wire in &self.wires {
            wire.settle().await;
        }
        self.events
    }

    fn now(&self) -> i64 {
        self.free_at.iter().max().copied().unwrap_or(world::BEGIN)
    }

    /// One run of the collector over all operations, with whatever comes in between. A crash or a deadline
    /// may come anywhere; mostly none comes.
    async fn run(&mut self, coverage: &mut Coverage) {
        let run_id = self.begin_run(COLLECTOR, RunKind::Collect).await;
        if !self.dice.one_in(20) {
            self.ask_identity(run_id).await;
        }
        let mut others = Vec::new();
        let mut tasks: Vec<Task> = (0..self.world.operations.len())
            .map(|op| self.task(run_id, COLLECTOR, op))
            .collect();
        let is_cut_short = self.dice.one_in(4);
        let steps = if is_cut_short {
            self.dice.below(12)
        } else {
            usize::MAX
        };
        for _ in 0..steps {
            if self.dice.one_in(20) {
                let other = self.begin_run(OTHER, RunKind::Stop).await;
                let op = self.dice.below(self.world.operations.len());
                tasks.push(self.task(other, OTHER, op));
                others.push(other);
            }
            tasks.retain(|task| !matches!(task.step, Step::Done));
            if tasks.is_empty() {
                break;
            }
            let chosen = self.dice.below(tasks.len());
            self.step(&mut tasks[chosen], coverage).await;
        }
        for other in others {
            if !self.dice.one_in(4) {
                self.end_run(OTHER, other).await;
            }
        }
        if is_cut_short && self.dice.one_in(2) {
            coverage.saw("run died");
        } else {
            self.end_run(COLLECTOR, run_id).await;
        }
    }

    /// Begins a run. A collector knows by its lock that every collector before it is dead, and a process
    /// that stops may know the same of others like it.
    async fn begin_run(&mut self, process: usize, kind: RunKind) -> i64 {
        let dead = match kind {
            RunKind::Stop => vec![],
            RunKind::Collect if self.dice.one_in(2) => vec![RunKind::Collect],
            RunKind::Collect => vec![RunKind::Collect, RunKind::Stop],
        };
        let plan = self
            .world
            .operations
            .iter()
            .zip(1..)
            .map(|(operation, watch)| PlanEntry {
                watch,
                service: operation.service.as_str().to_owned(),
                label: LABEL.to_owned(),
                region: operation.region_id.to_owned(),
                operation: operation.operation_id.clone(),
                ..PlanEntry::default()
            });
        let now = self.now();
        let started = self.wires[process]
            .begin_run(kind, now, dead.clone(), plan.collect())
            .await;
        let found: Vec<_> = self
            .open
            .extract_if(.., |(_, kind)| dead.contains(kind))
            .collect();
        assert_eq!(started.aborted, found.len(), "runs found dead");
        for (run_id, _) in found {
            self.events.push(Event::RunClosed { run_id });
        }
        self.open.push((started.run_id, kind));
        started.run_id
    }

    async fn end_run(&mut self, process: usize, run_id: i64) {
        let now = self.now();
        self.wires[process].end_run(run_id, now).await;
        self.open.retain(|(open, _)| *open != run_id);
        self.events.push(Event::RunClosed { run_id });
    }

    fn task(&mut self, run_id: i64, process: usize, op: usize) -> Task {
        let readings = match self.world.operations[op].service {
            Service::Ros => 1 + usize::from(self.dice.one_in(3)),
            Service::Bpstudio | Service::Alidns | Service::Sts => 0,
        };
        Task {
            run_id,
            process,
            op,
            readings,
            step: Step::Operation { attempt: 1 },
        }
    }

    async fn step(&mut self, task: &mut Task, coverage: &mut Coverage) {
        if self.is_clock_set && self.dice.one_in(8) {
            coverage.saw("clock set");
            self.clock_error_ms = self.dice.pick(&[0, -700, 90_000, -3_600_000]);
        }
        let next_reading = |readings| {
            if readings > 0 {
                Step::Listing
            } else {
                Step::Done
            }
        };
        task.step = match std::mem::replace(&mut task.step, Step::Done) {
            Step::Operation { attempt } => {
                match self.ask_operation(task, attempt, coverage).await {
                    Came::Failed if attempt < ATTEMPTS => Step::Operation {
                        attempt: attempt + 1,
                    },
                    Came::Failed if self.dice.one_in(2) => Step::Done,
                    Came::Answered | Came::Failed => next_reading(task.readings),
                }
            }
            Step::Listing => {
                task.readings -= 1;
                let listing_id = self.begin_listing(task).await;
                Step::Pages {
                    listing_id,
                    waiting: vec![(1, 1)],
                }
            }
            Step::Pages {
                listing_id,
                mut waiting,
            } => {
                self.ask_pages(task, listing_id, &mut waiting, coverage)
                    .await;
                if waiting.is_empty() {
                    next_reading(task.readings)
                } else {
                    Step::Pages {
                        listing_id,
                        waiting,
                    }
                }
            }
            Step::Done => Step::Done,
        };
    }

    async fn ask_identity(&mut self, run_id: i64) {
        let call = Call {
            label: Some(LABEL.to_owned()),
            account: None,
            action: Action::GetCallerIdentity,
            region: None,
            parameters: Parameters::default(),
            intervention: None,
            watch: None,
        };
        let now = self.now();
        let sent = Sent {
            run_id,
            ask: Ask::Call(call),
            attempt: 1,
            requested_at: now,
            received_at: now,
            body: answers::identity(&mut self.dice, ACCOUNT),
        };
        self.wires[COLLECTOR].keep(vec![sent]).await;
    }

    async fn ask_operation(&mut self, task: &Task, attempt: u32, coverage: &mut Coverage) -> Came {
        let operation = &self.world.operations[task.op];
        let is_named = operation.service != Service::Alidns || !self.dice.one_in(4);
        let (requested_at, received_at, instant) = self.times(task.op, 0);
        self.free_at[task.op] = received_at - self.clock_error_ms;
        let sent = Sent {
            run_id: task.run_id,
            ask: Ask::Call(call(operation, is_named)),
            attempt,
            requested_at,
            received_at,
            body: answers::operation(&mut self.dice, operation, instant),
        };
        let (came, sequence) = self.wires[task.process].keep(vec![sent]).await[0];
        let state = operation.state.at(instant).clone();
        if came == Came::Answered && state.is_none() {
            coverage.saw("answer that is no look");
        }
        if let (Came::Answered, Some(state)) = (came, state) {
            let at = Answered {
                sequence,
                requested_at,
                received_at,
                instant,
            };
            self.events.push(Event::Look {
                op: task.op,
                at,
                state,
            });
        }
        came
    }

    async fn begin_listing(&mut self, task: &Task) -> i64 {
        let operation = &self.world.operations[task.op];
        let listing = Listing {
            run: task.run_id,
            account: ACCOUNT.to_owned(),
            action: Action::ListStackGroupOperationResults,
            region: operation.region_id.to_owned(),
            operation: operation.operation_id.clone(),
            parameters: Parameters::default(),
            page_size: 50,
            watch: None,
        };
        let listing_id = self.wires[task.process].begin_listing(listing).await;
        let (run_id, op) = (task.run_id, task.op);
        self.events.push(Event::ListingBegun {
            listing_id,
            run_id,
            op,
        });
        listing_id
    }

    /// Asks for some of the waiting pages at once; they are kept in the order in which they come. What was
    /// lost waits again, and page 1 tells how many more there are.
    async fn ask_pages(
        &mut self,
        task: &Task,
        listing_id: i64,
        waiting: &mut Vec<(usize, u32)>,
        coverage: &mut Coverage,
    ) {
        let operation = &self.world.operations[task.op];
        let together = (1 + self.dice.below(IN_FLIGHT)).min(waiting.len());
        if together > 1 {
            coverage.saw("pages in flight together");
        }
        let mut asked = Vec::new();
        for (index, (number, attempt)) in waiting.drain(..together).enumerate() {
            let (requested_at, received_at, instant) = self.times(task.op, index);
            let (body, page) = answers::page(&mut self.dice, operation, number, instant);
            let page_number = u32::try_from(number).expect("few");
            let ask = Ask::Page {
                listing: listing_id,
                page: page_number,
            };
            let sent = Sent {
                run_id: task.run_id,
                ask,
                attempt,
                requested_at,
                received_at,
                body,
            };
            asked.push((sent, instant, number, page));
        }
        asked.sort_by_key(|(sent, ..)| sent.received_at);
        self.free_at[task.op] = asked[asked.len() - 1].0.received_at - self.clock_error_ms;
        let sent = asked.iter().map(|(sent, ..)| sent.clone()).collect();
        let came = self.wires[task.process].keep(sent).await;
        let mut answered = Vec::new();
        for ((sent, instant, number, page), (came, sequence)) in asked.into_iter().zip(came) {
            let Sent {
                requested_at,
                received_at,
                attempt,
                ..
            } = sent;
            match came {
                Came::Answered => {
                    if number == 1 {
                        let last = self.last_page(page.total_count, operation.page_size);
                        waiting.extend((2..=last).map(|number| (number, 1)));
                    }
                    let at = Answered {
                        sequence,
                        requested_at,
                        received_at,
                        instant,
                    };
                    answered.push((
                        sequence,
                        Event::Page {
                            listing_id,
                            at,
                            page,
                        },
                    ));
                }
                Came::Failed if attempt < ATTEMPTS => waiting.push((number, attempt + 1)),
                Came::Failed if number == 1 && self.dice.one_in(2) => waiting.push((2, 1)),
                Came::Failed => {}
            }
        }
        answered.sort_by_key(|(sequence, _)| *sequence);
        self.events
            .extend(answered.into_iter().map(|(_, event)| event));
    }

    /// The last page to ask for: as TotalCount says, now and then one more.
    fn last_page(&mut self, total_count: Option<i64>, page_size: usize) -> usize {
        let rows = usize::try_from(total_count.unwrap_or(1)).expect("few");
        rows.div_ceil(page_size) + usize::from(self.dice.one_in(8))
    }

    /// When, by the poller's clock, the next request about an operation goes out and comes back, and when the
    /// cloud truly looks. Requests that are in flight together are told apart by `index`.
    fn times(&mut self, op: usize, index: usize) -> (i64, i64, i64) {
        let most_ms = self.dice.pick(&[0, 50, 5_000, 5_000]);
        let requested_at =
            self.free_at[op] + self.dice.between(0, 20) + i64::try_from(index).expect("few");
        let received_at = requested_at + self.dice.between(0, most_ms);
        let instant = self.dice.between(requested_at, received_at);
        let error_ms = self.clock_error_ms;
        (requested_at + error_ms, received_at + error_ms, instant)
    }
}

fn call(operation: &Operation, is_named: bool) -> Call {
    let (action, parameter) = match operation.service {
        Service::Ros => (Action::GetStackGroupOperation, "OperationId"),
        Service::Bpstudio => (Action::GetExecuteOperationResult, "OperationId"),
        Service::Alidns | Service::Sts => (Action::DescribeBatchResultCount, "TaskId"),
    };
    let id = (parameter.to_owned(), operation.operation_id.clone());
    Call {
        label: Some(LABEL.to_owned()),
        account: Some(ACCOUNT.to_owned()),
        action,
        region: Some(operation.region_id.to_owned()).filter(|region| !region.is_empty()),
        parameters: Parameters::new(is_named.then_some(id)).expect("one parameter"),
        intervention: None,
        watch: None,
    }
}

fn add_watch(recorder: &Recorder, operation: &Operation) {
    let watch = Watch {
        service: Some(operation.service),
        label: Some(LABEL.to_owned()),
        region: Some(operation.region_id.to_owned()),
        operation: Some(operation.operation_id.clone()),
        ..Watch::new(0, WatchChange::Add, "ops", UtcMillis(world::BEGIN))
    };
    recorder.add_watch(watch).expect("added");
}
