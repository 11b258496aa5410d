//! How the domain's words and instants stand in a line. The shapes of `model` know no file format,
//! so their text forms are given here.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use crate::model::{Action, Cause, Outcome, RunKind, Service, UtcMillis};

/// A vocabulary that leaves write as one word.
pub(super) trait Word: Copy {
    /// What such a word names, for messages.
    const NAMES: &'static str;

    /// The word.
    fn word(self) -> &'static str;

    /// What the word names.
    fn from_word(word: &str) -> Option<Self>;
}

impl Word for Action {
    const NAMES: &'static str = "action";

    fn word(self) -> &'static str {
        self.as_str()
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::from_wire(word)
    }
}

impl Word for Service {
    const NAMES: &'static str = "service";

    fn word(self) -> &'static str {
        self.as_str()
    }

    fn from_word(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// Vocabularies of `model` that have one word for each value.
macro_rules! shared {
    ($($kind:ty => $names:literal),+ $(,)?) => {
        $(
            impl Word for $kind {
                const NAMES: &'static str = $names;

                fn word(self) -> &'static str {
                    self.as_str()
                }

                fn from_word(word: &str) -> Option<Self> {
                    Self::from_word(word)
                }
            }
        )+
    };
}

shared!(Cause => "cause", Outcome => "outcome", RunKind => "kind of run");

/// An enum whose words are all its own: gives it `as_str` and [`Word`] from one table.
macro_rules! words {
    ($kind:ident, $names:literal, { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $kind {
            /// The word in a leaf.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl $crate::evidence::leaf::fields::Word for $kind {
            const NAMES: &'static str = $names;

            fn word(self) -> &'static str {
                self.as_str()
            }

            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}
pub(super) use words;

/// `#[serde(with = "word")]`: a [`Word`] as its text.
pub(super) mod word {
    use super::*;

    pub(in crate::evidence::leaf) fn serialize<W: Word, S: Serializer>(
        value: &W,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value.word())
    }

    pub(in crate::evidence::leaf) fn deserialize<'de, W: Word, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<W, D::Error> {
        let word = String::deserialize(deserializer)?;
        W::from_word(&word)
            .ok_or_else(|| D::Error::custom(format_args!("'{word}' is no {}", W::NAMES)))
    }
}

/// `#[serde(with = "optional_word")]`: a [`Word`] that may be absent.
pub(super) mod optional_word {
    use super::*;

    pub(in crate::evidence::leaf) fn serialize<W: Word, S: Serializer>(
        value: &Option<W>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => word::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::evidence::leaf) fn deserialize<'de, W: Word, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<W>, D::Error> {
        word::deserialize(deserializer).map(Some)
    }
}

/// `#[serde(with = "millis")]`: an instant as integer milliseconds since 1970 UTC.
pub(super) mod millis {
    use super::*;

    pub(in crate::evidence::leaf) fn serialize<S: Serializer>(
        instant: &UtcMillis,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(instant.0)
    }

    pub(in crate::evidence::leaf) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<UtcMillis, D::Error> {
        i64::deserialize(deserializer).map(UtcMillis)
    }
}

/// `#[serde(with = "optional_millis")]`: an instant that may be absent.
pub(super) mod optional_millis {
    use super::*;

    pub(in crate::evidence::leaf) fn serialize<S: Serializer>(
        instant: &Option<UtcMillis>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match instant {
            Some(instant) => millis::serialize(instant, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::evidence::leaf) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<UtcMillis>, D::Error> {
        millis::deserialize(deserializer).map(Some)
    }
}

/// `#[serde(with = "flag")]`: a truth as the integer 1 or 0.
pub(super) mod flag {
    use super::*;

    pub(in crate::evidence::leaf) fn serialize<S: Serializer>(
        value: &bool,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(u8::from(*value))
    }

    pub(in crate::evidence::leaf) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<bool, D::Error> {
        match u8::deserialize(deserializer)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(D::Error::custom(format_args!("{other} is neither 0 nor 1"))),
        }
    }
}

/// `skip_serializing_if`: an absent truth is false.
pub(super) fn is_false(value: &bool) -> bool {
    !*value
}
