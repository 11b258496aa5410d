//! What the configuration says that is to be recorded: its accounts, its schedule, and the watches that it
//! declares.

use crate::cli::os_user::os_user;
use crate::cli::watch::wanted::{Origin, Wanted};
use crate::collect::declare;
use crate::config::{Account, Config, DeclaredWatch};
use crate::evidence::leaf::Watch;
use crate::model::{Clock as _, Service, SystemClock, UtcMillis, millis};
use crate::record::{NamedAccount, Recorder, Settings};
use crate::store::StoreError;

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
    let done = declare(recorder, watches(config, at), &os_user(), at)?;
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
pub(super) fn watches(config: &Config, at: UtcMillis) -> Vec<Watch> {
    let user = os_user();
    let mut all = Vec::new();
    for account in &config.configured {
        for declared in &account.watches {
            let wanted = wanted(&account.label, declared).into_iter();
            all.extend(wanted.map(|wanted| wanted.watch(Origin::Configuration, &user, at)));
        }
    }
    all
}

/// One declaration may name several operations.
fn wanted(label: &str, declared: &DeclaredWatch) -> Vec<Wanted> {
    let new = |service, region: &str, id: &String| {
        Wanted::new(service, label, region.to_owned(), id.clone())
    };
    match declared {
        DeclaredWatch::RosStackGroups {
            region,
            names,
            since,
        } => vec![Wanted {
            since: *since,
            ..Wanted::stack_groups(label, region.clone(), names)
        }],
        DeclaredWatch::Ros { region, ids } => {
            let of = |id| new(Service::Ros, region, id);
            ids.iter().map(of).collect()
        }
        DeclaredWatch::Bpstudio {
            ids,
            resource_group_id,
        } => {
            let of = |id| Wanted {
                resource_group: resource_group_id.clone(),
                ..new(Service::Bpstudio, "", id)
            };
            ids.iter().map(of).collect()
        }
        DeclaredWatch::Alidns {
            task_ids,
            batch_type,
            lang,
        } => {
            let of = |id| {
                let known = new(Service::Alidns, "", id);
                Wanted {
                    batch_type: batch_type.clone(),
                    lang: lang.clone().or(known.lang),
                    ..known
                }
            };
            match task_ids.as_slice() {
                [] => vec![of(&String::new())],
                ids => ids.iter().map(of).collect(),
            }
        }
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
            wanted("default", &declared).remove(0)
        };
        let one = of(&["a*", "b*"]);
        assert_eq!(of(&["b*", "a*", "b*"]).target(), one.target());
        assert_eq!(of(&["b*", "a*"]).names, one.names);
        // In the order that `watch add` has.
        assert_eq!(one.target().names, ["a*", "b*"]);
    }
}
