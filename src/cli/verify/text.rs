//! The answer of `verify` for people.

use super::Verified;
use crate::evidence::digest::Digest;
use crate::export::escape::terminal;
use crate::verify::{Depth, Report};

/// The answer for people: a line for each difference, then what was compared.
pub(in crate::cli) fn text(verified: &Verified, depth: Depth) -> String {
    let report = &verified.report;
    let mut text = String::new();
    for difference in &report.differences {
        text.push_str(&terminal(&difference.to_string()));
        text.push('\n');
    }
    if report.more > 0 {
        text.push_str(&format!("and {} differences more\n", report.more));
    }
    let found = match report.counts.total() {
        0 => "all agrees".to_owned(),
        1 => "1 difference".to_owned(),
        several => format!("{several} differences"),
    };
    let checked = match depth {
        Depth::Quick => "schema, numbering, newest checkpoint".to_owned(),
        Depth::All if report.bodies_left_out => format!("{} leaves", report.leaves_checked),
        Depth::Leaves => format!("{} leaves", report.leaves_checked),
        Depth::All => format!(
            "{} leaves, {} bodies, {} templates, {} derived rows",
            report.leaves_checked,
            report.bodies_checked,
            report.templates_checked,
            report.rows_compared
        ),
    };
    text.push_str(&format!("{found}: {checked}\n"));
    if report.bodies_left_out {
        text.push_str(
            "bodies were left out of this snapshot: neither they nor the rows that follow from them were compared\n",
        );
    }
    if report.redacted > 0 {
        text.push_str(&format!(
            "secrets were cut out of {} bodies before they were kept\n",
            report.redacted
        ));
    }
    let behind = report.size - 1 - report.derived_through;
    if behind > 0 {
        text.push_str(&format!(
            "no rows are derived from the last {behind} leaves yet\n"
        ));
    }
    text.push_str(&sealed(report));
    if verified.restores > 0 {
        text.push_str(&format!(
            "taken up again after a restore: {} times; `optrail sql 'SELECT * FROM restores'`\n",
            verified.restores
        ));
    }
    text.push_str(&format!(
        "evidence of {} leaves with root {}, {}\n",
        report.size,
        Digest(report.root),
        terminal(&verified.limits())
    ));
    text
}

/// How far the log is signed.
fn sealed(report: &Report) -> String {
    let checked = match report.checkpoints_checked {
        0 => return "no checkpoint seals it\n".to_owned(),
        1 => "1 checkpoint checked".to_owned(),
        several => format!("{several} checkpoints checked"),
    };
    let Some(vkey) = &report.sealed_with else {
        return format!("{checked}, none holds\n");
    };
    let unsealed = match report.size - report.sealed_size {
        0 => "all of them".to_owned(),
        after => format!("the last {after} are not sealed"),
    };
    // The name of a key is a stranger's text.
    let key = match report.sealed_by_key {
        None => format!(
            "\nsigned with {}, as the log itself says: is that the key that you know?",
            terminal(&vkey.to_string())
        ),
        Some(size) => format!("; keys that were given seal {size}"),
    };
    format!(
        "{checked}, the newest that holds seals {} of {} leaves: {unsealed}{key}\n",
        report.sealed_size, report.size
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evidence::note::SignerKey;
    use crate::verify::{Compared, Counts, Difference, HeldBy, Kind};

    fn alone(report: &Report) -> Verified {
        Verified::alone(report.clone())
    }

    fn copy(by: HeldBy, size: u64, agrees: bool) -> Compared {
        Compared {
            source: "kept.note".to_owned(),
            by,
            origin: None,
            size,
            agrees,
        }
    }

    #[test]
    fn what_it_was_compared_with_is_said() {
        let key = SignerKey::generate("host/optrail/1", [1; 32]).unwrap();
        let mut report = Report {
            size: 5,
            checkpoints_checked: 2,
            sealed_size: 4,
            sealed_with: Some(key.verifier().clone()),
            sealed_by_key: Some(3),
            compared: vec![copy(HeldBy::State, 4, true)],
            ..Report::default()
        };
        let said = text(&alone(&report), Depth::All);
        let lines: Vec<&str> = said.lines().rev().take(2).collect();
        assert!(
            lines[0].ends_with(
                "compared with the checkpoint in the state directory (4 leaves), compared with no external copy"
            ),
            "{said}"
        );
        assert_eq!(
            lines[1],
            "2 checkpoints checked, the newest that holds seals 4 of 5 leaves: the last 1 are not sealed; \
             keys that were given seal 3"
        );
        report.compared.push(copy(HeldBy::Others, 3, false));
        report.sealed_by_key = None;
        let said = text(&alone(&report), Depth::All);
        assert!(said.ends_with(
            "compared with kept.note (3 leaves, differs), the checkpoint in the state directory (4 leaves)\n"
        ));
        let signed = format!("signed with {}, as the log itself says", key.verifier());
        assert!(said.contains(&signed), "{said}");
        report.sealed_with = None;
        let said = text(&alone(&report), Depth::All);
        assert!(
            said.contains("2 checkpoints checked, none holds\n"),
            "{said}"
        );
    }

    #[test]
    fn every_statement_ends_with_its_limit() {
        let agrees = Report {
            size: 5,
            derived_through: 3,
            redacted: 2,
            ..Report::default()
        };
        let differs = Report {
            differences: vec![Difference {
                kind: Kind::Missing,
                table: "run".to_owned(),
                key: "run_id=1\u{1b}".to_owned(),
                what: "x".to_owned(),
            }],
            more: 2,
            counts: Counts {
                missing: 3,
                ..Counts::default()
            },
            ..Report::default()
        };
        for depth in [Depth::Quick, Depth::Leaves, Depth::All] {
            let good = text(&alone(&agrees), depth);
            assert!(good.starts_with("all agrees: "), "{good}");
            assert!(good.contains("the last 1 leaves"), "{good}");
            let bad = text(&alone(&differs), depth);
            assert!(
                bad.starts_with("missing: run run_id=1\\u{1b}: x\nand 2 "),
                "{bad}"
            );
            assert!(bad.contains("3 differences: "), "{bad}");
            for statement in [good, bad] {
                assert!(statement.ends_with("compared with no external copy\n"));
            }
        }
    }
}
