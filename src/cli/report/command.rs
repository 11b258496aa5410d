//! The command that makes a report again: every choice spelled out, so that neither the day nor the growth of the
//! database matters. Where it was written to is no part of it.

use std::path::Path;

use crate::export::shell;
use crate::report::manifest::{Filters, Keeper, Wanted};

/// As it can be typed.
pub(super) fn again(filters: &Filters, wanted: &Wanted, size: i64) -> String {
    let mut words = vec![
        "optrail".to_owned(),
        "report".to_owned(),
        wanted.name.clone(),
    ];
    let mut option = |name: &str, value: &str| {
        words.push(shell::option(name, value));
    };
    let mut all = |name: &str, values: &[String]| {
        values.iter().for_each(|value| option(name, value));
    };
    all("--since", filters.since.as_slice());
    all("--until", filters.until.as_slice());
    all("--as-of", &[size.to_string()]);
    all("--account", &wanted.account);
    all("--service", &filters.service);
    all("--region", &filters.region);
    all("--format", std::slice::from_ref(&wanted.format));
    all("--lang", std::slice::from_ref(&wanted.lang));
    all("--verify", std::slice::from_ref(&wanted.verify));
    let copies = wanted.compared_with.iter();
    for copy in copies.filter(|copy| copy.by == Keeper::Others) {
        // Its place is another one on another machine.
        let name = Path::new(&copy.source).file_name().unwrap_or_default();
        all("--checkpoint", &[name.to_string_lossy().into_owned()]);
    }
    all("--key", &wanted.key);
    words.join(" ")
}
