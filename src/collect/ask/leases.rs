//! The credentials that one account is asked with during a run: fetched, renewed, checked, refused.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{Caller, How};
use crate::cloud::credentials::{FetchReport, Fetched, Lease};
use crate::collect::sealed::Sealed;
use crate::evidence::leaf::{CredentialCall, Parameters};
use crate::model::{Action, Outcome};
use crate::services::{Content, sts};
use crate::store::StoreError;

/// What is said where renewed credentials cannot be told to be the same account's.
const WHOSE_UNKNOWN: &str = "the credentials were renewed, and whose they are now could not be asked: nothing more was asked";

/// How long a run that is to end waits for credentials that are just being fetched.
const STOP_PATIENCE: Duration = Duration::from_secs(1);

impl Caller {
    /// The credentials to call with. Once it is known whose they are, others are asked first whether they
    /// belong to the same account: a source may hand out anybody's.
    pub(super) async fn sealed_for(
        &self,
        action: Action,
    ) -> Result<Option<Arc<Sealed>>, StoreError> {
        let Some(sealed) = self.sealed().await? else {
            return Ok(None);
        };
        let Some(account_id) = self.account_id.get() else {
            return Ok(Some(sealed));
        };
        if action == Action::GetCallerIdentity {
            return Ok(Some(sealed));
        }
        // The check is a call itself, and so has to be boxed.
        let check = || Box::pin(self.belongs_to(account_id, &sealed));
        let is_same = *sealed.is_checked.get_or_try_init(check).await?;
        Ok(is_same.then_some(sealed))
    }

    /// Remembers whose the credentials are with which this was found out.
    pub(in crate::collect) fn settle(&self, account_id: &str, sealed: &Sealed) {
        // Set once a run, before anything else is asked.
        let _ = self.account_id.set(account_id.to_owned());
        let _ = sealed.is_checked.set(true);
    }

    /// Whether renewed credentials are those of the account that is being asked; if not, it is asked no more.
    async fn belongs_to(&self, account_id: &str, sealed: &Arc<Sealed>) -> Result<bool, StoreError> {
        let how = How {
            sealed: Some(Arc::clone(sealed)),
            ..How::default()
        };
        let answer = self.ask(&sts::caller_identity(), &how).await?;
        let outcome = answer.as_ref().map(|answer| answer.outcome);
        let Some(Content::CallerIdentity(identity)) = answer.map(|answer| answer.content) else {
            if let Some(outcome) = outcome {
                self.refuse(outcome, WHOSE_UNKNOWN, None).await?;
            }
            return Ok(false);
        };
        let found = &identity.value.account_id;
        if found == account_id {
            return Ok(true);
        }
        let text = format!(
            "the credentials belonged to account {account_id} when the run began, and were renewed as those of {found}: nothing more was asked; correct their source"
        );
        self.refuse(Outcome::Credential, &text, Some(found)).await?;
        Ok(false)
    }

    /// The credentials of now, renewed before they end; `None` where there are none.
    pub(in crate::collect) async fn sealed(&self) -> Result<Option<Arc<Sealed>>, StoreError> {
        match self.unless_stopped(self.asking.keeper.lease()).await {
            Some(fetched) => self.taken(fetched).await,
            None => Ok(None),
        }
    }

    /// What is fetched, unless the run is to end meanwhile: then it is waited for a moment only, because who
    /// hands credentials out may be silent for long.
    async fn unless_stopped(&self, fetching: impl Future<Output = Fetched>) -> Option<Fetched> {
        let stopped = async {
            self.shared.stopping.stopped().await;
            tokio::time::sleep(STOP_PATIENCE).await;
        };
        tokio::select! {
            fetched = fetching => Some(fetched),
            () = stopped => None,
        }
    }

    /// Other credentials in place of those that the cloud calls expired; whether there are any.
    pub(super) async fn renew(&self, refused: &Sealed) -> Result<bool, StoreError> {
        let refreshing = self.asking.keeper.refresh(&refused.lease);
        let Some(fetched) = self.unless_stopped(refreshing).await else {
            return Ok(false);
        };
        let fresh = self.taken(fetched).await?;
        Ok(fresh.is_some_and(|fresh| !Arc::ptr_eq(&fresh.lease, &refused.lease)))
    }

    /// Keeps what was asked for the sake of credentials, and that there are none if there are none.
    async fn taken(&self, fetched: Fetched) -> Result<Option<Arc<Sealed>>, StoreError> {
        for report in fetched.reports {
            let call = credential_call(self.run_id(), &self.asking.label, report);
            self.recorder().keep_credential(call).await?;
        }
        match fetched.lease {
            Ok(lease) => Ok(Some(self.seal(lease))),
            Err(error) => {
                self.refuse(error.outcome(), &error.to_string(), None)
                    .await?;
                Ok(None)
            }
        }
    }

    /// The lease with what recognizes its secrets in answers; made once a lease.
    fn seal(&self, lease: Arc<Lease>) -> Arc<Sealed> {
        let mut sealed = self.sealed.lock().unwrap_or_else(PoisonError::into_inner);
        match &*sealed {
            Some(there) if Arc::ptr_eq(&there.lease, &lease) => Arc::clone(there),
            _ => Arc::clone(sealed.insert(Arc::new(Sealed::new(lease)))),
        }
    }

    /// Keeps and tells, once a run, that this account cannot be asked (any more).
    pub(in crate::collect) async fn refuse(
        &self,
        outcome: Outcome,
        text: &str,
        account_id: Option<&str>,
    ) -> Result<(), StoreError> {
        if self.is_refused.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        self.shared
            .refuse(&self.asking.label, account_id, outcome, text)
            .await
    }
}

/// A call for credentials as evidence has it.
fn credential_call(run_id: i64, label: &str, report: FetchReport) -> CredentialCall {
    let parameters = report
        .parameters
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    CredentialCall {
        run: run_id,
        label: Some(label.to_owned()),
        account: None,
        source: report.source,
        action: report.action,
        // Names that the provider writes out, each once.
        parameters: report
            .action
            .map(|_| Parameters::new(parameters).unwrap_or_default()),
        attempt: Some(report.attempt).filter(|attempt| *attempt > 1),
        requested_at: report.requested_at,
        received_at: report.received_at,
        outcome: report.outcome,
        http_status: report.http_status,
        code: report.code,
        message: report.message,
        request_id: report.request_id,
        key_id_tail: report.key_id_tail,
        expires_at: report.expires_at,
    }
}
