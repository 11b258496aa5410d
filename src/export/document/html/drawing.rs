//! One timeline as a drawing: known stretches solid, the uncertain ones between two looks as a hatched change, an
//! open end as open, blind stretches below. Sizes are of the drawing; the page scales it.

use super::super::{Blind, Timeline};
use super::axis::{Axis, Tick};
use super::labels::{Label, SYMBOL, Wanted, height, placed, width};
use super::markup::Markup;
use super::words::Words;
use crate::export::escape::terminal;
use crate::model::Phase;

/// Height of the bar of stretches.
const BAR: f64 = 22.0;

/// Narrowest a stretch is drawn: one look alone has no length, and must be seen.
const STRETCH_MIN: f64 = 3.0;

/// Free at the left and right edge.
const EDGE: f64 = 8.0;

/// Part of the width that labels at the right end may ask for.
const LABELS_MAX: f64 = 0.4;

/// Height of the ticks' labels below the axis.
const FEET: f64 = 34.0;

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

/// The class of a phase.
pub(super) const fn class(phase: Phase) -> &'static str {
    match phase {
        // `unknown` is the tone of a paragraph.
        Phase::Unknown => "unclear",
        _ => phase.as_str(),
    }
}

/// What is told to those who do not see a drawing.
pub(super) struct Spoken<'t> {
    /// What it is of.
    pub(super) name: &'t str,
    /// What it shows.
    pub(super) facts: &'t str,
}

/// The drawing.
pub(super) fn draw(
    page: &mut Markup,
    timeline: &Timeline,
    size: Size,
    spoken: &Spoken<'_>,
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
    page.words(spoken.name)
        .tag("</title><desc>")
        .words(spoken.facts)
        .tag("</desc>");
    drawing.axis(page);
    drawing.stretches(page);
    drawing.labels(page);
    drawing.gaps(page);
    page.tag("</svg>");
}

/// The scale of a timeline: all of it, and room at the right end for an open end (`least`) and for the labels that
/// begin near it.
fn scale<'w>(
    timeline: &Timeline,
    width: f64,
    least: f64,
    labels: impl Iterator<Item = &'w Wanted> + Clone,
) -> Axis {
    let drawn = timeline.stretches.iter().take(STRETCHES_MAX);
    let instants = drawn.flat_map(|stretch| {
        [
            stretch.entered_earliest,
            Some(stretch.entered_latest),
            Some(stretch.left_earliest),
            stretch.left_latest,
        ]
    });
    let gaps = timeline.gaps.iter().take(STRETCHES_MAX);
    let instants = instants.chain(gaps.flat_map(|gap| [Some(gap.from), gap.until]));
    let mut room = least;
    let mut axis = Axis::of(instants.clone().flatten(), EDGE, width - room);
    // Room at the end moves the labels, too: a few rounds settle it.
    for _ in 0..4 {
        let over = labels.clone().map(|label| label.end(&axis) - width);
        let over = over.fold(0.0, f64::max);
        if over < 1.0 {
            break;
        }
        room = (room + over).min(width * LABELS_MAX);
        axis = Axis::of(instants.clone().flatten(), EDGE, width - room);
    }
    axis
}

struct Drawing<'t> {
    timeline: &'t Timeline,
    size: Size,
    axis: Axis,
    /// Whether the last status lasts, as far as anybody knows.
    is_open: bool,
    labels: Vec<Label>,
    causes: Vec<Label>,
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
        let status = drawn().map(|stretch| Wanted {
            at: stretch.entered_latest,
            text: terminal(&stretch.status).into_owned(),
            phase: Some(stretch.phase),
        });
        let cause = gaps().map(|gap| Wanted {
            at: gap.from,
            text: terminal(&format!("{}: {}", words.not_seen, gap.cause)).into_owned(),
            phase: None,
        });
        let (status, cause): (Vec<_>, Vec<_>) = (status.collect(), cause.collect());
        let last = timeline.stretches.last();
        let is_open = last.is_some_and(|last| last.left_latest.is_none() && !last.phase.is_final());
        let lasts = is_open || gaps().any(|gap| gap.until.is_none());
        let least = if lasts { OPEN } else { EDGE };
        let axis = scale(timeline, size.width, least, status.iter().chain(&cause));
        let (labels, causes) = (
            placed(status, &axis, size.width),
            placed(cause, &axis, size.width),
        );
        let bar = height(&labels) + 6.0;
        let blind = bar + BAR + 5.0;
        let base = match causes.is_empty() {
            true => bar + BAR + 6.0,
            false => blind + BLIND + height(&causes) + 8.0,
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
            height: base + FEET,
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
            self.tick(page, x, self.base + 15.0, &label);
            if let Some(day) = day {
                self.tick(page, x, self.base + 28.0, &day);
            }
        }
    }

    fn tick(&self, page: &mut Markup, x: f64, y: f64, label: &str) {
        // At the edge it would be cut.
        let half = width(label) / 2.0;
        let x = x.clamp(half, self.size.width - half);
        page.tag("<text class=\"tick\" text-anchor=\"middle\" x=\"");
        page.at(x).tag("\" y=\"").at(y).tag("\">");
        page.words(label).tag("</text>");
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
            let middle = self.bar - 5.0 - label.above() - 4.0;
            line(
                page,
                "lead",
                label.x + 0.5,
                middle - 5.0,
                label.x + 0.5,
                self.bar,
            );
            if let Some(phase) = label.phase {
                symbol(page, phase, label.x + 10.0, middle);
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
            let y = self.blind + BLIND + label.below() - 4.0;
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

fn text(page: &mut Markup, class: &'static str, x: f64, y: f64, data: &str) {
    page.tag("<text class=\"")
        .words(class)
        .tag("\" direction=\"ltr\" unicode-bidi=\"isolate\" x=\"");
    page.at(x)
        .tag("\" y=\"")
        .at(y)
        .tag("\">")
        .words(data)
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
