//! Why no credentials were found.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{Action, Outcome, UtcMillis};

/// Each variant wants something else of the user. None holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Nothing is set up at all.
    #[error(
        "no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run 'aliyun configure' (looked at the environment and at {looked_at})"
    )]
    NotFound {
        /// The files and services, or why none was looked at.
        looked_at: String,
    },
    /// Set up by half.
    #[error("credentials from {origin} have no {field}; set it, or remove the other parts")]
    Incomplete {
        /// Where.
        origin: String,
        /// What is missing.
        field: &'static str,
    },
    /// A part is no key that the cloud could have issued.
    #[error(
        "the {field} from {origin} holds blanks, control or non-ASCII characters; copy it again"
    )]
    Illegible {
        /// Where.
        origin: String,
        /// Which part.
        field: &'static str,
    },
    /// The file has no such profile.
    #[error("no profile '{profile}' in {}; it has: {known}", .path.display())]
    UnknownProfile {
        /// The name that was asked for.
        profile: String,
        /// The file.
        path: PathBuf,
        /// The names that are there.
        known: String,
    },
    /// A kind of profile that can't be used.
    #[error(
        "profile '{profile}' of {} has mode {}, which is not supported: {advice}",
        .path.display(), mode_told(.mode)
    )]
    UnsupportedMode {
        /// The profile.
        profile: String,
        /// The file.
        path: PathBuf,
        /// Its mode, as the file has it.
        mode: String,
        /// What to do.
        advice: &'static str,
    },
    /// A profile leads back to itself.
    #[error(
        "profile '{profile}' of {} leads back to itself by source_profile; name another one there",
        .path.display()
    )]
    ProfileLoop {
        /// The profile that was met twice.
        profile: String,
        /// The file.
        path: PathBuf,
    },
    /// A profile was named although profiles are switched off.
    #[error(
        "profile '{profile}' cannot be used: ALIBABA_CLOUD_CLI_PROFILE_DISABLED is true; unset it, or name no profile"
    )]
    ProfilesDisabled {
        /// The name that was asked for.
        profile: String,
    },
    /// A source is switched off that the configuration needs.
    #[error("{origin} cannot be used: {switch} is set; unset it, or choose other credentials")]
    Disabled {
        /// What.
        origin: String,
        /// The variable that forbids it.
        switch: &'static str,
    },
    /// A setting is no such thing.
    #[error("{origin} cannot be used: {reason}")]
    Setting {
        /// Which.
        origin: String,
        /// Why, without the value where that may be secret.
        reason: String,
    },
    /// A file could not be read.
    #[error("cannot read {what} in {}", .path.display())]
    Unreadable {
        /// What it should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not what the CLI writes. The parser's own words could quote a secret; the place
    /// can't.
    #[error(
        "{} is not a profile file of the aliyun CLI (line {line}, column {column}); run 'aliyun configure'",
        .path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The ini file is none.
    #[error("{} is not an ini file of credentials (line {line}); write NAME = VALUE below [SECTION]", .path.display())]
    MalformedIni {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
    },
    /// STS refused the call.
    #[error("{origin}: {action} was refused ({}); {}", told(*.outcome, .code, .message, .request_id), advice(*.outcome))]
    Refused {
        /// Who was asked for what.
        origin: String,
        /// The call.
        action: Action,
        /// What became of it.
        outcome: Outcome,
        /// The cloud's code.
        code: Option<String>,
        /// The cloud's message, unless it repeats a secret.
        message: Option<String>,
        /// The cloud's id of the request.
        request_id: Option<String>,
    },
    /// Nobody answered.
    #[error("{origin} cannot be reached ({reason}); check network, proxy and endpoint")]
    Unreachable {
        /// Who was asked.
        origin: String,
        /// Why, in fixed words.
        reason: String,
    },
    /// STS was not called, because others were before.
    #[error(
        "{origin}: waited {:.1} s for the turn to call {action}, and none came: calls of STS before it are throttled or not answered; try again later, or ask fewer accounts at once",
        .waited.as_secs_f64()
    )]
    NoTurn {
        /// Who was to be asked for what.
        origin: String,
        /// The call.
        action: Action,
        /// How long was waited in all.
        waited: Duration,
    },
    /// An answer came that holds no credentials.
    #[error("{origin} answered without credentials ({reason})")]
    InvalidAnswer {
        /// Who was asked.
        origin: String,
        /// What is wrong, without quoting the answer.
        reason: String,
    },
    /// A program that should print credentials did not.
    #[error("{origin}: {reason}; run the command by hand to see what it prints")]
    Process {
        /// Which program of which profile.
        origin: String,
        /// What happened, without quoting its output.
        reason: String,
    },
    /// What came had ended already.
    #[error(
        "{origin} gave credentials that had ended at {expires_at}; check the clock of this machine, or renew them"
    )]
    Ended {
        /// Who gave them.
        origin: String,
        /// When they ended.
        expires_at: UtcMillis,
    },
    /// The cloud refuses credentials, and their source has no others.
    #[error(
        "the credentials from {origin} were refused, and there are no newer ones; renew them there"
    )]
    NoneNewer {
        /// Where they come from.
        origin: String,
    },
    /// The credentials with which a role should be taken on are not to be had.
    #[error("cannot take on {role_arn}: {cause}")]
    Base {
        /// The role.
        role_arn: String,
        /// Why not.
        cause: Arc<CredentialsError>,
    },
}

/// Bytes of a word that is told as a mode; the longest there is has 19.
const MODE_LONGEST_BYTES: usize = 24;

/// A mode, if it looks like one: what else stands in its place may be a key that was put into the wrong line.
fn mode_told(mode: &str) -> String {
    let in_mode = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    match mode.len() <= MODE_LONGEST_BYTES && mode.bytes().all(in_mode) {
        true => format!("'{mode}'"),
        false => "that is no word".to_owned(),
    }
}

impl CredentialsError {
    /// What kept the credentials away, as the outcome of a request would say it.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Refused { outcome, .. } => match outcome {
                Outcome::Throttled
                | Outcome::ServerError
                | Outcome::Unreachable
                | Outcome::Truncated
                | Outcome::Denied
                | Outcome::Clock => *outcome,
                // A role that is not there, a token that is none: whatever STS calls it.
                _ => Outcome::Credential,
            },
            Self::NoTurn { .. } => Outcome::Throttled,
            Self::Unreachable { .. } => Outcome::Unreachable,
            Self::InvalidAnswer { .. } => Outcome::InvalidAnswer,
            Self::Base { cause, .. } => cause.outcome(),
            _ => Outcome::Credential,
        }
    }
}

/// The cloud's words about a refusal.
fn told(
    outcome: Outcome,
    code: &Option<String>,
    message: &Option<String>,
    request_id: &Option<String>,
) -> String {
    let mut told = outcome.to_string();
    for part in [code, message].into_iter().flatten() {
        told.push_str(": ");
        told.push_str(part);
    }
    if let Some(id) = request_id {
        told.push_str(", RequestId ");
        told.push_str(id);
    }
    told
}

/// What to do about a refusal.
fn advice(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Denied => {
            "allow sts:AssumeRole to these credentials, and name them in the role's trust policy"
        }
        Outcome::NotFound => "check the name of the role and its account",
        Outcome::Credential => "renew the key or token that asks",
        Outcome::Clock => "set the clock of this machine",
        Outcome::Throttled | Outcome::ServerError => "try again later",
        _ => "check the role, the session's name and its duration",
    }
}
