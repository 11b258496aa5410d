//! What was typed wrong and only the command itself could see.

/// A usage error, found after clap had accepted what was typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);
