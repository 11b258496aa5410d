//! Who may ask, and how often: keys, roles, limits, chance, and the metadata service.

use super::World;
use super::keyring::Issued;
use super::role::{self, Role};
use crate::model::UtcMillis;
use crate::sandbox::call::Call;
use crate::sandbox::chance::{Chance, RandomFaults};
use crate::sandbox::fault::FaultKind;
use crate::sandbox::key::Key;
use crate::sandbox::metadata::{Metadata, SeenMetadataRequest};
use crate::sandbox::rate::{RateCount, RateLimit, Refused};
use crate::sandbox::refusal::Refusal;

impl World {
    /// Adds a key, or replaces the one of that id.
    pub fn add_key(&self, key: Key) {
        self.state().keys.add(key);
    }

    /// Forgets a key: it is as unknown as one that never was.
    pub fn remove_key(&self, access_key_id: &str) {
        self.state().keys.remove(access_key_id);
    }

    /// Switches a key off (InvalidAccessKeyId.Inactive), or on again.
    pub fn set_key_disabled(&self, access_key_id: &str, is_disabled: bool) {
        self.state().keys.set_disabled(access_key_id, is_disabled);
    }

    /// From now on a key (by its id), or all credentials of a role (by its ARN), answer as another
    /// account.
    pub fn answer_as(&self, key_or_role: &str, account_id: &str) {
        self.state().keys.answer_as(key_or_role, account_id);
    }

    /// Ends every temporary credential of an account now.
    pub fn expire_credentials(&self, account_id: &str) {
        let now = self.now();
        self.state().keys.expire(account_id, now);
    }

    /// Adds a role, or replaces the one of that ARN. Gives its ARN.
    pub fn add_role(&self, role: Role) -> String {
        let arn = role.arn();
        let mut state = self.state();
        state.roles.retain(|other| other.arn() != arn);
        state.roles.push(role);
        arn
    }

    /// Takes a role away; credentials that were issued live on.
    pub fn remove_role(&self, arn: &str) {
        self.state().roles.retain(|role| role.arn() != arn);
    }

    /// Limits the calls of accounts and actions. Of several limits, the one that names most counts,
    /// and of those the last.
    pub fn limit(&self, limit: RateLimit) {
        let now = self.now();
        self.state().rates.add(limit, now);
    }

    /// Takes all limits and their counts away.
    pub fn clear_limits(&self) {
        self.state().rates.clear();
    }

    /// What the limits let through and refused so far, by account and action.
    pub fn rate_counts(&self) -> Vec<RateCount> {
        self.state().rates.counts()
    }

    /// Strikes calls by chance from now on; `None`: no more.
    pub fn set_random_faults(&self, faults: Option<RandomFaults>) {
        self.state().chance = faults.map(Chance::new);
    }

    /// What the metadata service and the credentials URI hand out from now on; `None`: they answer 404.
    pub fn set_metadata(&self, metadata: Option<Metadata>) {
        let mut state = self.state();
        state.metadata = metadata;
        state.handed_out.clear();
    }

    /// Every request to the metadata service and the credentials URI so far.
    pub fn metadata_requests(&self) -> Vec<SeenMetadataRequest> {
        self.state().metadata_requests.clone()
    }

    pub(in crate::sandbox) fn key(&self, access_key_id: &str) -> Option<Key> {
        self.state().keys.get(access_key_id)
    }

    pub(in crate::sandbox) fn check_standing(&self, access_key_id: &str) -> Result<(), Refusal> {
        let now = self.now();
        self.state().keys.check(access_key_id, now)
    }

    /// Counts a call against the limits, by the clock of the limits.
    pub(in crate::sandbox) fn admit(
        &self,
        account_id: &str,
        action: &str,
        now: UtcMillis,
    ) -> Result<(), Refused> {
        self.state().rates.admit(account_id, action, now)
    }

    /// The fault that strikes this call, if any: a scripted one before one by chance.
    pub(in crate::sandbox) fn strike(&self, call: &Call) -> Option<FaultKind> {
        let mut state = self.state();
        let scripted = state.script.strike(call);
        scripted.or_else(|| state.chance.as_mut().and_then(Chance::strike))
    }

    pub(in crate::sandbox) fn metadata(&self) -> Option<Metadata> {
        self.state().metadata.clone()
    }

    pub(in crate::sandbox) fn log_metadata(&self, request: SeenMetadataRequest) {
        self.state().metadata_requests.push(request);
    }

    /// Makes a token of the metadata service.
    pub(in crate::sandbox) fn issue_metadata_token(&self, ttl_s: i64) -> String {
        let ends_at = self.now().plus_ms(ttl_s * 1000);
        let mut state = self.state();
        let letters = std::iter::repeat_with(fastrand::alphanumeric);
        let token = letters.take(54).collect::<String>() + "==";
        state.metadata_tokens.insert(token.clone(), ends_at);
        token
    }

    pub(in crate::sandbox) fn knows_metadata_token(&self, token: &str) -> bool {
        let now = self.now();
        let ends_at = self.state().metadata_tokens.get(token).copied();
        ends_at.is_some_and(|at| at > now)
    }

    /// Credentials of the role of the instance: the same again until half of their time is over.
    pub(in crate::sandbox) fn issue_for_instance(
        &self,
        role_arn: &str,
        duration_s: u32,
    ) -> Option<Issued> {
        let now = self.now();
        let mut state = self.state();
        let state = &mut *state;
        if let Some((issued, renewed_at)) = state.handed_out.get(role_arn)
            && *renewed_at > now
            && issued.expires_at > now
        {
            return Some(issued.clone());
        }
        let role = state.roles.iter().find(|role| role.arn() == role_arn)?;
        let expires_at = role::expiry(now, duration_s);
        let issued = state
            .keys
            .issue(role_arn, &role.account_id, "i-sandbox0001", now, expires_at);
        let renewed_at = now.plus_ms(i64::from(duration_s) * 500);
        let handed_out = (issued.clone(), renewed_at);
        state.handed_out.insert(role_arn.to_owned(), handed_out);
        Some(issued)
    }
}
