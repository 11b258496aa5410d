//! A random life: watches come and go, runs ask, fail, die and do not happen. The recorder keeps it, the log
//! tells it.

use std::path::Path;

use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{
    Ask, Exchange, Framing, KeptBody, Listing as ListingLeaf, Note, Parameters, RunEnd, RunKind,
    RunSkipped, RunStart, SkipCause, Watch as WatchLeaf, WatchChange,
};
use optrail::model::{Action, Cause, UtcMillis};
use optrail::record::{PlanEntry, Recorder};
use tokio::runtime::Runtime;

use super::answers::{ACCOUNT, REGION, bpstudio_expired, caller_identity, failure, ros_page};
use super::dice::Dice;
use super::leaves::{call, identity_call, region, seen, service, watch_leaf};
use super::log::{Came, Listing, Log, Order, Read, Run, THINGS, Watch, lists_results};

/// Events of a life.
const EVENTS: usize = 90;

/// The declared schedule, where there is one, ms.
const EVERY_MS: i64 = 300_000;

/// Lives through chance and tells what happened.
pub fn live(path: &Path, dice: Dice) -> Log {
    let mut life = Life {
        recorder: Recorder::create(path, &"0".repeat(32), UtcMillis(0)).unwrap(),
        runtime: tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap(),
        dice,
        now: 1_790_000_000_000,
        order: 0,
        requests: 0,
        labels: &["a", "b"],
        log: Log::default(),
    };
    if life.dice.one_in(2) {
        // One label, whose account may stay unknown for long.
        life.labels = &["a"];
    } else {
        // Two labels of one account, which is known before anything is watched.
        life.run(true);
    }
    for _ in 0..EVENTS {
        match life.dice.below(12) {
            0 | 1 => life.add(),
            2 => life.remove(),
            3 => life.skip(),
            4 => life.stop(),
            _ => life.run(false),
        }
    }
    // Of a run that died and was not found dead nobody knows what it missed.
    while life.log.runs.last().is_some_and(|run| run.is_aborted) {
        life.run(false);
    }
    // What was kept last is derived with the next transaction.
    life.recorder.read_blocking(|_| Ok(())).unwrap();
    life.log
}

struct Life {
    recorder: Recorder,
    runtime: Runtime,
    dice: Dice,
    now: i64,
    order: Order,
    requests: u64,
    labels: &'static [&'static str],
    log: Log,
}

impl Life {
    fn tick(&mut self) -> i64 {
        self.now += self.dice.between(1, 1_500);
        self.now
    }

    /// Where the event that comes now stands.
    fn next(&mut self) -> Order {
        self.order += 1;
        self.order
    }

    fn live_watches(&self) -> Vec<usize> {
        let watches = self.log.watches.iter().enumerate();
        watches
            .filter(|(_, watch)| watch.removed.is_none())
            .map(|(index, _)| index)
            .collect()
    }

    fn add(&mut self) {
        let thing = self.dice.below(THINGS.len());
        let label = self.dice.pick(self.labels);
        let at = self.tick();
        let leaf = WatchLeaf {
            label: Some(label.to_owned()),
            service: Some(service(thing)),
            region: region(thing),
            operation: Some(THINGS[thing].to_owned()),
            ..watch_leaf(0, WatchChange::Add, at)
        };
        let (watch_id, is_new) = self.recorder.add_watch(leaf).unwrap();
        if is_new {
            let added = (self.next(), at);
            self.log.watches.push(Watch {
                watch_id,
                thing,
                label,
                added,
                removed: None,
            });
        }
    }

    fn remove(&mut self) {
        let live = self.live_watches();
        if live.is_empty() {
            return;
        }
        let index = self.dice.pick(&live);
        let at = self.tick();
        let watch_id = self.log.watches[index].watch_id;
        let leaf = watch_leaf(watch_id, WatchChange::Remove, at);
        self.recorder.remove_watch(leaf).unwrap();
        self.log.watches[index].removed = Some((self.next(), at));
    }

    fn skip(&mut self) {
        let is_disk = self.dice.one_in(2);
        let at = self.tick();
        let skipped = RunSkipped {
            at: UtcMillis(at),
            user: "ops".to_owned(),
            host: "host".to_owned(),
            process_id: 1,
            cause: if is_disk {
                SkipCause::Disk
            } else {
                SkipCause::Locked
            },
            detail: None,
        };
        self.recorder.skip_run(skipped).unwrap();
        let order = self.next();
        self.log.skips.push((order, at, is_disk));
    }

    /// A stop reads operations, and is no look of a watch.
    fn stop(&mut self) {
        let (run_id, _) = self.begin(RunKind::Stop, None, vec![]);
        self.keep(run_id, identity_call("a"), &caller_identity());
        let thing = self.dice.below(THINGS.len());
        self.keep(run_id, call("a", thing), &seen(thing));
        self.end(run_id);
    }

    fn run(&mut self, is_calm: bool) {
        self.now += match self.dice.below(8) {
            0 => 3_600_000,
            1 => 0,
            _ => EVERY_MS,
        };
        let mut planned = self.live_watches();
        planned.retain(|_| !self.dice.one_in(6));
        self.dice.shuffle(&mut planned);
        let entries = planned.iter().map(|index| self.entry(*index)).collect();
        let every_ms = self.dice.one_in(2).then_some(EVERY_MS);
        let (run_id, started) = self.begin(RunKind::Collect, every_ms, entries);
        if let Some(dead) = self
            .log
            .runs
            .last_mut()
            .filter(|run| run.is_aborted && run.ended.0 == 0)
        {
            dead.ended = started;
        }
        let watches = &self.log.watches;
        self.log.runs.push(Run {
            started,
            every_ms,
            ended: (0, 0),
            is_aborted: false,
            refused: vec![],
            planned: planned
                .iter()
                .map(|index| watches[*index].watch_id)
                .collect(),
            reads: vec![],
            listings: vec![],
        });
        for label in self.labels {
            self.identify(run_id, label, is_calm);
        }
        for index in planned {
            if self.dice.one_in(25) {
                self.this_run().is_aborted = true;
                return;
            }
            match self.dice.below(25) {
                0 => self.remove(),
                1 => self.add(),
                _ => {}
            }
            let watch = &self.log.watches[index];
            let (thing, label) = (watch.thing, watch.label);
            let is_refused = self
                .this_run()
                .refused
                .iter()
                .any(|refused| refused.0 == label);
            if !is_refused && !self.dice.one_in(8) && self.look(run_id, thing, label) {
                self.this_run().is_aborted = true;
                return;
            }
        }
        let ended = self.end(run_id);
        self.this_run().ended = ended;
    }

    fn this_run(&mut self) -> &mut Run {
        self.log.runs.last_mut().unwrap()
    }

    fn entry(&self, index: usize) -> PlanEntry {
        let watch = &self.log.watches[index];
        PlanEntry {
            watch: watch.watch_id,
            service: service(watch.thing).as_str().to_owned(),
            label: watch.label.to_owned(),
            region: region(watch.thing).unwrap_or_default(),
            operation: THINGS[watch.thing].to_owned(),
            ..PlanEntry::default()
        }
    }

    fn identify(&mut self, run_id: i64, label: &'static str, is_calm: bool) {
        let fate = if is_calm { 9 } else { self.dice.below(12) };
        let refused = match fate {
            // No credentials at all.
            0 => {
                let at = self.note(run_id, label, None, Cause::Unreachable);
                Some((label, "unreachable", at, None))
            }
            // They answer, and as another account than they should.
            1 => {
                self.keep(run_id, identity_call(label), &caller_identity());
                let at = self.note(run_id, label, Some(ACCOUNT.to_owned()), Cause::Credential);
                Some((label, "credential", at, None))
            }
            2 => {
                let body = failure("InvalidAccessKeyId.NotFound", "no such key");
                let (order, _, at) = self.keep(run_id, identity_call(label), &body);
                Some((label, "credential", at, Some(order)))
            }
            _ => {
                self.keep(run_id, identity_call(label), &caller_identity());
                None
            }
        };
        self.this_run().refused.extend(refused);
    }

    fn note(&mut self, run: i64, label: &str, account: Option<String>, cause: Cause) -> i64 {
        let at = self.tick();
        let note = Note {
            run,
            label: Some(label.to_owned()),
            account,
            cause,
            text: format!("run {run} cannot ask"),
            at: UtcMillis(at),
        };
        self.runtime
            .block_on(self.recorder.keep_note(note))
            .unwrap();
        self.next();
        at
    }

    /// Looks at an operation; whether the run dies meanwhile.
    fn look(&mut self, run_id: i64, thing: usize, label: &str) -> bool {
        for _ in 0..2 {
            let (came, body) = match self.dice.below(12) {
                0 if lists_results(thing) => {
                    let body = failure("StackGroupOperationNotFound", "no such id");
                    (Came::NotFound, body)
                }
                1 if !lists_results(thing) => (Came::Expired, bpstudio_expired()),
                2 => (
                    Came::Failed("throttled"),
                    failure("Throttling.User", "slower"),
                ),
                3 => (Came::Failed("denied"), failure("NoPermission", "no")),
                4 => (Came::Failed("invalid_answer"), "<html>".to_owned()),
                _ => (Came::Seen, seen(thing)),
            };
            let (order, requested_at, received_at) = self.keep(run_id, call(label, thing), &body);
            let read = Read {
                thing,
                order,
                requested_at,
                received_at,
                came,
            };
            self.this_run().reads.push(read);
            // What was throttled is asked again.
            if came != Came::Failed("throttled") {
                break;
            }
        }
        let is_seen = self
            .this_run()
            .reads
            .last()
            .is_some_and(|read| read.came == Came::Seen);
        if !is_seen || !lists_results(thing) {
            return false;
        }
        if self.dice.one_in(30) {
            return true;
        }
        self.list(run_id, thing);
        false
    }

    fn list(&mut self, run_id: i64, thing: usize) {
        let rows = [("11", "RUNNING", None), ("12", "RUNNING", None)];
        let fate = self.dice.below(8);
        let leaf = ListingLeaf {
            run: run_id,
            account: ACCOUNT.to_owned(),
            action: Action::ListStackGroupOperationResults,
            region: REGION.to_owned(),
            operation: THINGS[thing].to_owned(),
            parameters: Parameters::default(),
            page_size: 2,
            watch: None,
        };
        let listing = self.recorder.begin_listing(leaf);
        let listing = self.runtime.block_on(listing).unwrap();
        self.next();
        let page = |page| Ask::Page { listing, page };
        let total_count = if fate < 2 { 5 } else { 2 };
        let first = ros_page(1, total_count, &rows);
        let mut ended_at = self.keep(run_id, page(1), &first).2;
        let mut failed = None;
        match fate {
            0 => ended_at = self.keep(run_id, page(2), &ros_page(2, 5, &[])).2,
            1 => {
                let body = failure("Throttling.User", "slower");
                let (order, _, at) = self.keep(run_id, page(2), &body);
                failed = Some((order, at, "throttled"));
            }
            _ => {}
        }
        self.this_run().listings.push(Listing {
            thing,
            ended_at,
            is_complete: fate >= 2,
            failed,
        });
    }

    fn begin(
        &mut self,
        kind: RunKind,
        every_ms: Option<i64>,
        entries: Vec<PlanEntry>,
    ) -> (i64, (Order, i64)) {
        let at = self.tick();
        let start = RunStart {
            user: "ops".to_owned(),
            host: "host".to_owned(),
            process_id: 1,
            simulated: true,
            every_ms: every_ms.map(i64::unsigned_abs),
            ..RunStart::new(0, kind, UtcMillis(at))
        };
        // Only a collector holds the lock of collectors.
        let dead = match kind {
            RunKind::Collect => vec![RunKind::Collect],
            RunKind::Stop => vec![],
        };
        let run = self.recorder.begin_run(start, dead, entries);
        let run_id = self.runtime.block_on(run).unwrap().run_id;
        (run_id, (self.next(), at))
    }

    fn end(&mut self, run: i64) -> (Order, i64) {
        let at = self.tick();
        let end = RunEnd {
            run,
            ended_at: UtcMillis(at),
            reason: "done".to_owned(),
        };
        self.runtime.block_on(self.recorder.end_run(end)).unwrap();
        (self.next(), at)
    }

    /// Keeps an answer; where it stands, its request and its receipt.
    fn keep(&mut self, run: i64, ask: Ask, body: &str) -> (Order, i64, i64) {
        self.requests += 1;
        let body = body.replace(
            "%R",
            &format!("14A07460-EBE7-47CA-9757-{:012X}", self.requests),
        );
        let (requested_at, received_at) = (self.tick(), self.tick());
        let http_status = if body.contains("\"Code\":\"2") || !body.contains("Code") {
            200
        } else {
            400
        };
        let exchange = Exchange {
            run,
            ask,
            attempt: 1,
            requested_at: UtcMillis(requested_at),
            received_at: UtcMillis(received_at),
            http_status,
            date: None,
            retry_after_ms: None,
            framing: Framing::Length,
            body: KeptBody {
                length: body.len() as u64,
                digest: Digest::of(body.as_bytes()),
                redacted: vec![],
            },
        };
        let kept = self.recorder.keep_answer(exchange, body.into_bytes());
        self.runtime.block_on(kept).unwrap();
        (self.next(), requested_at, received_at)
    }
}
