//! Nonces: text that no other request of the account has carried. The cloud refuses a second use
//! (`SignatureNonceUsed`), also when it comes from another process or machine.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::CloudError;
use super::sign::hex;

/// Bytes of operating-system randomness that set this process apart from all others.
const SEED_BYTES: usize = 32;
/// Bytes of a nonce: 32 hexadecimal digits on the wire, as the official Python SDK sends.
const NONCE_BYTES: usize = 16;

/// An endless supply of nonces: hashes of a random seed and a counter. Randomness is drawn once, so
/// that running out of it is an error of the start and not of a request.
pub(super) struct Nonces {
    seed: [u8; SEED_BYTES],
    used: AtomicU64,
}

impl Nonces {
    /// Seeds from the operating system.
    pub(super) fn new() -> Result<Self, CloudError> {
        let mut seed = [0; SEED_BYTES];
        rustls::crypto::ring::default_provider()
            .secure_random
            .fill(&mut seed)
            .map_err(|_| CloudError::Randomness)?;
        Ok(Self {
            seed,
            used: AtomicU64::new(0),
        })
    }

    /// The next nonce, 32 lower-case hexadecimal digits.
    pub(super) fn next(&self) -> String {
        let number = self.used.fetch_add(1, Ordering::Relaxed);
        let hash = Sha256::new()
            .chain_update(self.seed)
            .chain_update(number.to_be_bytes())
            .finalize();
        hex(&hash[..NONCE_BYTES])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nonces_never_repeat() {
        let (a, b) = (Nonces::new().unwrap(), Nonces::new().unwrap());
        let drawn: HashSet<_> = (0..1000).flat_map(|_| [a.next(), b.next()]).collect();
        assert_eq!(drawn.len(), 2000);
        assert!(
            drawn
                .iter()
                .all(|n| n.len() == 32 && n.bytes().all(|c| c.is_ascii_hexdigit()))
        );
    }
}
