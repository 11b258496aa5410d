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
    /// The key that signed that one, as the log names it.
    sealed_with: Option<String>,
    /// Leaves that the newest one covers that a key signed which was given.
    sealed_by_key: Option<i64>,
    /// How often the log was taken up again.
    restores: i64,
    /// Copies outside of the file, that of the state directory too.
    compared: Vec<ComparedDocument<'a>>,
    counts: CountsDocument,
    differences: Vec<DifferenceDocument<'a>>,
    /// Beyond those listed.
    differences_more: i64,
    limits: String,
}

#[derive(Serialize)]
struct ComparedDocument<'a> {
    source: &'a str,
    /// Whose it is: state (of this machine) or others.
    by: &'static str,
    origin: Option<&'a str>,
    size: u64,
    agrees: bool,
}

/// All that is to be told apart: differences by kind, those beyond the listed ones too, and what is none.
#[derive(Serialize)]
struct CountsDocument {
    gap: i64,
    missing: i64,
    invalid: i64,
    extra: i64,
    redacted: i64,
    bodies_left_out: i64,
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
            sealed_with: report.sealed_with.as_ref().map(ToString::to_string),
            sealed_by_key: report.sealed_by_key,
            restores: verified.restores,
            compared: report
                .compared
                .iter()
                .map(|held| ComparedDocument {
                    source: &held.source,
                    by: held.by.as_str(),
                    origin: held.origin.as_deref(),
                    size: held.size,
                    agrees: held.agrees,
                })
                .collect(),
            counts: CountsDocument {
                gap: report.counts.gap,
                missing: report.counts.missing,
                invalid: report.counts.invalid,
                extra: report.counts.extra,
                redacted: report.redacted,
                bodies_left_out: report.bodies_absent,
            },
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
