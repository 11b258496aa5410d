//! From a closed listing to versions of result rows, and the two steps by which a row is retired.
//!
//! A row that a complete listing lacks may have been hidden by a list that moved while it was paged.
//! Only a second complete listing that lacks it too retires it; incomplete ones between do not count,
//! and the first is no look at any row.

use std::collections::BTreeSet;

use super::listed_rows::ListedRow;
use crate::model::ResultVersion;
use crate::model::Verdict;
use crate::model::result_flags::{
    CHANGED_FOLDER, CHANGED_PRESENT, CHANGED_REASON, CHANGED_STATUS, PRESENT, STARTS_STRETCH,
};

/// What a listing changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// New versions, by target.
    pub versions: Vec<ResultVersion>,
    /// Known rows that the listing lacked for the first time, by target. Not empty: it is no look.
    pub missing: Vec<i64>,
}

/// Compares a closed listing, or the part of it that lies between two targets, with what is known. `current`
/// holds the newest version of each known row, `listed` the listing's rows, both by target; `lacked_before`
/// the rows that the complete listing before this one lacked; `end_sequence` is the listing's last page.
/// `same_status` says whether two status words are the same once trimmed: then the stretch goes on.
pub fn compare(
    current: &[ResultVersion],
    listed: &[ListedRow],
    verdict: Verdict,
    lacked_before: &BTreeSet<i64>,
    end_sequence: i64,
    same_status: impl Fn(i64, i64) -> bool,
) -> Changes {
    let mut changes = Changes::default();
    let mut known = current.iter().peekable();
    let lack = |row: &ResultVersion, changes: &mut Changes| {
        if verdict == Verdict::Incomplete || !row.is_present() {
            return;
        }
        if lacked_before.contains(&row.target) {
            changes.versions.push(gone(row, end_sequence));
        } else {
            changes.missing.push(row.target);
        }
    };
    for row in listed {
        while let Some(lacking) = known.next_if(|k| k.target < row.target) {
            lack(lacking, &mut changes);
        }
        match known.next_if(|k| k.target == row.target) {
            None => changes.versions.push(first(row)),
            Some(before) => changes.versions.extend(next(before, row, &same_status)),
        }
    }
    for lacking in known {
        lack(lacking, &mut changes);
    }
    changes
}

fn first(row: &ListedRow) -> ResultVersion {
    ResultVersion {
        target: row.target,
        version: 1,
        from_sequence: row.sequence,
        stretch: 1,
        flags: PRESENT | STARTS_STRETCH,
        status_no: row.status_no,
        reason_no: row.reason_no,
        folder_no: row.folder_no,
    }
}

/// The version after `before`, where `row` differs from it.
fn next(
    before: &ResultVersion,
    row: &ListedRow,
    same_status: impl Fn(i64, i64) -> bool,
) -> Option<ResultVersion> {
    let returned = !before.is_present();
    let differs = |yes: bool, flag: i64| if yes { flag } else { 0 };
    let changed = differs(before.status_no != row.status_no, CHANGED_STATUS)
        | differs(before.reason_no != row.reason_no, CHANGED_REASON)
        | differs(before.folder_no != row.folder_no, CHANGED_FOLDER)
        | differs(returned, CHANGED_PRESENT);
    if changed == 0 {
        return None;
    }
    let starts = returned || !same_status(before.status_no, row.status_no);
    Some(ResultVersion {
        target: row.target,
        version: before.version + 1,
        from_sequence: row.sequence,
        stretch: before.stretch + i64::from(starts),
        flags: PRESENT | changed | differs(starts, STARTS_STRETCH),
        status_no: row.status_no,
        reason_no: row.reason_no,
        folder_no: row.folder_no,
    })
}

/// The version that says that the row is no longer in the list; its last state stays beside it.
fn gone(before: &ResultVersion, end_sequence: i64) -> ResultVersion {
    ResultVersion {
        version: before.version + 1,
        from_sequence: end_sequence,
        flags: CHANGED_PRESENT,
        ..*before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(target: i64, status_no: i64, sequence: i64) -> ListedRow {
        ListedRow {
            target,
            status_no,
            reason_no: None,
            folder_no: None,
            sequence,
        }
    }

    fn complete(current: &[ResultVersion], rows: &[ListedRow], lacked_before: &[i64]) -> Changes {
        let lacked_before = lacked_before.iter().copied().collect();
        // Words 10 and 11 differ only in blanks.
        compare(
            current,
            rows,
            Verdict::Complete,
            &lacked_before,
            99,
            |a, b| a.min(10) == b.min(10),
        )
    }

    #[test]
    fn an_unchanged_row_makes_no_version() {
        let known = [first(&listed(1, 5, 7))];
        assert_eq!(
            complete(&known, &[listed(1, 5, 20)], &[]),
            Changes::default()
        );
    }

    #[test]
    fn a_change_makes_a_version_and_a_new_word_a_stretch() {
        let known = [first(&listed(1, 5, 7))];
        let changes = complete(&known, &[listed(1, 6, 20)], &[]);
        let version = changes.versions[0];
        assert_eq!(
            (version.version, version.stretch, version.from_sequence),
            (2, 2, 20)
        );
        assert_eq!(version.flags, PRESENT | STARTS_STRETCH | CHANGED_STATUS);
    }

    #[test]
    fn a_word_that_differs_in_blanks_makes_a_version_and_no_stretch() {
        let known = [first(&listed(1, 10, 7))];
        let version = complete(&known, &[listed(1, 11, 20)], &[]).versions[0];
        assert_eq!(
            (version.version, version.stretch, version.flags),
            (2, 1, PRESENT | CHANGED_STATUS)
        );
    }

    #[test]
    fn only_the_second_complete_listing_retires_a_row() {
        let known = [
            first(&listed(1, 5, 7)),
            first(&listed(2, 5, 7)),
            first(&listed(3, 5, 7)),
        ];
        let once = complete(&known, &[listed(2, 5, 20)], &[]);
        assert_eq!(
            (once.versions.len(), once.missing.as_slice()),
            (0, [1, 3].as_slice())
        );
        let twice = complete(&known, &[listed(2, 5, 20), listed(3, 5, 20)], &[1, 3]);
        assert!(twice.missing.is_empty());
        assert_eq!(twice.versions.len(), 1);
        assert_eq!(
            (twice.versions[0].target, twice.versions[0].from_sequence),
            (1, 99)
        );
        assert!(!twice.versions[0].is_present());
    }

    #[test]
    fn an_incomplete_listing_retires_nothing() {
        let known = [first(&listed(1, 5, 7))];
        let lacked = BTreeSet::from([1]);
        let changes = compare(&known, &[], Verdict::Incomplete, &lacked, 99, |a, b| a == b);
        assert_eq!(changes, Changes::default());
    }

    #[test]
    fn a_row_that_is_gone_stays_gone_and_returns_with_a_new_stretch() {
        let gone_row = gone(&first(&listed(1, 5, 7)), 99);
        assert_eq!(complete(&[gone_row], &[], &[]), Changes::default());
        let back = complete(&[gone_row], &[listed(1, 5, 120)], &[]).versions[0];
        assert_eq!((back.version, back.stretch), (3, 2));
        assert_eq!(back.flags, PRESENT | STARTS_STRETCH | CHANGED_PRESENT);
    }
}
