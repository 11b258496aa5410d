//! Precedence and defaults, with an environment made up for each test.
#![allow(clippy::unwrap_used)]

use super::*;

fn resolve(flags: Flags, variables: &[(&str, &str)], is_root: bool) -> Config {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| OsString::from(value))
    };
    let around = Surroundings {
        variable: &variable,
        is_root,
    };
    Config::resolve(flags, &around).unwrap()
}

fn database_of(variables: &[(&str, &str)], is_root: bool) -> String {
    let config = resolve(Flags::default(), variables, is_root);
    config.database.to_string_lossy().into_owned()
}

#[test]
fn an_empty_environment_is_enough() {
    let expected = Config {
        database: PathBuf::from("/var/lib/optrail/optrail.db"),
        accounts: Vec::new(),
        profile: None,
        endpoint: None,
        signature: SignatureVersion::V3,
        color: ColorPolicy::Auto,
        log_format: LogFormat::Text,
        verbosity: Verbosity::Normal,
    };
    assert_eq!(resolve(Flags::default(), &[], false), expected);
}

#[test]
fn the_database_is_looked_for_in_order() {
    let home = ("HOME", "/home/ada");
    let data = ("XDG_DATA_HOME", "/data");
    let chosen = ("OPTRAIL_DB", "trail.db");
    assert_eq!(database_of(&[home, data, chosen], false), "trail.db");
    assert_eq!(
        database_of(&[home, data], false),
        "/data/optrail/optrail.db"
    );
    assert_eq!(
        database_of(&[home], false),
        "/home/ada/.local/share/optrail/optrail.db"
    );
    assert_eq!(database_of(&[home], true), "/var/lib/optrail/optrail.db");
    assert_eq!(database_of(&[home, data], true), "/data/optrail/optrail.db");
}

#[test]
fn empty_and_relative_directories_do_not_count() {
    let home = ("HOME", "/home/ada");
    let expected = "/home/ada/.local/share/optrail/optrail.db";
    assert_eq!(database_of(&[home, ("XDG_DATA_HOME", "")], false), expected);
    assert_eq!(
        database_of(&[home, ("XDG_DATA_HOME", "data")], false),
        expected
    );
    assert_eq!(database_of(&[home, ("OPTRAIL_DB", "")], false), expected);
    assert_eq!(
        database_of(&[("HOME", "")], false),
        "/var/lib/optrail/optrail.db"
    );
}

#[test]
fn a_flag_beats_the_environment() {
    let flags = Flags {
        database: Some(PathBuf::from("/flag.db")),
        profile: Some("flag".to_owned()),
        ..Flags::default()
    };
    let variables = [
        ("OPTRAIL_DB", "/variable.db"),
        ("OPTRAIL_PROFILE", "variable"),
        ("OPTRAIL_ENDPOINT", "http://127.0.0.1:1"),
    ];
    let config = resolve(flags, &variables, false);
    assert_eq!(config.database, Path::new("/flag.db"));
    assert_eq!(config.profile.as_deref(), Some("flag"));
    assert_eq!(config.endpoint.as_deref(), Some("http://127.0.0.1:1"));
}

#[test]
fn no_color_is_heard_unless_a_flag_speaks() {
    let policy = |flag, variables: &[(&str, &str)]| {
        let flags = Flags {
            color: flag,
            ..Flags::default()
        };
        resolve(flags, variables, false).color
    };
    assert_eq!(policy(None, &[("NO_COLOR", "1")]), ColorPolicy::Never);
    assert_eq!(policy(None, &[("NO_COLOR", "")]), ColorPolicy::Auto);
    assert_eq!(policy(None, &[("TERM", "dumb")]), ColorPolicy::Never);
    let always = Some(ColorPolicy::Always);
    assert_eq!(policy(always, &[("NO_COLOR", "1")]), ColorPolicy::Always);
    assert!(ColorPolicy::Auto.allows(true) && !ColorPolicy::Auto.allows(false));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStringExt;
    let variable = |name: &str| (name == "OPTRAIL_PROFILE").then(|| OsString::from_vec(vec![0xff]));
    let around = Surroundings {
        variable: &variable,
        is_root: false,
    };
    assert_eq!(
        Config::resolve(Flags::default(), &around),
        Err(ConfigError::NotText("OPTRAIL_PROFILE"))
    );
}

#[test]
fn the_lock_lies_beside_the_database() {
    assert_eq!(lock_path(Path::new("/a/b.db")), Path::new("/a/b.db.lock"));
}

#[test]
fn the_effective_user_is_the_second_of_four() {
    let status = "Name:\toptrail\nUid:\t1000\t0\t1000\t0\nGid:\t1\t1\t1\t1\n";
    assert_eq!(effective_uid(status), Some(0));
    assert_eq!(effective_uid("Name:\toptrail\n"), None);
}
