//! A timeline as bars of characters: a line for each status, over one axis of time.
//!
//! Solid is what looks have shown. Between two looks the status changed at a moment that nobody knows: there the
//! lines of both are shaded. A bar that goes on has a mark behind it. Pure.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr as _;

use super::document::Stretch;
use super::escape::terminal;
use super::paint::Paint;
use super::table::shorten;
use crate::model::{Phase, UtcMillis};

/// Widest name of a status beside its bar, in columns.
const NAME_WIDTH_MAX: usize = 20;

/// Shortest bar, in columns.
const BAR_WIDTH_MIN: usize = 10;

/// Lines at most: an operation has a handful of statuses, and one with more is not understood by its bars. How many
/// have none, is told.
const LINES_MAX: usize = 12;

/// How much of the axis a final status takes, one part in so many: nothing happens after it.
const TAIL_PART: i64 = 10;

/// How bars are set.
#[derive(Debug, Clone, Copy)]
pub struct BarStyle {
    /// Columns that a line may take.
    pub width: usize,
    /// Whether only ASCII can be shown.
    pub ascii: bool,
    /// Whether bars may be colored.
    pub color: bool,
}

/// Characters of a bar.
struct Marks {
    known: char,
    uncertain: char,
    lasting: char,
}

impl BarStyle {
    const fn marks(self) -> Marks {
        match self.ascii {
            false => Marks {
                known: '█',
                uncertain: '░',
                lasting: '…',
            },
            true => Marks {
                known: '#',
                uncertain: '.',
                lasting: '>',
            },
        }
    }
}

/// What was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bars {
    /// The lines, each ended, and the legend below them.
    pub text: String,
    /// Where the axis begins.
    pub from: UtcMillis,
    /// The last look that is drawn; of a final status the first one that showed it.
    pub until: UtcMillis,
}

/// One status: its name, its color, its columns.
struct Line {
    name: String,
    phase: Phase,
    cells: Vec<char>,
    is_lasting: bool,
}

/// Draws the stretches of one thing. `None` where there is none.
pub fn bars(stretches: &[Stretch], style: BarStyle) -> Option<Bars> {
    let (first, last) = (stretches.first()?, stretches.last()?);
    let from = first.entered_latest;
    let until = end_of_axis(from, last);
    let mut lines: Vec<Line> = Vec::new();
    let mut left_out: BTreeSet<&str> = BTreeSet::new();
    for stretch in stretches {
        let name = terminal(&stretch.status);
        if lines.iter().any(|line| line.name == name) {
            continue;
        }
        if lines.len() == LINES_MAX {
            left_out.insert(&stretch.status);
        } else {
            lines.push(Line {
                name: name.into_owned(),
                phase: stretch.phase,
                cells: Vec::new(),
                is_lasting: false,
            });
        }
    }
    let widest = lines.iter().map(|line| line.name.width()).max()?;
    let name_width = widest.min(NAME_WIDTH_MAX);
    // Two blanks before the bar, and room for the mark behind it.
    let columns = style
        .width
        .saturating_sub(name_width + 3)
        .max(BAR_WIDTH_MIN);
    let axis = Axis {
        from,
        until,
        columns,
    };
    draw(&mut lines, stretches, &axis, &style.marks());
    let mut text: String = lines
        .iter()
        .map(|line| line.text(name_width, style))
        .collect();
    match left_out.len() {
        0 => (),
        1 => text.push_str("and 1 more status\n"),
        more => text.push_str(&format!("and {more} more statuses\n")),
    }
    text.push_str(&legend(&lines, &style.marks()));
    let is_over = last.phase.is_final() && last.left_latest.is_none();
    Some(Bars {
        text,
        from,
        until: if is_over { last.entered_latest } else { until },
    })
}

/// The last look; of a final status not long after its beginning.
fn end_of_axis(from: UtcMillis, last: &Stretch) -> UtcMillis {
    if last.phase.is_final() && last.left_latest.is_none() {
        let tail_ms = ((last.entered_latest.0 - from.0) / TAIL_PART).max(1);
        return last.entered_latest.plus_ms(tail_ms);
    }
    last.left_latest.unwrap_or(last.left_earliest).max(from)
}

/// Which column an instant falls into.
struct Axis {
    from: UtcMillis,
    until: UtcMillis,
    columns: usize,
}

impl Axis {
    fn column(&self, at: UtcMillis) -> usize {
        let length = i128::from(self.until.0 - self.from.0).max(1);
        let passed = i128::from(at.0 - self.from.0).max(0);
        let columns = i128::try_from(self.columns).unwrap_or(i128::MAX);
        let column = passed * columns / length;
        usize::try_from(column)
            .unwrap_or(usize::MAX)
            .min(self.columns - 1)
    }
}

fn draw(lines: &mut [Line], stretches: &[Stretch], axis: &Axis, marks: &Marks) {
    for line in lines.iter_mut() {
        line.cells = vec![' '; axis.columns];
    }
    let mut fill = |status: &str, from: UtcMillis, until: UtcMillis, mark: char| {
        let name = terminal(status);
        let Some(line) = lines.iter_mut().find(|line| line.name == name) else {
            return;
        };
        for cell in &mut line.cells[axis.column(from)..=axis.column(until.max(from))] {
            if *cell != marks.known {
                *cell = mark;
            }
        }
    };
    for pair in stretches.windows(2) {
        let (from, until) = (pair[0].left_earliest, pair[1].entered_latest);
        for stretch in pair {
            fill(&stretch.status, from, until, marks.uncertain);
        }
    }
    for (index, stretch) in stretches.iter().enumerate() {
        let is_last = index + 1 == stretches.len();
        let until = match is_last && stretch.phase.is_final() {
            true => axis.until,
            false => stretch.left_earliest,
        };
        fill(&stretch.status, stretch.entered_latest, until, marks.known);
    }
    let going = stretches
        .last()
        .filter(|last| last.left_latest.is_none() && !last.phase.is_final());
    if let Some(last) = going {
        let name = terminal(&last.status);
        for line in lines.iter_mut().filter(|line| line.name == name) {
            line.is_lasting = true;
        }
    }
}

impl Line {
    fn text(&self, name_width: usize, style: BarStyle) -> String {
        let name = shorten(&self.name, name_width);
        let blanks = " ".repeat(name_width - name.width() + 2);
        let mut bar: String = self.cells.iter().collect();
        bar.truncate(bar.trim_end().len());
        if self.is_lasting {
            bar.push(style.marks().lasting);
        }
        let paint = Paint::of_phase(self.phase);
        format!("{name}{blanks}{}\n", paint.around(&bar, style.color))
    }
}

/// What the marks mean that are there.
fn legend(lines: &[Line], marks: &Marks) -> String {
    let mut parts = vec![format!("{} seen", marks.known)];
    if lines
        .iter()
        .any(|line| line.cells.contains(&marks.uncertain))
    {
        parts.push(format!("{} between two looks", marks.uncertain));
    }
    if lines.iter().any(|line| line.is_lasting) {
        parts.push(format!("{} goes on", marks.lasting));
    }
    format!("{}\n", parts.join("   "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stretch(status: &str, entered: i64, left: i64, next: Option<i64>) -> Stretch {
        Stretch {
            status: status.to_owned(),
            phase: Phase::of_word(status),
            entered_earliest: None,
            entered_latest: UtcMillis(entered),
            left_earliest: UtcMillis(left),
            left_latest: next.map(UtcMillis),
        }
    }

    fn drawn(stretches: &[Stretch], ascii: bool) -> String {
        let style = BarStyle {
            width: 32,
            ascii,
            color: false,
        };
        bars(stretches, style).unwrap().text
    }

    #[test]
    fn what_is_known_is_solid_and_what_is_not_is_shaded() {
        let stretches = [
            stretch("QUEUED", 0, 0, Some(100)),
            stretch("RUNNING", 100, 500, Some(600)),
            stretch("SUCCEEDED", 600, 900, None),
        ];
        insta::assert_snapshot!(drawn(&stretches, false), @r"
        QUEUED     █░░░
        RUNNING    ░░░█████████████░░░
        SUCCEEDED                 ░░░██
        █ seen   ░ between two looks
        ");
        let going = [stretches[0].clone(), stretch("RUNNING", 100, 500, None)];
        insta::assert_snapshot!(drawn(&going, true), @r"
        QUEUED   #....
        RUNNING  ....##################>
        # seen   . between two looks   > goes on
        ");
    }

    #[test]
    fn statuses_without_a_bar_are_counted() {
        let some = |count: i64| -> Vec<Stretch> {
            (0..count)
                .map(|n| stretch(&format!("S{n}"), n * 10, n * 10 + 5, Some(n * 10 + 10)))
                .collect()
        };
        assert!(!drawn(&some(12), true).contains(" more "));
        assert!(drawn(&some(13), true).contains("\nand 1 more status\n# seen"));
        let again = [some(15), some(15)].concat();
        assert!(drawn(&again, true).contains("\nand 3 more statuses\n"));
    }

    #[test]
    fn a_single_look_is_a_bar() {
        assert_eq!(
            drawn(&[stretch("RUNNING", 5, 5, None)], true)
                .lines()
                .next(),
            Some("RUNNING  #>")
        );
        let ended = drawn(&[stretch("FAILED", 5, 5, None)], false);
        assert!(ended.starts_with("FAILED  █"), "{ended}");
        assert_eq!(
            bars(
                &[],
                BarStyle {
                    width: 80,
                    ascii: false,
                    color: true
                }
            ),
            None
        );
    }

    proptest! {
        #[test]
        fn bars_fit(
            words in prop::collection::vec("[A-Z操\u{1b}]{0,30}", 1..20),
            steps in prop::collection::vec(0..1_000_000_000_i64, 40),
            width in 40..200_usize,
        ) {
            let mut at = 0;
            let mut stretches: Vec<Stretch> = Vec::new();
            for (index, word) in words.iter().enumerate() {
                at += steps[index * 2];
                let entered = at;
                at += steps[index * 2 + 1];
                if let Some(last) = stretches.last_mut() {
                    last.left_latest = Some(UtcMillis(entered));
                }
                stretches.push(stretch(word, entered, at, None));
            }
            let drawn = bars(&stretches, BarStyle { width, ascii: false, color: false }).unwrap();
            for line in drawn.text.lines() {
                prop_assert!(line.width() <= width, "{line}");
                prop_assert!(!line.contains('\u{1b}'), "a control character");
            }
        }
    }
}
