//! Whether there is room for what a run will keep.

use std::path::Path;

/// Room that a run needs before it calls anybody: evidence of some 100,000 unchanged answers, and what
/// SQLite wants besides for its log. With less, the first large listing could not be kept.
pub const FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;

/// Bytes that this user may still write where the database lies; `None` where the system does not say.
pub fn free_bytes(database: &Path) -> Option<u64> {
    let directory = database
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let stat = rustix::fs::statvfs(directory).ok()?;
    stat.f_bavail.checked_mul(stat.f_frsize)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_room() {
        let home = tempfile::tempdir().unwrap();
        assert!(free_bytes(&home.path().join("x.db")).unwrap() > 0);
        assert_eq!(free_bytes(Path::new("/no/such/directory/x.db")), None);
        assert!(free_bytes(Path::new("x.db")).is_some());
    }
}
