//! From wanted watches to watches: all of them or, where one contradicts what is there, none.

use anyhow::bail;

use super::listed;
use super::wanted::{Origin, Standing, Wanted, name};
use crate::cli::output::{DataFormat, to_stdout};
use crate::cli::{init, os_user};
use crate::config::Config;
use crate::model::{Clock as _, SystemClock};
use crate::store::StoreError;

/// Adds the watches that are not there yet, and says which those are.
pub(super) fn add(wanted: &[Wanted], origin: Origin, config: &Config) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let recorder = init::for_watches(config)?;
    let asked = wanted.to_vec();
    let standings: Vec<Standing> = recorder.read_blocking(move |db| {
        asked
            .iter()
            .map(|watch| watch.standing(db))
            .collect::<Result<_, StoreError>>()
    })?;
    let conflicts: Vec<String> = standings
        .iter()
        .filter_map(|standing| match standing {
            Standing::Conflict(text) => Some(text.clone()),
            Standing::New | Standing::There(_) => None,
        })
        .collect();
    if !conflicts.is_empty() {
        bail!(listed(&conflicts));
    }
    let user = os_user::os_user();
    let new = wanted
        .iter()
        .zip(&standings)
        .filter(|(_, standing)| **standing == Standing::New)
        .map(|(wanted, _)| wanted.watch(origin, &user, now));
    let mut added = recorder.add_watches(new.collect())?.into_iter();
    let mut lines = String::new();
    for (watch, standing) in wanted.iter().zip(standings) {
        let (watch_id, is_new) = match standing {
            Standing::There(watch_id) => (watch_id, false),
            Standing::New | Standing::Conflict(_) => match added.next() {
                Some(done) => done,
                None => {
                    bail!("the recorder lost a watch; `optrail watch list` shows what there is")
                }
            },
        };
        let done = if is_new { "added" } else { "is there already" };
        lines.push_str(&format!(
            "watch {watch_id} {done}: {}\n",
            name(&watch.target())
        ));
    }
    // Derives the rows of what was just kept, so that `watch list` shows it.
    recorder.read_blocking(|_| Ok(()))?;
    to_stdout(DataFormat::Escaped, |out| {
        Ok(out.write_all(lines.as_bytes())?)
    })?;
    Ok(())
}
