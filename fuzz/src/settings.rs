//! The configuration file, the list of accounts and the table of watches.

use std::io;
use std::path::Path;
use std::sync::OnceLock;

use optrail::cli::watch::import;
use optrail::config::{Config, Flags, Surroundings, Table, settings, to_toml};

use crate::{CANARY, text};

const FILE: &str = "/fuzz/optrail.toml";

/// What a file and whatever it names amount to.
fn resolve(file: &[u8], other: &[u8]) -> Result<Config, String> {
    let read = |path: &Path| match path {
        path if path == Path::new(FILE) => Ok(file.to_vec()),
        // One list is enough: a file may name the same one a hundred thousand times.
        _ => Ok(other.to_vec()),
    };
    resolve_by(&read)
}

fn resolve_by(read: &dyn Fn(&Path) -> io::Result<Vec<u8>>) -> Result<Config, String> {
    let around = Surroundings {
        variable: &|_| None,
        read,
        is_root: false,
    };
    let flags = Flags {
        config: Some(FILE.into()),
        ..Flags::default()
    };
    Config::resolve(flags, &around).map_err(|error| error.to_string())
}

/// What is set, without where it comes from.
fn values(tables: &[Table]) -> Vec<String> {
    let lines = to_toml(tables);
    let without_origin = |line: &str| match line.rsplit_once("  # ") {
        Some((setting, _)) => setting.to_owned(),
        None => line.to_owned(),
    };
    lines.lines().map(without_origin).collect()
}

/// What can be used is printed, and read again it is the same. What is wrong is said without what the file says.
pub fn config(bytes: &[u8]) {
    let (file, list) = match bytes.iter().position(|byte| *byte == 0xff) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &b"account_id\n1234567890123456\n"[..]),
    };
    let config = match resolve(file, list) {
        Ok(config) => config,
        Err(error) => {
            assert!(!error.contains(CANARY), "{error}");
            return;
        }
    };
    let printed = to_toml(&settings(&config));
    match resolve(printed.as_bytes(), list) {
        Ok(again) => assert_eq!(values(&settings(&again)), values(&settings(&config))),
        // Of a list of accounts, and of a password, what is printed is not the whole.
        Err(error) => assert!(
            text(file).is_some_and(|text| text.contains("ids_file") || text.contains("proxy")),
            "{error}\n{printed}"
        ),
    }
}

/// A list of accounts. An id that is taken is one that the list has.
pub fn accounts(bytes: &[u8]) {
    let file =
        b"[[account]]\nids_file = \"list.csv\"\nrole_arn = \"acs:ram::{account_id}:role/r\"\n";
    match resolve(file, bytes) {
        Ok(config) => {
            let list = text(bytes).expect("a list is text");
            for account in &config.configured {
                assert!(account.words().all(|word| !word.is_empty()));
                assert!(!list.is_empty());
            }
        }
        Err(error) => assert!(error.len() < 8_192, "a message of {} bytes", error.len()),
    }
}

/// A table of watches, with two accounts that it may name.
pub fn watches(bytes: &[u8]) {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let file = b"[[account]]\nname = \"prod\"\nprofile = \"p\"\n[[account]]\nname = \"test\"\nprofile = \"t\"\n";
        resolve(file, b"").expect("a configuration")
    });
    let Some(text) = text(bytes) else { return };
    let lines = text.lines().count() + text.matches('\r').count();
    match import::read(text, config) {
        Ok(wanted) => assert!(wanted.len() <= 2 * lines),
        Err(complaints) => {
            assert!(!complaints.is_empty());
            assert!(complaints.len() <= 2 * lines + 1);
        }
    }
}
