//! CSV and JSON: every text comes back as it was, and the form is stable.

use serde_json::Value as Json;

use super::*;

#[test]
fn csv_files_give_back_every_text() {
    let document = hostile::hostile();
    let files: Vec<(String, Vec<u8>)> = files(&document).collect();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "00-facts.csv",
            "00-statements.csv",
            "01-of_rows.csv",
            "02-of_figures.csv"
        ]
    );
    let rows = |number: usize| -> Vec<Vec<String>> {
        let mut reader = ::csv::Reader::from_reader(files[number].1.as_slice());
        let records = reader.records().map(Result::unwrap);
        records
            .map(|record| record.iter().map(str::to_owned).collect())
            .collect()
    };
    for (fact, row) in document.facts.iter().zip(rows(0)) {
        assert_eq!(Value::Text(row[2].clone()), fact.value);
        assert_eq!(row[1], fact.label);
    }
    let said = document
        .sections
        .iter()
        .flat_map(|section| &section.paragraphs);
    for (paragraph, row) in said.zip(rows(1)) {
        assert_eq!(
            (row[1].as_str(), &row[2]),
            (paragraph.tone.as_str(), &paragraph.text)
        );
    }
    for (number, section) in document.sections.iter().enumerate() {
        let table = section.table.as_ref().unwrap();
        let found = rows(number + 2);
        assert_eq!(found.len(), table.rows.len());
        for (expected, row) in table.rows.iter().zip(found) {
            let row: Vec<Value> = row.into_iter().map(Value::Text).collect();
            assert!(row == *expected);
        }
    }
}

#[test]
fn a_file_has_the_number_of_its_section() {
    let document = fixture::sample(Language::Zh, 3);
    let files: Vec<(String, Vec<u8>)> = files(&document).collect();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "00-facts.csv",
            "00-statements.csv",
            "01-completeness.csv",
            "02-coverage_gaps.csv",
            "03-drift_checks.csv",
            "04-operations.csv",
        ]
    );
    let gaps = String::from_utf8(files[3].1.clone()).unwrap();
    assert_eq!(
        gaps,
        "scope,run_id,cause,gap_from,gap_until,gap_seconds,evidence\n\
         watch,1204,rate_limited,2026-03-01T07:15:00.000Z,2026-03-01T08:05:00.000Z,3000,88120 88129\n\
         watch,1310,no_credentials,2026-03-01T07:15:00.000Z,,,1204000 1204009\n"
    );
}

#[test]
fn json_gives_back_every_text_by_name() {
    let document = hostile::hostile();
    let json: Json = serde_json::from_slice(&written(&document, DocumentFormat::Json)).unwrap();
    assert_eq!(json["title"], document.title.as_str());
    let table = document.sections[0].table.as_ref().unwrap();
    let rows = json["sections"][0]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), table.rows.len());
    for (row, expected) in rows.iter().zip(&table.rows) {
        for (column, value) in table.columns.iter().zip(expected) {
            let Value::Text(text) = value else {
                panic!("texts alone")
            };
            assert!(row[column.name] == text.as_str());
        }
    }
    let timeline = &json["sections"][0]["timelines"][3];
    assert_eq!(timeline["stretches"][0]["status"], hostile::HOSTILE[3]);
}

#[test]
fn json_has_a_stable_form() {
    let mut document = fixture::sample(Language::En, 1);
    document.facts.truncate(2);
    document.sections.truncate(2);
    document.sections.remove(0);
    document.sections[0].timelines = vec![Timeline {
        label: "CREATE x".to_owned(),
        id: "1".to_owned(),
        stretches: vec![Stretch {
            status: "RUNNING".to_owned(),
            phase: Phase::Running,
            entered_earliest: None,
            entered_latest: fixture::at(0),
            left_earliest: fixture::at(1),
            left_latest: None,
        }],
        gaps: Vec::new(),
    }];
    let text = String::from_utf8(written(&document, DocumentFormat::Json)).unwrap();
    insta::assert_snapshot!(text, @r#"
    {
    "format":1,
    "language":"en",
    "title":"Record of operations and of its own completeness",
    "facts":[
    {"id":"period_since","label":"Period from","value":"2026-03-01T06:00:00.000Z"},
    {"id":"period_until","label":"Period until","value":"2026-03-31T06:00:00.000Z"}],
    "sections":[
    {"id":"coverage_gaps","title":"When nothing was seen",
    "paragraphs":[
    {"tone":"plain","text":"Stretches in which something due was not seen, with the cause."}],
    "columns":[
    {"name":"scope","kind":"word","label":"Scope"},
    {"name":"run_id","kind":"count","label":"Run"},
    {"name":"cause","kind":"word","label":"Cause"},
    {"name":"gap_from","kind":"time","label":"From"},
    {"name":"gap_until","kind":"time","label":"Until"},
    {"name":"gap_seconds","kind":"seconds","label":"Length, s"},
    {"name":"evidence","kind":"evidence","label":"Evidence"}],
    "rows":[
    {"scope":"watch","run_id":1204,"cause":"rate_limited","gap_from":"2026-03-01T07:15:00.000Z","gap_until":"2026-03-01T08:05:00.000Z","gap_seconds":3000,"evidence":"88120 88129"},
    {"scope":"watch","run_id":1310,"cause":"no_credentials","gap_from":"2026-03-01T07:15:00.000Z","gap_until":null,"gap_seconds":null,"evidence":"1204000 1204009"}],
    "timelines":[
    {"id":"1","label":"CREATE x","stretches":[{"status":"RUNNING","phase":"running","entered_earliest_at":null,"entered_latest_at":"2026-03-01T06:00:00.000Z","left_earliest_at":"2026-03-01T06:01:00.000Z","left_latest_at":null}],"gaps":[]}]}
    ]
    }
    "#);
    serde_json::from_str::<Json>(&text).unwrap();
}
