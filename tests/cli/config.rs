//! The configuration file from outside: `init`, `config check`, `policy`, and the units in `contrib/`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::bench::{Bench, has_configuration_of_machine};

const FLEET: &str = r#"
[network]
proxy = "http://ann:hunter2@proxy:3128"
[[account]]
name = "prod"
role_arn = "acs:ram::0000000000000001:role/reader"
[[account.watch]]
kind = "ros-stack-groups"
"#;

fn with_file(text: &str) -> Bench {
    let bench = Bench::new();
    fs::write(bench.path("optrail.toml"), text).unwrap();
    bench
}

#[test]
fn init_writes_a_configuration_once() {
    let bench = Bench::new();
    let made = bench.out(&["init"]);
    let file = bench.path("config/optrail/optrail.toml");
    let state = bench.path("state/optrail");
    let told = match has_configuration_of_machine() {
        true => "configuration /etc/optrail/optrail.toml is there already".to_owned(),
        false => format!("configuration {} written", file.display()),
    };
    assert!(made.contains(&told), "{made}");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);

    fs::create_dir_all(bench.path("config/optrail")).unwrap();
    fs::write(&file, "[collect]\nevery = \"5m\"\n").unwrap();
    let again = bench.out(&["init"]);
    assert_eq!(again.matches("is there already").count(), 3, "{again}");
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "[collect]\nevery = \"5m\"\n"
    );
    let printed = bench.out(&["config", "check"]);
    assert!(
        printed.contains(&format!("every = \"5m\"  # {}:2", file.display())),
        "{printed}"
    );
}

#[test]
fn init_makes_the_file_that_is_named() {
    let bench = Bench::new();
    bench.out(&["--config", "new/optrail.toml", "init"]);
    assert!(bench.path("new/optrail.toml").is_file());
    let said = bench.complaint(1, &["--config", "gone.toml", "status"]);
    assert!(said.contains("gone.toml: there is no such file"), "{said}");
}

#[test]
fn check_prints_what_holds_and_no_secret() {
    let bench = with_file(FLEET);
    let printed = bench.out(&["--config", "optrail.toml", "config", "check"]);
    assert!(
        printed.contains("name = \"prod\"  # optrail.toml:5"),
        "{printed}"
    );
    assert!(
        printed.contains("deadline = \"50s\"  # default"),
        "{printed}"
    );
    let json = bench.out(&[
        "--config",
        "optrail.toml",
        "--endpoint",
        "http://127.0.0.1:1",
        "config",
        "check",
        "--format",
        "json",
    ]);
    assert!(
        !printed.contains("hunter2") && !json.contains("hunter2"),
        "{printed}{json}"
    );
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["file"], "optrail.toml");
    assert_eq!(json["flags"][0]["origin"], "--endpoint");
    let collect = json["tables"]
        .as_array()
        .unwrap()
        .iter()
        .find(|table| table["table"] == "collect")
        .unwrap();
    assert_eq!(collect["settings"][0]["value"], Value::Null);
}

#[test]
fn fault_66_mistakes_end_before_anything_is_done() {
    let bench = with_file("[collect]\ndedline = \"5s\"\n");
    let said = bench.complaint(1, &["--config", "optrail.toml", "collect"]);
    assert_eq!(
        said,
        "error: optrail.toml:2: unknown key 'collect.dedline'; did you mean 'deadline'?\n"
    );
    assert!(!bench.database().exists());
    let bench = with_file(FLEET);
    let said = bench.complaint(2, &["--config", "optrail.toml", "--profile", "x", "status"]);
    assert!(
        said.contains("--profile chooses credentials only where"),
        "{said}"
    );
    let check = [
        "--config",
        "optrail.toml",
        "--account",
        "prd",
        "config",
        "check",
    ];
    let said = bench.complaint(2, &check);
    assert!(said.contains("did you mean 'prod'?"), "{said}");
}

#[test]
fn the_policy_follows_from_what_is_watched() {
    let bench = with_file(FLEET);
    let policy = |arguments: &[&str]| bench.out(arguments);
    let all = policy(&["policy"]);
    for part in [
        "bpstudio:",
        "alidns:DescribeBatchResultDetail",
        "ros:ListStackGroups\"",
    ] {
        assert!(all.contains(part), "{all}");
    }
    let declared = policy(&["--config", "optrail.toml", "policy"]);
    assert!(
        declared.contains("ros:DescribeRegions") && !declared.contains("alidns"),
        "{declared}"
    );
    assert!(!declared.contains("StopStackGroupOperation"), "{declared}");
    let base = policy(&["--config", "optrail.toml", "policy", "--base"]);
    assert!(
        base.contains("acs:ram::0000000000000001:role/reader"),
        "{base}"
    );
    bench.complaint(1, &["policy", "--base"]);

    bench.out(&["watch", "add", "cadt", "op_1"]);
    let recorded = policy(&["policy", "--stop"]);
    assert!(
        recorded.contains("bpstudio:GetExecuteOperationResult"),
        "{recorded}"
    );
    assert!(
        recorded.contains("ros:StopStackGroupOperation"),
        "{recorded}"
    );
    assert!(!recorded.contains("ros:ListStackGroups\""), "{recorded}");
}

#[test]
fn fault_67_no_address_and_no_region_leads_elsewhere() {
    let bench = Bench::new();
    let add = [
        "watch",
        "add",
        "ros",
        "6da106ca-1784-4a6f-a7e1-e723863d0000",
    ];
    for region in [
        "evil.example.com/",
        "x.evil.example.com#",
        "cn-hangzhou@evil.example.com",
        "../cn-hangzhou",
        "127.0.0.1",
        "",
    ] {
        let said = bench.run(&[&add[..], &["--region", region]].concat());
        assert_eq!((said.code, &*said.out), (2, ""), "{region:?}: {said:?}");
    }
    assert!(!bench.database().exists());
    bench.out(&["watch", "add", "cadt", "op_1"]);
    for endpoint in [
        "http://100.100.100.200",
        "http://169.254.169.254/latest/meta-data",
        "http://ros.aliyuncs.com",
        "https://user:pass@ros.aliyuncs.com",
        "https://ros.aliyuncs.com/path",
        "https://ros.aliyuncs.com?x=y",
        "ftp://ros.aliyuncs.com",
        "file:///etc/passwd",
    ] {
        let said = bench.run(&["--endpoint", endpoint, "collect"]);
        assert!(matches!(said.code, 1 | 2), "{endpoint}: {said:?}");
        assert!(said.err.contains("endpoint"), "{endpoint}: {said:?}");
        assert!(!said.err.contains("pass@"), "{said:?}");
    }
    bench.verifies();
}
