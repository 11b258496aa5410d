//! The integrity statement: what was checked, n of n, against what, and what that does not prove.
//!
//! All of it is about the leaves that the report is made from, so that it says the same when the database has
//! grown since.

use super::Report;
use super::table::{known, toned};
use super::words::columns as col;
use super::words::{Text, limits, number, sentences as say, titles};
use crate::export::document::{Evidence, Paragraph, Section, Table, Tone, Value};
use crate::verify::{self, Compared, Depth, HeldBy};

/// Differences that the section lists; the others are counted. Who needs more asks `verify`.
const DIFFERENCES_TOLD: usize = 20;

/// What a verification came to, for the report.
#[derive(Debug, Clone)]
pub struct IntegrityFacts {
    /// How much was compared.
    pub depth: Depth,
    /// What was found, of the whole database.
    pub found: verify::Report,
    /// Root of the tree over the leaves of the report, hex; `None` where some of them are missing.
    pub root: Option<String>,
}

/// One row: its name for machines, what is stated, what came of it, on which leaves.
type Row = (&'static str, String, String, Evidence);

/// Tables whose differences concern leaves and their bodies themselves.
const TABLES_OF_LEAVES: [&str; 3] = ["leaf", "body_template", "subtree"];

impl Report<'_> {
    pub(super) fn integrity(&self) -> Section {
        let mut rows = self.checks();
        rows.extend(self.copies());
        rows.extend(self.custody());
        let rows = rows.into_iter().map(|(check, statement, result, leaves)| {
            vec![
                known(check),
                known(statement),
                known(result),
                Value::Evidence(leaves),
            ]
        });
        let columns = [col::CHECK, col::STATEMENT, col::RESULT, col::EVIDENCE];
        Section {
            id: "integrity",
            title: titles::INTEGRITY.of(self.language).to_owned(),
            paragraphs: self.integrity_paragraphs(),
            table: Some(Table {
                columns: columns.map(|column| column.of(self.language)).into(),
                rows: rows.collect::<Vec<Vec<Value>>>(),
            }),
            timelines: Vec::new(),
        }
    }

    fn word(&self, text: Text) -> String {
        text.of(self.language).to_owned()
    }

    fn with(&self, text: Text, values: &[(&str, &str)]) -> String {
        text.fill(self.language, values)
    }

    fn integrity_paragraphs(&self) -> Vec<Paragraph> {
        let found = &self.integrity.found;
        let checked = match self.integrity.depth {
            Depth::Quick => say::CHECKED_QUICK,
            _ if found.bodies_left_out => say::CHECKED_NO_BODIES,
            Depth::Leaves => say::CHECKED_LEAVES,
            Depth::All => say::CHECKED_ALL,
        };
        let total = number(found.counts.total());
        let first = match found.agrees() {
            true => (
                Tone::Good,
                self.with(
                    say::INTEGRITY_GOOD,
                    &[("checked", checked.of(self.language))],
                ),
            ),
            false => (Tone::Bad, self.with(say::INTEGRITY_BAD, &[("n", &total)])),
        };
        let copies: Vec<&Compared> = self.external().collect();
        let external = match copies.as_slice() {
            [] => (Tone::Unknown, self.word(say::NO_EXTERNAL)),
            copies if copies.iter().all(|copy| copy.agrees) => {
                let n = copies.len().to_string();
                (Tone::Good, self.with(say::EXTERNAL_AGREES, &[("n", &n)]))
            }
            _ => (Tone::Bad, self.word(say::EXTERNAL_DIFFERS)),
        };
        let not_proved = [
            limits::ORIGIN,
            limits::NEVER_COLLECTED,
            limits::AFTER_CHECKPOINT,
            limits::TIME,
            limits::TRUTH,
        ];
        let not_proved = not_proved.map(|text| (Tone::Unknown, self.word(text)));
        let begin = (Tone::Plain, self.word(say::NOT_PROVED));
        let paragraphs = [first, external, begin].into_iter().chain(not_proved);
        paragraphs.map(|(tone, text)| toned(tone, text)).collect()
    }

    fn external(&self) -> impl Iterator<Item = &Compared> {
        let compared = self.integrity.found.compared.iter();
        compared.filter(|copy| copy.by == HeldBy::Others)
    }

    /// Whether a leaf or a body may be among what differs; those that are not listed may be anything.
    fn leaves_differ(&self) -> bool {
        let found = &self.integrity.found;
        let mut listed = found.differences.iter();
        found.more > 0 || listed.any(|one| TABLES_OF_LEAVES.contains(&one.table.as_str()))
    }

    /// A difference with the names of the files that it was compared with, and not where they lay.
    fn without_places(&self, mut difference: String) -> String {
        for copy in &self.integrity.found.compared {
            difference = difference.replace(&copy.source, file_name(&copy.source));
        }
        difference
    }

    /// What was computed again and compared.
    fn checks(&self) -> Vec<Row> {
        let found = &self.integrity.found;
        let size = self.size;
        let all = Evidence::span(0, size - 1);
        let n_of_n = |n: i64, all: i64| {
            let (n, all) = (number(n), number(all));
            self.with(say::N_OF_N, &[("n", &n), ("all", &all)])
        };
        // Where nothing differs, what the database has got since is not the report's.
        let checked_of = |n: i64, all: i64| match (found.agrees(), self.leaves_differ()) {
            (true, _) => n_of_n(n.min(all), all),
            (false, false) => n_of_n(n, all),
            (false, true) => self.word(say::DIFFERS),
        };
        let depth = self.integrity.depth;
        let is_quick = depth == Depth::Quick;
        let hashes = match is_quick {
            true => self.word(say::NOT_CHECKED),
            false => checked_of(found.leaves_checked, size),
        };
        let of_bodies = |checked: String| match depth {
            _ if found.bodies_left_out => self.word(say::LEFT_OUT),
            Depth::All => checked,
            _ => self.word(say::NOT_CHECKED),
        };
        let rows = match found.agrees() {
            true => self.word(say::ALL_OF_THEM),
            false => self.word(say::DIFFERS),
        };
        let root = self.integrity.root.clone();
        let root = root.unwrap_or(self.word(say::UNKNOWN));
        let mut checks = vec![
            (
                "leaves",
                self.word(say::ROW_LEAVES),
                n_of_n(self.facts.held.leaves, size),
                all.clone(),
            ),
            ("root", self.word(say::ROW_ROOT), root, all),
            (
                "hashes",
                self.word(say::ROW_HASHES),
                hashes,
                Evidence::default(),
            ),
            (
                "bodies",
                self.word(say::ROW_BODIES),
                of_bodies(checked_of(found.bodies_checked, self.facts.held.bodies)),
                Evidence::default(),
            ),
            (
                "rows",
                self.word(say::ROW_ROWS),
                of_bodies(rows),
                Evidence::default(),
            ),
            (
                "differences",
                self.word(say::ROW_DIFFERENCES),
                number(found.counts.total()),
                Evidence::default(),
            ),
        ];
        let listed = found.differences.iter().take(DIFFERENCES_TOLD);
        let listed = listed.map(|one| {
            (
                "difference",
                self.word(say::ROW_DIFFERENCE),
                self.without_places(one.to_string()),
                Evidence::default(),
            )
        });
        checks.extend(listed);
        let told = i64::try_from(DIFFERENCES_TOLD).unwrap_or(i64::MAX);
        if found.counts.total() > told {
            let more = number(found.counts.total() - told);
            let more = self.with(say::MORE_DIFFERENCES, &[("n", &more)]);
            checks.push((
                "difference",
                self.word(say::ROW_DIFFERENCE),
                more,
                Evidence::default(),
            ));
        }
        checks
    }

    /// The checkpoint in the file, and copies outside of it.
    fn copies(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let sealed = self.facts.sealed.as_ref();
        let checkpoint = sealed.map_or(self.word(say::NOTHING), |sealed| {
            let key = sealed.vkey.as_deref().unwrap_or("?");
            let n = number(sealed.size);
            let values = [("n", n.as_str()), ("origin", &sealed.origin), ("key", key)];
            self.with(say::CHECKPOINT, &values)
        });
        rows.push((
            "checkpoint",
            self.word(say::ROW_CHECKPOINT),
            checkpoint,
            Evidence::default(),
        ));
        let covered = sealed.map_or(0, |sealed| sealed.size);
        let unsealed = number((self.size - covered).max(0));
        rows.push((
            "unsealed",
            self.word(say::ROW_UNSEALED),
            unsealed,
            Evidence::span(covered, self.size - 1),
        ));
        let compared = &self.integrity.found.compared;
        for copy in compared.iter().filter(|copy| copy.by == HeldBy::State) {
            // How many leaves it covers grows with the log; of those of the report the row above tells.
            let result = match copy.agrees {
                true => self.word(say::AGREES),
                false => self.word(say::DIFFERS),
            };
            rows.push((
                "state_checkpoint",
                self.word(say::ROW_STATE),
                result,
                Evidence::default(),
            ));
        }
        for copy in self.external() {
            let source = file_name(&copy.source);
            let statement = self.with(say::ROW_EXTERNAL, &[("source", source)]);
            rows.push((
                "external_copy",
                statement,
                self.compared(copy),
                Evidence::default(),
            ));
        }
        if self.external().next().is_none() {
            rows.push((
                "external_copies",
                self.word(say::ROW_NO_EXTERNAL),
                self.word(say::NOTHING),
                Evidence::default(),
            ));
        }
        rows
    }

    /// What came of the comparison with a copy. One of more leaves than the report has covers all of it, and how
    /// many it has now is not the report's.
    fn compared(&self, copy: &Compared) -> String {
        let size = i64::try_from(copy.size).unwrap_or(i64::MAX);
        let n = number(size);
        match (copy.agrees, size <= self.size) {
            (true, true) => self.with(say::AGREES_AT, &[("n", &n)]),
            (false, true) => self.with(say::DIFFERS_AT, &[("n", &n)]),
            (true, false) => self.word(say::AGREES),
            (false, false) => self.word(say::DIFFERS),
        }
    }

    /// What became of the evidence.
    fn custody(&self) -> Vec<Row> {
        let log = &self.facts.log;
        let oldest = log
            .first_at
            .map_or(self.word(say::NOTHING), |at| at.to_string());
        let first = Evidence::span(0, self.size.min(1) - 1);
        let times = |leaves: &[i64]| (leaves.len().to_string(), leaves.iter().copied().collect());
        let (restores, restore_leaves) = times(&log.restores);
        let (keys, key_leaves) = times(&log.keys_unusable);
        vec![
            ("oldest", self.word(say::ROW_OLDEST), oldest, first),
            // Not counted: no command removes evidence, and triggers refuse it. What somebody took away past the
            // program is a difference, which the checks tell.
            (
                "removed",
                self.word(say::ROW_PRUNED),
                self.word(say::NOTHING),
                Evidence::default(),
            ),
            (
                "derive_version",
                self.word(say::ROW_DERIVE_VERSION),
                log.derive_version.to_string(),
                Evidence::default(),
            ),
            (
                "redacted",
                self.word(say::ROW_REDACTED),
                number(self.facts.held.redacted),
                Evidence::default(),
            ),
            (
                "restores",
                self.word(say::ROW_RESTORES),
                restores,
                restore_leaves,
            ),
            ("keys_unusable", self.word(say::ROW_KEYS), keys, key_leaves),
        ]
    }
}

/// A file without the place where it lay, which is of no concern to who reads this elsewhere.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
