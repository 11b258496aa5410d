//! How the recorder is doing, as people read it: what is wrong, how runs go, what expires soon; then the rest. Pure.

use std::path::Path;

use super::{FileSize, Seal};
use crate::cli::schedule::Schedule;
use crate::cli::sections::{Column, Look, section};
use crate::config::DEFAULT_LABEL;
use crate::export::escape::terminal;
use crate::export::paint::Paint;
use crate::model::RunOutcome;
use crate::store::dictionary::REMOVED;
use crate::store::query::{Rows, Value};
use crate::store::status::Status;
use unicode_width::UnicodeWidthStr as _;

/// Rows that people are shown of a list; programs get all.
const ROWS_SHOWN: usize = 10;

/// Where the values of the head begin.
const NAME_WIDTH: usize = 10;

/// What the answer is made of.
pub(super) struct Shown<'a> {
    pub(super) status: &'a Status,
    pub(super) path: &'a Path,
    pub(super) size: FileSize,
    pub(super) schedule: Option<&'a Schedule>,
    pub(super) seal: Option<&'a Seal>,
}

/// Where there are several.
const ACCOUNT: Column = ("label", "account");

const ACCOUNTS: [Column; 6] = [
    ("label", "account"),
    ("account_id", "id"),
    ("name", "name"),
    ("watches", "watches"),
    ("last_answer_at", "last answer"),
    ("failing", "failing"),
];

const DISCOVERY: [Column; 6] = [
    ("watch_id", "watch"),
    ("label", "account"),
    ("region_id", "region"),
    ("target", "what"),
    ("found", "found"),
    ("last_asked_at", "last asked"),
];

const GAPS: [Column; 5] = [
    ("watch_id", "watch"),
    ("service", "service"),
    ("operation_id", "operation"),
    ("cause", "cause"),
    ("gap_from", "since"),
];

const LIMITS: [Column; 4] = [
    ("label", "account"),
    ("action", "call"),
    ("per_second", "a second"),
    ("learned_at", "learned"),
];

const FAILING: [Column; 6] = [
    ("watch_id", "watch"),
    ("service", "service"),
    ("region_id", "region"),
    ("operation_id", "operation"),
    ("cause", "cause"),
    ("last_failed_at", "last failed"),
];

const EXPIRING: [Column; 4] = [
    ("watch_id", "watch"),
    ("operation_id", "operation"),
    ("expires_by", "expires by"),
    ("remaining", "left"),
];

const RUNS: [Column; 7] = [
    ("run_id", "run"),
    ("kind", "kind"),
    ("started_at", "started"),
    ("outcome", "outcome"),
    ("watches_due", "due"),
    ("watches_failed", "failed"),
    ("requests", "requests"),
];

/// The answer for people.
pub(super) fn write(shown: &Shown<'_>, look: &Look) -> anyhow::Result<String> {
    let status = shown.status;
    let mut text = head(shown, look);
    let mut add = |title: &str, rows: &Rows, columns: &[Column]| -> anyhow::Result<()> {
        if !rows.rows.is_empty() {
            text.push_str(&section(title, rows, columns, ROWS_SHOWN, look)?);
        }
        Ok(())
    };
    let has_accounts = has_accounts(&status.accounts);
    let with_account = |columns: &[Column]| match has_accounts {
        true => [&columns[..1], &[ACCOUNT], &columns[1..]].concat(),
        false => columns.to_vec(),
    };
    add("Failing", &status.failing, &with_account(&FAILING))?;
    add(
        "Not seen now; `optrail export gaps` has the past",
        &status.gaps,
        &with_account(&GAPS),
    )?;
    add(
        "CADT operations that have not ended (their ids die an hour after the start)",
        &status.expiring,
        &EXPIRING,
    )?;
    add("Last runs", &status.runs, &RUNS)?;
    if has_accounts {
        add("Accounts", &status.accounts, &ACCOUNTS)?;
    }
    add("Watches that find others", &status.discovery, &DISCOVERY)?;
    add(
        "Pace that the cloud allows, as learned",
        &status.limits,
        &LIMITS,
    )?;
    Ok(look.spelled(text))
}

/// `name  value` lines, what matters first.
fn head(shown: &Shown<'_>, look: &Look) -> String {
    let status = shown.status;
    let size = status.progress.evidence_size;
    let behind = match status.progress.leaves_behind() {
        0 => "rows derived from all".to_owned(),
        behind => format!("rows of the last {behind} not derived yet"),
    };
    let mut facts = vec![
        ("Now", look.zone.to_text(look.now)),
        ("Wrong", wrong(shown, look)),
        ("Runs", glance(&status.outcomes, look)),
    ];
    if let Some(schedule) = shown.schedule {
        facts.push(("Schedule", schedule.text()));
        let next = schedule.next_run_at().map(|at| look.time_of(at));
        facts.push(("Next run", next.unwrap_or_else(|| "is due".to_owned())));
    }
    facts.push(("Expires", expires(&status.expiring)));
    facts.push(("Watches", watches(&status.watches)));
    if status.is_simulated {
        let warning = "runs in this file asked the simulated cloud: it is no record of yours";
        facts.push(("Simulated", warning.to_owned()));
    }
    facts.extend([
        ("Evidence", format!("{size} leaves, {behind}")),
        ("Sealed", sealed(shown.seal, size)),
        ("Unknown", unknown(status.unknowns)),
        ("Database", path_text(shown.path, look.width)),
        ("Size", file_size(shown, look)),
    ]);
    look.facts(NAME_WIDTH, &facts)
}

/// `2 watches fail, 3 stretches are not seen`; what each is, tables tell.
fn wrong(shown: &Shown<'_>, look: &Look) -> String {
    let status = shown.status;
    let counted = |count: usize, one: &str, several: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {several}")),
    };
    let overdue = shown.schedule.is_some_and(Schedule::is_overdue);
    let parts = [
        overdue.then(|| "the next run is overdue".to_owned()),
        counted(status.failing.rows.len(), "watch fails", "watches fail"),
        counted(
            status.gaps.rows.len(),
            "thing is not seen now",
            "things are not seen now",
        ),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match parts.is_empty() {
        true => "nothing that shows here; `optrail check` looks further".to_owned(),
        false => {
            let first = Paint::Bad.around(&parts[0], look.color);
            let text = [&[first], &parts[1..]].concat().join(", ");
            format!("{text}; `optrail check` tells all")
        }
    }
}

/// Marks for outcomes of runs: a higher one is worse. In ASCII letters.
const MARKS: [(&str, char, char); 6] = [
    (RunOutcome::Complete.as_str(), '▁', '.'),
    (RunOutcome::Partial.as_str(), '▄', 'p'),
    (RunOutcome::Interrupted.as_str(), '▂', 'i'),
    (RunOutcome::Failed.as_str(), '█', 'F'),
    (RunOutcome::Aborted.as_str(), '▇', 'A'),
    ("open", '·', '-'),
];

/// The last runs, oldest first, a mark for each, and what the marks mean that are there.
fn glance(outcomes: &Rows, look: &Look) -> String {
    let Some(place) = outcomes.column("outcome") else {
        return String::new();
    };
    let words: Vec<&str> = outcomes
        .rows
        .iter()
        .rev()
        .filter_map(|row| match Value::from(row.get(place)?) {
            Value::Text(word) => Some(word),
            _ => None,
        })
        .collect();
    let mark = |&(_, mark, ascii): &(&str, char, char)| if look.ascii { ascii } else { mark };
    let known = |word: &str| MARKS.iter().find(|(known, ..)| *known == word);
    let line: String = words
        .iter()
        .filter_map(|word| known(word))
        .map(mark)
        .collect();
    let meant: Vec<String> = MARKS
        .iter()
        .filter(|(word, ..)| words.contains(word))
        .map(|entry| format!("{} {}", mark(entry), entry.0))
        .collect();
    match line.is_empty() {
        true => "none yet; `optrail collect` makes one".to_owned(),
        false => format!("{line}  the newest last: {}", meant.join(", ")),
    }
}

/// The id that dies next.
fn expires(expiring: &Rows) -> String {
    let (Some(id), Some(left)) = (expiring.text("operation_id"), expiring.text("remaining")) else {
        return String::new();
    };
    let id = terminal(id);
    match left {
        "overdue" => format!("{id}: its hour is over"),
        left => format!("{id} in {left}"),
    }
}

fn unknown(count: i64) -> String {
    match count {
        0 => "no word or field".to_owned(),
        some => format!("{some} words or fields; `optrail export unknowns`"),
    }
}

fn file_size(shown: &Shown<'_>, look: &Look) -> String {
    let growth = match shown.size.growth(shown.status.created_at, look.now) {
        Some(a_day) => format!(", {} a day", bytes(a_day)),
        None => String::new(),
    };
    let (database, log) = (bytes(shown.size.database), bytes(shown.size.log));
    format!("{database}, write-ahead log {log}{growth}")
}

/// How far the log is signed, and by which key.
fn sealed(seal: Option<&Seal>, evidence_size: i64) -> String {
    let Some(seal) = seal else {
        return "not yet".to_owned();
    };
    let (size, origin) = (seal.size, terminal(&seal.origin));
    match seal.is_checked {
        true => format!("up to {size} of {evidence_size} leaves, by {origin}"),
        false => format!(
            "nobody has checked it; the file says up to {size} of {evidence_size} leaves, by {origin}"
        ),
    }
}

/// A path that fits its line; of a long one the end, which tells files apart.
fn path_text(path: &Path, width: Option<usize>) -> String {
    let text = path.display().to_string();
    let text = terminal(&text);
    let Some(room) = width.map(|width| width.saturating_sub(NAME_WIDTH).max(1)) else {
        return text.into_owned();
    };
    if text.width() <= room {
        return text.into_owned();
    }
    let mut end = text.as_ref();
    while end.width() + 1 > room {
        let mut rest = end.chars();
        rest.next();
        end = rest.as_str();
    }
    format!("…{end}")
}

/// One account without a name that works is not worth a table.
fn has_accounts(accounts: &Rows) -> bool {
    let is_plain =
        accounts.text("label") == Some(DEFAULT_LABEL) && accounts.text("failing").is_none();
    accounts.rows.len() > 1 || (accounts.rows.len() == 1 && !is_plain)
}

/// `12: 3 active, 9 settled`; those given up are not counted.
fn watches(rows: &Rows) -> String {
    let mut total = 0;
    let mut parts = Vec::new();
    for row in &rows.rows {
        if let [Value::Text(state), Value::Integer(count)] =
            row.iter().map(Value::from).collect::<Vec<_>>()[..]
            && state != REMOVED
        {
            total += count;
            parts.push(format!("{count} {state}"));
        }
    }
    match total {
        0 => "none; `optrail watch add` says what to record".to_owned(),
        total => format!("{total}: {}", parts.join(", ")),
    }
}

/// A size in the largest unit that leaves something before the point.
fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Zone;
    use crate::model::UtcMillis;

    fn look(ascii: bool) -> Look {
        Look {
            width: Some(80),
            color: false,
            ascii,
            zone: Zone::default(),
            now: UtcMillis(0),
        }
    }

    #[test]
    fn a_long_path_keeps_its_end() {
        let short = Path::new("/a/optrail.db");
        assert_eq!(path_text(short, Some(80)), "/a/optrail.db");
        let long = format!("/{}/optrail.db", "d".repeat(80));
        let text = path_text(Path::new(&long), Some(80));
        assert_eq!(text.chars().count(), 70);
        assert!(text.starts_with("…d") && text.ends_with("/optrail.db"));
        assert_eq!(path_text(Path::new(&long), None), long);
        let wide = format!("/{}/optrail.db", "网".repeat(80));
        assert!(path_text(Path::new(&wide), Some(80)).width() <= 70);
    }

    #[test]
    fn sizes_have_one_digit_after_the_point() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1_023), "1023 B");
        assert_eq!(bytes(1 << 20), "1.0 MiB");
        assert_eq!(bytes(315_392), "308.0 KiB");
        assert_eq!(bytes(u64::MAX), "17179869183.9 GiB");
    }

    #[test]
    fn runs_are_seen_at_a_glance() {
        let outcomes = |words: &[&str]| Rows {
            columns: vec!["outcome".to_owned()],
            rows: words
                .iter()
                .map(|&word| vec![word.to_owned().into()])
                .collect(),
        };
        for outcome in RunOutcome::ALL {
            let known = MARKS.iter().filter(|(word, ..)| *word == outcome.as_str());
            assert_eq!(known.count(), 1, "{outcome}");
        }
        let newest_first = outcomes(&["open", "failed", "complete", "complete"]);
        let expected = "▁▁█·  the newest last: ▁ complete, █ failed, · open";
        assert_eq!(glance(&newest_first, &look(false)), expected);
        let expected = "..F-  the newest last: . complete, F failed, - open";
        assert_eq!(glance(&newest_first, &look(true)), expected);
        assert!(glance(&outcomes(&[]), &look(false)).starts_with("none yet"));
    }
}
