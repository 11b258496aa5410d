//! From what an answer says of an operation to a version: which fields differ from the version before, and
//! whether the stretch of one status goes on.
//!
//! Compared are the fields that the program knows, as sent; absent and null are the same. RequestId, HostId
//! and the like belong to the answer, not to the operation. An unknown field is shown with the version that
//! happened to have it and makes none.

use serde_json::Value;

use crate::model::{FieldValue, OperationState, VersionPlace};

/// One field of a service: its column, its value, and how it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Name of the column.
    pub column: &'static str,
    /// As stored.
    pub value: FieldValue,
    /// Whether and how it is compared.
    pub comparison: Comparison,
}

/// How two values of a field are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// As they are.
    Exact,
    /// JSON arrays whose order means nothing.
    Set,
    /// Not at all: it follows from another field.
    Derived,
}

/// What one answer says of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The columns that all services share.
    pub state: OperationState,
    /// The service's own columns, in the order of its table.
    pub fields: Vec<Field>,
    /// The lists of a stack-group operation, one value each.
    pub lists: Vec<(&'static str, Vec<String>)>,
}

impl Observed {
    /// The values of the fields.
    pub fn values(&self) -> Vec<FieldValue> {
        self.fields
            .iter()
            .map(|field| field.value.clone())
            .collect()
    }
}

/// What is known of the newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its place.
    pub place: VersionPlace,
    /// Its status, trimmed.
    pub status: Option<String>,
    /// The service's own columns, in the order of its table.
    pub values: Vec<FieldValue>,
}

/// The version that an answer makes, with the names of the fields that changed (none for the first).
/// `None` where it says what is known already.
pub fn next_version(
    op: i64,
    known: Option<&Known>,
    observed: &Observed,
    sequence: i64,
) -> Option<(VersionPlace, Option<Vec<&'static str>>)> {
    let Some(known) = known else {
        let place = VersionPlace {
            op,
            version: 1,
            from_sequence: sequence,
            stretch: 1,
            starts_stretch: true,
        };
        return Some((place, None));
    };
    let starts_stretch = known.status != observed.state.status;
    // A status that is no number has no value in a column of numbers, and is a status none the less.
    let is_other_status = |field: &Field| starts_stretch && field.column == "status";
    let changed = changed_where(&observed.fields, &known.values, is_other_status);
    if changed.is_empty() {
        return None;
    }
    let place = VersionPlace {
        op,
        version: known.place.version + 1,
        from_sequence: sequence,
        stretch: known.place.stretch + i64::from(starts_stretch),
        starts_stretch,
    };
    Some((place, Some(changed)))
}

/// The columns of the fields that differ from the values known before, which stand in the same order.
pub fn changed_fields(fields: &[Field], before: &[FieldValue]) -> Vec<&'static str> {
    changed_where(fields, before, |_| false)
}

/// The same, with the columns of the fields that changed for another reason.
fn changed_where(
    fields: &[Field],
    before: &[FieldValue],
    is_other: impl Fn(&Field) -> bool,
) -> Vec<&'static str> {
    fields
        .iter()
        .zip(before)
        .filter(|(field, before)| differs(field, before) || is_other(field))
        .map(|(field, _)| field.column)
        .collect()
}

fn differs(field: &Field, before: &FieldValue) -> bool {
    match field.comparison {
        Comparison::Exact => field.value != *before,
        Comparison::Set => as_set(&field.value) != as_set(before),
        Comparison::Derived => false,
    }
}

/// The items of a JSON array in an order of their own; anything else as it is.
fn as_set(value: &FieldValue) -> (Option<Vec<String>>, Option<&FieldValue>) {
    let FieldValue::Text(text) = value else {
        return (None, Some(value));
    };
    match serde_json::from_str::<Vec<Value>>(text) {
        Ok(items) => {
            let mut items: Vec<String> = items.iter().map(Value::to_string).collect();
            items.sort_unstable();
            items.dedup();
            (Some(items), None)
        }
        Err(_) => (None, Some(value)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::derive::observed::{alidns, ros};
    use crate::model::{BatchCount, DeploymentTargets, OperationPreferences, RosOperation};
    use crate::services::Reading;

    fn reading(status: &str, accounts: &[&str], regions: &[&str]) -> Reading<RosOperation> {
        let list = |items: &[&str]| Some(items.iter().map(|item| (*item).to_owned()).collect());
        let value = RosOperation {
            status: Some(status.trim().to_owned()),
            status_raw: Some(status.to_owned()),
            create_time: Some("2020-01-20T09:22:3".to_owned()),
            deployment_targets: Some(DeploymentTargets {
                account_ids: list(accounts),
                rd_folder_ids: None,
            }),
            operation_preferences: Some(OperationPreferences {
                region_ids_order: list(regions),
                ..OperationPreferences::default()
            }),
            ..RosOperation::default()
        };
        Reading {
            value,
            unknown: Vec::new(),
            extra: None,
        }
    }

    fn known(observed: &Observed) -> Known {
        let (place, _) = next_version(7, None, observed, 10).unwrap();
        Known {
            place,
            status: observed.state.status.clone(),
            values: observed.values(),
        }
    }

    #[test]
    fn the_first_answer_is_version_one() {
        let observed = ros(&reading("RUNNING", &[], &[]));
        let (place, changed) = next_version(7, None, &observed, 10).unwrap();
        assert_eq!(
            (place.version, place.stretch, place.starts_stretch, changed),
            (1, 1, true, None)
        );
        assert_eq!(
            observed.state.cloud_started_at.unwrap().to_string(),
            "2020-01-20T09:22:03.000Z"
        );
    }

    #[test]
    fn sets_have_no_order_and_lists_have() {
        let before = known(&ros(&reading("RUNNING", &["1", "2"], &["a", "b"])));
        let shuffled = ros(&reading("RUNNING", &["2", "1"], &["a", "b"]));
        assert_eq!(next_version(7, Some(&before), &shuffled, 20), None);
        let reordered = ros(&reading("RUNNING", &["1", "2"], &["b", "a"]));
        let (place, changed) = next_version(7, Some(&before), &reordered, 20).unwrap();
        assert_eq!(
            (place.version, place.stretch, changed),
            (2, 1, Some(vec!["region_ids_order"]))
        );
    }

    #[test]
    fn blanks_around_a_status_make_a_version_and_no_stretch() {
        let before = known(&ros(&reading("RUNNING", &[], &[])));
        let (place, changed) =
            next_version(7, Some(&before), &ros(&reading("RUNNING\n", &[], &[])), 20).unwrap();
        assert_eq!(
            (place.stretch, place.starts_stretch, changed),
            (1, false, Some(vec!["status"]))
        );
        let (place, _) =
            next_version(7, Some(&before), &ros(&reading("FAILED", &[], &[])), 20).unwrap();
        assert_eq!((place.stretch, place.starts_stretch), (2, true));
    }

    #[test]
    fn an_unknown_status_of_a_batch_is_one_like_any_other() {
        let batch = |word: &str| BatchCount {
            task_id: Some(1),
            status_raw: Some(word.to_owned()),
            ..BatchCount::default()
        };
        let before = known(&alidns(&batch("QUEUED\n"), None));
        assert_eq!(before.status.as_deref(), Some("QUEUED"));
        assert_eq!(
            next_version(7, Some(&before), &alidns(&batch("QUEUED"), None), 20),
            None
        );
        let (place, changed) =
            next_version(7, Some(&before), &alidns(&batch("HALTED"), None), 20).unwrap();
        assert_eq!((place.stretch, changed), (2, Some(vec!["status"])));
    }

    #[test]
    fn null_to_value_is_a_change_and_an_unknown_field_is_none() {
        let bare = BatchCount {
            task_id: Some(1),
            status: Some(0),
            ..BatchCount::default()
        };
        let before = known(&alidns(&bare, None));
        assert_eq!(
            next_version(7, Some(&before), &alidns(&bare, Some(&Value::from(1))), 20),
            None
        );
        let reasoned = BatchCount {
            reason: Some(String::new()),
            ..bare
        };
        let (_, changed) = next_version(7, Some(&before), &alidns(&reasoned, None), 20).unwrap();
        assert_eq!(changed, Some(vec!["reason"]));
    }
}
