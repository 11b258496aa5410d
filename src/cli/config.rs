//! `optrail config`.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::Exit;
use super::output::{DataFormat, to_stdout};
use super::values::ReportFormat;
use crate::config::{Config, Table, Value, masked_url, settings, to_toml};

/// Look at the configuration
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail config check
  optrail config check --format json")]
pub struct ConfigArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What to do with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
#[allow(missing_docs)] // a comment on a variant would hide the help text of its arguments
pub enum ConfigCommand {
    Check(CheckArgs),
}

/// Print what flags, environment, file and defaults amount to
///
/// As TOML, each value with where it came from: a flag, a variable, a line of a file, or a default. It holds
/// no secrets: credentials are not part of the configuration, and passwords in addresses are masked.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail config check
  optrail --config ./optrail.toml config check
  optrail config check --format json

Exit status: 0 it can be used, 1 it cannot (the message names file, line and key).")]
pub struct CheckArgs {
    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// Prints the configuration, which is sound: else it would not have been resolved.
pub fn run(args: &ConfigArgs, config: &Config) -> anyhow::Result<Exit> {
    let ConfigCommand::Check(CheckArgs { format }) = &args.command;
    // What the file cannot know: whether the accounts that were asked for are in it.
    config.selected_accounts()?;
    let tables = settings(config);
    match format {
        ReportFormat::Text => {
            let text = format!("{}{}", preamble(config), to_toml(&tables));
            to_stdout(DataFormat::Raw, |out| Ok(out.write_all(text.as_bytes())?))?;
        }
        ReportFormat::Json => {
            let text = serde_json::to_string_pretty(&document(config, &tables))?;
            to_stdout(DataFormat::Json, |out| Ok(writeln!(out, "{text}")?))?;
        }
    }
    Ok(Exit::Done)
}

/// Values for which the file has no key, with their flags and origins.
fn flags(config: &Config) -> Vec<(&'static str, String, String)> {
    let mut flags = Vec::new();
    if let Some(endpoint) = &config.endpoint {
        let origin = config.origins.of("endpoint").to_string();
        flags.push(("--endpoint", masked_url(endpoint), origin));
    }
    for account in &config.accounts {
        flags.push(("--account", account.clone(), "--account".to_owned()));
    }
    flags
}

/// Which file was read, and what no key of it says, as comments.
fn preamble(config: &Config) -> String {
    let mut text = match &config.file {
        Some(file) => format!("# {}\n", one_line(&file.display().to_string())),
        None => format!(
            "# no configuration file; `optrail init` makes {}\n",
            one_line(&config.file_to_make.display().to_string())
        ),
    };
    for (flag, value, origin) in flags(config) {
        // Writing to a String has no way to fail.
        let _ = writeln!(text, "# {flag} {}  # {origin}", one_line(&value));
    }
    text.push('\n');
    text
}

/// A text that ends no comment.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, "?")
}

fn document(config: &Config, tables: &[Table]) -> Json {
    let tables: Vec<Json> = tables
        .iter()
        .map(|table| {
            let settings: Vec<Json> = table
                .settings
                .iter()
                .map(|s| json!({"key": s.key, "value": value(&s.value), "origin": s.origin}))
                .collect();
            json!({"table": table.header.trim_matches(['[', ']']), "settings": settings})
        })
        .collect();
    let flags: Vec<Json> = flags(config)
        .into_iter()
        .map(|(flag, value, origin)| json!({"flag": flag, "value": value, "origin": origin}))
        .collect();
    let file = config.file.as_ref().map(|file| file.display().to_string());
    json!({"file": file, "flags": flags, "tables": tables})
}

fn value(value: &Value) -> Json {
    match value {
        Value::Unset => Json::Null,
        Value::Text(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Number(number) => json!(number),
        Value::List(texts) => json!(texts),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::Parser as _;

    use crate::cli::Cli;

    #[test]
    fn what_schedulers_start_can_be_typed() {
        let service = include_str!("../../contrib/optrail.service");
        let crontab = include_str!("../../contrib/optrail.crontab");
        let commands: Vec<&str> = service
            .lines()
            .chain(crontab.lines())
            .filter_map(|line| line.split_once("/usr/local/bin/optrail "))
            .map(|(_, arguments)| arguments)
            .collect();
        // As they are and, commented out, with what hands out checkpoints.
        assert_eq!(commands.len(), 7, "{commands:?}");
        for arguments in commands {
            let words = ["optrail"].into_iter().chain(words(arguments));
            Cli::try_parse_from(words).unwrap();
        }
    }

    /// The words of a command, up to a pipe: parted by spaces, but for what stands between single quotes.
    fn words(command: &str) -> Vec<&str> {
        let (command, _) = command.split_once(" | ").unwrap_or((command, ""));
        command
            .split('\'')
            .enumerate()
            .flat_map(|(part, text)| match part % 2 {
                0 => text.split_whitespace().collect(),
                _ => vec![text],
            })
            .collect()
    }
}
