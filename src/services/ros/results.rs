//! How an answer of ListStackGroupOperationResults reads, whatever its form. Most pages never get
//! here: [`super::page`] reads the usual form without building a document.

use crate::model::{Phase, ResultRow, ResultsPage};
use crate::services::document::Document;
use crate::services::fields::Fields;
use crate::services::list::read_list;
use crate::services::reading::{InvalidAnswer, Reading, Unknowns};

/// Reads one page. An answer that has neither rows nor a TotalCount is invalid, never an empty
/// page, and so is a row without account or region, which are its key.
pub fn read_page(document: &Document) -> Result<Reading<ResultsPage>, InvalidAnswer> {
    let answer = document.fields("ResultsPage");
    read_list(answer, "StackGroupOperationResults", "ResultRow", read_row)
}

fn read_row(mut fields: Fields<'_>, unknowns: &mut Unknowns) -> Result<ResultRow, InvalidAnswer> {
    let row = row(
        fields.required_text("AccountId")?,
        fields.required_text("RegionId")?,
        fields.text("Status")?,
        fields.text("StatusReason")?,
        fields.text("RdFolderId")?,
        unknowns,
    );
    fields.finish_row(unknowns);
    Ok(row)
}

/// A row with its status trimmed and, if the program does not know the word, told.
pub(super) fn row(
    account_id: String,
    region_id: String,
    status_raw: Option<String>,
    status_reason: Option<String>,
    folder_id: Option<String>,
    unknowns: &mut Unknowns,
) -> ResultRow {
    let status = status_raw.as_deref().map(|word| word.trim().to_owned());
    if let Some(status) = &status
        && Phase::of_word(status) == Phase::Unknown
    {
        unknowns.word("ResultRow.Status", status);
    }
    ResultRow {
        account_id,
        region_id,
        status,
        status_raw,
        status_reason,
        folder_id,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Reading<ResultsPage>, InvalidAnswer> {
        read_page(&Document::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn rows_are_read_in_either_form() {
        let json = r#"{"PageNumber":"2","PageSize":50,"TotalCount":"52","StackGroupOperationResults":[
            {"AccountId":1234567890123456,"RegionId":"r","Status":"FAILED\n","StatusReason":"","RdFolderId":"fd-x"},
            {"AccountId":"1234567890123456","RegionId":"s","Status":null}]}"#;
        let xml = "<ListResponse><PageNumber>2</PageNumber><PageSize>50</PageSize><TotalCount>52</TotalCount>\
            <StackGroupOperationResults><AccountId>1234567890123456</AccountId><RegionId>r</RegionId>\
            <Status>FAILED\n</Status><StatusReason/><RdFolderId>fd-x</RdFolderId></StackGroupOperationResults>\
            <StackGroupOperationResults><AccountId>1234567890123456</AccountId><RegionId>s</RegionId>\
            </StackGroupOperationResults></ListResponse>";
        let reading = read(json).unwrap();
        assert_eq!(reading, read(xml).unwrap());
        assert!(reading.unknown.is_empty());
        let page = reading.value;
        assert_eq!(
            (page.page_number, page.page_size, page.total_count),
            (Some(2), Some(50), Some(52))
        );
        assert_eq!(page.rows[0].account_id, "1234567890123456");
        assert_eq!(page.rows[0].status.as_deref(), Some("FAILED"));
        assert_eq!(page.rows[0].status_raw.as_deref(), Some("FAILED\n"));
        assert_eq!(page.rows[0].status_reason.as_deref(), Some(""));
        assert_eq!(page.rows[0].folder_id.as_deref(), Some("fd-x"));
        assert_eq!(page.rows[1].status, None);
    }

    #[test]
    fn an_empty_page_says_so() {
        let rows = |body: &str| read(body).unwrap().value.rows.len();
        assert_eq!(
            rows(r#"{"TotalCount":0,"StackGroupOperationResults":[]}"#),
            0
        );
        assert_eq!(rows(r#"{"TotalCount":0}"#), 0);
        assert_eq!(rows(r#"{"StackGroupOperationResults":[]}"#), 0);
        assert_eq!(
            rows("<ListResponse><StackGroupOperationResults/></ListResponse>"),
            0
        );
    }

    #[test]
    fn what_has_no_rows_or_keys_is_invalid() {
        for body in [
            "{}",
            r#"{"PageNumber":1}"#,
            r#"{"StackGroupOperationResults":null}"#,
            r#"{"StackGroupOperationResults":[{"AccountId":"a"}]}"#,
            r#"{"StackGroupOperationResults":[{"RegionId":"r"}]}"#,
            r#"{"StackGroupOperationResults":[{"AccountId":" ","RegionId":"r"}]}"#,
            r#"{"StackGroupOperationResults":[null]}"#,
            r#"{"StackGroupOperationResults":["a"]}"#,
            r#"{"TotalCount":"many","StackGroupOperationResults":[]}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn unknown_words_and_fields_of_rows_are_told_once() {
        let body = r#"{"Total":1,"StackGroupOperationResults":[
            {"AccountId":"a","RegionId":"r","Status":"PAUSED","New":1},
            {"AccountId":"b","RegionId":"r","Status":"PAUSED","New":2}]}"#;
        let reading = read(body).unwrap();
        assert_eq!(
            reading.told(),
            [
                ("ResultRow.Status", "PAUSED"),
                ("ResultRow.New", "number"),
                ("ResultsPage.Total", "number"),
            ]
        );
        assert_eq!(
            reading.extra,
            Some(serde_json::json!({"ResultsPage.Total": 1}))
        );
    }
}
