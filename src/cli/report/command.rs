//! The command that makes a report again: every choice spelled out, so that neither the day nor the growth of the
//! database matters. Where it was written to is no part of it.

use super::{ComplianceArgs, level_word};
use crate::export::document::DocumentFormat;
use crate::report::compliance::Window;

/// As it can be typed.
pub(super) fn again(
    args: &ComplianceArgs,
    accounts: &[String],
    window: &Window,
    size: i64,
    format: DocumentFormat,
) -> String {
    let mut words = vec![
        "optrail".to_owned(),
        "report".to_owned(),
        "compliance".to_owned(),
    ];
    let mut option = |name: &str, value: &str| {
        words.push(name.to_owned());
        words.push(quoted(value));
    };
    option("--since", &window.since.to_string());
    option("--until", &window.until.to_string());
    option("--as-of", &size.to_string());
    for account in accounts {
        option("--account", account);
    }
    for service in &args.service {
        option("--service", service.as_str());
    }
    for region in &args.region {
        option("--region", region);
    }
    option("--format", format.as_str());
    option("--lang", args.lang.as_str());
    option("--verify", level_word(args.verify));
    for checkpoint in &args.checkpoint {
        // Its place is another one on another machine.
        let name = checkpoint.file_name().unwrap_or_default();
        option("--checkpoint", &name.to_string_lossy());
    }
    for key in &args.key {
        option("--key", &key.to_string());
    }
    words.join(" ")
}

/// For a POSIX shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+=@,".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        assert_eq!(
            quoted("2026-01-31T08:00:00.000Z"),
            "2026-01-31T08:00:00.000Z"
        );
        assert_eq!(quoted("prod"), "prod");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
