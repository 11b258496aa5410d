//! How single arguments are read. A message says what is wrong with the value and what would do;
//! clap adds the argument's name.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

pub(super) use crate::config::{parse_duration as duration, parse_region as region};
use crate::model::{Service, UtcMillis};

/// A file, or the standard stream that `-` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileOrStd {
    /// `-`: stdin where something is read, stdout where something is written.
    Std,
    /// A path.
    File(PathBuf),
}

impl From<OsString> for FileOrStd {
    fn from(text: OsString) -> Self {
        if text == "-" {
            Self::Std
        } else {
            Self::File(PathBuf::from(text))
        }
    }
}

/// How a command answers that has no dataset to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ReportFormat {
    /// For people
    #[default]
    Text,
    /// One JSON document, for programs
    Json,
}

/// A word that is in the list of possible values and not in the vocabulary behind it: cannot
/// happen as long as both come from the same array.
#[derive(Debug, thiserror::Error)]
#[error("this word is not in the vocabulary")]
struct NotInVocabulary;

/// A parser for a closed vocabulary, which help texts and messages then list.
pub(super) fn words<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    word: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().map(|&value| word(value))).try_map(move |text| {
        let found = all.iter().copied().find(|&value| word(value) == text);
        found.ok_or(NotInVocabulary)
    })
}

/// A service whose operations are recorded.
pub(super) fn service(text: &str) -> Result<Service, String> {
    match text.parse() {
        Ok(Service::Sts) => {
            Err("sts has no operations; use ros, bpstudio (or cadt), alidns".to_owned())
        }
        Ok(service) => Ok(service),
        Err(error) => Err(format!("{error}")),
    }
}

/// An id, a reason, a name: opaque text, but some.
pub(super) fn some_text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("an empty text will not do".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// An instant in RFC 3339, any offset.
pub(super) fn instant(text: &str) -> Result<UtcMillis, String> {
    UtcMillis::parse_rfc3339(text).ok_or_else(|| {
        format!("'{text}' is no time; write RFC 3339, as in 2026-01-31T08:00:00Z or 2026-01-31T16:00:00+08:00")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("50s"), Ok(Duration::from_secs(50)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("1h"), Ok(Duration::from_secs(3_600)));
        for bad in [
            "",
            "50",
            "s",
            "-1s",
            "1.5h",
            "5 m",
            "5M",
            "1d",
            "0s",
            "5m30s",
            "99999999999999999999h",
            "18446744073709551615h",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert!(duration("50").unwrap_err().contains("50s"));
    }

    #[test]
    fn cadt_is_bpstudio_and_sts_is_nothing_to_record() {
        assert_eq!(service("cadt"), Ok(Service::Bpstudio));
        assert!(service("sts").is_err());
        assert!(service("ROS").unwrap_err().contains("ros"));
    }

    #[test]
    fn regions_are_of_one_alphabet() {
        assert!(region("cn-hangzhou").is_ok() && region("me-east-1").is_ok());
        for bad in ["", "cn hangzhou", "\"cn-hangzhou\"", "cn-hangzhou.evil"] {
            assert!(region(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn instants_bear_a_zone() {
        assert_eq!(instant("1970-01-01T08:00:00+08:00"), Ok(UtcMillis(0)));
        assert!(instant("2026-01-31 08:00").is_err());
    }

    #[test]
    fn a_dash_is_a_stream() {
        assert_eq!(FileOrStd::from(OsString::from("-")), FileOrStd::Std);
        let file = FileOrStd::from(OsString::from("./-"));
        assert_eq!(file, FileOrStd::File(PathBuf::from("./-")));
    }
}
