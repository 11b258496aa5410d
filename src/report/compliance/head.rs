//! The head of the report: what it is about, and what made it.

use super::table::{known, outcome, time};
use super::words::{Text, titles};
use super::{Made, Report};
use crate::export::document::{Fact, Value};

impl Report<'_> {
    pub(super) fn head(&self, made: &Made, schema_version: i64) -> Vec<Fact> {
        let window = self.window;
        let log = &self.facts.log;
        let mut facts = vec![
            self.fact("program", titles::PROGRAM, known("optrail")),
            self.fact(
                "program_version",
                titles::PROGRAM_VERSION,
                known(&made.version),
            ),
            self.fact(
                "schema_version",
                titles::SCHEMA_VERSION,
                Value::Integer(schema_version),
            ),
            self.fact(
                "derive_version",
                titles::DERIVE_VERSION,
                Value::Integer(log.derive_version),
            ),
            self.fact("command", titles::COMMAND, known(&made.command)),
            self.fact(
                "period_since",
                titles::PERIOD_SINCE,
                time(Some(window.since)),
            ),
            self.fact(
                "period_until",
                titles::PERIOD_UNTIL,
                time(Some(window.until)),
            ),
            self.fact("zone", titles::ZONE, known("UTC")),
            self.scope(
                "accounts",
                titles::ACCOUNTS,
                titles::ACCOUNTS_ALL,
                &made.accounts,
            ),
            self.scope(
                "services",
                titles::SERVICES,
                titles::SERVICES_ALL,
                &window.services,
            ),
            self.scope(
                "regions",
                titles::REGIONS,
                titles::REGIONS_ALL,
                &window.regions,
            ),
            self.fact("database", titles::DATABASE, known(&made.database)),
            self.fact("log_id", titles::LOG_ID, self.or_null(&log.log_id)),
            self.fact("log_origin", titles::LOG_ORIGIN, self.or_null(&log.origin)),
            self.fact(
                "evidence_size",
                titles::EVIDENCE_SIZE,
                Value::Integer(self.size),
            ),
            self.fact(
                "evidence_root",
                titles::EVIDENCE_ROOT,
                self.or_null(&self.integrity.root),
            ),
            self.fact("evidence_begin", titles::EVIDENCE_BEGIN, time(log.first_at)),
            self.fact("evidence_end", titles::EVIDENCE_END, time(log.last_at)),
        ];
        if self.leaves_not_derived > 0 {
            let later = Value::Integer(self.leaves_not_derived);
            facts.push(self.fact("leaves_not_derived", titles::LEAVES_NOT_DERIVED, later));
        }
        if let Some(run) = &self.facts.last_run {
            let at = time(Some(run.started_at));
            let outcome = outcome(run.outcome);
            facts.extend([
                self.fact(
                    "last_run_id",
                    titles::LAST_RUN_ID,
                    Value::Integer(run.run_id),
                ),
                self.fact("last_run_started_at", titles::LAST_RUN_STARTED_AT, at),
                self.fact("last_run_outcome", titles::LAST_RUN_OUTCOME, outcome),
            ]);
        }
        let simulated = Value::Flag(self.facts.is_simulated);
        facts.push(self.fact("simulated", titles::SIMULATED, simulated));
        facts
    }

    fn fact(&self, id: &'static str, label: Text, value: Value) -> Fact {
        Fact {
            id,
            label: label.of(self.language).to_owned(),
            value,
        }
    }

    fn or_null(&self, text: &Option<String>) -> Value {
        super::table::text(text)
    }

    /// The words of a scope. Where none was asked for there is no value, and the label says that it is all: a word
    /// in place of names could be taken for one.
    fn scope(&self, id: &'static str, some: Text, all: Text, words: &[String]) -> Fact {
        match words {
            [] => self.fact(id, all, Value::Null),
            words => self.fact(id, some, known(words.join(", "))),
        }
    }
}
