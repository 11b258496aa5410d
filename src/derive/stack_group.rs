//! From what a list says of a stack group to a version: its fields, and which of them changed.

use serde_json::json;

use super::observed::{derived, exact, ros_time};
use super::operation::{Comparison, Field, changed_fields};
use crate::model::{FieldValue, StackGroup, Tag};

/// The fields of a group, in the order of its table.
pub fn fields(group: &StackGroup) -> Vec<Field> {
    let instant = |raw: &Option<String>| ros_time(raw.as_deref()).map(|at| at.0);
    vec![
        exact("stack_group_name", group.stack_group_name.clone()),
        exact("status", group.status.clone()),
        exact("status_raw", group.status_raw.clone()),
        exact("description", group.description.clone()),
        exact("permission_model", group.permission_model.clone()),
        exact("resource_group_id", group.resource_group_id.clone()),
        exact(
            "stack_group_drift_status",
            group.stack_group_drift_status.clone(),
        ),
        exact("drift_detection_time", group.drift_detection_time.clone()),
        exact("create_time", group.create_time.clone()),
        exact("update_time", group.update_time.clone()),
        exact("auto_deployment_enabled", group.auto_deployment_enabled),
        exact(
            "retain_stacks_on_account_removal",
            group.retain_stacks_on_account_removal,
        ),
        Field {
            column: "tags",
            value: tags(group.tags.as_deref()),
            comparison: Comparison::Set,
        },
        derived("drift_detected_at", instant(&group.drift_detection_time)),
        derived("created_at", instant(&group.create_time)),
        derived("updated_at", instant(&group.update_time)),
    ]
}

/// Tags as a JSON array of objects, in the order sent; they are compared as a set.
fn tags(tags: Option<&[Tag]>) -> FieldValue {
    tags.map_or(FieldValue::Null, |tags| {
        let items: Vec<_> = tags
            .iter()
            .map(|tag| json!({"key": tag.key, "value": tag.value}))
            .collect();
        FieldValue::Text(serde_json::Value::from(items).to_string())
    })
}

/// The number of the version that a list makes of a group, with the names of the fields that changed (none for
/// the first). `None` where it says what is known already; `known` is the newest version.
pub fn next_version(
    known: Option<&(i64, Vec<FieldValue>)>,
    fields: &[Field],
) -> Option<(i64, Option<Vec<&'static str>>)> {
    let Some((version, values)) = known else {
        return Some((1, None));
    };
    let changed = changed_fields(fields, values);
    (!changed.is_empty()).then_some((version + 1, Some(changed)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tagged(pairs: &[(&str, &str)]) -> StackGroup {
        let tag = |(key, value): &(&str, &str)| Tag {
            key: Some((*key).to_owned()),
            value: Some((*value).to_owned()),
        };
        StackGroup {
            stack_group_id: "fd".to_owned(),
            status: Some("ACTIVE".to_owned()),
            status_raw: Some("ACTIVE".to_owned()),
            create_time: Some("2020-01-20T09:22:3".to_owned()),
            tags: Some(pairs.iter().map(tag).collect()),
            ..StackGroup::default()
        }
    }

    fn next(before: &StackGroup, after: &StackGroup) -> Option<Vec<&'static str>> {
        let values = fields(before)
            .into_iter()
            .map(|field| field.value)
            .collect();
        next_version(Some(&(1, values)), &fields(after)).map(|(version, changed)| {
            assert_eq!(version, 2);
            changed.unwrap()
        })
    }

    #[test]
    fn the_first_sight_is_version_one() {
        assert_eq!(next_version(None, &fields(&tagged(&[]))), Some((1, None)));
    }

    #[test]
    fn tags_are_a_set_and_absent_is_not_empty() {
        let group = tagged(&[("a", "1"), ("b", "2")]);
        assert_eq!(next(&group, &tagged(&[("b", "2"), ("a", "1")])), None);
        assert_eq!(next(&group, &tagged(&[("a", "1")])), Some(vec!["tags"]));
        let without = StackGroup {
            tags: None,
            ..tagged(&[])
        };
        assert_eq!(next(&tagged(&[]), &without), Some(vec!["tags"]));
    }

    #[test]
    fn what_follows_from_another_field_is_not_compared_apart() {
        let group = tagged(&[]);
        let deleted = StackGroup {
            status: Some("DELETED".to_owned()),
            status_raw: Some("DELETED".to_owned()),
            update_time: Some("2021-01-01T00:00:00".to_owned()),
            ..group.clone()
        };
        assert_eq!(
            next(&group, &deleted),
            Some(vec!["status", "status_raw", "update_time"])
        );
    }
}
