//! How a command speaks: data on stdout or into a file, everything else on stderr.
//!
//! Three promises live here. A reader that goes away (`optrail … | head`) is no failure. A file is
//! written wholly or not at all. What others wrote reaches a terminal only escaped.

mod directory;
mod file;
mod logging;
mod stdout;

use std::io::{self, IsTerminal, Write};

pub use directory::AtomicDirectory;
pub use file::{AtomicFile, OutputError};
pub use logging::start_logging;
pub use stdout::{DataFormat, line_to_stdout, to_stdout};

use crate::config::{Config, LogFormat, Verbosity};
use crate::export::escape::{Notation, terminal_lines};

/// Width of a terminal that does not say how wide it is.
const DEFAULT_WIDTH: usize = 80;

/// Narrowest width that is believed; less is a mistake in the environment.
const NARROWEST_WIDTH: usize = 20;

/// Prints one message on stderr, line feeds kept and other controls escaped. A stderr that cannot
/// be written to leaves no one to tell.
pub fn message(text: &str) {
    let shown = terminal_lines(text, Notation::Braces);
    let _ = writeln!(io::stderr().lock(), "{}", shown.trim_end_matches('\n'));
}

/// Says on stderr what went wrong without ending the command: with `-q` too, and as a log line where those
/// are JSON.
pub fn complaint(config: &Config, text: &str) {
    match config.log_format {
        LogFormat::Json => tracing::error!("{text}"),
        LogFormat::Text => message(&format!("optrail: {text}")),
    }
}

/// Says something on stderr that is no error: not with `-q`, and as a log line where those are JSON.
pub fn notice(config: &Config, text: &str) {
    match (config.verbosity, config.log_format) {
        (Verbosity::Quiet, _) => {}
        (_, LogFormat::Json) => tracing::warn!("{text}"),
        (_, LogFormat::Text) => message(text),
    }
}

/// Columns that a table on stdout may take: `None` (as many as it needs) where stdout is no
/// terminal; else what COLUMNS says, else what the terminal says, else 80.
pub fn stdout_width() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let columns = std::env::var("COLUMNS").ok();
    let measured = terminal_size::terminal_size_of(stdout).map(|(width, _)| usize::from(width.0));
    Some(believable_width(columns.as_deref(), measured))
}

/// Whether the locale says that a terminal shows UTF-8: the first of LC_ALL, LC_CTYPE and LANG that is set decides.
pub fn is_utf8(environment: &dyn Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

fn believable_width(columns: Option<&str>, measured: Option<usize>) -> usize {
    [columns.and_then(|text| text.parse().ok()), measured]
        .into_iter()
        .flatten()
        .find(|&width| width >= NARROWEST_WIDTH)
        .unwrap_or(DEFAULT_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_says_which_characters_there_are() {
        let says = |set: &[(&str, &str)]| {
            is_utf8(&|name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(says(&[("LANG", "en_US.UTF-8")]) && says(&[("LC_CTYPE", "C.utf8")]));
        assert!(!says(&[]) && !says(&[("LANG", "C")]));
        assert!(!says(&[("LC_ALL", "POSIX"), ("LANG", "zh_CN.UTF-8")]));
        assert!(says(&[("LC_ALL", ""), ("LANG", "zh_CN.UTF-8")]));
    }

    #[test]
    fn a_width_that_makes_no_sense_is_not_believed() {
        assert_eq!(believable_width(Some("132"), Some(90)), 132);
        assert_eq!(believable_width(None, Some(90)), 90);
        for bad in [None, Some(""), Some("0"), Some("wide"), Some("-5")] {
            assert_eq!(believable_width(bad, Some(90)), 90);
            assert_eq!(believable_width(bad, Some(0)), 80);
            assert_eq!(believable_width(bad, None), 80);
        }
    }
}
