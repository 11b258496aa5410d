//! What people do between the runs of a recorder: they watch things, give them up, and stop them.

use optrail::evidence::leaf::{
    Intervention, Leaf, RunKind, Watch as WatchLeaf, WatchChange, WatchKind,
};
use optrail::model::{Action, Service as TheirService, UtcMillis};

use super::answers;
use super::diary::{Intervention as Told, Watch};
use super::judge::{How, Standing};
use super::life::{Life, answer, theirs};
use super::truth::{self, Service};

const PEOPLE: [&str; 4] = ["ann", "li.wei", "ops", "cron"];

impl Life<'_> {
    /// Two watches that find operations.
    pub fn add_finders(&mut self) {
        for account in 0..2 {
            let label = self.world.accounts[account].labels[0].clone();
            let id = i64::try_from(self.pen.diary.watches.len()).unwrap() + 1;
            let leaf = WatchLeaf {
                service: Some(TheirService::Ros),
                label: Some(label.clone()),
                region: Some("all".to_owned()),
                kind: Some(WatchKind::RosStackGroups),
                origin: Some("watch add".to_owned()),
                ..WatchLeaf::new(id, WatchChange::Add, "ann", UtcMillis(self.pen.now))
            };
            let at = self.pen.now;
            let leaf = self.pen.add(Leaf::Watch(leaf), Some(at), None);
            self.pen.diary.watches.push(Watch {
                id,
                op: None,
                label,
                added_at: at,
                added_by: "ann",
                origin: "watch add".to_owned(),
                parent: None,
                leaf,
                removed: None,
                state: ("active", 0),
            });
        }
    }

    /// What people did since the last run.
    pub fn people(&mut self, slot: i64) {
        while let Some(operation) = self.world.operations.get(self.begun) {
            if operation.watched.start > slot {
                break;
            }
            let at = (operation.watched.start + self.error_ms).max(self.pen.now);
            self.pen.now = at;
            self.add_watch(self.begun);
            self.begun += 1;
        }
        if self.dead.is_some() {
            return;
        }
        for index in 0..self.standings.len() {
            let (op, watch_id, _) = self.standings[index];
            let watch = usize::try_from(watch_id).unwrap() - 1;
            let operation = &self.world.operations[op];
            let is_removed = self.pen.diary.watches[watch].removed.is_some();
            if operation.watched.end <= slot && !is_removed {
                self.remove_watch(watch);
            } else if operation.stopped_at.is_some_and(|at| at <= slot) {
                self.world.operations[op].stopped_at = None;
                if !is_removed && self.standings[index].2.status == Some("RUNNING") {
                    self.stop(index, slot);
                }
            }
        }
        let diary = &self.pen.diary;
        self.standings.retain(|(_, watch, standing)| {
            let watch = &diary.watches[usize::try_from(*watch).unwrap() - 1];
            watch.removed.is_none() && ["active", "unsettled"].contains(&standing.state())
        });
    }

    fn add_watch(&mut self, op: usize) {
        let operation = &self.world.operations[op];
        let account = &self.world.accounts[operation.account];
        let id = i64::try_from(self.pen.diary.watches.len()).unwrap() + 1;
        let middle = truth::BEGIN + (self.world.end - truth::BEGIN) / 2;
        let label = account.label(operation.watched.start >= middle).to_owned();
        let parent = i64::try_from(operation.account).unwrap() + 1;
        let parent = (operation.service == Service::Ros && parent <= 2).then_some(parent);
        let origin = match parent {
            Some(parent) => format!("watch {parent}"),
            None => self
                .dice
                .pick(&["watch add", "import", "answer"])
                .to_owned(),
        };
        let user = match parent {
            Some(_) => "cron",
            None => self.dice.pick(&PEOPLE),
        };
        let at = self.pen.now;
        let leaf = WatchLeaf {
            service: Some(theirs(operation.service)),
            label: Some(label.clone()),
            region: (operation.service == Service::Ros).then(|| operation.region.to_owned()),
            operation: Some(operation.id.clone()),
            parent,
            origin: Some(origin.clone()),
            ..WatchLeaf::new(id, WatchChange::Add, user, UtcMillis(at))
        };
        let leaf = self.pen.add(Leaf::Watch(leaf), Some(at), None);
        self.pen.diary.watches.push(Watch {
            id,
            op: Some(op),
            label,
            added_at: at,
            added_by: user,
            origin,
            parent,
            leaf,
            removed: None,
            state: ("active", 0),
        });
        self.standings.push((op, id, Standing::default()));
    }

    fn remove_watch(&mut self, watch: usize) {
        self.pen.now += 10;
        let at = self.pen.now;
        let user = self.dice.pick(&PEOPLE);
        let reason = self
            .dice
            .pick(&["done with it", "moved to another team, see #42"]);
        let id = self.pen.diary.watches[watch].id;
        let leaf = WatchLeaf {
            reason: Some(reason.to_owned()),
            ..WatchLeaf::new(id, WatchChange::Remove, user, UtcMillis(at))
        };
        let leaf = self.pen.add(Leaf::Watch(leaf), Some(at), None);
        self.pen.diary.watches[watch].removed = Some((at, user, reason, leaf));
    }

    /// Somebody stops an operation.
    fn stop(&mut self, index: usize, slot: i64) {
        let op = self.standings[index].0;
        self.pen.now += 1_000;
        let run = self.begin_run(RunKind::Stop, &[]);
        let (account, label) = {
            let watch = usize::try_from(self.standings[index].1).unwrap() - 1;
            let label = self.pen.diary.watches[watch].label.clone();
            (self.world.operations[op].account, label)
        };
        self.identify(run, &label, account, None);
        let at = self.pen.now;
        let operation = &self.world.operations[op];
        let own = &self.world.accounts[account];
        let leaf = Intervention {
            run,
            account: own.id.clone(),
            region: operation.region.to_owned(),
            operation: operation.id.clone(),
            reason: "wrong template".to_owned(),
            ticket: Some("OPS-7".to_owned()),
            user: "ann".to_owned(),
            caller_arn: Some(own.arn.clone()),
            status_before: Some("RUNNING".to_owned()),
            requested_at: UtcMillis(at),
        };
        let intervention = self.pen.add(Leaf::Intervention(leaf), Some(at), None);
        let is_refused = self.dice.one_in(4);
        let call = self.call(
            op,
            &label,
            Action::StopStackGroupOperation,
            Some(intervention),
        );
        let asked = self.asked(run, op, "StopStackGroupOperation");
        let (came, outcome) = if is_refused {
            (answer(403, answers::refusal("Forbidden.RAM")), "denied")
        } else {
            (answer(200, serde_json::json!({})), "ok")
        };
        self.pen.ask(&asked, call, (1, 200), came, outcome);
        if !is_refused {
            let instant = (self.pen.now - self.error_ms).min(slot);
            self.world.operations[op].stop(instant);
        }
        self.pen.diary.interventions.push(Told {
            leaf: intervention,
            op,
            requested_at: at,
            user: "ann",
            reason: "wrong template",
            outcome,
            status_before: "RUNNING",
        });
        self.get(run, index, "ok");
        self.end_run(How::Done, 0);
    }
}
