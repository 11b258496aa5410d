//! `init` and `watch`: what is to be recorded.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::bench::{Bench, said};
use super::story::{BATCH, ROS};

/// The columns of a watch that say what was typed.
const TYPED: &str = "select watch_id, service, label, region_id, operation_id, batch_type, lang, resource_group_id, declared_started_at, origin, added_by, state from watches order by watch_id";

#[test]
fn init_makes_a_database_once() {
    let bench = Bench::new();
    let made = bench.out(&["init"]);
    assert!(made.contains("created"), "{made}");
    let path = bench.database();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let genesis = "select json_extract(record, '$.log') as log from leaf where sequence = 0";
    let log = bench.out(&["sql", genesis]);
    let log_id = log.lines().nth(1).unwrap();
    assert!(
        log_id.len() == 32 && log_id.bytes().all(|b| b.is_ascii_hexdigit()),
        "{log}"
    );

    let again = bench.out(&["init"]);
    assert!(again.contains("is there already"), "{again}");
    assert_eq!(bench.out(&["sql", genesis]), log);
    bench.verifies();
}

#[test]
fn watches_of_three_services_are_added_once() {
    let bench = Bench::new();
    let added = bench.out(&[
        "watch",
        "add",
        "ros",
        "--region",
        "cn-hangzhou",
        ROS,
        "b",
        ROS,
    ]);
    assert_eq!(
        added,
        format!(
            "watch 1 added: ros cn-hangzhou {ROS}\nwatch 2 added: ros cn-hangzhou b\nwatch 1 is there already: ros cn-hangzhou {ROS}\n"
        )
    );
    bench.out(&["watch", "add", "ros", "--region", "cn-beijing", "b"]);
    bench.out(&[
        "watch",
        "add",
        "cadt",
        "op_1",
        "--resource-group-id",
        "rg-1",
        "--declared-started-at",
        "2026-01-31T16:00:00+08:00",
    ]);
    bench.out(&["watch", "add", "alidns", "--task-id", BATCH, "--lang", "zh"]);
    bench.out(&[
        "watch",
        "add",
        "alidns",
        "--task-id",
        "7",
        "--batch-type",
        "RR_ADD",
    ]);
    let again = bench.out(&["watch", "add", "alidns", "--task-id", BATCH, "--lang", "zh"]);
    assert_eq!(again, format!("watch 5 is there already: alidns {BATCH}\n"));
    assert_eq!(
        bench.out(&["sql", TYPED]),
        format!(
            "watch_id,service,label,region_id,operation_id,batch_type,lang,resource_group_id,declared_started_at,origin,added_by,state\n\
             1,ros,default,cn-hangzhou,{ROS},,,,,command,ann,active\n\
             2,ros,default,cn-hangzhou,b,,,,,command,ann,active\n\
             3,ros,default,cn-beijing,b,,,,,command,ann,active\n\
             4,bpstudio,default,\"\",op_1,,,rg-1,2026-01-31T08:00:00.000Z,command,ann,active\n\
             5,alidns,default,\"\",{BATCH},,zh,,,command,ann,active\n\
             6,alidns,default,\"\",7,RR_ADD,en,,,command,ann,active\n"
        )
    );
    bench.verifies();
}

#[test]
fn a_watch_that_asks_otherwise_is_not_the_same() {
    let bench = Bench::new();
    bench.out(&[
        "watch",
        "add",
        "alidns",
        "--task-id",
        "7",
        "--batch-type",
        "RR_ADD",
    ]);
    let complaint = bench.complaint(
        1,
        &[
            "watch",
            "add",
            "alidns",
            "--task-id",
            "7",
            "--batch-type",
            "RR_DEL",
        ],
    );
    assert!(
        complaint.contains("watch 1 on alidns 7 is there already")
            && complaint.contains("batch type RR_ADD, not RR_DEL"),
        "{complaint}"
    );
    let complaint = bench.complaint(
        1,
        &[
            "watch",
            "add",
            "alidns",
            "--task-id",
            "7",
            "--batch-type",
            "RR_ADD",
            "--lang",
            "zh",
        ],
    );
    assert!(complaint.contains("language en, not zh"), "{complaint}");
    bench.out(&["watch", "add", "cadt", "op"]);
    let complaint = bench.complaint(
        1,
        &["watch", "add", "cadt", "op", "--resource-group-id", "rg"],
    );
    assert!(
        complaint.contains("resource group none, not rg"),
        "{complaint}"
    );
}

#[test]
fn an_answer_names_its_operation() {
    let bench = Bench::new();
    let pipe = |answer: &str, more: &[&str]| {
        let arguments = [&["watch", "add", "--from-answer", "-"], more].concat();
        said(bench.command(&arguments).write_stdin(answer))
    };
    let ros = pipe(
        &format!(r#"{{"RequestId":"R","OperationId":"{ROS}"}}"#),
        &["--region", "cn-hangzhou"],
    );
    assert_eq!((ros.code, ros.err.as_str()), (0, ""));
    let cadt = pipe(
        r#"{"Code":"200","Data":"op_1","Message":""}"#,
        &["--region", "cn-hangzhou"],
    );
    assert_eq!(cadt.out, "watch 2 added: bpstudio op_1\n");
    fs::write(bench.path("answer.json"), r#"{"TaskId":9007199254740993}"#).unwrap();
    bench.out(&["watch", "add", "--from-answer", "answer.json"]);
    let watched = bench.out(&[
        "sql",
        "select service, region_id, operation_id, lang, origin from watches order by watch_id",
    ]);
    assert_eq!(
        watched,
        format!(
            "service,region_id,operation_id,lang,origin\n\
             ros,cn-hangzhou,{ROS},,answer\n\
             bpstudio,\"\",op_1,,answer\n\
             alidns,\"\",9007199254740993,en,answer\n"
        )
    );
    let failed = pipe(r#"{"Code":"StackGroupNotFound","Message":"gone"}"#, &[]);
    assert_eq!(failed.code, 1);
    assert!(
        failed.err.contains("StackGroupNotFound: gone"),
        "{}",
        failed.err
    );
    let flood = pipe(&"x".repeat(2 << 20), &[]);
    assert_eq!(flood.code, 1);
    bench.verifies();
}

#[test]
fn a_region_comes_from_the_flag_the_profile_or_the_environment() {
    let bench = Bench::new();
    let complaint = bench.complaint(1, &["watch", "add", "ros", "a"]);
    assert!(complaint.contains("--region"), "{complaint}");
    assert!(!bench.database().exists());

    fs::create_dir(bench.path(".aliyun")).unwrap();
    let profiles = r#"{"current": "a", "profiles": [{"name": "a", "region_id": "cn-a"}, {"name": "b", "region_id": "cn-b"}]}"#;
    fs::write(bench.path(".aliyun/config.json"), profiles).unwrap();
    let add = |arguments: &[&str], variable: &str| {
        let arguments = [&["watch", "add", "ros", "id"], arguments].concat();
        said(
            bench
                .command(&arguments)
                .env("ALIBABA_CLOUD_REGION_ID", variable),
        )
        .out
    };
    assert_eq!(add(&[], ""), "watch 1 added: ros cn-a id\n");
    assert_eq!(add(&[], "cn-env"), "watch 2 added: ros cn-env id\n");
    assert_eq!(
        add(&["--profile", "b"], "cn-env"),
        "watch 3 added: ros cn-b id\n"
    );
    assert_eq!(
        add(&["--region", "cn-x", "--profile", "b"], "cn-env"),
        "watch 4 added: ros cn-x id\n"
    );
}

#[test]
fn a_stop_takes_the_region_that_a_watch_would_take() {
    let bench = Bench::new();
    bench.out(&["init"]);
    fs::create_dir(bench.path(".aliyun")).unwrap();
    let profiles = r#"{"current": "a", "profiles": [{"name": "a", "region_id": "cn-a"}, {"name": "b", "region_id": "No Region"}]}"#;
    fs::write(bench.path(".aliyun/config.json"), profiles).unwrap();
    let account = "[[account]]\nname = \"prod\"\nprofile = \"b\"\n";
    fs::write(bench.path("x.toml"), account).unwrap();
    let typed = ["--config", "x.toml", "watch", "add", "ros", "id"];
    let by_watch = bench.complaint(1, &typed);
    let typed = ["--config", "x.toml", "stop", "id", "--reason", "x", "--yes"];
    assert_eq!(bench.complaint(1, &typed), by_watch);
    assert!(
        by_watch.contains("names the region 'No Region'"),
        "{by_watch}"
    );
}

#[test]
fn a_watch_is_removed_by_its_number_or_its_operation() {
    let bench = Bench::new();
    bench.out(&["watch", "add", "ros", "--region", "cn-a", "x", "y"]);
    bench.out(&["watch", "add", "ros", "--region", "cn-b", "x"]);
    bench.out(&["watch", "add", "alidns", "--task-id", "1"]);

    let complaint = bench.complaint(1, &["watch", "remove", "x", "--reason", "test run"]);
    assert!(
        complaint.contains("watch:1 (ros cn-a x), watch:3 (ros cn-b x)"),
        "{complaint}"
    );
    let complaint = bench.complaint(1, &["watch", "remove", "1", "--reason", "test run"]);
    assert!(complaint.contains("watch:4 (alidns 1)"), "{complaint}");
    bench.complaint(2, &["watch", "remove", "y"]);

    assert_eq!(
        bench.out(&["watch", "remove", "watch:1", "--reason", "test run"]),
        "watch 1 removed: ros cn-a x\n"
    );
    bench.out(&["watch", "remove", "y", "--reason", "test run"]);
    bench.complaint(1, &["watch", "remove", "y", "--reason", "test run"]);
    assert_eq!(
        bench.out(&[
            "sql",
            "select watch_id, state, removed_by, removal_reason from watches"
        ]),
        "watch_id,state,removed_by,removal_reason\n1,removed,ann,test run\n2,removed,ann,test run\n3,active,,\n4,active,,\n"
    );
    // Watched again, it is another watch.
    assert_eq!(
        bench.out(&["watch", "add", "ros", "--region", "cn-a", "x"]),
        "watch 5 added: ros cn-a x\n"
    );
    bench.verifies();
}

#[test]
fn the_list_shows_what_is_watched_still() {
    let bench = Bench::with_story();
    bench.out(&["watch", "add", "cadt", "op_\u{1b}[2J"]);
    bench.out(&["watch", "remove", BATCH, "--reason", "done"]);
    let list = bench.out(&["watch", "list"]);
    let lines: Vec<&str> = list.lines().skip(2).collect();
    assert_eq!(lines.len(), 3, "{list}");
    for (line, words) in lines.iter().zip([
        ["1  ros cn-hangzhou", ROS, "settled", "command"],
        ["2  bpstudio", "op_1a2b3c", "settled", "command"],
        ["4  bpstudio", "op_\\u{1b}[2J", "active", "command"],
    ]) {
        for word in words {
            assert!(line.contains(word), "{word}: {line}");
        }
    }
    bench.verifies();
}

#[test]
fn only_what_adds_a_watch_makes_a_database() {
    let bench = Bench::new();
    for arguments in [
        &["watch", "list"][..],
        &["watch", "remove", "x", "--reason", "y"],
        &["status"],
        &["show", "x"],
        &["export", "operations"],
        &["sql", "select 1"],
        &["verify"],
        &["rebuild"],
    ] {
        let complaint = bench.complaint(1, arguments);
        assert!(
            complaint.starts_with("error: no database at "),
            "{complaint}"
        );
        assert!(complaint.contains("`optrail watch add`"), "{complaint}");
    }
    let files = fs::read_dir(bench.path("")).unwrap().count();
    assert_eq!(files, 0);
}

#[test]
fn accounts_cannot_be_chosen_while_none_is_configured() {
    let bench = Bench::new();
    let complaint = bench.complaint(2, &["watch", "add", "cadt", "op", "--account", "prod"]);
    assert!(complaint.contains("no account 'prod'"), "{complaint}");
}
