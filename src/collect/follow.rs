//! When following has come to its end: nothing that it is about goes on.

use super::due::read_watches;
use super::round::{Collector, CollectorError, RoundOptions};
use crate::store::open;

impl Collector {
    /// How many operations of these accounts and services have not ended yet. Discoveries and last tasks,
    /// which never end, do not count, nor what is asked once a day because its results never came whole.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn operations_active(&self, options: &RoundOptions) -> Result<usize, CollectorError> {
        let db = open::read_only(&self.database)?;
        let watched = read_watches(&db, false)?;
        Ok(watched
            .iter()
            .filter(|watched| !watched.row.target.is_moving())
            .filter(|watched| watched.is_active())
            .filter(|watched| {
                options.services.is_empty() || options.services.contains(&watched.service)
            })
            // Nobody asks for the watches of accounts that are not configured: they would never end.
            .filter(|watched| {
                let label = &watched.row.target.label;
                self.accounts.iter().any(|account| account.label == *label)
            })
            .count())
    }
}
