//! Shapes of Alibaba Cloud DNS: the counts of one batch task, and its rows.

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
