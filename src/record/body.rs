//! Bodies: back from their templates, and those that we write ourselves.

use serde::Serialize;

use crate::evidence::body;
use crate::evidence::codec::{self, Codec};
use crate::store::evidence::{LeafRow, TemplateRow, template};
use crate::store::{Connection, StoreError};

/// The exact bytes that belong to a leaf; `None` where it has none. They are not checked against the
/// leaf's digest: `verify` does that for all.
pub fn read_body(evidence: &Connection, leaf: &LeafRow) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(template_id) = leaf.template_id else {
        return Ok(None);
    };
    let damaged = |what: String| {
        StoreError::Inconsistent(format!(
            "the body of leaf {} cannot be read: {what}",
            leaf.sequence
        ))
    };
    let row = template(evidence, template_id)?
        .ok_or_else(|| damaged(format!("body_template {template_id} is missing")))?;
    let bytes = unpack(&row).map_err(damaged)?;
    let request_id = match &leaf.request_id {
        Some((offset, request_id)) => {
            let offset = usize::try_from(*offset).map_err(|error| damaged(error.to_string()))?;
            Some((offset, request_id.as_str()))
        }
        None => None,
    };
    body::join(&bytes, request_id)
        .map(Some)
        .map_err(|error| damaged(error.to_string()))
}

/// The bytes of a template, or why it has none. They are not checked against its digest.
pub(super) fn unpack(row: &TemplateRow) -> Result<Vec<u8>, String> {
    let codec =
        Codec::from_number(row.codec).ok_or_else(|| format!("codec {} is unknown", row.codec))?;
    let length = usize::try_from(row.length).map_err(|error| error.to_string())?;
    codec::decompress(codec, &row.data, length).map_err(|error| error.to_string())
}

/// One item of a list that is a body, as the line that it gets.
pub(super) fn json_line<T: Serialize>(item: &T) -> Result<String, StoreError> {
    serde_json::to_string(item)
        .map_err(|error| StoreError::Inconsistent(format!("a list cannot be written: {error}")))
}

/// A body of such lines: a JSON array, one item a line, so that `less` can show it.
pub(super) fn json_lines(lines: &[String]) -> Vec<u8> {
    format!("[\n{}\n]\n", lines.join(",\n")).into_bytes()
}
