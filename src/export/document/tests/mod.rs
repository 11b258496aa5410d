//! Documents in every form, read back by readers that are not ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod contrast;
mod exact;
mod fixture;
mod hostile;
mod page;
mod workbook;

use super::*;

/// A document in one form.
fn written(document: &Document, format: DocumentFormat) -> Vec<u8> {
    let mut out = Vec::new();
    write(document, format, &mut out).expect("a Vec takes every write");
    out
}

#[test]
fn same_document_same_bytes() {
    let document = fixture::sample(Language::En, 40);
    for format in [
        DocumentFormat::Html,
        DocumentFormat::Json,
        DocumentFormat::Xlsx,
    ] {
        assert!(
            written(&document, format) == written(&document, format),
            "{format:?}"
        );
    }
}

#[test]
fn csv_is_not_one_file() {
    let document = fixture::sample(Language::En, 1);
    let mut out = Vec::new();
    let error = write(&document, DocumentFormat::Csv, &mut out).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(out.is_empty());
}

#[test]
fn neighbours_become_a_range() {
    let evidence: Evidence = [91, 12, 13, 15, 14, 13, 88].into_iter().collect();
    assert_eq!(evidence.to_string(), "12-15 88 91");
    assert_eq!(evidence.leaves(), 6);
    assert_eq!(Evidence::default().to_string(), "");
}

/// Writes the pages that `.ci/browser` looks at, where it says.
#[test]
fn pages_for_a_browser() {
    let Some(directory) = std::env::var_os("OPTRAIL_PAGE_DIR") else {
        return;
    };
    let directory = std::path::PathBuf::from(directory);
    for (name, document) in [
        ("en.html", fixture::sample(Language::En, 60)),
        ("zh.html", fixture::sample(Language::Zh, 60)),
        ("hostile.html", hostile::hostile()),
        ("long.html", fixture::sample(Language::En, 6_000)),
    ] {
        std::fs::write(
            directory.join(name),
            written(&document, DocumentFormat::Html),
        )
        .unwrap();
    }
    for (name, document) in [
        ("en", fixture::sample(Language::En, 60)),
        ("zh", fixture::sample(Language::Zh, 60)),
    ] {
        for form in [DocumentFormat::Json, DocumentFormat::Xlsx] {
            let file = directory.join(format!("{name}.{}", form.as_str()));
            std::fs::write(file, written(&document, form)).unwrap();
        }
    }
}
