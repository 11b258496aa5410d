//! Timelines of a section: the legend, each drawing for wide and for narrow pages, and the same in words.

use super::super::{Blind, Stretch, Timeline};
use super::drawing::{BROAD, SLIM, STRETCHES_MAX, Spoken, draw, symbol};
use super::markup::Markup;
use super::table::count;
use super::words::{Words, fill};
use crate::model::Phase;

/// Timelines that are drawn in one section.
pub(super) const TIMELINES_MAX: usize = 200;

/// Characters of a status, a cause or a name in the words of a timeline.
const WORD_CHARS_MAX: usize = 200;

/// The patterns of all drawings of the page; they are part of the first drawing of the legend.
const PATTERNS: &str = "<defs>\
<pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
<rect class=\"hatch\" width=\"2\" height=\"5\"/></pattern>\
<pattern id=\"blind\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">\
<line class=\"blind-line\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"5\"/></pattern></defs>";

/// The timelines of a section; the legend stands before the first of the page.
pub(super) fn timelines(
    page: &mut Markup,
    timelines: &[Timeline],
    has_legend: bool,
    words: &Words,
) {
    page.tag("<h3>").words(words.timelines).tag("</h3>\n");
    if has_legend {
        legend(page, words);
    }
    for timeline in timelines.iter().take(TIMELINES_MAX) {
        one(page, timeline, words);
    }
    if timelines.len() > TIMELINES_MAX {
        more(page, words.more_timelines, TIMELINES_MAX, timelines.len());
    }
}

fn more(page: &mut Markup, sentence: &str, shown: usize, all: usize) {
    let sentence = fill(sentence, &[("shown", &count(shown)), ("all", &count(all))]);
    page.tag("<p class=\"more\">")
        .words(&sentence)
        .tag("</p>\n");
}

fn one(page: &mut Markup, timeline: &Timeline, words: &Words) {
    let sentences = sentences(timeline, words);
    let spoken = Spoken {
        name: &short(&timeline.label),
        facts: &sentences.join(". "),
    };
    page.tag("<figure><figcaption>")
        .data(&short(&timeline.label));
    page.tag(" <code>")
        .data(&short(&timeline.id))
        .tag("</code></figcaption>");
    draw(page, timeline, BROAD, &spoken, words);
    draw(page, timeline, SLIM, &spoken, words);
    let (stretches, gaps) = (timeline.stretches.len(), timeline.gaps.len());
    if stretches.max(gaps) > STRETCHES_MAX {
        more(
            page,
            words.more_stretches,
            STRETCHES_MAX,
            stretches.max(gaps),
        );
    }
    page.tag("<details class=\"words\"><summary>")
        .words(words.in_words)
        .tag("</summary><ol>");
    for sentence in &sentences {
        page.tag("<li>").data(sentence).tag("</li>");
    }
    page.tag("</ol></details></figure>\n");
}

fn sentences(timeline: &Timeline, words: &Words) -> Vec<String> {
    let stretches = timeline.stretches.iter().take(STRETCHES_MAX);
    let gaps = timeline.gaps.iter().take(STRETCHES_MAX);
    let stretches = stretches.map(|stretch| of_stretch(stretch, words));
    stretches
        .chain(gaps.map(|gap| of_gap(gap, words)))
        .collect()
}

fn of_stretch(stretch: &Stretch, words: &Words) -> String {
    let (entered, left) = (
        stretch.entered_latest.to_string(),
        stretch.left_earliest.to_string(),
    );
    let is_once = stretch.entered_latest == stretch.left_earliest;
    let mut parts = vec![fill(
        if is_once { words.seen_once } else { words.seen },
        &[
            ("status", &short(&stretch.status)),
            ("phase", stretch.phase.as_str()),
            ("from", &entered),
            ("until", &left),
        ],
    )];
    if let Some(earliest) = stretch.entered_earliest {
        let earliest = earliest.to_string();
        parts.push(fill(
            words.began,
            &[("from", &earliest), ("until", &entered)],
        ));
    }
    if let Some(latest) = stretch.left_latest {
        let latest = latest.to_string();
        parts.push(fill(words.ended, &[("from", &left), ("until", &latest)]));
    } else if !stretch.phase.is_final() {
        parts.push(words.lasts.to_owned());
    }
    parts.join("; ")
}

fn of_gap(gap: &Blind, words: &Words) -> String {
    let from = gap.from.to_string();
    let (sentence, until) = match gap.until {
        Some(until) => (words.blind, until.to_string()),
        None => (words.blind_open, String::new()),
    };
    fill(
        sentence,
        &[
            ("from", &from),
            ("until", &until),
            ("cause", &short(&gap.cause)),
        ],
    )
}

/// A word of the cloud is short; what is none is not told to its end in a sentence.
fn short(word: &str) -> String {
    match word.char_indices().nth(WORD_CHARS_MAX) {
        Some((end, _)) => format!("{}…", word.get(..end).unwrap_or_default()),
        None => word.to_owned(),
    }
}

/// What the drawings mean. Its first drawing bears the patterns, so it must be on the page, and shown.
fn legend(page: &mut Markup, words: &Words) {
    const BOX: &str =
        "<li><svg width=\"34\" height=\"16\" viewBox=\"0 0 34 16\" aria-hidden=\"true\">";
    page.tag("<ul class=\"legend\">").tag(BOX).tag(PATTERNS);
    page.tag("<rect class=\"flat running\" width=\"34\" height=\"16\"/></svg>");
    page.words(words.legend_known).tag("</li>").tag(BOX);
    page.tag("<polygon class=\"flat half running\" points=\"0,0 0,16 34,16\"/>");
    page.tag("<polygon class=\"flat half succeeded\" points=\"0,0 34,0 34,16\"/>");
    page.tag("<rect fill=\"url(#hatch)\" width=\"34\" height=\"16\"/></svg>");
    page.words(words.legend_change).tag("</li>").tag(BOX);
    page.tag("<path class=\"dash running\" fill=\"none\" d=\"M0 1H25L33 8L25 15H0\"/></svg>");
    page.words(words.legend_open).tag("</li>").tag(BOX);
    page.tag("<rect class=\"blind\" x=\"1\" y=\"4\" width=\"32\" height=\"9\"/></svg>");
    page.words(words.legend_blind).tag("</li>");
    for phase in Phase::ALL {
        page.tag(
            "<li><svg width=\"14\" height=\"14\" viewBox=\"-7 -7 14 14\" aria-hidden=\"true\">",
        );
        symbol(page, phase, 0.0, 0.0);
        page.tag("</svg>").words(phase.as_str()).tag("</li>");
    }
    page.tag("</ul>\n");
}
