//! A year by chance: runs every quarter of an hour, and everything that goes wrong with one in a hundred.

use std::time::Duration;

use optrail::evidence::leaf::SkipCause;
use optrail::model::{Service, UtcMillis};
use optrail::sandbox::{Fault, FaultKind};

use super::births::Births;
use super::desk::{Desk, EVERY_MS};
use super::dice::Dice;
use super::model::{Asked, How, Kind, Model, Strike};

/// When the year begins, ms.
const BEGINS: i64 = 1_767_225_600_000;

/// Time enough for a run.
const LONG: Duration = Duration::from_secs(30);

/// So short that what may be repeated mostly is not, and that a late answer defers what comes after it.
const SHORT: Duration = Duration::from_millis(40);

/// How long a late answer takes, ms.
const LATE_MS: u64 = 60;

/// How late the answer is that a run does not live to see, ms.
const NEVER_MS: u64 = 20_000;

/// Something that lasts for several runs.
#[derive(Debug, Clone, Copy)]
enum Spell {
    /// The key is refused.
    Refused,
    /// Our clock is an hour behind.
    Skewed,
    /// One thing may not be asked for.
    Denied(usize),
}

/// A recorder, the cloud that it records, and the model that knows what it must show.
pub struct Life {
    pub desk: Desk,
    pub model: Model,
    pub runs: usize,
    dice: Dice,
    births: Births,
    now: i64,
    spell: Option<(Spell, usize)>,
}

impl Life {
    /// Two watches that find others, and nothing to be found.
    pub fn new(seed: u64) -> Self {
        let desk = Desk::new(seed, BEGINS);
        desk.watch(Service::Ros, None);
        desk.watch(Service::Alidns, None);
        Self {
            desk,
            model: Model::new(BEGINS, EVERY_MS),
            runs: 0,
            dice: Dice::new(seed),
            births: Births::default(),
            now: BEGINS,
            spell: None,
        }
    }

    /// A quarter of an hour passes, or more, and perhaps there is a run at its end.
    pub fn step(&mut self) {
        self.now += EVERY_MS;
        if self.dice.one_in(100) {
            // Switched off.
            self.now += EVERY_MS * self.dice.pick(&[1, 1, 1, 4, 4, 12, 96, 192]);
        }
        self.give_up();
        self.desk.clock.set(UtcMillis(self.now));
        let Self {
            dice,
            desk,
            model,
            births,
            ..
        } = self;
        births.happen(dice, desk, model, self.now);
        match self.dice.below(100) {
            0 => self.desk.skip(SkipCause::Locked),
            1 => {
                self.desk.skip(SkipCause::Disk);
                self.model.skip_for_disk(self.now);
            }
            2 => self.die(),
            3 => self.be_cut(),
            4..=10 => self.be_struck(),
            11 if self.spell.is_none() => self.fall_under_a_spell(),
            _ => self.run(LONG),
        }
    }

    /// A run without any new trouble, so that nothing is left to be found dead.
    pub fn calm(&mut self) {
        self.now += EVERY_MS;
        self.desk.clock.set(UtcMillis(self.now));
        self.run(LONG);
    }

    /// A person gives up a watch, between two runs.
    fn give_up(&mut self) {
        if !self.dice.one_in(150) {
            return;
        }
        let at = self.now - EVERY_MS / 2;
        let watched: Vec<usize> = (0..self.model.things.len())
            .rev()
            .take(60)
            .filter(|number| {
                let thing = &self.model.things[*number];
                thing.is_watched && thing.removed.is_none()
            })
            .collect();
        if watched.is_empty() {
            return;
        }
        let thing = self.dice.pick(&watched);
        self.desk.clock.set(UtcMillis(at));
        self.desk.remove_watch(&self.model.things[thing].truth.id);
        self.model.remove(thing, at);
    }

    fn run(&mut self, deadline: Duration) {
        let refused = self.endure();
        let (asked, _) = self.desk.run(deadline, None);
        self.desk.cloud.shift_clock_ms(0);
        let how = How {
            died: false,
            refused,
        };
        self.take_up(&asked, how);
    }

    fn take_up(&mut self, asked: &[Asked], how: How) {
        self.runs += 1;
        self.model.run(self.now, asked, how);
    }

    /// What lasts strikes this run, too; why nothing at all will be answered, if so.
    fn endure(&mut self) -> Option<&'static str> {
        let (spell, left) = self.spell?;
        self.spell = (left > 1).then_some((spell, left - 1));
        match spell {
            Spell::Refused => {
                let kind = FaultKind::Error {
                    http_status: 404,
                    code: "InvalidAccessKeyId.NotFound".to_owned(),
                    message: "Specified access key is not found.".to_owned(),
                };
                self.strike("GetCallerIdentity", "", None, kind, Some("credential"));
                None
            }
            Spell::Skewed => {
                self.desk.cloud.shift_clock_ms(4 * EVERY_MS);
                Some("clock")
            }
            Spell::Denied(thing) => {
                let truth = &self.model.things[thing].truth;
                let (action, id) = (truth.kind.action(), truth.id.clone());
                let is_due = self.model.due(self.now).contains(&thing);
                if is_due && !self.model.awaits(action) {
                    self.strike(action, &id, None, FaultKind::Denied, Some("denied"));
                }
                None
            }
        }
    }

    fn fall_under_a_spell(&mut self) {
        let due = self.model.due(self.now);
        let spell = match self.dice.below(3) {
            0 => Spell::Refused,
            1 => Spell::Skewed,
            _ if due.is_empty() => Spell::Refused,
            _ => Spell::Denied(self.dice.pick(&due)),
        };
        self.spell = Some((spell, self.dice.pick(&[1, 2, 4, 12])));
        self.run(LONG);
    }

    /// The process dies while it waits for an answer.
    fn die(&mut self) {
        let due = self.model.due(self.now);
        if due.is_empty() || self.spell.is_some() {
            return self.run(LONG);
        }
        let truth = &self.model.things[self.dice.pick(&due)].truth;
        let fatal = Asked {
            action: truth.kind.action().to_owned(),
            key: truth.id.clone(),
            page: 0,
        };
        if self.model.awaits(&fatal.action) {
            return self.run(LONG);
        }
        let kind = FaultKind::Hang { ms: NEVER_MS };
        let fault = Fault::once(kind).on_action(&fatal.action);
        self.desk.cloud.script(fault.on_operation(&fatal.key));
        let (mut asked, died) = self.desk.run(LONG, Some(&fatal));
        assert!(died, "nobody asked {fatal:?}, which was due");
        assert_eq!(asked.pop(), Some(fatal));
        let how = How {
            died,
            refused: None,
        };
        self.take_up(&asked, how);
    }

    /// The deadline passes while an answer is awaited.
    fn be_cut(&mut self) {
        let due = self.model.due(self.now);
        if due.is_empty() {
            return self.run(SHORT);
        }
        let truth = &self.model.things[self.dice.pick(&due)].truth;
        let (action, id) = (truth.kind.action(), truth.id.clone());
        self.strike(action, &id, None, FaultKind::Hang { ms: LATE_MS }, None);
        self.run(SHORT);
    }

    /// One call fails.
    fn be_struck(&mut self) {
        let due = self.model.due(self.now);
        let groups = &self.model.groups;
        let broken = [
            FaultKind::ProxyPage,
            FaultKind::NullBody,
            FaultKind::EmptyBody,
            FaultKind::BrokenJson,
        ];
        let lasting = match self.dice.below(3) {
            0 => (self.dice.pick(&broken), Some("invalid_answer")),
            _ => (FaultKind::Denied, Some("denied")),
        };
        if due.is_empty() || self.dice.one_in(6) {
            let (action, key) = match groups.last() {
                Some(group) if self.dice.one_in(2) => {
                    ("ListStackGroupOperations", group.name.clone())
                }
                _ => ("ListStackGroups", String::new()),
            };
            self.strike(action, &key, None, lasting.0, lasting.1);
            return self.run(LONG);
        }
        let truth = &self.model.things[self.dice.pick(&due)].truth;
        let (kind, id) = (truth.kind, truth.id.clone());
        if kind == Kind::Ros && self.dice.one_in(2) {
            let page = self.dice.pick(&[1, 2]);
            let action = "ListStackGroupOperationResults";
            self.strike(action, &id, Some(page), lasting.0, lasting.1);
            return self.run(LONG);
        }
        let passing = match self.dice.below(8) {
            0 => (
                FaultKind::Throttle {
                    retry_after_ms: None,
                },
                "throttled",
            ),
            1 => (FaultKind::Disconnect { carried_out: false }, "unreachable"),
            2 => (FaultKind::ServiceUnavailable, "unreachable"),
            _ => {
                self.strike(kind.action(), &id, None, lasting.0, lasting.1);
                return self.run(LONG);
            }
        };
        self.strike(kind.action(), &id, None, passing.0, Some(passing.1));
        self.run(SHORT);
        self.desk.forget_pace();
    }

    fn strike(
        &mut self,
        action: &'static str,
        key: &str,
        page: Option<u32>,
        kind: FaultKind,
        cause: Option<&'static str>,
    ) {
        let mut fault = Fault::once(kind).on_action(action);
        fault.matcher.operation = Some(key.to_owned()).filter(|key| !key.is_empty());
        fault.matcher.page = page;
        self.desk.cloud.script(fault);
        self.model.strike(Strike {
            action,
            key: key.to_owned(),
            page,
            times: 1,
            cause,
        });
    }
}
