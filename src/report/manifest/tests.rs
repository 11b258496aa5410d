//! That a manifest reads back, that each changed byte of it is found, and which are refused.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::export::{Format, Layout};

fn facts() -> Facts {
    Facts {
        filters: Filters {
            status: vec!["FAILED".to_owned()],
            since: Some("2026-01-31T00:00:00.000Z".to_owned()),
            ..Filters::default()
        },
        completeness: Completeness::of(0, 0, 0, 0),
        evidence: Evidence {
            log: Some("0".repeat(32)),
            origin: None,
            evidence_size: 7,
            evidence_root: hex(&[0xcd; 32]),
            last_run: Some(Run {
                run_id: 1,
                started_at: "2026-01-31T00:00:00.000Z".to_owned(),
                ended_at: None,
                outcome: None,
            }),
            checkpoint: None,
        },
        making: Making {
            command: vec!["optrail".to_owned(), "export".to_owned()],
            program: "optrail 0.1.0".to_owned(),
            commit: None,
            schema_version: 5,
            derive_version: 2,
            database: "/var/lib/optrail/optrail.db".to_owned(),
            host: "h".to_owned(),
            os_user: "u".to_owned(),
            generated_at: "2026-02-01T00:00:00.000Z".to_owned(),
        },
    }
}

fn file(name: &str) -> FileDigest {
    FileDigest {
        file: name.to_owned(),
        bytes: 12,
        sha256: hex(&[0xab; 32]),
    }
}

fn manifest() -> Manifest {
    let export = Export {
        dataset: "results".to_owned(),
        file: file("results.csv"),
        rows: 1,
        layout: FileLayout::of(Format::Csv, &Layout::default()),
    };
    Manifest::of(Content::Export(export), facts())
}

fn report() -> Manifest {
    let report = Report {
        files: vec![file("report.html")],
        report: Wanted {
            name: COMPLIANCE.to_owned(),
            format: "html".to_owned(),
            lang: "en".to_owned(),
            verify: "all".to_owned(),
            account: Vec::new(),
            key: Vec::new(),
            compared_with: vec![KeptCheckpoint {
                by: Keeper::State,
                source: "checkpoint".to_owned(),
                note: "a note\n".to_owned(),
            }],
        },
    };
    Manifest::of(Content::Report(report), facts())
}

#[test]
fn what_was_written_reads_back() {
    for written in [manifest(), report()] {
        let text = written.to_text().unwrap();
        let (read, is_as_written) = Manifest::parse(&text).unwrap();
        assert!(is_as_written);
        assert_eq!(
            (&read.content, &read.facts),
            (&written.content, &written.facts)
        );
        assert_eq!(read.to_text().unwrap(), text);
    }
}

#[test]
fn each_changed_byte_is_found() {
    for manifest in [manifest(), report()] {
        let text = manifest.to_text().unwrap();
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            let is_as_written = String::from_utf8(changed)
                .ok()
                .and_then(|text| Manifest::parse(&text).ok())
                .is_some_and(|(_, is_as_written)| is_as_written);
            assert!(!is_as_written, "byte {at}");
        }
        // A field that it does not have, and one that is said twice.
        for more in ["\"x\": 1", "\"os_user\": \"u\""] {
            let changed = text.replacen('{', &format!("{{\n  {more},"), 1);
            let is_as_written = Manifest::parse(&changed).is_ok_and(|(_, is)| is);
            assert!(!is_as_written, "{more}");
        }
    }
}

#[test]
fn one_of_a_newer_program_is_refused_by_name() {
    let text = manifest().to_text().unwrap().replace("@v1", "@v2");
    let refused = Manifest::parse(&text).err().unwrap().to_string();
    assert!(refused.contains("newer optrail"), "{refused}");
    assert!(Manifest::parse("{}").is_err() && Manifest::parse("").is_err());
}

#[test]
fn options_come_back() {
    let layout = Layout {
        no_header: true,
        delimiter: "tab".parse().ok(),
        null: Some("NA".to_owned()),
        bom: true,
        spreadsheet_safe: true,
        ..Layout::default()
    };
    let kept = FileLayout::of(Format::Csv, &layout);
    assert_eq!(kept.options().unwrap(), (Format::Csv, layout));
    let unknown = FileLayout {
        format: "parquet".to_owned(),
        ..kept
    };
    assert!(unknown.options().is_err());
}

#[test]
fn nothing_missing_is_complete() {
    assert_eq!(Completeness::of(0, 0, 0, 0).verdict, Verdict::Complete);
    for missing in [
        Completeness::of(1, 0, 0, 0),
        Completeness::of(0, 0, 1, 0),
        Completeness::of(0, 0, 0, 1),
    ] {
        assert_eq!(missing.verdict, Verdict::Incomplete);
    }
}
