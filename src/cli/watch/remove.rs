//! `optrail watch remove`.

use anyhow::bail;

use super::RemoveArgs;
use super::wanted::name;
use crate::cli::output::{DataFormat, to_stdout};
use crate::cli::{Exit, os_user, renewal, sealing};
use crate::collect::CONFIGURATION;
use crate::config::Config;
use crate::evidence::leaf::{Watch, WatchChange};
use crate::export::escape::terminal;
use crate::model::{Clock as _, SystemClock};
use crate::record::Recorder;
use crate::store::watches::{self, WatchRow};

/// Tells the number of a watch from an operation's id that looks the same.
const NUMBER_PREFIX: &str = "watch:";

/// Gives a watch up.
pub(super) fn run(args: &RemoveArgs, config: &Config) -> anyhow::Result<Exit> {
    sealing::guard_writing(config)?;
    renewal::renew_under_lock(config)?;
    let recorder = Recorder::open(&config.database)?;
    let all = recorder.read_blocking(watches::all)?;
    let found = choose(&args.id, &all)?;
    let declared = recorder.read_blocking(|db| watches::of_origin(db, CONFIGURATION))?;
    if declared.iter().any(|(id, _)| *id == found.watch_id) {
        bail!(
            "watch {} is declared by the configuration; remove it there, and the next `optrail collect` gives it up",
            found.watch_id
        );
    }
    recorder.remove_watch(Watch {
        reason: Some(args.reason.clone()),
        ..Watch::new(
            found.watch_id,
            WatchChange::Remove,
            os_user::os_user(),
            SystemClock.now(),
        )
    })?;
    // Derives the rows of what was just kept, so that `watch list` shows it.
    let watch_id = found.watch_id;
    let found_by_it = recorder.read_blocking(move |db| watches::count_found_by(db, watch_id))?;
    let what = name(&found.target);
    to_stdout(DataFormat::Escaped, |out| {
        writeln!(out, "watch {watch_id} removed: {what}")?;
        if found_by_it > 0 {
            writeln!(
                out,
                "it finds nothing more; what it found ({found_by_it}) is recorded until it has ended"
            )?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

/// The watch of that number, or on that operation; only where there is no doubt.
fn choose<'a>(id: &str, all: &'a [WatchRow]) -> anyhow::Result<&'a WatchRow> {
    let is_meant = |watch: &&WatchRow| match id.strip_prefix(NUMBER_PREFIX) {
        Some(number) => watch.watch_id.to_string() == number,
        None => watch.watch_id.to_string() == id || watch.target.operation_id == id,
    };
    let found: Vec<&WatchRow> = all.iter().filter(is_meant).collect();
    match found.as_slice() {
        [watch] => Ok(watch),
        [] => bail!(
            "no watch has the number or the operation '{}'; `optrail watch list` shows them",
            terminal(id)
        ),
        several => {
            let choices: Vec<String> = several
                .iter()
                .map(|watch| {
                    format!(
                        "{NUMBER_PREFIX}{} ({})",
                        watch.watch_id,
                        name(&watch.target)
                    )
                })
                .collect();
            bail!(
                "'{}' may mean several watches; name one of {}",
                terminal(id),
                choices.join(", ")
            )
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::watches::WatchTarget;

    fn watch(watch_id: i64, operation_id: &str) -> WatchRow {
        WatchRow {
            watch_id,
            target: WatchTarget {
                service: "alidns".to_owned(),
                label: "default".to_owned(),
                region_id: String::new(),
                operation_id: operation_id.to_owned(),
                ..WatchTarget::default()
            },
            add_sequence: watch_id,
            op: None,
            state: None,
            last_sequence: None,
            parent: None,
        }
    }

    #[test]
    fn a_number_and_an_id_that_look_the_same_are_told_apart() {
        let all = [watch(7, "123456"), watch(8, "7"), watch(9, "")];
        let chosen = |id| choose(id, &all).map(|watch| watch.watch_id);
        assert_eq!(chosen("123456").unwrap(), 7);
        assert_eq!(chosen("9").unwrap(), 9);
        let doubt = chosen("7").unwrap_err().to_string();
        assert!(
            doubt.contains("watch:7") && doubt.contains("watch:8"),
            "{doubt}"
        );
        assert_eq!(chosen("watch:7").unwrap(), 7);
        for nobody in ["10", "1", "watch:123456", "watch:"] {
            assert!(chosen(nobody).is_err(), "{nobody}");
        }
    }
}
