//! `watch import`: a table of watches, all of it or nothing.

use std::fs;

use super::bench::{Bench, said};

const ADDED: &str = "select service, region_id, operation_id, kind, batch_type, origin from watches order by watch_id";

fn import(bench: &Bench, table: &str) -> super::bench::Said {
    said(
        bench
            .command(&["watch", "import", "-"])
            .write_stdin(table.to_owned()),
    )
}

#[test]
fn a_table_is_imported_once() {
    let bench = Bench::new();
    // As a spreadsheet saves it: a byte order mark, CRLF, columns in its own order.
    let table = "\u{feff}operation_id,service,region_id,batch_type,account\r\n\
        a,ros,cn-a,,\r\n\
        ,ros-stack-groups,all,,default\r\n\
        op_1,cadt,,,\r\n\
        9007199254740993,alidns,,RR_ADD,\r\n\
        ,alidns,,RR_DEL,\r\n";
    fs::write(bench.path("watches.csv"), table).unwrap();
    let added = bench.out(&["watch", "import", "watches.csv"]);
    assert_eq!(
        added
            .lines()
            .filter(|line| line.contains(" added: "))
            .count(),
        5,
        "{added}"
    );
    assert_eq!(
        bench.out(&["sql", ADDED]),
        "service,region_id,operation_id,kind,batch_type,origin\n\
         ros,cn-a,a,,,import\n\
         ros,all,\"\",ros-stack-groups,,import\n\
         bpstudio,\"\",op_1,,,import\n\
         alidns,\"\",9007199254740993,,RR_ADD,import\n\
         alidns,\"\",\"\",,RR_DEL,import\n"
    );
    let again = bench.out(&["watch", "import", "watches.csv"]);
    assert_eq!(again.matches(" is there already: ").count(), 5, "{again}");
    bench.verifies();
}

#[test]
fn every_bad_line_is_named_and_nothing_is_added() {
    let bench = Bench::new();
    let table = "service,region_id,operation_id,batch_type,account\n\
        ros,cn-a,good,,\n\
        ros,cn-a,,,\n\
        oss,,x,,\n\
        alidns,,1.23457E+15,,\n\
        alidns,,12x,,\n\
        alidns,,12,RR_NEW,\n\
        bpstudio,cn-a,op,,\n\
        ros-stack-groups,all,op,,\n\
        ros,cn a,op,,\n\
        ros,all,op,,\n\
        cadt,,op,,prod\n\
        cadt,,op\n\
        cadt,,op_1E5,,\n";
    let said = import(&bench, table);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    for line in 3..=13 {
        assert!(
            said.err.contains(&format!("line {line}: ")),
            "{line}: {}",
            said.err
        );
    }
    for line in [2, 14] {
        assert!(
            !said.err.contains(&format!("line {line}: ")),
            "{line}: {}",
            said.err
        );
    }
    assert!(
        said.err.contains("a spreadsheet has rounded operation_id"),
        "{}",
        said.err
    );
    assert!(!bench.database().exists());
}

#[test]
fn a_header_that_is_none_is_not_repeated() {
    let bench = Bench::new();
    let of = |header: &str| import(&bench, &format!("{header}\nros,cn-a,good\n")).err;
    let unknown = of("service,region,operation_id");
    assert!(
        unknown.contains("line 1: there is no column 'region'; the header is service,region_id,"),
        "{unknown}"
    );
    let secret = of("service,aliyun_access_key_secret = hunter2,x");
    assert!(
        secret.contains("line 1: there is no column like number 2 (not repeated here,"),
        "{secret}"
    );
    assert!(!secret.contains("hunter2"), "{secret}");
    assert!(of("service;region_id").contains("separate columns by commas"));
    assert!(!bench.database().exists());
}

#[test]
fn a_table_that_contradicts_itself_or_what_is_there_adds_nothing() {
    let bench = Bench::new();
    let said = import(
        &bench,
        "service,operation_id,batch_type\nalidns,7,RR_ADD\nalidns,7,RR_DEL\n",
    );
    assert!(
        said.err.contains("line 3: line 2 names the same task"),
        "{}",
        said.err
    );
    bench.out(&[
        "watch",
        "add",
        "alidns",
        "--task-id",
        "7",
        "--batch-type",
        "RR_ADD",
    ]);
    let said = import(
        &bench,
        "service,operation_id,batch_type\nalidns,8,\nalidns,7,RR_DEL\n",
    );
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("batch type RR_ADD, not RR_DEL"),
        "{}",
        said.err
    );
    assert_eq!(
        bench.out(&["sql", "select count(*) from watches"]),
        "count(*)\n1\n"
    );
}

#[test]
fn a_header_says_what_columns_mean() {
    let bench = Bench::new();
    for (table, word) in [
        ("service,id\nros,a\n", "'id'"),
        ("operation_id\na\n", "lacks the column service"),
        ("service,service\nros,a\n", "twice"),
        ("service;operation_id\nros;a\n", "by commas"),
        ("", "lacks the column service"),
    ] {
        let said = import(&bench, table);
        assert_eq!(said.code, 1, "{table}");
        assert!(said.err.contains(word), "{table}: {}", said.err);
    }
}
