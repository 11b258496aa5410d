//! A watch that is wanted, and whether what is there already does the same.

use crate::collect::CONFIGURATION;
use crate::evidence::leaf::{Watch, WatchChange, WatchKind};
use crate::export::escape::terminal;
use crate::model::{Service, UtcMillis};
use crate::record::target_of;
use crate::services::alidns::DEFAULT_LANG;
use crate::store::watches::{self, WatchTarget};
use crate::store::{Connection, StoreError};

/// Where a watch comes from.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) enum Origin {
    Command,
    Answer,
    Import,
    Configuration,
}

impl Origin {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Answer => "answer",
            Self::Import => "import",
            Self::Configuration => CONFIGURATION,
        }
    }
}

/// A watch that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub(in crate::cli) service: Service,
    /// Account by its name in the configuration.
    pub(in crate::cli) label: String,
    /// Empty where the service has none.
    pub(in crate::cli) region: String,
    /// Empty where it is about none of its own.
    pub(in crate::cli) operation: String,
    pub(in crate::cli) kind: Option<WatchKind>,
    /// In order, each once: the same patterns are the same watch.
    pub(in crate::cli) names: Vec<String>,
    /// Operations created before are left out.
    pub(in crate::cli) since: Option<UtcMillis>,
    /// Whether that was typed as a time before now, and will mean another instant when it is typed again.
    pub(in crate::cli) is_since_relative: bool,
    pub(in crate::cli) batch_type: Option<String>,
    pub(in crate::cli) lang: Option<String>,
    pub(in crate::cli) resource_group: Option<String>,
    pub(in crate::cli) declared_started_at: Option<UtcMillis>,
}

/// How a wanted watch stands to those that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is not there.
    New,
    /// This one does the same.
    There(i64),
    /// One about the same asks otherwise; in words.
    Conflict(String),
}

impl Wanted {
    /// An operation or task by its id; with an empty one the last task.
    pub(in crate::cli) fn new(
        service: Service,
        label: &str,
        region: String,
        operation: String,
    ) -> Self {
        Self {
            service,
            label: label.to_owned(),
            region,
            operation,
            kind: None,
            names: Vec::new(),
            since: None,
            is_since_relative: false,
            batch_type: None,
            lang: (service == Service::Alidns).then(|| DEFAULT_LANG.to_owned()),
            resource_group: None,
            declared_started_at: None,
        }
    }

    /// Stack groups, found by listing.
    pub(in crate::cli) fn stack_groups(label: &str, region: String, names: &[String]) -> Self {
        let mut names = names.to_vec();
        names.sort();
        names.dedup();
        Self {
            kind: Some(WatchKind::RosStackGroups),
            names,
            ..Self::new(Service::Ros, label, region, String::new())
        }
    }

    /// What it is about.
    pub(in crate::cli) fn target(&self) -> WatchTarget {
        target_of(&self.leaf())
    }

    /// The watch as the recorder adds it.
    pub(in crate::cli) fn watch(&self, origin: Origin, user: &str, at: UtcMillis) -> Watch {
        Watch {
            origin: Some(origin.as_str().to_owned()),
            user: user.to_owned(),
            at,
            ..self.leaf()
        }
    }

    /// What its leaf says, but for who adds it and when.
    fn leaf(&self) -> Watch {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Watch {
            service: Some(self.service),
            label: Some(self.label.clone()),
            region: some(&self.region),
            operation: some(&self.operation),
            kind: self.kind,
            names: self.names.clone(),
            since: self.since,
            batch_type: self.batch_type.clone(),
            lang: self.lang.clone(),
            resource_group: self.resource_group.clone(),
            declared_started_at: self.declared_started_at,
            ..Watch::new(0, WatchChange::Add, String::new(), UtcMillis(0))
        }
    }

    /// How it stands to the watches of a database.
    pub(super) fn standing(&self, db: &Connection) -> Result<Standing, StoreError> {
        let target = self.target();
        if self.kind.is_some() {
            return self.standing_of_discovery(db, &target);
        }
        let Some(watch_id) = watches::find(db, &target)? else {
            return Ok(Standing::New);
        };
        let there = watches::asked_with(db, watch_id)?;
        let parameters = [
            ("batch type", &self.batch_type, "batch_type"),
            ("language", &self.lang, "lang"),
            ("resource group", &self.resource_group, "resource_group_id"),
        ];
        let differs = parameters
            .into_iter()
            .find(|(_, wanted, column)| wanted.as_deref() != there.text(column));
        Ok(match differs {
            None => Standing::There(watch_id),
            Some((what, wanted, column)) => Standing::Conflict(format!(
                "watch {watch_id} on {} is there already and asks with {what} {}, not {}; remove it first",
                name(&target),
                there.text(column).unwrap_or("none"),
                wanted.as_deref().unwrap_or("none")
            )),
        })
    }

    /// A time before now is counted from when the watch was added: typed again, it means the same watch.
    fn standing_of_discovery(
        &self,
        db: &Connection,
        target: &WatchTarget,
    ) -> Result<Standing, StoreError> {
        let text = |since: Option<UtcMillis>| since.map_or("ever".to_owned(), |at| at.to_string());
        Ok(match watches::find_discovery(db, target)? {
            None => Standing::New,
            Some((watch_id, since))
                if since == target.since || (since.is_some() && self.is_since_relative) =>
            {
                Standing::There(watch_id)
            }
            Some((watch_id, since)) => Standing::Conflict(format!(
                "watch {watch_id} on {} is there already and takes up operations since {}, not {}; remove it first",
                name(target),
                text(since),
                text(target.since)
            )),
        })
    }
}

/// What a watch is about, in a few words that are safe on a terminal.
pub(super) fn name(target: &WatchTarget) -> String {
    let mut words = vec![target.service.as_str()];
    if target.kind.is_some() {
        words.push("stack groups in");
    } else if target.is_moving() {
        words.push("last task");
    }
    words.extend([target.region_id.as_str(), target.operation_id.as_str()]);
    words.extend(target.batch_type.as_deref());
    words.extend(target.names.iter().map(String::as_str));
    words.retain(|word| !word.is_empty());
    let mut text = words.join(" ");
    if target.label != crate::config::DEFAULT_LABEL {
        text.push_str(&format!(" (account {})", target.label));
    }
    terminal(&text).into_owned()
}
