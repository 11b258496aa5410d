//! What changed in operations and their results between two sizes of the evidence.
//!
//! Two states are compared, not what lies between them: a change that was taken back is none. What the recorder adds
//! of its own (when it looked, versions, the state of a watch) is no change of an operation. What a service's own view
//! says again of what `operations` has is left out; within `operations` each column is compared, so a change of
//! `status` is one of `status_raw`, `phase` and `is_final`, too. One operation is in memory at a time, and one of its
//! results.

mod field;

use std::collections::BTreeMap;

use self::field::{same, shown_by_version};
use crate::model::{OperationKey, Service};
use crate::store::diff::{self, Count, ResultState, Target};
use crate::store::query::OwnedValue;
use crate::store::{Connection, StoreError, selection};

/// What became of an operation or result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is known, or listed, now and was not.
    Added,
    /// It was listed and is not now. An operation is never gone: it was seen.
    Gone,
    /// It says something else.
    Changed,
}

impl Change {
    /// The word in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Gone => "gone",
            Self::Changed => "changed",
        }
    }
}

/// A field that does not say what it said.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// Its column in the views.
    pub field: String,
    /// What it said; NULL of what was added.
    pub old: OwnedValue,
    /// What it says; NULL of what is gone.
    pub new: OwnedValue,
    /// The leaf that first showed that: the answer itself, of counts the last page of their listing.
    pub exchange_id: i64,
}

/// An operation, in the words that people know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its key.
    pub key: OperationKey,
    /// What it does.
    pub kind: Option<String>,
    /// The name of what it is about.
    pub resource_name: Option<String>,
}

/// An operation, or one of its results, that changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Changed<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// Account and region of the result; `None` for the operation itself.
    pub target: Option<&'a Target>,
    /// What became of it.
    pub change: Change,
    /// Its fields that differ, in the order of the views; never none.
    pub fields: &'a [FieldChange],
}

/// How much changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Operations that were seen for the first time.
    pub operations_added: u64,
    /// Operations of which a field differs.
    pub operations_changed: u64,
    /// Results that are listed now and were not.
    pub results_added: u64,
    /// Results that are listed no more.
    pub results_gone: u64,
    /// Results of which a field differs.
    pub results_changed: u64,
}

impl Tally {
    /// Whether nothing did.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn count(&mut self, changed: &Changed<'_>) {
        let counter = match (changed.target, changed.change) {
            (None, Change::Added) => &mut self.operations_added,
            (None, Change::Changed | Change::Gone) => &mut self.operations_changed,
            (Some(_), Change::Added) => &mut self.results_added,
            (Some(_), Change::Gone) => &mut self.results_gone,
            (Some(_), Change::Changed) => &mut self.results_changed,
        };
        *counter += 1;
    }
}

/// What tells rows apart is compared by being there.
const KEYS: [&str; 6] = [
    "service",
    "account_id",
    "region_id",
    "operation_id",
    "target_account_id",
    "target_region_id",
];

/// What the recorder says of its own looks.
const RECORDERS: [&str; 6] = [
    "first_seen_at",
    "last_seen_at",
    "counted_at",
    "version",
    "watch_state",
    "present",
];

/// Columns of a service's own view that `operations` has under this or another name, or that are too much to be
/// told: of CADT texts, which may hold secrets, only the digest.
const SAID_BY_OPERATIONS: [&str; 18] = [
    "phase",
    "status",
    "status_raw",
    "action",
    "stack_group_id",
    "stack_group_name",
    "create_time",
    "end_time",
    "task_id",
    "batch_type",
    "total_count",
    "success_count",
    "failed_count",
    "reason",
    "message",
    "message_json",
    "arguments",
    "arguments_json",
];

/// Columns of `results` that are the operation's.
const SAID_BY_OPERATION: [&str; 2] = ["resource_name", "kind"];

/// The two states that are compared: connections that are limited to the older and to the newer size.
pub struct Diff<'c> {
    older: &'c Connection,
    newer: &'c Connection,
    /// Leaves that the older one has.
    from: i64,
    of_operations: Vec<String>,
    of_results: Vec<String>,
    of_service: BTreeMap<&'static str, Vec<String>>,
}

/// The view in which a service has its own fields.
const fn own_view(service: Service) -> Option<&'static str> {
    match service {
        Service::Ros => Some("ros_operations"),
        Service::Bpstudio => Some("bpstudio_operations"),
        Service::Alidns => Some("batches"),
        Service::Sts => None,
    }
}

impl<'c> Diff<'c> {
    /// Between a connection that was limited to `from` leaves and one that was limited to more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn new(
        older: &'c Connection,
        newer: &'c Connection,
        from: i64,
    ) -> Result<Self, StoreError> {
        let mut of_service = BTreeMap::new();
        for service in [Service::Ros, Service::Bpstudio, Service::Alidns] {
            if let Some(view) = own_view(service) {
                of_service.insert(view, compared(newer, view, &SAID_BY_OPERATIONS)?);
            }
        }
        Ok(Self {
            older,
            newer,
            from,
            of_operations: compared(newer, "operations", &[])?,
            of_results: compared(newer, "results", &SAID_BY_OPERATION)?,
            of_service,
        })
    }

    /// Calls `visit` with everything that changed, by operation in the order of keys, each followed by its results.
    /// `account_ids` empty: of all accounts.
    ///
    /// # Errors
    /// [`StoreError`], and whatever `visit` returns.
    pub fn each<E: From<StoreError>>(
        &self,
        account_ids: &[String],
        mut visit: impl FnMut(&Changed<'_>) -> Result<(), E>,
    ) -> Result<Tally, E> {
        let mut tally = Tally::default();
        let mut told = |changed: Changed<'_>| -> Result<(), E> {
            if changed.fields.is_empty() {
                return Ok(());
            }
            tally.count(&changed);
            visit(&changed)
        };
        diff::each_learned_about(self.newer, self.from, account_ids, |op, key| {
            let Some(new) = self.state(self.newer, &key)? else {
                // Asked for, and never seen.
                return Ok(());
            };
            let operation = self.operation(key, &new);
            let old = self.state(self.older, &operation.key)?;
            let fields = self.fields(op, operation.key.service, old.as_deref(), &new)?;
            let change = match old {
                Some(_) => Change::Changed,
                None => Change::Added,
            };
            told(Changed {
                operation: &operation,
                target: None,
                change,
                fields: &fields,
            })?;
            self.each_result(op, &operation, &mut told)
        })?;
        Ok(tally)
    }

    /// Names of the fields of an operation, those of its service last.
    fn names(&self, service: Service) -> impl Iterator<Item = &String> {
        let own = own_view(service).and_then(|view| self.of_service.get(view));
        self.of_operations.iter().chain(own.into_iter().flatten())
    }

    /// What is said of an operation, in the order of [`Diff::names`]; `None` where it was not seen.
    fn state(
        &self,
        connection: &Connection,
        key: &OperationKey,
    ) -> Result<Option<Vec<OwnedValue>>, StoreError> {
        let Some(mut state) = diff::state(connection, "operations", &self.of_operations, key)?
        else {
            return Ok(None);
        };
        if let Some(view) = own_view(key.service)
            && let Some(columns) = self.of_service.get(view)
            && !columns.is_empty()
        {
            let own = diff::state(connection, view, columns, key)?;
            state.extend(own.unwrap_or_else(|| vec![OwnedValue::Null; columns.len()]));
        }
        Ok(Some(state))
    }

    fn operation(&self, key: OperationKey, state: &[OwnedValue]) -> Operation {
        let text = |name: &str| {
            let place = self.of_operations.iter().position(|known| known == name)?;
            match state.get(place)? {
                OwnedValue::Text(text) => Some(text.clone()),
                _ => None,
            }
        };
        Operation {
            kind: text("kind"),
            resource_name: text("resource_name"),
            key,
        }
    }

    /// The fields of an operation that differ.
    fn fields(
        &self,
        op: i64,
        service: Service,
        old: Option<&[OwnedValue]>,
        new: &[OwnedValue],
    ) -> Result<Vec<FieldChange>, StoreError> {
        let mut fields = Vec::new();
        let mut versions = None;
        for (place, name) in self.names(service).enumerate() {
            let before = old
                .and_then(|old| old.get(place))
                .unwrap_or(&OwnedValue::Null);
            let after = new.get(place).unwrap_or(&OwnedValue::Null);
            if same(name, before, after) {
                continue;
            }
            let versions = match &mut versions {
                Some(versions) => versions,
                none => none.insert(diff::versions(self.newer, op)?),
            };
            let of_listing = self.of_listing(op, service, name, after)?;
            let from = self.from * i64::from(old.is_some());
            let shown_by = of_listing.or_else(|| shown_by_version(name, versions, from));
            fields.push(FieldChange {
                field: name.clone(),
                old: before.clone(),
                new: after.clone(),
                exchange_id: shown_by.ok_or_else(|| {
                    StoreError::Inconsistent(format!("operation {op} has no version"))
                })?,
            });
        }
        Ok(fields)
    }

    /// The leaf from which a field of a stack-group operation comes that its listings tell.
    fn of_listing(
        &self,
        op: i64,
        service: Service,
        field: &str,
        new: &OwnedValue,
    ) -> Result<Option<i64>, StoreError> {
        if service != Service::Ros {
            return Ok(None);
        }
        if let Some(count) = Count::of_column(field) {
            return diff::counted_since(self.newer, op, count);
        }
        match (field, new) {
            ("has_failures", OwnedValue::Integer(has)) => {
                diff::failures_since(self.newer, op, *has != 0)
            }
            _ => Ok(None),
        }
    }

    /// The results of an operation that changed.
    fn each_result<E: From<StoreError>>(
        &self,
        op: i64,
        operation: &Operation,
        told: &mut impl FnMut(Changed<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let both = (self.older, self.newer);
        let columns = &self.of_results;
        diff::each_result(both, columns, &operation.key, |old, new| {
            let old = old.filter(|state| state.is_present);
            let new = new.filter(|state| state.is_present);
            let (Some(state), change) = (match (old, new) {
                (Some(old), None) => (Some(old), Change::Gone),
                (None, Some(new)) => (Some(new), Change::Added),
                (_, new) => (new, Change::Changed),
            }) else {
                return Ok(());
            };
            let fields = self.result_fields(op, &state.target, old, new)?;
            told(Changed {
                operation,
                target: Some(&state.target),
                change,
                fields: &fields,
            })
        })
    }

    fn result_fields(
        &self,
        op: i64,
        target: &Target,
        old: Option<&ResultState>,
        new: Option<&ResultState>,
    ) -> Result<Vec<FieldChange>, StoreError> {
        let value = |state: Option<&ResultState>, place: usize| {
            let value = state.and_then(|state| state.values.get(place));
            value.cloned().unwrap_or(OwnedValue::Null)
        };
        let mut fields = Vec::new();
        for (place, name) in self.of_results.iter().enumerate() {
            let (before, after) = (value(old, place), value(new, place));
            if before == after {
                continue;
            }
            let column = new.map(|_| name.as_str());
            let since = diff::result_since(self.newer, op, target, column)?;
            fields.push(FieldChange {
                field: name.clone(),
                old: before,
                new: after,
                exchange_id: since.ok_or_else(|| {
                    StoreError::Inconsistent(format!("a result of operation {op} has no version"))
                })?,
            });
        }
        Ok(fields)
    }
}

/// The columns of a view that are compared.
fn compared(
    connection: &Connection,
    view: &'static str,
    left_out: &[&str],
) -> Result<Vec<String>, StoreError> {
    let mut columns = selection::columns(connection, view)?;
    columns.retain(|column| {
        let column = column.as_str();
        !KEYS.contains(&column) && !RECORDERS.contains(&column) && !left_out.contains(&column)
    });
    Ok(columns)
}
