//! Sections about what was to be seen: figures, gaps, runs, listings, watches, identities.

use std::collections::{HashMap, HashSet};

use super::Report;
use super::statement::Statement;
use super::table::{evidence, known, number, outcome, section, text, time};
use super::words::columns as col;
use super::words::{number as spelled, sentences as say, titles};
use crate::export::document::{Section, Value};
use crate::model::{RunOutcome, UtcMillis};
use crate::store::report::watches::Watch;

impl Report<'_> {
    pub(super) fn completeness(&self) -> Section {
        let language = self.language;
        let limited = spelled(self.figures.runs_limited());
        let rows = self.figures.rows().into_iter().map(|(words, figure)| {
            vec![
                known(words.id),
                number(figure.value),
                known(words.unit),
                Value::Evidence(figure.leaves.clone()),
                known(words.meaning.fill(language, &[("limited", &limited)])),
            ]
        });
        let statement = Statement {
            language,
            window: self.window,
            facts: self.facts,
            figures: self.figures,
            leaves_not_derived: self.leaves_not_derived,
        };
        let columns = [
            col::FIGURE,
            col::VALUE,
            col::UNIT,
            col::EVIDENCE,
            col::MEANING,
        ];
        let about = say::ABOUT_FIGURES.of(language);
        Section {
            paragraphs: statement.paragraphs(),
            ..section(
                language,
                "completeness",
                titles::COMPLETENESS,
                about,
                &columns,
                rows.collect(),
            )
        }
    }

    pub(super) fn coverage_gaps(&self) -> Section {
        let rows = self.facts.gaps.iter().map(|gap| {
            vec![
                known(&gap.scope),
                text(&gap.account_id),
                text(&gap.service),
                known(&gap.region_id),
                known(&gap.operation_id),
                known(&gap.cause),
                time(Some(gap.gap_from)),
                time(gap.gap_until),
                number(gap.gap_seconds),
                text(&gap.detail),
                evidence(gap.leaves()),
            ]
        });
        let columns = [
            col::SCOPE,
            col::ACCOUNT_ID,
            col::SERVICE,
            col::REGION_ID,
            col::OPERATION_ID,
            col::CAUSE,
            col::GAP_FROM,
            col::GAP_UNTIL,
            col::GAP_SECONDS,
            col::DETAIL,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_GAPS.of(self.language);
        section(
            self.language,
            "coverage_gaps",
            titles::COVERAGE_GAPS,
            about,
            &columns,
            rows.collect(),
        )
    }

    pub(super) fn runs_not_complete(&self) -> Section {
        let runs = self.facts.runs.iter();
        let runs = runs.filter(|run| run.outcome != Some(RunOutcome::Complete));
        let rows = runs.map(|run| {
            let [due, polled, failed, deferred] = match run.watches {
                Some(watches) => watches.map(Value::Integer),
                None => [const { Value::Null }; 4],
            };
            vec![
                Value::Integer(run.run_id),
                time(Some(UtcMillis(run.started_at))),
                time(run.ended_at.map(UtcMillis)),
                outcome(run.outcome),
                due,
                polled,
                failed,
                deferred,
                evidence([run.start_sequence].into_iter().chain(run.end_sequence)),
            ]
        });
        let columns = [
            col::RUN_ID,
            col::STARTED_AT,
            col::ENDED_AT,
            col::OUTCOME,
            col::WATCHES_DUE,
            col::WATCHES_POLLED,
            col::WATCHES_FAILED,
            col::WATCHES_DEFERRED,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_RUNS.of(self.language);
        section(
            self.language,
            "runs_not_complete",
            titles::RUNS_NOT_COMPLETE,
            about,
            &columns,
            rows.collect(),
        )
    }

    pub(super) fn listings_incomplete(&self) -> Section {
        let rows = self.facts.listings.incomplete.iter().map(|listing| {
            vec![
                Value::Integer(listing.listing_id),
                known(&listing.action),
                known(&listing.service),
                known(&listing.account_id),
                known(&listing.region_id),
                text(&listing.operation_id),
                text(&listing.stack_group_name),
                Value::Integer(listing.run_id),
                time(listing.started_at),
                number(listing.first_total_count),
                number(listing.last_total_count),
                Value::Integer(listing.distinct_keys),
                text(&listing.reason),
                evidence([listing.listing_id]),
            ]
        });
        let columns = [
            col::LISTING_ID,
            col::ACTION,
            col::SERVICE,
            col::ACCOUNT_ID,
            col::REGION_ID,
            col::OPERATION_ID,
            col::STACK_GROUP_NAME,
            col::RUN_ID,
            col::STARTED_AT,
            col::FIRST_TOTAL_COUNT,
            col::LAST_TOTAL_COUNT,
            col::DISTINCT_KEYS,
            col::REASON,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_LISTINGS.of(self.language);
        section(
            self.language,
            "listings_incomplete",
            titles::LISTINGS_INCOMPLETE,
            about,
            &columns,
            rows.collect(),
        )
    }

    pub(super) fn watched(&self) -> Section {
        let all = &self.facts.watches;
        let ids: HashSet<i64> = all.iter().map(|watch| watch.watch_id).collect();
        // Found by a watch that is in the table.
        let finder = |watch: &Watch| watch.parent.filter(|parent| ids.contains(parent));
        let mut found: HashMap<i64, i64> = HashMap::new();
        for parent in all.iter().filter_map(finder) {
            *found.entry(parent).or_default() += 1;
        }
        let rows = all.iter().filter(|watch| finder(watch).is_none());
        let rows = rows.map(|watch| {
            let found = found.get(&watch.watch_id).copied();
            watch_row(watch, found.or(watch.kind.as_ref().map(|_| 0)))
        });
        let columns = [
            col::WATCH_ID,
            col::SERVICE,
            col::WATCH_KIND,
            col::ACCOUNT,
            col::REGION_ID,
            col::OPERATION_ID,
            col::STATE,
            col::ORIGIN,
            col::ADDED_AT,
            col::ADDED_BY,
            col::REMOVED_AT,
            col::REMOVED_BY,
            col::REASON,
            col::REMOVAL_REASON,
            col::FOUND,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_WATCHED.of(self.language);
        section(
            self.language,
            "watched",
            titles::WATCHED,
            about,
            &columns,
            rows.collect(),
        )
    }

    pub(super) fn identities(&self) -> Section {
        let rows = self.facts.identities.iter().map(|used| {
            vec![
                known(&used.label),
                known(&used.account_id),
                text(&used.arn),
                time(Some(used.first_used_at)),
                time(Some(used.last_used_at)),
                Value::Integer(used.requests),
                evidence(used.leaves.iter().copied()),
            ]
        });
        let columns = [
            col::LABEL,
            col::ACCOUNT_ID,
            col::CALLER_ARN,
            col::FIRST_USED_AT,
            col::LAST_USED_AT,
            col::REQUEST_COUNT,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_IDENTITIES.of(self.language);
        section(
            self.language,
            "identities",
            titles::IDENTITIES,
            about,
            &columns,
            rows.collect(),
        )
    }
}

fn watch_row(watch: &Watch, found: Option<i64>) -> Vec<Value> {
    vec![
        Value::Integer(watch.watch_id),
        known(&watch.service),
        text(&watch.kind),
        known(&watch.account),
        known(&watch.region_id),
        known(&watch.operation_id),
        known(&watch.state),
        text(&watch.origin),
        known(&watch.added_at),
        text(&watch.added_by),
        text(&watch.removed_at),
        text(&watch.removed_by),
        text(&watch.reason),
        text(&watch.removal_reason),
        number(found),
        evidence(
            [watch.add_sequence]
                .into_iter()
                .chain(watch.remove_sequence),
        ),
    ]
}
