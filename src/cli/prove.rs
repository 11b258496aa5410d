//! `optrail prove`.

mod attached;

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context as _;
use clap::{ArgGroup, Args};

use super::output::{AtomicFile, DataFormat, complaint, message, to_stdout};
use super::values::{region, some_text};
use super::{Exit, UsageError, renewal, sealing, show};
use crate::config::{Config, Verbosity};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::digest::Digest;
use crate::evidence::note::Note;
use crate::export::escape::terminal;
use crate::prove::{Asked, Bundle, ProveError, Request, SAMPLE_MAX, Summary, VERIFIER, is_seed};
use crate::record::Recorder;
use crate::seal::{BadNews, LogState, SealError};
use crate::store::{Connection, StoreError, as_of, custody, open};

/// Write a bundle that a third party checks with python3 and openssl
///
/// One tar file: the leaves on which the rows of an operation rest (or everything of some runs, or a sample of all
/// operations), a proof for each that leads to a signed checkpoint, the answers themselves, the rows, and verify.py,
/// which checks all of it. It needs the public key, which the reader must have from elsewhere (`optrail checkpoint
/// --public-key`), and best a checkpoint that they kept. The same evidence and the same command give the same bytes.
///
/// Bodies are answers as they came. Those about CADT operations may hold customers' secrets in Message and Arguments.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = after_help())]
#[command(group = ArgGroup::new("what").required(true))]
pub struct ProveArgs {
    /// One operation; a prefix will do if only one operation has it
    #[arg(value_name = "ID", value_parser = some_text, group = "what")]
    pub id: Option<String>,

    /// Every leaf from the beginning of run A to the end of run B
    #[arg(long, value_name = "A..B", group = "what")]
    pub runs: Option<Runs>,

    /// So many of all operations, chosen by --seed; see below
    #[arg(long, value_name = "N", group = "what", requires = "seed", value_parser = count)]
    pub sample: Option<usize>,

    /// Print verify.py and do nothing else: for a checker that comes from a binary you trust
    #[arg(long, group = "what")]
    pub verifier: bool,

    /// What chooses the sample: any text of one line; best one that the auditor names
    #[arg(long, value_name = "TEXT", requires = "sample", value_parser = line)]
    pub seed: Option<String>,

    /// Region of the stack group, where operations of several have the id
    #[arg(long, value_name = "REGION", value_parser = region, requires = "id")]
    pub region: Option<String>,

    /// Every look at the operations, not only those on which their rows rest
    #[arg(long, conflicts_with = "runs")]
    pub all_looks: bool,

    /// Write to this file: complete, or not at all
    #[arg(short, long, value_name = "FILE", required_unless_present = "verifier")]
    pub output: Option<PathBuf>,

    /// A checkpoint that somebody kept: prove that the log goes on from it; repeatable
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,

    /// A file to put in as it is, such as a timestamp token; repeatable
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
}

fn after_help() -> String {
    format!(
        "\
A sample can be taken again by anybody: population.txt holds a line `service,account_id,region_id,operation_id` for each
row of `export operations`, in its order (an empty region is \"\"). The rank of a line is the SHA-256 of seed, line feed,
line, line feed, in hexadecimal; the N lowest ranks are taken:
  printf '%s\\n%s\\n' SEED LINE | sha256sum

Examples:
  optrail prove 6da106ca-1784-4a6f-a7e1-e723863d0000 -o operation.tar
  optrail prove --sample 25 --seed 2026-Q4 -o sample.tar --checkpoint kept-in-january
  optrail prove --runs 100..120 -o runs.tar --attach token.tsr
  optrail prove --verifier > verify.py
The reader: python3 verify.py sample.tar --key KEY --checkpoint kept-in-january

The verify.py of this version has SHA-256
  {}

Exit status: 0 done, 1 could not go on, 2 usage, 3 the log is not the one that was signed, 4 nothing can be signed now
and the newest kept checkpoint was taken, or it does not cover all that was asked for.",
        Digest::of(VERIFIER.as_bytes())
    )
}

/// Numbers of runs, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runs {
    first: i64,
    last: i64,
}

impl FromStr for Runs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number > 0);
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        match number(first).zip(number(last)) {
            Some((first, last)) if first <= last => Ok(Self { first, last }),
            _ => Err("write two numbers of runs, as in 100..120".to_owned()),
        }
    }
}

/// How many operations a sample has.
fn count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|n| (1..=SAMPLE_MAX).contains(n));
    count.ok_or_else(|| ProveError::Sample.to_string())
}

/// A seed.
fn line(text: &str) -> Result<String, String> {
    match is_seed(text) {
        true => Ok(text.to_owned()),
        false => Err(ProveError::Sample.to_string()),
    }
}

/// Prints the checker.
pub fn print_verifier() -> anyhow::Result<Exit> {
    to_stdout(DataFormat::Escaped, |out| {
        Ok(out.write_all(VERIFIER.as_bytes())?)
    })?;
    Ok(Exit::Done)
}

/// Seals, gathers, writes.
pub fn run(args: &ProveArgs, config: &Config) -> anyhow::Result<Exit> {
    // Only who wants the checker may leave the file out.
    let Some(path) = args.output.as_deref() else {
        return print_verifier();
    };
    let held = attached::held(&args.checkpoint)?;
    let attachments = attached::attachments(&args.attach)?;
    let covered = cover(config)?;
    let size = i64::try_from(covered.checkpoint.size)?;
    let connection = open::read_only(&config.database)?;
    // One state of the file from here on: what was open at that size is asked, too, of the file that is then read.
    let transaction = connection
        .unchecked_transaction()
        .map_err(StoreError::from)?;
    as_of::limit(&transaction, size)?;
    let request = Request {
        asked: asked(args, &transaction, config)?,
        all_looks: args.all_looks,
        note: covered.note,
        checkpoint: covered.checkpoint,
        held,
        attachments,
    };
    let bundle = Bundle::gather(&transaction, &request)?;
    let mut file = AtomicFile::create(path)?;
    let mut buffered = std::io::BufWriter::new(&mut file);
    bundle
        .write(&mut buffered)
        .and_then(|()| Ok(std::io::Write::flush(&mut buffered)?))
        .with_context(|| format!("cannot write {}", path.display()))?;
    drop(buffered);
    file.commit()?;
    let summary = bundle.summary();
    if config.verbosity != Verbosity::Quiet {
        message(&said(&summary, &request.checkpoint));
    }
    if !summary.is_whole {
        complaint(
            config,
            "not all of these runs are covered by the checkpoint, or have ended: the bundle holds what is covered",
        );
    }
    Ok(match covered.is_newest && summary.is_whole {
        true => Exit::Done,
        false => Exit::Partial,
    })
}

/// What was typed, as a question.
fn asked(args: &ProveArgs, connection: &Connection, config: &Config) -> anyhow::Result<Asked> {
    if let Some(id) = &args.id {
        let key = show::choose(connection, id, args.region.as_deref(), config)?;
        return Ok(Asked::Operation(key));
    }
    if let Some(Runs { first, last }) = args.runs {
        return Ok(Asked::Runs { first, last });
    }
    match (args.sample, &args.seed) {
        (Some(count), Some(seed)) => Ok(Asked::Sample {
            count,
            seed: seed.clone(),
        }),
        _ => Err(UsageError("name an operation, --runs or --sample".to_owned()).into()),
    }
}

/// For people, on stderr.
fn said(summary: &Summary, checkpoint: &Checkpoint) -> String {
    let of = match summary.population {
        Some(population) => format!(" of {population}"),
        None => String::new(),
    };
    format!(
        "{}{of} operations, {} leaves of {}, {} bodies; the reader needs the key of {}: optrail checkpoint --public-key",
        summary.operations,
        summary.leaves,
        checkpoint.size,
        summary.bodies,
        terminal(&checkpoint.origin)
    )
}

/// What everything is proved against.
struct Covered {
    note: Note,
    checkpoint: Checkpoint,
    /// Whether it covers all evidence.
    is_newest: bool,
}

/// Signs the head; where that cannot be done now, takes the newest checkpoint that is kept, and says so.
fn cover(config: &Config) -> anyhow::Result<Covered> {
    let sealed = match sealing::guard_writing(config) {
        Ok(()) => {
            renewal::renew_under_lock(config)?;
            seal(config)
        }
        Err(error) => Err(error),
    };
    match sealed {
        Ok(covered) => Ok(covered),
        Err(
            error @ (SealError::Key { .. }
            | SealError::State { .. }
            | SealError::BadNews(BadNews::NoState { .. })),
        ) => {
            let covered = newest_kept(config)?;
            let Some(covered) = covered else {
                return Err(error).context(
                    "nothing can be proved: no checkpoint is kept, and none can be signed",
                );
            };
            complaint(
                config,
                &format!(
                    "nothing can be signed now, so the newest kept checkpoint is taken, which covers {} leaves: {error}",
                    covered.checkpoint.size
                ),
            );
            Ok(covered)
        }
        Err(error) => Err(error.into()),
    }
}

fn seal(config: &Config) -> Result<Covered, SealError> {
    let recorder = Recorder::open(&config.database)?;
    let sealed = sealing::seal_now(config, &recorder)?;
    // A first key is a leaf, and rows may lag behind others.
    recorder.read_blocking(|_| Ok(()))?;
    Ok(Covered {
        note: sealed.note,
        checkpoint: sealed.checkpoint,
        is_newest: true,
    })
}

/// The checkpoint in the database or in the state directory that covers most.
fn newest_kept(config: &Config) -> Result<Option<Covered>, SealError> {
    let connection = open::read_only(&config.database)?;
    let mut notes: Vec<Vec<u8>> = Vec::new();
    notes.extend(custody::newest_checkpoint(&connection)?.map(|row| row.note.into_bytes()));
    let log = crate::record::Keyring::read(&connection)?.log;
    let state = log.map(|log| LogState::of(&config.state_directory, &log));
    if let Some(Ok(Some(Ok(kept)))) = state.map(|state| state.checkpoint()) {
        notes.push(kept.note.to_string().into_bytes());
    }
    let read = |bytes: Vec<u8>| {
        let note = Note::parse(&bytes).ok()?;
        let checkpoint = Checkpoint::parse_text(note.text()).ok()?;
        Some(Covered {
            note,
            checkpoint,
            is_newest: false,
        })
    };
    let kept = notes.into_iter().filter_map(read);
    Ok(kept.max_by_key(|covered| covered.checkpoint.size))
}
