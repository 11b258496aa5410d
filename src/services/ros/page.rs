//! The usual JSON form of a page of results, read in one pass into its rows.
//!
//! An operation may have two thousand pages, and every rebuild reads all of them again. Anything
//! unusual (another type, a field not known here, a missing key, a code) makes this reader give
//! up, and the answer goes through [`super::read_page`], which decides. Where both read an answer
//! they read the same: a property test holds them to it.

use serde::Deserialize;

use super::results::row;
use crate::model::ResultsPage;
use crate::services::reading::{Reading, Unknowns};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TypedPage {
    page_number: Option<i64>,
    page_size: Option<i64>,
    total_count: Option<i64>,
    request_id: Option<String>,
    stack_group_operation_results: Vec<TypedRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TypedRow {
    account_id: String,
    region_id: String,
    status: Option<String>,
    status_reason: Option<String>,
    rd_folder_id: Option<String>,
}

/// Reads a page in its usual form, with the id of the request; `None` where it is in any other.
pub(in crate::services) fn read_page_typed(
    text: &str,
) -> Option<(Option<String>, Reading<ResultsPage>)> {
    let typed: TypedPage = serde_json::from_str(text).ok()?;
    let mut unknowns = Unknowns::default();
    let mut rows = Vec::with_capacity(typed.stack_group_operation_results.len());
    for typed in typed.stack_group_operation_results {
        if typed.account_id.trim().is_empty() || typed.region_id.trim().is_empty() {
            return None;
        }
        rows.push(row(
            typed.account_id,
            typed.region_id,
            typed.status,
            typed.status_reason,
            typed.rd_folder_id,
            &mut unknowns,
        ));
    }
    let page = ResultsPage {
        page_number: typed.page_number,
        page_size: typed.page_size,
        total_count: typed.total_count,
        rows,
    };
    Some((typed.request_id, unknowns.reading(page)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::services::document::Document;
    use crate::services::ros::read_page;

    #[test]
    fn anything_unusual_is_left_to_the_lenient_reader() {
        let row = r#"{"AccountId":"a","RegionId":"r"}"#;
        assert!(read_page_typed(&format!(r#"{{"StackGroupOperationResults":[{row}]}}"#)).is_some());
        for body in [
            r#"{"TotalCount":0}"#.to_owned(),
            format!(r#"{{"TotalCount":"1","StackGroupOperationResults":[{row}]}}"#),
            format!(r#"{{"Code":"Throttling","StackGroupOperationResults":[{row}]}}"#),
            format!(r#"{{"StackGroupOperationResults":{row}}}"#),
            format!(r#"{{"StackGroupOperationResults":[{row}]}} x"#),
            r#"{"StackGroupOperationResults":[{"AccountId":"","RegionId":"r"}]}"#.to_owned(),
            r#"{"StackGroupOperationResults":[{"AccountId":1,"RegionId":"r"}]}"#.to_owned(),
            r#"{"StackGroupOperationResults":[],"StackGroupOperationResults":[]}"#.to_owned(),
        ] {
            assert!(read_page_typed(&body).is_none(), "{body}");
        }
    }

    fn scalar() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("null".to_owned()),
            Just("7".to_owned()),
            Just("\"7\"".to_owned()),
            Just("\"\"".to_owned()),
            Just("\" RUNNING\\n\"".to_owned()),
            Just("\"\\u57df\"".to_owned()),
            Just("1.0".to_owned()),
            Just("{}".to_owned()),
        ]
    }

    fn object(names: &'static [&'static str]) -> impl Strategy<Value = String> {
        proptest::collection::vec((proptest::sample::select(names), scalar()), 0..6).prop_map(
            |fields| {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"))
                    .collect();
                fields.join(",")
            },
        )
    }

    proptest! {
        #[test]
        fn where_both_readers_read_they_read_the_same(
            top in object(&["PageNumber", "PageSize", "TotalCount", "RequestId"]),
            rows in proptest::collection::vec(object(&["Status", "StatusReason", "RdFolderId", "New"]), 0..3),
        ) {
            let rows: Vec<_> = rows
                .iter()
                .map(|row| format!(r#"{{"AccountId":"a","RegionId":"r"{}{row}}}"#, if row.is_empty() { "" } else { "," }))
                .collect();
            let body = format!(
                r#"{{{top}{}"StackGroupOperationResults":[{}]}}"#,
                if top.is_empty() { "" } else { "," },
                rows.join(",")
            );
            if let Some((request_id, reading)) = read_page_typed(&body) {
                let document = Document::parse(body.as_bytes()).unwrap();
                prop_assert_eq!(&reading, &read_page(&document).unwrap());
                prop_assert_eq!(request_id, document.request_id());
            }
        }
    }
}
