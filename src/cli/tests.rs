//! The command line as a whole: what is accepted, what is refused, and that all of it is explained.
#![allow(clippy::unwrap_used)]

use clap::error::ErrorKind;
use clap::{Command as Clap, CommandFactory};

use super::watch::{AddArgs, Operations, WatchCommand};
use super::*;
use crate::config::Verbosity;
use crate::export::Format;
use crate::model::{Service, UtcMillis};

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

fn refused(line: &str) -> ErrorKind {
    parse(line).err().map(|error| error.kind()).unwrap()
}

/// Every command below `command`, with the words that lead to it.
fn all_commands<'a>(command: &'a Clap, path: &str) -> Vec<(String, &'a Clap)> {
    let path = format!("{path} {}", command.get_name()).trim().to_owned();
    let mut all = vec![(path.clone(), command)];
    for sub in command.get_subcommands() {
        all.extend(all_commands(sub, &path));
    }
    all
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_and_every_argument_is_explained() {
    let cli = Cli::command();
    for (path, command) in all_commands(&cli, "") {
        assert!(command.get_about().is_some(), "{path} has no help");
        let after = command.get_after_help().unwrap_or_default().to_string();
        assert!(after.contains("Examples:\n"), "{path} has no examples");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{path}: {argument}");
        }
    }
}

#[test]
fn examples_of_help_texts_can_be_typed() {
    let cli = Cli::command();
    let mut tried = 0;
    for (path, command) in all_commands(&cli, "") {
        let text = command.get_after_help().unwrap_or_default().to_string();
        let text = text.replace("\\\n      ", "");
        for line in text.lines().filter(|line| line.starts_with("  ")) {
            for (start, _) in line.match_indices("optrail ") {
                let words = shell_words(&line[start..]);
                let parsed = Cli::try_parse_from(&words);
                assert!(parsed.is_ok(), "{path}: {words:?}: {:?}", parsed.err());
                tried += 1;
            }
        }
    }
    assert!(tried > 30, "{tried} examples");
}

/// The words of the first command of a line, with single quotes; two blanks end it, since examples
/// explain themselves after them.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted && words.last().is_some_and(String::is_empty) => break,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    let ends = ["&&", "|", ">"];
    let is_word = |word: &String| !ends.contains(&word.as_str());
    words.into_iter().take_while(is_word).collect()
}

#[cfg(feature = "sandbox")]
#[test]
fn the_first_help_text() {
    let help = Cli::command().term_width(100).render_help().to_string();
    insta::assert_snapshot!(help, @r"
    Records what Alibaba Cloud says about its operations, and keeps the proof

    Usage: optrail [OPTIONS] <COMMAND>

    Commands:
      demo           Show it all in ten seconds, without an account or a network
      sandbox        Serve the simulated cloud alone, for your own tests
      init           Write a configuration to start from, create the database, the state directory and
                     the signing key
      watch          Say what to record: add, list and remove watches
      collect        Ask once about everything that is due
      stop           Stop a stack-group operation, and record who, why, and what came of it
      check          Look for what needs a person
      status         Show what is wrong, the last runs, what expires soon, watches, and the file's size
      show           Show one operation with its timeline and results
      diff           Show what changed in operations and results between two moments
      export         Write a dataset as CSV, JSON, a table or a workbook
      verify-export  Check exported files against their manifests and the database
      report         Write a report for people who were not there
      sql            Ask the views in SQL, read-only [alias: query]
      schema         Explain every view and column: meaning, type, unit, values
      verify         Compute everything again from the evidence and compare
      checkpoint     Sign the evidence as it stands, and print that
      prove          Write a bundle that a third party checks with python3 and openssl
      rebuild        Derive every row again from the evidence
      backup         Copy the database into a new file, and verify the copy
      restore        Put a backup in the place of the database, or go on with a new key
      snapshot       Make a copy for analysts, that is only read
      doctor         Look at everything a run needs, and say what to do where something is wrong
      policy         Print the least RAM policy that recording needs, as JSON
      config         Look at the configuration
      completions    Print completions for a shell
      man            Print the manual page, or write one for each command
      help           Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Global options:
          --db <FILE>            Database [env: OPTRAIL_DB] [default: optrail/optrail.db below the
                                 user's data directory; of root /var/lib/optrail/optrail.db]
          --config <FILE>        Configuration file [env: OPTRAIL_CONFIG] [default: optrail/optrail.toml
                                 below the user's configuration directory, else
                                 /etc/optrail/optrail.toml]
          --account <NAME|ID>    Only this account: whose credentials ask, or whose answers are shown;
                                 repeatable
          --profile <NAME>       Profile of ~/.aliyun/config.json that signs the calls [env:
                                 OPTRAIL_PROFILE] [default: the key in the environment, else the file's
                                 current profile]
          --endpoint <URL>       One address for every service; plain http only on loopback [env:
                                 OPTRAIL_ENDPOINT]
          --signature <VERSION>  How calls are signed: v3 is ACS3-HMAC-SHA256, v1 is HMAC-SHA1 [default:
                                 v3] [possible values: v3, v1]
      -q, --quiet                Say nothing on stderr but errors
      -v, --verbose...           Say more on stderr: -v what is done, -vv each request
          --log-format <FORMAT>  How log lines are written [default: text] [possible values: text, json]
          --tz <ZONE>            Zone in which times are typed and shown to people: +08:00, local,
                                 Asia/Shanghai; files are UTC [default: UTC]
          --color <WHEN>         When to use color; NO_COLOR is heard [default: auto] [possible values:
                                 auto, always, never]

    Examples:
      optrail demo                                            see it work, without an account
      optrail watch add ros --region cn-hangzhou 6da106ca-1784-4a6f-a7e1-e723863d0000
      optrail collect                                         ask about everything that is due
      optrail export timeline --format table                  what was seen, and when
      */5 * * * * optrail collect                             the line for a crontab

    Exit status:
      0    done
      1    could not go on: configuration, credentials, database
      2    usage
      3    bad news: check found what needs a person, verify or verify-export a difference, diff a
           change (--exit-code), doctor something to mend; the database is older than its checkpoint
      4    partial: something due was not, or not wholly, answered
      5    another collector holds the lock
      130  ended by SIGINT, what was answered is kept
      143  ended by SIGTERM, what was answered is kept
    ");
}

#[test]
fn global_options_may_stand_anywhere() {
    for line in [
        "optrail --db x.db -vv --account prod watch add ros a",
        "optrail watch --db x.db add -v -v --account prod ros a",
        "optrail watch add --db x.db ros a -vv --account prod",
    ] {
        let flags = parse(line).unwrap().global.flags();
        assert_eq!(flags.database.as_deref(), Some("x.db".as_ref()), "{line}");
        assert_eq!(flags.verbosity, Verbosity::Debug, "{line}");
        assert_eq!(flags.accounts, ["prod"], "{line}");
    }
    assert_eq!(refused("optrail -q -v status"), ErrorKind::ArgumentConflict);
}

#[test]
fn watches_are_named_by_ids_or_by_an_answer() {
    let add = |line: &str| match parse(line).unwrap().command {
        Command::Watch(args) => match args.command {
            WatchCommand::Add(add) => add,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let AddArgs::Operations(Operations::Ros(ros)) = add("optrail watch add ros a b --region cn-x")
    else {
        panic!("not ros");
    };
    assert_eq!((ros.ids.len(), ros.region.as_deref()), (2, Some("cn-x")));
    let line = "optrail watch add cadt op_1 --declared-started-at 1970-01-01T00:00:00Z";
    let AddArgs::Operations(Operations::Bpstudio(cadt)) = add(line) else {
        panic!("not bpstudio");
    };
    assert_eq!(cadt.declared_started_at, Some(UtcMillis(0)));
    let line = "optrail watch add alidns --task-id 9223372036854775807 --task-id 1";
    let AddArgs::Operations(Operations::Alidns(dns)) = add(line) else {
        panic!("not alidns");
    };
    assert_eq!((dns.task_id, dns.lang.as_str()), (vec![i64::MAX, 1], "en"));
    assert_eq!(
        add("optrail watch add --from-answer - --region cn-x"),
        AddArgs::FromAnswer {
            answer: FileOrStd::Std,
            service: None,
            region: Some("cn-x".to_owned()),
        }
    );
    assert_eq!(
        refused("optrail watch add"),
        ErrorKind::MissingRequiredArgument
    );
    assert_eq!(
        refused("optrail watch add ros"),
        ErrorKind::MissingRequiredArgument
    );
    for line in [
        "--from-answer - ros a",
        "--region cn-x ros a",
        "--service ros ros a",
    ] {
        let kind = refused(&format!("optrail watch add {line}"));
        assert_eq!(kind, ErrorKind::ArgumentConflict, "{line}");
    }
}

#[test]
fn collect_has_the_defaults_of_a_cron_job() {
    let Command::Collect(args) = parse("optrail collect --service cadt").unwrap().command else {
        panic!("not collect");
    };
    assert_eq!((args.deadline, args.concurrency), (None, None));
    assert!(!args.follow && !args.dry_run && args.every.is_none());
    assert_eq!(args.service, [Service::Bpstudio]);
    assert_eq!(
        refused("optrail collect --every 10s"),
        ErrorKind::MissingRequiredArgument
    );
    assert_eq!(
        refused("optrail collect --dry-run --follow"),
        ErrorKind::ArgumentConflict
    );
    assert_eq!(
        refused("optrail collect --concurrency 0"),
        ErrorKind::ValueValidation
    );
    assert_eq!(
        refused("optrail collect --deadline 50"),
        ErrorKind::ValueValidation
    );
}

#[test]
fn export_refuses_options_of_another_format() {
    let Command::Export(args) = parse("optrail export history --null NA").unwrap().command else {
        panic!("not export");
    };
    assert_eq!(args.dataset.unwrap().view, "operation_history");
    assert_eq!(args.format.format, Format::Csv);
    assert_eq!(args.format.layout.null.as_deref(), Some("NA"));
    for line in [
        "--format json --null NA",
        "--format table --delimiter ;",
        "--null ,",
    ] {
        let kind = refused(&format!("optrail export results {line}"));
        assert_eq!(kind, ErrorKind::ArgumentConflict, "{line}");
    }
    assert_eq!(
        refused("optrail export nonsense"),
        ErrorKind::ValueValidation
    );
    assert_eq!(
        refused("optrail export results --format parquet"),
        ErrorKind::InvalidValue
    );
}

#[test]
fn usage_errors_exit_with_two() {
    let error = parse("optrail export results --format json --no-header")
        .err()
        .unwrap();
    assert_eq!(error.exit_code(), i32::from(Exit::Usage.code()));
    assert!(error.to_string().contains("--no-header"), "{error}");
    assert_eq!(
        refused("optrail stop id"),
        ErrorKind::MissingRequiredArgument
    );
    assert_eq!(
        refused("optrail verify --quick --leaves"),
        ErrorKind::ArgumentConflict
    );
}
