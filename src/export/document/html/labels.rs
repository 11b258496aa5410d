//! Labels of a drawing: how wide they are, and where they find a place. Pure arithmetic.

use unicode_width::UnicodeWidthChar as _;

use super::axis::Axis;
use crate::model::{Phase, UtcMillis};

/// Height of a line of labels.
const LINE: f64 = 17.0;

/// Lines of labels at most; what finds no place is in the words below the drawing.
const LINES_MAX: u8 = 8;

/// Widths of characters of a label: capitals, other narrow ones, and those of East Asia. Those of a wide font, so that
/// no text is longer than its place.
const CHARS: [f64; 3] = [8.2, 6.9, 11.8];

/// From the begin of a label to its text: the symbol of its phase.
pub(super) const SYMBOL: f64 = 17.0;

/// Free behind a label.
const FREE: f64 = 6.0;

/// What is to be said, and of which moment.
pub(super) struct Wanted {
    pub(super) at: UtcMillis,
    pub(super) text: String,
    pub(super) phase: Option<Phase>,
}

impl Wanted {
    /// Where the label ends.
    pub(super) fn end(&self, axis: &Axis) -> f64 {
        axis.x(self.at) + SYMBOL + width(&self.text) + FREE
    }
}

/// A label that found its place: what it points to, on which line from the bar, and its text.
#[derive(Debug, PartialEq)]
pub(super) struct Label {
    pub(super) x: f64,
    pub(super) line: u8,
    pub(super) text: String,
    pub(super) phase: Option<Phase>,
}

impl Label {
    /// From the bar up to its line.
    pub(super) fn above(&self) -> f64 {
        f64::from(self.line) * LINE
    }

    /// From the blind stretches down to the end of its line.
    pub(super) fn below(&self) -> f64 {
        self.above() + LINE
    }
}

/// Height of all lines.
pub(super) fn height(labels: &[Label]) -> f64 {
    labels.iter().map(Label::below).fold(0.0, f64::max)
}

/// Places labels from the right: one that would run into the next goes a line further from the bar, so that no line
/// that points to the bar crosses a text. What finds no line is left out.
pub(super) fn placed(labels: Vec<Wanted>, axis: &Axis, right: f64) -> Vec<Label> {
    // Where the leftmost label of each line begins; ascending from the bar.
    let mut lines: Vec<f64> = Vec::new();
    let mut placed = Vec::new();
    for wanted in labels.into_iter().rev() {
        let x = axis.x(wanted.at);
        let text = fitting(&wanted.text, right - x - SYMBOL - 2.0);
        let end = x + SYMBOL + width(&text) + FREE;
        let free = lines
            .iter()
            .rposition(|&start| start < end)
            .map_or(0, |taken| taken + 1);
        let Some(line) = u8::try_from(free).ok().filter(|&line| line < LINES_MAX) else {
            continue;
        };
        lines.truncate(free);
        lines.push(x);
        placed.push(Label {
            x,
            line,
            text,
            phase: wanted.phase,
        });
    }
    placed
}

/// Width of a character of the drawing.
fn char_width(c: char) -> f64 {
    let [capital, narrow, wide] = CHARS;
    match c.width() {
        Some(2) => wide,
        Some(0) | None => 0.0,
        Some(_) if c.is_uppercase() => capital,
        Some(_) => narrow,
    }
}

/// Width of a text of the drawing.
pub(super) fn width(text: &str) -> f64 {
    text.chars().map(char_width).sum()
}

/// The text, or its begin and `…`, in so much room.
fn fitting(text: &str, room: f64) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut taken = char_width('…');
    let begin = text.chars().take_while(|&c| {
        taken += char_width(c);
        taken <= room
    });
    begin.chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(at: &[(i64, &str)]) -> Vec<(u8, String)> {
        let axis = Axis::of([UtcMillis(0), UtcMillis(100_000)].into_iter(), 0.0, 100.0);
        let wanted = at.iter().map(|&(ms, text)| Wanted {
            at: UtcMillis(ms),
            text: text.to_owned(),
            phase: None,
        });
        let mut placed = placed(wanted.collect(), &axis, 120.0);
        placed.reverse();
        placed
            .into_iter()
            .map(|label| (label.line, label.text))
            .collect()
    }

    #[test]
    fn labels_that_meet_stand_on_lines_of_their_own_the_first_furthest() {
        let found = lines(&[(0, "aaa"), (10_000, "bbb"), (20_000, "ccc"), (90_000, "d")]);
        let found: Vec<u8> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(found, [2, 1, 0, 0]);
    }

    #[test]
    fn a_label_stays_in_the_drawing_and_too_many_are_left_out() {
        assert_eq!(
            lines(&[(50_000, "abcdefghijkl")]),
            [(0, "abcdef…".to_owned())]
        );
        let many = vec![(50_000, "same"); 20];
        assert_eq!(lines(&many).len(), usize::from(LINES_MAX));
    }
}
