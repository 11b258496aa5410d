//! What the accounts of one run share.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::Stopping;
use super::failures::{Failure, Failures};
use super::progress::Progress;
use crate::evidence::leaf::Note;
use crate::model::{Cause, Clock, Outcome};
use crate::record::Recorder;
use crate::store::StoreError;

/// One run, for all of its accounts.
#[derive(Clone)]
pub(super) struct Shared {
    /// The run.
    pub(super) run_id: i64,
    /// Where everything is kept.
    pub(super) recorder: Arc<Recorder>,
    pub(super) clock: Arc<dyn Clock>,
    /// User of the operating system, for the record.
    pub(super) user: String,
    /// Requests in flight of all accounts.
    pub(super) in_flight: Arc<Semaphore>,
    /// Whether to end.
    pub(super) stopping: Stopping,
    pub(super) failures: Arc<Failures>,
    pub(super) progress: Arc<Progress>,
}

impl Shared {
    /// Keeps and tells that an account cannot be asked: what kept its credentials away. `account_id` is whose
    /// they turned out to be, where they told.
    pub(super) async fn refuse(
        &self,
        label: &str,
        account_id: Option<&str>,
        outcome: Outcome,
        text: &str,
    ) -> Result<(), StoreError> {
        self.failures.note(Failure {
            label: label.to_owned(),
            account_id: account_id.map(str::to_owned),
            action: None,
            region_id: None,
            operation_id: None,
            stack_group_name: None,
            outcome: outcome.as_str(),
            code: None,
            message: Some(text.to_owned()),
            request_id: None,
        });
        let note = Note {
            run: self.run_id,
            label: Some(label.to_owned()),
            account: account_id.map(str::to_owned),
            cause: Cause::of(outcome).unwrap_or(Cause::Credential),
            text: text.to_owned(),
            at: self.clock.now(),
        };
        self.recorder.keep_note(note).await.map(drop)
    }
}
