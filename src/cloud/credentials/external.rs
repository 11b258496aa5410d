//! A program that prints credentials, named by a profile of mode External. It is run without a shell.

use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;
use zeroize::Zeroizing;

use super::context::Context;
use super::{CredentialsError, Lease, answer, command_line};

/// How long the program may run, as in the official CLI.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Most that is read of what it prints: credentials are some 2 KB.
const OUTPUT_LIMIT_BYTES: u64 = 64 * 1024;

/// The program.
pub(super) struct External {
    words: Vec<String>,
    origin: String,
    time_limit: Duration,
}

/// Without the command, whose arguments may hold a secret.
impl fmt::Debug for External {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("External")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl External {
    /// The program of a profile; `place` says in words which.
    pub(super) fn parse(command: &str, place: &str) -> Result<Self, CredentialsError> {
        let words = command_line::words(command).ok_or_else(|| CredentialsError::Setting {
            origin: format!("process_command of {place}"),
            reason: "it is empty or leaves a quote open".to_owned(),
        })?;
        Ok(Self {
            words,
            origin: format!("the program of {place}"),
            time_limit: TIME_LIMIT,
        })
    }

    /// Another limit, for a test that can't wait.
    #[cfg(test)]
    pub(super) fn within(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Runs it and reads what it prints.
    pub(super) async fn fetch(&self, context: &Context) -> Result<Lease, CredentialsError> {
        let printed = tokio::time::timeout(self.time_limit, self.run())
            .await
            .map_err(|_| self.failed(format!("it ran longer than {:?}", self.time_limit)))??;
        let lease = answer::read_printed(&printed, &self.origin)?;
        answer::not_ended(lease, context.clock.now())
    }

    /// What the program printed, if it ended well. It is killed if it doesn't end in time. What it says on
    /// stderr is not read: it may hold anything.
    async fn run(&self) -> Result<Zeroizing<Vec<u8>>, CredentialsError> {
        let Some((program, arguments)) = self.words.split_first() else {
            return Err(self.failed("it has no name".to_owned()));
        };
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.failed(format!("it cannot be started ({error})")))?;
        let mut printed = Zeroizing::new(Vec::new());
        if let Some(stdout) = child.stdout.take() {
            let mut limited = stdout.take(OUTPUT_LIMIT_BYTES);
            let read = limited.read_to_end(&mut printed).await;
            read.map_err(|error| self.failed(format!("its output cannot be read ({error})")))?;
        }
        let status = child.wait().await;
        let status = status.map_err(|error| self.failed(format!("it was lost ({error})")))?;
        if !status.success() {
            return Err(self.failed(format!("it ended with {status}")));
        }
        Ok(printed)
    }

    fn failed(&self, reason: String) -> CredentialsError {
        CredentialsError::Process {
            origin: self.origin.clone(),
            reason,
        }
    }
}
