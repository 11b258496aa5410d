//! Whose keys there are: long-lived ones, temporary ones of roles, and what has become of them.
//!
//! Secrets are made up. Whether a signature is right is the gate's to check.

use std::collections::HashMap;

use crate::model::UtcMillis;
use crate::sandbox::key::Key;
use crate::sandbox::refusal::Refusal;

/// How long an expired temporary key is remembered, in milliseconds: a day, after which it is as
/// unknown as one that never was. It bounds the memory of a sandbox that issues keys for a year.
const EXPIRED_KEPT_MS: i64 = 24 * 3_600_000;

/// Keeps the secrets of a seed apart from the ids that the world makes up from it.
const SECRET_STREAM: u64 = 0x5365_6372_6574_7321;

/// A key and how it stands.
#[derive(Debug)]
struct Entry {
    key: Key,
    is_disabled: bool,
    /// From when on it is refused; temporary ones alone.
    expires_at: Option<UtcMillis>,
    /// The role it was issued for.
    role_arn: Option<String>,
}

/// Temporary credentials as they are handed out.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Issued {
    pub(in crate::sandbox) key: Key,
    pub(in crate::sandbox) expires_at: UtcMillis,
}

/// Every key by its id.
#[derive(Debug)]
pub(super) struct KeyRing {
    random: fastrand::Rng,
    entries: HashMap<String, Entry>,
    /// The account that a key id or a role's ARN answers as, where it is not its own.
    masks: HashMap<String, String>,
}

impl KeyRing {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed ^ SECRET_STREAM),
            entries: HashMap::new(),
            masks: HashMap::new(),
        }
    }

    /// Adds a key, or replaces the one of that id.
    pub(super) fn add(&mut self, key: Key) {
        let entry = Entry {
            key,
            is_disabled: false,
            expires_at: None,
            role_arn: None,
        };
        self.entries.insert(entry.key.access_key_id.clone(), entry);
    }

    pub(super) fn remove(&mut self, access_key_id: &str) {
        self.entries.remove(access_key_id);
    }

    pub(super) fn set_disabled(&mut self, access_key_id: &str, is_disabled: bool) {
        if let Some(entry) = self.entries.get_mut(access_key_id) {
            entry.is_disabled = is_disabled;
        }
    }

    pub(super) fn answer_as(&mut self, key_or_role: &str, account_id: &str) {
        self.masks
            .insert(key_or_role.to_owned(), account_id.to_owned());
    }

    /// Ends the temporary keys of one account.
    pub(super) fn expire(&mut self, account_id: &str, now: UtcMillis) {
        for entry in self.entries.values_mut() {
            if entry.key.account_id == account_id && entry.expires_at.is_some() {
                entry.expires_at = entry.expires_at.min(Some(now));
            }
        }
    }

    /// The key of that id, as the account that it answers as.
    pub(super) fn get(&self, access_key_id: &str) -> Option<Key> {
        let entry = self.entries.get(access_key_id)?;
        let role_arn = entry.role_arn.as_deref().unwrap_or_default();
        let mask = self.masks.get(access_key_id);
        let mask = mask.or_else(|| self.masks.get(role_arn));
        Some(mask.map_or_else(|| entry.key.clone(), |id| masked(&entry.key, id)))
    }

    /// Whether a key whose signature holds may be used.
    pub(super) fn check(&self, access_key_id: &str, now: UtcMillis) -> Result<(), Refusal> {
        match self.entries.get(access_key_id) {
            Some(entry) if entry.is_disabled => Err(Refusal::disabled_key()),
            Some(entry) if entry.expires_at.is_some_and(|at| at <= now) => {
                Err(Refusal::token_expired())
            }
            // One that is unknown has been refused before.
            _ => Ok(()),
        }
    }

    /// Makes temporary credentials of a role for one session.
    pub(super) fn issue(
        &mut self,
        role_arn: &str,
        account_id: &str,
        session: &str,
        now: UtcMillis,
        expires_at: UtcMillis,
    ) -> Issued {
        self.forget_expired(now);
        let role = role_arn.rsplit('/').next().unwrap_or_default();
        let mut text = |length: usize| -> String {
            let letters = std::iter::repeat_with(|| self.random.alphanumeric());
            letters.take(length).collect()
        };
        let key = Key {
            access_key_id: format!("STS.{}", text(24)),
            access_key_secret: text(44),
            // The characters that tokens have and that must not be encoded wrongly.
            security_token: Some(format!("CAIS{}+/{}==", text(90), text(90))),
            account_id: account_id.to_owned(),
            arn: format!("acs:ram::{account_id}:assumed-role/{role}/{session}"),
        };
        let entry = Entry {
            key: key.clone(),
            is_disabled: false,
            expires_at: Some(expires_at),
            role_arn: Some(role_arn.to_owned()),
        };
        self.entries.insert(key.access_key_id.clone(), entry);
        Issued { key, expires_at }
    }

    fn forget_expired(&mut self, now: UtcMillis) {
        self.entries.retain(|_, entry| {
            let expiry = entry.expires_at;
            expiry.is_none_or(|at| at.plus_ms(EXPIRED_KEPT_MS) > now)
        });
    }
}

fn masked(key: &Key, account_id: &str) -> Key {
    Key {
        account_id: account_id.to_owned(),
        arn: key.arn.replacen(&key.account_id, account_id, 1),
        ..key.clone()
    }
}
