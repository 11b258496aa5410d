//! A fresh directory, and the binary run in it with nothing of the tester's environment.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// The configuration of the machine, which counts for whoever has none of his own: where optrail is in use it is there,
/// and no test may put it away.
pub fn has_configuration_of_machine() -> bool {
    Path::new("/etc/optrail/optrail.toml").exists()
}

/// A place to run the binary in.
pub struct Bench {
    directory: TempDir,
}

/// How a run ended, and what it said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Bench {
    pub fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    /// A bench whose database holds the recorded story.
    pub fn with_story() -> Self {
        let bench = Self::new();
        super::story::record(&bench.database());
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.path("optrail.db")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_optrail"));
        command
            .env_clear()
            .env("HOME", self.directory.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("USER", "ann")
            .env("OPTRAIL_DB", self.database())
            .current_dir(self.directory.path())
            .args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    /// What a run says that must succeed without a word on stderr.
    pub fn out(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!(
            (said.code, said.err.as_str()),
            (0, ""),
            "{arguments:?}: {}",
            said.out
        );
        said.out
    }

    /// The complaint of a run that must fail with this code and print no data.
    pub fn complaint(&self, code: i32, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!(
            (said.code, said.out.as_str()),
            (code, ""),
            "{arguments:?}: {}",
            said.err
        );
        said.err
    }

    /// Everything that was recorded is as it was written.
    pub fn verifies(&self) {
        let said = self.out(&["verify"]);
        assert!(said.starts_with("all agrees: "), "{said}");
    }
}

pub fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
