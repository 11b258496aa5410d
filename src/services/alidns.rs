//! Alibaba Cloud DNS: the calls for the counts of a batch task and for its rows, and their readings.

use super::Request;
use super::document::Document;
use super::fields::Fields;
use super::list::read_list;
use super::reading::{InvalidAnswer, Reading, Unknowns};
use crate::model::{Action, BATCH_TYPES, BatchCount, BatchDetail, ListPage};

/// The status that says that no task was submitted.
const NO_TASK: i64 = -1;
const STATUSES: [&str; 3] = ["0", "1", "2"];

/// Words of the Status of a row.
const ROW_STATUSES: [&str; 2] = ["true", "false"];

/// Rows on a page that are asked for. No maximum is documented; the examples have 20.
pub const DETAIL_PAGE_SIZE: u32 = 20;

/// The language of reasons that is asked for where none was chosen: one recording has one language.
pub const DEFAULT_LANG: &str = "en";

/// What a success of DescribeBatchResultCount says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchAnswer {
    /// The counts of a task.
    Count(BatchCount),
    /// Status −1: no such task, or no task at all.
    NoTask,
}

/// Asks for the counts of a task or, without an id, of the account's last task (of that type).
///
/// `lang` is always sent: Reason depends on it, and its default would make two recordings differ
/// for no cause.
pub fn batch_count(task_id: Option<&str>, batch_type: Option<&str>, lang: &str) -> Request {
    let mut parameters = Vec::with_capacity(3);
    parameters.extend(task_id.map(|id| ("TaskId", id.to_owned())));
    parameters.extend(batch_type.map(|word| ("BatchType", word.to_owned())));
    parameters.push(("Lang", lang.to_owned()));
    Request {
        action: Action::DescribeBatchResultCount,
        parameters,
    }
}

/// Asks for one page, from 1, of the rows of a task that has ended. `lang` is always sent, as with the counts.
pub fn batch_detail(
    task_id: &str,
    batch_type: Option<&str>,
    lang: &str,
    page_number: u32,
    page_size: u32,
) -> Request {
    let mut parameters = Vec::with_capacity(5);
    parameters.push(("TaskId", task_id.to_owned()));
    parameters.extend(batch_type.map(|word| ("BatchType", word.to_owned())));
    parameters.push(("Lang", lang.to_owned()));
    parameters.push(("PageNumber", page_number.to_string()));
    parameters.push(("PageSize", page_size.to_string()));
    Request {
        action: Action::DescribeBatchResultDetail,
        parameters,
    }
}

/// Reads one page of the rows of a task.
pub fn read_batch_detail(
    document: &Document,
) -> Result<Reading<ListPage<BatchDetail>>, InvalidAnswer> {
    let answer = document.fields("BatchDetailsPage");
    read_list(answer, "BatchResultDetails", "BatchDetail", read_detail)
}

fn read_detail(
    mut fields: Fields<'_>,
    unknowns: &mut Unknowns,
) -> Result<BatchDetail, InvalidAnswer> {
    let status_raw = fields.text("Status")?;
    let status_word = status_raw
        .as_deref()
        .map(|word| word.trim().to_ascii_lowercase());
    let detail = BatchDetail {
        batch_type: fields.text("BatchType")?,
        domain: fields.text("Domain")?,
        rr: fields.text("Rr")?,
        record_type: fields.text("Type")?,
        value: fields.text("Value")?,
        line: fields.text("Line")?,
        ttl: fields.text("Ttl")?,
        priority: fields.text("Priority")?,
        new_rr: fields.text("NewRr")?,
        new_value: fields.text("NewValue")?,
        record_id: fields.text("RecordId")?,
        remark: fields.text("Remark")?,
        rr_status: fields.text("RrStatus")?,
        reason: fields.text("Reason")?,
        status: status_word.as_deref().and_then(|word| word.parse().ok()),
        status_raw,
        operate_date_raw: fields.text("OperateDateStr")?,
    };
    fields.finish_row(unknowns);
    unknowns.word_outside(&ROW_STATUSES, "BatchDetail.Status", status_word.as_deref());
    unknowns.word_outside(
        &BATCH_TYPES,
        "BatchDetail.BatchType",
        detail.batch_type.as_deref(),
    );
    Ok(detail)
}

/// Reads the counts. An answer that has none of status, task and total is invalid.
pub fn read_batch_count(document: &Document) -> Result<Reading<BatchAnswer>, InvalidAnswer> {
    let mut unknowns = Unknowns::default();
    let mut fields = document.fields("BatchCount");
    let status_raw = fields.text("Status")?;
    let count = BatchCount {
        task_id: fields.integer("TaskId")?,
        batch_type: fields.text("BatchType")?,
        status: status_raw
            .as_deref()
            .and_then(|text| text.trim().parse().ok()),
        status_raw,
        total_count: fields.integer("TotalCount")?,
        success_count: fields.integer("SuccessCount")?,
        failed_count: fields.integer("FailedCount")?,
        reason: fields.text("Reason")?,
    };
    fields.finish(&mut unknowns);
    if count.status_raw.is_none() && count.task_id.is_none() && count.total_count.is_none() {
        return Err(InvalidAnswer::new(
            "Status, TaskId and TotalCount are missing",
        ));
    }
    if count.status == Some(NO_TASK) {
        return Ok(unknowns.reading(BatchAnswer::NoTask));
    }
    unknowns.word_outside(&STATUSES, "BatchCount.Status", count.status_raw.as_deref());
    unknowns.word_outside(
        &BATCH_TYPES,
        "BatchCount.BatchType",
        count.batch_type.as_deref(),
    );
    Ok(unknowns.reading(BatchAnswer::Count(count)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Reading<BatchAnswer>, InvalidAnswer> {
        read_batch_count(&Document::parse(body.as_bytes()).unwrap())
    }

    fn count(body: &str) -> BatchCount {
        match read(body).unwrap().value {
            BatchAnswer::Count(count) => count,
            BatchAnswer::NoTask => panic!("{body} has a task"),
        }
    }

    #[test]
    fn the_language_is_always_sent() {
        let request = batch_count(None, None, "en");
        assert_eq!(request.parameters, [("Lang", "en".to_owned())]);
        let request = batch_count(Some("7"), Some("RR_ADD"), "zh");
        let names: Vec<_> = request.parameters.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["TaskId", "BatchType", "Lang"]);
    }

    #[test]
    fn task_ids_are_exact_beyond_the_reach_of_floats() {
        let read = count(r#"{"TaskId":9007199254740993,"Status":"1","TotalCount":2,"Reason":""}"#);
        assert_eq!(read.task_id, Some(9_007_199_254_740_993));
        assert_eq!(read.status, Some(1));
        assert_eq!(read.reason.as_deref(), Some(""));
        assert_eq!(read.success_count, None);
        let read = count(r#"{"TaskId":"9223372036854775807","Status":0}"#);
        assert_eq!(read.task_id, Some(i64::MAX));
    }

    #[test]
    fn minus_one_is_no_task() {
        for body in [
            r#"{"Status":-1,"RequestId":"R"}"#,
            r#"{"Status":"-1","TaskId":0,"TotalCount":0}"#,
            "<DescribeBatchResultCountResponse><Status>-1</Status></DescribeBatchResultCountResponse>",
        ] {
            assert_eq!(read(body).unwrap().value, BatchAnswer::NoTask, "{body}");
        }
    }

    #[test]
    fn unknown_statuses_are_kept() {
        let body = r#"{"TaskId":1,"Status":"DONE","BatchType":"RR_MOVE"}"#;
        let reading = read(body).unwrap();
        assert_eq!(
            reading.told(),
            [
                ("BatchCount.BatchType", "RR_MOVE"),
                ("BatchCount.Status", "DONE")
            ]
        );
        let read = count(body);
        assert_eq!(
            (read.status, read.status_raw.as_deref()),
            (None, Some("DONE"))
        );
    }

    #[test]
    fn what_counts_nothing_is_invalid() {
        for body in [
            "{}",
            r#"{"RequestId":"R"}"#,
            r#"{"TaskId":1.5,"Status":0}"#,
            r#"{"TaskId":18446744073709551616,"Status":0}"#,
            r#"{"TaskId":1,"Status":{}}"#,
            r#"{"TaskId":1,"TotalCount":"many"}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    fn rows(body: &str) -> Result<Reading<ListPage<BatchDetail>>, InvalidAnswer> {
        read_batch_detail(&Document::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn rows_are_asked_for_with_their_task_and_language() {
        let request = batch_detail("7", Some("RR_ADD"), "en", 2, DETAIL_PAGE_SIZE);
        let names: Vec<_> = request.parameters.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names,
            ["TaskId", "BatchType", "Lang", "PageNumber", "PageSize"]
        );
        assert_eq!(request.operation_id(), Some("7"));
    }

    #[test]
    fn every_field_of_a_row_is_read_in_either_form() {
        let json = r#"{"RequestId":"R","PageNumber":1,"PageSize":20,"TotalCount":1,"BatchResultDetails":{
            "BatchResultDetail":[{"BatchType":"RR_ADD","Domain":"example.com","Rr":"www","Type":"A",
            "Value":"192.0.2.1","Line":"default","Ttl":600,"Priority":"1","NewRr":"n","NewValue":"v",
            "RecordId":9007199254740993,"Remark":"","RrStatus":"暂停","Reason":"r","Status":true,
            "OperateDateStr":"2019-08-22 18:02:58"}]}}"#;
        let xml = "<DescribeBatchResultDetailResponse><RequestId>R</RequestId><PageNumber>1</PageNumber><PageSize>20</PageSize>\
            <TotalCount>1</TotalCount><BatchResultDetails><BatchResultDetail><BatchType>RR_ADD</BatchType>\
            <Domain>example.com</Domain><Rr>www</Rr><Type>A</Type><Value>192.0.2.1</Value><Line>default</Line>\
            <Ttl>600</Ttl><Priority>1</Priority><NewRr>n</NewRr><NewValue>v</NewValue>\
            <RecordId>9007199254740993</RecordId><Remark/><RrStatus>暂停</RrStatus><Reason>r</Reason>\
            <Status>true</Status><OperateDateStr>2019-08-22 18:02:58</OperateDateStr></BatchResultDetail>\
            </BatchResultDetails></DescribeBatchResultDetailResponse>";
        let reading = rows(json).unwrap();
        assert_eq!(reading, rows(xml).unwrap());
        assert!(reading.unknown.is_empty(), "{:?}", reading.unknown);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            reading.value.rows,
            [BatchDetail {
                batch_type: text("RR_ADD"),
                domain: text("example.com"),
                rr: text("www"),
                record_type: text("A"),
                value: text("192.0.2.1"),
                line: text("default"),
                ttl: text("600"),
                priority: text("1"),
                new_rr: text("n"),
                new_value: text("v"),
                record_id: text("9007199254740993"),
                remark: text(""),
                rr_status: text("暂停"),
                reason: text("r"),
                status: Some(true),
                status_raw: text("true"),
                operate_date_raw: text("2019-08-22 18:02:58"),
            }]
        );
    }

    #[test]
    fn a_status_that_is_no_boolean_is_kept_and_told() {
        let body = r#"{"BatchResultDetails":{"BatchResultDetail":[{"Status":"SUCCESS"},{"Status":"False"},{}]}}"#;
        let reading = rows(body).unwrap();
        let statuses: Vec<_> = reading
            .value
            .rows
            .iter()
            .map(|row| (row.status, row.status_raw.as_deref()))
            .collect();
        assert_eq!(
            statuses,
            [
                (None, Some("SUCCESS")),
                (Some(false), Some("False")),
                (None, None)
            ]
        );
        assert_eq!(reading.unknown[0].name, "BatchDetail.Status");
    }

    #[test]
    fn rows_are_a_list_or_none_at_all() {
        let count = |body: &str| rows(body).unwrap().value.rows.len();
        assert_eq!(
            count(r#"{"TotalCount":0,"BatchResultDetails":{"BatchResultDetail":[]}}"#),
            0
        );
        assert_eq!(count(r#"{"TotalCount":0}"#), 0);
        assert_eq!(count(r#"{"BatchResultDetails":[{"Rr":"a"},{}]}"#), 2);
        for body in [
            "{}",
            r#"{"BatchResultDetails":{"BatchResultDetail":["a"]}}"#,
            r#"{"BatchResultDetails":{"BatchResultDetail":[{"Value":{}}]}}"#,
            r#"{"TotalCount":"many","BatchResultDetails":[]}"#,
        ] {
            assert!(rows(body).is_err(), "{body}");
        }
    }
}
