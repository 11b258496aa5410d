//! The command that makes a report again: every choice spelled out, so that neither the day nor the growth of the
//! database matters. Where it was written to is no part of it.

use super::{ComplianceArgs, level_word};
use crate::export::document::DocumentFormat;
use crate::export::shell;
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
        words.push(shell::option(name, value));
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
