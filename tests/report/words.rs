//! The same report in Chinese: the same figures and rows, other words.

use serde_json::Value;

use super::bench::Bench;
use super::scene;
use super::told::Told;

/// Columns whose values are words of the report itself.
const SAID: [&str; 3] = ["meaning", "statement", "result"];

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn every_title_label_and_sentence_is_chinese_and_every_value_is_the_same() {
    let bench = Bench::new();
    scene::record(&bench.database());
    let english = Told::ask(&bench, &[]);
    let chinese = Told::ask(&bench, &["--lang", "zh"]);
    assert!(is_chinese(chinese.json["title"].as_str().unwrap()));
    for (en, zh) in english.sections().iter().zip(chinese.sections()) {
        assert_eq!(en["id"], zh["id"]);
        assert!(is_chinese(zh["title"].as_str().unwrap()), "{}", zh["title"]);
        assert!(!is_chinese(en["title"].as_str().unwrap()));
        let paragraphs = |section: &Value| section["paragraphs"].as_array().unwrap().clone();
        assert_eq!(paragraphs(en).len(), paragraphs(zh).len());
        for said in paragraphs(zh) {
            assert!(is_chinese(said["text"].as_str().unwrap()), "{said}");
        }
        for said in paragraphs(en) {
            assert!(!is_chinese(said["text"].as_str().unwrap()), "{said}");
        }
        for column in zh["columns"].as_array().into_iter().flatten() {
            assert!(is_chinese(column["label"].as_str().unwrap()), "{column}");
        }
        let rows = |section: &Value| section["rows"].as_array().cloned().unwrap_or_default();
        for (mut en, mut zh) in rows(en).into_iter().zip(rows(zh)) {
            for said in SAID {
                let (en, zh) = (en.as_object_mut(), zh.as_object_mut());
                en.unwrap().remove(said);
                zh.unwrap().remove(said);
            }
            assert_eq!(en, zh);
        }
    }
    let statement = chinese.paragraphs("completeness")[1].1;
    assert!(
        statement.contains("应采集 7 次，实际 5 次，缺失 2 次"),
        "{statement}"
    );
}
