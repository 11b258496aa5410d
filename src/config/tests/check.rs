//! What `config check` prints reads back as the same configuration.

use super::*;

const FULL: &str = r#"
database = "/d\"b"
[state]
directory = "/s"
[collect]
every = "90s"
deadline = "20s"
concurrency = 3
[limits]
ros = 20
alidns = 0.5
[network]
proxy = "environment"
ca_file = "/ca.pem"
[cloud_time]
alidns = "+08:00"
[[account]]
name = "prod"
role_arn = "acs:ram::1:role/x"
environment = "production"
site = "intl"
[account.endpoints]
sts = "https://sts-vpc.cn-hangzhou.aliyuncs.com"
[[account.watch]]
kind = "ros-stack-groups"
names = ["a*"]
since = "2026-01-31T16:00:00+08:00"
[[account.watch]]
kind = "alidns"
task_ids = [1]
[[account]]
name = "lab"
profile = "lab"
"#;

fn without_origins(config: Config) -> Config {
    Config {
        origins: Origins::default(),
        ..config
    }
}

#[test]
fn what_is_printed_reads_back() {
    let config = of_file(FULL).unwrap();
    let printed = to_toml(&settings(&config));
    let again = of_file(&printed).unwrap();
    assert_eq!(without_origins(again.clone()), without_origins(config));
    let strip = |text: &str| {
        let lines = text
            .lines()
            .map(|l| l.split("  # ").next().unwrap_or(l).to_owned());
        lines.collect::<Vec<_>>()
    };
    assert_eq!(strip(&to_toml(&settings(&again))), strip(&printed));
}

#[test]
fn each_value_says_where_it_came_from() {
    let variables = [("OPTRAIL_DB", "/v.db")];
    let config = attempt(Flags::default(), &variables, &[(SYSTEM, FULL)], false).unwrap();
    let printed = to_toml(&settings(&config));
    for line in [
        "database = \"/v.db\"  # OPTRAIL_DB",
        "every = \"90s\"  # /etc/optrail/optrail.toml:6",
        "# sts is not set",
        "ros = 20.0  # /etc/optrail/optrail.toml:10",
        "signature = \"v3\"  # default",
        "profile = \"lab\"  # /etc/optrail/optrail.toml:33",
        "since = \"2026-01-31T08:00:00.000Z\"  # /etc/optrail/optrail.toml:27",
    ] {
        assert!(printed.lines().any(|l| l == line), "{line}\n{printed}");
    }
}

#[test]
fn passwords_in_addresses_are_masked() {
    let text = r#"
        [network]
        proxy = "http://u:hunter2@proxy:3128"
        [[account]]
        [account.endpoints]
        ros = "https://u:hunter2@host"
        "#;
    let config = of_file(text).unwrap();
    let url = "http://u:hunter2@proxy:3128".to_owned();
    assert_eq!(config.network.proxy, Proxy::Url(url));
    assert!(!format!("{:?}", config.network).contains("hunter2"));
    let printed = to_toml(&settings(&config));
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(printed.contains("http://***@proxy:3128"), "{printed}");
}

#[test]
fn the_example_of_the_documentation_is_understood() {
    let text = crate::config::EXAMPLE;
    let config = of_file(text).unwrap();
    assert_eq!(
        without_origins(config.clone()),
        without_origins(Config {
            file: Some(PathBuf::from(SYSTEM)),
            ..attempt(Flags::default(), &[], &[], false).unwrap()
        }),
        "all of it is commented out"
    );
    // Uncommented, all of it is understood.
    let keys = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if rest.starts_with('[') || rest.contains(" = ") => rest,
        _ => line,
    });
    let active = keys.collect::<Vec<_>>().join("\n");
    let list = ("/etc/optrail/accounts.csv", "account_id\n1\n");
    let files = [(SYSTEM, active.as_str()), list];
    let config = attempt(Flags::default(), &[], &files, false).unwrap();
    assert!(config.has_accounts() && config.every.is_some());
    assert!(
        config
            .configured
            .iter()
            .any(|account| account.watches.len() > 1)
    );
}
