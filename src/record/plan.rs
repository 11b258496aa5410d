//! The plan of a run: which watches it set out to ask, kept before the first call. Reports count against
//! it, not against what came back.

use serde::{Deserialize, Serialize};

/// One planned look: a watch and what of it is asked.
///
/// With an operation it is that operation. Without one it is a part of a discovery (`ros`: region `all` is the
/// list of regions, a region without group its list of stack groups, with group the list of the operations
/// of the groups of that name) or the account's last task (`alidns`). What a discovery finds to ask is
/// planned before it is asked, in further plans of the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanEntry {
    /// The watch.
    pub watch: i64,
    /// Word of the service.
    pub service: String,
    /// Credentials to ask with.
    pub label: String,
    /// Region of the stack group; empty where the service has none; `all` at the root of a discovery.
    pub region: String,
    /// The cloud's id; empty where the entry is about no operation.
    pub operation: String,
    /// Name of the stack groups whose operations are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Type of the last task that is asked for (AliDNS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_type: Option<String>,
}

/// The body of a plan leaf: a JSON array, one entry a line, so that `less` can show it.
pub(super) fn to_body(entries: &[PlanEntry]) -> Vec<u8> {
    let lines: Vec<String> = entries
        .iter()
        // Strings and numbers always serialize.
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
            ..PlanEntry::default()
        };
        let plan = vec![entry.clone(), PlanEntry { watch: 2, ..entry }];
        assert_eq!(from_body(&to_body(&plan)).unwrap(), plan);
        assert_eq!(from_body(&to_body(&[])).unwrap(), []);
    }

    #[test]
    fn an_entry_about_no_operation_says_what_of_its_watch_it_is() {
        let entry = PlanEntry {
            watch: 1,
            service: "ros".to_owned(),
            label: "prod".to_owned(),
            region: "cn-hangzhou".to_owned(),
            group: Some("G".to_owned()),
            ..PlanEntry::default()
        };
        let body = to_body(std::slice::from_ref(&entry));
        assert_eq!(
            std::str::from_utf8(&body).unwrap(),
            "[\n{\"watch\":1,\"service\":\"ros\",\"label\":\"prod\",\"region\":\"cn-hangzhou\",\"operation\":\"\",\"group\":\"G\"}\n]\n"
        );
        assert_eq!(from_body(&body).unwrap(), [entry]);
    }
}
