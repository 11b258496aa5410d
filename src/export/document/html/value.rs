//! One value in a cell of the page, by what its column is.

use super::super::{Evidence, Kind, Value};
use super::markup::Markup;
use super::words::{Words, fill, grouped};
use crate::model::{Phase, UtcMillis};

/// Characters of a text that stand in the cell itself; a longer one opens.
const SHOWN_CHARS: usize = 160;

/// Characters of a text that the page has at all: a few of the longest must not make it unreadable.
const TEXT_CHARS_MAX: usize = 20_000;

/// Characters of evidence that stand in the cell itself.
const EVIDENCE_SHOWN_CHARS: usize = 22;

/// Ranges of evidence that the page has for one value.
const RANGES_MAX: usize = 500;

/// Characters from which on an identifier may break into lines.
const LONG_ID_CHARS: usize = 40;

/// The class of a cell.
pub(super) fn class(kind: Kind, value: &Value) -> &'static str {
    match (kind, value) {
        (Kind::Count | Kind::Seconds | Kind::Millis, Value::Text(_)) => "text wide",
        (Kind::Count | Kind::Seconds | Kind::Millis, _) => "num",
        (Kind::Evidence, _) => "evidence",
        (Kind::Time | Kind::Word, Value::Text(text)) if text.chars().count() > LONG_ID_CHARS => {
            "text wide"
        }
        (Kind::Time, _) => "time",
        (Kind::Word, _) => "word",
        (Kind::Id, Value::Text(text)) if text.chars().count() > LONG_ID_CHARS => "id long",
        (Kind::Id, _) => "id",
        (Kind::Text, Value::Text(text)) if text.chars().count() > LONG_ID_CHARS => "text wide",
        (Kind::Text, _) => "text",
    }
}

/// The value; `is_name`: a number that names a thing (a run, a leaf) and counts nothing.
pub(super) fn value(page: &mut Markup, kind: Kind, value: &Value, is_name: bool, words: &Words) {
    match (kind, value) {
        (_, Value::Null) => {
            page.tag("<span class=\"null\">–</span>");
        }
        (_, Value::Evidence(leaves)) => evidence(page, leaves, words),
        (_, Value::Integer(number)) if is_name => {
            page.number(*number);
        }
        (Kind::Seconds, Value::Integer(seconds)) => {
            length(page, *seconds, seconds.saturating_mul(1000), 60_000, words);
        }
        (Kind::Millis, Value::Integer(ms)) => length(page, *ms, *ms, 1000, words),
        (_, Value::Integer(number)) => {
            page.words(&grouped(*number));
        }
        (_, Value::Flag(is_so)) => {
            page.words(if *is_so { words.yes } else { words.no });
        }
        // A service without regions has an empty one.
        (Kind::Id | Kind::Word, Value::Text(text)) if text.is_empty() => {
            page.tag("<span class=\"null\">–</span>");
        }
        (Kind::Time, Value::Text(text)) => time(page, text),
        (Kind::Word, Value::Text(text)) => word(page, text, words),
        (_, Value::Text(text)) => {
            page.tag("<div>");
            shortened(page, text, words);
            page.tag("</div>");
        }
    }
}

/// A length as its column counts it, and from `spelled_ms` on in larger units, too.
fn length(page: &mut Markup, number: i64, ms: i64, spelled_ms: i64, words: &Words) {
    page.words(&grouped(number));
    if ms.saturating_abs() >= spelled_ms {
        page.tag("<span class=\"also\">")
            .words(&words.length(ms))
            .tag("</span>");
    }
}

/// An instant: exact to the letter when it is copied, lighter where it tells little.
pub(super) fn time(page: &mut Markup, text: &str) {
    let is_ours = UtcMillis::parse_rfc3339(text).is_some_and(|at| at.to_string() == text);
    // 24 ASCII characters: a parsed instant wrote the same text.
    match (is_ours, text.get(..10), text.get(11..19), text.get(19..)) {
        (true, Some(date), Some(clock), Some(rest)) => {
            page.tag("<time datetime=\"").words(text).tag("\">");
            page.tag("<span class=\"whole-word\">").words(date);
            page.tag("<span class=\"faint\">T</span></span><wbr/>");
            page.tag("<span class=\"whole-word\">").words(clock);
            page.tag("<span class=\"faint\">")
                .words(rest)
                .tag("</span></span></time>");
        }
        _ => {
            page.tag("<div>").data(text).tag("</div>");
        }
    }
}

/// A word, with the symbol of its meaning where it has one.
fn word(page: &mut Markup, text: &str, words: &Words) {
    page.tag("<div>");
    if let Some((class, symbol)) = mark(text) {
        page.tag("<span class=\"mark ")
            .words(class)
            .tag("\" aria-hidden=\"true\">")
            .words(symbol)
            .tag("</span>");
    }
    shortened(page, text, words);
    page.tag("</div>");
}

/// Class and symbol of a word of a vocabulary.
fn mark(word: &str) -> Option<(&'static str, &'static str)> {
    let lower = word.to_ascii_lowercase();
    let phase = Phase::from_word(&lower).unwrap_or_else(|| Phase::of_word(word));
    match (phase, lower.as_str()) {
        (Phase::Succeeded, _) | (_, "complete" | "ok") => Some(("good", "✓")),
        (Phase::Failed, _) | (_, "incomplete" | "aborted" | "error" | "failure") => {
            Some(("bad", "✕"))
        }
        (Phase::Pending, _) => Some(("busy", "○")),
        (Phase::Running | Phase::Stopping, _) => Some(("busy", "▸")),
        (Phase::Cancelled | Phase::Stopped, _) => Some(("unknown", "■")),
        (_, "partial" | "interrupted" | "throttled" | "unfinished") => Some(("unknown", "!")),
        (_, "unknown") => Some(("unknown", "?")),
        (Phase::Unknown, _) => None,
    }
}

/// What others wrote; a long one shows its begin, and opens.
fn shortened(page: &mut Markup, text: &str, words: &Words) {
    let all = text.chars().count();
    if all <= SHOWN_CHARS {
        page.data(text);
        return;
    }
    let count = i64::try_from(all).unwrap_or(i64::MAX);
    page.tag("<details><summary>")
        .data(&begin(text, SHOWN_CHARS));
    page.tag("… <span class=\"faint\">(")
        .words(&grouped(count))
        .tag(" ");
    page.words(words.characters)
        .tag(")</span></summary><div class=\"whole\">");
    page.data(&begin(text, TEXT_CHARS_MAX));
    if all > TEXT_CHARS_MAX {
        let more = grouped(i64::try_from(all - TEXT_CHARS_MAX).unwrap_or(i64::MAX));
        page.tag(" <span class=\"more\">")
            .words(&fill(words.more_characters, &[("more", &more)]))
            .tag("</span>");
    }
    page.tag("</div></details>");
}

fn begin(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

/// Leaves: all of them where they are few, else the first and how many, and all on demand.
pub(super) fn evidence(page: &mut Markup, evidence: &Evidence, words: &Words) {
    let (leaves, ranges) = (evidence.leaves(), evidence.ranges().len());
    if leaves == 0 {
        page.tag("<span class=\"null\">–</span>");
        return;
    }
    let text = evidence.to_string();
    if text.len() <= EVIDENCE_SHOWN_CHARS {
        page.words(&text.replace('-', "–").replace(' ', ", "));
        return;
    }
    let noun = if leaves == 1 {
        words.leaf
    } else {
        words.leaves
    };
    page.tag("<details><summary>")
        .words(&grouped(leaves))
        .tag(" ");
    page.words(noun).tag("</summary><div class=\"whole\">");
    for (index, range) in evidence.ranges().take(RANGES_MAX).enumerate() {
        if index > 0 {
            page.tag(", ");
        }
        page.number(*range.start());
        if range.start() < range.end() {
            page.tag("–").number(*range.end());
        }
    }
    if ranges > RANGES_MAX {
        let more = grouped(i64::try_from(ranges - RANGES_MAX).unwrap_or(i64::MAX));
        page.tag(" <span class=\"more\">")
            .words(&fill(words.more_ranges, &[("more", &more)]))
            .tag("</span>");
    }
    page.tag("</div></details>");
}
