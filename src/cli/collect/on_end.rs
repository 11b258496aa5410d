//! What a command of `--on-end` gets: the summary, and how the run ended.

use crate::cli::Exit;
use crate::cli::hook::Hook;
use crate::collect::{RoundEnd, summary_line};

/// The command, with what it is told.
pub(super) fn hook<'a>(command: &'a str, end: &RoundEnd, exit: Exit) -> Hook<'a> {
    Hook {
        option: "--on-end",
        command,
        variables: vec![
            ("OPTRAIL_RUN_ID", end.row.run_id.to_string()),
            ("OPTRAIL_OUTCOME", end.row.outcome.to_string()),
            ("OPTRAIL_EXIT", exit.code().to_string()),
        ],
        stdin: format!("{}\n", summary_line(end)),
    }
}
