//! The answer of `verify` for programs.

use serde::Serialize;

use super::Verified;
use crate::evidence::digest::Digest;

/// The answer for programs.
#[derive(Serialize)]
pub(in crate::cli) struct Document<'a> {
    agrees: bool,
    evidence_size: i64,
    evidence_root: String,
    derived_through: i64,
    leaves_checked: i64,
    bodies_checked: i64,
    templates_checked: i64,
    rows_compared: i64,
    bodies_left_out: bool,
    redacted: i64,
    checkpoints_checked: i64,
    /// Leaves that the newest checkpoint in the file covers.
    sealed_size: i64,
    /// The same of the key that was given.
    sealed_by_key: Option<i64>,
    /// Leaves that the newest checkpoint in the state directory covers.
    state_size: Option<u64>,
    /// How often the log was taken up again.
    restores: i64,
    /// Copies from elsewhere.
    compared: Vec<ComparedDocument<'a>>,
    differences: Vec<DifferenceDocument<'a>>,
    /// Beyond those listed.
    differences_more: i64,
    limits: String,
}

#[derive(Serialize)]
struct ComparedDocument<'a> {
    source: &'a str,
    origin: Option<&'a str>,
    size: u64,
    agrees: bool,
}

#[derive(Serialize)]
struct DifferenceDocument<'a> {
    kind: &'static str,
    table: &'a str,
    key: &'a str,
    what: &'a str,
}

impl<'a> From<&'a Verified> for Document<'a> {
    fn from(verified: &'a Verified) -> Self {
        let report = &verified.report;
        let differences = report.differences.iter();
        Self {
            agrees: report.agrees(),
            evidence_size: report.size,
            evidence_root: Digest(report.root).to_string(),
            derived_through: report.derived_through,
            leaves_checked: report.leaves_checked,
            bodies_checked: report.bodies_checked,
            templates_checked: report.templates_checked,
            rows_compared: report.rows_compared,
            bodies_left_out: report.bodies_left_out,
            redacted: report.redacted,
            checkpoints_checked: report.checkpoints_checked,
            sealed_size: report.sealed_size,
            sealed_by_key: report.sealed_by_key,
            state_size: verified.state_size,
            restores: verified.restores,
            compared: report
                .compared
                .iter()
                .map(|held| ComparedDocument {
                    source: &held.source,
                    origin: held.origin.as_deref(),
                    size: held.size,
                    agrees: held.agrees,
                })
                .collect(),
            differences: differences
                .map(|difference| DifferenceDocument {
                    kind: difference.kind.as_str(),
                    table: &difference.table,
                    key: &difference.key,
                    what: &difference.what,
                })
                .collect(),
            differences_more: report.more,
            limits: verified.limits(),
        }
    }
}
