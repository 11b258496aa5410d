//! A document as one page that needs nothing but itself: no script, no request, no font from elsewhere. A policy in
//! its head says so, and a browser holds the page to it: styles are named by their hash, all else is refused.
//!
//! What others wrote is text, never markup and never a link. Meaning is told by words and symbols, never by color
//! alone. Long tables are cut at a limit that the page states; the other forms have all.

mod axis;
mod drawing;
mod labels;
mod markup;
mod table;
mod timeline;
mod value;
mod words;

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{Document, Fact, Kind, Language, Paragraph, Section, Tone, Value};
use markup::Markup;
use words::Words;

/// All styles. Nothing in it needs escaping in XML.
const STYLE: &str = include_str!("style.css");

/// Writes the document.
pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let words = Words::of(document.language);
    let mut page = Markup::default();
    head(&mut page, document);
    begin(&mut page, document, words);
    out.write_all(page.take().as_bytes())?;
    let mut has_legend = true;
    for (number, part) in (1..).zip(&document.sections) {
        section(&mut page, number, part, has_legend, words);
        has_legend &= part.timelines.is_empty();
        out.write_all(page.take().as_bytes())?;
    }
    page.tag("</main><footer><div class=\"page\"><p>");
    page.words(words.footer)
        .tag("</p></div></footer></body></html>\n");
    out.write_all(page.take().as_bytes())
}

/// What a browser needs before the first word.
fn head(page: &mut Markup, document: &Document) {
    let tag = match document.language {
        Language::En => "en",
        Language::Zh => "zh-CN",
    };
    page.tag("<!DOCTYPE html>\n<html lang=\"")
        .words(tag)
        .tag("\"><head><meta charset=\"utf-8\"/>");
    page.tag("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
    page.words(&STANDARD.encode(Sha256::digest(STYLE)));
    page.tag("'; img-src data:; base-uri 'none'; form-action 'none'\"/>");
    page.tag("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>");
    page.tag("<meta name=\"color-scheme\" content=\"light dark\"/><meta name=\"referrer\" content=\"no-referrer\"/>");
    page.tag("<meta name=\"robots\" content=\"noindex\"/>");
    // An icon of its own, or a server would be asked for one.
    page.tag("<link rel=\"icon\" href=\"data:,\"/><title>")
        .words(&document.title)
        .tag("</title>");
    page.tag("<style>").tag(STYLE).tag("</style></head>\n");
}

fn begin(page: &mut Markup, document: &Document, words: &Words) {
    page.tag("<body><a class=\"skip\" href=\"#report\">")
        .words(words.skip)
        .tag("</a>\n");
    page.tag("<header class=\"bar\"><p>")
        .data(&document.title)
        .tag("</p><a href=\"#contents\">");
    page.words(words.contents)
        .tag("</a></header>\n<main class=\"page\" id=\"report\"><h1>");
    page.data(&document.title).tag("</h1>\n");
    facts(page, &document.facts, words);
    contents(page, &document.sections, words);
}

fn facts(page: &mut Markup, facts: &[Fact], words: &Words) {
    if facts.is_empty() {
        return;
    }
    page.tag("<h2 class=\"away\">")
        .words(words.about)
        .tag("</h2><dl class=\"facts\">\n");
    for fact in facts {
        page.tag("<dt>").words(&fact.label).tag("</dt><dd>");
        match &fact.value {
            Value::Text(text) => value::time(page, text),
            other => value::value(page, Kind::Count, other, false, words),
        }
        page.tag("</dd>\n");
    }
    page.tag("</dl>\n");
}

fn contents(page: &mut Markup, sections: &[Section], words: &Words) {
    page.tag("<nav class=\"toc\" id=\"contents\" aria-labelledby=\"contents-title\"><h2 id=\"contents-title\">");
    page.words(words.contents).tag("</h2><ol>\n");
    for (number, section) in (1..).zip(sections) {
        page.tag("<li><span class=\"no\">")
            .number(number)
            .tag("</span><a href=\"#s-")
            .words(section.id);
        page.tag("\">").words(&section.title).tag("</a>");
        if let Some(rows) = section.table.as_ref().map(|table| table.rows.len()) {
            page.tag("<span class=\"count\">")
                .words(&table::count(rows))
                .tag("</span>");
        }
        page.tag("</li>\n");
    }
    page.tag("</ol></nav>\n");
}

fn section(page: &mut Markup, number: usize, section: &Section, has_legend: bool, words: &Words) {
    page.tag("<section id=\"s-")
        .words(section.id)
        .tag("\" aria-labelledby=\"h-")
        .words(section.id);
    page.tag("\"><h2 id=\"h-")
        .words(section.id)
        .tag("\"><span class=\"no\">")
        .words(&number.to_string());
    page.tag("</span>").words(&section.title).tag("</h2>\n");
    for said in section
        .paragraphs
        .chunk_by(|one, next| one.tone == next.tone)
    {
        paragraphs(page, said, words);
    }
    if let Some(rows) = &section.table {
        table::table(page, number, section, rows, words);
    }
    if !section.timelines.is_empty() {
        timeline::timelines(page, &section.timelines, has_legend, words);
    }
    page.tag("</section>\n");
}

/// Paragraphs of one tone; what is not plain stands in one box.
fn paragraphs(page: &mut Markup, said: &[Paragraph], words: &Words) {
    let tone = said.first().map_or(Tone::Plain, |first| first.tone);
    let Some((symbol, meaning)) = words.tone(tone) else {
        for one in said {
            page.tag("<p>").data(&one.text).tag("</p>\n");
        }
        return;
    };
    page.tag("<div class=\"tone ")
        .words(tone.as_str())
        .tag("\"><b><span class=\"mark\" aria-hidden=\"true\">");
    page.words(symbol)
        .tag("</span> ")
        .words(meaning)
        .tag("</b>");
    match said {
        [one] => {
            page.tag("<p>").data(&one.text).tag("</p>");
        }
        many => {
            page.tag("<ul>");
            for one in many {
                page.tag("<li>").data(&one.text).tag("</li>");
            }
            page.tag("</ul>");
        }
    }
    page.tag("</div>\n");
}
