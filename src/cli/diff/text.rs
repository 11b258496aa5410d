//! What `diff` says to people: by operation, first its own fields and then its results, on a terminal each cut to its
//! line.

use std::borrow::Cow;
use std::io::Write;

use unicode_width::UnicodeWidthStr as _;

use crate::cli::database::Moment;
use crate::cli::sections::Look;
use crate::export::escape::terminal;
use crate::export::shorten;
use crate::export::wrap::wrap;
use crate::model::{OperationKey, UtcMillis};
use crate::report::diff::{Change, Changed, FieldChange, Tally};
use crate::store::query::OwnedValue;

/// Columns that a value gets at least, however narrow the terminal.
const VALUE_NARROWEST: usize = 8;

/// Between what a field said and what it says.
const ARROW: &str = " → ";

/// Fields that follow from another one, which is told instead.
const IMPLIED: [(&str, &str); 6] = [
    ("status_raw", "status"),
    ("phase", "status"),
    ("is_final", "status"),
    ("cloud_started_at_raw", "cloud_started_at"),
    ("cloud_ended_at_raw", "cloud_ended_at"),
    ("duration_ms", "cloud_ended_at"),
];

/// Fields of a new operation that its heading tells.
const IN_HEADING: [&str; 3] = ["kind", "resource_type", "resource_name"];

/// A text that grows operation by operation.
pub(super) struct Text {
    look: Look,
    /// The operation under whose heading the next lines stand.
    heading: Option<OperationKey>,
}

impl Text {
    pub(super) const fn new(look: Look) -> Self {
        Self {
            look,
            heading: None,
        }
    }

    /// A line of its own, within the width.
    fn put(&self, line: &str, out: &mut dyn Write) -> anyhow::Result<()> {
        let line = cut(line, self.look.width).into_owned();
        Ok(writeln!(out, "{}", self.look.spelled(line))?)
    }

    /// Writes what changed of one operation or result.
    pub(super) fn write(
        &mut self,
        changed: &Changed<'_>,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        if self.heading.as_ref() != Some(&changed.operation.key) {
            self.head(changed, out)?;
        }
        let mut indent = 2;
        if let Some((account, region)) = changed.target {
            let line = format!(
                "  {} result {} {}",
                changed.change.as_str(),
                terminal(account),
                terminal(region)
            );
            self.put(&line, out)?;
            indent = 4;
        }
        let mut told: Vec<&FieldChange> = told(changed.fields).collect();
        if changed.change == Change::Added {
            told.retain(|field| !IN_HEADING.contains(&field.field.as_str()));
        }
        let names = told.iter().map(|field| field.field.width()).max();
        for field in &told {
            let line = self.line(field, changed.change, (indent, names.unwrap_or(0)));
            self.put(&line, out)?;
        }
        Ok(())
    }

    /// The two lines over an operation.
    fn head(&mut self, changed: &Changed<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        let operation = changed.operation;
        let key = &operation.key;
        if self.heading.is_some() {
            writeln!(out)?;
        }
        let line = format!("{} {}", key.service, terminal(&key.operation_id));
        self.put(&line, out)?;
        let what = [
            operation.kind.as_deref(),
            operation.resource_name.as_deref(),
        ];
        let mut words: Vec<String> = what
            .into_iter()
            .flatten()
            .map(|word| terminal(word).into_owned())
            .collect();
        if !key.region_id.is_empty() {
            words.push(format!("in {}", terminal(&key.region_id)));
        }
        words.push(format!("of account {}", terminal(&key.account_id)));
        let is_new = changed.target.is_none() && changed.change == Change::Added;
        let new = if is_new { "new: " } else { "" };
        let line = format!("  {new}{}", words.join(" "));
        self.put(&line, out)?;
        self.heading = Some(key.clone());
        Ok(())
    }

    /// `  status  RUNNING → SUCCEEDED`, within the width.
    fn line(&self, field: &FieldChange, change: Change, (indent, names): (usize, usize)) -> String {
        let name = &field.field;
        let padding = names.saturating_sub(name.width()) + 2;
        let lead = format!("{:indent$}{}{:padding$}", "", terminal(name), "");
        let (old, new) = (self.value(name, &field.old), self.value(name, &field.new));
        let values = match (change, self.look.width) {
            (Change::Added, _) => new,
            (Change::Gone, _) => format!("was {old}"),
            (Change::Changed, None) => format!("{old}{ARROW}{new}"),
            (Change::Changed, Some(width)) => {
                let room = width.saturating_sub(lead.width() + ARROW.width());
                let half = (room / 2).max(VALUE_NARROWEST);
                // What one does not need the other may have.
                let of_old = half.max(room.saturating_sub(new.width()));
                let old = shorten(&old, of_old);
                let of_new = half.max(room.saturating_sub(old.width()));
                format!("{old}{ARROW}{}", shorten(&new, of_new))
            }
        };
        format!("{lead}{values}")
    }

    /// A value as people read it: times in their zone, text safe on a terminal.
    fn value(&self, field: &str, value: &OwnedValue) -> String {
        match value {
            OwnedValue::Null => "-".to_owned(),
            OwnedValue::Integer(number) => number.to_string(),
            OwnedValue::Real(number) => number.to_string(),
            OwnedValue::Text(text) if text.is_empty() => "\"\"".to_owned(),
            OwnedValue::Text(text) => match UtcMillis::parse_rfc3339(text) {
                Some(at) if field.ends_with("_at") => self.look.zone.to_text(at),
                _ => terminal(text).into_owned(),
            },
            OwnedValue::Blob(bytes) => format!("{} bytes", bytes.len()),
        }
    }

    /// Writes what it comes to.
    pub(super) fn finish(
        &self,
        tally: &Tally,
        (from, to): (&Moment, &Moment),
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let between = format!("between {} and {} leaves of evidence", from.size, to.size);
        if tally.is_empty() {
            self.told(&format!("nothing changed {between}"), out)?;
        } else {
            writeln!(out)?;
            self.told(&format!("{} {between}", counts(tally)), out)?;
        }
        let taken_back =
            "a change that was taken back in between is none; `optrail export history` has each";
        self.told(taken_back, out)
    }

    /// A sentence, on as many lines as it needs.
    fn told(&self, sentence: &str, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut lines = String::new();
        wrap(sentence, 0, 0, self.look.width, &mut lines);
        Ok(out.write_all(lines.as_bytes())?)
    }
}

/// The fields that are told: not what follows from another that is.
fn told(fields: &[FieldChange]) -> impl Iterator<Item = &FieldChange> {
    let is_told = |name: &str| fields.iter().any(|field| field.field == name);
    fields.iter().filter(move |field| {
        let implied = IMPLIED.iter().find(|(name, _)| *name == field.field);
        implied.is_none_or(|(_, by)| !is_told(by))
    })
}

/// `operations: 2 added, 1 changed; results: 3 added, 1 gone`.
fn counts(tally: &Tally) -> String {
    let some = |parts: &[(u64, &str)]| {
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        parts.join(", ")
    };
    let operations = some(&[
        (tally.operations_added, "added"),
        (tally.operations_changed, "changed"),
    ]);
    let results = some(&[
        (tally.results_added, "added"),
        (tally.results_changed, "changed"),
        (tally.results_gone, "gone"),
    ]);
    let parts = [("operations", operations), ("results", results)];
    let parts = parts.iter().filter(|(_, counts)| !counts.is_empty());
    let parts: Vec<String> = parts
        .map(|(what, counts)| format!("{what}: {counts}"))
        .collect();
    parts.join("; ")
}

/// As much of a text as a line may hold.
fn cut(text: &str, width: Option<usize>) -> Cow<'_, str> {
    match width {
        Some(width) => shorten(text, width),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Zone;

    fn text(width: Option<usize>) -> Text {
        Text::new(Look {
            width,
            color: false,
            ascii: false,
            zone: Zone::default(),
            now: UtcMillis(0),
        })
    }

    /// A line as it is written.
    fn written(text: &Text, line: &str) -> String {
        let mut out = Vec::new();
        text.put(line, &mut out).unwrap();
        String::from_utf8(out).unwrap().trim_end().to_owned()
    }

    fn field(name: &str, old: &str, new: &str) -> FieldChange {
        FieldChange {
            field: name.to_owned(),
            old: OwnedValue::Text(old.to_owned()),
            new: OwnedValue::Text(new.to_owned()),
            exchange_id: 1,
        }
    }

    #[test]
    fn a_line_is_never_wider_than_the_terminal() {
        let (text, pipe) = (text(Some(40)), text(None));
        let long = "操作失败, quota exceeded in this region and in all others";
        for (old, new) in [("a", "b"), (long, "b"), ("a", long), (long, long)] {
            let field = field("status_reason", old, new);
            for change in [Change::Added, Change::Gone, Change::Changed] {
                let line = text.line(&field, change, (4, 13));
                let shown = written(&text, &line);
                assert!(shown.width() <= 40, "{} columns: {shown}", shown.width());
                let whole = written(&pipe, &pipe.line(&field, change, (4, 13)));
                assert!(change == Change::Added || whole.contains(old), "{whole}");
                assert!(change == Change::Gone || whole.contains(new), "{whole}");
            }
        }
    }

    #[test]
    fn what_others_wrote_is_escaped_and_times_are_of_the_zone() {
        let text = text(Some(40));
        let line = text.line(&field("reason", "\u{1b}[2J", ""), Change::Changed, (2, 6));
        assert_eq!(line, "  reason  \\u{1b}[2J → \"\"");
        let at = OwnedValue::Text("2026-01-31T08:00:00.000Z".to_owned());
        assert_eq!(text.value("cloud_ended_at", &at), "2026-01-31 08:00:00 UTC");
        assert_eq!(text.value("reason", &at), "2026-01-31T08:00:00.000Z");
    }

    #[test]
    fn what_follows_from_a_change_is_not_told_twice() {
        let fields = [
            field("status", "RUNNING", "SUCCEEDED"),
            field("status_raw", "RUNNING", "SUCCEEDED"),
            field("phase", "running", "succeeded"),
            field("cloud_ended_at_raw", "", "soon"),
        ];
        let names: Vec<&str> = told(&fields).map(|field| field.field.as_str()).collect();
        assert_eq!(names, ["status", "cloud_ended_at_raw"]);
        let phase = &fields[2..3];
        assert_eq!(told(phase).count(), 1);
    }

    #[test]
    fn a_terminal_without_unicode_gets_none_of_ours() {
        let mut text = text(Some(40));
        text.look.ascii = true;
        let long = "x".repeat(80);
        let line = text.line(&field("status", &long, "b"), Change::Changed, (2, 6));
        let shown = written(&text, &line);
        assert!(shown.is_ascii() && shown.contains("~ > b"), "{shown}");
    }

    #[test]
    fn only_what_there_is_is_counted() {
        let mut tally = Tally {
            operations_changed: 2,
            ..Tally::default()
        };
        assert_eq!(counts(&tally), "operations: 2 changed");
        tally.results_gone = 1;
        assert_eq!(counts(&tally), "operations: 2 changed; results: 1 gone");
    }
}
