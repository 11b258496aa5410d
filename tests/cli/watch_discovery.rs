//! Watches that find operations, and accounts that they are for.

use std::fs;

use super::bench::{Bench, has_configuration_of_machine, said};

/// A configuration of two accounts; the second has its region in a profile.
fn bench_of_two() -> Bench {
    let bench = Bench::new();
    fs::create_dir(bench.path("config")).unwrap();
    fs::create_dir(bench.path("config/optrail")).unwrap();
    fs::write(
        bench.path("config/optrail/optrail.toml"),
        "[[account]]\nname = \"prod\"\nrole_arn = \"acs:ram::1234567890123456:role/reader\"\n\
         [[account]]\nname = \"test\"\nprofile = \"t\"\n",
    )
    .unwrap();
    fs::create_dir(bench.path(".aliyun")).unwrap();
    let profiles =
        r#"{"current": "x", "profiles": [{"name": "x"}, {"name": "t", "region_id": "cn-t"}]}"#;
    fs::write(bench.path(".aliyun/config.json"), profiles).unwrap();
    bench
}

#[test]
fn stack_groups_and_last_tasks_are_watched_once() {
    let bench = Bench::new();
    let groups = ["watch", "add", "ros-stack-groups", "--region", "all"];
    assert_eq!(
        bench.out(&groups),
        "watch 1 added: ros stack groups in all\n"
    );
    let named = [
        &groups[..],
        &["--name", "b*", "--name", "a?", "--name", "b*"],
    ]
    .concat();
    assert_eq!(
        bench.out(&named),
        "watch 2 added: ros stack groups in all a? b*\n"
    );
    // The order of patterns means nothing.
    let turned = [&groups[..], &["--name", "a?", "--name", "b*"]].concat();
    assert_eq!(
        bench.out(&turned),
        "watch 2 is there already: ros stack groups in all a? b*\n"
    );
    assert_eq!(
        bench.out(&["watch", "add", "alidns"]),
        "watch 3 added: alidns last task\n"
    );
    let kinds = [
        "watch",
        "add",
        "alidns",
        "--batch-type",
        "RR_ADD",
        "--batch-type",
        "RR_DEL",
    ];
    assert_eq!(
        bench.out(&kinds),
        "watch 4 added: alidns last task RR_ADD\nwatch 5 added: alidns last task RR_DEL\n"
    );
    let again = bench.out(&["watch", "add", "alidns", "--batch-type", "RR_DEL"]);
    assert_eq!(again, "watch 5 is there already: alidns last task RR_DEL\n");
    let other = ["watch", "add", "alidns", "--lang", "zh"];
    let complaint = bench.complaint(1, &other);
    assert!(complaint.contains("language en, not zh"), "{complaint}");
    bench.complaint(
        2,
        &[
            "watch",
            "add",
            "alidns",
            "--task-id",
            "1",
            "--batch-type",
            "RR_ADD",
            "--batch-type",
            "RR_DEL",
        ],
    );
    bench.complaint(2, &["watch", "add", "ros", "--region", "all", "x"]);
    let list = bench.out(&["watch", "list"]);
    assert!(
        list.contains("    2  ros all  groups a? b*      active  command\n"),
        "{list}"
    );
    assert!(
        list.contains("    4  alidns   last task RR_ADD  active  command\n"),
        "{list}"
    );
    bench.verifies();
}

#[test]
fn a_time_before_now_means_the_same_watch_when_typed_again() {
    let bench = Bench::new();
    let groups = [
        "watch",
        "add",
        "ros-stack-groups",
        "--region",
        "cn-a",
        "--since",
    ];
    bench.out(&[&groups[..], &["30d"]].concat());
    for since in ["30d", "-30d", "yesterday"] {
        let again = bench.out(&[&groups[..], &[since]].concat());
        assert!(again.starts_with("watch 1 is there already"), "{again}");
    }
    let complaint = bench.complaint(1, &[&groups[..], &["2026-01-31"]].concat());
    assert!(
        complaint.contains("not 2026-01-31T00:00:00.000Z; remove it first"),
        "{complaint}"
    );
    let shanghai = ["2026-01-31 08:00", "--tz", "+08:00"];
    let complaint = bench.complaint(1, &[&groups[..], &shanghai[..]].concat());
    assert!(
        complaint.contains("not 2026-01-31T00:00:00.000Z; remove it first"),
        "{complaint}"
    );
    bench.complaint(2, &[&groups[..], &["tomorrow"]].concat());
}

#[test]
fn an_id_is_of_one_account_and_discovery_of_all() {
    let bench = bench_of_two();
    let complaint = bench.complaint(2, &["watch", "add", "cadt", "op"]);
    assert!(complaint.contains("--account: prod, test"), "{complaint}");
    let both = [
        "watch",
        "add",
        "cadt",
        "op",
        "--account",
        "prod",
        "--account",
        "test",
    ];
    bench.complaint(2, &both);
    bench.complaint(2, &["watch", "add", "cadt", "op", "--account", "nobody"]);
    assert_eq!(
        bench.out(&[
            "watch",
            "add",
            "cadt",
            "op",
            "--account",
            "1234567890123456"
        ]),
        "watch 1 added: bpstudio op (account prod)\n"
    );
    assert_eq!(
        bench.out(&["watch", "add", "alidns"]),
        "watch 2 added: alidns last task (account prod)\nwatch 3 added: alidns last task (account test)\n"
    );
    // The region is that of the account's own profile.
    assert_eq!(
        bench.out(&["watch", "add", "ros-stack-groups", "--account", "test"]),
        "watch 4 added: ros stack groups in cn-t (account test)\n"
    );
    bench.complaint(
        1,
        &["watch", "add", "ros-stack-groups", "--account", "prod"],
    );
    let answer = ["watch", "add", "--from-answer", "-", "--account", "test"];
    let piped = said(bench.command(&answer).write_stdin(r#"{"OperationId":"o"}"#));
    assert_eq!(piped.out, "watch 5 added: ros cn-t o (account test)\n");
    let list = bench.out(&["watch", "list"]);
    assert!(list.contains("    5  test     ros cn-t  o"), "{list}");
    bench.verifies();
}

#[test]
fn the_first_watch_does_what_init_does() {
    let bench = Bench::new();
    bench.out(&["watch", "add", "alidns"]);
    let is_written = bench.path("config/optrail/optrail.toml").exists();
    assert_ne!(is_written, has_configuration_of_machine());
    assert!(bench.path("state/optrail").is_dir());

    // Where that cannot be, the database is enough.
    let bench = Bench::new();
    fs::write(bench.path("config"), "a file where a directory should be").unwrap();
    fs::write(bench.path("state"), "another").unwrap();
    let added = bench.run(&["watch", "add", "alidns"]);
    assert_eq!((added.code, added.err.lines().count()), (0, 1), "{added:?}");
    assert!(
        added.err.contains("not sealed by a checkpoint"),
        "{added:?}"
    );
    assert!(bench.database().exists());
}

#[test]
fn what_the_configuration_declares_is_removed_there() {
    let bench = Bench::new();
    let config = "[[account]]\nname = \"prod\"\n[[account.watch]]\nkind = \"alidns\"\n";
    fs::write(bench.path("optrail.toml"), config).unwrap();
    // Nobody answers there; that the watch is declared is kept before anybody is asked.
    let arguments = [
        "--config",
        "optrail.toml",
        "--endpoint",
        "http://127.0.0.1:9",
        "collect",
        "--deadline",
        "1s",
    ];
    let mut command = bench.command(&arguments);
    command
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret");
    assert_eq!(said(&mut command).code, 1);
    let list = bench.out(&["watch", "list"]);
    assert!(list.contains("configuration"), "{list}");
    let complaint = bench.complaint(1, &["watch", "remove", "1", "--reason", "test"]);
    assert!(complaint.contains("remove it there"), "{complaint}");
}

#[test]
fn an_account_of_a_list_is_called_by_its_name_too() {
    let bench = Bench::new();
    let config =
        "[[account]]\nids_file = \"list.csv\"\nrole_arn = \"acs:ram::{account_id}:role/r\"\n";
    fs::write(bench.path("optrail.toml"), config).unwrap();
    let list = "account_id,name\n1234567890123456,payments\n1234567890123457,search\n";
    fs::write(bench.path("list.csv"), list).unwrap();
    let with_config =
        |arguments: &[&str]| bench.out(&[&["--config", "optrail.toml"], arguments].concat());
    with_config(&["watch", "add", "alidns"]);
    let list = with_config(&["watch", "list", "--account", "search"]);
    assert!(
        list.contains("1234567890123457  alidns   last task"),
        "{list}"
    );
    assert!(!list.contains("1234567890123456"), "{list}");
    let status = with_config(&["status", "--account", "search"]);
    assert!(status.contains("Watches   1: 1 active"), "{status}");
}
