//! One timeline as a drawing: known stretches solid, the uncertain ones between two looks as a hatched change, an
//! open end as open, blind stretches below. Sizes are of the drawing; the page scales it.

use unicode_width::UnicodeWidthChar as _;

use super::super::{Blind, Timeline};
use super::axis::{Axis, Tick};
use super::markup::Markup;
use super::words::Words;
use crate::export::escape::terminal;
use crate::model::Phase;

/// Height of the bar of stretches.
const BAR: f64 = 22.0;

/// Narrowest a stretch is drawn: one look alone has no length, and must be seen.
const STRETCH_MIN: f64 = 3.0;

/// Height of a line of labels.
const LINE: f64 = 17.0;

/// Lines of labels at most; what finds no place is in the words below the drawing.
const LINES_MAX: usize = 6;

/// Width of a half-width character of a label.
const CHAR: f64 = 6.4;

/// From the begin of a label to its text: the symbol of its phase.
const SYMBOL: f64 = 17.0;

/// Height of a blind stretch.
const BLIND: f64 = 9.0;

/// Room for the arrow of an open end.
const OPEN: f64 = 26.0;

/// Stretches, and blind stretches, that are drawn of one timeline.
pub(super) const STRETCHES_MAX: usize = 200;

/// How wide a drawing is, and how many ticks it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) class: &'static str,
    pub(super) width: f64,
    pub(super) ticks: i64,
}

/// For screens and paper.
pub(super) const BROAD: Size = Size {
    class: "broad",
    width: 1000.0,
    ticks: 9,
};

/// For phones.
pub(super) const SLIM: Size = Size {
    class: "slim",
    width: 330.0,
    ticks: 4,
};

/// A label that found its place: where it points to, on which line from the bar, and its text.
struct Label<'t> {
    x: f64,
    line: usize,
    text: String,
    phase: Option<&'t Phase>,
}

/// The class of a phase.
pub(super) const fn class(phase: Phase) -> &'static str {
    match phase {
        // `unknown` is the tone of a paragraph.
        Phase::Unknown => "unclear",
        _ => phase.as_str(),
    }
}

/// The drawing, `alternative` being the same in words.
pub(super) fn draw(
    page: &mut Markup,
    timeline: &Timeline,
    size: Size,
    alternative: &str,
    words: &Words,
) {
    let drawing = Drawing::of(timeline, size, words);
    page.tag("<svg class=\"")
        .words(size.class)
        .tag("\" role=\"img\" viewBox=\"0 0 ");
    page.at(size.width)
        .tag(" ")
        .at(drawing.height)
        .tag("\"><title>");
    page.bare(&timeline.label)
        .tag("</title><desc>")
        .bare(alternative)
        .tag("</desc>");
    drawing.axis(page);
    drawing.stretches(page);
    drawing.labels(page);
    drawing.gaps(page);
    page.tag("</svg>");
}

struct Drawing<'t> {
    timeline: &'t Timeline,
    size: Size,
    axis: Axis,
    /// Whether the last status lasts, as far as anybody knows.
    is_open: bool,
    labels: Vec<Label<'t>>,
    causes: Vec<Label<'t>>,
    /// Top of the bar.
    bar: f64,
    /// Top of the blind stretches.
    blind: f64,
    /// The axis.
    base: f64,
    height: f64,
}

impl<'t> Drawing<'t> {
    fn of(timeline: &'t Timeline, size: Size, words: &Words) -> Self {
        let drawn = || timeline.stretches.iter().take(STRETCHES_MAX);
        let gaps = || timeline.gaps.iter().take(STRETCHES_MAX);
        let last = timeline.stretches.last();
        let is_open = last.is_some_and(|last| last.left_latest.is_none() && !last.phase.is_final());
        let lasts = is_open || gaps().any(|gap| gap.until.is_none());
        // The last label begins near the right end, and wants room.
        let end = last.map_or(0.0, |last| SYMBOL + width(&last.status) + 4.0);
        let room = end
            .clamp(8.0, size.width * 0.4)
            .max(if lasts { OPEN } else { 0.0 });
        let instants = drawn().flat_map(|stretch| {
            [
                stretch.entered_earliest,
                Some(stretch.entered_latest),
                Some(stretch.left_earliest),
                stretch.left_latest,
            ]
        });
        let blind = gaps().flat_map(|gap| [Some(gap.from), gap.until]);
        let axis = Axis::of(instants.chain(blind).flatten(), 8.0, size.width - room);
        let status = drawn().map(|stretch| {
            (
                axis.x(stretch.entered_latest),
                stretch.status.clone(),
                Some(&stretch.phase),
            )
        });
        let labels = placed(status.collect(), size.width);
        let cause = gaps().map(|gap| {
            (
                axis.x(gap.from),
                format!("{}: {}", words.not_seen, gap.cause),
                None,
            )
        });
        let causes = placed(cause.collect(), size.width);
        let lines = |labels: &[Label<'_>]| {
            labels.iter().map(|label| label.line + 1).max().unwrap_or(0) as f64
        };
        let bar = lines(&labels) * LINE + 6.0;
        let blind = bar + BAR + 5.0;
        let base = match causes.is_empty() {
            true => bar + BAR + 6.0,
            false => blind + BLIND + lines(&causes) * LINE + 8.0,
        };
        Self {
            timeline,
            size,
            axis,
            is_open,
            labels,
            causes,
            bar,
            blind,
            base,
            height: base + 34.0,
        }
    }

    fn axis(&self, page: &mut Markup) {
        page.tag("<rect class=\"track\" x=\"0\" y=\"")
            .at(self.bar)
            .tag("\" width=\"");
        page.at(self.size.width)
            .tag("\" height=\"")
            .at(BAR)
            .tag("\"/>");
        line(page, "axis", 0.0, self.base, self.size.width, self.base);
        for Tick { x, label, day } in self.axis.ticks(self.size.ticks) {
            line(page, "line", x, self.bar, x, self.base);
            line(page, "axis", x, self.base, x, self.base + 4.0);
            // A label at the edge would be cut.
            let half = width(day.as_deref().unwrap_or(&label)) / 2.0;
            let x = x.clamp(half, self.size.width - half);
            tick(page, x, self.base + 15.0, &label);
            if let Some(day) = day {
                tick(page, x, self.base + 28.0, &day);
            }
        }
    }

    fn stretches(&self, page: &mut Markup) {
        let stretches = &self.timeline.stretches;
        let drawn = stretches.iter().take(STRETCHES_MAX);
        let mut before: Option<Phase> = None;
        for stretch in drawn.clone() {
            if let (Some(before), Some(from)) = (before, stretch.entered_earliest) {
                let (left, right) = (self.axis.x(from), self.axis.x(stretch.entered_latest));
                self.change(page, (left, right), before, stretch.phase);
            }
            before = Some(stretch.phase);
        }
        // Above the changes, so that a single look between two of them is seen.
        for stretch in drawn {
            let left = self.axis.x(stretch.entered_latest);
            let right = self.axis.x(stretch.left_earliest).max(left + STRETCH_MIN);
            page.tag("<rect class=\"flat ")
                .words(class(stretch.phase))
                .tag("\" x=\"")
                .at(left);
            page.tag("\" y=\"")
                .at(self.bar)
                .tag("\" width=\"")
                .at(right - left);
            page.tag("\" height=\"").at(BAR).tag("\"/>");
        }
        if let Some(last) = stretches
            .last()
            .filter(|_| self.is_open && stretches.len() <= STRETCHES_MAX)
        {
            self.open_end(page, self.axis.x(last.left_earliest), last.phase);
        }
    }

    /// Between the last look with one status and the first with the next: both, parted by a slope, hatched.
    fn change(&self, page: &mut Markup, (left, right): (f64, f64), before: Phase, after: Phase) {
        if right - left < 0.1 {
            return;
        }
        let (top, bottom) = (self.bar, self.bar + BAR);
        polygon(
            page,
            class(before),
            [(left, top), (left, bottom), (right, bottom)],
        );
        polygon(
            page,
            class(after),
            [(left, top), (right, top), (right, bottom)],
        );
        page.tag("<rect fill=\"url(#hatch)\" x=\"")
            .at(left)
            .tag("\" y=\"")
            .at(top)
            .tag("\" width=\"");
        page.at(right - left)
            .tag("\" height=\"")
            .at(BAR)
            .tag("\"/>");
    }

    fn open_end(&self, page: &mut Markup, from: f64, phase: Phase) {
        let (top, bottom, end) = (self.bar + 1.0, self.bar + BAR - 1.0, self.size.width - 3.0);
        page.tag("<path class=\"dash ")
            .words(class(phase))
            .tag("\" fill=\"none\" d=\"M");
        page.at(from + STRETCH_MIN)
            .tag(" ")
            .at(top)
            .tag("H")
            .at(end - 9.0);
        page.tag("L").at(end).tag(" ").at((top + bottom) / 2.0);
        page.tag("L")
            .at(end - 9.0)
            .tag(" ")
            .at(bottom)
            .tag("H")
            .at(from + STRETCH_MIN)
            .tag("\"/>");
    }

    fn labels(&self, page: &mut Markup) {
        for label in &self.labels {
            let middle = self.bar - 5.0 - label.line as f64 * LINE - 4.0;
            line(
                page,
                "lead",
                label.x + 0.5,
                middle - 5.0,
                label.x + 0.5,
                self.bar,
            );
            if let Some(phase) = label.phase {
                symbol(page, *phase, label.x + 10.0, middle);
            }
            text(
                page,
                "status",
                label.x + SYMBOL + 2.0,
                middle + 4.0,
                &label.text,
            );
        }
    }

    fn gaps(&self, page: &mut Markup) {
        for Blind { from, until, .. } in self.timeline.gaps.iter().take(STRETCHES_MAX) {
            let left = self.axis.x(*from);
            let end = until.map_or(self.size.width - 3.0, |until| self.axis.x(until));
            page.tag("<rect class=\"blind\" x=\"")
                .at(left)
                .tag("\" y=\"")
                .at(self.blind);
            page.tag("\" width=\"")
                .at((end - left).max(STRETCH_MIN))
                .tag("\" height=\"")
                .at(BLIND);
            page.tag(if until.is_none() {
                "\" stroke-dasharray=\"4 3\"/>"
            } else {
                "\"/>"
            });
        }
        for label in &self.causes {
            let y = self.blind + BLIND + (label.line as f64 + 1.0) * LINE - 4.0;
            line(
                page,
                "lead",
                label.x + 0.5,
                self.blind + BLIND,
                label.x + 0.5,
                y + 1.0,
            );
            text(page, "cause", label.x + 5.0, y, &label.text);
        }
    }
}

/// Places labels from the right: one that would run into the next goes a line further from the bar, so that no line
/// that points to the bar crosses a text. What finds no line is left out.
fn placed(labels: Vec<(f64, String, Option<&Phase>)>, right: f64) -> Vec<Label<'_>> {
    let mut lines: Vec<f64> = Vec::new();
    let mut placed = Vec::new();
    for (x, text, phase) in labels.into_iter().rev() {
        let text = fitting(&terminal(&text), right - x - SYMBOL - 4.0);
        let end = x + SYMBOL + width(&text) + 6.0;
        let line = lines
            .iter()
            .rposition(|&start| start < end)
            .map_or(0, |taken| taken + 1);
        if line >= LINES_MAX {
            continue;
        }
        lines.truncate(line);
        lines.push(x);
        placed.push(Label {
            x,
            line,
            text,
            phase,
        });
    }
    placed
}

/// Width of a text of the drawing.
fn width(text: &str) -> f64 {
    text.chars()
        .map(|c| c.width().unwrap_or(0) as f64 * CHAR)
        .sum()
}

/// The text, or its begin and `…`, in so much room.
fn fitting(text: &str, room: f64) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut taken = CHAR;
    let begin = text.chars().take_while(|c| {
        taken += c.width().unwrap_or(0) as f64 * CHAR;
        taken <= room
    });
    begin.chain(['…']).collect()
}

fn line(page: &mut Markup, class: &'static str, x1: f64, y1: f64, x2: f64, y2: f64) {
    page.tag("<line class=\"")
        .words(class)
        .tag("\" x1=\"")
        .at(x1)
        .tag("\" y1=\"")
        .at(y1);
    page.tag("\" x2=\"")
        .at(x2)
        .tag("\" y2=\"")
        .at(y2)
        .tag("\"/>");
}

fn polygon(page: &mut Markup, class: &'static str, points: [(f64, f64); 3]) {
    page.tag("<polygon class=\"flat half ")
        .words(class)
        .tag("\" points=\"");
    for (x, y) in points {
        page.at(x).tag(",").at(y).tag(" ");
    }
    page.tag("\"/>");
}

fn tick(page: &mut Markup, x: f64, y: f64, label: &str) {
    page.tag("<text class=\"tick\" text-anchor=\"middle\" x=\"")
        .at(x)
        .tag("\" y=\"")
        .at(y)
        .tag("\">");
    page.words(label).tag("</text>");
}

fn text(page: &mut Markup, class: &'static str, x: f64, y: f64, data: &str) {
    page.tag("<text class=\"")
        .words(class)
        .tag("\" direction=\"ltr\" unicode-bidi=\"isolate\" x=\"");
    page.at(x)
        .tag("\" y=\"")
        .at(y)
        .tag("\">")
        .bare(data)
        .tag("</text>");
}

/// The symbol of a phase, so that color is not all that tells it.
pub(super) fn symbol(page: &mut Markup, phase: Phase, x: f64, y: f64) {
    page.tag("<g transform=\"translate(")
        .at(x)
        .tag(" ")
        .at(y)
        .tag(")\"><path class=\"glyph ");
    page.words(class(phase)).tag(match phase {
        Phase::Pending => "\" fill=\"none\" d=\"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0\"/></g>",
        Phase::Running => "\" d=\"M-3 -4L4 0L-3 4Z\"/></g>",
        Phase::Stopping => "\" d=\"M-3 -4V4M3 -4V4\"/></g>",
        Phase::Succeeded => "\" d=\"M-4.5 0L-1.5 3.5L4.5 -3.5\"/></g>",
        Phase::Failed => "\" d=\"M-3.8 -3.8L3.8 3.8M3.8 -3.8L-3.8 3.8\"/></g>",
        Phase::Cancelled => "\" d=\"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0M-2.8 2.8L2.8 -2.8\"/></g>",
        Phase::Stopped => "\" d=\"M-3.5 -3.5H3.5V3.5H-3.5Z\"/></g>",
        Phase::Unknown => {
            "\" d=\"M-2.5 -2a2.5 2.5 0 1 1 3.6 2.2q-1.1 .6 -1.1 1.6M0 4.4V4.5\"/></g>"
        }
    });
}
