//! Which failures to print: when they begin, when they change, when they end, and once a day while they last.
//!
//! Pure: what fails now and what was told before go in, the lines and what to remember come out. A cron
//! line that fails every five minutes for a week says so nine times, not two thousand times.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DAY_MS, UtcMillis};
use crate::store::told::ToldRow;

/// A failure that lasts is told again after this long, ms: a day, so that a mail a day says it is still there.
pub const TELL_AGAIN_MS: i64 = DAY_MS;

/// Lines about failures that one run prints: enough to see the pattern, few enough for a mail.
pub const FAILURE_LINES_MAX: usize = 20;

/// Something that fails now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// What fails, in words that name the same thing in every run: `account prod`, `ros cn-hangzhou 6da1…`.
    pub what: String,
    /// Why: the word of a cause or of an outcome.
    pub cause: String,
    /// Code of the cloud's answer.
    pub code: Option<String>,
    /// The whole of it in words; may name a RequestId, which makes no difference.
    pub text: String,
    /// What it has in common with others of which one line is enough: account, call, cause, code.
    pub kind: String,
}

/// What a run has learned of something that failed before and does not fail now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    /// It was looked at, and is well.
    Well,
    /// It was not looked at, and nothing is said.
    Unknown,
    /// It is asked no more, and did not get well: nothing is said, and it is forgotten.
    Over,
}

/// How much to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What begins, changes, ends, or was last told a day ago; many of one kind in one line.
    News,
    /// Everything that fails now, each in a line, and what ends.
    All,
}

/// What to print and what to remember.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Telling {
    /// Lines to print, in order: what fails, then what ended.
    pub lines: Vec<String>,
    /// All that lasts and was told, to be remembered in place of what was.
    pub told: Vec<ToldRow>,
}

/// Decides what to tell. Of several failures of one thing the first counts. `learned` is asked about what was
/// told before and does not fail now.
pub fn decide(
    now: UtcMillis,
    failing: &[Failing],
    learned: impl Fn(&str) -> Now,
    told: &[ToldRow],
    detail: Detail,
) -> Telling {
    let before: BTreeMap<&str, &ToldRow> =
        told.iter().map(|row| (row.what.as_str(), row)).collect();
    let mut telling = Telling::default();
    let mut named = BTreeSet::new();
    let mut news: Vec<(&str, String)> = Vec::new();
    for failure in failing {
        if !named.insert(failure.what.as_str()) {
            continue;
        }
        let known = before.get(failure.what.as_str()).copied();
        let line = line(now, failure, known);
        telling.told.push(ToldRow {
            what: failure.what.clone(),
            cause: failure.cause.clone(),
            code: failure.code.clone(),
            first_at: known.map_or(now.0, |row| row.first_at),
            last_told_at: match (&line, known) {
                (None, Some(row)) => row.last_told_at,
                _ => now.0,
            },
        });
        match detail {
            Detail::News => news.extend(line.map(|line| (failure.kind.as_str(), line))),
            Detail::All => telling
                .lines
                .push(format!("{}: {}", failure.what, failure.text)),
        }
    }
    for row in told.iter().filter(|row| !named.contains(row.what.as_str())) {
        match learned(&row.what) {
            Now::Well => {
                let lasted = duration(now.0.saturating_sub(row.first_at));
                news.push((WELL, format!("{}: again well after {lasted}", row.what)));
            }
            Now::Unknown => telling.told.push(row.clone()),
            Now::Over => {}
        }
    }
    telling.lines.extend(fold(news));
    telling
}

/// The kind of all that is well again.
const WELL: &str = "";

/// One line for each kind, with how many more there are of it; the first kinds only.
fn fold(news: Vec<(&str, String)>) -> Vec<String> {
    let mut kinds: Vec<(&str, String, usize)> = Vec::new();
    for (kind, line) in news {
        match kinds.iter_mut().find(|(known, ..)| *known == kind) {
            Some((.., more)) => *more += 1,
            None => kinds.push((kind, line, 0)),
        }
    }
    let left_out: usize = kinds
        .iter()
        .skip(FAILURE_LINES_MAX)
        .map(|(.., more)| more + 1)
        .sum();
    let mut lines: Vec<String> = kinds
        .into_iter()
        .take(FAILURE_LINES_MAX)
        .map(|(_, line, more)| match more {
            0 => line,
            more => format!("{line}, and {more} more of this kind"),
        })
        .collect();
    if left_out > 0 {
        lines.push(format!("… and {left_out} more"));
    }
    lines
}

/// The line for a failure; `None` where it was told and nothing has changed.
fn line(now: UtcMillis, failure: &Failing, known: Option<&ToldRow>) -> Option<String> {
    let Failing {
        what, cause, text, ..
    } = failure;
    let Some(known) = known else {
        return Some(format!("{what}: {text}"));
    };
    let since = UtcMillis(known.first_at);
    if (&known.cause, &known.code) != (cause, &failure.code) {
        let was = known.code.as_deref().unwrap_or(&known.cause);
        return Some(format!(
            "{what}: {text} (failing since {since}, until now with {was})"
        ));
    }
    let silent_ms = now.0.saturating_sub(known.last_told_at);
    // A clock that was set back must not silence a failure.
    let is_due = !(0..TELL_AGAIN_MS).contains(&silent_ms);
    is_due.then(|| format!("{what}: {text} (failing since {since})"))
}

/// A length of time in its largest unit that fits, rounded down.
fn duration(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    match minutes {
        0 => format!("{} s", ms.max(0) / 1000),
        1..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_790_000_000_000;
    const MINUTE_MS: i64 = 60_000;

    fn well(_: &str) -> Now {
        Now::Well
    }

    fn unknown(_: &str) -> Now {
        Now::Unknown
    }

    fn failing(cause: &str, code: Option<&str>) -> Failing {
        Failing {
            what: "account prod".to_owned(),
            cause: cause.to_owned(),
            code: code.map(str::to_owned),
            text: format!("{cause} {}", code.unwrap_or("-")),
            kind: cause.to_owned(),
        }
    }

    /// Runs every five minutes; what is printed, by minute.
    fn live(runs: impl IntoIterator<Item = Vec<Failing>>) -> Vec<(i64, String)> {
        let mut told = Vec::new();
        let mut printed = Vec::new();
        for (run, failing) in (0_i64..).zip(runs) {
            let now = UtcMillis(START + run * 5 * MINUTE_MS);
            let telling = decide(now, &failing, well, &told, Detail::News);
            printed.extend(telling.lines.into_iter().map(|line| (run * 5, line)));
            told = telling.told;
        }
        printed
    }

    #[test]
    fn a_failure_is_told_when_it_begins_changes_and_ends() {
        let denied = || vec![failing("denied", Some("NoPermission"))];
        let throttled = || vec![failing("throttled", Some("Throttling.User"))];
        let runs = [denied(), denied(), throttled(), throttled(), vec![], vec![]];
        let printed = live(runs);
        let minutes: Vec<i64> = printed.iter().map(|(minute, _)| *minute).collect();
        assert_eq!(minutes, [0, 10, 20], "{printed:?}");
        assert_eq!(printed[0].1, "account prod: denied NoPermission");
        assert!(printed[1].1.ends_with("until now with NoPermission)"));
        assert_eq!(printed[2].1, "account prod: again well after 20 min");
    }

    #[test]
    fn another_code_is_a_change_and_another_text_is_none() {
        let one = failing("denied", Some("NoPermission"));
        let reworded = Failing {
            text: "RequestId 2".to_owned(),
            ..one.clone()
        };
        let other = failing("denied", Some("Forbidden.RAM"));
        assert_eq!(live([vec![one], vec![reworded], vec![other]]).len(), 2);
    }

    #[test]
    fn a_failure_that_lasts_is_told_once_a_day() {
        let week = (0..7 * 288).map(|_| vec![failing("denied", None)]);
        let printed = live(week);
        let days: Vec<i64> = printed.iter().map(|(minute, _)| minute / 1440).collect();
        assert_eq!(days, [0, 1, 2, 3, 4, 5, 6]);
        assert!(printed[6].1.contains("failing since 2026-"), "{printed:?}");
    }

    #[test]
    fn of_what_was_not_looked_at_nothing_is_said() {
        let now = UtcMillis(START);
        let first = decide(now, &[failing("denied", None)], well, &[], Detail::News);
        let later = decide(now.plus_ms(1), &[], unknown, &first.told, Detail::News);
        assert_eq!((later.lines.len(), &later.told), (0, &first.told));
        let hours = now.plus_ms(3 * 3_600_000);
        let ended = decide(hours, &[], well, &first.told, Detail::News);
        assert_eq!(ended.lines, ["account prod: again well after 3 h"]);
        assert!(ended.told.is_empty());
        let over = decide(hours, &[], |_| Now::Over, &first.told, Detail::News);
        assert_eq!(over, Telling::default());
    }

    #[test]
    fn a_clock_set_back_does_not_silence() {
        let now = UtcMillis(START);
        let failing = [failing("denied", None)];
        let tell = |now, told: &[ToldRow]| decide(now, &failing, well, told, Detail::News);
        let first = tell(now, &[]);
        let back = tell(now.plus_ms(-MINUTE_MS), &first.told);
        assert_eq!(back.lines.len(), 1);
        assert_eq!(tell(now, &back.told).lines.len(), 0);
    }

    #[test]
    fn one_thing_is_told_once_in_a_run() {
        let twice = [failing("denied", None), failing("throttled", None)];
        let telling = decide(UtcMillis(START), &twice, well, &[], Detail::News);
        assert_eq!((telling.lines.len(), telling.told.len()), (1, 1));
    }

    #[test]
    fn many_of_a_kind_are_one_line_unless_all_is_asked_for() {
        let many: Vec<Failing> = (0..60)
            .map(|number| Failing {
                what: format!("ros cn-hangzhou {number}"),
                kind: format!("kind {}", number / 30),
                ..failing("denied", None)
            })
            .collect();
        let now = UtcMillis(START);
        let news = decide(now, &many, well, &[], Detail::News);
        assert_eq!(news.lines.len(), 2);
        assert!(news.lines[0].ends_with(", and 29 more of this kind"));
        assert_eq!(news.told.len(), 60);
        let all = decide(now, &many, well, &news.told, Detail::All);
        assert_eq!(all.lines.len(), 60);
        let ended = decide(now, &[], well, &news.told, Detail::News);
        assert_eq!(ended.lines.len(), 1);
        let kinds: Vec<Failing> = many
            .into_iter()
            .map(|failing| Failing {
                kind: failing.what.clone(),
                ..failing
            })
            .collect();
        let lines = decide(now, &kinds, well, &[], Detail::News).lines;
        assert_eq!(lines.len(), FAILURE_LINES_MAX + 1);
        assert_eq!(lines.last().map(String::as_str), Some("… and 40 more"));
    }
}
