//! What a run asks, and in which order. Pure.

use crate::evidence::leaf::Watch;
use crate::model::{Service, UtcMillis};
use crate::store::watches::WatchRow;

/// How often an operation is asked whose results never came whole: its end is known, and a list that was
/// torn five times will hardly be whole a minute later.
pub const UNSETTLED_INTERVAL_MS: i64 = 24 * 60 * 60 * 1000;

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

/// The watches that are due, in the order in which they are asked: CADT ids first, because they die within
/// the hour, the oldest before the younger; then whatever was not asked for longest.
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
    due.sort_by_key(|watch| match watch.service {
        Service::Bpstudio => {
            let born_at = watch
                .declared
                .declared_started_at
                .unwrap_or(watch.declared.at);
            (0, born_at.0, watch.row.watch_id)
        }
        Service::Ros | Service::Alidns | Service::Sts => {
            (1, watch.row.last_sequence.unwrap_or(-1), watch.row.watch_id)
        }
    });
    due
}

fn is_due(watch: &Watched, now: UtcMillis) -> bool {
    match watch.row.state.as_deref() {
        None | Some("active") => true,
        Some("unsettled") => watch.last_asked_at.is_none_or(|last| {
            // Our own clock may have stepped back; then it is asked, too.
            !(0..UNSETTLED_INTERVAL_MS).contains(&now.0.saturating_sub(last.0))
        }),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::leaf::WatchChange;
    use crate::store::watches::WatchTarget;

    fn watched(watch_id: i64, service: Service, state: Option<&str>, last: Option<i64>) -> Watched {
        let declared = Watch {
            watch: watch_id,
            change: WatchChange::Add,
            service: Some(service),
            label: None,
            region: None,
            operation: None,
            kind: None,
            names: Vec::new(),
            since: None,
            parent: None,
            batch_type: None,
            lang: None,
            resource_group: None,
            declared_started_at: None,
            origin: None,
            reason: None,
            user: String::new(),
            at: UtcMillis(1000 - watch_id),
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
            state: state.map(str::to_owned),
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
            watched(2, Service::Ros, Some("active"), None),
            watched(3, Service::Bpstudio, None, Some(90)),
            watched(4, Service::Bpstudio, None, Some(10)),
            watched(5, Service::Alidns, None, Some(20)),
        ];
        assert_eq!(ids(&due(all, &[], false, UtcMillis(0))), [4, 3, 2, 5, 1]);
    }

    #[test]
    fn what_has_ended_is_asked_on_request_only() {
        let states = ["settled", "not_found", "expired", "unsettled"];
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
