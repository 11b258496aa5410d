//! Questions over rows that are written past the rules.
#![allow(clippy::unwrap_used)]

use rusqlite::Connection;

use super::*;
use crate::store::completeness::{self, Missing, Scope};

fn window(since: i64, until: i64, evidence_end: i64) -> Window {
    Window {
        since: UtcMillis(since),
        until: UtcMillis(until),
        evidence_end: UtcMillis(evidence_end),
        accounts: Vec::new(),
        services: Vec::new(),
        regions: Vec::new(),
    }
}

#[test]
fn a_period_holds_its_first_instant_and_not_its_end() {
    let window = window(10, 20, 15);
    assert!(window.holds(UtcMillis(10)) && window.holds(UtcMillis(19)));
    assert!(!window.holds(UtcMillis(9)) && !window.holds(UtcMillis(20)));
}

/// Leaves of the times 0, 50 and 20; three runs, of which the second died; one identity each; discovery in all
/// regions and in one, with a gap each; one listing of each kind.
fn database() -> (tempfile::TempDir, Connection) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    let connection = crate::store::open::create(&path).unwrap().connection;
    connection
        .execute_batch(
            "INSERT INTO leaf (sequence, record, hash) VALUES (0, '{\"at\":0,\"user\":\"ann\"}', zeroblob(32)),
                 (1, '{\"requested_at\":49,\"received_at\":50}', zeroblob(32)), (2, '{\"received_at\":20}', zeroblob(32)),
                 (3, '{\"t\":\"plan\"}', zeroblob(32));
             INSERT INTO run (run_id, start_sequence, kind, started_at) VALUES (1, 0, 'collect', 1), (2, 0, 'collect', 10),
                 (3, 0, 'collect', 30);
             INSERT INTO run_end VALUES (1, 0, 5, 'complete', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                 (2, 0, NULL, 'aborted', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
             INSERT INTO run_identity VALUES (1, 'p', 2, '1', 'arn'), (2, 'p', 2, '1', 'arn'), (3, 'p', 2, '1', NULL);
             INSERT INTO watch (watch_id, add_sequence, service, label, region_id, operation_id, kind) VALUES
                 (1, 0, 'ros', 'p', 'all', '', 'ros-stack-groups'), (2, 0, 'ros', 'p', 'r', '', 'ros-stack-groups');
             INSERT INTO gap VALUES (1, 0, 'watch', 1, 'ros', '1', 'all', '', 1, NULL, 'denied', 1),
                 (2, 0, 'watch', 2, 'ros', '1', 'r', '', 1, NULL, 'denied', 2);
             INSERT INTO operation VALUES (1, 'ros', '1', 'r', 'a', 0), (2, 'alidns', '1', '', 'b', 0);
             INSERT INTO listing VALUES (10, 1, 1);
             INSERT INTO listing_end VALUES (10, 1, 0, 'incomplete', 'x', NULL, NULL, 12, 13, 1, 50, 3, 3, 2, 0, 0, 0, 0, 0, 0);
             INSERT INTO page_listing VALUES (11, 3, 'ListStackGroups', '1', 'r', '', NULL, 1),
                 (12, 3, 'ListStackGroupOperations', '1', 'r', 'net', NULL, 1),
                 (13, 3, 'DescribeBatchResultDetail', '1', '', '', 2, NULL), (14, 3, 'ListStackGroups', '1', 'r', '', NULL, 1);
             INSERT INTO page_listing_end VALUES (11, 0, 'incomplete', 'x', 'denied', NULL, NULL, 0, NULL, NULL, NULL, 0, 1),
                 (12, 0, 'complete', NULL, NULL, 31, 32, 1, 50, 2, 2, 2, 0),
                 (13, 0, 'incomplete', 'x', NULL, 31, 32, 1, 20, 2, 2, 1, 1);",
        )
        .unwrap();
    (home, connection)
}

#[test]
fn a_discovery_in_all_regions_is_of_each_of_them() {
    let (_home, connection) = database();
    for (region, wanted) in [("r", vec![1, 2]), ("another", vec![1])] {
        let window = Window {
            regions: vec![region.to_owned()],
            ..window(0, 100, 50)
        };
        let watches = watches::existing(&connection, &window).unwrap();
        let watches: Vec<i64> = watches.iter().map(|watch| watch.watch_id).collect();
        assert_eq!(watches, wanted, "{region}");
        let gaps = gaps::overlapping(&connection, &window).unwrap();
        assert_eq!(gaps.len(), wanted.len(), "{region}");
        let scope = Scope {
            regions: window.regions,
            ..Scope::default()
        };
        let missing = completeness::missing(&connection, &scope).unwrap();
        assert_eq!(missing.coverage_gaps, gaps.len() as i64, "{region}");
    }
}

#[test]
fn lists_of_every_kind_count_and_the_manifest_counts_the_same() {
    let (_home, connection) = database();
    let found = listings::begun(&connection, &window(0, 100, 50)).unwrap();
    assert_eq!(found.complete, [12]);
    let told = found.incomplete.iter().map(|one| {
        let started_at = one.started_at.map(|at| at.0);
        (one.action.as_str(), one.operation_id.as_deref(), started_at)
    });
    let wanted = [
        ("ListStackGroupOperationResults", Some("a"), Some(12)),
        ("ListStackGroups", None, None),
        ("DescribeBatchResultDetail", Some("b"), Some(31)),
    ];
    assert_eq!(told.collect::<Vec<_>>(), wanted);
    let Missing {
        listings_incomplete,
        ..
    } = completeness::missing(&connection, &Scope::default()).unwrap();
    assert_eq!(listings_incomplete, 3);
    // One without an answer is of the time of its run.
    let later = listings::begun(&connection, &window(30, 31, 50)).unwrap();
    let later: Vec<i64> = later.incomplete.iter().map(|one| one.listing_id).collect();
    assert_eq!(later, [11]);
}

#[test]
fn the_evidence_ends_with_its_latest_time_and_not_with_its_last_leaf() {
    let (_home, connection) = database();
    let bounds = log::bounds(&connection).unwrap();
    assert_eq!(bounds, Some((UtcMillis(0), UtcMillis(50))));
}

#[test]
fn identities_are_those_of_runs_that_overlap_the_period() {
    let (_home, connection) = database();
    for (since, until, wanted) in [
        (6, 30, vec![2]),
        (0, 100, vec![1, 2, 3]),
        (31, 100, vec![2, 3]),
    ] {
        let told = identities::told(&connection, &window(since, until, 50)).unwrap();
        let runs: Vec<i64> = told.iter().map(|one| one.run_id).collect();
        assert_eq!(runs, wanted, "{since} {until}");
    }
}

#[test]
fn what_was_asked_with_a_label_is_of_that_account() {
    let (_home, connection) = database();
    connection
        .execute_batch(
            r#"INSERT INTO leaf (sequence, record, hash) VALUES
                 (4, '{"action":"GetCallerIdentity","label":"p","requested_at":60,"received_at":61}', zeroblob(32)),
                 (5, '{"action":"GetStackGroupOperation","account":"1","requested_at":62,"received_at":63}', zeroblob(32));
             INSERT INTO exchange (sequence, run_id, attempt, outcome) VALUES (4, 2, 1, 'ok'), (5, 2, 1, 'ok');
             INSERT INTO unknown VALUES (1, 'GetCallerIdentity', 'field', 'Identity.New', 'string');
             INSERT INTO unknown_seen VALUES (1, 4);"#,
        )
        .unwrap();
    for (accounts, requests, unknowns) in [
        (vec![], 2, 1),
        (vec!["1", "p"], 2, 1),
        (vec!["p"], 1, 1),
        (vec!["1"], 2, 1),
        (vec!["2"], 0, 0),
    ] {
        let window = Window {
            accounts: accounts.iter().map(|&word| word.to_owned()).collect(),
            ..window(0, 100, 99)
        };
        let counted = requests::counted(&connection, &window).unwrap();
        let count: i64 = counted.groups.values().map(|group| group.count).sum();
        assert_eq!(count, requests, "{accounts:?}");
        let met = others::unknowns(&connection, &window).unwrap();
        assert_eq!(met.len(), unknowns, "{accounts:?}");
    }
}
