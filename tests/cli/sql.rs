//! `sql` reads, and nothing else.

use super::bench::Bench;

#[test]
fn a_select_is_answered_in_every_format() {
    let bench = Bench::with_story();
    let sql = "select status, count(*) as n, null as nil from results group by status order by 1";
    assert_eq!(
        bench.out(&["sql", sql]),
        "status,n,nil\nFAILED,1,\nSUCCEEDED,1,\n"
    );
    assert_eq!(
        bench.out(&["query", "--format", "jsonl", sql]),
        "{\"status\":\"FAILED\",\"n\":1,\"nil\":null}\n{\"status\":\"SUCCEEDED\",\"n\":1,\"nil\":null}\n"
    );
    let table = bench.out(&["sql", "--format", "table", sql]);
    assert!(table.ends_with("SUCCEEDED  1  -\n"), "{table}");
    let recursive = "with recursive n(i) as (values (1) union all select i + 1 from n where i < 3) select sum(i) as s from n";
    assert_eq!(bench.out(&["sql", recursive]), "s\n6\n");
}

#[test]
fn nothing_can_be_written_or_reached() {
    let bench = Bench::with_story();
    let before = std::fs::read(bench.database()).unwrap();
    for sql in [
        "INSERT INTO unknown (action, kind, name, value) VALUES ('x', 'word', 'y', 'z')",
        "UPDATE derivation SET derived_through = -1",
        "DELETE FROM leaf",
        "DROP VIEW operations",
        "CREATE TEMP TABLE t (a)",
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'copy.db'",
        "PRAGMA writable_schema = 1",
        "PRAGMA query_only = 0",
        "BEGIN IMMEDIATE",
        "REINDEX",
        "SELECT 1; DELETE FROM leaf",
    ] {
        let complaint = bench.complaint(2, &["sql", sql]);
        assert!(complaint.contains("only a SELECT"), "{sql}: {complaint}");
    }
    let complaint = bench.complaint(2, &["sql", "SELECT 1; SELECT 2"]);
    assert!(complaint.contains("one statement"), "{complaint}");
    assert_eq!(before, std::fs::read(bench.database()).unwrap());
    assert!(!bench.path("copy.db").exists() && !bench.path("other.db").exists());
    bench.verifies();
}

#[test]
fn what_cannot_be_understood_is_said() {
    let bench = Bench::with_story();
    let complaint = bench.complaint(2, &["sql", "select nil from operations"]);
    assert!(complaint.contains("no such column: nil"), "{complaint}");
    let complaint = bench.complaint(2, &["sql", "selct 1"]);
    assert!(complaint.contains("near \"selct\""), "{complaint}");
}
