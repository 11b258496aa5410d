//! Every derived row again, in place.

use std::path::Path;

use crate::record::{DERIVE_VERSION, Deriver};
use crate::store::open::{Migrated, Opened};
use crate::store::{StoreError, TransactionBehavior, derived, evidence, open};

/// What a rebuild made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Leaves that were derived.
    pub leaves: i64,
    /// Rows that were made of them.
    pub rows: i64,
    /// What was done to a file of an older schema before.
    pub migrated: Option<Migrated>,
}

/// Replaces all derived rows by those that the rules of this program give, in one transaction: readers see
/// the old ones until the new ones are there. The caller holds the collector's lock.
pub fn rebuild(database: &Path) -> Result<Rebuilt, StoreError> {
    let Opened {
        mut connection,
        migrated,
    } = open::for_writing(database)?;
    derived::postpone_references(&connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    derived::clear(&transaction, DERIVE_VERSION)?;
    let leaves = evidence::size(&transaction)?;
    Deriver::default().catch_up(&transaction, &transaction, leaves - 1)?;
    derived::check_references(&transaction)?;
    let rows = derived::count_rows(&transaction)?;
    transaction.commit()?;
    Ok(Rebuilt {
        leaves,
        rows,
        migrated,
    })
}
