//! What the recorder keeps of its own life, beside runs and answers; and what it remembers that is no
//! evidence.

use super::deriver::leaf_at;
use super::{NamedAccount, Recorder, Settings, configuration};
use crate::evidence::leaf::{ClockStep, CredentialCall, Leaf, Note, RunSkipped};
use crate::store::limits::LearnedLimit;
use crate::store::told::ToldRow;
use crate::store::{StoreError, configs, limits, told};

impl Recorder {
    /// Keeps that a collector was started and asked nothing. Needs no lock: another collector may be at work.
    pub fn skip_run(&self, skipped: RunSkipped) -> Result<(), StoreError> {
        self.writer.write_blocking(move |transaction, session| {
            session
                .append(transaction, &Leaf::RunSkipped(skipped), None)
                .map(drop)
        })?;
        // The process ends with this: nobody else would derive it soon.
        self.read_blocking(|_| Ok(()))
    }

    /// Keeps that an account of a run could not be asked, or that its identity is refused.
    pub async fn keep_note(&self, note: Note) -> Result<i64, StoreError> {
        self.append(Leaf::Note(note), None).await
    }

    /// Keeps a call that answers with credentials, without the answer.
    pub async fn keep_credential(&self, call: CredentialCall) -> Result<i64, StoreError> {
        self.append(Leaf::Credential(call), None).await
    }

    /// Keeps that our clock was set.
    pub async fn keep_clock(&self, step: ClockStep) -> Result<i64, StoreError> {
        self.append(Leaf::Clock(step), None).await
    }

    /// Keeps what the configuration says, unless it says the same as last; tells whether it is new.
    pub async fn keep_config(
        &self,
        settings: Settings,
        accounts: Vec<NamedAccount>,
    ) -> Result<bool, StoreError> {
        self.writer
            .write(move |transaction, session| {
                session.settle(transaction)?;
                let (leaf, body) = configuration::to_leaf(&settings, &accounts)?;
                if let Some(row) = configs::in_effect(transaction)?
                    && let (_, Leaf::Config(last)) = leaf_at(transaction, row.sequence)?
                    && configuration::is_same(&last, &leaf)
                {
                    return Ok(false);
                }
                session.append(transaction, &Leaf::Config(leaf), Some(&body.into()))?;
                Ok(true)
            })
            .await
    }

    /// Remembers what was learned of the pace that the cloud allows. No evidence.
    pub async fn remember_limits(&self, learned: Vec<LearnedLimit>) -> Result<(), StoreError> {
        self.writer
            .write(move |transaction, _| limits::save(transaction, &learned))
            .await
    }

    /// Remembers which failures the user has been told of, in place of those before. No evidence.
    pub fn remember_told(&self, rows: Vec<ToldRow>) -> Result<(), StoreError> {
        self.writer
            .write_blocking(move |transaction, _| told::save(transaction, &rows))
    }
}
