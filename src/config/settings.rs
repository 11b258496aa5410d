//! A resolved configuration as a list of settings with their origins, and that list as TOML.
//!
//! What it writes reads back as the same configuration, but for passwords in addresses, which are masked, and
//! for flags that no key stands for. Depends on `model` alone.

use super::values::{duration_text, masked_url, zone_text};
use super::{Access, Account, Config, DeclaredWatch, Proxy};

/// The value of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing is set.
    Unset,
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A list of texts.
    List(Vec<String>),
}

/// One key with its value and where that came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The key within its table.
    pub key: &'static str,
    /// The value, without secrets.
    pub value: Value,
    /// A flag, a variable, FILE:LINE or `default`.
    pub origin: String,
}

/// A table of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// As it is written: empty, `[collect]`, `[[account]]`.
    pub header: &'static str,
    /// Its settings.
    pub settings: Vec<Setting>,
}

/// Every setting of a configuration, table by table.
pub fn settings(config: &Config) -> Vec<Table> {
    let of = |header, prefix: &'static str, settings: Vec<(&'static str, Value)>| Table {
        header,
        settings: located(config, prefix, settings),
    };
    let caps = super::file::services().map(|(word, service)| {
        let cap = config.caps.get(&service).copied();
        (word, cap.map_or(Value::Unset, Value::Number))
    });
    let proxy = match &config.network.proxy {
        Proxy::None => String::new(),
        Proxy::Environment => "environment".to_owned(),
        Proxy::Url(url) => masked_url(url),
    };
    let ca_file = config.network.ca_file.as_ref();
    let zone = |minutes: Option<i32>| optional(minutes.map(zone_text));
    let mut tables = vec![
        of("", "", vec![("database", path(&config.database))]),
        of(
            "[state]",
            "state",
            vec![("directory", path(&config.state_directory))],
        ),
        of(
            "[collect]",
            "collect",
            vec![
                ("every", optional(config.every.map(duration_text))),
                ("deadline", text(duration_text(config.deadline))),
                ("concurrency", Value::Integer(i64::from(config.concurrency))),
            ],
        ),
        of("[limits]", "limits", caps.to_vec()),
        of(
            "[network]",
            "network",
            vec![
                ("proxy", text(proxy)),
                ("ca_file", ca_file.map_or_else(|| text(""), |p| path(p))),
            ],
        ),
        of(
            "[cloud_time]",
            "cloud_time",
            vec![("alidns", zone(config.cloud_time.alidns))],
        ),
    ];
    for account in &config.configured {
        tables.extend(of_account(config, account));
    }
    tables
}

fn of_account(config: &Config, account: &Account) -> Vec<Table> {
    let prefix = format!("account.{}", account.label);
    let role = account.role.as_ref();
    let profile = match &account.access {
        Access::Chain => None,
        Access::Profile(name) => Some(name.clone()),
    };
    let seconds = role.map(|role| u64::from(role.duration_seconds));
    let session_duration = seconds.map(|s| duration_text(std::time::Duration::from_secs(s)));
    let settings = vec![
        ("name", text(&account.label)),
        ("account_id", optional(account.account_id.clone())),
        ("owner", optional(account.owner.clone())),
        ("environment", optional(account.environment.clone())),
        ("profile", optional(profile)),
        ("role_arn", optional(role.map(|role| role.arn.clone()))),
        (
            "external_id",
            optional(role.and_then(|role| role.external_id.clone())),
        ),
        (
            "session_name",
            optional(role.map(|role| role.session_name.clone())),
        ),
        ("session_duration", optional(session_duration)),
        ("site", text(account.site.as_str())),
        ("signature", text(account.signature.as_str())),
    ];
    let mut settings = located(config, &prefix, settings);
    for setting in &mut settings {
        overridden(config, setting);
    }
    let mut tables = vec![Table {
        header: "[[account]]",
        settings,
    }];
    if !account.endpoints.is_empty() {
        let endpoint = |(word, service)| {
            let address = account.endpoints.get(&service)?;
            Some((word, text(masked_url(address))))
        };
        let endpoints = super::file::services().into_iter().filter_map(endpoint);
        tables.push(Table {
            header: "[account.endpoints]",
            settings: located(config, &format!("{prefix}.endpoints"), endpoints.collect()),
        });
    }
    for (index, watch) in account.watches.iter().enumerate() {
        tables.push(Table {
            header: "[[account.watch]]",
            settings: located(config, &format!("{prefix}.watch.{index}"), of_watch(watch)),
        });
    }
    tables
}

/// What a flag or a variable decides for every account has its origin there.
fn overridden(config: &Config, setting: &mut Setting) {
    let key = match setting.key {
        "profile" if !config.has_accounts() => "profile",
        "signature" => "signature",
        _ => return,
    };
    let origin = config.origins.of(key);
    if *origin != super::Origin::Default {
        setting.origin = origin.to_string();
    }
}

fn of_watch(watch: &DeclaredWatch) -> Vec<(&'static str, Value)> {
    let mut settings = vec![("kind", text(watch.kind()))];
    settings.extend(match watch {
        DeclaredWatch::RosStackGroups {
            region,
            names,
            since,
        } => vec![
            ("region", text(region)),
            ("names", Value::List(names.clone())),
            ("since", optional(since.map(|since| since.to_string()))),
        ],
        DeclaredWatch::Ros { region, ids } => {
            vec![("region", text(region)), ("ids", Value::List(ids.clone()))]
        }
        DeclaredWatch::Bpstudio {
            ids,
            resource_group_id,
        } => vec![
            ("ids", Value::List(ids.clone())),
            ("resource_group_id", optional(resource_group_id.clone())),
        ],
        DeclaredWatch::Alidns {
            task_ids,
            batch_type,
            lang,
        } => vec![
            ("task_ids", Value::List(task_ids.clone())),
            ("batch_type", optional(batch_type.clone())),
            ("lang", optional(lang.clone())),
        ],
    });
    settings
}

fn located(config: &Config, prefix: &str, settings: Vec<(&'static str, Value)>) -> Vec<Setting> {
    let locate = |(key, value): (&'static str, Value)| {
        let dotted = match prefix {
            "" => key.to_owned(),
            prefix => format!("{prefix}.{key}"),
        };
        Setting {
            key,
            value,
            origin: config.origins.of(&dotted).to_string(),
        }
    };
    settings.into_iter().map(locate).collect()
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn optional(text: Option<String>) -> Value {
    text.map_or(Value::Unset, Value::Text)
}

fn path(path: &std::path::Path) -> Value {
    Value::Text(path.display().to_string())
}

/// Settings as a TOML document, each with its origin as a comment; what is not set is a comment too.
pub fn to_toml(tables: &[Table]) -> String {
    let mut document = String::new();
    for table in tables {
        if !table.header.is_empty() {
            document.push('\n');
            document.push_str(table.header);
            document.push('\n');
        }
        for Setting { key, value, origin } in &table.settings {
            let origin = printable(origin);
            let line = match value {
                Value::Unset => format!("# {key} is not set\n"),
                value => format!("{key} = {}  # {origin}\n", toml_value(value)),
            };
            document.push_str(&line);
        }
    }
    document
}

fn toml_value(value: &Value) -> String {
    match value {
        Value::Unset => String::new(),
        Value::Text(text) => quoted(text),
        Value::Integer(number) => number.to_string(),
        // `{:?}` keeps the point that TOML wants in a float.
        Value::Number(number) => format!("{number:?}"),
        Value::List(texts) => {
            let items: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
            format!("[{}]", items.join(", "))
        }
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A text that ends no comment.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "?")
}
