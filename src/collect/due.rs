//! What a run asks, and in which order.

use crate::evidence::leaf::{Leaf, Watch};
use crate::model::{DAY_MS, Service, UtcMillis, WatchState};
use crate::record::{PlanEntry, leaf_at, target_of};
use crate::store::watches::{self, WatchRow};
use crate::store::{Connection, StoreError};

/// How often an operation is asked whose results never came whole: its end is known, and a list that was
/// torn five times will hardly be whole a minute later.
pub const UNSETTLED_INTERVAL_MS: i64 = DAY_MS;

/// A watch with all that is needed to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Its row.
    pub row: WatchRow,
    /// What was declared when it was added.
    pub declared: Watch,
    /// The service.
    pub service: Service,
    /// When it was asked last.
    pub last_asked_at: Option<UtcMillis>,
}

impl Watched {
    /// A watch that was found and added just now.
    pub(super) fn new(watch_id: i64, declared: Watch, service: Service) -> Self {
        Self {
            row: WatchRow {
                watch_id,
                target: target_of(&declared),
                add_sequence: 0,
                op: None,
                state: None,
                last_sequence: None,
                parent: declared.parent,
            },
            declared,
            service,
            last_asked_at: None,
        }
    }

    /// What the plan of a run says of it.
    pub(super) fn plan_entry(&self) -> PlanEntry {
        let target = &self.row.target;
        PlanEntry {
            watch: self.row.watch_id,
            service: target.service.clone(),
            label: target.label.clone(),
            region: target.region_id.clone(),
            operation: target.operation_id.clone(),
            group: None,
            batch_type: target.batch_type.clone(),
        }
    }

    /// Whether it is asked in each run: its operation has not ended, or was never seen.
    pub(super) fn is_active(&self) -> bool {
        matches!(self.row.state, None | Some(WatchState::Active))
    }

    /// When its operation began, as was declared, or else when it was added: a CADT operation's id dies an hour later.
    pub(super) fn born_at(&self) -> UtcMillis {
        self.declared
            .declared_started_at
            .unwrap_or(self.declared.at)
    }

    /// Its place in a run: what dies first comes first, then whatever was not asked for longest.
    fn urgency(&self) -> (u8, i64, i64) {
        let watch_id = self.row.watch_id;
        let last_sequence = self.row.last_sequence.unwrap_or(-1);
        if self.service == Service::Bpstudio {
            (0, self.born_at().0, watch_id)
        } else {
            (1, last_sequence, watch_id)
        }
    }
}

/// The watches that are due, in the order in which they are asked. Pure.
pub fn due(
    watched: Vec<Watched>,
    services: &[Service],
    recheck: bool,
    now: UtcMillis,
) -> Vec<Watched> {
    let mut due: Vec<Watched> = watched
        .into_iter()
        .filter(|watch| services.is_empty() || services.contains(&watch.service))
        .filter(|watch| recheck || is_due(watch, now))
        .collect();
    due.sort_by_key(Watched::urgency);
    due
}

fn is_due(watch: &Watched, now: UtcMillis) -> bool {
    match watch.row.state {
        None | Some(WatchState::Active) => true,
        Some(WatchState::Unsettled) => watch.last_asked_at.is_none_or(|last| {
            // Our own clock may have stepped back; then it is asked, too.
            !(0..UNSETTLED_INTERVAL_MS).contains(&now.0.saturating_sub(last.0))
        }),
        Some(_) => false,
    }
}

/// The watches that may be due, or all that were not given up, with what was declared of them and when they
/// were asked last.
pub(super) fn read_watches(db: &Connection, with_ended: bool) -> Result<Vec<Watched>, StoreError> {
    let rows = if with_ended {
        watches::all(db)?
    } else {
        watches::to_be_asked(db)?
    };
    let mut watched = Vec::with_capacity(rows.len());
    for row in rows {
        let service = row.target.service.parse().map_err(|_| {
            StoreError::Inconsistent(format!("watch {} is about no service", row.watch_id))
        })?;
        let declared = declared(db, &row)?;
        let last_asked_at = match row.last_sequence {
            // Only what is asked daily needs to know.
            Some(sequence) if row.state == Some(WatchState::Unsettled) => {
                requested_at(db, sequence)?
            }
            _ => None,
        };
        watched.push(Watched {
            row,
            declared,
            service,
            last_asked_at,
        });
    }
    Ok(watched)
}

fn declared(db: &Connection, row: &WatchRow) -> Result<Watch, StoreError> {
    match leaf_at(db, row.add_sequence)?.1 {
        Leaf::Watch(watch) => Ok(watch),
        _ => Err(StoreError::Inconsistent(format!(
            "leaf {} is no watch",
            row.add_sequence
        ))),
    }
}

fn requested_at(db: &Connection, sequence: i64) -> Result<Option<UtcMillis>, StoreError> {
    Ok(match leaf_at(db, sequence)?.1 {
        Leaf::Exchange(exchange) => Some(exchange.requested_at),
        Leaf::NoAnswer(no_answer) => Some(no_answer.requested_at),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::leaf::WatchChange;
    use crate::store::watches::WatchTarget;

    fn watched(
        watch_id: i64,
        service: Service,
        state: Option<WatchState>,
        last: Option<i64>,
    ) -> Watched {
        let declared = Watch {
            service: Some(service),
            ..Watch::new(watch_id, WatchChange::Add, "", UtcMillis(1000 - watch_id))
        };
        let target = WatchTarget {
            service: service.as_str().to_owned(),
            label: String::new(),
            region_id: String::new(),
            operation_id: watch_id.to_string(),
            ..WatchTarget::default()
        };
        let row = WatchRow {
            watch_id,
            target,
            add_sequence: 0,
            op: None,
            state,
            last_sequence: last,
            parent: None,
        };
        Watched {
            row,
            declared,
            service,
            last_asked_at: last.map(UtcMillis),
        }
    }

    fn ids(due: &[Watched]) -> Vec<i64> {
        due.iter().map(|watch| watch.row.watch_id).collect()
    }

    #[test]
    fn mortal_ids_come_first_and_then_the_most_overdue() {
        let all = vec![
            watched(1, Service::Ros, None, Some(50)),
            watched(2, Service::Ros, Some(WatchState::Active), None),
            watched(3, Service::Bpstudio, None, Some(90)),
            watched(4, Service::Bpstudio, None, Some(10)),
            watched(5, Service::Alidns, None, Some(20)),
        ];
        assert_eq!(ids(&due(all, &[], false, UtcMillis(0))), [4, 3, 2, 5, 1]);
    }

    #[test]
    fn what_has_ended_is_asked_on_request_only() {
        let states = [
            WatchState::Settled,
            WatchState::NotFound,
            WatchState::Expired,
            WatchState::Unsettled,
        ];
        let all: Vec<_> = (1..)
            .zip(states)
            .map(|(id, state)| watched(id, Service::Ros, Some(state), Some(5)))
            .collect();
        assert_eq!(ids(&due(all.clone(), &[], false, UtcMillis(6))), [0_i64; 0]);
        assert_eq!(
            ids(&due(
                all.clone(),
                &[],
                false,
                UtcMillis(5 + UNSETTLED_INTERVAL_MS)
            )),
            [4]
        );
        assert_eq!(
            ids(&due(all.clone(), &[], true, UtcMillis(6))),
            [1, 2, 3, 4]
        );
        assert_eq!(
            ids(&due(all, &[Service::Alidns], true, UtcMillis(6))),
            [0_i64; 0]
        );
    }
}
