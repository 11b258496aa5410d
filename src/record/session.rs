//! What the writer remembers between transactions: the end of the tree, and the state of derivation.

use crate::evidence::body::split;
use crate::evidence::codec::{TEMPLATE_LONGEST_BYTES, compress};
use crate::evidence::digest::Digest;
use crate::evidence::leaf::Leaf;
use crate::evidence::tree::{Hash, SUBTREE_LEAVES, leaf_hash, subtree_root};
use crate::store::evidence::{self, LeafRow, TemplateRow};
use crate::store::{Connection, StoreError, Transaction};

use super::Deriver;
use super::body::unpack;
use super::fresh::Fresh;
use crate::services::Body;

/// The writer's memory. All of it can be read again from the file, and is when another process has
/// written in between.
#[derive(Default)]
pub struct Session {
    tail: Option<Tail>,
    deriver: Deriver,
    /// What was appended since it was derived last.
    fresh: Fresh,
}

/// The end of the tree.
struct Tail {
    /// Number of leaves.
    size: i64,
    /// Hashes of the leaves after the last complete subtree.
    hashes: Vec<Hash>,
}

impl crate::store::Session for Session {
    fn begin(&mut self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let size = evidence::size(transaction)?;
        if self.tail.as_ref().is_none_or(|tail| tail.size != size) {
            self.tail = Some(Tail::read(transaction, size)?);
        }
        self.derive(transaction, size)
    }

    fn forget(&mut self) {
        *self = Self::default();
    }
}

impl Session {
    /// Derives what was kept earlier in this same transaction by others, for a job that has to read the
    /// rows. Both become durable together or not at all.
    pub(super) fn settle(&mut self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let size = self.tail.as_ref().map_or(0, |tail| tail.size);
        self.derive(transaction, size)
    }

    /// Derives the first `size` leaves.
    fn derive(&mut self, transaction: &Transaction<'_>, size: i64) -> Result<(), StoreError> {
        let Self { deriver, fresh, .. } = self;
        deriver.catch_up_from(fresh, transaction, transaction, size - 1)
    }

    /// Adds a leaf, with the body that belongs to it, and tells its sequence.
    pub fn append(
        &mut self,
        transaction: &Transaction<'_>,
        leaf: &Leaf,
        body: Option<&Body>,
    ) -> Result<i64, StoreError> {
        let tail = self
            .tail
            .as_mut()
            .ok_or_else(|| StoreError::Inconsistent("a leaf outside a transaction".to_owned()))?;
        let sequence = tail.size;
        let record = leaf.to_line();
        let hash = leaf_hash(record.as_bytes());
        // What derivation may take from memory: a body that the file has, too.
        let mut fresh = body;
        let (template_id, request_id) = match body {
            Some(body) => {
                let parts = split(body.bytes());
                let length = parts.template.len();
                if length > TEMPLATE_LONGEST_BYTES {
                    // Kept, it could never be read back, and nothing after it could be derived.
                    return Err(StoreError::TooLong { length });
                }
                let (template_id, is_kept) = keep_template(transaction, &parts.template)?;
                fresh = fresh.filter(|_| is_kept);
                let request_id = match parts.request_id {
                    Some((offset, id)) => Some((to_i64(offset)?, id)),
                    None => None,
                };
                (Some(template_id), request_id)
            }
            None => (None, None),
        };
        let row = LeafRow {
            sequence,
            record,
            hash: hash.to_vec(),
            template_id,
            request_id,
        };
        evidence::insert_leaf(transaction, &row)?;
        tail.push(transaction, hash)?;
        self.fresh.add(row, fresh);
        Ok(sequence)
    }
}

impl Tail {
    fn read(connection: &Connection, size: i64) -> Result<Self, StoreError> {
        let mut hashes = Vec::with_capacity(SUBTREE_LEAVES);
        let complete = size / to_i64(SUBTREE_LEAVES)? * to_i64(SUBTREE_LEAVES)?;
        evidence::each_leaf_hash(connection, complete, |hash| hashes.push(hash))?;
        Ok(Self { size, hashes })
    }

    fn push(&mut self, connection: &Connection, hash: Hash) -> Result<(), StoreError> {
        self.size += 1;
        self.hashes.push(hash);
        if let Ok(full) = <&[Hash; SUBTREE_LEAVES]>::try_from(self.hashes.as_slice()) {
            let number = self.size / to_i64(SUBTREE_LEAVES)? - 1;
            evidence::insert_subtree(connection, number, &subtree_root(full))?;
            self.hashes.clear();
        }
        Ok(())
    }
}

/// The number of the template with these bytes, and whether the file has them: the row that bears their digest may have
/// been damaged since, which derivation has to find, as if nothing were remembered.
fn keep_template(connection: &Connection, template: &[u8]) -> Result<(i64, bool), StoreError> {
    let sha256 = Digest::of(template).0;
    if let Some((template_id, row)) = evidence::find_template(connection, &sha256)? {
        let is_kept = unpack(&row).is_ok_and(|kept| kept == template);
        return Ok((template_id, is_kept));
    }
    let (codec, data) = compress(template);
    let row = TemplateRow {
        sha256: sha256.to_vec(),
        length: to_i64(template.len())?,
        codec: codec.number(),
        data,
    };
    Ok((evidence::insert_template(connection, &row)?, true))
}

fn to_i64(number: usize) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evidence::leaf::Plan;
    use crate::store::Session as _;
    use crate::store::open;

    #[test]
    fn what_could_not_be_read_back_is_not_kept() {
        let home = tempfile::tempdir().unwrap();
        let mut connection = open::create(&home.path().join("optrail.db"))
            .unwrap()
            .connection;
        let transaction = connection.transaction().unwrap();
        let mut session = Session::default();
        session.begin(&transaction).unwrap();
        let leaf = Leaf::Plan(Plan {
            run: 1,
            entries: 0,
            body: Digest::of(b""),
            length: 0,
        });
        let body = vec![b' '; TEMPLATE_LONGEST_BYTES + 1];
        let error = session
            .append(&transaction, &leaf, Some(&body.into()))
            .unwrap_err();
        assert!(
            matches!(error, StoreError::TooLong { .. }) && !error.is_damage(),
            "{error}"
        );
        assert_eq!(evidence::size(&transaction).unwrap(), 0);
        session
            .append(&transaction, &leaf, Some(&b"[]".to_vec().into()))
            .unwrap();
    }
}
