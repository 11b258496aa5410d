//! Accounts, lists of accounts, and the watches that they declare.

use super::*;
use crate::model::UtcMillis;

const LIST: &str = "\
account_id,name,owner,environment
0000000000000001,Shop,ann,production
0000000000000002,,,
";

const FLEET: &str = r#"
[[account]]
role_arn = "acs:ram::{account_id}:role/optrail-reader"
profile = "base"
ids_file = "accounts.csv"
owner = "platform"
site = "intl"
signature = "v1"
external_id = "shared-word"
session_duration = "15m"
[account.endpoints]
ros = "https://ros.vpc-proxy.aliyuncs.com"
[[account.watch]]
kind = "ros-stack-groups"
names = ["prod-*"]
since = 2026-01-31T08:00:00Z

[[account]]
name = "lab"
role_arn = "acs:ram::0000000000000003:role/reader"
"#;

fn fleet(flags: Flags) -> Config {
    let files = [(SYSTEM, FLEET), ("/etc/optrail/accounts.csv", LIST)];
    attempt(flags, &[], &files, false).unwrap()
}

#[test]
fn a_list_makes_one_account_of_each_row() {
    let config = fleet(Flags::default());
    let [shop, second, lab] = config.configured.as_slice() else {
        panic!("{:?}", config.configured);
    };
    assert_eq!(
        *shop,
        Account {
            label: "0000000000000001".to_owned(),
            name: Some("Shop".to_owned()),
            account_id: Some("0000000000000001".to_owned()),
            owner: Some("ann".to_owned()),
            environment: Some("production".to_owned()),
            access: Access::Profile("base".to_owned()),
            role: Some(Role {
                arn: "acs:ram::0000000000000001:role/optrail-reader".to_owned(),
                external_id: Some("shared-word".to_owned()),
                session_name: "optrail".to_owned(),
                duration_seconds: 900,
            }),
            site: Site::Intl,
            endpoints: BTreeMap::from([(
                Service::Ros,
                "https://ros.vpc-proxy.aliyuncs.com".to_owned()
            )]),
            signature: SignatureVersion::V1,
            watches: vec![DeclaredWatch::RosStackGroups {
                region: "all".to_owned(),
                names: vec!["prod-*".to_owned()],
                since: UtcMillis::parse_rfc3339("2026-01-31T08:00:00Z"),
            }],
        }
    );
    assert_eq!(second.name, None);
    assert_eq!(second.owner.as_deref(), Some("platform"));
    assert_eq!(lab.label, "lab");
    assert_eq!(lab.account_id.as_deref(), Some("0000000000000003"));
    assert_eq!(lab.access, Access::Chain);
    let origin = |key: &str| config.origins.of(key).to_string();
    assert_eq!(
        origin("account.0000000000000001.owner"),
        "/etc/optrail/accounts.csv:2"
    );
    assert_eq!(
        origin("account.0000000000000002.owner"),
        "/etc/optrail/optrail.toml:6"
    );
    assert_eq!(
        origin("account.0000000000000002.watch.0.names"),
        "/etc/optrail/optrail.toml:15"
    );
}

#[test]
fn accounts_are_chosen_by_label_name_or_id() {
    let labels = |words: &[&str]| {
        let flags = Flags {
            accounts: words.iter().map(|word| (*word).to_owned()).collect(),
            ..Flags::default()
        };
        let config = fleet(flags);
        let selected = config.selected_accounts();
        selected.map(|accounts| {
            let labels = accounts.iter().map(|account| account.label.clone());
            labels.collect::<Vec<_>>()
        })
    };
    let (one, two) = ("0000000000000001", "0000000000000002");
    assert_eq!(labels(&[]).unwrap(), [one, two, "lab"]);
    assert_eq!(labels(&["lab", "Shop"]).unwrap(), [one, "lab"]);
    assert_eq!(labels(&["0000000000000003"]).unwrap(), ["lab"]);
    assert_eq!(
        labels(&["lab", "Shp"]).unwrap_err().to_string(),
        "no account 'Shp' is configured; did you mean 'Shop'?"
    );
    let error = labels(&["zzz"]).unwrap_err().to_string();
    assert!(
        error.ends_with(&format!("; known are {one}, {two}, lab")),
        "{error}"
    );
}

#[test]
fn flags_beat_what_accounts_say() {
    let config = fleet(Flags {
        signature: Some(SignatureVersion::V3),
        endpoint: Some("http://127.0.0.1:1".to_owned()),
        ..Flags::default()
    });
    let shop = &config.configured[0];
    assert_eq!(shop.signature, SignatureVersion::V3);
    let loopback = Some("http://127.0.0.1:1");
    assert_eq!(config.endpoint_of(shop, Service::Ros), loopback);

    let config = fleet(Flags::default());
    let shop = &config.configured[0];
    let of_file = config.endpoint_of(shop, Service::Ros);
    assert_eq!(of_file, Some("https://ros.vpc-proxy.aliyuncs.com"));
    assert_eq!(config.endpoint_of(shop, Service::Sts), None);
}

#[test]
fn a_profile_is_for_the_account_that_nobody_configured() {
    let flags = Flags {
        profile: Some("other".to_owned()),
        ..Flags::default()
    };
    let config = attempt(flags.clone(), &[], &[], false).unwrap();
    let access = &config.configured[0].access;
    assert_eq!(*access, Access::Profile("other".to_owned()));
    assert!(!config.has_accounts());

    let files = [(SYSTEM, "[[account]]\n")];
    let error = attempt(flags, &[], &files, false).unwrap_err();
    assert_eq!(error, ConfigError::ProfileWithAccounts("--profile"));
    let variables = [("OPTRAIL_PROFILE", "other")];
    let error = attempt(Flags::default(), &variables, &files, false).unwrap_err();
    assert_eq!(error, ConfigError::ProfileWithAccounts("OPTRAIL_PROFILE"));
    let config = of_file("[[account]]\n").unwrap();
    assert_eq!(config.configured[0].label, "default");
    assert!(config.has_accounts());
}

#[test]
fn every_kind_of_watch_is_read() {
    let config = of_file(
        r#"
        [[account]]
        [[account.watch]]
        kind = "ros"
        region = "cn-hangzhou"
        ids = ["a", "b"]
        [[account.watch]]
        kind = "cadt"
        ids = ["op_1"]
        resource_group_id = "rg-1"
        [[account.watch]]
        kind = "alidns"
        batch_type = "RR_ADD"
        [[account.watch]]
        kind = "alidns"
        task_ids = [123, "456"]
        lang = "zh"
        [[account.watch]]
        kind = "ros-stack-groups"
        region = "cn-beijing"
        "#,
    )
    .unwrap();
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        config.configured[0].watches,
        [
            DeclaredWatch::Ros {
                region: "cn-hangzhou".to_owned(),
                ids: ids(&["a", "b"]),
            },
            DeclaredWatch::Bpstudio {
                ids: ids(&["op_1"]),
                resource_group_id: Some("rg-1".to_owned()),
            },
            DeclaredWatch::Alidns {
                task_ids: Vec::new(),
                batch_type: Some("RR_ADD".to_owned()),
                lang: None,
            },
            DeclaredWatch::Alidns {
                task_ids: ids(&["123", "456"]),
                batch_type: None,
                lang: Some("zh".to_owned()),
            },
            DeclaredWatch::RosStackGroups {
                region: "cn-beijing".to_owned(),
                names: Vec::new(),
                since: None,
            },
        ]
    );
}

#[test]
fn a_list_may_come_from_a_spreadsheet() {
    let list = "\u{feff}name,account_id\r\n\"Shop, Ltd\", 1 \r\n";
    let files = [(SYSTEM, FLEET), ("/etc/optrail/accounts.csv", list)];
    let config = attempt(Flags::default(), &[], &files, false).unwrap();
    assert_eq!(config.configured[0].label, "1");
    assert_eq!(config.configured[0].name.as_deref(), Some("Shop, Ltd"));
}
