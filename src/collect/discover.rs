//! Finding operations that nobody named: stack groups and their operations, and the account's last DNS task.
//!
//! Each step keeps a further plan before it makes the calls that it found necessary, so that the end of the
//! run can tell what was not reached. What is found becomes a watch of its own.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::ask::{Caller, How};
use super::due::Watched;
use super::glob::Globs;
use super::jobs::{Job, Run};
use super::pages::{self, List};
use super::patience::RepeatUntil;
use super::poll;
use super::round::CollectorError;
use crate::evidence::leaf::{self, Parameters, Watch, WatchChange};
use crate::model::{Action, BatchCount, Service, UtcMillis, parse_cloud_time};
use crate::record::PlanEntry;
use crate::services::alidns::BatchAnswer;
use crate::services::{Content, alidns, ros};
use crate::store::{page_listings, stack_groups};

/// Status of a stack group that is no more.
const DELETED: &str = "DELETED";

/// Asks which regions there are, and plans to list the stack groups of each.
pub(super) async fn regions(
    caller: &Arc<Caller>,
    run: &Run,
    watched: &Arc<Watched>,
) -> Result<VecDeque<Job>, CollectorError> {
    let how = How {
        account_id: Some(&run.account_id),
        watch: Some(watched.row.watch_id),
        repeat_until: RepeatUntil::Instant(run.deadline),
        begin_until: Some(run.deadline),
        ..How::default()
    };
    let answer = caller.ask(&ros::describe_regions(), &how).await?;
    let Some(Content::Regions(reading)) = answer.map(|answer| answer.content) else {
        return Ok(VecDeque::new());
    };
    let regions = reading.value.into_iter();
    let mut ids: Vec<String> = regions.map(|region| region.region_id).collect();
    let account = run.account_id.to_string();
    let last_listed = caller
        .recorder()
        .read(move |db| page_listings::last_listed(db, &account, Action::ListStackGroups))
        .await?;
    // Those that were listed longest ago come first: what a deadline left over is not left over again.
    ids.sort_by_key(|id| last_listed.get(id).copied());
    let entries = ids.iter().map(|id| entry(watched, id, None)).collect();
    caller
        .recorder()
        .keep_plan(caller.run_id(), entries)
        .await?;
    let jobs = ids.into_iter().map(|region_id| Job::Groups {
        watched: Arc::clone(watched),
        region_id,
    });
    Ok(jobs.collect())
}

/// Lists the stack groups of a region, and plans to list the operations of those that are wanted.
pub(super) async fn groups(
    caller: &Arc<Caller>,
    run: &Run,
    watched: &Arc<Watched>,
    region_id: &str,
) -> Result<VecDeque<Job>, CollectorError> {
    let region = region_id.to_owned();
    let list = List {
        leaf: listing(caller, run, watched, Action::ListStackGroups, region_id),
        request: Box::new(move |page| ros::list_groups(&region, page, ros::PAGE_SIZE_MAX)),
        deadline: run.deadline,
        wants_pages: true,
    };
    let shown = names_shown(pages::read(caller, list).await?);
    let (account, region) = (run.account_id.to_string(), region_id.to_owned());
    let names = caller
        .recorder()
        .read(move |db| stack_groups::names_to_list(db, &account, &region))
        .await?;
    let wanted = Globs::new(&watched.declared.names);
    // A list that is not whole yet is derived when its run ends; what it shows can be asked now.
    let new: Vec<String> = shown
        .into_iter()
        .filter(|name| !names.contains(name))
        .collect();
    let names: Vec<String> = new
        .into_iter()
        .chain(names)
        .filter(|name| wanted.match_any(name))
        .collect();
    let entries = names
        .iter()
        .map(|name| entry(watched, region_id, Some(name)))
        .collect();
    caller
        .recorder()
        .keep_plan(caller.run_id(), entries)
        .await?;
    let jobs = names.into_iter().map(|group| Job::GroupOperations {
        watched: Arc::clone(watched),
        region_id: region_id.to_owned(),
        group,
    });
    Ok(jobs.collect())
}

/// Names of the groups on these pages that are not deleted.
fn names_shown(pages: Vec<Content>) -> BTreeSet<String> {
    let groups = pages.into_iter().filter_map(|page| match page {
        Content::StackGroupsPage(reading) => Some(reading.value.rows),
        _ => None,
    });
    groups
        .flatten()
        .filter(|group| group.status.as_deref() != Some(DELETED))
        .filter_map(|group| group.stack_group_name)
        .filter(|name| !name.is_empty())
        .collect()
}

/// Lists the operations of the stack groups of one name, and watches those that are new.
pub(super) async fn operations(
    caller: &Arc<Caller>,
    run: &Run,
    watched: &Arc<Watched>,
    region_id: &str,
    group: &str,
) -> Result<VecDeque<Job>, CollectorError> {
    let (region, name) = (region_id.to_owned(), group.to_owned());
    let named = [("StackGroupName".to_owned(), name.clone())];
    let list = List {
        leaf: leaf::Listing {
            // One name cannot come twice.
            parameters: Parameters::new(named).unwrap_or_default(),
            ..listing(
                caller,
                run,
                watched,
                Action::ListStackGroupOperations,
                region_id,
            )
        },
        request: Box::new(move |page| {
            ros::list_group_operations(&region, &name, page, ros::PAGE_SIZE_MAX)
        }),
        deadline: run.deadline,
        wants_pages: true,
    };
    let since = watched.declared.since;
    let ids = pages::read(caller, list)
        .await?
        .into_iter()
        .filter_map(|page| match page {
            Content::GroupOperationsPage(reading) => Some(reading.value.rows),
            _ => None,
        })
        .flatten()
        .filter(|row| was_created_since(row.create_time.as_deref(), since))
        .map(|row| row.operation_id);
    let found = ids
        .map(|id| child(caller, watched, region_id, id))
        .collect();
    watch_found(caller, watched.service, found).await
}

/// Asks for the account's last DNS batch task, and watches it by its id.
pub(super) async fn last_task(
    caller: &Arc<Caller>,
    run: &Run,
    watched: &Arc<Watched>,
) -> Result<VecDeque<Job>, CollectorError> {
    let batch_type = watched.row.target.batch_type.as_deref();
    let request = alidns::batch_count(None, batch_type, poll::lang(watched));
    let how = How {
        account_id: Some(&run.account_id),
        watch: Some(watched.row.watch_id),
        repeat_until: RepeatUntil::Instant(run.deadline),
        begin_until: Some(run.deadline),
        ..How::default()
    };
    let answer = caller.ask(&request, &how).await?;
    let Some(Content::Batch(reading)) = answer.map(|answer| answer.content) else {
        return Ok(VecDeque::new());
    };
    let BatchAnswer::Count(BatchCount {
        task_id: Some(task_id),
        ..
    }) = reading.value
    else {
        return Ok(VecDeque::new());
    };
    let found = child(caller, watched, "", task_id.to_string());
    watch_found(caller, watched.service, vec![found]).await
}

/// Whether an operation is young enough to be watched. One whose time cannot be read is: what is recorded
/// too much is not lost.
fn was_created_since(create_time: Option<&str>, since: Option<UtcMillis>) -> bool {
    let created_at = create_time.and_then(|text| parse_cloud_time(text, 0));
    match (created_at, since) {
        (Some(created_at), Some(since)) => created_at >= since,
        _ => true,
    }
}

/// The watch of what a watch has found.
fn child(caller: &Caller, parent: &Watched, region_id: &str, operation_id: String) -> Watch {
    Watch {
        service: Some(parent.service),
        label: Some(parent.row.target.label.clone()),
        region: Some(region_id.to_owned()).filter(|region| !region.is_empty()),
        operation: Some(operation_id),
        parent: Some(parent.row.watch_id),
        lang: parent.declared.lang.clone(),
        origin: Some(format!("watch {}", parent.row.watch_id)),
        ..Watch::new(
            0,
            WatchChange::Add,
            caller.shared.user.clone(),
            caller.shared.clock.now(),
        )
    }
}

/// Adds what was found and is new, and plans a look at each in this same run.
async fn watch_found(
    caller: &Caller,
    service: Service,
    found: Vec<Watch>,
) -> Result<VecDeque<Job>, CollectorError> {
    if found.is_empty() {
        return Ok(VecDeque::new());
    }
    let numbers = caller.recorder().discover(found.clone()).await?;
    let new = numbers
        .into_iter()
        .zip(found)
        .filter_map(|(number, found)| {
            let watch_id = number?;
            Some(Watched::new(watch_id, found, service))
        });
    let new: Vec<Watched> = new.collect();
    let entries = new.iter().map(Watched::plan_entry).collect();
    caller
        .recorder()
        .keep_plan(caller.run_id(), entries)
        .await?;
    Ok(new.into_iter().map(Job::of).collect())
}

/// What evidence says once for all pages of a list that a discovery reads.
fn listing(
    caller: &Caller,
    run: &Run,
    watched: &Watched,
    action: Action,
    region_id: &str,
) -> leaf::Listing {
    leaf::Listing {
        run: caller.run_id(),
        account: run.account_id.to_string(),
        action,
        region: region_id.to_owned(),
        operation: String::new(),
        parameters: Parameters::default(),
        page_size: ros::PAGE_SIZE_MAX,
        watch: Some(watched.row.watch_id),
    }
}

/// A planned part of a discovery.
fn entry(watched: &Watched, region_id: &str, group: Option<&String>) -> PlanEntry {
    PlanEntry {
        region: region_id.to_owned(),
        group: group.cloned(),
        ..watched.plan_entry()
    }
}
