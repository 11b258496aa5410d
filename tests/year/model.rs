//! What the views must hold, from the truth and from what reached the cloud: plain Rust over the words of the
//! promise, with none of the program's code. Time stands still during a run, so a run is one instant.

use super::sight::{Look, Sight};
pub use super::thing::{Kind, Row, Truth};
use super::thing::{State, Thing};

/// Looks at an ended operation that never came whole before it is asked daily.
const FINAL_LOOKS: u32 = 5;

/// Runs in a row in which an id must be unknown.
const NOT_FOUND_RUNS: u32 = 3;

/// A request that reached the cloud, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub action: String,
    /// The operation, task or group that it names; empty for none.
    pub key: String,
    pub page: u32,
}

/// A failure that waits for its calls.
#[derive(Debug, Clone)]
pub struct Strike {
    pub action: &'static str,
    /// Empty: any.
    pub key: String,
    pub page: Option<u32>,
    pub times: u32,
    /// What the recorder must call it; `None`: the answer is only late.
    pub cause: Option<&'static str>,
}

/// A row of `coverage_gaps`: scope, subject, cause, from, until (ms).
pub type Gap = (&'static str, String, &'static str, i64, Option<i64>);

/// A stack group that discovery wants.
#[derive(Debug)]
pub struct Group {
    pub name: String,
    pub deleted_at: Option<i64>,
    /// Whether it was there in a list of groups, and then as deleted.
    known: Option<bool>,
    listed_since_deleted: bool,
}

#[derive(Debug, Clone, Copy)]
enum Subject {
    Thing(usize),
    Groups,
    LastTask,
}

/// What a run says of a subject, once it has ended.
#[derive(Debug)]
struct Verdict {
    subject: Subject,
    look: Look,
    /// Whether its last read was answered, and with `Some(true)` whether everything of it was final.
    answered: Option<bool>,
    is_unknown: bool,
}

impl Verdict {
    fn of(subject: Subject, look: Look) -> Self {
        Self {
            subject,
            look,
            answered: None,
            is_unknown: false,
        }
    }
}

/// The whole of it.
#[derive(Debug)]
pub struct Model {
    pub things: Vec<Thing>,
    pub groups: Vec<Group>,
    strikes: Vec<Strike>,
    discovery: Sight,
    last_task: Sight,
    recorder: Vec<Gap>,
    disk_since: Option<i64>,
    last_run: Option<i64>,
    /// A run that died and was not found dead yet.
    dead: Option<(i64, Vec<Verdict>)>,
    every_ms: i64,
    pub looks: u64,
}

/// How a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct How {
    pub died: bool,
    /// Why nothing was answered at all.
    pub refused: Option<&'static str>,
}

impl Model {
    /// Two watches that find others were added at `now`.
    pub fn new(now: i64, every_ms: i64) -> Self {
        let sight = || Sight {
            since: now,
            ..Sight::default()
        };
        Self {
            things: Vec::new(),
            groups: Vec::new(),
            strikes: Vec::new(),
            discovery: sight(),
            last_task: sight(),
            recorder: Vec::new(),
            disk_since: None,
            last_run: None,
            dead: None,
            every_ms,
            looks: 0,
        }
    }

    /// A thing comes to be.
    pub fn add(&mut self, truth: Truth) -> usize {
        self.things.push(Thing::new(truth));
        self.things.len() - 1
    }

    pub fn add_group(&mut self, name: String) {
        self.groups.push(Group {
            name,
            deleted_at: None,
            known: None,
            listed_since_deleted: false,
        });
    }

    pub fn watch(&mut self, thing: usize, now: i64) {
        let thing = &mut self.things[thing];
        thing.is_watched = true;
        thing.sight.since = now;
    }

    pub fn remove(&mut self, thing: usize, now: i64) {
        let is_judged = self.dead.is_none();
        let thing = &mut self.things[thing];
        thing.removed = Some(now);
        if is_judged {
            thing.sight.close(now);
        }
    }

    pub fn strike(&mut self, strike: Strike) {
        self.strikes.push(strike);
    }

    /// Whether a failure waits for calls of an action.
    pub fn awaits(&self, action: &str) -> bool {
        self.strikes.iter().any(|strike| strike.action == action)
    }

    /// There was no room on the disk.
    pub fn skip_for_disk(&mut self, now: i64) {
        self.disk_since = self.disk_since.or(Some(self.last_run.unwrap_or(now)));
    }

    /// The things that a run at `now` sets out to ask.
    pub fn due(&self, now: i64) -> Vec<usize> {
        (0..self.things.len())
            .filter(|thing| self.things[*thing].is_due(now))
            .collect()
    }

    /// Takes a run up: what reached the cloud, in order.
    pub fn run(&mut self, now: i64, asked: &[Asked], how: How) {
        let mut planned = self.due(now);
        self.begin(now);
        let answers: Vec<(&Asked, Option<&'static str>)> = asked
            .iter()
            .map(|asked| (asked, how.refused.or_else(|| self.fate(asked))))
            .collect();
        let refused = answers
            .iter()
            .rfind(|(asked, _)| asked.action == "GetCallerIdentity")
            .and_then(|(_, cause)| *cause);
        let missing = if how.died { "aborted" } else { "deferred" };
        let mut verdicts = Vec::new();
        let groups = self.list_groups(&answers, refused, missing, &mut planned, now);
        let died = (how.died && groups == Look::Good).then_some(Look::Bad("aborted"));
        verdicts.push(Verdict::of(Subject::Groups, died.unwrap_or(groups)));
        let (look, also_seen) = self.last_task(&answers, refused, missing, &mut planned, now);
        verdicts.push(Verdict::of(Subject::LastTask, look));
        for thing in planned {
            let verdict = match refused {
                Some(cause) => Verdict::of(Subject::Thing(thing), Look::Bad(cause)),
                None => self.look(thing, &answers, missing, now),
            };
            let look = match verdict.look {
                Look::Bad(_) if also_seen == Some(thing) => Look::Good,
                look => look,
            };
            verdicts.push(Verdict { look, ..verdict });
        }
        self.looks += verdicts.len() as u64;
        if how.died {
            self.dead = Some((now, verdicts));
        } else {
            self.judge(now, verdicts);
        }
    }

    /// What the recorder itself missed, and what a dead run before was.
    fn begin(&mut self, now: i64) {
        if let Some(from) = self.disk_since.take() {
            self.recorder
                .push(("recorder", String::new(), "disk", from, Some(now)));
        }
        if let Some(last) = self.last_run.replace(now)
            && (now - last) * 2 > self.every_ms * 3
        {
            self.recorder
                .push(("recorder", String::new(), "not_run", last, Some(now)));
        }
        if let Some((at, verdicts)) = self.dead.take() {
            self.judge(at, verdicts);
        }
    }

    /// What becomes of a request.
    fn fate(&mut self, asked: &Asked) -> Option<&'static str> {
        let strike = self.strikes.iter_mut().find(|strike| {
            strike.action == asked.action
                && (strike.key.is_empty() || strike.key == asked.key)
                && strike.page.is_none_or(|page| page == asked.page)
        })?;
        strike.times -= 1;
        let cause = strike.cause;
        self.strikes.retain(|strike| strike.times > 0);
        cause
    }

    fn list_groups(
        &mut self,
        answers: &[(&Asked, Option<&'static str>)],
        refused: Option<&'static str>,
        missing: &'static str,
        planned: &mut Vec<usize>,
        now: i64,
    ) -> Look {
        if let Some(cause) = refused {
            return Look::Bad(cause);
        }
        let mut look = match last(answers, "ListStackGroups", "") {
            None => return Look::Bad(missing),
            // The groups that are known are listed all the same.
            Some(Some(cause)) => Look::Bad(cause),
            Some(None) => {
                for group in &mut self.groups {
                    group.known = Some(group.deleted_at.is_some_and(|at| at <= now));
                }
                Look::Good
            }
        };
        // By name, as they are planned: the first part that was missed is the reason.
        for group in &mut self.groups {
            let Some(is_deleted) = group.known else {
                continue;
            };
            if is_deleted && group.listed_since_deleted {
                continue;
            }
            let missed = match last(answers, "ListStackGroupOperations", &group.name) {
                None => Some(missing),
                Some(Some(cause)) => Some(cause),
                Some(None) => {
                    group.listed_since_deleted = is_deleted;
                    for (number, thing) in self.things.iter_mut().enumerate() {
                        let is_listed = thing.truth.group.as_ref() == Some(&group.name)
                            && thing.index_at(now).is_some();
                        if is_listed && !thing.is_watched {
                            thing.is_watched = true;
                            thing.sight.since = now;
                            planned.push(number);
                        }
                    }
                    None
                }
            };
            if let (Look::Good, Some(cause)) = (look, missed) {
                look = Look::Bad(cause);
            }
        }
        look
    }

    /// The look at the account's last DNS task, and the task that it showed.
    fn last_task(
        &mut self,
        answers: &[(&Asked, Option<&'static str>)],
        refused: Option<&'static str>,
        missing: &'static str,
        planned: &mut Vec<usize>,
        now: i64,
    ) -> (Look, Option<usize>) {
        if let Some(cause) = refused {
            return (Look::Bad(cause), None);
        }
        match last(answers, Kind::Dns.action(), "") {
            None => return (Look::Bad(missing), None),
            Some(Some(cause)) => return (Look::Bad(cause), None),
            Some(None) => {}
        }
        let newest = (0..self.things.len())
            .filter(|number| self.things[*number].truth.kind == Kind::Dns)
            .filter(|number| self.things[*number].index_at(now).is_some())
            .max_by_key(|number| self.things[*number].truth.states[0].0);
        if let Some(number) = newest {
            let thing = &mut self.things[number];
            if let Some(index) = thing.index_at(now) {
                thing.observe(index);
            }
            if !thing.is_watched {
                thing.is_watched = true;
                thing.sight.since = now;
                planned.push(number);
            }
        }
        (Look::Good, newest)
    }

    fn look(
        &mut self,
        number: usize,
        answers: &[(&Asked, Option<&'static str>)],
        missing: &'static str,
        now: i64,
    ) -> Verdict {
        let thing = &mut self.things[number];
        let (action, id) = (thing.truth.kind.action(), thing.truth.id.clone());
        let subject = Subject::Thing(number);
        let Some(answer) = last(answers, action, &id) else {
            return Verdict::of(subject, Look::Bad(missing));
        };
        thing.last_asked = now;
        if let Some(cause) = answer {
            thing.not_found_runs = 0;
            return Verdict::of(subject, Look::Bad(cause));
        }
        let Some(index) = thing.index_at(now) else {
            let look = match thing.truth.kind {
                Kind::Cadt if !thing.has_ended() => Look::Bad("expired_unseen"),
                _ => Look::Fact,
            };
            thing.not_found_runs += 1;
            return Verdict {
                is_unknown: true,
                ..Verdict::of(subject, look)
            };
        };
        thing.observe(index);
        let (look, is_whole) = match thing.truth.kind {
            Kind::Cadt => (Look::Good, true),
            Kind::Dns => {
                let details = last(answers, "DescribeBatchResultDetail", &id);
                thing.details_complete |= details == Some(None);
                (Look::Good, thing.details_complete)
            }
            Kind::Ros => read_all(thing, answers, missing, now),
        };
        Verdict {
            answered: Some(is_whole),
            ..Verdict::of(subject, look)
        }
    }

    fn judge(&mut self, now: i64, verdicts: Vec<Verdict>) {
        for verdict in verdicts {
            let number = match verdict.subject {
                Subject::Groups => {
                    self.discovery.take(verdict.look, now);
                    continue;
                }
                Subject::LastTask => {
                    self.last_task.take(verdict.look, now);
                    continue;
                }
                Subject::Thing(number) => number,
            };
            let thing = &mut self.things[number];
            let has_ended = thing.has_ended();
            thing.state = match verdict.answered {
                Some(true) if has_ended => State::Settled,
                Some(false) if has_ended && thing.final_looks >= FINAL_LOOKS => State::Unsettled,
                Some(_) => State::Active,
                None if verdict.is_unknown => match thing.truth.kind {
                    Kind::Cadt if has_ended => State::Settled,
                    Kind::Cadt => State::Expired,
                    _ if thing.not_found_runs >= NOT_FOUND_RUNS => State::NotFound,
                    _ => thing.state,
                },
                None => thing.state,
            };
            thing.sight.take(verdict.look, now);
            if let Some(removed) = thing.removed {
                thing.sight.close(removed);
            }
        }
    }

    /// Every row of `coverage_gaps`, in order.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = self.recorder.clone();
        gaps.extend(
            self.disk_since
                .map(|from| ("recorder", String::new(), "disk", from, None)),
        );
        gaps.extend(self.discovery.rows("ros-stack-groups"));
        gaps.extend(self.last_task.rows("alidns"));
        for thing in &self.things {
            gaps.extend(thing.sight.rows(&thing.truth.id));
        }
        gaps.sort();
        gaps
    }
}

/// What came of the last request for that; `None`: it was not asked for.
fn last(
    answers: &[(&Asked, Option<&'static str>)],
    action: &str,
    key: &str,
) -> Option<Option<&'static str>> {
    let found = answers
        .iter()
        .rfind(|(asked, _)| asked.action == action && asked.key == key);
    found.map(|(_, cause)| *cause)
}

/// The readings of the results in a run.
fn read_all(
    thing: &mut Thing,
    answers: &[(&Asked, Option<&'static str>)],
    missing: &'static str,
    now: i64,
) -> (Look, bool) {
    let mut readings: Vec<Vec<(u32, Option<&'static str>)>> = Vec::new();
    for (asked, cause) in answers.iter().filter(|(asked, _)| {
        asked.action == "ListStackGroupOperationResults" && asked.key == thing.truth.id
    }) {
        if asked.page == 1 {
            readings.push(Vec::new());
        }
        if let Some(reading) = readings.last_mut() {
            reading.push((asked.page, *cause));
        }
    }
    let (mut is_complete, mut is_final) = (false, false);
    for reading in &readings {
        let pages: Vec<(u32, bool)> = reading
            .iter()
            .map(|(p, cause)| (*p, cause.is_none()))
            .collect();
        let (complete, all_final) = thing.read(&pages, now);
        is_complete |= complete;
        is_final |= complete && all_final;
    }
    let failed = readings
        .last()
        .and_then(|reading| reading.iter().rev().find_map(|(_, cause)| *cause));
    let look = match (is_complete, missing, failed) {
        (true, ..) => Look::Good,
        (false, "aborted", _) => Look::Bad("aborted"),
        (false, _, Some(cause)) => Look::Bad(cause),
        // Its turn was over before the first page.
        (false, _, None) if readings.is_empty() => Look::Bad(missing),
        (false, _, None) => Look::Bad("incomplete_listing"),
    };
    (look, is_final)
}
