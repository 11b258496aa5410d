//! Rows of the recorder's own life: skipped runs, notes, calls for credentials, steps and offset of the
//! clock, the configuration in effect.

use super::deriver::{Place, parse};
use super::{body, configuration, gaps};
use crate::derive::clock::{DatedAnswer, Offsets};
use crate::evidence::leaf::{
    ClockStep, Config, CredentialCall, Exchange, KeptBody, Key, Leaf, Note, RunSkipped, ServerDate,
};
use crate::model::Outcome;
use crate::store::configs::ConfigRow;
use crate::store::evidence::LeafRow;
use crate::store::exchanges::ExchangeRow;
use crate::store::life::NoteRow;
use crate::store::runs::RunRow;
use crate::store::{StoreError, configs, custody, evidence, exchanges, life};

/// A collector that asked nothing.
pub(super) fn skipped(
    place: Place<'_>,
    sequence: i64,
    leaf: &RunSkipped,
) -> Result<(), StoreError> {
    life::insert_skipped(place.derived, sequence, leaf.at.0, leaf.cause.as_str())?;
    gaps::recorder::skip_run(place, sequence, leaf)
}

/// An account of a run that could not be asked.
pub(super) fn note(place: Place<'_>, sequence: i64, leaf: &Note) -> Result<(), StoreError> {
    life::insert_note(
        place.derived,
        &NoteRow {
            sequence,
            run_id: leaf.run,
            label: leaf.label.clone().unwrap_or_default(),
            account_id: leaf.account.clone(),
            cause: leaf.cause,
            at: leaf.at.0,
        },
    )
}

/// A call for credentials; one of the cloud's API is a request like others.
pub(super) fn credential(
    place: Place<'_>,
    sequence: i64,
    leaf: &CredentialCall,
) -> Result<(), StoreError> {
    life::insert_credential_call(place.derived, sequence, leaf.run)?;
    if leaf.action.is_none() {
        return Ok(());
    }
    let row = ExchangeRow {
        sequence,
        run_id: leaf.run,
        op: None,
        page: None,
        attempt: i64::from(leaf.attempt.unwrap_or(1)),
        outcome: leaf.outcome,
        request_id: leaf.request_id.clone(),
        look: None,
    };
    exchanges::insert(place.derived, &row)?;
    if leaf.outcome == Outcome::Ok {
        return Ok(());
    }
    let (code, message) = (leaf.code.as_deref(), leaf.message.as_deref());
    exchanges::insert_error(place.derived, sequence, code, message)
}

/// A step of our clock.
pub(super) fn clock_step(
    place: Place<'_>,
    sequence: i64,
    leaf: &ClockStep,
) -> Result<(), StoreError> {
    life::insert_clock_step(place.derived, sequence, leaf.run)
}

/// What became of a signing key.
pub(super) fn key(place: Place<'_>, sequence: i64, leaf: &Key) -> Result<(), StoreError> {
    custody::insert_key_event(place.derived, sequence, leaf.change.as_str(), &leaf.origin)
}

/// The configuration in effect from here on.
pub(super) fn config(place: Place<'_>, row: &LeafRow, leaf: &Config) -> Result<(), StoreError> {
    let sequence = row.sequence;
    configs::insert(
        place.derived,
        &ConfigRow {
            sequence,
            every_ms: leaf
                .every_ms
                .map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)),
            alidns_offset_minutes: leaf.alidns_offset_minutes,
            bpstudio_offset_minutes: leaf.bpstudio_offset_minutes,
        },
    )?;
    let bytes = body::read_body(place.evidence, row)?.unwrap_or_default();
    let accounts = configuration::from_body(&bytes).map_err(|error| {
        StoreError::Inconsistent(format!(
            "the accounts of leaf {sequence} cannot be read: {error}"
        ))
    })?;
    for account in accounts {
        configs::insert_name(place.derived, sequence, &account.into())?;
    }
    Ok(())
}

/// What the answers of a run were, by their leaves.
#[derive(Default)]
pub(super) struct Received {
    /// Bytes of all of them that were kept.
    pub(super) bytes: i64,
    /// How far our clock was off, by those that bore a date that can be read.
    offsets: Offsets,
}

/// Reads the leaves of a run again. In Rust: SQLite's JSON takes ten times as long, at an end for which others wait.
pub(super) fn received(
    place: Place<'_>,
    run: &RunRow,
    end_sequence: i64,
) -> Result<Received, StoreError> {
    let mut received = Received::default();
    let (first, last) = (run.start_sequence, end_sequence);
    evidence::each_record(place.evidence, first, last, |sequence, record| {
        match parse(sequence, record)? {
            Leaf::Exchange(answer) if answer.run == run.run_id => received.take(&answer),
            Leaf::NoAnswer(leaf) if leaf.run == run.run_id => received.count(leaf.partial.as_ref()),
            _ => {}
        }
        Ok(())
    })?;
    Ok(received)
}

impl Received {
    fn take(&mut self, answer: &Exchange) {
        self.count(Some(&answer.body));
        if let Some(ServerDate::UnixSeconds(date_seconds)) = answer.date {
            self.offsets.add(DatedAnswer {
                date_seconds,
                requested_ms: answer.requested_at.0,
                received_ms: answer.received_at.0,
            });
        }
    }

    /// Lengths may be forged, and `verify` has to tell of that: they must not fail here.
    fn count(&mut self, body: Option<&KeptBody>) {
        let length = body.map_or(0, |body| i64::try_from(body.length).unwrap_or(i64::MAX));
        self.bytes = self.bytes.saturating_add(length);
    }

    /// Keeps how far our clock was off, by the dates.
    pub(super) fn keep_clock(self, place: Place<'_>, run: &RunRow) -> Result<(), StoreError> {
        let samples = i64::try_from(self.offsets.answers()).unwrap_or(i64::MAX);
        match self.offsets.median_ms() {
            Some(offset_ms) => {
                life::insert_run_clock(place.derived, run.run_id, offset_ms, samples)
            }
            None => Ok(()),
        }
    }
}
