//! Shape of Cloud Architect Design Tools (BPStudio): one operation.

/// One CADT operation (GetExecuteOperationResult while the id is alive). Absent and null are
/// `None`; an empty text stays an empty text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BpstudioOperation {
    /// The answer's own code, `200`.
    pub code: Option<String>,
    /// The answer's own message, not the operation's.
    pub message: Option<String>,
    /// The id that the answer names.
    pub operation_id: Option<String>,
    /// The status word, trimmed and upper-cased.
    pub status: Option<String>,
    /// The status word as sent; published examples end in a line feed.
    pub status_raw: Option<String>,
    /// `Data.Message`: text that often holds JSON. May hold customers' secrets.
    pub data_message: Option<String>,
    /// `Data.Arguments`: text that holds JSON. May hold customers' secrets.
    pub data_arguments: Option<String>,
}
