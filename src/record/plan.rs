//! The plan of a run: which watches it set out to ask, kept before the first call. Reports count against
//! it, not against what came back.

use serde::{Deserialize, Serialize};

/// One planned look: a watch and the operation that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanEntry {
    /// The watch.
    pub watch: i64,
    /// Word of the service.
    pub service: String,
    /// Credentials to ask with.
    pub label: String,
    /// Region of the stack group; empty where the service has none.
    pub region: String,
    /// The cloud's id.
    pub operation: String,
}

/// The body of a plan leaf: a JSON array, one entry a line, so that `less` can show it.
pub(super) fn to_body(entries: &[PlanEntry]) -> Vec<u8> {
    let lines: Vec<String> = entries
        .iter()
        // Five strings and numbers always serialize.
        .map(|entry| serde_json::to_string(entry).unwrap_or_default())
        .collect();
    format!("[\n{}\n]\n", lines.join(",\n")).into_bytes()
}

/// Reads the body of a plan leaf.
pub(super) fn from_body(body: &[u8]) -> Result<Vec<PlanEntry>, serde_json::Error> {
    serde_json::from_slice(body)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_comes_back() {
        let entry = PlanEntry {
            watch: 1,
            service: "ros".to_owned(),
            label: "default".to_owned(),
            region: "cn-hangzhou".to_owned(),
            operation: "175458090349****\"\n".to_owned(),
        };
        let plan = vec![entry.clone(), PlanEntry { watch: 2, ..entry }];
        assert_eq!(from_body(&to_body(&plan)).unwrap(), plan);
        assert_eq!(from_body(&to_body(&[])).unwrap(), []);
    }
}
