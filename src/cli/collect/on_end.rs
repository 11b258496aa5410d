//! `--on-end`: a command of the user's after each run. It gets the summary and nothing secret, and what
//! becomes of it changes nothing.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::cli::Exit;
use crate::collect::{RoundEnd, Stopping, summary_line};

/// How long the command may take: it sends a message; runs of a minute's schedule must not pile up.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// How the names of variables begin that hold keys, tokens, or where to get them.
const SECRET_PREFIXES: [&str; 4] = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_", "ALIYUN_"];

/// Runs the command. Tells why it failed, if it did.
pub(super) async fn run(
    command: &str,
    end: &RoundEnd,
    exit: Exit,
    stopping: &Stopping,
) -> Result<(), String> {
    let failed = |reason: String| format!("the --on-end command failed: {reason}");
    let ran = tokio::time::timeout(TIME_LIMIT, feed(command, end, exit));
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
async fn feed(command: &str, end: &RoundEnd, exit: Exit) -> std::io::Result<ExitStatus> {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .env("OPTRAIL_RUN_ID", end.row.run_id.to_string())
        .env("OPTRAIL_OUTCOME", &end.row.outcome)
        .env("OPTRAIL_EXIT", exit.code().to_string())
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
        let line = format!("{}\n", summary_line(end));
        // A command that reads nothing is no failure.
        let _ = stdin.write_all(line.as_bytes()).await;
    }
    child.wait().await
}
