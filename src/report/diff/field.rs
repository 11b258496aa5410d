//! One field of an operation: whether two values of it say the same, and which version first showed the newer one.

use crate::store::query::OwnedValue;

/// Lists whose order means nothing.
const SETS: [&str; 2] = ["account_ids", "rd_folder_ids"];

/// Whether two values of a field say the same.
pub(super) fn same(field: &str, old: &OwnedValue, new: &OwnedValue) -> bool {
    let (OwnedValue::Text(old), OwnedValue::Text(new)) = (old, new) else {
        return old == new;
    };
    let set = |text: &str| -> Option<Vec<String>> {
        let mut items: Vec<String> = serde_json::from_str(text).ok()?;
        items.sort_unstable();
        items.dedup();
        Some(items)
    };
    old == new || (SETS.contains(&field) && set(old).is_some_and(|items| set(new) == Some(items)))
}

/// The fields of a service's answers from which a column comes, as versions name them.
fn comes_from(column: &str) -> &[&str] {
    match column {
        "kind" => &["action", "batch_type"],
        "resource_id" => &["stack_group_id"],
        "resource_name" => &["stack_group_name"],
        "status" | "status_raw" | "phase" | "is_final" => &["status"],
        "cloud_started_at" | "cloud_started_at_raw" => &["create_time"],
        "cloud_ended_at" | "cloud_ended_at_raw" => &["end_time"],
        "duration_ms" => &["create_time", "end_time"],
        "succeeded_count" => &["success_count"],
        "has_failures" => &["failed_count", "status"],
        "message_sha256" => &["message"],
        "arguments_sha256" => &["arguments"],
        _ => &[],
    }
}

/// The leaf of the version that last changed a field; versions stand the newest first. Where none since `from` says
/// that it did, the newest; `None` where there are no versions.
pub(super) fn shown_by_version(
    column: &str,
    versions: &[(i64, Option<String>)],
    from: i64,
) -> Option<i64> {
    let sources = comes_from(column);
    let own = [column];
    let sources = if sources.is_empty() {
        &own[..]
    } else {
        sources
    };
    let names_it = |changed: &Option<String>| match changed {
        None => true,
        Some(changed) => {
            let names: Vec<String> = serde_json::from_str(changed).unwrap_or_default();
            names.iter().any(|name| sources.contains(&name.as_str()))
        }
    };
    let since = versions.iter().take_while(|(leaf, _)| *leaf >= from);
    let found = since.into_iter().find(|(_, changed)| names_it(changed));
    found.or(versions.first()).map(|(leaf, _)| *leaf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaf_is_that_of_the_last_change_of_the_field() {
        let changed = |names: &str| Some(names.to_owned());
        let versions = [
            (40, changed(r#"["end_time"]"#)),
            (30, changed(r#"["status","failed_count"]"#)),
            (20, changed(r#"["status"]"#)),
            (10, None),
        ];
        for (column, from, leaf) in [
            ("phase", 0, 30),
            ("cloud_ended_at", 0, 40),
            ("duration_ms", 0, 40),
            ("failed_count", 0, 30),
            ("operation_description", 0, 10),
            ("operation_description", 15, 40),
            ("status", 35, 40),
        ] {
            let found = shown_by_version(column, &versions, from);
            assert_eq!(found, Some(leaf), "{column}");
        }
        assert_eq!(shown_by_version("status", &[], 0), None);
    }

    #[test]
    fn the_order_of_a_set_is_no_change() {
        let text = |text: &str| OwnedValue::Text(text.to_owned());
        let (one, other) = (text(r#"["a","b"]"#), text(r#"["b","a"]"#));
        assert!(same("account_ids", &one, &other));
        assert!(!same("region_ids_order", &one, &other));
        assert!(!same("account_ids", &one, &text(r#"["a"]"#)));
        assert!(!same("account_ids", &one, &OwnedValue::Null));
        assert!(same("status", &OwnedValue::Null, &OwnedValue::Null));
    }
}
