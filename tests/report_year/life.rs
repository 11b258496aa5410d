//! The year of a recorder: its runs on a schedule of a quarter of an hour, what people do in between, and all
//! that goes wrong. It is told to the diary and kept as evidence.

use std::path::Path;

use optrail::evidence::leaf::Ask;
use optrail::evidence::leaf::{
    Call, ClockStep, Leaf, Note, Parameters, RunAborted, RunEnd, RunKind, RunSkipped, RunStart,
    SkipCause,
};
use optrail::model::{Action, Cause, Service as TheirService, UtcMillis};
use optrail::record::PlanEntry;

use super::answers;
use super::diary::{Diary, Fate, Identity, Look, Run};
use super::dice::Dice;
use super::judge::{self, How, Standing};
use super::pen::{Asked, Came, Pen};
use super::truth::{self, MINUTE, Operation, Service, World};

/// The declared schedule, ms.
pub const EVERY: i64 = 15 * MINUTE;

/// After each so many slots of the schedule somebody runs the collector for one account.
const LIMITED_EACH: i64 = 41;

pub struct Life<'a> {
    pub world: &'a mut World,
    pub dice: Dice,
    pub pen: Pen,
    /// How each watched operation stands; the number of its watch.
    pub standings: Vec<(usize, i64, Standing)>,
    /// Of the operations, how many are watched or were.
    pub begun: usize,
    /// A run that died and was not found dead yet.
    pub dead: Option<(usize, i64)>,
    /// By how much the recorder's clock is ahead, ms.
    pub error_ms: i64,
    /// Until when nothing starts the collector, or the disk is full.
    down: (i64, bool),
    /// Accounts that the next run is limited to.
    limited_to: Vec<String>,
}

/// Lives through the whole world into a new file.
pub fn live(world: &mut World, file: &Path, mut dice: Dice) -> Diary {
    let pen = Pen::new(file, truth::BEGIN);
    let forked = dice.fork();
    let mut life = Life {
        world,
        dice: forked,
        pen,
        standings: Vec::new(),
        begun: 0,
        dead: None,
        error_ms: 0,
        down: (0, false),
        limited_to: Vec::new(),
    };
    life.first_run();
    life.add_finders();
    let mut slot = truth::BEGIN + EVERY;
    while slot < life.world.end {
        life.people(slot);
        life.weather(slot);
        slot += EVERY;
    }
    life.last_run(slot);
    life.pen.close()
}

impl Life<'_> {
    /// Asks for nothing but whose credentials there are.
    fn first_run(&mut self) {
        self.pen.now += 2_000;
        let run = self.begin_run(RunKind::Collect, &[]);
        for account in 0..self.world.accounts.len() {
            let mut labels = self.world.accounts[account].labels.to_vec();
            labels.dedup();
            for label in labels {
                self.identify(run, &label, account, None);
            }
        }
        self.end_run(How::Done, 0);
    }

    /// The run with which the evidence ends has not ended.
    fn last_run(&mut self, slot: i64) {
        self.pen.now = slot + 1_000 + self.error_ms;
        self.begin_run(RunKind::Collect, &[]);
    }

    /// Whether a run begins at this time of the schedule, and how it ends.
    fn weather(&mut self, slot: i64) {
        let (until, is_disk) = self.down;
        if slot < until {
            self.pen.now = self.pen.now.max(slot + 100 + self.error_ms);
            if is_disk {
                self.skip(SkipCause::Disk);
            }
            return;
        }
        match self.dice.below(3_000) {
            0..=2 => {
                let slots = self.dice.between(0, 30);
                self.down = (slot + slots * EVERY, false);
                return;
            }
            3 | 4 => self.down = (slot + self.dice.between(1, 5) * EVERY, true),
            5..=12 => {
                self.pen.now = self.pen.now.max(slot + 50 + self.error_ms);
                self.skip(SkipCause::Locked);
                return;
            }
            13..=17 => self.step_clock(),
            _ => {}
        }
        if slot < self.down.0 {
            self.pen.now = self.pen.now.max(slot + 100 + self.error_ms);
            self.skip(SkipCause::Disk);
            return;
        }
        let jitter = self.dice.between(500, 3_500);
        self.pen.now = self.pen.now.max(slot + jitter + self.error_ms);
        self.pen.offset_ms = -self.error_ms;
        self.collect();
        if (slot / EVERY) % LIMITED_EACH == 0 {
            self.limited_run();
        }
    }

    /// Somebody collects one account of which nothing is due.
    fn limited_run(&mut self) {
        self.pen.now += MINUTE;
        self.limited_to = vec!["nobody".to_owned()];
        self.begin_run(RunKind::Collect, &[]);
        self.end_run(How::Done, 0);
    }

    fn skip(&mut self, cause: SkipCause) {
        let at = self.pen.now;
        let leaf = RunSkipped {
            at: UtcMillis(at),
            user: "cron".to_owned(),
            host: "collector-1".to_owned(),
            process_id: 4_711,
            cause,
            detail: None,
        };
        let leaf = self.pen.add(Leaf::RunSkipped(leaf), Some(at), None);
        let is_disk = cause == SkipCause::Disk;
        self.pen.diary.skipped.push((at, is_disk, leaf));
    }

    /// The recorder's clock goes wrong, or right again; never back behind what it has said.
    fn step_clock(&mut self) {
        let error_ms = if self.error_ms == 0 { 90_000 } else { 0 };
        let stepped_ms = error_ms - self.error_ms;
        self.error_ms = error_ms;
        let at = self.pen.now;
        let leaf = ClockStep {
            run: None,
            at: UtcMillis(at),
            stepped_ms,
            detail: None,
        };
        let leaf = self.pen.add(Leaf::Clock(leaf), Some(at), None);
        self.pen.diary.clock_steps.push((at, leaf));
    }

    fn collect(&mut self) {
        let now = self.pen.now;
        let due: Vec<usize> = (0..self.standings.len())
            .filter(|index| self.standings[*index].2.is_due(now))
            .collect();
        let entries: Vec<PlanEntry> = due.iter().map(|index| self.entry(*index)).collect();
        let run = self.begin_run(RunKind::Collect, &entries);
        let mut how = match self.dice.below(if due.is_empty() { 3_000 } else { 130 }) {
            0 => How::Deadline,
            1 => How::Signal,
            2 => How::Error,
            3 | 4 => How::Died,
            _ => How::Done,
        };
        if how == How::Error && due.is_empty() {
            how = How::Done;
        }
        let cut = match how {
            How::Done => due.len(),
            _ => self.dice.below(due.len() + 1),
        };
        let refused = self.identify_all(run, &due);
        let mut lacking = 0;
        for (place, index) in due.into_iter().enumerate() {
            let op = self.standings[index].0;
            let watch = self.standings[index].1;
            let label = self.pen.diary.watches[usize::try_from(watch).unwrap() - 1]
                .label
                .clone();
            let refusal = refused.iter().find(|(refused, _)| *refused == label);
            let fate = match refusal {
                Some((_, cause)) => missed(cause, false, false),
                None if place >= cut => missed(how.not_begun(), false, false),
                None => {
                    self.standings[index].2.last_asked_at = now;
                    let fate = self.poll(run, index, &mut lacking);
                    how.of_torn(fate)
                }
            };
            let state = self.standings[index].2.state();
            let watch = &mut self.pen.diary.watches[usize::try_from(watch).unwrap() - 1];
            if watch.state.0 != state {
                watch.state = (state, run);
            }
            self.pen
                .diary
                .runs
                .last_mut()
                .unwrap()
                .fates
                .push((op, fate));
        }
        self.end_run(how, lacking);
    }

    fn entry(&self, index: usize) -> PlanEntry {
        let (op, watch, _) = self.standings[index];
        let operation = &self.world.operations[op];
        PlanEntry {
            watch,
            service: operation.service.word().to_owned(),
            label: self.pen.diary.watches[usize::try_from(watch).unwrap() - 1]
                .label
                .clone(),
            region: operation.region.to_owned(),
            operation: operation.id.clone(),
            ..PlanEntry::default()
        }
    }

    pub fn begin_run(&mut self, kind: RunKind, entries: &[PlanEntry]) -> i64 {
        let id = i64::try_from(self.pen.diary.runs.len()).unwrap() + 1;
        let at = self.pen.now;
        let is_collect = kind == RunKind::Collect;
        let start = RunStart {
            program: "optrail 0.1.0".to_owned(),
            user: "cron".to_owned(),
            host: "collector-1".to_owned(),
            process_id: 4_711,
            deadline_ms: Some(50_000),
            concurrency: Some(8),
            simulated: true,
            every_ms: is_collect.then_some(EVERY.unsigned_abs()),
            accounts: std::mem::take(&mut self.limited_to),
            ..RunStart::new(id, kind, UtcMillis(at))
        };
        let is_limited = !start.accounts.is_empty();
        let start = self.pen.add(Leaf::RunStart(start), Some(at), None);
        if is_collect && let Some((dead, dead_id)) = self.dead.take() {
            let leaf = RunAborted {
                run: dead_id,
                found_by: id,
                found_at: UtcMillis(at),
            };
            let leaf = self.pen.add(Leaf::RunAborted(leaf), Some(at), None);
            self.pen.diary.runs[dead].end = Some(leaf);
        }
        if is_collect {
            self.pen.plan(id, entries);
        }
        self.pen.diary.runs.push(Run {
            id,
            is_collect,
            is_limited,
            started_at: at,
            ended_at: None,
            outcome: None,
            every_ms: EVERY,
            start,
            end: None,
            due: 0,
            polled: 0,
            failed: 0,
            deferred: 0,
            fates: Vec::new(),
            offsets: Vec::new(),
        });
        id
    }

    pub fn end_run(&mut self, how: How, lacking: i64) {
        self.pen.now += 5;
        let at = self.pen.now;
        let place = self.pen.diary.runs.len() - 1;
        judge::count(&mut self.pen.diary.runs[place], how, lacking);
        let id = self.pen.diary.runs[place].id;
        let Some(reason) = how.reason() else {
            self.dead = Some((place, id));
            return;
        };
        let end = RunEnd {
            run: id,
            ended_at: UtcMillis(at),
            reason: reason.to_owned(),
        };
        let leaf = self.pen.add(Leaf::RunEnd(end), Some(at), None);
        let run = &mut self.pen.diary.runs[place];
        (run.ended_at, run.end) = (Some(at), Some(leaf));
    }

    /// Asks whose credentials those of the due watches are; those that were refused, and why.
    fn identify_all(&mut self, run: i64, due: &[usize]) -> Vec<(String, &'static str)> {
        let mut labels: Vec<(String, usize)> = due
            .iter()
            .map(|index| {
                let (op, watch, _) = self.standings[*index];
                let watch = &self.pen.diary.watches[usize::try_from(watch).unwrap() - 1];
                (watch.label.clone(), self.world.operations[op].account)
            })
            .collect();
        labels.sort();
        labels.dedup();
        let mut refused = Vec::new();
        for (label, account) in labels {
            let fate = match self.dice.below(400) {
                0 => Some("credential"),
                1 => Some("unreachable"),
                2 => Some("stranger"),
                _ => None,
            };
            if let Some(cause) = self.identify(run, &label, account, fate) {
                refused.push((label, cause));
            }
        }
        refused
    }

    /// Asks whose credentials these are; why the account cannot be asked, if so.
    pub fn identify(
        &mut self,
        run: i64,
        label: &str,
        account: usize,
        fate: Option<&'static str>,
    ) -> Option<&'static str> {
        let own = &self.world.accounts[account];
        let (account_id, arn) = match fate {
            Some("stranger") => ("9999999999999999", "acs:ram::9999999999999999:user/x"),
            _ => (own.id.as_str(), own.arn.as_str()),
        };
        let (account_id, arn) = (account_id.to_owned(), arn.to_owned());
        if fate == Some("unreachable") {
            self.note(run, label, None, Cause::Unreachable);
            return Some("unreachable");
        }
        let call = Call {
            label: Some(label.to_owned()),
            account: None,
            action: Action::GetCallerIdentity,
            region: None,
            parameters: Parameters::default(),
            intervention: None,
            watch: None,
        };
        let asked = Asked {
            run,
            account_id: None,
            service: "sts",
            action: "GetCallerIdentity",
        };
        if fate == Some("credential") {
            let body = answers::refusal("InvalidAccessKeyId.NotFound");
            let came = Came::Answer {
                http_status: 404,
                body,
            };
            self.pen
                .ask(&asked, Ask::Call(call), (1, 30), came, "credential");
            return Some("credential");
        }
        let came = Came::Answer {
            http_status: 200,
            body: answers::identity(&account_id, &arn),
        };
        let (leaf, _, received_at) = self.pen.ask(&asked, Ask::Call(call), (1, 30), came, "ok");
        self.pen.diary.identities.push(Identity {
            run,
            label: label.to_owned(),
            account_id: account_id.clone(),
            arn,
            leaf,
            received_at,
        });
        if fate == Some("stranger") {
            self.note(run, label, Some(account_id), Cause::Credential);
            return Some("credential");
        }
        None
    }

    fn note(&mut self, run: i64, label: &str, account: Option<String>, cause: Cause) {
        self.pen.now += 1;
        let at = self.pen.now;
        let note = Note {
            run,
            label: Some(label.to_owned()),
            account,
            cause,
            text: format!("{label} cannot be asked"),
            at: UtcMillis(at),
        };
        self.pen.add(Leaf::Note(note), Some(at), None);
    }

    pub fn asked(&self, run: i64, op: usize, action: &'static str) -> Asked {
        let operation = &self.world.operations[op];
        Asked {
            run,
            account_id: Some(self.world.accounts[operation.account].id.clone()),
            service: operation.service.word(),
            action,
        }
    }

    pub fn call(&self, op: usize, label: &str, action: Action, intervention: Option<i64>) -> Ask {
        let operation = &self.world.operations[op];
        let name = match operation.service {
            Service::Alidns => "TaskId",
            Service::Ros | Service::Bpstudio => "OperationId",
        };
        Ask::Call(Call {
            label: Some(label.to_owned()),
            account: Some(self.world.accounts[operation.account].id.clone()),
            action,
            region: (operation.service == Service::Ros).then(|| operation.region.to_owned()),
            parameters: Parameters::new([(name.to_owned(), operation.id.clone())]).unwrap(),
            intervention,
            watch: None,
        })
    }

    /// Notes an answer that showed an operation.
    pub fn looked(&mut self, index: usize, at: (i64, i64, i64), state: truth::State) {
        let (leaf, requested_at, received_at) = at;
        self.standings[index].2.look(state.status);
        self.pen.diary.looks.push(Look {
            op: self.standings[index].0,
            leaf,
            requested_at,
            received_at,
            state,
        });
    }

    pub fn operation(&self, index: usize) -> &Operation {
        &self.world.operations[self.standings[index].0]
    }
}

pub fn theirs(service: Service) -> TheirService {
    match service {
        Service::Ros => TheirService::Ros,
        Service::Bpstudio => TheirService::Bpstudio,
        Service::Alidns => TheirService::Alidns,
    }
}

pub const fn missed(cause: &'static str, was_asked: bool, was_answered: bool) -> Fate {
    Fate::Missed {
        cause,
        was_asked,
        was_answered,
    }
}

pub const fn answer(http_status: u16, body: serde_json::Value) -> Came {
    Came::Answer { http_status, body }
}
