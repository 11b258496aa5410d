//! One table gives a vocabulary: what it means, every value, and the word of each.

/// Makes an enum whose values each have one word: `ALL`, `as_str`, `from_word` and `Display` come from the same
/// table, so that no value can be missing in one of them.
macro_rules! words {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $($(#[$meaning:meta])* $value:ident = $word:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$meaning])* $value,)+
        }

        impl $name {
            /// Every value, in the order of this enum.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$value),+];

            /// The word used in evidence, views and summaries.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word),+
                }
            }

            /// The value of that word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$value),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(super) use words;

#[cfg(test)]
mod tests {
    use crate::model::{Cause, Outcome, Phase, RunKind, RunOutcome, Verdict, WatchState};

    #[test]
    fn every_word_names_its_value_alone() {
        macro_rules! both_ways {
            ($($name:ty),+) => {
                $(for value in <$name>::ALL {
                    assert_eq!(<$name>::from_word(value.as_str()), Some(value));
                    assert_eq!(value.to_string(), value.as_str());
                }
                assert_eq!(<$name>::from_word("weather"), None);)+
            };
        }
        both_ways!(
            Cause, Outcome, Phase, RunKind, RunOutcome, Verdict, WatchState
        );
    }
}
