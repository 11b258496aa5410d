//! The leaves of the log: one line of JSON for each event of the recorder's life.
//!
//! A line is written once by [`Leaf::to_line`], stored as it is and hashed as it is; nothing is ever
//! written again in order to verify. It holds only what the body of an answer cannot say.
//!
//! # The line
//! - UTF-8, one JSON object, no line feed, beginning `{"t":"TYPE","v":1,`; no blanks between tokens;
//!   in strings nothing is escaped but `"`, `\` and U+0000 to U+001F.
//! - Values are strings and integers, and arrays or objects of them: no fractions, no `null`, no
//!   `true`. What is absent is left out. Instants (`…_at`, `at`) are milliseconds since 1970 UTC,
//!   digests 64 lower-case hexadecimal digits ([`Digest`](super::digest::Digest)).
//! - The fields stand in this order; `?` may be absent:
//!
//! | `t` | fields |
//! |---|---|
//! | `genesis` | log, created_at, program |
//! | `run_start` | run, kind, started_at, program, user, host, process_id, deadline_ms?, concurrency?, endpoint?, simulated? (1), every_ms?, services?, accounts? |
//! | `plan` | run, entries, body, length |
//! | `listing` | run, account, action, region?, operation?, parameters?, page_size, watch? |
//! | `exchange` | run, *ask*, attempt? (1), requested_at, received_at, http_status? (200), date?, retry_after_ms?, framing? (length), length, body, redacted? |
//! | `no_answer` | run, *ask*, attempt? (1), requested_at, received_at, outcome, reason, http_status?, length?, body?, redacted? |
//! | `run_end` | run, ended_at, reason |
//! | `run_aborted` | run, found_by, found_at |
//! | `run_skipped` | at, user, host, process_id, cause, detail? |
//! | `note` | run, label?, account?, cause, text, at |
//! | `credential` | run, label?, account?, source, action?, parameters?, attempt? (1), requested_at, received_at, outcome, http_status?, code?, message?, request_id?, key_id_tail?, expires_at? |
//! | `clock` | run?, at, stepped_ms, detail? |
//! | `key` | at, change, origin, vkey, user, host, reason? |
//! | `restore` | at, user, host, reason, known_origin?, known_size?, known_root? |
//! | `schema` | at, from, to, program, copy? |
//! | `config` | at, every_ms?, alidns_offset_minutes?, bpstudio_offset_minutes?, entries, body, length |
//! | `watch` | watch, change, service?, label?, region?, operation?, kind?, names?, since?, batch_type?, lang?, resource_group?, declared_started_at?, origin?, parent?, reason?, user, at |
//! | `intervention` | run, account, region, operation, reason, ticket?, user, caller_arn?, status_before?, requested_at |
//!
//! *ask* is either `listing, page` or `label?, account?, action, region?, parameters, intervention?,
//! watch?`.
//! A value in parentheses is what absence means. `listing` and `intervention` are sequence numbers
//! of leaves. `date` is the `Date` header: integer seconds where it is exactly their IMF-fixdate,
//! else its text. `redacted` is `[[offset, length, "rule"], …]`, in bytes of the kept body.
//!
//! # How it may change
//! A program reads what older ones wrote, for ever. A new kind of event is a new `t`; a new field is
//! optional; a new word in a vocabulary, or another meaning, raises `v` of its type. A reader skips
//! fields that it does not know, and takes a `t` or a `v` that it does not know as
//! [`Leaf::Other`]: kept, proved, deriving nothing.

mod ask;
mod credential;
mod custody;
mod date;
mod exchange;
mod fields;
mod life;
mod run;
mod usual;
mod watch;

pub use ask::{Ask, Call, Listing, Parameters};
pub use credential::CredentialCall;
pub use custody::{Key, KeyChange, Restore, SchemaChange};
pub use date::ServerDate;
pub use exchange::{Exchange, Framing, KeptBody, Lack, NoAnswer};
pub use life::{ClockStep, Config, Note, RunSkipped, SkipCause};
pub use run::{Genesis, Plan, RunAborted, RunEnd, RunKind, RunStart};
pub use watch::{Intervention, Watch, WatchChange, WatchKind};

use exchange::{AttemptFields, FieldsError};
use serde::Serialize;
use serde::de::{Error as _, IgnoredAny};

use crate::model::UtcMillis;

/// The version of every type of line that this program writes.
const VERSION: u32 = 1;

/// Characters of a line that a message quotes: enough to find it, too few to flood a terminal.
const QUOTED_CHARS: usize = 40;

/// One event of the recorder's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// The log began.
    Genesis(Genesis),
    /// A run began.
    RunStart(RunStart),
    /// A run said what it will ask.
    Plan(Plan),
    /// A reading of all pages began.
    Listing(Listing),
    /// The cloud answered.
    Exchange(Exchange),
    /// The cloud did not answer.
    NoAnswer(NoAnswer),
    /// A run ended.
    RunEnd(RunEnd),
    /// A run was found dead.
    RunAborted(RunAborted),
    /// A collector was started and asked nothing.
    RunSkipped(RunSkipped),
    /// An account of a run could not be asked.
    Note(Note),
    /// Credentials were asked for.
    Credential(CredentialCall),
    /// Our clock was set.
    Clock(ClockStep),
    /// The configuration changed.
    Config(Config),
    /// A signing key was made, or could not be used.
    Key(Key),
    /// The log was taken up again.
    Restore(Restore),
    /// The file was brought to a newer schema.
    Schema(SchemaChange),
    /// A watch began or ended.
    Watch(Watch),
    /// A stop was asked for.
    Intervention(Intervention),
    /// An event that only a newer program can read.
    Other {
        /// Its type.
        kind: String,
        /// The version of its type.
        version: u32,
    },
}

/// A line that is no leaf: the evidence was damaged or changed.
#[derive(Debug, thiserror::Error)]
pub enum LeafError {
    /// It is not one line that begins as every leaf does.
    #[error(
        r#"not a leaf: a line that begins {{"t":"TYPE","v":NUMBER was expected, this begins {0:?}"#
    )]
    Head(String),
    /// Its type is known and its fields are not those of the type.
    #[error("a leaf of type {kind} does not read: {source}")]
    Fields {
        /// The type.
        kind: String,
        /// Which field, and what is wrong with it.
        source: serde_json::Error,
    },
}

impl Leaf {
    /// When it says that it was: of an answer its receipt, of a stop its request; `None` for leaves that say what will
    /// be asked.
    pub fn at(&self) -> Option<UtcMillis> {
        Some(match self {
            Self::Genesis(leaf) => leaf.created_at,
            Self::RunStart(leaf) => leaf.started_at,
            Self::RunEnd(leaf) => leaf.ended_at,
            Self::RunAborted(leaf) => leaf.found_at,
            Self::RunSkipped(leaf) => leaf.at,
            Self::Note(leaf) => leaf.at,
            Self::Credential(leaf) => leaf.received_at,
            Self::Clock(leaf) => leaf.at,
            Self::Config(leaf) => leaf.at,
            Self::Key(leaf) => leaf.at,
            Self::Restore(leaf) => leaf.at,
            Self::Schema(leaf) => leaf.at,
            Self::Watch(leaf) => leaf.at,
            Self::Exchange(leaf) => leaf.received_at,
            Self::NoAnswer(leaf) => leaf.received_at,
            Self::Intervention(leaf) => leaf.requested_at,
            Self::Plan(_) | Self::Listing(_) | Self::Other { .. } => return None,
        })
    }

    /// The word that stands for the type in `t`.
    pub fn kind(&self) -> &str {
        match self {
            Self::Genesis(_) => "genesis",
            Self::RunStart(_) => "run_start",
            Self::Plan(_) => "plan",
            Self::Listing(_) => "listing",
            Self::Exchange(_) => "exchange",
            Self::NoAnswer(_) => "no_answer",
            Self::RunEnd(_) => "run_end",
            Self::RunAborted(_) => "run_aborted",
            Self::RunSkipped(_) => "run_skipped",
            Self::Note(_) => "note",
            Self::Credential(_) => "credential",
            Self::Clock(_) => "clock",
            Self::Config(_) => "config",
            Self::Key(_) => "key",
            Self::Restore(_) => "restore",
            Self::Schema(_) => "schema",
            Self::Watch(_) => "watch",
            Self::Intervention(_) => "intervention",
            Self::Other { kind, .. } => kind,
        }
    }

    /// The line, without a line feed. An [`Leaf::Other`] has lost its fields and gives its head
    /// alone: nothing that was read is meant to be written again.
    pub fn to_line(&self) -> String {
        let kind = self.kind();
        match self {
            Self::Genesis(leaf) => line(kind, leaf),
            Self::RunStart(leaf) => line(kind, leaf),
            Self::Plan(leaf) => line(kind, leaf),
            Self::Listing(leaf) => line(kind, leaf),
            Self::Exchange(leaf) => line(kind, &AttemptFields::from(leaf)),
            Self::NoAnswer(leaf) => line(kind, &AttemptFields::from(leaf)),
            Self::RunEnd(leaf) => line(kind, leaf),
            Self::RunAborted(leaf) => line(kind, leaf),
            Self::RunSkipped(leaf) => line(kind, leaf),
            Self::Note(leaf) => line(kind, leaf),
            Self::Credential(leaf) => line(kind, leaf),
            Self::Clock(leaf) => line(kind, leaf),
            Self::Config(leaf) => line(kind, leaf),
            Self::Key(leaf) => line(kind, leaf),
            Self::Restore(leaf) => line(kind, leaf),
            Self::Schema(leaf) => line(kind, leaf),
            Self::Watch(leaf) => line(kind, leaf),
            Self::Intervention(leaf) => line(kind, leaf),
            Self::Other { kind, version } => format!(r#"{{"t":"{kind}","v":{version}}}"#),
        }
    }

    /// Reads a line.
    pub fn parse(line: &str) -> Result<Self, LeafError> {
        match usual::exchange(line) {
            Some(exchange) => Ok(Self::Exchange(exchange)),
            None => Self::parse_any(line),
        }
    }

    /// The same of a line in any form.
    fn parse_any(line: &str) -> Result<Self, LeafError> {
        let Some((kind, version)) = head(line) else {
            return Err(LeafError::Head(line.chars().take(QUOTED_CHARS).collect()));
        };
        Self::parse_fields(kind, version, line).map_err(|source| LeafError::Fields {
            kind: kind.to_owned(),
            source,
        })
    }

    fn parse_fields(kind: &str, version: u32, line: &str) -> serde_json::Result<Self> {
        Ok(match (kind, version) {
            ("genesis", VERSION) => Self::Genesis(serde_json::from_str(line)?),
            ("run_start", VERSION) => Self::RunStart(serde_json::from_str(line)?),
            ("plan", VERSION) => Self::Plan(serde_json::from_str(line)?),
            ("listing", VERSION) => Self::Listing(serde_json::from_str(line)?),
            ("exchange", VERSION) => Self::Exchange(attempt(line)?),
            ("no_answer", VERSION) => Self::NoAnswer(attempt(line)?),
            ("run_end", VERSION) => Self::RunEnd(serde_json::from_str(line)?),
            ("run_aborted", VERSION) => Self::RunAborted(serde_json::from_str(line)?),
            ("run_skipped", VERSION) => Self::RunSkipped(serde_json::from_str(line)?),
            ("note", VERSION) => Self::Note(serde_json::from_str(line)?),
            ("credential", VERSION) => Self::Credential(serde_json::from_str(line)?),
            ("clock", VERSION) => Self::Clock(serde_json::from_str(line)?),
            ("config", VERSION) => Self::Config(serde_json::from_str(line)?),
            ("key", VERSION) => Self::Key(serde_json::from_str(line)?),
            ("restore", VERSION) => Self::Restore(serde_json::from_str(line)?),
            ("schema", VERSION) => Self::Schema(serde_json::from_str(line)?),
            ("watch", VERSION) => Self::Watch(serde_json::from_str(line)?),
            ("intervention", VERSION) => Self::Intervention(serde_json::from_str(line)?),
            _ => {
                serde_json::from_str::<IgnoredAny>(line)?;
                Self::Other {
                    kind: kind.to_owned(),
                    version,
                }
            }
        })
    }
}

/// Type and version of a line that begins as every leaf does.
fn head(line: &str) -> Option<(&str, u32)> {
    if line.contains('\n') {
        return None;
    }
    let (kind, rest) = line.strip_prefix(r#"{"t":""#)?.split_once('"')?;
    let (version, _) = rest.strip_prefix(r#","v":"#)?.split_once([',', '}'])?;
    let is_word = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    };
    is_word(kind).then_some((kind, version.parse().ok()?))
}

/// Head and fields as one object.
fn line(kind: &str, fields: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Line<'a, T> {
        t: &'a str,
        v: u32,
        #[serde(flatten)]
        fields: &'a T,
    }
    let line = Line {
        t: kind,
        v: VERSION,
        fields,
    };
    // Writing to memory cannot fail, and the leaves hold nothing that JSON cannot say: their keys
    // are strings, their values strings and integers.
    #[allow(clippy::expect_used)]
    serde_json::to_string(&line).expect("a leaf is strings and integers")
}

/// An attempt, from the flat fields that `exchange` and `no_answer` share.
fn attempt<T: TryFrom<AttemptFields, Error = FieldsError>>(line: &str) -> serde_json::Result<T> {
    let fields: AttemptFields = serde_json::from_str(line)?;
    T::try_from(fields).map_err(serde_json::Error::custom)
}

#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;
