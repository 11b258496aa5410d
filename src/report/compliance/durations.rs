//! How long operations took, as the cloud tells it, beside how often they were looked at.

use std::collections::BTreeMap;

use super::Report;
use super::schedule::seconds_up;
use super::statement::every;
use super::table::{count, evidence, known, number, section, text};
use super::words::columns as col;
use super::words::{self, sentences as say, titles};
use crate::export::document::{Section, Value};
use crate::store::report::operations::Operation;

/// The value below or at which so many of a hundred lie: that at the rank rounded up, of a list in order.
fn nearest_rank(ascending: &[i64], percent: usize) -> Option<i64> {
    let rank = (percent * ascending.len()).div_ceil(100);
    ascending.get(rank.checked_sub(1)?).copied()
}

impl Report<'_> {
    pub(super) fn durations(&self) -> Section {
        let mut groups: BTreeMap<_, Vec<&Operation>> = BTreeMap::new();
        let ended = self.facts.operations.iter();
        for operation in ended.filter(|operation| operation.phase.is_final()) {
            let kind = (&operation.key.service, &operation.kind);
            groups.entry(kind).or_default().push(operation);
        }
        let longest_every = self.facts.schedule.every_ms.last();
        let schedule_seconds = longest_every.map(|ms| seconds_up(*ms));
        let rows = groups.into_iter().map(|((service, kind), operations)| {
            let mut row = vec![known(service), text(kind)];
            row.extend(durations_of(&operations, schedule_seconds));
            row
        });
        let columns = [
            col::SERVICE,
            col::KIND,
            col::OPERATION_COUNT,
            col::WITH_DURATION,
            col::MEDIAN_MS,
            col::P95_MS,
            col::LONGEST_MS,
            col::LONGEST_OPERATION_ID,
            col::SCHEDULE_SECONDS,
            col::WIDEST_LOOK_GAP_SECONDS,
            col::EVIDENCE,
        ];
        section(
            self.language,
            "durations",
            titles::DURATIONS,
            self.about_durations(),
            &columns,
            rows.collect(),
        )
    }

    /// A duration never stands without the interval to which anything was seen.
    fn about_durations(&self) -> String {
        let language = self.language;
        let every = every(language, self.facts);
        let every = every.unwrap_or(say::UNDECLARED.of(language).to_owned());
        let ended = self.facts.operations.iter();
        let ended = ended.filter(|operation| operation.phase.is_final());
        let widest = ended.filter_map(Operation::widest_look_gap_seconds).max();
        let widest = match widest {
            Some(seconds) => words::seconds(language, seconds),
            None => say::UNKNOWN.of(language).to_owned(),
        };
        say::ABOUT_DURATIONS.fill(language, &[("every", &every), ("widest", &widest)])
    }
}

fn durations_of(operations: &[&Operation], schedule_seconds: Option<i64>) -> [Value; 9] {
    let with_duration = operations
        .iter()
        .filter_map(|one| Some((one.duration_ms?, *one)));
    let mut ascending: Vec<i64> = with_duration.clone().map(|(ms, _)| ms).collect();
    ascending.sort_unstable();
    // Of equally long ones the first by its key, in which order they come.
    let longest = with_duration.rev().max_by_key(|(ms, _)| *ms);
    let gaps = operations
        .iter()
        .filter_map(|one| one.widest_look_gap_seconds());
    [
        Value::Integer(count(operations.len())),
        Value::Integer(count(ascending.len())),
        number(nearest_rank(&ascending, 50)),
        number(nearest_rank(&ascending, 95)),
        number(longest.map(|(ms, _)| ms)),
        longest.map_or(Value::Null, |(_, one)| known(&one.key.operation_id)),
        number(schedule_seconds),
        number(gaps.max()),
        evidence(operations.iter().filter_map(|one| one.current())),
    ]
}

#[cfg(test)]
mod tests {
    use super::nearest_rank;

    #[test]
    fn ranks_are_rounded_up() {
        assert_eq!(nearest_rank(&[], 50), None);
        assert_eq!(nearest_rank(&[7], 50), Some(7));
        assert_eq!(nearest_rank(&[1, 2], 50), Some(1));
        assert_eq!(nearest_rank(&[1, 2, 3], 50), Some(2));
        let hundred: Vec<i64> = (1..=100).collect();
        assert_eq!(nearest_rank(&hundred, 95), Some(95));
        assert_eq!(nearest_rank(&hundred[..21], 95), Some(20));
    }
}
