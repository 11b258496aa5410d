//! What there is to do for an account in a run: looks at watches, and the steps of discovery, each of which
//! may give more to do.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::ask::Caller;
use super::due::Watched;
use super::round::CollectorError;
use super::{discover, poll};
use crate::model::{ALL_REGIONS, Service};

/// What is common to all looks of an account in a run.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// The account that the credentials belong to.
    pub(super) account_id: Arc<str>,
    /// No job is begun after it.
    pub(super) deadline: Instant,
}

/// One thing to do.
#[derive(Debug, Clone)]
pub(super) enum Job {
    /// A look at an operation or task.
    Operation(Arc<Watched>),
    /// A look at the account's last DNS batch task.
    LastTask(Arc<Watched>),
    /// The regions that a discovery over all of them has to ask.
    Regions(Arc<Watched>),
    /// The stack groups of a region.
    Groups {
        /// The discovery.
        watched: Arc<Watched>,
        /// The region.
        region_id: String,
    },
    /// The operations of the stack groups of one name.
    GroupOperations {
        /// The discovery.
        watched: Arc<Watched>,
        /// The region.
        region_id: String,
        /// StackGroupName.
        group: String,
    },
}

impl Job {
    /// The job that a look at a watch begins with.
    pub(super) fn of(watched: Watched) -> Self {
        let watched = Arc::new(watched);
        let target = &watched.row.target;
        if !target.operation_id.is_empty() {
            return Self::Operation(watched);
        }
        match watched.service {
            Service::Alidns => Self::LastTask(watched),
            _ if target.region_id == ALL_REGIONS => Self::Regions(watched),
            _ => Self::Groups {
                region_id: target.region_id.clone(),
                watched,
            },
        }
    }

    /// Does it; gives what it found to do.
    pub(super) async fn run(
        self,
        caller: Arc<Caller>,
        run: Run,
    ) -> Result<VecDeque<Self>, CollectorError> {
        match self {
            Self::Operation(watched) => {
                poll::look(&caller, &run, &watched).await?;
                Ok(VecDeque::new())
            }
            Self::LastTask(watched) => discover::last_task(&caller, &run, &watched).await,
            Self::Regions(watched) => discover::regions(&caller, &run, &watched).await,
            Self::Groups { watched, region_id } => {
                discover::groups(&caller, &run, &watched, &region_id).await
            }
            Self::GroupOperations {
                watched,
                region_id,
                group,
            } => discover::operations(&caller, &run, &watched, &region_id, &group).await,
        }
    }
}

/// The jobs that wait. Looks and the steps of discoveries take turns, so that under a deadline neither keeps
/// the other from its own.
pub(super) struct Waiting {
    looks: VecDeque<Job>,
    steps: VecDeque<Job>,
    /// Whether it is a step's turn.
    is_step: bool,
}

impl Waiting {
    /// The jobs of a plan, in its order.
    pub(super) fn new(planned: Vec<Watched>) -> Self {
        Self {
            looks: planned.into_iter().map(Job::of).collect(),
            steps: VecDeque::new(),
            is_step: false,
        }
    }

    /// Adds what a job found. Operations come before the looks that were planned: they are new, and nobody
    /// knows how long they live.
    pub(super) fn add(&mut self, found: VecDeque<Job>) {
        for job in found.into_iter().rev() {
            match job {
                Job::Operation(_) => self.looks.push_front(job),
                _ => self.steps.push_front(job),
            }
        }
    }

    /// The next job.
    pub(super) fn next(&mut self) -> Option<Job> {
        self.is_step = !self.is_step;
        let (first, second) = match self.is_step {
            true => (&mut self.steps, &mut self.looks),
            false => (&mut self.looks, &mut self.steps),
        };
        first.pop_front().or_else(|| second.pop_front())
    }
}
