//! What the configuration says that is to be recorded: its accounts, its schedule, and the watches that it
//! declares.

use std::collections::BTreeSet;

use crate::cli::os_user::os_user;
use crate::collect::{CONFIGURATION, declare};
use crate::config::{Account, Config, DeclaredWatch};
use crate::evidence::leaf::{Watch, WatchChange, WatchKind};
use crate::model::{Clock as _, Service, SystemClock, UtcMillis, millis};
use crate::record::{Found, NamedAccount, Recorder, Settings};
use crate::services::alidns::DEFAULT_LANG;
use crate::store::StoreError;
use crate::store::watches::WatchTarget;

/// Keeps what the configuration says, where that is new. The caller holds the lock.
pub(super) async fn keep(config: &Config, recorder: &Recorder) -> Result<(), StoreError> {
    let is_said = config.file.is_some();
    let is_known = recorder
        .read(|db| Ok(crate::store::configs::in_effect(db)?.is_some()))
        .await?;
    // Without a file, now or before, there is nothing to say.
    if is_said || is_known {
        recorder
            .keep_config(settings(config), names(config))
            .await?;
    }
    Ok(())
}

/// Makes the declared watches those that are recorded. The caller holds the lock.
pub(super) fn apply(config: &Config, recorder: &Recorder) -> Result<(), StoreError> {
    let at = SystemClock.now();
    let done = declare(recorder, found(config, at), &os_user(), at)?;
    if done.added + done.removed > 0 {
        tracing::info!(
            added = done.added,
            removed = done.removed,
            "watches of the configuration"
        );
    }
    Ok(())
}

fn settings(config: &Config) -> Settings {
    Settings {
        at: SystemClock.now(),
        every_ms: config.every.map(millis),
        alidns_offset_minutes: config.cloud_time.alidns,
    }
}

fn names(config: &Config) -> Vec<NamedAccount> {
    let name = |account: &Account| NamedAccount {
        label: account.label.clone(),
        name: account.name.clone(),
        account_id: account.account_id.clone(),
        owner: account.owner.clone(),
        environment: account.environment.clone(),
    };
    config.configured.iter().map(name).collect()
}

/// The declared watches of all accounts, also of those that this run does not ask.
pub(super) fn found(config: &Config, at: UtcMillis) -> Vec<Found> {
    let user = os_user();
    let mut all = Vec::new();
    for account in &config.configured {
        for declared in &account.watches {
            all.extend(of_watch(&account.label, declared, &user, at));
        }
    }
    all
}

/// One declaration may name several operations.
fn of_watch(label: &str, declared: &DeclaredWatch, user: &str, at: UtcMillis) -> Vec<Found> {
    let new = |service| Declaration {
        service,
        label: label.to_owned(),
        ..Declaration::default()
    };
    let declarations: Vec<Declaration> = match declared {
        DeclaredWatch::RosStackGroups {
            region,
            names,
            since,
        } => vec![Declaration {
            region: region.clone(),
            kind: Some(WatchKind::RosStackGroups),
            // As `watch add` has them: the same patterns are the same watch.
            names: names
                .iter()
                .cloned()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            since: *since,
            ..new(Some(Service::Ros))
        }],
        DeclaredWatch::Ros { region, ids } => {
            let of = |id: &String| Declaration {
                region: region.clone(),
                operation: id.clone(),
                ..new(Some(Service::Ros))
            };
            ids.iter().map(of).collect()
        }
        DeclaredWatch::Bpstudio {
            ids,
            resource_group_id,
        } => {
            let of = |id: &String| Declaration {
                operation: id.clone(),
                resource_group: resource_group_id.clone(),
                ..new(Some(Service::Bpstudio))
            };
            ids.iter().map(of).collect()
        }
        DeclaredWatch::Alidns {
            task_ids,
            batch_type,
            lang,
        } => {
            let of = |id: String| Declaration {
                operation: id,
                batch_type: batch_type.clone(),
                lang: Some(lang.clone().unwrap_or_else(|| DEFAULT_LANG.to_owned())),
                ..new(Some(Service::Alidns))
            };
            match task_ids.as_slice() {
                [] => vec![of(String::new())],
                ids => ids.iter().cloned().map(of).collect(),
            }
        }
    };
    declarations
        .into_iter()
        .map(|declaration| declaration.found(user, at))
        .collect()
}

/// A watch to be: what is empty or `None` is not said.
#[derive(Default)]
struct Declaration {
    service: Option<Service>,
    label: String,
    region: String,
    operation: String,
    kind: Option<WatchKind>,
    names: Vec<String>,
    since: Option<UtcMillis>,
    batch_type: Option<String>,
    lang: Option<String>,
    resource_group: Option<String>,
}

impl Declaration {
    fn found(self, user: &str, at: UtcMillis) -> Found {
        let is_moving = self.operation.is_empty();
        let target = WatchTarget {
            service: self.service.map_or("", Service::as_str).to_owned(),
            label: self.label.clone(),
            region_id: self.region.clone(),
            operation_id: self.operation.clone(),
            kind: self.kind.map(|kind| kind.as_str().to_owned()),
            batch_type: self.batch_type.clone().filter(|_| is_moving),
            names: self.names.clone(),
            since: self.since,
        };
        let watch = Watch {
            service: self.service,
            label: Some(self.label),
            region: Some(self.region).filter(|region| !region.is_empty()),
            operation: Some(self.operation).filter(|id| !id.is_empty()),
            kind: self.kind,
            names: self.names,
            since: self.since,
            batch_type: self.batch_type,
            lang: self.lang,
            resource_group: self.resource_group,
            origin: Some(CONFIGURATION.to_owned()),
            ..Watch::new(0, WatchChange::Add, user, at)
        };
        Found { watch, target }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_patterns_are_the_same_watch_as_one_that_was_typed() {
        let of = |names: &[&str]| {
            let declared = DeclaredWatch::RosStackGroups {
                region: "cn-hangzhou".to_owned(),
                names: names.iter().map(|name| (*name).to_owned()).collect(),
                since: None,
            };
            of_watch("default", &declared, "ann", UtcMillis(0)).remove(0)
        };
        let one = of(&["a*", "b*"]);
        assert_eq!(of(&["b*", "a*", "b*"]).target, one.target);
        assert_eq!(of(&["b*", "a*"]).watch.names, one.watch.names);
        // In the order that `watch add` has.
        assert_eq!(one.target.names, ["a*", "b*"]);
    }
}
