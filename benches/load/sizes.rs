//! How large everything is while the load lasts.

use std::fs;
use std::path::Path;
use std::time::Duration;

use optrail::store::open;

use crate::Load;

/// From one look to the next, and so many to a line.
const LOOK: Duration = Duration::from_secs(1);
const LOOKS_PER_LINE: usize = 10;

/// The first database at one time.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Since the beginning.
    pub at: Duration,
    /// Leaves of evidence.
    pub leaves: u64,
    /// Bytes of the database.
    pub database: u64,
}

/// All that was seen.
#[derive(Debug, Default)]
pub struct Sizes {
    /// A line of the table each.
    pub lines: Vec<Size>,
    /// The largest write-ahead log.
    pub wal_largest: u64,
}

impl Sizes {
    /// Looks until the end.
    pub fn watch(load: &Load<'_>) -> anyhow::Result<Self> {
        let database = &load.sites[0].database;
        let mut sizes = Self::default();
        let mut wal_of_line = 0;
        println!("| s | leaves | database, MB | bytes a leaf | largest log since, MB |");
        println!("|---|---|---|---|---|");
        for look in 1_usize.. {
            load.sleep(LOOK);
            wal_of_line = wal_of_line.max(wal_bytes(database));
            if look % LOOKS_PER_LINE != 0 && !load.is_over() {
                continue;
            }
            let size = Size {
                at: load.begun.elapsed(),
                leaves: leaves(database)?,
                database: fs::metadata(database)?.len(),
            };
            println!(
                "| {} | {} | {:.1} | {} | {:.1} |",
                size.at.as_secs(),
                size.leaves,
                size.database as f64 / 1e6,
                size.database / size.leaves.max(1),
                wal_of_line as f64 / 1e6
            );
            sizes.lines.push(size);
            sizes.wal_largest = sizes.wal_largest.max(wal_of_line);
            wal_of_line = 0;
            if load.is_over() {
                break;
            }
        }
        Ok(sizes)
    }

    /// Bytes of the database for a leaf, of those that came in the second and in the last third of the time.
    pub fn growth(&self) -> Option<[f64; 2]> {
        let last = self.lines.last()?;
        let near = |part: u32| {
            let at = last.at / 3 * part;
            self.lines.iter().find(|size| size.at >= at)
        };
        let (first, second) = (near(1)?, near(2)?);
        let of = |from: &Size, to: &Size| {
            let leaves = to.leaves.checked_sub(from.leaves).filter(|n| *n > 0)?;
            Some(to.database.saturating_sub(from.database) as f64 / leaves as f64)
        };
        Some([of(first, second)?, of(second, last)?])
    }
}

/// Bytes of the write-ahead log; 0 where there is none.
pub fn wal_bytes(database: &Path) -> u64 {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    fs::metadata(name).map_or(0, |of| of.len())
}

/// Leaves of evidence.
pub fn leaves(database: &Path) -> anyhow::Result<u64> {
    let connection = open::read_only(database)?;
    let last: Option<i64> =
        connection.query_row("SELECT max(sequence) FROM leaf", [], |row| row.get(0))?;
    Ok(last.map_or(0, |last| last.unsigned_abs() + 1))
}
