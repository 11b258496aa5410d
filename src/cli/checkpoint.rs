//! `optrail checkpoint`.

use clap::Args;

use super::output::{DataFormat, to_stdout};
use super::{Exit, renewal, sealing};
use crate::config::Config;
use crate::export::escape::terminal;
use crate::model::{Clock as _, SystemClock};
use crate::record::Recorder;

/// Sign the evidence as it stands, and print that
///
/// A checkpoint (a C2SP signed note: origin, size, root, signature) stands for all evidence before it. Kept by
/// somebody else it shows later that nothing of it was changed, removed or written anew: `verify --checkpoint
/// FILE --key KEY`. Each run is sealed by one anyway; `collect --on-checkpoint CMD` hands it out.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail checkpoint > checkpoint-2026-11-22
  optrail checkpoint --line | mail -s 'evidence' auditor@example.com
  optrail checkpoint --public-key

Exit status: 0 done, 1 it cannot be signed, 3 the database is older than its checkpoint, or another one.")]
pub struct CheckpointArgs {
    /// One line instead: origin, size, root in base64, time
    #[arg(long, conflicts_with = "public_key")]
    pub line: bool,

    /// The public key instead: what `verify --key` takes
    #[arg(long)]
    pub public_key: bool,
}

/// Signs, and prints.
pub fn run(args: &CheckpointArgs, config: &Config) -> anyhow::Result<Exit> {
    sealing::guard_writing(config)?;
    renewal::renew_under_lock(config)?;
    let recorder = Recorder::open(&config.database)?;
    let sealed = sealing::seal_now(config, &recorder)?;
    if args.line || args.public_key {
        let text = match args.line {
            true => sealed.checkpoint.line(SystemClock.now()),
            false => sealed.vkey.to_string(),
        };
        to_stdout(DataFormat::Escaped, |out| {
            Ok(writeln!(out, "{}", terminal(&text))?)
        })?;
    } else {
        // To the byte: a terminal's copy is verified, too. A note has no control characters.
        let note = sealed.note.to_string();
        to_stdout(DataFormat::Escaped, |out| {
            Ok(out.write_all(note.as_bytes())?)
        })?;
    }
    Ok(Exit::Done)
}
