//! A file with a hundred thousand gaps is read at once.

use std::time::{Duration, Instant};

use optrail::store::aside::open_aside;
use optrail::store::views;

/// Gaps in the file.
const GAPS: i64 = 100_000;

/// Far more than it takes, and far less than a plan that walks would (debug build, busy machine).
const ENOUGH: Duration = Duration::from_secs(20);

#[test]
fn a_hundred_thousand_gaps_are_read_at_once() {
    let mut connection = open_aside().unwrap();
    views::install(&mut connection).unwrap();
    let number =
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)";
    connection
        .execute(
            &format!(
                "{number} INSERT INTO gap (gap_id, sequence, subject, watch_id, service, account_id, region_id,
                     operation_id, run_id, exchange, cause, gap_from)
                 SELECT n, n, 'operation', n % 100, 'bpstudio', '1', '', 'op-' || (n % 100), n, NULL, 'throttled', n
                 FROM number"
            ),
            [GAPS],
        )
        .unwrap();
    connection
        .execute(
            &format!(
                "{number} INSERT INTO gap_end (gap_id, sequence, how, gap_until, run_id)
                 SELECT n, n, 'seen', n + 1, n FROM number WHERE n <= ?1 - 100"
            ),
            [GAPS],
        )
        .unwrap();
    connection
        .execute(
            &format!(
                "{number} INSERT INTO missed_look (watch_id, run_id, op, sequence, at, cause)
                 SELECT n % 100, n, NULL, n, n, 'throttled' FROM number"
            ),
            [GAPS],
        )
        .unwrap();
    let began = Instant::now();
    let (rows, words): (i64, i64) = connection
        .query_row(
            "SELECT count(*), sum(length(detail)) FROM coverage_gaps",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(rows, GAPS);
    assert!(words > rows);
    let one: i64 = connection
        .query_row(
            "SELECT count(*) FROM coverage_gaps WHERE watch_id = 7 AND gap_until IS NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(one, 1);
    assert!(began.elapsed() < ENOUGH, "{:?}", began.elapsed());
}
