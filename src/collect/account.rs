//! One account of the configuration: with what it is asked, and within which limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cloud::Client;
use crate::cloud::credentials::Keeper;
use crate::cloud::limiter::Limiter;
pub use crate::config::DEFAULT_LABEL;
use crate::model::Service;

/// An account to ask. What it is asked with outlives a run: tokens and learned limits serve the next one.
pub struct Account {
    /// Its name in the configuration; the account id of one that an `ids_file` names.
    pub label: String,
    /// The ids that its credentials may belong to, where the configuration or the user says it; else the one
    /// that they belonged to before.
    pub account_ids: Vec<String>,
    /// Its credentials.
    pub keeper: Arc<Keeper>,
    /// How it is asked; accounts with the same endpoints share connections.
    pub client: Arc<Client>,
    /// Most requests a second for each action.
    pub caps: BTreeMap<Service, f64>,
}

/// What a run needs of an account while it asks.
pub(super) struct Asking {
    pub(super) label: String,
    pub(super) client: Arc<Client>,
    pub(super) keeper: Arc<Keeper>,
    pub(super) limiter: Arc<Limiter>,
}

impl Account {
    /// What a run asks it with.
    pub(super) fn asking(&self, limiter: Arc<Limiter>) -> Asking {
        Asking {
            label: self.label.clone(),
            client: Arc::clone(&self.client),
            keeper: Arc::clone(&self.keeper),
            limiter,
        }
    }
}
