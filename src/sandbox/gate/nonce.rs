//! Nonces that have been used: a second request with the same one is refused for as long as its
//! timestamp would be accepted.

use std::collections::{BTreeSet, HashSet};

use super::{SIGNATURE_WINDOW_MS, Signed};
use crate::model::UtcMillis;
use crate::sandbox::refusal::Refusal;

/// The nonces of validly signed requests whose timestamps are still in the window.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Nonces {
    used: HashSet<(String, String)>,
    by_expiry: BTreeSet<(UtcMillis, String, String)>,
}

impl Nonces {
    /// Remembers the nonce of a request whose signature holds.
    ///
    /// # Errors
    /// SignatureNonceUsed, if the same key has used it in the window.
    pub(in crate::sandbox) fn spend(
        &mut self,
        signed: &Signed<'_>,
        now: UtcMillis,
    ) -> Result<(), Refusal> {
        self.forget_expired(now);
        let key_id = signed.key.access_key_id.clone();
        if !self.used.insert((key_id.clone(), signed.nonce.clone())) {
            let message = "Specified signature nonce was used already.";
            return Err(Refusal::new(400, "SignatureNonceUsed", message));
        }
        let expiry = signed.timestamp.plus_ms(SIGNATURE_WINDOW_MS);
        self.by_expiry
            .insert((expiry, key_id, signed.nonce.clone()));
        Ok(())
    }

    fn forget_expired(&mut self, now: UtcMillis) {
        while self
            .by_expiry
            .first()
            .is_some_and(|(expiry, _, _)| *expiry < now)
        {
            if let Some((_, key_id, nonce)) = self.by_expiry.pop_first() {
                self.used.remove(&(key_id, nonce));
            }
        }
    }
}
