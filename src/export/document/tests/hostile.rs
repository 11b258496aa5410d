//! A document in which every text is hostile.

use super::super::{
    Blind, Column, Document, Fact, Kind, Language, Paragraph, Section, Table, Timeline, Tone,
};
use super::fixture::{self, at, stretch, text};
use crate::model::Phase;

/// Texts that try to be something else than text.
pub(super) const HOSTILE: [&str; 12] = [
    "=cmd|'/c calc'!A0",
    "+1+1",
    "@SUM(1+9)*cmd",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'/><svg/onload=alert(1)>&lt;&#60;",
    "]]><!--<style>*{background:url(//x.example)}</style>-->",
    "\u{1b}]52;c;eA==\u{7}\u{1b}[2J\u{9b}31m",
    "a\r\nb\n\"c\",d\te\u{b}\0",
    "\u{202e}txt.exe\u{2066}\u{200b}\u{feff}\u{ffff}\u{e0001}",
    "javascript:alert(1) https://evil.example/ mailto:x@example",
    "_x001B_ }</style></title></svg></textarea>",
];

/// A document of these texts and a long one, in every place that bears a text.
pub(super) fn hostile() -> Document {
    let long = format!("=<b>&\"{}", "深x\u{1f600}y".repeat(10_240));
    let mut texts: Vec<String> = HOSTILE.iter().map(|&text| text.to_owned()).collect();
    texts.push(long);
    let all = texts.concat();
    let names = [
        "a_text",
        "b_id",
        "c_word",
        "d_count",
        "e_at",
        "f_seconds",
        "g_ms",
        "h_evidence",
    ];
    let table = Table {
        columns: names
            .into_iter()
            .zip(Kind::ALL)
            .map(|(name, kind)| Column {
                name,
                label: all.chars().take(600).collect(),
                kind,
            })
            .collect(),
        rows: texts
            .iter()
            .map(|hostile| vec![text(hostile); Kind::ALL.len()])
            .collect(),
    };
    let figures = Table {
        columns: fixture::figures().columns,
        rows: texts.iter().map(|hostile| vec![text(hostile); 5]).collect(),
    };
    let timelines = texts
        .iter()
        .map(|hostile| Timeline {
            label: hostile.clone(),
            id: hostile.clone(),
            stretches: vec![
                stretch(hostile, Phase::Unknown, [None, Some(0), Some(5), Some(10)]),
                stretch(hostile, Phase::Unknown, [Some(5), Some(10), Some(10), None]),
            ],
            gaps: vec![Blind {
                from: at(5),
                until: None,
                cause: hostile.clone(),
            }],
        })
        .collect();
    let part = |id, table| Section {
        id,
        title: all.clone(),
        paragraphs: Tone::ALL
            .map(|tone| Paragraph {
                tone,
                text: all.clone(),
            })
            .to_vec(),
        table: Some(table),
        timelines: Vec::new(),
    };
    let mut sections = vec![part("of_rows", table), part("of_figures", figures)];
    sections[0].timelines = timelines;
    Document {
        language: Language::En,
        title: all.clone(),
        facts: texts
            .iter()
            .map(|hostile| Fact {
                id: "hostile",
                label: hostile.clone(),
                value: text(hostile),
            })
            .collect(),
        sections,
    }
}
