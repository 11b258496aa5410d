//! `statement.json`: what was asked, and what is in the bundle, in numbers. No clock and no host: the same question
//! about the same evidence has the same statement.

use serde::Serialize;

use super::Asked;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::digest::Digest;
use crate::model::PROGRAM;

/// Name of the format, with its version.
const FORMAT: &str = "optrail-bundle@v1";

/// The document.
#[derive(Serialize)]
pub(super) struct Statement<'a> {
    format: &'static str,
    program: &'static str,
    verifier_sha256: Digest,
    log: &'a str,
    origin: &'a str,
    evidence_size: u64,
    evidence_root: Digest,
    asked: AskedPart<'a>,
    counts: Counts,
    rows: Vec<RowCount>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum AskedPart<'a> {
    Operation {
        operation: [&'a str; 4],
        all_looks: bool,
    },
    Runs {
        first: i64,
        last: i64,
        first_leaf: i64,
        last_leaf: i64,
    },
    Sample {
        count: usize,
        seed: &'a str,
        population: u64,
        population_sha256: Option<Digest>,
        all_looks: bool,
    },
}

/// How many of each there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // each is a count of what its name says
pub(super) struct Counts {
    pub(super) leaves: usize,
    pub(super) bodies: usize,
    pub(super) operations: usize,
    pub(super) checkpoints: usize,
    pub(super) attachments: usize,
}

/// Rows of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RowCount {
    pub(super) file: String,
    pub(super) rows: u64,
}

/// What the statement is made of.
pub(super) struct Facts<'a> {
    pub(super) log: &'a str,
    pub(super) checkpoint: &'a Checkpoint,
    pub(super) asked: &'a Asked,
    pub(super) all_looks: bool,
    /// Leaves that the rows may come from, first and last.
    pub(super) between: (i64, i64),
    /// Lines and digest of `population.txt`, where there is one.
    pub(super) population: Option<(u64, Digest)>,
    pub(super) counts: Counts,
    pub(super) rows: Vec<RowCount>,
}

/// The document as bytes, with a line feed at its end.
pub(super) fn write(facts: Facts<'_>) -> serde_json::Result<Vec<u8>> {
    let all_looks = facts.all_looks;
    let asked = match facts.asked {
        Asked::Operation(key) => AskedPart::Operation {
            operation: key.parts(),
            all_looks,
        },
        Asked::Runs { first, last } => AskedPart::Runs {
            first: *first,
            last: *last,
            first_leaf: facts.between.0,
            last_leaf: facts.between.1,
        },
        Asked::Sample { count, seed } => AskedPart::Sample {
            count: *count,
            seed,
            population: facts.population.map_or(0, |(lines, _)| lines),
            population_sha256: facts.population.map(|(_, digest)| digest),
            all_looks,
        },
    };
    let statement = Statement {
        format: FORMAT,
        program: PROGRAM,
        verifier_sha256: Digest::of(super::VERIFIER.as_bytes()),
        log: facts.log,
        origin: &facts.checkpoint.origin,
        evidence_size: facts.checkpoint.size,
        evidence_root: Digest(facts.checkpoint.root),
        asked,
        counts: facts.counts,
        rows: facts.rows,
    };
    let mut bytes = serde_json::to_vec_pretty(&statement)?;
    bytes.push(b'\n');
    Ok(bytes)
}
