//! Where configuration comes from, flags apart: variables, files, the user. All of it is passed in, so that a
//! test needs no process of its own. And where files are looked for.
//!
//! Depends on nothing of ours.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::error::ConfigError;

/// Bytes of a configuration file, or of a list of accounts, at most: some 10,000 accounts. What is larger was
/// named by mistake.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// Where a service that runs as root, or without a home, keeps its database (Filesystem Hierarchy
/// Standard: state of programs).
const SYSTEM_DATABASE: &str = "/var/lib/optrail/optrail.db";

/// Likewise its state directory.
const SYSTEM_STATE: &str = "/var/lib/optrail/state";

/// The configuration of the machine.
const SYSTEM_FILE: &str = "/etc/optrail/optrail.toml";

/// Where configuration comes from, flags apart.
pub struct Surroundings<'a> {
    /// Reads one environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// Reads a file: all of it, or somewhat more than [`FILE_BYTES_MAX`].
    pub read: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    /// Whether the process runs as root.
    pub is_root: bool,
}

impl Surroundings<'_> {
    /// Those of this process.
    pub fn of_process() -> Surroundings<'static> {
        Surroundings {
            variable: &|name| std::env::var_os(name),
            read: &read_some,
            is_root: runs_as_root(),
        }
    }

    /// The value of a variable that is set to something.
    pub(super) fn value(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        self.value(name)
            .map(|value| value.into_string().map_err(|_| ConfigError::NotText(name)))
            .transpose()
    }

    /// The text of a file; `named_by` says in an error what it is. `None` where there is no such file.
    pub(super) fn file(&self, path: &Path, named_by: &str) -> Result<Option<String>, ConfigError> {
        let unreadable = |reason: String| ConfigError::Unreadable {
            named_by: named_by.to_owned(),
            path: path.to_owned(),
            reason,
        };
        let bytes = match (self.read)(path) {
            Ok(bytes) => bytes,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(unreadable(error.to_string())),
        };
        if bytes.len() > FILE_BYTES_MAX {
            return Err(ConfigError::TooLarge(path.to_owned()));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| unreadable("it is not UTF-8 text; save it as UTF-8".to_owned()))?;
        // Editors of other systems write a byte order mark; it is no part of the text.
        Ok(Some(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }))
    }

    /// The files in which a configuration is looked for, the first that exists being the one.
    pub(super) fn looked_for(&self) -> Vec<PathBuf> {
        let of_user = self.below_user("XDG_CONFIG_HOME", ".config", "optrail/optrail.toml");
        of_user
            .into_iter()
            .chain([PathBuf::from(SYSTEM_FILE)])
            .collect()
    }

    /// The database where nothing names one.
    pub(super) fn database(&self) -> PathBuf {
        self.below_user("XDG_DATA_HOME", ".local/share", "optrail/optrail.db")
            .unwrap_or_else(|| PathBuf::from(SYSTEM_DATABASE))
    }

    /// The state directory where nothing names one.
    pub(super) fn state_directory(&self) -> PathBuf {
        self.below_user("XDG_STATE_HOME", ".local/state", "optrail")
            .unwrap_or_else(|| PathBuf::from(SYSTEM_STATE))
    }

    /// A path below a directory of the user's: the one that a variable names, else the one that the XDG Base
    /// Directory Specification has below `HOME`. Root's `HOME` does not count: under `sudo` it may be another
    /// user's, and what root records belongs to the machine.
    fn below_user(&self, variable: &str, below_home: &str, path: &str) -> Option<PathBuf> {
        let of_home = || {
            let home = self.directory("HOME").filter(|_| !self.is_root);
            home.map(|home| home.join(below_home))
        };
        let directory = self.directory(variable).or_else(of_home)?;
        Some(directory.join(path))
    }

    /// A directory that a variable names. Relative ones do not count: the XDG Base Directory
    /// Specification has them ignored, and a cron job's working directory means nothing.
    fn directory(&self, name: &str) -> Option<PathBuf> {
        self.value(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    }
}

/// Reads no more than it takes to see that a file is too large.
fn read_some(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether the effective user is root, as Linux reports it (proc(5): `Uid:` real, effective,
/// saved, file system). Elsewhere the answer is no, and only default paths depend on it.
fn runs_as_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| effective_uid(&status) == Some(0))
}

pub(super) fn effective_uid(status: &str) -> Option<u32> {
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_ascii_whitespace().nth(1)?.parse().ok()
}
