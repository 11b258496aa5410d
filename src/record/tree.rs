//! The tree of a file: roots and proofs at any size, from the leaf hashes and the cached subtrees.
//!
//! It believes the file; whether hashes are those of their leaves, and cached roots those of theirs, is
//! `verify`'s to find out. Depends on `store` and `evidence`.

use std::cell::RefCell;
use std::ops::Range;

use crate::evidence::tree::{
    Frontier, Hash, SUBTREE_LEAVES, consistency_proof, inclusion_proof, node_hash,
};
use crate::store::{Connection, StoreError, evidence};

/// Leaves under one cached root.
const WIDTH: u64 = SUBTREE_LEAVES as u64;

/// The root over the first `size` leaves, of which there must be that many.
pub fn root_at(connection: &Connection, size: i64) -> Result<Hash, StoreError> {
    let mut frontier = Frontier::new();
    evidence::each_subtree_below(connection, size / SUBTREE_LEAVES as i64, |number, hash| {
        if u64::try_from(number).ok().map(|n| n * WIDTH) != Some(frontier.size()) {
            return Err(StoreError::Inconsistent(format!(
                "subtree {number} is out of order"
            )));
        }
        let appended = frontier.append_subtree(hash);
        appended.map_err(|error| StoreError::Inconsistent(error.to_string()))
    })?;
    let after = number(frontier.size())?;
    evidence::each_leaf_hash_below(connection, after, size, |hash| frontier.append(hash))?;
    if number(frontier.size())? != size {
        return Err(StoreError::Inconsistent(format!(
            "of {size} leaves {} are there",
            frontier.size()
        )));
    }
    Ok(frontier.root())
}

/// Size and root of the tree as it stands.
pub fn head(connection: &Connection) -> Result<(i64, Hash), StoreError> {
    let size = evidence::size(connection)?;
    Ok((size, root_at(connection, size)?))
}

/// The tree over the first leaves of a file, for many proofs: the roots of all perfect trees of
/// [`SUBTREE_LEAVES`] leaves and more are held, 64 bytes for each 256 leaves; the hashes below are read.
pub struct Tree<'c> {
    connection: &'c Connection,
    size: u64,
    /// `levels[k][n]`: the perfect tree over 256·2^k leaves from 256·2^k·n on.
    levels: Vec<Vec<Hash>>,
    /// The subtree below them that was asked for last.
    low: RefCell<Option<Low>>,
}

/// One subtree of up to [`SUBTREE_LEAVES`] leaves.
struct Low {
    number: u64,
    /// `levels[k][n]`: the perfect tree over 2^k of its leaves from 2^k·n on.
    levels: Vec<Vec<Hash>>,
}

/// A row of hashes, and above it those of each pair, up to the last pair.
fn levels_above(lowest: Vec<Hash>) -> Vec<Vec<Hash>> {
    let mut levels = vec![lowest];
    while let Some(level) = levels.last().filter(|level| level.len() > 1) {
        let pairs = level.as_chunks::<2>().0;
        let above = pairs.iter().map(|[l, r]| node_hash(l, r)).collect();
        levels.push(above);
    }
    levels
}

impl<'c> Tree<'c> {
    /// Reads the upper part of the tree over the first `size` leaves.
    pub fn read(connection: &'c Connection, size: u64) -> Result<Self, StoreError> {
        let mut lowest = Vec::new();
        evidence::each_subtree_below(connection, number(size / WIDTH)?, |number, hash| {
            if u64::try_from(number) != Ok(lowest.len() as u64) {
                return Err(StoreError::Inconsistent(format!(
                    "subtree {number} is out of order"
                )));
            }
            lowest.push(hash);
            Ok(())
        })?;
        if lowest.len() as u64 != size / WIDTH {
            return Err(StoreError::Inconsistent(
                "not every complete subtree has its cached root".to_owned(),
            ));
        }
        Ok(Self {
            connection,
            size,
            levels: levels_above(lowest),
            low: RefCell::new(None),
        })
    }

    /// Leaves of the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over the first `size` leaves, which may be fewer than the tree has.
    pub fn root(&self, size: u64) -> Result<Hash, StoreError> {
        self.range_root(0..size)
    }

    /// The proof that leaf `index` is in the tree: the audit path of RFC 6962, section 2.1.1.
    pub fn inclusion(&self, index: u64) -> Result<Vec<Hash>, StoreError> {
        inclusion_proof(index, self.size, &mut |range| self.range_root(range))
    }

    /// The proof that the tree goes on from the one over the first `old` leaves: RFC 6962, section 2.1.2.
    pub fn consistency(&self, old: u64) -> Result<Vec<Hash>, StoreError> {
        consistency_proof(old, self.size, &mut |range| self.range_root(range))
    }

    /// The root over the leaves of `range`, which begins where a subtree of the tree begins: cut into perfect
    /// trees from the left, the largest first.
    fn range_root(&self, range: Range<u64>) -> Result<Hash, StoreError> {
        if range.is_empty() {
            return Ok(Frontier::new().root());
        }
        let mut peaks: Vec<Hash> = Vec::new();
        let mut begin = range.start;
        while begin < range.end {
            let fits = (range.end - begin).ilog2();
            let aligned = if begin == 0 {
                fits
            } else {
                begin.trailing_zeros()
            };
            let height = fits.min(aligned);
            peaks.push(match height < WIDTH.trailing_zeros() {
                true => self.low(begin, height)?,
                false => self.perfect(begin >> height, height)?,
            });
            begin += 1 << height;
        }
        let folded = peaks
            .into_iter()
            .rev()
            .reduce(|right, left| node_hash(&left, &right));
        folded.ok_or_else(|| StoreError::Inconsistent("a tree without a root".to_owned()))
    }

    /// The perfect tree over fewer than [`SUBTREE_LEAVES`] leaves from `begin` on. The subtree that it is in is
    /// read, and remembered: the next question is often about it, too.
    fn low(&self, begin: u64, height: u32) -> Result<Hash, StoreError> {
        let number = begin / WIDTH;
        let mut low = self.low.borrow_mut();
        if low.as_ref().is_none_or(|low| low.number != number) {
            *low = Some(self.read_low(number)?);
        }
        let place = usize::try_from((begin % WIDTH) >> height).ok();
        let level = low.as_ref().and_then(|low| low.levels.get(height as usize));
        let hash = level.zip(place).and_then(|(level, n)| level.get(n));
        hash.copied()
            .ok_or_else(|| StoreError::Inconsistent(format!("leaves are missing from {begin} on")))
    }

    fn read_low(&self, number: u64) -> Result<Low, StoreError> {
        let (first, end) = (number * WIDTH, self.size.min((number + 1) * WIDTH));
        let mut leaves = Vec::with_capacity(SUBTREE_LEAVES);
        let bounds = (self::number(first)?, self::number(end)?);
        evidence::each_leaf_hash_below(self.connection, bounds.0, bounds.1, |hash| {
            leaves.push(hash);
        })?;
        if leaves.len() as u64 != end.saturating_sub(first) {
            return Err(StoreError::Inconsistent(format!(
                "leaves are missing between {first} and {end}"
            )));
        }
        Ok(Low {
            number,
            levels: levels_above(leaves),
        })
    }

    /// The held root of the `n`-th perfect tree of 2^`height` leaves, of 256 at least.
    fn perfect(&self, n: u64, height: u32) -> Result<Hash, StoreError> {
        let level = (height - WIDTH.trailing_zeros()) as usize;
        let found = self.levels.get(level).zip(usize::try_from(n).ok());
        let hash = found.and_then(|(level, n)| level.get(n));
        hash.copied()
            .ok_or_else(|| StoreError::Inconsistent(format!("no subtree {n} of height {height}")))
    }
}

fn number(size: u64) -> Result<i64, StoreError> {
    i64::try_from(size).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::open;

    #[test]
    fn a_tree_is_read_from_the_subtrees_that_it_has_and_from_no_others() {
        let home = tempfile::tempdir().unwrap();
        let connection = open::create(&home.path().join("a.db")).unwrap().connection;
        for number in [0, 2] {
            evidence::insert_subtree(&connection, number, &[7; 32]).unwrap();
        }
        assert!(Tree::read(&connection, WIDTH).is_ok());
        assert!(Tree::read(&connection, 2 * WIDTH).is_err());
        assert!(Tree::read(&connection, 3 * WIDTH).is_err());
        // As many as there should be, and one of them is another one: only a file without its checks has that.
        connection
            .pragma_update(None, "ignore_check_constraints", true)
            .unwrap();
        evidence::insert_subtree(&connection, -1, &[7; 32]).unwrap();
        let refused = Tree::read(&connection, 2 * WIDTH).map(drop).unwrap_err();
        assert!(refused.to_string().contains("out of order"), "{refused}");
    }
}
