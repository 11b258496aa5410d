//! The vocabulary of phases, from the words of the promise.

use serde_json::Value;

/// What a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase(pub &'static str);

impl Phase {
    /// The phase of a trimmed status; AliDNS has numbers for words.
    pub fn of(status: &Value) -> Self {
        Self(match status.as_str().unwrap_or_default() {
            "QUEUED" | "PENDING" | "INIT" => "pending",
            "RUNNING" | "0" => "running",
            "STOPPING" => "stopping",
            "SUCCEEDED" | "SUCCESS" | "1" => "succeeded",
            "FAILED" | "FAILURE" | "2" => "failed",
            "CANCELLED" => "cancelled",
            "STOPPED" => "stopped",
            _ => "unknown",
        })
    }

    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        ["succeeded", "failed", "cancelled", "stopped"].contains(&self.0)
    }
}

/// A status as the views show it: without blanks around it, CADT's (which alone has words in lower case) in
/// capitals, a number as text.
pub fn trimmed(status: &Value) -> Value {
    match status {
        Value::String(word) => Value::from(word.trim().to_uppercase()),
        Value::Number(number) => Value::from(number.to_string()),
        other => other.clone(),
    }
}
