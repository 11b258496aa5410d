//! Commands of the user's: `--on-end` and `--on-checkpoint`. They get text on stdin and nothing secret, and
//! what becomes of them changes nothing.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use rustix::process::{Pid, Signal, kill_process_group};

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
        self.run_within(TIME_LIMIT, stopping).await
    }

    async fn run_within(&self, limit: Duration, stopping: &Stopping) -> Result<(), String> {
        let failed = |reason: String| format!("the {} command failed: {reason}", self.option);
        let ran = tokio::time::timeout(limit, self.feed());
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
                limit.as_secs()
            ))),
        }
    }

    /// Dropped before it is done, it kills the command and whatever that has started.
    async fn feed(&self) -> std::io::Result<ExitStatus> {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", self.command])
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            // stdout carries our data alone.
            .stdout(Stdio::from(std::io::stderr()))
            .process_group(0)
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
        // Dropped before the child is, whose number is nobody else's until then.
        let group = Group::of(child.id());
        if let Some(mut stdin) = child.stdin.take() {
            // A command that reads nothing is no failure.
            let _ = stdin.write_all(self.stdin.as_bytes()).await;
        }
        let status = child.wait().await;
        group.leave();
        status
    }
}

/// The processes of a command: the shell, and what it has started. Dropped before [`leave`](Self::leave), it kills
/// them: a pipeline that goes on would keep our stderr open, and whoever reads that would wait for it.
struct Group(Option<Pid>);

impl Group {
    /// That of a process which leads one.
    fn of(leader: Option<u32>) -> Self {
        let number = leader.and_then(|number| i32::try_from(number).ok());
        Self(number.and_then(Pid::from_raw))
    }

    /// Lets go on what the command has left behind.
    fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // Where all of them have ended there is nothing to kill.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// Whether a process runs: it is there, and no zombie that nobody has asked about.
    fn lives(number: &str) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{number}/stat"));
        stat.is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
    }

    #[tokio::test]
    async fn what_takes_too_long_is_killed_with_all_that_it_has_started() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("number");
        let command = format!(
            "(echo $(exec sh -c 'echo $PPID') > {}; sleep 4321) | cat",
            file.display()
        );
        let hook = Hook {
            option: "--on-end",
            command: &command,
            variables: Vec::new(),
            stdin: String::new(),
        };
        let limit = Duration::from_secs(1);
        let said = hook
            .run_within(limit, &Stopping::default())
            .await
            .unwrap_err();
        assert!(
            said.ends_with("it took more than 1 s and was killed"),
            "{said}"
        );
        let number = std::fs::read_to_string(&file).unwrap();
        assert!(!number.trim().is_empty());
        let patience = Instant::now() + Duration::from_secs(10);
        while lives(number.trim()) && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!lives(number.trim()), "{number}");
    }
}
