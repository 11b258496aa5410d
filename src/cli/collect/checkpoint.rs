//! What of a checkpoint is handed out: the note, or one line of it.

use crate::cli::hook::Hook;
use crate::model::{Clock as _, SystemClock};
use crate::seal::Sealed;

/// `origin size root time`, for syslog or mail.
pub(super) fn line(sealed: &Sealed) -> String {
    sealed.checkpoint.line(SystemClock.now())
}

/// The command of `--on-checkpoint`: the note is its stdin.
pub(super) fn hook<'a>(command: &'a str, sealed: &Sealed) -> Hook<'a> {
    Hook {
        option: "--on-checkpoint",
        command,
        variables: vec![
            ("OPTRAIL_ORIGIN", sealed.checkpoint.origin.clone()),
            ("OPTRAIL_EVIDENCE_SIZE", sealed.checkpoint.size.to_string()),
        ],
        stdin: sealed.note.to_string(),
    }
}
