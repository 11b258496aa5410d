//! Versions: the states that derivation found, in the shape in which they are stored.

use super::{Phase, UtcMillis};

/// The bits of [`ResultVersion::flags`].
pub mod result_flags {
    /// The row is in the list.
    pub const PRESENT: i64 = 1;
    /// A stretch of one status begins.
    pub const STARTS_STRETCH: i64 = 2;
    /// Status differs from the version before.
    pub const CHANGED_STATUS: i64 = 4;
    /// StatusReason differs.
    pub const CHANGED_REASON: i64 = 8;
    /// RdFolderId differs.
    pub const CHANGED_FOLDER: i64 = 16;
    /// Presence differs.
    pub const CHANGED_PRESENT: i64 = 32;
}

/// One version of a result row, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultVersion {
    /// Account and region.
    pub target: i64,
    /// From 1.
    pub version: i64,
    /// The page that first showed it.
    pub from_sequence: i64,
    /// Number of the stretch of one status, from 1.
    pub stretch: i64,
    /// Sum of [`result_flags`].
    pub flags: i64,
    /// Status word.
    pub status_no: i64,
    /// StatusReason.
    pub reason_no: Option<i64>,
    /// RdFolderId.
    pub folder_no: Option<i64>,
}

impl ResultVersion {
    /// Whether the row was in the list.
    pub fn is_present(&self) -> bool {
        self.flags & result_flags::PRESENT != 0
    }
}

/// A value of a field, as it is compared and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// Absent or null.
    Null,
    /// A number or boolean (0, 1).
    Integer(i64),
    /// A text; of a list its JSON array.
    Text(String),
}

impl From<Option<String>> for FieldValue {
    fn from(value: Option<String>) -> Self {
        value.map_or(Self::Null, Self::Text)
    }
}

impl From<Option<i64>> for FieldValue {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Integer)
    }
}

impl From<Option<bool>> for FieldValue {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::Null, |yes| Self::Integer(i64::from(yes)))
    }
}

/// What one answer says of an operation: the columns that all services share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationState {
    /// Status, trimmed (BPStudio: upper-cased).
    pub status: Option<String>,
    /// Status as sent.
    pub status_raw: Option<String>,
    /// Meaning of the status.
    pub phase: Phase,
    /// What the operation does.
    pub kind: Option<String>,
    /// What it is about.
    pub resource_id: Option<String>,
    /// Its name.
    pub resource_name: Option<String>,
    /// Reason given with the status.
    pub reason: Option<String>,
    /// Start as the cloud tells it.
    pub cloud_started_at: Option<UtcMillis>,
    /// As sent.
    pub cloud_started_at_raw: Option<String>,
    /// End as the cloud tells it.
    pub cloud_ended_at: Option<UtcMillis>,
    /// As sent.
    pub cloud_ended_at_raw: Option<String>,
    /// JSON object of fields that the program does not know; compared with nothing.
    pub unknown_fields: Option<String>,
}

/// The place of a version among the versions of its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionPlace {
    /// Our number of the operation.
    pub op: i64,
    /// From 1.
    pub version: i64,
    /// Exchange that first showed it.
    pub from_sequence: i64,
    /// Number of the stretch of one status, from 1.
    pub stretch: i64,
    /// Whether the stretch begins with it.
    pub starts_stretch: bool,
}
