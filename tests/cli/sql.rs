//! `sql` reads, and nothing else.

use super::bench::{Bench, said};

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

#[test]
fn a_statement_may_come_from_a_file_or_stdin() {
    let bench = Bench::with_story();
    std::fs::write(bench.path("q.sql"), "-- how many\nSELECT 40 + 2 AS n;\n").unwrap();
    assert_eq!(bench.out(&["sql", "--file", "q.sql"]), "n\n42\n");
    let mut command = bench.command(&["sql", "-"]);
    let answer = said(command.write_stdin("SELECT 1 AS one"));
    assert_eq!((answer.code, answer.out.as_str()), (0, "one\n1\n"));
    let complaint = bench.complaint(1, &["sql", "--file", "none.sql"]);
    assert!(complaint.contains("none.sql"), "{complaint}");
    bench.complaint(2, &["sql"]);
    bench.complaint(2, &["sql", "--file", "q.sql", "SELECT 1"]);
}

#[test]
fn rows_and_time_have_a_limit_where_one_is_given() {
    let bench = Bench::with_story();
    let numbers = "with recursive n(i) as (values (1) union all select i + 1 from n where i < 5000) select i from n";
    assert_eq!(bench.out(&["sql", numbers]).lines().count(), 5001);
    assert_eq!(
        bench.out(&["sql", "--limit", "0", numbers]).lines().count(),
        5001
    );
    let few = ["sql", "--limit", "2", "--format", "json", numbers];
    assert_eq!(bench.out(&few), "[\n{\"i\":1},\n{\"i\":2}\n]\n");
    let endless =
        "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n";
    let said = bench.run(&["sql", "--timeout", "100ms", endless]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("--timeout 10m"), "{}", said.err);
}

#[test]
fn equal_names_are_told_apart_in_json() {
    let bench = Bench::with_story();
    let sql = "select 1 as a, 2 as a";
    assert_eq!(
        bench.out(&["sql", "--format", "jsonl", sql]),
        "{\"a\":1,\"a_2\":2}\n"
    );
    assert_eq!(bench.out(&["sql", sql]), "a,a\n1,2\n");
}

#[test]
fn the_schema_is_explained_without_a_database() {
    let bench = Bench::new();
    for format in ["text", "json", "sql", "datasette", "duckdb"] {
        let said = bench.out(&["schema", "--format", format, "operations", "timeline"]);
        assert!(said.contains("status_timeline"), "{format}: {said}");
    }
    assert!(!bench.database().exists());
    let document: serde_json::Value =
        serde_json::from_str(&bench.out(&["schema", "--format", "json"])).unwrap();
    assert!(document["views"].as_array().unwrap().len() > 30);
    let complaint = bench.complaint(2, &["schema", "operation"]);
    assert!(complaint.contains("did you mean operations"), "{complaint}");
}
