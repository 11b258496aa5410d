//! Precedence and defaults, with an environment and files made up for each test.
#![allow(clippy::unwrap_used)]

mod check;
mod fleet;
mod mistakes;

use std::ffi::OsString;
use std::io;

use super::around::effective_uid;
use super::*;

/// Reads from files that are only in memory.
fn attempt(
    flags: Flags,
    variables: &[(&str, &str)],
    files: &[(&str, &str)],
    is_root: bool,
) -> Result<Config, ConfigError> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| OsString::from(value))
    };
    let read = |path: &Path| {
        let found = files.iter().find(|(known, _)| Path::new(known) == path);
        match found {
            Some((_, text)) => Ok(text.as_bytes().to_vec()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    };
    let around = Surroundings {
        variable: &variable,
        read: &read,
        is_root,
    };
    Config::resolve(flags, &around)
}

/// The configuration of one file, which lies where the machine's does.
fn of_file(text: &str) -> Result<Config, ConfigError> {
    attempt(Flags::default(), &[], &[(SYSTEM, text)], false)
}

const SYSTEM: &str = "/etc/optrail/optrail.toml";

fn resolve(flags: Flags, variables: &[(&str, &str)], is_root: bool) -> Config {
    attempt(flags, variables, &[], is_root).unwrap()
}

fn database_of(variables: &[(&str, &str)], is_root: bool) -> String {
    let config = resolve(Flags::default(), variables, is_root);
    config.database.to_string_lossy().into_owned()
}

#[test]
fn an_empty_environment_is_enough() {
    let expected = Config {
        database: PathBuf::from("/var/lib/optrail/optrail.db"),
        state_directory: PathBuf::from("/var/lib/optrail/state"),
        file: None,
        file_to_make: PathBuf::from(SYSTEM),
        every: None,
        deadline: Duration::from_secs(50),
        concurrency: 8,
        caps: BTreeMap::new(),
        network: Network::default(),
        cloud_time: CloudTime::default(),
        configured: vec![Account::unnamed(Access::Chain, SignatureVersion::V3)],
        accounts: Vec::new(),
        profile: None,
        endpoint: None,
        signature: SignatureVersion::V3,
        color: ColorPolicy::Auto,
        log_format: LogFormat::Text,
        verbosity: Verbosity::Normal,
        zone: Zone::default(),
        origins: Origins::default(),
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
fn files_are_looked_for_in_order() {
    let of = |flags: Flags, variables: &[(&str, &str)], is_root| {
        let files: Vec<_> = [
            "/flag.toml",
            "/variable.toml",
            "/xdg/optrail/optrail.toml",
            "/home/ada/.config/optrail/optrail.toml",
            SYSTEM,
        ]
        .map(|path| (path, "database = \"x\""))
        .to_vec();
        let config = attempt(flags, variables, &files, is_root).unwrap();
        config.file.unwrap().display().to_string()
    };
    let flag = Flags {
        config: Some(PathBuf::from("/flag.toml")),
        ..Flags::default()
    };
    let none = Flags::default;
    let variable = ("OPTRAIL_CONFIG", "/variable.toml");
    let (xdg, home) = (("XDG_CONFIG_HOME", "/xdg"), ("HOME", "/home/ada"));
    assert_eq!(of(flag, &[variable, xdg, home], false), "/flag.toml");
    assert_eq!(of(none(), &[variable, xdg, home], false), "/variable.toml");
    assert_eq!(of(none(), &[xdg, home], false), "/xdg/optrail/optrail.toml");
    assert_eq!(
        of(none(), &[home], false),
        "/home/ada/.config/optrail/optrail.toml"
    );
    assert_eq!(of(none(), &[home], true), SYSTEM);
    assert_eq!(of(none(), &[], false), SYSTEM);
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let flag = Flags {
        config: Some(PathBuf::from("/gone.toml")),
        ..Flags::default()
    };
    let error = attempt(flag.clone(), &[], &[], false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the configuration that --config names, /gone.toml: there is no such file; `optrail init` makes one"
    );
    let variables = [("OPTRAIL_CONFIG", "/gone.toml")];
    assert!(attempt(Flags::default(), &variables, &[], false).is_err());
    let making = Flags {
        makes_config: true,
        ..flag
    };
    let config = attempt(making, &[], &[], false).unwrap();
    assert_eq!(config.file, None);
    assert_eq!(config.file_to_make, Path::new("/gone.toml"));
}

#[test]
fn a_file_that_is_there_must_be_readable() {
    let around = Surroundings {
        variable: &|_| None,
        read: &|_| Err(io::ErrorKind::PermissionDenied.into()),
        is_root: false,
    };
    let error = Config::resolve(Flags::default(), &around).unwrap_err();
    assert!(error.to_string().contains(SYSTEM), "{error}");
}

#[test]
fn the_file_stands_between_environment_and_default() {
    let files = [(
        SYSTEM,
        "database = \"trail.db\"\n[state]\ndirectory = \"/s\"\n",
    )];
    let home = ("HOME", "/home/ada");
    let of =
        |variables: &[(&str, &str)]| attempt(Flags::default(), variables, &files, false).unwrap();
    assert_eq!(of(&[home]).database, Path::new("/etc/optrail/trail.db"));
    assert_eq!(of(&[home]).state_directory, Path::new("/s"));
    let with_variable = of(&[home, ("OPTRAIL_DB", "/v.db")]);
    assert_eq!(with_variable.database, Path::new("/v.db"));
    assert_eq!(
        *with_variable.origins.of("database"),
        Origin::Variable("OPTRAIL_DB")
    );
    let flags = Flags {
        database: Some(PathBuf::from("/f.db")),
        ..Flags::default()
    };
    let with_flag = attempt(flags, &[("OPTRAIL_DB", "/v.db")], &files, false).unwrap();
    assert_eq!(with_flag.database, Path::new("/f.db"));
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

#[test]
fn a_variable_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStringExt;
    let variable = |name: &str| (name == "OPTRAIL_PROFILE").then(|| OsString::from_vec(vec![0xff]));
    let around = Surroundings {
        variable: &variable,
        read: &|_| Err(io::ErrorKind::NotFound.into()),
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
