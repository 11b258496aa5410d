//! The answer of `doctor` for people: a line for each check, below it what to do. Pure.

use crate::collect::doctor::Check;
use crate::export::escape::terminal;
use crate::export::wrap::wrap_words;

/// Columns of a terminal that everybody has.
const WIDTH: usize = 80;

/// Where the text of a check begins: behind `warning` and `configuration`, each with two blanks.
const INDENT: usize = 9 + 15;

/// What is written before what to do.
const TO_DO: &str = "do: ";

/// Characters of a detail that are shown; programs get all of it.
const DETAIL_CHARS_SHOWN: usize = 500;

/// The whole answer.
pub(super) fn text(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        line(check, &mut text);
    }
    let findings = checks.iter().filter(|check| check.health.is_finding());
    text.push_str(&match findings.count() {
        0 => "all is well\n".to_owned(),
        1 => "1 thing to mend\n".to_owned(),
        several => format!("{several} things to mend\n"),
    });
    text
}

fn line(check: &Check, out: &mut String) {
    out.push_str(&format!(
        "{:<9}{:<15}",
        check.health.as_str(),
        check.topic.as_str()
    ));
    let mut detail: String = match &check.account {
        Some(account) => format!("{account}: "),
        None => String::new(),
    };
    detail.extend(check.detail.chars().take(DETAIL_CHARS_SHOWN));
    if check.detail.chars().nth(DETAIL_CHARS_SHOWN).is_some() {
        detail.push('…');
    }
    wrap_words(&terminal(&detail), INDENT, INDENT, WIDTH, out);
    if let Some(advice) = &check.advice {
        out.push_str(&" ".repeat(INDENT));
        out.push_str(TO_DO);
        let indent = INDENT + TO_DO.len();
        wrap_words(&terminal(advice), indent, indent, WIDTH, out);
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::collect::doctor::Topic;

    #[test]
    fn a_check_is_a_line_and_what_to_do_stands_below() {
        let checks = [
            Check::ok(Topic::Disk, "9 MiB free"),
            Check::warning(Topic::Clock, "late", "set it").of_account("prod"),
        ];
        let expected = "\
ok       disk           9 MiB free
warning  clock          prod: late
                        do: set it
1 thing to mend
";
        assert_eq!(text(&checks), expected);
    }

    #[test]
    fn lines_fit_and_controls_are_escaped() {
        let words = "word ".repeat(60);
        let check = Check::error(Topic::Permissions, format!("\u{1b}[2J {words}"), &*words);
        let text = text(&[check]);
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert!(text.lines().count() > 8, "{text}");
        for line in text.lines() {
            assert!(line.width() <= WIDTH, "{line}");
        }
    }

    #[test]
    fn every_topic_leaves_a_blank_behind_it() {
        assert!(Topic::Configuration.as_str().len() < 15);
        assert!(Topic::Permissions.as_str().len() < 15);
    }
}
