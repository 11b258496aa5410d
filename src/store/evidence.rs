//! Rows of evidence: leaves, body templates, cached subtrees.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;

/// The tables that are only ever added to: evidence, and the checkpoints that sign it.
pub const TABLES: [&str; 4] = ["leaf", "body_template", "subtree", "checkpoint"];

/// A leaf as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRow {
    /// Place in the tree, from 0.
    pub sequence: i64,
    /// The line of JSON.
    pub record: String,
    /// Its RFC 6962 leaf hash.
    pub hash: Vec<u8>,
    /// Body that belongs to it.
    pub template_id: Option<i64>,
    /// Where the RequestId goes back into the template, and the RequestId.
    pub request_id: Option<(i64, String)>,
}

/// A body template as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRow {
    /// SHA-256 of the uncompressed template.
    pub sha256: Vec<u8>,
    /// Bytes of the uncompressed template.
    pub length: i64,
    /// How `data` is stored.
    pub codec: i64,
    /// The template.
    pub data: Vec<u8>,
}

/// The number of leaves, which is the sequence of the next one.
pub fn size(connection: &Connection) -> Result<i64, StoreError> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT max(sequence) FROM leaf")?
        .query_row([], |row| row.get(0))?;
    match last {
        None => Ok(0),
        Some(last) => last.checked_add(1).ok_or_else(|| {
            StoreError::Inconsistent(format!("leaf {last} has the last number that there is"))
        }),
    }
}

/// Adds a leaf.
pub fn insert_leaf(connection: &Connection, leaf: &LeafRow) -> Result<(), StoreError> {
    let (offset, request_id) = match &leaf.request_id {
        Some((offset, request_id)) => (Some(offset), Some(request_id)),
        None => (None, None),
    };
    connection
        .prepare_cached(
            "INSERT INTO leaf (sequence, record, hash, template_id, request_id_offset, request_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            leaf.sequence,
            leaf.record,
            leaf.hash,
            leaf.template_id,
            offset,
            request_id
        ])?;
    Ok(())
}

/// The template with this digest, and its number.
pub fn find_template(
    connection: &Connection,
    sha256: &[u8],
) -> Result<Option<(i64, TemplateRow)>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT sha256, length, codec, data, template_id FROM body_template WHERE sha256 = ?1",
        )?
        .query_row([sha256], |row| Ok((row.get(4)?, template_of(row)?)))
        .optional()?)
}

/// Adds a template and tells its number.
pub fn insert_template(connection: &Connection, template: &TemplateRow) -> Result<i64, StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO body_template (sha256, length, codec, data) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            template.sha256,
            template.length,
            template.codec,
            template.data
        ])?;
    Ok(connection.last_insert_rowid())
}

/// A template by its number.
pub fn template(
    connection: &Connection,
    template_id: i64,
) -> Result<Option<TemplateRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT sha256, length, codec, data FROM body_template WHERE template_id = ?1",
        )?
        .query_row([template_id], template_of)
        .optional()?)
}

/// A template in the first four columns of a row.
fn template_of(row: &Row<'_>) -> rusqlite::Result<TemplateRow> {
    Ok(TemplateRow {
        sha256: row.get(0)?,
        length: row.get(1)?,
        codec: row.get(2)?,
        data: row.get(3)?,
    })
}

/// One leaf.
pub fn leaf(connection: &Connection, sequence: i64) -> Result<Option<LeafRow>, StoreError> {
    let mut found = None;
    each_leaf(connection, sequence, sequence, |leaf| {
        found = Some(leaf);
        Ok(())
    })?;
    Ok(found)
}

/// Calls `visit` with each leaf from `first` up to and including `last`, in order.
pub fn each_leaf(
    connection: &Connection,
    first: i64,
    last: i64,
    mut visit: impl FnMut(LeafRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, record, hash, template_id, request_id_offset, request_id FROM leaf
         WHERE sequence BETWEEN ?1 AND ?2 ORDER BY sequence",
    )?;
    let mut rows = statement.query([first, last])?;
    while let Some(row) = rows.next()? {
        let offset: Option<i64> = row.get(4)?;
        let request_id: Option<String> = row.get(5)?;
        visit(LeafRow {
            sequence: row.get(0)?,
            record: row.get(1)?,
            hash: row.get(2)?,
            template_id: row.get(3)?,
            request_id: offset.zip(request_id),
        })?;
    }
    Ok(())
}

/// Calls `visit` with the line of each leaf from `first` up to and including `last`, and its sequence, in order.
pub fn each_record(
    connection: &Connection,
    first: i64,
    last: i64,
    mut visit: impl FnMut(i64, &str) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, record FROM leaf WHERE sequence BETWEEN ?1 AND ?2 ORDER BY sequence",
    )?;
    let mut rows = statement.query([first, last])?;
    while let Some(row) = rows.next()? {
        let record = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        visit(row.get(0)?, record)?;
    }
    Ok(())
}

/// The templates of the leaves from `first` to `last` that have one, by sequence.
pub fn template_ids(
    connection: &Connection,
    first: i64,
    last: i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, template_id FROM leaf
         WHERE sequence BETWEEN ?1 AND ?2 AND template_id IS NOT NULL",
    )?;
    let rows = statement.query_map([first, last], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Calls `visit` with the hash of each leaf from `first` on, in order.
pub fn each_leaf_hash(
    connection: &Connection,
    first: i64,
    mut visit: impl FnMut([u8; 32]),
) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT hash FROM leaf WHERE sequence >= ?1 ORDER BY sequence")?;
    let mut rows = statement.query([first])?;
    while let Some(row) = rows.next()? {
        visit(row.get(0)?);
    }
    Ok(())
}

/// A leaf as it lies in the file, before anything is believed of it: text may not be UTF-8, a hash may have
/// any length, columns may contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of `leaf`, explained in the migration
pub struct RawLeaf<'a> {
    pub sequence: i64,
    pub record: &'a [u8],
    pub hash: &'a [u8],
    pub template_id: Option<i64>,
    pub request_id_offset: Option<i64>,
    pub request_id: Option<&'a [u8]>,
}

/// Calls `visit` with each leaf as it lies in the file, in order.
pub fn each_raw_leaf(
    connection: &Connection,
    mut visit: impl FnMut(RawLeaf<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT sequence, record, hash, template_id, request_id_offset, request_id FROM leaf ORDER BY sequence",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let bytes = |column| row.get_ref(column).map(|value| value.as_bytes_or_null());
        visit(RawLeaf {
            sequence: row.get(0)?,
            record: row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?,
            hash: row.get_ref(2)?.as_bytes().map_err(rusqlite::Error::from)?,
            template_id: row.get(3)?,
            request_id_offset: row.get(4)?,
            request_id: bytes(5)?.map_err(rusqlite::Error::from)?,
        })?;
    }
    Ok(())
}

/// Calls `visit` with the first and the last number of each stretch of leaves that is missing below the last
/// leaf, in order.
pub fn each_gap(
    connection: &Connection,
    mut visit: impl FnMut(i64, i64),
) -> Result<(), StoreError> {
    let unbroken: bool = connection.query_row(
        "SELECT coalesce(min(sequence), 0) = 0 AND coalesce(max(sequence), -1) + 1 = count(*) FROM leaf",
        [],
        |row| row.get(0),
    )?;
    if unbroken {
        return Ok(());
    }
    let mut statement = connection.prepare(
        "SELECT before + 1, sequence - 1 FROM (
             SELECT sequence, lag(sequence, 1, -1) OVER (ORDER BY sequence) AS before FROM leaf)
         WHERE sequence > before + 1 ORDER BY sequence",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        visit(row.get(0)?, row.get(1)?);
    }
    Ok(())
}

/// Remembers the root of a complete subtree.
pub fn insert_subtree(
    connection: &Connection,
    number: i64,
    hash: &[u8; 32],
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO subtree (number, hash) VALUES (?1, ?2)")?
        .execute(params![number, hash])?;
    Ok(())
}

/// Calls `visit` with the cached root of each subtree below number `end`, and its number, in order.
pub fn each_subtree_below(
    connection: &Connection,
    end: i64,
    mut visit: impl FnMut(i64, [u8; 32]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT number, hash FROM subtree WHERE number < ?1 ORDER BY number")?;
    let mut rows = statement.query([end])?;
    while let Some(row) = rows.next()? {
        visit(row.get(0)?, row.get(1)?)?;
    }
    Ok(())
}

/// Calls `visit` with the hash of each leaf from `first` on and below `end`, in order.
pub fn each_leaf_hash_below(
    connection: &Connection,
    first: i64,
    end: i64,
    mut visit: impl FnMut([u8; 32]),
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT hash FROM leaf WHERE sequence >= ?1 AND sequence < ?2 ORDER BY sequence",
    )?;
    let mut rows = statement.query([first, end])?;
    while let Some(row) = rows.next()? {
        visit(row.get(0)?);
    }
    Ok(())
}

/// Calls `visit` with each cached root and its number, in order.
pub fn each_subtree(
    connection: &Connection,
    mut visit: impl FnMut(i64, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT number, hash FROM subtree ORDER BY number")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
        visit(row.get(0)?, hash)?;
    }
    Ok(())
}

/// The cached root of one subtree.
pub fn subtree(connection: &Connection, number: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT hash FROM subtree WHERE number = ?1")?
        .query_row([number], |row| row.get(0))
        .optional()?)
}

/// Calls `visit` with the number of each template from `first` on and below `end`, in order.
pub fn each_template_id(
    connection: &Connection,
    first: i64,
    end: i64,
    mut visit: impl FnMut(i64),
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT template_id FROM body_template WHERE template_id >= ?1 AND template_id < ?2
         ORDER BY template_id",
    )?;
    let mut rows = statement.query([first, end])?;
    while let Some(row) = rows.next()? {
        visit(row.get(0)?);
    }
    Ok(())
}
