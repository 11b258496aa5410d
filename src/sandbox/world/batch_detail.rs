//! The entries of a DNS batch task, as DescribeBatchResultDetail shows them.
//!
//! Pure. While a task runs, as many entries are there as its counts say are done.

use super::alidns::{BatchState, BatchTask};
use super::rows::Word;
use super::written;
use crate::model::UtcMillis;
use crate::sandbox::answer::{Object, Value};
use crate::sandbox::call::{BatchType, Lang};

/// Times of entries, as in the published example: no zone. The sandbox writes UTC+8, the time of
/// the service's home.
const ENTRY_TIME: &str = "%Y-%m-%d %H:%M:%S";

/// UTC+8, in milliseconds.
const BEIJING_OFFSET_MS: i64 = 8 * 3_600_000;

/// One entry of a batch. Entries have no id: their place is what tells them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchDetail {
    /// `Domain`.
    pub domain: String,
    /// `Rr`; `None` for a task about whole domains.
    pub rr: Option<String>,
    /// `Type`.
    pub kind: Word,
    /// `Value`.
    pub value: String,
    /// `Status`: whether it succeeded.
    pub succeeded: bool,
    /// `Reason` in Chinese and in English.
    pub reason: Option<(Word, Word)>,
    /// `RecordId`, of those that succeeded.
    pub record_id: Option<String>,
    /// `Remark`.
    pub remark: Option<String>,
    /// `OperateDateStr`.
    pub operated_at: UtcMillis,
}

impl BatchTask {
    /// Its entries that are done by `now`, in order.
    pub fn details_at(&self, now: UtcMillis) -> Vec<BatchDetail> {
        let Some(state) = self.state_at(now) else {
            return Vec::new();
        };
        let mut details = match &self.details {
            Some(details) => details.clone(),
            None => self.made_up(),
        };
        if state.status == 0 {
            let (mut succeeded, mut failed) = (state.success_count, state.failed_count);
            details.retain(|detail| {
                let left = match detail.succeeded {
                    true => &mut succeeded,
                    false => &mut failed,
                };
                let is_done = *left > 0;
                *left = left.saturating_sub(1);
                is_done
            });
        }
        details
    }

    /// Entries that fit its last counts; those that fail come first.
    fn made_up(&self) -> Vec<BatchDetail> {
        let steps = self.spec.states.steps();
        let Some((ended_at, end)) = steps.last() else {
            return Vec::new();
        };
        let count = end.success_count + end.failed_count;
        let of_domains = matches!(
            self.spec.batch_type,
            BatchType::DomainAdd | BatchType::DomainDel
        );
        let entry = |number: u32| {
            let succeeded = number >= end.failed_count;
            let record_id = self.task_id.wrapping_add(i64::from(number));
            BatchDetail {
                domain: match of_domains {
                    true => format!("zone-{number}.example"),
                    false => "zone.example".to_owned(),
                },
                rr: (!of_domains).then(|| format!("host-{number}")),
                kind: "A".into(),
                value: format!("192.0.2.{}", number % 250 + 1),
                succeeded,
                reason: (!succeeded).then(|| reason(end)),
                record_id: succeeded.then(|| record_id.to_string()),
                remark: None,
                operated_at: *ended_at,
            }
        };
        (0..count).map(entry).collect()
    }

    /// The entry at one place.
    pub(super) fn detail_entry(&self, detail: &BatchDetail, lang: Lang) -> Object {
        let spoken = |(zh, en): &(Word, Word)| match lang {
            Lang::Zh => zh.clone(),
            Lang::En => en.clone(),
        };
        let enabled = match lang {
            Lang::Zh => "启用",
            Lang::En => "ENABLE",
        };
        let local_time = detail.operated_at.plus_ms(BEIJING_OFFSET_MS);
        Object::new()
            .with("BatchType", self.spec.batch_type.as_str())
            .with("Domain", &detail.domain)
            .with_some("Rr", detail.rr.as_ref())
            .with("Type", detail.kind.clone())
            .with("Value", &detail.value)
            .with("Line", "default")
            .with("Ttl", "600")
            .with("Priority", "1")
            .with_some("RecordId", detail.record_id.as_ref())
            .with_some("Remark", detail.remark.as_ref())
            .with_some("RrStatus", detail.succeeded.then_some(enabled))
            .with_some("Reason", detail.reason.as_ref().map(spoken))
            .with("Status", detail.succeeded)
            .with("OperateDateStr", written(local_time, ENTRY_TIME))
    }
}

/// The reason of the whole task is that of its entries; a task without one still says something.
fn reason(end: &BatchState) -> (Word, Word) {
    let told = end.reason.clone();
    told.unwrap_or_else(|| ("解析记录已存在".into(), "The record exists already.".into()))
}

/// The list inside its inner element, which AliDNS has in JSON as well.
pub(super) fn wrapped(entries: Vec<Object>) -> Object {
    let entries = entries.into_iter().map(Value::from).collect();
    Object::new().with("BatchResultDetail", Value::List(entries))
}
