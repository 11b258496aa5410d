//! Leaves of what people did: what they wanted watched, and what they stopped.

use serde::{Deserialize, Serialize};

use super::fields::{millis, optional_millis, optional_word, word, words};
use crate::model::{Service, UtcMillis};

/// Whether a watch begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WatchChange {
    /// It begins.
    Add,
    /// It ends.
    Remove,
}

/// What a watch discovers, where it is about no operation of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WatchKind {
    /// The operations of the stack groups of a region, or of all regions.
    RosStackGroups,
}

words!(WatchKind, "kind of watch", { RosStackGroups => "ros-stack-groups" });

words!(WatchChange, "change of a watch", { Add => "add", Remove => "remove" });

/// `watch`: something is to be recorded from now on, or no longer. An `add` says what; a `remove`
/// names the watch and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The watch's number.
    pub watch: i64,
    /// Whether it begins or ends.
    #[serde(with = "word")]
    pub change: WatchChange,
    /// The service.
    #[serde(
        default,
        with = "optional_word",
        skip_serializing_if = "Option::is_none"
    )]
    pub service: Option<Service>,
    /// The account by its name in the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The region; `all` for a discovery in all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The operation or task; opaque text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// What it discovers, where it names no operation.
    #[serde(
        default,
        with = "optional_word",
        skip_serializing_if = "Option::is_none"
    )]
    pub kind: Option<WatchKind>,
    /// Discovery: patterns (globs) of the names of stack groups; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Discovery: operations created before are left out.
    #[serde(
        default,
        with = "optional_millis",
        skip_serializing_if = "Option::is_none"
    )]
    pub since: Option<UtcMillis>,
    /// AliDNS: the type of batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_type: Option<String>,
    /// AliDNS: the language of the answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// BPStudio: the resource group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_group: Option<String>,
    /// When the operation began, by the word of the person who watches it.
    #[serde(
        default,
        with = "optional_millis",
        skip_serializing_if = "Option::is_none"
    )]
    pub declared_started_at: Option<UtcMillis>,
    /// Where the watch comes from: a command, an import, an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The discovery watch that found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<i64>,
    /// Why it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The operating system's user.
    pub user: String,
    /// When.
    #[serde(with = "millis")]
    pub at: UtcMillis,
}

impl Watch {
    /// A change of a watch with nothing but who made it and when.
    pub fn new(watch: i64, change: WatchChange, user: impl Into<String>, at: UtcMillis) -> Self {
        Self {
            watch,
            change,
            service: None,
            label: None,
            region: None,
            operation: None,
            kind: None,
            names: Vec::new(),
            since: None,
            parent: None,
            batch_type: None,
            lang: None,
            resource_group: None,
            declared_started_at: None,
            origin: None,
            reason: None,
            user: user.into(),
            at,
        }
    }
}

/// `intervention`: someone is about to stop an operation. Written, alone, before the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intervention {
    /// The run that carries it out.
    pub run: i64,
    /// The cloud account whose credentials are used.
    pub account: String,
    /// The operation's region.
    pub region: String,
    /// The operation.
    pub operation: String,
    /// Why, in the person's words.
    pub reason: String,
    /// The ticket that asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The operating system's user.
    pub user: String,
    /// The cloud's name of the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_arn: Option<String>,
    /// The operation's status at the last look, as the cloud wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_before: Option<String>,
    /// When it was asked for.
    #[serde(with = "millis")]
    pub requested_at: UtcMillis,
}
