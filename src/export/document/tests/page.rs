//! The page: well-formed, nothing in it but elements of ours, no request, and the limits that it states.

use std::collections::BTreeSet;

use base64::Engine as _;
use quick_xml::Reader;
use quick_xml::events::Event;
use sha2::Digest as _;

use super::*;

/// What a strict reader finds in a page.
#[derive(Default)]
struct Found {
    elements: BTreeSet<String>,
    attributes: BTreeSet<String>,
    /// Addresses that it names.
    targets: BTreeSet<String>,
    ids: Vec<String>,
    texts: Vec<String>,
    headings: Vec<u8>,
    style: String,
    policy: String,
}

/// Reads a page as XML: what is not well-formed is an error here, which browsers would repair silently.
fn read(page: &[u8]) -> Found {
    let page = std::str::from_utf8(page).unwrap();
    let mut reader = Reader::from_str(page);
    let mut found = Found::default();
    let mut open: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        let event = reader.read_event().unwrap();
        if !matches!(event, Event::Text(_) | Event::GeneralRef(_)) && !text.trim().is_empty() {
            match open.last().map(String::as_str) {
                Some("style") => found.style.push_str(&text),
                _ => found.texts.push(text.clone()),
            }
        }
        match event {
            Event::Start(ref start) | Event::Empty(ref start) => {
                text.clear();
                let name = start.name().as_ref().to_owned();
                if let Some(level) = name.strip_prefix('h').and_then(|level| level.parse().ok()) {
                    found.headings.push(level);
                }
                for attribute in start.attributes() {
                    let attribute = attribute.unwrap();
                    let key = attribute.key.as_ref().to_owned();
                    let value = attribute.value.to_string();
                    match key.as_str() {
                        "href" | "src" | "action" => drop(found.targets.insert(value)),
                        "id" => found.ids.push(value),
                        "content" if value.contains("default-src") => found.policy = value,
                        _ => {}
                    }
                    found.attributes.insert(key);
                }
                if matches!(event, Event::Start(_)) {
                    open.push(name.clone());
                }
                found.elements.insert(name);
            }
            Event::End(end) => {
                text.clear();
                let name = end.name().as_ref().to_owned();
                assert_eq!(open.pop(), Some(name));
            }
            Event::Text(piece) => text.push_str(&piece),
            Event::GeneralRef(name) => {
                text.push(match &*name {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "#39" => '\'',
                    other => panic!("&{other};"),
                });
            }
            Event::DocType(_) => {}
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    found
}

#[test]
fn no_element_no_attribute_and_no_address_comes_from_data() {
    let plain = read(&written(
        &fixture::sample(Language::En, 40),
        DocumentFormat::Html,
    ));
    let hostile = read(&written(&hostile::hostile(), DocumentFormat::Html));
    assert!(
        hostile.elements.is_subset(&plain.elements),
        "{:?}",
        hostile.elements
    );
    assert!(
        hostile.attributes.is_subset(&plain.attributes),
        "{:?}",
        hostile.attributes
    );
    for never in ["script", "img", "iframe", "object", "form", "base"] {
        assert!(!plain.elements.contains(never));
    }
    assert!(
        !plain
            .attributes
            .iter()
            .any(|name| name.starts_with("on") || name == "style")
    );
    for page in [&plain, &hostile] {
        assert!(
            page.targets
                .iter()
                .all(|target| target.starts_with('#') || target == "data:,")
        );
    }
}

#[test]
fn what_was_written_is_shown_and_what_shows_nothing_is_named() {
    let page = written(&hostile::hostile(), DocumentFormat::Html);
    let found = read(&page);
    for whole in [
        hostile::HOSTILE[0],
        hostile::HOSTILE[3],
        hostile::HOSTILE[5],
    ] {
        assert!(found.texts.iter().any(|text| text == whole), "{whole}");
    }
    let page = String::from_utf8(page).unwrap();
    assert!(
        !page
            .chars()
            .any(|c| c != '\n' && (crate::export::escape::is_unsafe(c) || c == '\u{ffff}'))
    );
    assert!(page.contains("<span class=\"named\">\\u{202e}</span>txt.exe"));
    assert!(page.contains("40,9"), "the length of the long text");
}

#[test]
fn the_policy_names_the_styles_by_their_hash() {
    let found = read(&written(
        &fixture::sample(Language::En, 1),
        DocumentFormat::Html,
    ));
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(&found.style));
    assert_eq!(
        found.policy,
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'"
        )
    );
}

#[test]
fn headings_are_in_order_and_anchors_are_there_once() {
    let found = read(&written(
        &fixture::sample(Language::Zh, 3),
        DocumentFormat::Html,
    ));
    assert_eq!(found.headings.first(), Some(&1));
    assert_eq!(
        found.headings.iter().filter(|&&level| level == 1).count(),
        1
    );
    let steps = found.headings.windows(2);
    assert!(
        steps.clone().all(|pair| pair[1] <= pair[0] + 1),
        "{:?}",
        found.headings
    );
    let ids: BTreeSet<&String> = found.ids.iter().collect();
    assert_eq!(ids.len(), found.ids.len(), "{:?}", found.ids);
    for target in found
        .targets
        .iter()
        .filter_map(|target| target.strip_prefix('#'))
    {
        assert!(found.ids.iter().any(|id| id == target), "{target}");
    }
}

#[test]
fn figures_are_on_the_page() {
    let found = read(&written(
        &fixture::sample(Language::En, 3),
        DocumentFormat::Html,
    ));
    for figure in [
        "8,612",
        "12,600",
        "3 h 30 min",
        "−1,204",
        "1204",
        "2,000 leaves",
        "88120, 88129",
    ] {
        assert!(
            found.texts.iter().any(|text| text.trim() == figure),
            "{figure}: {:?}",
            found.texts
        );
    }
}

#[test]
fn a_long_table_is_cut_and_says_where_all_of_it_is() {
    let page = written(&fixture::sample(Language::En, 5_001), DocumentFormat::Html);
    let page = String::from_utf8(page).unwrap();
    let sentence = "The first 5,000 of 5,001 rows are on this page. All are in the other forms of this report: with --format \
                    csv in the file 04-operations.csv, or with --format json or xlsx.";
    assert!(page.contains(sentence));
    assert!(page.contains("000000004999") && !page.contains("000000005000"));
    let whole = written(&fixture::sample(Language::En, 5_000), DocumentFormat::Html);
    assert!(
        !String::from_utf8(whole)
            .unwrap()
            .contains("rows are on this page")
    );
}

#[test]
fn a_drawing_says_what_it_shows() {
    let page = written(&fixture::sample(Language::En, 1), DocumentFormat::Html);
    let page = String::from_utf8(page).unwrap();
    for sentence in [
        "RUNNING (running): seen from 2026-03-01T06:10:00.000Z until 2026-03-01T07:10:00.000Z; began between \
         2026-03-01T06:05:00.000Z and 2026-03-01T06:10:00.000Z; ended between 2026-03-01T07:10:00.000Z and \
         2026-03-01T08:10:00.000Z",
        "Not seen from 2026-03-01T07:15:00.000Z until 2026-03-01T08:05:00.000Z: rate_limited",
        "STOPPING (stopping): seen from 2026-03-02T01:20:00.000Z until 2026-03-02T10:20:00.000Z; began between \
         2026-03-02T00:20:00.000Z and 2026-03-02T01:20:00.000Z; not seen to end",
        "Not seen from 2026-03-02T10:25:00.000Z on: no_credentials",
    ] {
        // Drawn twice, for wide and for narrow pages, and once in words.
        assert_eq!(page.matches(sentence).count(), 3, "{sentence}");
    }
    // Twice one operation under way whose end nobody saw, and the legend.
    assert_eq!(page.matches("<path class=\"dash").count(), 3);
}

#[test]
fn a_document_of_nothing_is_a_page() {
    let document = Document {
        language: Language::En,
        title: String::new(),
        facts: Vec::new(),
        sections: vec![Section {
            id: "nothing",
            title: String::new(),
            paragraphs: Vec::new(),
            table: Some(Table::default()),
            timelines: vec![Timeline {
                label: String::new(),
                id: String::new(),
                stretches: Vec::new(),
                gaps: Vec::new(),
            }],
        }],
    };
    for format in [
        DocumentFormat::Html,
        DocumentFormat::Json,
        DocumentFormat::Xlsx,
    ] {
        assert!(!written(&document, format).is_empty());
    }
    read(&written(&document, DocumentFormat::Html));
}
