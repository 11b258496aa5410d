//! Reports as pages, and as JSON, of texts that others wrote.

use optrail::export::document::{
    Blind, Column, Document, DocumentFormat, Evidence, Fact, Kind, Language, Paragraph, Section,
    Stretch, Table, Timeline, Tone, Value, write,
};
use optrail::export::escape::is_unsafe;
use optrail::model::{Phase, UtcMillis};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::{pick, text};

/// The last instant that a timestamp of four digits for the year can say, ms.
const LAST_MS: i64 = 253_402_300_799_999;
/// Pieces that are looked at: each is there as a value in many places, and a short run is to try many pages.
const PIECES_MAX: usize = 12;
/// Elements that a page of ours never has.
const NEVER: [&str; 11] = [
    "script",
    "img",
    "image",
    "iframe",
    "object",
    "embed",
    "form",
    "base",
    "foreignobject",
    "animate",
    "use",
];

/// Nothing that others wrote becomes an element, an attribute or an address; the page is well-formed and its
/// characters are all seen. 0xff, which no text has, ends a piece.
pub fn page(bytes: &[u8]) {
    let pieces = bytes.split(|byte| *byte == 0xff);
    let pieces: Vec<&[u8]> = pieces.take(PIECES_MAX).collect();
    let document = document(&pieces);
    let written = |format| {
        let mut out = Vec::new();
        write(&document, format, &mut out).expect("a Vec takes all");
        out
    };
    is_well_behaved(text(&written(DocumentFormat::Html)).expect("UTF-8"));
    let json = serde_json::from_slice::<serde_json::Value>(&written(DocumentFormat::Json));
    assert_eq!(json.expect("an object")["title"], document.title);
}

/// A page of all parts that a report can have.
fn document(pieces: &[&[u8]]) -> Document {
    let words = |index: usize| {
        let piece = pieces.get(index).copied().unwrap_or_default();
        String::from_utf8_lossy(piece).into_owned()
    };
    let values = pieces.iter().map(|piece| value(piece));
    let columns = Kind::ALL.map(|kind| Column {
        name: kind.as_str(),
        label: words(1),
        kind,
    });
    let rows: Vec<Vec<Value>> = pieces
        .iter()
        .map(|piece| vec![value(piece); Kind::ALL.len()])
        .collect();
    let table = Table {
        columns: columns.into(),
        rows,
    };
    let paragraphs = Tone::ALL.map(|tone| Paragraph {
        tone,
        text: words(2),
    });
    Document {
        language: Language::ALL[pieces.len() % 2],
        title: words(0),
        facts: values
            .map(|value| Fact {
                id: "fact",
                label: words(3),
                value,
            })
            .collect(),
        sections: vec![Section {
            id: "section",
            title: words(4),
            paragraphs: paragraphs.into(),
            table: Some(table),
            timelines: vec![timeline(pieces)],
        }],
    }
}

fn value(piece: &[u8]) -> Value {
    let (kind, rest) = pick(piece);
    match kind % 6 {
        0 => Value::Null,
        1 => Value::Integer(number(rest, 0)),
        2 => Value::Flag(rest.len() % 2 == 0),
        3 => Value::Evidence(Evidence::span(0, number(rest, 0))),
        _ => Value::Text(String::from_utf8_lossy(rest).into_owned()),
    }
}

/// The eight bytes at a place, as a number.
fn number(bytes: &[u8], at: usize) -> i64 {
    let chunk = bytes.get(at * 8..).and_then(|rest| rest.first_chunk::<8>());
    chunk.map_or(0, |chunk| i64::from_be_bytes(*chunk))
}

/// In whatever order the instants are: the clock of a machine may have jumped.
fn timeline(pieces: &[&[u8]]) -> Timeline {
    let words = |piece: &[u8]| String::from_utf8_lossy(piece).into_owned();
    let at = |piece: &[u8], index| UtcMillis(number(piece, index).rem_euclid(LAST_MS));
    let is_odd = |piece: &[u8]| piece.len() % 2 == 1;
    let stretch = |piece: &&[u8]| Stretch {
        status: words(piece),
        phase: Phase::ALL[piece.len() % Phase::ALL.len()],
        entered_earliest: is_odd(piece).then(|| at(piece, 3)),
        entered_latest: at(piece, 0),
        left_earliest: at(piece, 1),
        left_latest: is_odd(piece).then(|| at(piece, 2)),
    };
    let gap = |piece: &&[u8]| Blind {
        from: at(piece, 0),
        until: is_odd(piece).then(|| at(piece, 1)),
        cause: words(piece),
    };
    Timeline {
        label: words(pieces[0]),
        id: words(pieces[pieces.len() - 1]),
        stretches: pieces.iter().map(stretch).collect(),
        gaps: pieces.iter().map(gap).collect(),
    }
}

fn is_well_behaved(page: &str) {
    let is_hidden = |c: char| c != '\n' && is_unsafe(c);
    assert!(!page.chars().any(is_hidden), "a character that nobody sees");
    let mut reader = Reader::from_str(page);
    let mut open = 0_usize;
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) => {
                is_of_ours(&start);
                open += 1;
            }
            Event::Empty(start) => is_of_ours(&start),
            Event::End(_) => open = open.checked_sub(1).expect("an element that was begun"),
            Event::Text(_) | Event::GeneralRef(_) | Event::DocType(_) => {}
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(open, 0, "elements without an end");
}

fn is_of_ours(start: &BytesStart<'_>) {
    let name = start.name().as_ref().to_ascii_lowercase();
    assert!(!NEVER.contains(&name.as_str()), "{name}");
    for attribute in start.attributes() {
        let attribute = attribute.expect("an attribute");
        let key = attribute.key.as_ref().to_ascii_lowercase();
        assert!(!key.starts_with("on") && key != "style", "{key}");
        if ["href", "src", "action", "xlink:href"].contains(&key.as_str()) {
            let target = attribute.value;
            assert!(
                target.starts_with('#') || target.as_ref() == "data:,",
                "{target}"
            );
        }
    }
}
