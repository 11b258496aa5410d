//! One look at one operation or task: itself, and the list that belongs to it.

use std::sync::Arc;

use super::ask::{Caller, How};
use super::due::Watched;
use super::jobs::Run;
use super::pages::{self, List};
use super::patience::RepeatUntil;
use super::round::CollectorError;
use crate::evidence::leaf::{self, Parameters};
use crate::model::{Action, OperationKey, Outcome, Service};
use crate::services::{Request, alidns, bpstudio, ros};
use crate::store::{operations, page_listings};

/// Looks at one watch.
pub(super) async fn look(
    caller: &Arc<Caller>,
    run: &Run,
    watched: &Watched,
) -> Result<(), CollectorError> {
    let Some(request) = request(watched) else {
        return Ok(());
    };
    let how = How {
        account_id: Some(&run.account_id),
        repeat_until: RepeatUntil::Instant(run.deadline),
        begin_until: Some(run.deadline),
        ..How::default()
    };
    let answer = caller.ask(&request, &how).await?;
    if answer.is_none_or(|answer| answer.outcome != Outcome::Ok) {
        return Ok(());
    }
    match watched.service {
        Service::Ros => pages::read(caller, results(caller, run, watched))
            .await
            .map(drop),
        Service::Alidns => read_details(caller, run, watched).await,
        Service::Bpstudio | Service::Sts => Ok(()),
    }
}

/// The call that reads what the watch is about.
fn request(watched: &Watched) -> Option<Request> {
    let target = &watched.row.target;
    let declared = &watched.declared;
    match watched.service {
        Service::Ros => Some(ros::get_operation(&target.region_id, &target.operation_id)),
        Service::Bpstudio => Some(bpstudio::get_result(
            &target.operation_id,
            declared.resource_group.as_deref(),
        )),
        Service::Alidns => Some(alidns::batch_count(
            Some(&target.operation_id),
            declared.batch_type.as_deref(),
            lang(watched),
        )),
        Service::Sts => None,
    }
}

/// The language of reasons: one watch has one.
pub(super) fn lang(watched: &Watched) -> &str {
    watched
        .declared
        .lang
        .as_deref()
        .unwrap_or(alidns::DEFAULT_LANG)
}

/// The results of a stack-group operation.
fn results(caller: &Caller, run: &Run, watched: &Watched) -> List {
    let target = &watched.row.target;
    let (region, operation) = (target.region_id.clone(), target.operation_id.clone());
    List {
        leaf: leaf::Listing {
            run: caller.run_id(),
            account: run.account_id.to_string(),
            action: Action::ListStackGroupOperationResults,
            region: region.clone(),
            operation: operation.clone(),
            parameters: Parameters::default(),
            page_size: ros::PAGE_SIZE_MAX,
            watch: Some(watched.row.watch_id),
        },
        request: Box::new(move |page| {
            ros::list_results(&region, &operation, page, ros::PAGE_SIZE_MAX)
        }),
        deadline: run.deadline,
        wants_pages: false,
    }
}

/// Reads the rows of a batch that has ended, unless they were read whole before: they do not change any more.
async fn read_details(
    caller: &Arc<Caller>,
    run: &Run,
    watched: &Watched,
) -> Result<(), CollectorError> {
    let target = &watched.row.target;
    let key = OperationKey {
        service: Service::Alidns,
        account_id: run.account_id.to_string(),
        region_id: String::new(),
        operation_id: target.operation_id.clone(),
    };
    let is_wanted = caller
        .recorder()
        .read(move |db| {
            let Some(op) = operations::find(db, &key)? else {
                return Ok(false);
            };
            let newest = operations::newest(db, op)?;
            let has_ended = newest.is_some_and(|newest| newest.phase.is_final());
            Ok(has_ended && !page_listings::details_complete(db, op)?)
        })
        .await?;
    if !is_wanted {
        return Ok(());
    }
    let (task, batch_type) = (
        target.operation_id.clone(),
        watched.declared.batch_type.clone(),
    );
    let lang = lang(watched).to_owned();
    let named = [
        ("Lang", Some(lang.clone())),
        ("BatchType", batch_type.clone()),
    ];
    let named = named
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let list = List {
        leaf: leaf::Listing {
            run: caller.run_id(),
            account: run.account_id.to_string(),
            action: Action::DescribeBatchResultDetail,
            region: String::new(),
            operation: task.clone(),
            // Two names that differ.
            parameters: Parameters::new(named).unwrap_or_default(),
            page_size: alidns::DETAIL_PAGE_SIZE,
            watch: Some(watched.row.watch_id),
        },
        request: Box::new(move |page| {
            alidns::batch_detail(
                &task,
                batch_type.as_deref(),
                &lang,
                page,
                alidns::DETAIL_PAGE_SIZE,
            )
        }),
        deadline: run.deadline,
        wants_pages: false,
    };
    pages::read(caller, list).await.map(drop)
}
