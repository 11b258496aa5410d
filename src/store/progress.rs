//! How far the file has come: its evidence, and the rows derived from it.

use rusqlite::Connection;

use super::{StoreError, derived, evidence};

/// Evidence and derivation, as they stand in one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Leaves of evidence.
    pub evidence_size: i64,
    /// Sequence of the last leaf from which rows were derived; -1 before the first.
    pub derived_through: i64,
}

impl Progress {
    /// Reads it.
    pub fn read(connection: &Connection) -> Result<Self, StoreError> {
        Ok(Self {
            evidence_size: evidence::size(connection)?,
            derived_through: derived::watermark(connection)?.derived_through,
        })
    }

    /// Leaves whose rows are still to be derived.
    pub fn leaves_behind(&self) -> i64 {
        self.evidence_size - 1 - self.derived_through
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_not_behind() {
        let new = Progress {
            evidence_size: 0,
            derived_through: -1,
        };
        assert_eq!(new.leaves_behind(), 0);
        let behind = Progress {
            evidence_size: 5,
            ..new
        };
        assert_eq!(behind.leaves_behind(), 5);
    }
}
