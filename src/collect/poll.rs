//! One look at one watch: the operation itself, and where it has results their list.

use std::sync::Arc;
use std::time::Instant;

use super::ask::{Caller, How};
use super::due::Watched;
use super::listing::{self, Listed};
use super::round::CollectorError;
use crate::model::{Outcome, Service};
use crate::services::{Request, alidns, bpstudio, ros};

/// What is common to all looks of a run.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) run_id: i64,
    pub(super) account_id: String,
    /// No watch is begun after it.
    pub(super) deadline: Instant,
}

/// Looks at one watch.
pub(super) async fn look(
    caller: Arc<Caller>,
    run: Run,
    watched: Watched,
) -> Result<(), CollectorError> {
    let Some(request) = request(&watched) else {
        return Ok(());
    };
    let how = How {
        run_id: run.run_id,
        account_id: Some(&run.account_id),
        page: None,
        intervention: None,
        repeat_until: run.deadline,
        begin_until: Some(run.deadline),
    };
    let answer = caller.ask(&request, &how).await?;
    let is_ok = answer.is_some_and(|answer| answer.outcome == Outcome::Ok);
    if !is_ok || watched.service != Service::Ros {
        return Ok(());
    }
    let listed = Listed {
        run_id: run.run_id,
        watch_id: watched.row.watch_id,
        account_id: run.account_id,
        region_id: watched.row.target.region_id,
        operation_id: watched.row.target.operation_id,
        deadline: run.deadline,
    };
    listing::read(&caller, &listed).await
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
            declared.lang.as_deref().unwrap_or(alidns::DEFAULT_LANG),
        )),
        Service::Sts => None,
    }
}
