//! What the report must say, counted from world and diary. Neither the database nor the program's rules are used:
//! the definitions of the figures and the words of the promise are.

mod coverage;
mod figures;
mod known;
mod operations;
mod others;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use known::Known;

use super::answers::utc;
use super::diary::Diary;
use super::truth::{Operation, World};

/// What a report is about.
#[derive(Debug, Clone)]
pub struct Scope {
    pub name: &'static str,
    /// The period, ms.
    pub since: i64,
    pub until: i64,
    /// The account that is asked for; none: all.
    pub account: Option<usize>,
}

/// What one cell must hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Is(Value),
    /// Exactly these leaves.
    Leaves(BTreeSet<i64>),
}

/// A row: what it is known by, and its cells by column. Columns that are not named are not compared.
#[derive(Debug, Clone)]
pub struct Row {
    pub key: Vec<Value>,
    pub cells: Vec<(&'static str, Cell)>,
}

/// A section: the columns that rows are known by, and all of them.
#[derive(Debug, Clone)]
pub struct Section {
    pub id: &'static str,
    pub key: &'static [&'static str],
    pub rows: Vec<Row>,
}

impl Section {
    fn new(id: &'static str, key: &'static [&'static str]) -> Self {
        Self {
            id,
            key,
            rows: Vec::new(),
        }
    }

    fn push<const N: usize>(&mut self, cells: Vec<(&'static str, Cell)>, key: [Value; N]) {
        assert_eq!(key.len(), self.key.len());
        self.rows.push(Row {
            key: key.into(),
            cells,
        });
    }
}

/// The oracle of one report.
pub struct Oracle<'a> {
    world: &'a World,
    diary: &'a Diary,
    known: &'a Known,
    scope: &'a Scope,
}

impl<'a> Oracle<'a> {
    pub fn new(world: &'a World, diary: &'a Diary, known: &'a Known, scope: &'a Scope) -> Self {
        Self {
            world,
            diary,
            known,
            scope,
        }
    }

    /// Every section with a table, but the last, which says what was checked.
    pub fn sections(&self) -> Vec<Section> {
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
            self.results_by_target(),
            self.durations(),
            self.drift_checks(),
            self.batches(),
            self.interventions(),
            self.unknowns(),
            self.requests(),
        ]
    }

    fn holds(&self, at: i64) -> bool {
        self.scope.since <= at && at < self.scope.until
    }

    /// Whether something that begins and ends so overlaps the period.
    fn overlaps(&self, from: i64, until: Option<i64>) -> bool {
        from < self.scope.until && until.unwrap_or(self.diary.evidence_end) >= self.scope.since
    }

    fn is_of_account(&self, account: usize) -> bool {
        self.scope.account.is_none_or(|wanted| wanted == account)
    }

    fn truth(&self, op: usize) -> &'a Operation {
        &self.world.operations[op]
    }

    /// Service, account, region, id.
    fn key(&self, op: usize) -> [Value; 4] {
        let operation = self.truth(op);
        [
            operation.service.word().into(),
            self.world.accounts[operation.account].id.clone().into(),
            operation.region.into(),
            operation.id.clone().into(),
        ]
    }

    /// Operations in scope that were seen and overlap the period.
    fn seen(&self) -> impl Iterator<Item = usize> + '_ {
        let seen = self.known.looks.iter();
        seen.filter(|(op, looks)| {
            let (first, last) = (looks.first().unwrap(), looks.last().unwrap());
            let overlaps =
                first.received_at < self.scope.until && last.received_at >= self.scope.since;
            overlaps && self.is_of_account(self.truth(**op).account)
        })
        .map(|(op, _)| *op)
    }
}

fn is(value: impl Into<Value>) -> Cell {
    Cell::Is(value.into())
}

fn time(at: Option<i64>) -> Cell {
    Cell::Is(at.map_or(Value::Null, |at| utc(at).into()))
}

fn leaves(leaves: impl IntoIterator<Item = i64>) -> Cell {
    Cell::Leaves(leaves.into_iter().collect())
}

/// Milliseconds as seconds, rounded up.
fn seconds(ms: i64) -> i64 {
    (ms.max(0) + 999) / 1_000
}

/// As many things as share a name.
type Groups<K, V> = BTreeMap<K, V>;
