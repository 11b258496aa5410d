//! Commands of the user's: `--on-end` and `--on-checkpoint`. They get text on stdin and nothing secret, and
//! what becomes of them changes nothing.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::collect::Stopping;

/// How long a command may take: it sends a message; runs of a minute's schedule must not pile up.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// How the names of variables begin that hold keys, tokens, or where to get them.
const SECRET_PREFIXES: [&str; 4] = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_", "ALIYUN_"];

/// A command of the user's.
pub(super) struct Hook<'a> {
    /// The option that names it.
    pub(super) option: &'static str,
    /// What `sh -c` gets.
    pub(super) command: &'a str,
    /// Variables beside those of our own environment that are no secrets.
    pub(super) variables: Vec<(&'static str, String)>,
    /// What it gets on stdin.
    pub(super) stdin: String,
}

impl Hook<'_> {
    /// Runs the command. Tells why it failed, if it did.
    pub(super) async fn run(&self, stopping: &Stopping) -> Result<(), String> {
        let failed = |reason: String| format!("the {} command failed: {reason}", self.option);
        let ran = tokio::time::timeout(TIME_LIMIT, self.feed());
        let was_stopping = stopping.signal().is_some();
        let ran = tokio::select! {
            ran = ran => ran,
            // The signal that ended the run does not end what tells of it; a later one does.
            () = stopping.stopped(), if !was_stopping => {
                return Err(failed("a signal came before it ended".to_owned()));
            }
        };
        match ran {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(failed(status.to_string())),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed(format!(
                "it took more than {} s and was killed",
                TIME_LIMIT.as_secs()
            ))),
        }
    }

    /// Dropped before it is done, it kills the command.
    async fn feed(&self) -> std::io::Result<ExitStatus> {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", self.command])
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            // stdout carries our data alone.
            .stdout(Stdio::from(std::io::stderr()))
            .kill_on_drop(true);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if SECRET_PREFIXES
                .iter()
                .any(|prefix| text.starts_with(prefix))
            {
                shell.env_remove(&name);
            }
        }
        let mut child = shell.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that reads nothing is no failure.
            let _ = stdin.write_all(self.stdin.as_bytes()).await;
        }
        child.wait().await
    }
}
