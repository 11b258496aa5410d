//! Shape of Alibaba Cloud DNS: the counts of one batch task.

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
