//! The plan of a run: which watches it set out to ask, kept before the first call. Reports count against
//! it, not against what came back.

use serde::{Deserialize, Serialize};

use super::body::{json_line, json_lines};
use crate::evidence::codec::TEMPLATE_LONGEST_BYTES;
use crate::store::StoreError;

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

/// Bytes of the lines of one plan leaf at most, unless one line alone is longer. A quarter of what can be read back, and
/// room for 100,000 watches.
const PART_LONGEST_BYTES: usize = TEMPLATE_LONGEST_BYTES / 4;

/// The bodies of the leaves that hold a plan, each with the number of its entries. A plan without entries is a body,
/// too: it says that nothing was due.
pub(super) fn to_bodies(entries: &[PlanEntry]) -> Result<Vec<(usize, Vec<u8>)>, StoreError> {
    let lines: Vec<String> = entries.iter().map(json_line).collect::<Result<_, _>>()?;
    let parts = parts(&lines, PART_LONGEST_BYTES).into_iter();
    Ok(parts.map(|part| (part.len(), json_lines(part))).collect())
}

/// Cuts lines where the bytes of a part would be more than that; one part at least.
fn parts(lines: &[String], longest_bytes: usize) -> Vec<&[String]> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, line) in lines.iter().enumerate() {
        if index > start && bytes + line.len() > longest_bytes {
            parts.push(&lines[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += line.len();
    }
    parts.push(&lines[start..]);
    parts
}

/// Reads the body of a plan leaf.
pub(super) fn from_body(body: &[u8]) -> Result<Vec<PlanEntry>, serde_json::Error> {
    serde_json::from_slice(body)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The body of a plan of one part.
    fn to_body(entries: &[PlanEntry]) -> Vec<u8> {
        let [(count, body)]: [_; 1] = to_bodies(entries).unwrap().try_into().unwrap();
        assert_eq!(count, entries.len());
        body
    }

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
    fn a_plan_is_cut_where_its_bytes_say() {
        let lengths = |count: usize, longest_bytes: usize| -> Vec<usize> {
            let lines = vec!["x".repeat(100); count];
            let parts = parts(&lines, longest_bytes);
            parts.iter().map(|part| part.len()).collect()
        };
        assert_eq!(lengths(0, 400), [0]);
        assert_eq!(lengths(4, 400), [4]);
        assert_eq!(lengths(7, 400), [4, 3]);
        assert_eq!(lengths(8, 499), [4, 4]);
        // What is longer alone stands alone.
        assert_eq!(lengths(3, 1), [1, 1, 1]);
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
