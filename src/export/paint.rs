//! Colors with a meaning, for terminals. A color is never the only sign: it lies on a word, or on a bar beside one.
//!
//! These are the only escape sequences that the program writes into an answer.

use crate::model::Phase;

/// What a color says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Ended well: green.
    Good,
    /// Failed: red.
    Bad,
    /// Not ended yet: cyan.
    Going,
    /// Neither, or not known: yellow.
    Odd,
}

impl Paint {
    /// The color of a phase.
    pub const fn of_phase(phase: Phase) -> Self {
        match phase {
            Phase::Succeeded => Self::Good,
            Phase::Failed => Self::Bad,
            Phase::Pending | Phase::Running | Phase::Stopping => Self::Going,
            Phase::Cancelled | Phase::Stopped | Phase::Unknown => Self::Odd,
        }
    }

    /// The color of a status, a phase, or a verdict of ours; `None` for words that are none of these.
    pub fn of_word(word: &str) -> Option<Self> {
        let of_status = Some(Phase::of_word(word)).filter(|phase| *phase != Phase::Unknown);
        if let Some(phase) = of_status.or_else(|| Phase::from_word(word)) {
            return Some(Self::of_phase(phase));
        }
        match word {
            "ok" | "complete" => Some(Self::Good),
            "alarm" | "error" | "aborted" | "expired" | "not_found" | "incomplete" => {
                Some(Self::Bad)
            }
            "info" => Some(Self::Going),
            "partial" | "interrupted" | "warning" | "skip" | "skipped" | "unsettled" => {
                Some(Self::Odd)
            }
            _ => None,
        }
    }

    /// What switches the color on.
    pub const fn start(self) -> &'static str {
        match self {
            Self::Good => "\u{1b}[32m",
            Self::Bad => "\u{1b}[31m",
            Self::Going => "\u{1b}[36m",
            Self::Odd => "\u{1b}[33m",
        }
    }

    /// A text, already escaped, in this color; as it is where there are no colors.
    pub fn around(self, text: &str, color: bool) -> String {
        match color {
            true => format!("{}{text}{PLAIN}", self.start()),
            false => text.to_owned(),
        }
    }
}

/// What switches every color off.
pub const PLAIN: &str = "\u{1b}[0m";

/// A word in its color, if it has one.
pub fn painted(word: &str, color: bool) -> String {
    match Paint::of_word(word) {
        Some(paint) => paint.around(word, color),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_the_color_of_what_they_mean() {
        for (word, paint) in [
            ("FAILURE", Some(Paint::Bad)),
            ("failed", Some(Paint::Bad)),
            ("RUNNING", Some(Paint::Going)),
            ("SUCCESS", Some(Paint::Good)),
            ("CANCELLED", Some(Paint::Odd)),
            ("unknown", Some(Paint::Odd)),
            ("partial", Some(Paint::Odd)),
            ("BRAND_NEW", None),
            ("", None),
        ] {
            assert_eq!(Paint::of_word(word), paint, "{word}");
        }
        assert_eq!(painted("failed", true), "\u{1b}[31mfailed\u{1b}[0m");
        assert_eq!(painted("failed", false), "failed");
    }
}
