//! Why no credentials were found.

use std::path::PathBuf;

/// Each variant wants something else of the user. None holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Nothing is set up at all.
    #[error(
        "no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run 'aliyun configure' (looked at the environment and at {looked_at})"
    )]
    NotFound {
        /// The file, or why none was looked at.
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
    /// A kind of profile that this version can't use.
    #[error(
        "profile '{profile}' of {} has mode '{mode}', which is not supported: use a profile of mode AK or StsToken, or set ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN",
        .path.display()
    )]
    UnsupportedMode {
        /// The profile.
        profile: String,
        /// The file.
        path: PathBuf,
        /// Its mode, as the file has it.
        mode: String,
    },
    /// A profile was named although profiles are switched off.
    #[error(
        "profile '{profile}' cannot be used: ALIBABA_CLOUD_CLI_PROFILE_DISABLED is true; unset it, or name no profile"
    )]
    ProfilesDisabled {
        /// The name that was asked for.
        profile: String,
    },
    /// The file could not be read.
    #[error("cannot read the profiles in {}", .path.display())]
    Unreadable {
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
}
