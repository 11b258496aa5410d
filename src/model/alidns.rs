//! Shapes of Alibaba Cloud DNS: the counts of one batch task, and its rows.

/// Types of batches (AliDNS documentation, DescribeBatchResultCount).
pub const BATCH_TYPES: [&str; 4] = ["DOMAIN_ADD", "DOMAIN_DEL", "RR_ADD", "RR_DEL"];

/// Languages in which reasons can be asked for.
pub const REASON_LANGS: [&str; 2] = ["en", "zh"];

/// Whether a text is the id of a task as a watch has it: a signed 64-bit number above 0, written in one way, because
/// written otherwise the same task would be another watch.
pub fn is_task_id(text: &str) -> bool {
    !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<i64>().is_ok()
}

/// The counts of one batch task (DescribeBatchResultCount). Absent and null are `None`; an empty
/// text stays an empty text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchCount {
    /// The task; 64 bits wide, not to pass through a float.
    pub task_id: Option<i64>,
    /// DOMAIN_ADD, DOMAIN_DEL, RR_ADD, RR_DEL.
    pub batch_type: Option<String>,
    /// 0 in progress, 1 completed, 2 failed; `None` where it is absent or no integer.
    pub status: Option<i64>,
    /// The status as text.
    pub status_raw: Option<String>,
    /// Entries of the task.
    pub total_count: Option<i64>,
    /// Entries that succeeded; their sum with the failed says nothing about completion.
    pub success_count: Option<i64>,
    /// Entries that failed.
    pub failed_count: Option<i64>,
    /// Free text in the language asked for.
    pub reason: Option<String>,
}

/// One row of a batch task (DescribeBatchResultDetail). It has no key: rows may be equal, their place tells
/// them apart. Absent and null are `None`; an empty text stays an empty text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchDetail {
    /// DOMAIN_ADD, DOMAIN_DEL, RR_ADD, RR_DEL.
    pub batch_type: Option<String>,
    /// Domain.
    pub domain: Option<String>,
    /// Host record.
    pub rr: Option<String>,
    /// Type of the record.
    pub record_type: Option<String>,
    /// Value of the record.
    pub value: Option<String>,
    /// Line.
    pub line: Option<String>,
    /// TTL as sent; the service sends a text.
    pub ttl: Option<String>,
    /// Priority of a mail exchanger as sent; the service sends a text.
    pub priority: Option<String>,
    /// Host record after the change.
    pub new_rr: Option<String>,
    /// Value after the change.
    pub new_value: Option<String>,
    /// Id of the record.
    pub record_id: Option<String>,
    /// Remark.
    pub remark: Option<String>,
    /// Status of the record, in the language asked for.
    pub rr_status: Option<String>,
    /// Why it failed, in the language asked for.
    pub reason: Option<String>,
    /// Whether it succeeded; `None` where it is absent or no boolean.
    pub status: Option<bool>,
    /// Status as sent.
    pub status_raw: Option<String>,
    /// When it was done, as sent (`2019-08-22 18:02:58`, no zone).
    pub operate_date_raw: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_id_is_a_number_that_fits_and_is_written_in_one_way() {
        for id in ["1", "123456789012345678", "9223372036854775807"] {
            assert!(is_task_id(id), "{id}");
        }
        let others = [
            "",
            "0",
            "01",
            "+1",
            "-1",
            "1.0",
            " 1",
            "9223372036854775808",
        ];
        for text in others.into_iter().chain(["9999999999999999999"]) {
            assert!(!is_task_id(text), "{text}");
        }
    }
}
