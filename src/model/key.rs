//! What makes an operation the same one: the four parts of its key.

use super::Service;

/// The key of an operation: *whose credentials asked* is part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationKey {
    /// The service.
    pub service: Service,
    /// Account whose credentials asked; text, because ids have leading zeros and are masked in samples.
    pub account_id: String,
    /// Region of the stack group; empty where the service has none.
    pub region_id: String,
    /// The cloud's id; opaque text.
    pub operation_id: String,
}

impl OperationKey {
    /// The four texts, in the order in which views and rows have them.
    pub fn parts(&self) -> [&str; 4] {
        [
            self.service.as_str(),
            &self.account_id,
            &self.region_id,
            &self.operation_id,
        ]
    }
}
