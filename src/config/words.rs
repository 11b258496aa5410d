//! The closed vocabularies of the configuration, by the words that flags use.

use std::fmt;

/// How requests are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SignatureVersion {
    /// `ACS3-HMAC-SHA256`, in headers.
    #[default]
    V3,
    /// HMAC-SHA1, in parameters.
    V1,
}

impl SignatureVersion {
    /// Every version, the default first.
    pub const ALL: [Self; 2] = [Self::V3, Self::V1];

    /// The word of `--signature`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V3 => "v3",
            Self::V1 => "v1",
        }
    }
}

/// When to use color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ColorPolicy {
    /// On a terminal that can, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Even into a file or a pipe.
    Always,
    /// Never.
    Never,
}

impl ColorPolicy {
    /// Every policy, the default first.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Always, Self::Never];

    /// The word of `--color`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }

    /// Whether to use color on a stream that is, or is not, a terminal.
    pub const fn allows(self, is_terminal: bool) -> bool {
        match self {
            Self::Auto => is_terminal,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// Every format, the default first.
    pub const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// The word of `--log-format`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// How much to say on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Verbosity {
    /// `-q`: errors.
    Quiet,
    /// Warnings too.
    #[default]
    Normal,
    /// `-v`: what is being done.
    Verbose,
    /// `-vv`: each request and each decision.
    Debug,
}

macro_rules! display_as_word {
    ($($name:ty),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}

display_as_word!(SignatureVersion, ColorPolicy, LogFormat);
