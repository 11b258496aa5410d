//! `[[account.watch]]`: what the configuration declares is to be recorded.
//!
//! Depends on `model` alone.

use super::account::{ALL_REGIONS, DeclaredWatch};
use super::error::ConfigError;
use super::section::Section;
use super::values::{nearest, parse_region};
use crate::model::{BATCH_TYPES, REASON_LANGS, UtcMillis, is_task_id};

/// Every key that a watch of some kind has.
pub(super) const KEYS: [&str; 9] = [
    "kind",
    "region",
    "names",
    "since",
    "ids",
    "resource_group_id",
    "task_ids",
    "batch_type",
    "lang",
];

/// The kinds, with `cadt` for `bpstudio`.
const KINDS: [&str; 5] = ["ros-stack-groups", "ros", "bpstudio", "cadt", "alidns"];

/// Reads one declared watch.
pub(super) fn read(section: &Section<'_>) -> Result<DeclaredWatch, ConfigError> {
    section.only(&KEYS)?;
    let kinds = || format!("write one of {}", KINDS.join(", "));
    let kind = section.text("kind")?;
    let Some(kind) = kind else {
        return Err(section.wrong("kind", format!("a watch needs its kind: {}", kinds())));
    };
    match kind.as_str() {
        "ros-stack-groups" => stack_groups(section),
        "ros" => ros(section),
        "bpstudio" | "cadt" => bpstudio(section),
        "alidns" => alidns(section),
        other => {
            let hint = nearest(other, KINDS).map(|kind| format!("; did you mean {kind}?"));
            let reason = format!("{}{}", kinds(), hint.unwrap_or_default());
            Err(section.wrong("kind", reason))
        }
    }
}

fn stack_groups(section: &Section<'_>) -> Result<DeclaredWatch, ConfigError> {
    section.only(&["kind", "region", "names", "since"])?;
    let region = section.read("region", parse_region)?;
    Ok(DeclaredWatch::RosStackGroups {
        region: region.unwrap_or_else(|| ALL_REGIONS.to_owned()),
        names: section.texts("names", false)?,
        since: section.time("since", instant)?,
    })
}

fn ros(section: &Section<'_>) -> Result<DeclaredWatch, ConfigError> {
    section.only(&["kind", "region", "ids"])?;
    let region = section.read("region", parse_region)?;
    let missing = "in which region is the stack group? write region = \"cn-hangzhou\"";
    Ok(DeclaredWatch::Ros {
        region: region
            .filter(|region| region != ALL_REGIONS)
            .ok_or_else(|| section.wrong("region", missing))?,
        ids: some_ids(section)?,
    })
}

fn bpstudio(section: &Section<'_>) -> Result<DeclaredWatch, ConfigError> {
    section.only(&["kind", "ids", "resource_group_id"])?;
    Ok(DeclaredWatch::Bpstudio {
        ids: some_ids(section)?,
        resource_group_id: section.text("resource_group_id")?,
    })
}

fn alidns(section: &Section<'_>) -> Result<DeclaredWatch, ConfigError> {
    section.only(&["kind", "task_ids", "batch_type", "lang"])?;
    let task_ids = section.texts("task_ids", true)?;
    if !task_ids.iter().all(|id| is_task_id(id)) {
        return Err(section.wrong("task_ids", "a task id is a whole number above 0"));
    }
    Ok(DeclaredWatch::Alidns {
        task_ids,
        batch_type: word_of(section, "batch_type", &BATCH_TYPES)?,
        lang: word_of(section, "lang", &REASON_LANGS)?,
    })
}

fn some_ids(section: &Section<'_>) -> Result<Vec<String>, ConfigError> {
    let ids = section.texts("ids", false)?;
    if ids.is_empty() {
        return Err(section.wrong(
            "ids",
            "which operations? write their ids, as in [\"a\", \"b\"]",
        ));
    }
    Ok(ids)
}

fn word_of(
    section: &Section<'_>,
    key: &str,
    words: &'static [&'static str],
) -> Result<Option<String>, ConfigError> {
    let word = section.word(key, words, |word| word)?;
    Ok(word.map(str::to_owned))
}

fn instant(text: &str) -> Result<UtcMillis, String> {
    UtcMillis::parse_rfc3339(text).ok_or_else(|| {
        "this is no time; write RFC 3339 with a zone, as in 2026-01-31T08:00:00Z".to_owned()
    })
}
