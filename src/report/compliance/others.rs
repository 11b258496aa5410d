//! Sections about drift, DNS batches, interventions, unknown words, requests, and the limits of it all.

use super::table::{evidence, key, known, number, section, span, text, time, toned};
use super::words::columns as col;
use super::words::{limits, sentences as say, titles};
use super::{Report, TargetCounts};
use crate::export::document::{Section, Tone, Value};
use crate::model::UtcMillis;
use crate::store::report::results::Target;

impl Report<'_> {
    pub(super) fn drift_checks(&self) -> Section {
        let rows = self.facts.drift.iter().map(|drift| {
            let mut row = Vec::from(key(&drift.key));
            row.extend([
                text(&drift.resource_name),
                text(&drift.drift_detection_status),
                text(&drift.stack_group_drift_status),
            ]);
            row.extend(drift.instances.map(number));
            row.extend([
                text(&drift.drift_detection_time),
                evidence([drift.sequence]),
            ]);
            row
        });
        let columns = [
            col::SERVICE,
            col::ACCOUNT_ID,
            col::REGION_ID,
            col::OPERATION_ID,
            col::RESOURCE_NAME,
            col::DRIFT_DETECTION_STATUS,
            col::STACK_GROUP_DRIFT_STATUS,
            col::TOTAL_STACK_INSTANCES_COUNT,
            col::DRIFTED_STACK_INSTANCES_COUNT,
            col::IN_SYNC_STACK_INSTANCES_COUNT,
            col::IN_PROGRESS_STACK_INSTANCES_COUNT,
            col::FAILED_STACK_INSTANCES_COUNT,
            col::CANCELLED_STACK_INSTANCES_COUNT,
            col::DRIFT_DETECTION_TIME,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_DRIFT.of(self.language);
        section(
            self.language,
            "drift_checks",
            titles::DRIFT_CHECKS,
            about,
            &columns,
            rows.collect(),
        )
    }

    pub(super) fn batches(&self) -> Section {
        let rows = self.facts.batches.iter().map(|batch| {
            let mut row = Vec::from(key(&batch.key));
            row.extend([
                text(&batch.batch_type),
                number(batch.status),
                known(batch.phase.as_str()),
                number(batch.total_count),
                number(batch.success_count),
                number(batch.failed_count),
                text(&batch.reason),
                evidence([batch.sequence]),
            ]);
            row
        });
        let columns = [
            col::SERVICE,
            col::ACCOUNT_ID,
            col::REGION_ID,
            col::OPERATION_ID,
            col::BATCH_TYPE,
            col::BATCH_STATUS,
            col::PHASE,
            col::TOTAL_COUNT,
            col::SUCCESS_COUNT,
            col::FAILED_COUNT,
            col::REASON,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_BATCHES.of(self.language);
        section(
            self.language,
            "batches",
            titles::BATCHES,
            about,
            &columns,
            rows.collect(),
        )
    }

    pub(super) fn interventions(&self) -> Section {
        let rows = self.facts.interventions.iter().map(|stop| {
            let mut row = Vec::from(key(&stop.key));
            let calls = stop.calls.iter().copied();
            row.extend([
                known(&stop.requested_at),
                text(&stop.os_user),
                text(&stop.caller_arn),
                text(&stop.reason),
                text(&stop.ticket),
                text(&stop.status_before),
                text(&stop.outcome),
                text(&stop.request_id),
                known(&stop.effect),
                text(&stop.effect_seen_at),
                evidence([stop.intervention_id].into_iter().chain(calls)),
            ]);
            row
        });
        let columns = [
            col::SERVICE,
            col::ACCOUNT_ID,
            col::REGION_ID,
            col::OPERATION_ID,
            col::REQUESTED_AT,
            col::OS_USER,
            col::CALLER_ARN,
            col::REASON,
            col::TICKET,
            col::STATUS_BEFORE,
            col::CALL_OUTCOME,
            col::REQUEST_ID,
            col::EFFECT,
            col::EFFECT_SEEN_AT,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_INTERVENTIONS.of(self.language);
        section(
            self.language,
            "interventions",
            titles::INTERVENTIONS,
            about,
            &columns,
            rows.collect(),
        )
    }

    pub(super) fn unknowns(&self) -> Section {
        let rows = self.facts.unknowns.iter().map(|unknown| {
            vec![
                known(&unknown.action),
                known(&unknown.kind),
                known(&unknown.name),
                known(&unknown.value),
                Value::Integer(unknown.answers),
                evidence([unknown.span.0, unknown.span.1]),
            ]
        });
        let columns = [
            col::ACTION,
            col::UNKNOWN_KIND,
            col::NAME,
            col::UNKNOWN_VALUE,
            col::ANSWERS,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_UNKNOWNS.of(self.language);
        section(
            self.language,
            "unknowns",
            titles::UNKNOWNS,
            about,
            &columns,
            rows.collect(),
        )
    }

    pub(super) fn requests(&self) -> Section {
        let rows = self.facts.requests.groups.iter().map(|(kind, group)| {
            vec![
                known(&kind.service),
                known(&kind.action),
                known(&kind.outcome),
                Value::Integer(group.count),
                time(Some(UtcMillis(group.first_at))),
                time(Some(UtcMillis(group.last_at))),
                span(group.span),
            ]
        });
        let columns = [
            col::SERVICE,
            col::ACTION,
            col::OUTCOME,
            col::REQUEST_COUNT,
            col::FIRST_AT,
            col::LAST_AT,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_REQUESTS.of(self.language);
        section(
            self.language,
            "requests",
            titles::REQUESTS,
            about,
            &columns,
            rows.collect(),
        )
    }

    /// What no record of this kind can say: it stands in every report, whatever was found.
    pub(super) fn limits(&self) -> Section {
        let language = self.language;
        let always = [
            limits::CADT,
            limits::DNS,
            limits::REVERSAL,
            limits::MOMENT,
            limits::INITIATOR,
            limits::NOT_WATCHED,
            limits::RESOURCES,
            limits::PROVIDER,
        ];
        let after = match self.facts.log.last_at {
            Some(end) => limits::AFTER.fill(language, &[("end", &end.to_string())]),
            None => limits::AFTER_NOTHING.of(language).to_owned(),
        };
        let always = always.map(|text| text.of(language).to_owned());
        let paragraphs = always.into_iter().chain([after]);
        Section {
            id: "limits",
            title: titles::LIMITS.of(language).to_owned(),
            paragraphs: paragraphs.map(|text| toned(Tone::Unknown, text)).collect(),
            table: None,
            timelines: Vec::new(),
        }
    }

    /// Sections in the order in which they stand. There may be millions of targets: these are taken in, and no
    /// second time in memory.
    pub(super) fn sections(&self, targets: Vec<(Target, TargetCounts)>) -> Vec<Section> {
        vec![
            self.completeness(),
            self.coverage_gaps(),
            self.runs_not_complete(),
            self.listings_incomplete(),
            self.watched(),
            self.identities(),
            self.operations_by_status(),
            self.operations(),
            self.failures(),
            self.results_by_target(targets),
            self.durations(),
            self.drift_checks(),
            self.batches(),
            self.interventions(),
            self.unknowns(),
            self.requests(),
            self.limits(),
            self.integrity(),
        ]
    }
}
