//! Tables of the page: rows in a region that scrolls by itself, and figures, each of which is read alone.

use super::super::{Column, Kind, Section, Table, Value, csv};
use super::markup::Markup;
use super::value::{class, evidence, value};
use super::words::{Words, fill, grouped};

/// Rows of one table on the page. A browser lays out so many at once; the other forms have all.
pub(super) const ROWS_MAX: usize = 5_000;

/// The table of a section; `number` is the section's, from 1.
pub(super) fn table(
    page: &mut Markup,
    number: usize,
    section: &Section,
    table: &Table,
    words: &Words,
) {
    if table.rows.is_empty() {
        // A section that says so in words says it better.
        if section.paragraphs.is_empty() {
            page.tag("<p class=\"more\">")
                .words(words.no_rows)
                .tag("</p>");
        }
    } else if let Some(figures) = Figures::of(table) {
        figures.write(page, section, table, words);
    } else {
        rows(page, section, table, words);
    }
    if table.rows.len() > ROWS_MAX {
        let file = csv::file_name(number, section.id);
        let sentence = fill(
            words.more_rows,
            &[
                ("shown", &count(ROWS_MAX)),
                ("all", &count(table.rows.len())),
                ("file", &file),
            ],
        );
        page.tag("<p class=\"more\">").words(&sentence).tag("</p>");
    }
}

/// How many, as people read it.
pub(super) fn count(things: usize) -> String {
    grouped(i64::try_from(things).unwrap_or(i64::MAX))
}

fn rows(page: &mut Markup, section: &Section, table: &Table, words: &Words) {
    page.tag("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
    page.words(&section.title).tag("\"><table><caption>");
    page.words(&section.title)
        .tag(" · ")
        .words(&count(table.rows.len()))
        .tag(" ");
    page.words(if table.rows.len() == 1 {
        words.row
    } else {
        words.rows
    });
    page.tag("</caption><thead><tr>");
    for column in &table.columns {
        page.tag("<th scope=\"col\"");
        if class(column.kind, &Value::Null) == "num" {
            page.tag(" class=\"num\"");
        }
        page.tag(">").words(&column.label).tag("</th>");
    }
    page.tag("</tr></thead><tbody>\n");
    for row in table.rows.iter().take(ROWS_MAX) {
        page.tag("<tr>");
        for (column, cell) in table.columns.iter().zip(row) {
            page.tag("<td class=\"")
                .words(class(column.kind, cell))
                .tag("\">");
            value(page, column.kind, cell, is_name(column), words);
            page.tag("</td>");
        }
        page.tag("</tr>\n");
    }
    page.tag("</tbody></table></div>\n");
}

/// Whether the numbers of a column name things, and are not grouped like counts.
fn is_name(column: &Column) -> bool {
    column.name.ends_with("_id") || column.name.ends_with("_sequence")
}

/// A table of figures: where its columns `figure`, `value` and `unit` are. Each row is a number of its own, with
/// what it means and what it was counted from.
struct Figures {
    figure: usize,
    value: usize,
    unit: usize,
    meaning: Option<usize>,
    evidence: Option<usize>,
}

impl Figures {
    fn of(table: &Table) -> Option<Self> {
        let place = |name| table.columns.iter().position(|column| column.name == name);
        Some(Self {
            figure: place("figure")?,
            value: place("value")?,
            unit: place("unit")?,
            meaning: place("meaning"),
            evidence: place("evidence"),
        })
    }

    fn write(&self, page: &mut Markup, section: &Section, table: &Table, words: &Words) {
        let label = |place: usize| table.columns.get(place).map_or("", |column| &column.label);
        page.tag("<table class=\"figures\" role=\"table\"><caption class=\"away\">");
        page.words(&section.title)
            .tag("</caption><thead><tr role=\"row\">");
        page.tag("<th scope=\"col\">")
            .words(label(self.figure))
            .tag("</th>");
        page.tag("<th scope=\"col\" class=\"head\">")
            .words(label(self.value))
            .tag("</th>");
        page.tag("<th scope=\"col\">")
            .words(label(self.unit))
            .tag("</th>");
        if let Some(place) = self.evidence {
            page.tag("<th scope=\"col\">")
                .words(label(place))
                .tag("</th>");
        }
        page.tag("</tr></thead><tbody role=\"rowgroup\">\n");
        for row in table.rows.iter().take(ROWS_MAX) {
            self.row(page, row, words);
        }
        page.tag("</tbody></table>\n");
    }

    fn row(&self, page: &mut Markup, row: &[Value], words: &Words) {
        let at = |place: usize| row.get(place).unwrap_or(&Value::Null);
        page.tag("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\" class=\"what\">");
        if let Some(Value::Text(meaning)) = self.meaning.map(at) {
            page.data(meaning);
        }
        page.tag("<code>");
        if let Value::Text(figure) = at(self.figure) {
            page.data(figure);
        }
        page.tag("</code></th><td role=\"cell\" class=\"")
            .words(class(Kind::Count, at(self.value)));
        // The number of a leaf names it: it counts nothing.
        let is_name = matches!(at(self.unit), Value::Text(unit) if unit == "sequence");
        if matches!(at(self.value), Value::Integer(0) | Value::Null) && !is_name {
            page.tag(" zero");
        }
        page.tag("\">");
        value(page, Kind::Count, at(self.value), is_name, words);
        page.tag("</td><td role=\"cell\" class=\"unit\">");
        if let Value::Text(unit) = at(self.unit) {
            page.data(words.unit(unit, matches!(at(self.value), Value::Integer(1))));
            self.spelled(page, at(self.value), unit, words);
        }
        page.tag("</td>");
        if let Some(place) = self.evidence {
            page.tag("<td role=\"cell\" class=\"evidence\">");
            if let Value::Evidence(leaves) = at(place) {
                evidence(page, leaves, words);
            }
            page.tag("</td>");
        }
        page.tag("</tr>\n");
    }

    /// A length in larger units, below its unit.
    fn spelled(&self, page: &mut Markup, value: &Value, unit: &str, words: &Words) {
        let (unit_ms, spelled_ms) = match unit {
            "seconds" | "s" => (1000, 60_000),
            "milliseconds" | "ms" => (1, 1000),
            _ => return,
        };
        if let Value::Integer(number) = value {
            let ms = number.saturating_mul(unit_ms);
            if ms.saturating_abs() >= spelled_ms {
                page.tag("<span class=\"also\">")
                    .words(&words.length(ms))
                    .tag("</span>");
            }
        }
    }
}
